"""The policy as a file: TOML, typed and checked, every problem with its line."""

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from identity.placeholders import Placeholders
from identity.policy import Blocked, IdentifierRule, IdentityPolicy, Matching, Normalisation, mailbox

_VERSION_BYTES = 4
_HEADER = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]")
_KEY = re.compile(r"\s*([A-Za-z0-9_-]+)\s*=")
_SYNTAX_LINE = re.compile(r"\(at line (\d+), column \d+\)")
_HARMLESS = ("ann@example.org", "+4930123456", "3f2a9c01-77aa-4be1-9c5d-0d9f6a3b2c11")
"""Values that no sound pattern blocks."""

Positive = Annotated[int, Field(ge=1)]
Probability = Annotated[float, Field(gt=0, lt=1)]
Region = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Path = tuple[str | int, ...]


class Problem(NamedTuple):
    """What is wrong with a policy.

    Attributes:
        line: counted from 1; None where no one line is to blame.
        where: the setting, as ``identifiers.email.rank``.
        text: what was expected and what came.
    """

    line: int | None
    where: str
    text: str

    def __str__(self) -> str:
        """As a sentence with its place."""
        place = f"line {self.line}: " if self.line else ""
        return f"{place}{self.where}: {self.text}" if self.where else f"{place}{self.text}"


class PolicyError(Exception):
    """A policy that cannot be used, with all that is wrong with it."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Identifier(_Part):
    rank: Annotated[int, Field(ge=0, le=127)]
    personal: bool
    unique: bool = False
    limit_per_person: Positive | None = None
    limit_days: Positive | None = None
    max_neighbours: Positive
    normalisation: Normalisation = "text"
    blocked: list[str] = []
    blocked_patterns: list[str] = []
    compared: bool = False
    ignore_plus_tag: bool = False
    ignore_gmail_dots: bool = False


class _Matching(_Part):
    unite: Probability = 0.9
    suggest: Annotated[float, Field(ge=0.5, lt=1)] = 0.5
    refuse: Probability = 0.8
    block_cap: Annotated[int, Field(ge=2, le=1_000)] = 60
    model: Annotated[str, Field(pattern=r"^(model-[0-9a-f]{16}\.json)?$")] = ""


class _Placeholders(_Part):
    nothing: list[str] | None = None
    nobody: list[str] | None = None
    answers: list[str] | None = None
    roles: list[str] | None = None
    names: list[str] | None = None
    also_names: list[str] | None = None
    full_names: list[str] | None = None
    visits: list[str] | None = None
    mailboxes: list[str] | None = None
    without: list[str] | None = None
    mail: list[str] | None = None
    addresses: list[str] | None = None
    numbers: list[str] | None = None
    values: list[str] | None = None
    patterns: list[str] | None = None
    birth_dates: list[Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]] | None = None
    longest_life_years: Annotated[int, Field(ge=0, le=2_000)] | None = None


class _Policy(_Part):
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,60}$")]
    default_region: Region = "DE"
    regions: dict[str, Region] = {}
    max_value_length: Annotated[int, Field(ge=16, le=10_000)] = 512
    dominance: Annotated[float, Field(ge=1, le=1_000_000)] = 3.0
    max_gathering: Annotated[int, Field(ge=2, le=100_000)] = 1_000
    office_mailboxes: list[str] | None = None
    identifiers: Annotated[dict[str, _Identifier], Field(min_length=1)]
    placeholders: _Placeholders = _Placeholders()
    matching: _Matching | None = None
    profile: dict[str, Any] = {}
    """Of no concern to identity; it only makes another version."""


def parse_policy(text: str) -> IdentityPolicy:
    """Return the policy in a TOML text.

    Its version is the name in the text and a hash of all that decides, so two policies never share one.

    Raises:
        PolicyError: with every problem found.
    """
    content = load_toml(text)
    lines = _lines(text)
    try:
        parsed = _Policy.model_validate(content)
    except ValidationError as error:
        raise PolicyError([_problem(part["loc"], expected(part), lines) for part in error.errors()]) from None
    problems = [_problem(path, text, lines) for path, text in _contradictions(parsed)]
    if problems:
        raise PolicyError(problems)
    return _policy(parsed)


@lru_cache(maxsize=4)
def load_toml(text: str) -> Mapping[str, Any]:
    """Return what stands in a TOML text, not to be changed: whoever reads another part of the same text shares it.

    Raises:
        PolicyError: it is no TOML.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _SYNTAX_LINE.search(str(error))
        message = _SYNTAX_LINE.sub("", str(error)).strip()
        line = int(found[1]) if found else len(text.splitlines())
        raise PolicyError([Problem(line, "", f"no TOML: {message}")]) from None


