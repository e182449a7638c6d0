"""Whatever bytes arrive, reading them gives the record they were written from, or a reason why not."""

import json
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from fastavro.utils import generate_one
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import contracts as contracts_module
from schemas.contracts import (
    CHANGE,
    LINK,
    STORE_RECEIPT,
    TOUCHPOINT,
    WEB_EVENT,
    Contract,
    compile_contract,
    contracts,
    contracts_by_fingerprint,
)
from schemas.framing import Framing, RegistryFraming, SingleObjectFraming, UnknownSchemaIdError
from schemas.reasons import ALL_REASONS, RejectedError

NAMES = sorted(contracts())


class Registry:
    """Schemas by id, as a registry keeps them."""

    def __init__(self) -> None:
        self.documents: dict[int, dict[str, Any]] = {}
        self.asked: list[int] = []

    def id_of(self, contract: Contract) -> int:
        """Register a contract."""
        document: Any = contract.document
        return self.add(document)

    def add(self, document: dict[str, Any]) -> int:
        """Register a document and return its id."""
        for schema_id, known in self.documents.items():
            if known == document:
                return schema_id
        self.documents[len(self.documents) + 1] = document
        return len(self.documents)

    def schema_of(self, schema_id: int) -> dict[str, Any]:
        """Answer as a registry does."""
        self.asked.append(schema_id)
        if schema_id not in self.documents:
            raise UnknownSchemaIdError
        return self.documents[schema_id]

    def framing(self) -> RegistryFraming:
        """Return a framing that asks here."""
        return RegistryFraming(self.id_of, self.schema_of)


def framings() -> list[Framing]:
    return [SingleObjectFraming(), Registry().framing()]


both = pytest.mark.parametrize("framing", framings(), ids=["single object", "registry"])


def sample(name: str, seed: int) -> Mapping[str, Any]:
    """Return a record of a contract, drawn from a seed."""
    random.seed(seed)
    record: Any = generate_one(contracts()[name].compiled)
    return record  # type: ignore[no-any-return]  # every contract is a record


def example_change() -> dict[str, Any]:
    return {
        "kind": "merged",
        "customer_id": "survivor",
        "other_customer_id": "o",
        "identifiers": ["n"],
        "cause": "event",
        "cause_id": "e",
        "revision": 7,
        "occurred_at": 9,
    }


def rejection(framing: Framing, value: bytes | None) -> RejectedError:
    with pytest.raises(RejectedError) as caught:
        framing.decode(value)
    return caught.value


@both
@pytest.mark.parametrize("name", NAMES)
def test_every_contract_reads_back_what_was_written(framing: Framing, name: str) -> None:
    for seed in range(5):
        record = sample(name, seed)
        read = framing.decode(framing.encode(name, record))
        assert read.name == name
        assert contracts()[name].encode(read.record) == contracts()[name].encode(record)


@both
def test_no_value_is_null_value(framing: Framing) -> None:
    assert rejection(framing, None).reason == "null_value"


@both
@pytest.mark.parametrize(
    "value", [b"", b"{", b"hello", b"\xc3", b"\xc3\x01", b"\xc3\x01short", b"\x00\x00\x00", b"\x01" * 40]
)
def test_bytes_without_a_header_are_unknown_framing(framing: Framing, value: bytes) -> None:
    assert rejection(framing, value).reason == "unknown_framing"


@both
def test_the_other_framing_is_unknown_framing(framing: Framing) -> None:
    values = [other.encode(CHANGE, example_change()) for other in framings() if type(other) is not type(framing)]
    assert [rejection(framing, value).reason for value in values] == ["unknown_framing"]


def test_a_fingerprint_nobody_wrote_under_is_unknown_schema() -> None:
    value = bytearray(SingleObjectFraming().encode(CHANGE, example_change()))
    value[5] ^= 1
    assert rejection(SingleObjectFraming(), bytes(value)).reason == "unknown_schema"


def test_an_id_that_the_registry_does_not_know_is_unknown_schema() -> None:
    assert rejection(Registry().framing(), b"\x00\x00\x00\x00\x2a" + b"rest").reason == "unknown_schema"


