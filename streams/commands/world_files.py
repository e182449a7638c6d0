"""A synthetic world as files: canonical JSON lines by source, and the truth beside them."""

import json
import math
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from infra.world import Emission, PoisonEmission, World, WorldConfig, shuffled, write_truth
from schemas.canonical_json import to_json
from schemas.reasons import RejectedError
from schemas.sources import TO_CANONICAL
from streams.errors import InputError
from streams.topics import SOURCES

REJECTED_FILE = "rejected.ndjson"
_REPORT_EVERY = 500


@dataclass(frozen=True, slots=True)
class WrittenWorld:
    """What was written of a synthetic world.

    Attributes:
        records: number of lines by source, duplicates included.
        duplicates: emissions that repeat an earlier one, written like any other.
        rejected: records that have no canonical form, kept with the reason in their own file.
        poison: payloads that are no record; they are left out.
    """

    records: Mapping[str, int]
    duplicates: int
    rejected: int
    poison: int


def write_world(
    folder: Path, config: WorldConfig, shuffle: int | None, on_progress: Callable[[int], None]
) -> WrittenWorld:
    """Write a world as one ``<source>.ndjson`` for each source, ``rejected.ndjson`` and the truth as Parquet.

    Args:
        folder: where to; made if missing, files of the same names are replaced.
        config: size and habits of the world.
        shuffle: a seed: write in an order that follows from it. None: in order of arrival.
        on_progress: called with the number of records newly written.

    Raises:
        InputError: the folder cannot be written to.
    """
    world = World(config)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as files:
            written = _write(world, shuffle, _opener(folder, files), on_progress)
        write_truth(world, folder)
    except OSError as error:
        raise InputError(f"{folder} cannot be written to: {error.strerror}") from None
    return written


def _opener(folder: Path, files: ExitStack) -> Mapping[str, TextIO]:
    names = {**{source: f"{source}.ndjson" for source in SOURCES}, REJECTED_FILE: REJECTED_FILE}
    return {key: files.enter_context((folder / name).open("w", encoding="utf-8")) for key, name in names.items()}


def _write(
    world: World, shuffle: int | None, files: Mapping[str, TextIO], on_progress: Callable[[int], None]
) -> WrittenWorld:
    emissions = world.emissions() if shuffle is None else shuffled(world.emissions(), shuffle)
    records: Counter[str] = Counter()
    duplicates = rejected = poison = 0
    for number, emission in enumerate(emissions, start=1):
        if isinstance(emission, PoisonEmission):
            poison += 1
        else:
            duplicates += emission.duplicate
            file, line = _line(emission)
            files[file].write(line + "\n")
            if file == REJECTED_FILE:
                rejected += 1
            else:
                records[emission.source] += 1
        if number % _REPORT_EVERY == 0:
            on_progress(_REPORT_EVERY)
    on_progress((records.total() + rejected + poison) % _REPORT_EVERY)
    return WrittenWorld(dict(records), duplicates, rejected, poison)


def _line(emission: Emission) -> tuple[str, str]:
    """Return the file an emission goes to and its line there."""
    mapping: Callable[..., Any] | None = TO_CANONICAL.get(emission.record_name)
    try:
        return emission.source, to_json(mapping(emission.record) if mapping else emission.record)  # type: ignore[arg-type]  # a canonical one is a Touchpoint
    except RejectedError as error:
        kept = {
            "source": emission.source,
            "event_id": emission.event_id,
            "reason": error.reason,
            "detail": error.detail,
            "record_name": emission.record_name,
            "record": {name: _storable(value) for name, value in emission.record.items()},
        }
        return REJECTED_FILE, json.dumps(kept, ensure_ascii=False, allow_nan=False)


def _storable(value: object) -> object:
    """Return a value of a record as JSON can hold it: NaN and the infinities, which it lacks, as text."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {name: _storable(part) for name, part in value.items()}
    return [_storable(part) for part in value] if isinstance(value, list) else value