@cache
def default_policy() -> IdentityPolicy:
    """Return the policy that serves where none is given."""
    return parse_policy(default_policy_text())


def default_policy_text() -> str:
    """Return the default policy as its file, to begin one's own with."""
    return (files("identity") / "default_policy.toml").read_text("utf-8")


def placeholders_in(text: str) -> Placeholders:
    """Return the placeholders of a policy's text, which need be no whole policy; what it leaves out is the default's.

    Raises:
        PolicyError: the table cannot be read.
    """
    try:
        return _placeholders(_Placeholders.model_validate(load_toml(text).get("placeholders", {})))
    except ValidationError as error:
        lines = _lines(text)
        raise PolicyError(
            [_problem(("placeholders", *part["loc"]), expected(part), lines) for part in error.errors()]
        ) from None


def problem_at(text: str, path: Path, sentence: str) -> Problem:
    """Return a problem with a setting of a policy's text, with its line."""
    return _problem(path, sentence, _lines(text))


def _problem(path: Path, text: str, lines: Mapping[Path, int]) -> Problem:
    known = next((path[:length] for length in range(len(path), 0, -1) if path[:length] in lines), ())
    return Problem(lines.get(known), ".".join(map(str, path)), text)


def expected(error: Mapping[str, Any]) -> str:
    """Say what was expected and what came, of one of pydantic's errors."""
    if error["type"] == "extra_forbidden":
        return "there is no such setting"
    if error["type"] == "missing":
        return "expected, but missing"
    message = str(error["msg"]).replace("Input should be", "expected").replace("String should", "expected to")
    got = error["input"]
    return message if isinstance(got, dict | list) else f"{message}, got {got!r}"


def _lines(text: str) -> dict[Path, int]:
    """Return the line of each table and key that stands at the beginning of one."""
    lines: dict[Path, int] = {}
    table: Path = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = tuple(part.strip().strip("\"'") for part in header[1].split("."))
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            lines.setdefault((*table, key[1]), number)
    return lines


def _contradictions(parsed: _Policy) -> Iterator[tuple[Path, str]]:
    by_rank: dict[int, str] = {}
    for name, rule in parsed.identifiers.items():
        place = ("identifiers", name)
        if rule.rank in by_rank:
            yield (*place, "rank"), f"expected a rank of its own, {rule.rank} is that of {by_rank[rule.rank]}"
        by_rank.setdefault(rule.rank, name)
        if rule.unique and rule.limit_per_person not in {None, 1}:
            yield (*place, "unique"), f"contradicts limit_per_person = {rule.limit_per_person}"
        if not rule.unique and rule.limit_per_person is None:
            yield place, "expected unique = true or limit_per_person"
        if rule.limit_days is not None and rule.unique:
            yield (*place, "limit_days"), "contradicts unique = true, which holds for all time"
        yield from _bad_blocks((*place, "blocked"), rule.blocked)
        yield from _bad_patterns((*place, "blocked_patterns"), rule.blocked_patterns)
        if rule.normalisation != "email" and (rule.ignore_plus_tag or rule.ignore_gmail_dots):
            yield place, "ignore_plus_tag and ignore_gmail_dots are for normalisation = 'email'"
    for name in ("values", "addresses"):
        yield from _bad_blocks(("placeholders", name), getattr(parsed.placeholders, name) or [])
    yield from _bad_patterns(("placeholders", "patterns"), parsed.placeholders.patterns or [])
    yield from _bad_blocks(("office_mailboxes",), parsed.office_mailboxes or [])
    yield from _weak_persons(parsed)
    if parsed.matching is not None:
        yield from _bad_thresholds(parsed.matching)


