"""Weights to start with: what fits people's records as a rule, before anything was learnt from one's own.

The figures are rounded means of what training found on several sets of records of people. They know how
frequent names are by a list of those that many people have; training counts one's own. Training also leans on the
weights where the records say little.
"""

import tomllib
from functools import cache
from importlib.resources import files

from identity.matching.compare import LEVELS
from identity.matching.model import FORMAT, KINDS, SAME, STRANGERS, Frequencies, Model, PairKind, from_json

_RECORDS = 100_000
_SHARES = {
    SAME: 1.8e-5,
    "household": 1.45e-5,
    "namesakes": 1e-7,
    "twins": 3.2e-8,
    "cousins": 1.2e-7,
    "relatives": 1.2e-7,
    "compatriots": 0.02,
    "neighbours": 2e-4,
    "borrowed": 1.2e-7,
}

_LEVELS: dict[str, dict[str, list[float]]] = {
    SAME: {
        "given": [0.035, 0.02, 0.01, 0.02, 0.01, 0.07, 0.06, 0.765, 0.01],
        "middle": [0.1, 0.08, 0.1, 0.72],
        "surname": [0.03, 0.01, 0.01, 0.02, 0.02, 0.11, 0.8],
        "born": [0.008, 0.009, 0.005, 0.012, 0.006, 0.028, 0.002, 0.06, 0.87],
        "address": [0.13, 0.02, 0.03, 0.03, 0.03, 0.02, 0.08, 0.02, 0.34, 0.3],
        "birth_place": [0.16, 0.02, 0.82],
        "gender": [0.03, 0.97],
        "occupation": [0.13, 0.02, 0.85],
        "email": [0.15, 0.05, 0.05, 0.75],
        "phone": [0.3, 0.04, 0.66],
        "number": [0.1, 0.05, 0.85],
        "suffix": [0.00005, 0.012, 0.959, 0.02895],
    },
    STRANGERS: {
        "given": [0.977898, 0.0033, 0.0003, 0.0015, 0.001, 0.0015, 0.0045, 0.01, 0.000002],
        "middle": [0.945, 0.02, 0.005, 0.03],
        "surname": [0.9933, 0.0006, 0.0002, 0.0008, 0.0003, 0.001, 0.0038],
        "born": [0.43024, 0.54, 0.0095, 0.0145, 0.0035, 0.0004, 0.00003, 0.0018, 0.00003],
        "address": [0.98973, 0.0025, 0.0025, 0.0025, 0.0006, 0.00006, 0.0015, 0.00005, 0.0005, 0.00006],
        "birth_place": [0.988, 0.002, 0.01],
        "gender": [0.5, 0.5],
        "occupation": [0.955, 0.005, 0.04],
        "email": [0.99998, 0.00001, 0.000005, 0.000005],
        "phone": [0.999994, 0.000003, 0.000003],
        "number": [0.999985, 0.00001, 0.000005],
        "suffix": [0.0006, 0.04, 0.959, 0.0004],
    },
    "household": {
        "given": [0.986898, 0.0033, 0.0003, 0.0015, 0.001, 0.0015, 0.0045, 0.001, 0.000002],
        "surname": [0.04, 0.002, 0.003, 0.005, 0.01, 0.09, 0.85],
        "address": [0.01, 0.01, 0.01, 0.02, 0.02, 0.02, 0.1, 0.01, 0.35, 0.45],
        "birth_place": [0.5, 0.02, 0.48],
        "email": [0.93, 0.01, 0.01, 0.05],
        "phone": [0.92, 0.02, 0.06],
        "number": [0.98, 0.005, 0.015],
    },
    "namesakes": {
        "given": [0.02, 0.02, 0.01, 0.015, 0.005, 0.075, 0.05, 0.8, 0.005],
        "middle": [0.3, 0.08, 0.1, 0.52],
        "surname": [0.03, 0.005, 0.01, 0.015, 0.01, 0.08, 0.85],
        "born": [0.0202, 0.95, 0.001, 0.012, 0.006, 0.003, 0.0001, 0.0037, 0.004],
        "address": [0.05, 0.01, 0.01, 0.02, 0.02, 0.02, 0.1, 0.01, 0.33, 0.43],
        "birth_place": [0.4, 0.02, 0.58],
        "email": [0.5, 0.01, 0.01, 0.48],
        "phone": [0.5, 0.03, 0.47],
        "number": [0.98, 0.005, 0.015],
        "suffix": [0.095, 0.3, 0.6, 0.005],
    },
    "twins": {
        "surname": [0.04, 0.002, 0.003, 0.005, 0.01, 0.09, 0.85],
        "born": [0.002, 0.002, 0.004, 0.01, 0.008, 0.03, 0.002, 0.052, 0.89],
        "address": [0.05, 0.01, 0.01, 0.02, 0.02, 0.02, 0.1, 0.01, 0.33, 0.43],
        "birth_place": [0.08, 0.02, 0.9],
        "email": [0.9, 0.01, 0.01, 0.08],
        "phone": [0.5, 0.03, 0.47],
        "number": [0.98, 0.005, 0.015],
    },
    "cousins": {
        "given": [0.02, 0.02, 0.01, 0.015, 0.005, 0.075, 0.05, 0.8, 0.005],
        "middle": [0.3, 0.08, 0.1, 0.52],
        "surname": [0.03, 0.005, 0.01, 0.015, 0.01, 0.08, 0.85],
    },
    "relatives": {
        "surname": [0.09, 0.002, 0.003, 0.005, 0.01, 0.09, 0.8],
        "email": [0.55, 0.02, 0.03, 0.4],
        "phone": [0.5, 0.05, 0.45],
        "number": [0.9, 0.03, 0.07],
    },
    "compatriots": {
        "given": [0.946995, 0.008, 0.0015, 0.0045, 0.003, 0.006, 0.009, 0.021, 0.000005],
        "middle": [0.88, 0.04, 0.01, 0.07],
        "surname": [0.956, 0.003, 0.002, 0.004, 0.001, 0.006, 0.028],
        "address": [0.94, 0.02, 0.008, 0.017, 0.001, 0.0005, 0.01, 0.0005, 0.0025, 0.0005],
        "birth_place": [0.94, 0.01, 0.05],
    },
    "neighbours": {
        "address": [0.05, 0.35, 0.3, 0.08, 0.02, 0.02, 0.1, 0.02, 0.04, 0.02],
        "birth_place": [0.2, 0.1, 0.7],
    },
    "borrowed": {
        "email": [0.5, 0.02, 0.03, 0.45],
        "phone": [0.45, 0.05, 0.5],
        "number": [0.45, 0.05, 0.5],
    },
}
_OF_OTHER_NAMES = {"given": 0.0015, "surname": 0.0006}
"""The share that any name is taken to have which is not in the list: more than most have, so that none is overrated."""
_RARITIES = {
    "given": {"exact": 120.0, "near": 500.0, "by_ear": 500.0, "similar": 450.0, "nickname": 300.0},
    "surname": {"exact": 260.0, "near": 900.0, "by_ear": 900.0, "similar": 900.0},
}
"""Of strangers who are so much alike, how rare their names are: mean of (1/f + 1/g) / 2."""


@cache
def default_model() -> Model:
    """Return the model that serves where none was trained."""
    shares = {**_SHARES, STRANGERS: 1.0 - sum(_SHARES.values())}
    kinds = {kind: PairKind(shares[kind], {name: list(_LEVELS[kind][name]) for name in KINDS[kind]}) for kind in KINDS}
    return Model(FORMAT, _RECORDS, kinds, {name: _frequencies(name) for name in _OF_OTHER_NAMES})


def _frequencies(name: str) -> Frequencies:
    """Return how frequent names are, and how rare those of strangers who are alike at a level."""
    listed = tomllib.loads(files(__package__).joinpath("frequent_names.toml").read_text("utf-8"))[name]
    known: dict[str, float] = {}
    for part in listed:
        for value in part["names"].split():
            known.setdefault(value.replace("_", " "), part["share"])
    return Frequencies(known, _OF_OTHER_NAMES[name], [_RARITIES[name].get(level, 0.0) for level in LEVELS[name]])


def model_in(text: str | None) -> Model:
    """Return the model of a JSON text; the one that serves where none was trained, where there is no text.

    Raises:
        ValueError: it is no model.
    """
    return from_json(text.encode()) if text else default_model()
