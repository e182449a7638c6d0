"""Splink on the same data: the usual comparisons of its library, trained as its tutorial does."""

import logging
import time
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Any

import pyarrow as pa

from benchmarks.accuracy.datasets import DataSet
from benchmarks.accuracy.measures import At, honesty, rightness

_SEED = 1
_LEAST_TOLD = 0.2
_COLUMNS = (
    "first_name",
    "last_name",
    "birth_date",
    "postcode",
    "street",
    "city",
    "birth_place",
    "gender",
    "occupation",
)
_IDENTIFIERS = ("email", "phone")
_NUMBER = "number"
_NUMBERS = ("ssn", "social_security_number")
_RULES = (
    ("first_name", "last_name"),
    ("last_name", "birth_date"),
    ("first_name", "birth_date"),
    ("last_name", "postcode"),
    ("first_name", "postcode"),
    ("birth_date", "postcode"),
    ("email",),
    ("phone",),
    (_NUMBER,),
)


def measure_splink(data: DataSet, thresholds: Sequence[float]) -> list[At]:
    """Match a data set with Splink on DuckDB, and return what came out at each threshold.

    Raises:
        ImportError: Splink is not installed.
    """
    splink = import_module("splink")
    logging.getLogger("splink").setLevel(logging.ERROR)
    table, told = _table(data)
    if "postcode" in told:
        told -= {"street", "city"}  # they would tell the same again
    api = splink.DuckDBAPI()
    rules = [splink.block_on(*rule) for rule in _RULES if set(rule) <= told]
    settings = splink.SettingsCreator(
        link_type="dedupe_only",
        comparisons=_comparisons(told),
        blocking_rules_to_generate_predictions=rules,
        retain_matching_columns=False,
    )
    start = time.perf_counter()
    linker = splink.Linker(api.register(table), settings, log_level=None)
    linker.training.estimate_probability_two_random_records_match(
        [splink.block_on("first_name", "last_name", "birth_date")], recall=0.6
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=_SEED)
    for rule in (("first_name", "last_name"), ("birth_date",)):
        linker.training.estimate_parameters_using_expectation_maximisation(splink.block_on(*rule))
    predicted = linker.inference.predict(threshold_match_probability=0.4)
    truth = {row.key: row.person for row in data.rows}
    links = honesty(
        {(row["unique_id_l"], row["unique_id_r"]): row["match_probability"] for row in predicted.as_record_list()},
        truth,
    )
    predicted_in = time.perf_counter() - start
    found = []
    for threshold in thresholds:
        start = time.perf_counter()
        clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(predicted, threshold)
        groups: dict[str, list[str]] = {}
        for row in clusters.as_record_list():
            groups.setdefault(row["cluster_id"], []).append(row["unique_id"])
        seconds = predicted_in + time.perf_counter() - start
        found.append(
            At(f"Splink {version('splink')}", threshold, rightness(groups.values(), truth), None, links, seconds)
        )
    return found


def _table(data: DataSet) -> tuple[pa.Table, set[str]]:
    """Return the rows as a table, and the columns that are told often enough to compare."""
    rows = [_cells(row.traits, row.identifiers) for row in data.rows]
    columns: dict[str, list[str | None]] = {
        name: [row.get(name) for row in rows] for name in (*_COLUMNS, *_IDENTIFIERS, _NUMBER)
    }
    told = {name for name, cells in columns.items() if sum(map(bool, cells)) >= _LEAST_TOLD * len(rows)}
    kept = {name: pa.array(cells, pa.string()) for name, cells in columns.items() if name in told}
    return pa.table({"unique_id": [row.key for row in data.rows], **kept}), told


def _cells(traits: Mapping[str, str], identifiers: tuple[tuple[str, str], ...]) -> dict[str, str]:
    cells = {name: traits[name].lower() for name in _COLUMNS if name in traits}
    numbers = [traits[name] for name in _NUMBERS if name in traits]
    return cells | dict(identifiers) | ({_NUMBER: numbers[0]} if numbers else {})


def _comparisons(told: set[str]) -> list[Any]:
    library = import_module("splink.comparison_library")
    usual = {
        "first_name": library.NameComparison("first_name").configure(term_frequency_adjustments=True),
        "last_name": library.NameComparison("last_name").configure(term_frequency_adjustments=True),
        "birth_date": library.DamerauLevenshteinAtThresholds("birth_date", [1, 2]),
        "postcode": library.LevenshteinAtThresholds("postcode", [1, 2]),
        "street": library.JaroWinklerAtThresholds("street", [0.9]),
        "city": library.ExactMatch("city").configure(term_frequency_adjustments=True),
        "birth_place": library.ExactMatch("birth_place").configure(term_frequency_adjustments=True),
        "gender": library.ExactMatch("gender"),
        "occupation": library.ExactMatch("occupation").configure(term_frequency_adjustments=True),
        "email": library.EmailComparison("email"),
        "phone": library.LevenshteinAtThresholds("phone", [1]),
        _NUMBER: library.LevenshteinAtThresholds("number", [1]),
    }
    return [comparison for name, comparison in usual.items() if name in told]
