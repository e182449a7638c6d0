"""Which rows the lake has, by key, in a RocksDB beside it: so a batch need not read the keys of all that is stored.

It says what the lake says, neither more nor less, though the two are not written in one transaction: before the lake
commits, what will then be true is put down as an intent. Whether it became true, the lake's own offsets tell. Where
they tell of neither, all is read from the lake once.
"""

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec
from rocksdict import BlockBasedOptions, Cache, Options, Rdict, WriteBatch

from sinks.columns import Table
from sinks.errors import LakeWriteError, sentence

KNOWN_FORMAT: Final = 2
"""Of keys and values; a folder of another format is made anew from the lake."""

Positions = Mapping[tuple[str, int], int]
"""(topic, partition) to the next offset."""

_HEAD_KEY: Final = b"\x00head"
_INTENT_KEY: Final = b"\x00intent"
_BLOCK_CACHE_BYTES: Final = 64 * 1024 * 1024
_WRITE_BUFFER_BYTES: Final = 16 * 1024 * 1024
_FULL: Final = "No space left"
_DAMAGED: Final = "Corruption"
_VERSION_BYTES: Final = 8


class _Head(msgspec.Struct, array_like=True, frozen=True):
    """Of which lake everything is known: of one that has come to these positions."""

    format: int
    positions: list[tuple[str, int, int]]


class _Intent(msgspec.Struct, array_like=True, frozen=True):
    """What is known once the lake has come to these positions."""

    positions: list[tuple[str, int, int]]
    versions: dict[bytes, int]


_encode = msgspec.msgpack.encode
_head_decoder = msgspec.msgpack.Decoder(_Head)
_intent_decoder = msgspec.msgpack.Decoder(_Intent)


def row_key(table: Table, key: Iterable[object]) -> bytes:
    """Return under what a row is known: its table and its key, in full; times in microseconds."""
    return _encode((table.name, *key))


class KnownRows:
    """The rows of a lake by key, each with its version. Used by the lake's one writer.

    For each batch: ``begin``; ``versions`` and ``note``; ``intend`` as the last thing before the lake commits,
    ``committed`` as the first after. Where the lake does not commit, ``begin`` with the next batch is enough.

    Every method may raise LakeWriteError where the files cannot be read or written. Files found to be damaged are given
    up with it, and made anew from the lake when it is opened next.

    Args:
        folder: where the files are, created as needed.
        positions: that the lake has come to.
        stored: reads from the lake all keys, with their versions, in parts.
    """

    def __init__(self, folder: Path, positions: Positions, stored: Callable[[], Iterable[Mapping[bytes, int]]]) -> None:
        self._folder = folder
        self._noted: dict[bytes, int] = {}
        self._intent: _Intent | None = None
        self._written: _Intent | None = None
        try:
            self._db = _open(folder)
            try:
                self._catch_up(_listed(positions), stored)
            except BaseException:
                self.close()
                raise
        except Exception as error:
            raise self._unusable(error) from error

    def _catch_up(
        self, positions: list[tuple[str, int, int]], stored: Callable[[], Iterable[Mapping[bytes, int]]]
    ) -> None:
        """Bring what is known to where the lake is."""
        found_head, found_intent = self._db.get(_HEAD_KEY), self._db.get(_INTENT_KEY)
        head = None if found_head is None else _known_head(found_head)
        if head is not None and found_intent is not None:
            intent = _intent_decoder.decode(found_intent)
            if intent.positions == positions != head.positions:
                self._take(intent)
                return
            if intent.positions == head.positions:  # nothing tells whether it came about
                head = None
        if head is None or head.positions != positions:
            self._make_anew(stored)
        self._take(_Intent(positions, {}))

    def _make_anew(self, stored: Callable[[], Iterable[Mapping[bytes, int]]]) -> None:
        self._db.close()
        shutil.rmtree(self._folder)
        self._db = _open(self._folder)
        for versions in stored():
            self._db.write(_batch(versions))

    def begin(self) -> None:
        """Begin a batch: what the last one wrote is known from now on."""
        if self._written is not None:
            try:
                self._take(self._written)
            except Exception as error:
                raise self._unusable(error) from error
        self._written = self._intent = None
        self._noted = {}

    def versions(self, keys: Sequence[bytes]) -> list[int | None]:
        """Return the version of each row, None of those that the lake does not have."""
        asked: Any = list(keys)  # rocksdict's stub wants an invariant list of any key type
        if not asked:
            return []
        try:
            found: Any = self._db.get(asked)
        except Exception as error:
            raise self._unusable(error) from error
        return [None if value is None else int.from_bytes(value, "big", signed=True) for value in found]

    def note(self, versions: Mapping[bytes, int]) -> None:
        """Note the rows that this batch adds or replaces."""
        self._noted.update(versions)

    def intend(self, positions: Positions) -> None:
        """Put down, to survive a crash, what is known once the lake has come to these positions."""
        intent = _Intent(_listed(positions), self._noted)
        try:
            self._db.put(_INTENT_KEY, _encode(intent))
        except Exception as error:
            raise self._unusable(error) from error
        self._intent = intent

    def committed(self) -> None:
        """Note that the lake has what was intended; cannot fail."""
        self._written = self._intent

    def close(self) -> None:
        """Release the files. Closing twice is fine."""
        # Closing tidies the files too, which a full disk does not let it; what was written is in their log.
        with suppress(Exception):
            self._db.close()

    def _take(self, intent: _Intent) -> None:
        batch = _batch(intent.versions)
        batch.put(_HEAD_KEY, _encode(_Head(KNOWN_FORMAT, intent.positions)))
        batch.delete(_INTENT_KEY)
        self._db.write(batch)

    def _unusable(self, error: Exception) -> LakeWriteError:
        """Return what to raise; give damaged files up."""
        if str(error).startswith(_DAMAGED):
            self.close()
            shutil.rmtree(self._folder)
            return LakeWriteError(f"The files in {self._folder} are damaged; the next start makes them anew.")
        return LakeWriteError(f"The files in {self._folder} cannot be used: {sentence(error)}")


def _batch(versions: Mapping[bytes, int]) -> WriteBatch:
    batch = WriteBatch(raw_mode=True)
    for key, version in versions.items():
        batch.put(key, version.to_bytes(_VERSION_BYTES, "big", signed=True))
    return batch


def _listed(positions: Positions) -> list[tuple[str, int, int]]:
    return sorted((topic, partition, at) for (topic, partition), at in positions.items())


def _known_head(found: bytes) -> _Head | None:
    """Return what was known, None where another version wrote it."""
    try:
        head = _head_decoder.decode(found)
    except msgspec.ValidationError:
        return None
    return head if head.format == KNOWN_FORMAT else None


def _open(folder: Path) -> Rdict:
    """Open or create the files; what cannot be read is made anew."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    options = Options(raw_mode=True)
    options.create_if_missing(create_if_missing=True)
    options.set_write_buffer_size(_WRITE_BUFFER_BYTES)
    table = BlockBasedOptions()
    table.set_block_cache(Cache(_BLOCK_CACHE_BYTES))
    table.set_cache_index_and_filter_blocks(v=True)
    table.set_bloom_filter(10, block_based=False)
    options.set_block_based_table_factory(table)
    try:
        return Rdict(str(folder), options)
    except Exception as error:
        if _FULL in str(error):
            raise
        shutil.rmtree(folder)  # the lake has everything
        return Rdict(str(folder), options)