def _bad_thresholds(matching: _Matching) -> Iterator[tuple[Path, str]]:
    if matching.unite <= matching.suggest:
        yield ("matching", "unite"), f"expected more than suggest = {matching.suggest}, got {matching.unite}"


def _weak_persons(parsed: _Policy) -> Iterator[tuple[Path, str]]:
    """A thing must not be stronger than a name: it would become the anchor of what its users do."""
    things = [rule.rank for rule in parsed.identifiers.values() if not rule.personal]
    for name, rule in parsed.identifiers.items():
        if rule.personal and things and rule.rank > min(things):
            yield ("identifiers", name, "rank"), "expected a personal identifier to be stronger than any that is not"


def _bad_blocks(place: Path, values: list[str]) -> Iterator[tuple[Path, str]]:
    for value in values:
        if value != value.casefold().strip() or not value:
            yield place, f"expected lower case without surrounding space, got {value!r}"


def _bad_patterns(place: Path, patterns: list[str]) -> Iterator[tuple[Path, str]]:
    for pattern in patterns:
        try:
            compiled = re.compile(pattern)
        except re.error as error:
            yield place, f"{pattern!r} is no regular expression: {error}"
        else:
            if any(compiled.fullmatch(value) for value in _HARMLESS):
                yield place, f"{pattern!r} would block identifiers that are sound"


def _policy(parsed: _Policy) -> IdentityPolicy:
    digest = hashlib.blake2b(parsed.model_dump_json(exclude={"name"}).encode(), digest_size=_VERSION_BYTES)
    return IdentityPolicy(
        version=f"{parsed.name}-{digest.hexdigest()}",
        identifiers={name: _rule(part) for name, part in parsed.identifiers.items()},
        placeholders=_placeholders(parsed.placeholders),
        office_mailboxes=_offices(parsed.office_mailboxes),
        default_region=parsed.default_region,
        regions=parsed.regions,
        dominance=parsed.dominance,
        max_value_length=parsed.max_value_length,
        max_gathering=parsed.max_gathering,
        matching=Matching(**parsed.matching.model_dump()) if parsed.matching else None,
    )


def _rule(part: _Identifier) -> IdentifierRule:
    return IdentifierRule(
        rank=part.rank,
        personal=part.personal,
        limit_per_person=part.limit_per_person or 1,
        max_neighbours=part.max_neighbours,
        normalisation=part.normalisation,
        limit_days=part.limit_days,
        blocked=_blocked(part.blocked, part.blocked_patterns),
        compared=part.compared,
        ignore_plus_tag=part.ignore_plus_tag,
        ignore_gmail_dots=part.ignore_gmail_dots,
    )


def _offices(own: list[str] | None) -> frozenset[str]:
    return frozenset(mailbox(f"{name}@") for name in (_default_table()["office_mailboxes"] if own is None else own))


def _placeholders(part: _Placeholders) -> Placeholders:
    return _completed(tuple(sorted(_hashable(part.model_dump(exclude_none=True)).items())))


@lru_cache(maxsize=4)
def _completed(own: tuple[tuple[str, Any], ...]) -> Placeholders:
    """Return placeholders with the default's settings for those that are not given; made once, since they are many."""
    return Placeholders(**(_hashable(_default_table()["placeholders"]) | dict(own)))


def _hashable(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(own) if isinstance(own, list) else own for name, own in settings.items()}


@cache
def _default_table() -> dict[str, Any]:
    return tomllib.loads(default_policy_text())


def _blocked(values: list[str], patterns: list[str]) -> Blocked:
    return Blocked(frozenset(values), tuple(re.compile(pattern) for pattern in patterns))


def shape(policy: IdentityPolicy) -> Any:  # noqa: ANN401  # only ever compared
    """Return all of a policy that decides which nodes a touchpoint has, which is its anchor and what is compared of it.

    Policies of another shape see other things in the same touchpoints: to change it takes a replay.
    """
    rules = {
        name: (
            rule.rank,
            rule.normalisation,
            rule.blocked,
            rule.compared,
            rule.ignore_plus_tag,
            rule.ignore_gmail_dots,
        )
        for name, rule in policy.identifiers.items()
    }
    offices = policy.office_mailboxes
    return rules, policy.placeholders, offices, policy.default_region, policy.regions, policy.max_value_length