def test_a_schema_of_the_registry_that_is_no_contract_is_unknown_schema() -> None:
    registry = Registry()
    registry.add({"type": "record", "name": "Other", "namespace": "elsewhere", "fields": []})
    registry.add({"type": "record", "name": "NoNamespace", "fields": []})
    assert rejection(registry.framing(), b"\x00\x00\x00\x00\x01").reason == "unknown_schema"
    assert rejection(registry.framing(), b"\x00\x00\x00\x00\x02").reason == "unknown_schema"


@both
@pytest.mark.parametrize("name", NAMES)
def test_bytes_left_over_are_undecodable(framing: Framing, name: str) -> None:
    error = rejection(framing, framing.encode(name, sample(name, 1)) + b"\x00")
    assert error.reason == "undecodable"
    assert "1 bytes left over" in error.detail


@both
@pytest.mark.parametrize("name", NAMES)
def test_a_value_cut_anywhere_is_rejected(framing: Framing, name: str) -> None:
    value = framing.encode(name, sample(name, 2))
    for end in range(len(value)):
        assert rejection(framing, value[:end]).reason in {"unknown_framing", "undecodable"}


@settings(max_examples=150)
@given(name=st.sampled_from(NAMES), rest=st.binary(max_size=60), registered=st.booleans())
def test_any_bytes_behind_a_valid_header_are_read_or_rejected(name: str, rest: bytes, registered: bool) -> None:  # noqa: FBT001  # drawn
    """Random bytes never raise anything but a rejection."""
    framing = framings()[registered]
    header = framing.encode(name, sample(name, 1))[: 5 if registered else 10]
    try:
        framing.decode(header + rest)
    except RejectedError as error:
        assert error.reason == "undecodable"  # noqa: PT017  # any other exception fails the test


@settings(max_examples=100)
@given(name=st.sampled_from(NAMES), seed=st.integers(0, 20), where=st.integers(0), flip=st.integers(1, 255))
def test_a_flipped_byte_is_read_or_rejected(name: str, seed: int, where: int, flip: int) -> None:
    value = bytearray(SingleObjectFraming().encode(name, sample(name, seed)))
    value[where % len(value)] ^= flip
    try:
        SingleObjectFraming().decode(bytes(value))
    except RejectedError as error:
        assert error.reason in {"unknown_framing", "unknown_schema", "undecodable"}  # noqa: PT017  # see above


@settings(max_examples=60)
@given(value=st.binary(max_size=80))
def test_random_bytes_are_rejected(value: bytes) -> None:
    for framing in framings():
        assert rejection(framing, value).reason in ALL_REASONS


def test_text_that_is_no_utf8_is_undecodable() -> None:
    value = SingleObjectFraming().encode(CHANGE, example_change()).replace(b"survivor", b"\xff\xfe" * 4)
    assert rejection(SingleObjectFraming(), value).reason == "undecodable"


def test_a_detail_never_holds_a_value_of_the_record() -> None:
    value = SingleObjectFraming().encode(CHANGE, {**example_change(), "customer_id": "ann@example.org"})
    for end in range(10, len(value)):
        assert "ann" not in rejection(SingleObjectFraming(), value[:end]).detail


def test_a_registry_is_asked_once_an_id() -> None:
    registry = Registry()
    framing = registry.framing()
    value = framing.encode(LINK, sample(LINK, 1))
    for _ in range(3):
        framing.decode(value)
    assert registry.asked == [1]


def test_an_unknown_id_is_asked_for_once_too() -> None:
    registry = Registry()
    framing = registry.framing()
    for _ in range(3):
        rejection(framing, b"\x00\x00\x00\x00\x09")
    assert registry.asked == [9]


def test_contracts_registered_beforehand_need_no_registry_later() -> None:
    asked: list[str] = []

    def id_of(contract: Contract) -> int:
        asked.append(contract.name)
        return len(asked)

    framing = RegistryFraming(id_of, lambda _: {})
    framing.register([CHANGE, TOUCHPOINT])
    value = framing.encode(CHANGE, example_change())

    assert asked == [CHANGE, TOUCHPOINT]
    assert value[:5] == b"\x00\x00\x00\x00\x01"


