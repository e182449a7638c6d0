"""Small sets of records that collide a lot, for the property tests of matching."""

from hypothesis import strategies as st

from identity.matching.records import MatchRecord

_GIVEN = ("anna", "ann", "bill", "william", "otto", "b", "maria")
_SURNAMES = ("huber", "hubar", "meyer", "maier", "de vries", "")
_DATES = ("19800102", "19800201", "19800101", "19800000", "19571231", "")
_POSTCODES = ("10115", "10151", "80331", "")
_EMAILS = ("star77@example.org", "star77@example.net", "anna.huber@example.org")

records = st.builds(
    MatchRecord,
    given=st.lists(st.sampled_from(_GIVEN), min_size=1, max_size=2).map(tuple),
    surname=st.sampled_from(_SURNAMES),
    born=st.sampled_from(_DATES),
    street=st.sampled_from(("langestrasse", "")),
    house=st.sampled_from(("5", "7", "")),
    postcode=st.sampled_from(_POSTCODES),
    city=st.sampled_from(("berlin", "muenchen", "")),
    gender=st.sampled_from(("f", "m", "")),
    emails=st.lists(st.sampled_from(_EMAILS), max_size=1).map(tuple),
    phones=st.lists(st.sampled_from(("+49301234567", "+49301234576")), max_size=1).map(tuple),
    numbers=st.lists(st.sampled_from(("ssn:123456789", "ssn:123465789", "tax:1")), max_size=2, unique=True).map(tuple),
)


def towns(max_size: int = 14) -> st.SearchStrategy[dict[str, MatchRecord]]:
    """Records by name."""
    return st.lists(records, min_size=1, max_size=max_size).map(
        lambda found: {f"record {number}": record for number, record in enumerate(found)}
    )
