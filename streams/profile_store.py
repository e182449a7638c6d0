"""What a service keeps of the profiles topic: each customer's newest profile, and whose each identifier is.

An embedded RocksDB. Records and the offsets that follow them are one batch, so a crash loses nothing and repeats
nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

import msgspec
from rocksdict import Rdict, WriteBatch

from schemas.records import Profile
from streams.errors import StoreError, StoreHeldError
from streams.store import open_database

VIEW_FORMAT = 1
"""Of keys and values; a folder of another format is refused."""

_HEAD_KEY = b"\x00head"
_CUSTOMER, _IDENTIFIER = b"c", b"i"
_HASH_BYTES = 16


class Told(NamedTuple):
    """A record of the topic.

    Attributes:
        customer_id: its key.
        profile: what it says; None where the customer was removed.
        value: the same as it lies in the topic.
    """

    customer_id: str
    profile: Profile | None
    value: bytes


class Head(msgspec.Struct, array_like=True):
    """What a folder is.

    Attributes:
        format: of keys and values.
        source: which topic it is of, and of which cluster.
        positions: the next offset of each partition.
        seen_at_ms: when the topic was last asked for news.
    """

    format: int
    source: str
    positions: dict[int, int]
    seen_at_ms: int


class _Customer(msgspec.Struct, array_like=True):
    revision: int
    merged_into: str | None
    identifiers: list[bytes]
    value: bytes


class _Owner(msgspec.Struct, array_like=True):
    revision: int
    customer_id: str


class _HeadFormat(msgspec.Struct, array_like=True):
    format: int


_customer_decoder = msgspec.msgpack.Decoder(_Customer)
_owner_decoder = msgspec.msgpack.Decoder(_Owner)
_encode = msgspec.msgpack.encode


class ProfileStore:
    """The newest profiles by customer and by identifier. Written by one thread, read by any.

    Every method may raise StoreError where the files cannot be read or written.

    Args:
        folder: where the files are, created as needed.
        source: names the topic; a store of another one is emptied.

    Attributes:
        head: as of the last batch.

    Raises:
        StoreHeldError: another process has them open.
        StoreError: they have another format.
    """

    def __init__(self, folder: Path, source: str) -> None:
        self._folder = folder
        try:
            self._db: Rdict = open_database(folder)
        except StoreHeldError as error:
            raise StoreHeldError(f"the view in {folder} is open in another process; one at a time has it") from error
        try:
            self.head = self._read_head(source)
        except BaseException:
            self._db.close()
            raise

    def _read_head(self, source: str) -> Head:
        empty, found = Head(VIEW_FORMAT, source, {}, 0), self._get(_HEAD_KEY)
        if found is None:
            return empty
        known = msgspec.msgpack.decode(found, type=_HeadFormat).format
        if known != VIEW_FORMAT:
            message = f"the view in {self._folder} has format {known}, expected {VIEW_FORMAT}: remove this folder"
            raise StoreError(message)
        head = msgspec.msgpack.decode(found, type=Head)
        if head.source == source:
            return head
        self.empty(source)
        return self.head

    def survivor(self, customer_id: str) -> str | None:
        """Return the customer whom an id means now: itself, or whom it merged into; None where there is none."""
        found = self._line(customer_id)
        return None if found is None else found[0]

    def profile_value(self, customer_id: str) -> bytes | None:
        """Return the newest profile of the customer whom an id means now, as it lies in the topic."""
        found = self._line(customer_id)
        return None if found is None else found[1].value

    def owner(self, node_type: str, normalised_value: str) -> str | None:
        """Return the customer whom an identifier belongs to, or None where nobody has it."""
        found = self._get(_identifier_key(node_type, normalised_value))
        return None if found is None else self.survivor(_owner_decoder.decode(found).customer_id)

    def _line(self, customer_id: str) -> tuple[str, _Customer] | None:
        passed = set()
        while customer_id not in passed:
            passed.add(customer_id)
            found = self._get(_customer_key(customer_id))
            if found is None:
                return None
            customer = _customer_decoder.decode(found)
            if customer.merged_into is None:
                return customer_id, customer
            customer_id = customer.merged_into
        return None

    def apply(self, told: Sequence[Told], positions: Mapping[int, int], now_ms: int) -> None:
        """Take records, and the offsets that follow them, in one step."""
        changes = _Changes(self._get)
        for record in told:
            if record.profile is None:
                changes.remove(record.customer_id)
            else:
                changes.put(record.profile, record.value)
        head = Head(VIEW_FORMAT, self.head.source, {**self.head.positions, **positions}, now_ms)
        batch = WriteBatch(raw_mode=True)
        for key, value in changes.made.items():
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        batch.put(_HEAD_KEY, _encode(head))
        try:
            self._db.write(batch)
        except Exception as error:
            raise self._unusable(error) from error
        self.head = head

    def empty(self, source: str) -> None:
        """Forget everything: the topic is read from its beginning."""
        self._db.close()
        Rdict.destroy(str(self._folder))
        self._db = open_database(self._folder)
        self.head = Head(VIEW_FORMAT, source, {}, 0)

    def close(self) -> None:
        """Release the files."""
        self._db.close()

    def _get(self, key: bytes) -> bytes | None:
        try:
            value: bytes | None = self._db.get(key)
        except Exception as error:
            raise self._unusable(error) from error
        return value

    def _unusable(self, error: Exception) -> StoreError:
        return StoreError(f"the view in {self._folder} cannot be used: {error}")


class _Changes:
    """What a batch changes; sees its own changes."""

    def __init__(self, stored: Callable[[bytes], bytes | None]) -> None:
        self._stored = stored
        self.made: dict[bytes, bytes | None] = {}

    def put(self, profile: Profile, value: bytes) -> None:
        """Take a profile, unless a higher revision is known."""
        key, revision = _customer_key(profile["customer_id"]), profile["revision"]
        known = self._get(key)
        if known is not None and _customer_decoder.decode(known).revision >= revision:
            return
        active = profile["status"] == "active"
        nodes = [_identifier_key(node["type"], node["value"]) for node in profile["identifiers"]] if active else []
        self.made[key] = _encode(_Customer(revision, profile["merged_into"], nodes, value))
        owner = _encode(_Owner(revision, profile["customer_id"]))
        for node in nodes:
            held = self._get(node)
            if held is None or _owner_decoder.decode(held).revision < revision:
                self.made[node] = owner

    def remove(self, customer_id: str) -> None:
        """Forget a customer, and the identifiers that were theirs."""
        key = _customer_key(customer_id)
        known = self._get(key)
        if known is None:
            return
        for node in _customer_decoder.decode(known).identifiers:
            held = self._get(node)
            if held is not None and _owner_decoder.decode(held).customer_id == customer_id:
                self.made[node] = None
        self.made[key] = None

    def _get(self, key: bytes) -> bytes | None:
        return self.made[key] if key in self.made else self._stored(key)


def _customer_key(customer_id: str) -> bytes:
    return _CUSTOMER + customer_id.encode()


def _identifier_key(node_type: str, normalised_value: str) -> bytes:
    return _IDENTIFIER + blake2b(f"{node_type}\x00{normalised_value}".encode(), digest_size=_HASH_BYTES).digest()
