"""Records as touchpoints for ``onefold publish crm``, in order or not."""

import json
from collections.abc import Mapping, Sequence
from random import Random

from benchmarks.accuracy.datasets import Identifier, Row
from benchmarks.historical import FIRST_EVENT_MS
from identity.cleaning import clean_text

_DAY_MS = 24 * 3600 * 1000
_EVERY = 10


def truth(rows: Sequence[Row]) -> dict[str, str]:
    """Return the person of each record by its ``crm_id`` as the lake has it."""
    return {clean_text(row.key): row.person for row in rows}


def lines(rows: Sequence[Row]) -> list[str]:
    """Return a canonical JSON line a record, a second apart; each is a customer of its own in a CRM."""
    return [_line(row.key, _time(number), row.key, row.traits, row.identifiers) for number, row in enumerate(rows)]


def disordered(rows: Sequence[Row], random: Random) -> list[str]:
    """Return the same lines in a random order, some of them twice, with corrections that may come before their errors.

    Of every tenth record there is an older version too: another record's values of its own traits, a day earlier.
    """
    versions = lines(rows)
    for number in random.sample(range(len(rows)), len(rows) // _EVERY):
        row, wrong = rows[number], random.choice(rows)
        traits = {name: wrong.traits[name] for name in row.traits if name in wrong.traits}
        versions.append(_line(f"{row.key}/older", _time(number) - _DAY_MS, row.key, traits, ()))
    versions += random.choices(versions, k=len(rows) // _EVERY)
    random.shuffle(versions)
    return versions


def _time(number: int) -> int:
    return FIRST_EVENT_MS + number * 1000


def _line(event: str, time: int, key: str, traits: Mapping[str, str], identifiers: Sequence[Identifier]) -> str:
    return json.dumps(
        {
            "event_id": event,
            "event_time": time,
            "type": "profile_update",
            "identifiers": [{"type": kind, "value": value} for kind, value in (("crm_id", key), *identifiers)],
            "traits": dict(traits),
        },
        ensure_ascii=False,
    )
