"""Turn the records of historical people into touchpoints for ``onefold publish crm``.

    python benchmarks/historical.py historical_50k.parquet > historical.ndjson
    onefold publish crm historical.ndjson

The file is Splink's data set historical_figures_with_errors_50k (moj-analytical-services/splink_datasets, MIT).
Every record becomes a profile update of a customer of its own in a CRM; that many of them are one person is for
matching to find out.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

TRAITS = {
    "full_name": "full_name",
    "first_name": "first_name",
    "surname": "last_name",
    "dob": "birth_date",
    "postcode_fake": "postcode",
    "birth_place": "birth_place",
    "gender": "gender",
    "occupation": "occupation",
}
"""Trait by column; what is missing in a record is no trait of it."""

FIRST_EVENT_MS = 1_767_225_600_000
"""2026-01-01: the data have no times of their own, so records happen a second apart in their order."""

_ARGUMENTS = 2


def touchpoint_line(record: Mapping[str, Any], number: int) -> str:
    """Return the canonical JSON line of a record, without the newline.

    Args:
        record: value by column; None is missing.
        number: the record's place in the file, from 0.
    """
    return json.dumps(
        {
            "event_id": record["unique_id"],
            "event_time": FIRST_EVENT_MS + number * 1000,
            "type": "profile_update",
            "identifiers": [{"type": "crm_id", "value": record["unique_id"]}],
            "traits": {trait: record[column] for column, trait in TRAITS.items() if record[column]},
        },
        ensure_ascii=False,
    )


def touchpoint_lines(parquet: Path) -> Iterator[str]:
    """Return the lines of all records of a file, in its order.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is not Parquet, or lacks a column.
    """
    file = pq.ParquetFile(parquet)
    columns = ["unique_id", *TRAITS]
    missing = sorted(set(columns) - set(file.schema_arrow.names))
    if missing:
        raise ValueError(f"{parquet} has no column {', '.join(missing)}")
    number = 0
    for batch in file.iter_batches(columns=columns):
        for record in batch.to_pylist():
            yield touchpoint_line(record, number)
            number += 1


def main() -> None:
    """Write the lines to standard output."""
    if len(sys.argv) != _ARGUMENTS:
        sys.exit("usage: python benchmarks/historical.py PARQUET > FILE.ndjson")
    parquet = Path(sys.argv[1])
    if not parquet.is_file():
        sys.exit(f"historical: there is no file {parquet}")
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]  # a text file, unless somebody replaced it
    try:
        for line in touchpoint_lines(parquet):
            print(line)
    except (OSError, ValueError, pa.ArrowException) as error:
        sys.exit(f"historical: {error}")


if __name__ == "__main__":
    main()