def test_a_registry_that_is_away_stops_the_work_and_is_asked_again() -> None:
    """Its error passes through, so no record is lost as a dead letter."""
    registry = Registry()
    schema_id = registry.id_of(contracts()[CHANGE])
    answers: Iterator[bool] = iter([False, True])

    def schema_of(asked: int) -> dict[str, Any]:
        if not next(answers):
            raise ConnectionError
        return registry.schema_of(asked)

    framing = RegistryFraming(registry.id_of, schema_of)
    value = b"\x00" + schema_id.to_bytes(4, "big") + contracts()[CHANGE].encode(example_change())
    with pytest.raises(ConnectionError):
        framing.decode(value)
    assert framing.decode(value).record == example_change()


def older_change() -> dict[str, Any]:
    """Return a version of the change contract that has no other_customer_id yet, and a field that went since."""
    document: Any = contracts()[CHANGE].document
    fields = [field for field in document["fields"] if field["name"] != "other_customer_id"]
    return {**document, "fields": [*fields, {"name": "gone", "type": "string"}]}


def older_record() -> dict[str, Any]:
    record = {name: value for name, value in example_change().items() if name != "other_customer_id"}
    return {**record, "gone": "x"}


def test_a_record_of_an_older_version_in_the_registry_is_read_as_the_current_one() -> None:
    registry = Registry()
    writer = compile_contract(older_change())
    schema_id = registry.add(older_change())
    value = b"\x00" + schema_id.to_bytes(4, "big") + writer.encode(older_record())
    assert registry.framing().decode(value).record == {**example_change(), "other_customer_id": None}


def test_a_record_of_a_version_that_cannot_be_read_as_the_current_one_is_undecodable() -> None:
    """A field without a default is missing."""
    registry = Registry()
    document = older_change()
    document["fields"] = [field for field in document["fields"] if field["name"] != "kind"]
    record = older_record()
    del record["kind"]
    schema_id = registry.add(document)
    value = b"\x00" + schema_id.to_bytes(4, "big") + compile_contract(document).encode(record)
    assert rejection(registry.framing(), value).reason == "undecodable"


def test_a_version_of_the_history_folder_is_read_as_the_current_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Single-object framing knows every version that was current once."""
    (tmp_path / "change-1.avsc").write_text(json.dumps(older_change()), "utf-8")
    monkeypatch.setattr(contracts_module, "HISTORY", tmp_path)
    contracts_by_fingerprint.cache_clear()
    try:
        writer = compile_contract(older_change())
        value = b"\xc3\x01" + writer.fingerprint + writer.encode(older_record())
        assert SingleObjectFraming().decode(value).record == {**example_change(), "other_customer_id": None}
    finally:
        contracts_by_fingerprint.cache_clear()


def first_version(name: str) -> Contract:
    return compile_contract(json.loads((contracts_module.HISTORY / f"{name}-1.avsc").read_text("utf-8")))


def written_first(name: str, record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a record written under the first version of its contract, as it is read now."""
    version = first_version(name)
    return SingleObjectFraming().decode(b"\xc3\x01" + version.fingerprint + version.encode(record)).record


def test_an_order_of_before_there_was_a_margin_has_none() -> None:
    record = dict(sample(TOUCHPOINT, 1))
    record["order"] = {"order_id": "o", "amount_micros": 1, "currency": "EUR", "items": []}
    assert written_first("touchpoint", record)["order"] == {**record["order"], "margin_micros": None}


def test_what_web_and_tills_sent_before_has_no_params_and_no_margin() -> None:
    assert written_first("web_event", sample(WEB_EVENT, 1))["params"] == {}
    assert written_first("store_receipt", sample(STORE_RECEIPT, 1))["margin"] is None


def test_every_version_has_a_fingerprint_of_its_own() -> None:
    prints = [contract.fingerprint for contract in contracts().values()]
    assert len(set(prints)) == len(prints)
    assert {len(found) for found in prints} == {8}
    assert compile_contract(older_change()).fingerprint not in prints


def test_documentation_and_logical_types_are_no_part_of_a_fingerprint() -> None:
    document: Any = contracts()[CHANGE].document
    bare = {
        **document,
        "fields": [{key: value for key, value in field.items() if key != "doc"} for field in document["fields"]],
    }
    bare.pop("doc")
    assert compile_contract(bare).fingerprint == contracts()[CHANGE].fingerprint


def test_a_record_that_does_not_fit_is_the_writers_error() -> None:
    with pytest.raises((TypeError, ValueError)):
        SingleObjectFraming().encode(CHANGE, {"kind": "merged"})
