"""The partition store: the state of one partition in an embedded RocksDB, as of a commit."""

import shutil
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import msgspec
from rocksdict import BlockBasedOptions, Cache, DbClosedError, DBCompressionType, Options, Rdict, WriteBatch

from streams.errors import StoreError, StoreHeldError

FORMAT = 4
"""Of keys and values. A store of one that is not read is rebuilt from the changelog; such a changelog is refused."""

OLDEST_FORMAT = 3
"""That is read: it has grants and denials of consent in one, which a fragment parts as it is decoded."""

MARKER_KEY = b"\x00commit"
_POSITION_KEY = b"\x00position"
_TORN_KEY = b"\x00torn"
_SIZES = ("rocksdb.total-sst-files-size", "rocksdb.cur-size-all-mem-tables")
_BLOCK_BYTES = 2 * 1024
"""Keys come in no order, so of a block mostly one record is wanted."""
_BLOCK_CACHE_BYTES = 32 * 1024 * 1024
_WRITE_BUFFER_BYTES = 16 * 1024 * 1024
_HELD = "/LOCK: "
"""What RocksDB says where another has the files open; the mere word is in much else, such as "block"."""
_FULL = "No space left"


class Portion(NamedTuple):
    """Records of one source topic, from an offset to before another."""

    topic: str
    start: int
    end: int


class Marker(msgspec.Struct, array_like=True):
    """Ends a batch.

    Attributes:
        format: of the records.
        incarnation: how many times this partition's store was opened for work.
        sequence: number of the batch within the incarnation.
        offsets: next source offset by topic; everything before is part of the state.
        pending: the plan of work that an earlier incarnation began and did not commit.
        at: of an opening, the offset at which it counts, which follows all that its writer had read; elsewhere it was
            overtaken by what came between, and is void. -1: at any.
    """

    format: int
    incarnation: int
    sequence: int
    offsets: dict[str, int]
    pending: list[Portion] = []
    at: int = -1


def is_read(found: int) -> bool:
    """Whether this version reads what is of a format."""
    return OLDEST_FORMAT <= found <= FORMAT


marker_decoder = msgspec.msgpack.Decoder(Marker)
_torn_decoder = msgspec.msgpack.Decoder(frozenset[bytes])


class Readable(Protocol):
    """Keys and values of a partition; :class:`PartitionStore`, or what lies over one."""

    def get(self, key: bytes) -> bytes | None:
        """Return a value, None where there is none."""

    def get_many(self, keys: list[bytes]) -> list[bytes | None]:
        """Return the values of keys, in their order."""
        ...

    def keys_after(self, key: bytes, most: int) -> list[bytes]:
        """Return the keys that follow a key, in order."""
        ...


