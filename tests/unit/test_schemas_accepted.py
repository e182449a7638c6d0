"""Accepted touchpoints in their form between the stages."""

import pytest

from schemas.accepted import FORMAT, NewerFormatError, decode_accepted, encode_accepted
from schemas.reasons import RejectedError
from sinks.testing import a_touchpoint, an_order

VALUE = encode_accepted(a_touchpoint("e-1", order=an_order()))
BAD = {
    "nothing": (None, "null_value"),
    "no bytes": (b"", "unknown_framing"),
    "no format there ever was": (b"\x00" + VALUE[1:], "unknown_framing"),
    "an Avro record": (b"\xc3\x01" + VALUE[1:], "unknown_framing"),
    "a map without the fields": (b"\x01\x80", "undecodable"),
    "a field of another type": (VALUE.replace(b"\xa6source", b"\xa6source\x01", 1), "undecodable"),
    "bytes left over": (VALUE + b"\x00", "undecodable"),
    "bytes that are no text": (VALUE.replace(b"source", b"sour\xff\xff"), "undecodable"),
}


def test_what_was_encoded_reads_back_equal() -> None:
    assert decode_accepted(VALUE) == a_touchpoint("e-1", order=an_order())


@pytest.mark.parametrize("margin", [None, -4_000_000])
def test_an_order_reads_back_with_its_margin_and_without_one(margin: int | None) -> None:
    """Touchpoints that were accepted before orders had a margin are kept for ever."""
    told = a_touchpoint("e-1", order={**an_order(), "margin_micros": margin})
    assert decode_accepted(encode_accepted(told)) == told
    assert decode_accepted(VALUE) == a_touchpoint("e-1", order=an_order())


def test_a_newer_format_is_no_fault_of_the_record() -> None:
    with pytest.raises(NewerFormatError):
        decode_accepted(bytes([FORMAT + 1]) + VALUE[1:])


@pytest.mark.parametrize("cut", range(1, len(VALUE)))
def test_a_value_cut_anywhere_is_undecodable(cut: int) -> None:
    with pytest.raises(RejectedError) as caught:
        decode_accepted(VALUE[:cut])
    assert caught.value.reason == "undecodable"


@pytest.mark.parametrize(("value", "reason"), BAD.values(), ids=list(BAD))
def test_what_is_no_accepted_touchpoint_is_refused_with_its_reason(value: bytes | None, reason: str) -> None:
    with pytest.raises(RejectedError) as caught:
        decode_accepted(value)
    assert caught.value.reason == reason