class PartitionStore:
    """Key and value bytes of one partition. Used by one thread at a time.

    Every method may raise StoreError where the files cannot be read or written. Files found to be damaged are given
    up with it: whoever opens the store next begins from nothing, and the changelog has everything.

    Args:
        folder: where the files are, created as needed.

    Attributes:
        marker: of the batch applied last.
        torn: keys of which the changelog holds, before the position, values that do not count, and not yet the true
            ones behind them.

    Raises:
        StoreHeldError: another process has them open.
        StoreError: there is no room for them, or what stands first in them is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._db = open_database(folder)
        marker = self.get(MARKER_KEY)
        self.marker = marker_decoder.decode(marker) if marker is not None else Marker(FORMAT, 0, 0, {})
        torn = self.get(_TORN_KEY)
        self.torn = _torn_decoder.decode(torn) if torn is not None else frozenset()

    def get(self, key: bytes) -> bytes | None:
        """Return a value, None where there is none."""
        try:
            value: bytes | None = self._db.get(key)
        except Exception as error:
            raise self._unusable(error) from error
        return value

    def get_many(self, keys: list[bytes]) -> list[bytes | None]:
        """Return the values of keys, in their order."""
        asked: Any = keys  # rocksdict's stub wants an invariant list of any key type
        try:
            values: Any = self._db.get(asked)
        except Exception as error:
            raise self._unusable(error) from error
        return list(values)

    def keys_after(self, key: bytes, most: int) -> list[bytes]:
        """Return the keys that follow a key, in order."""
        found: list[bytes] = []
        try:
            following: Any = self._db.iter()
            following.seek(key)
            while following.valid() and len(found) < most:
                at = following.key()
                if at != key:
                    found.append(at)
                following.next()
            following.status()  # where the files are damaged, a walk just ends early
        except Exception as error:
            raise self._unusable(error) from error
        return found

    @property
    def position(self) -> int:
        """Changelog offset from which on the local copy knows nothing."""
        value = self.get(_POSITION_KEY)
        return int.from_bytes(value, "big") if value is not None else 0

    def apply(
        self, changes: Mapping[bytes, bytes | None], marker: Marker, position: int, torn: Collection[bytes] = ()
    ) -> None:
        """Write a batch locally in one step, and which keys are torn after it; it survives a crash of this process."""
        batch = WriteBatch(raw_mode=True)
        for key, value in changes.items():
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        batch.put(MARKER_KEY, msgspec.msgpack.encode(marker))
        batch.put(_POSITION_KEY, position.to_bytes(8, "big"))
        if torn:
            batch.put(_TORN_KEY, msgspec.msgpack.encode(list(torn)))
        else:
            batch.delete(_TORN_KEY)
        try:
            self._db.write(batch)
        except Exception as error:
            raise self._unusable(error) from error
        self.marker, self.torn = marker, frozenset(torn)

    @property
    def size_bytes(self) -> int:
        """How large the local copy is, on disk and in memory, about."""
        try:
            return sum(self._db.property_int_value(name) or 0 for name in _SIZES)
        except Exception as error:
            raise self._unusable(error) from error

    def close(self) -> None:
        """Release the files, where they were not given up."""
        with suppress(DbClosedError):
            self._db.close()

    def wipe(self) -> None:
        """Forget the local copy."""
        self._db.close()
        shutil.rmtree(self._folder)
        self._db = open_database(self._folder)
        self.marker, self.torn = Marker(FORMAT, 0, 0, {}), frozenset()

    def _unusable(self, error: Exception) -> StoreError:
        """Return what to raise; give damaged files up."""
        if not str(error).startswith("Corruption"):
            return StoreError(f"state {self._folder.name} cannot be used: {error}")
        self._db.close()
        shutil.rmtree(self._folder)
        return StoreError(f"the files of state {self._folder.name} are damaged; it is rebuilt at the next start")


def open_database(folder: Path) -> Rdict:
    """Open or create an embedded database; files that are damaged are given up.

    Raises:
        StoreHeldError: another process has it open.
        StoreError: there is no room for it.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    options = Options(raw_mode=True)
    options.create_if_missing(create_if_missing=True)
    options.set_write_buffer_size(_WRITE_BUFFER_BYTES)
    options.set_compression_type(DBCompressionType.lz4())
    options.set_allow_mmap_reads(is_enabled=True)
    table = BlockBasedOptions()
    table.set_block_size(_BLOCK_BYTES)
    table.set_block_cache(Cache(_BLOCK_CACHE_BYTES))
    table.set_bloom_filter(10, block_based=False)
    options.set_block_based_table_factory(table)
    try:
        return Rdict(str(folder), options)
    except Exception as error:
        if _HELD in str(error):
            raise StoreHeldError(f"state {folder.name} is open in another process of this home") from error
        if _FULL in str(error):
            raise StoreError(f"state {folder.name} cannot be opened: {error}") from error
        # Whatever else is wrong with the files, the changelog has everything: start from nothing.
        shutil.rmtree(folder)
        return Rdict(str(folder), options)
