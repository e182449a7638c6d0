"""Addresses as people write them: in parts, or all in one line."""

import re
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from identity.matching.text import compact, latin, words
from identity.regions import region_of

_STREET_WORDS = {
    "st": "street", "str": "strasse", "rd": "road", "ave": "avenue", "av": "avenue", "aven": "avenue", "ln": "lane",
    "dr": "drive", "drv": "drive", "cl": "close", "ct": "court", "crt": "court", "pl": "place", "sq": "square",
    "cres": "crescent", "cr": "crescent", "blvd": "boulevard", "bd": "boulevard", "boul": "boulevard", "bvd":
    "boulevard", "pde": "parade", "tce": "terrace", "ter": "terrace", "terr": "terrace", "hwy": "highway",
    "gr": "grove", "gdns": "gardens", "cir": "circle", "pkwy": "parkway", "pky": "parkway", "trl": "trail",
    "expy": "expressway", "fwy": "freeway", "aly": "alley", "plz": "plaza", "xing": "crossing", "pt": "point",
    "rdg": "ridge", "hts": "heights", "mnr": "manor", "mdws": "meadows", "vw": "view", "wy": "way", "byp": "bypass",
    "ul": "", "ulica": "", "al": "aleja", "os": "osiedle", "cad": "caddesi", "cd": "caddesi", "sok": "sokak",
    "sk": "sokak", "pza": "plaza", "c": "calle", "v": "via", "vle": "viale", "pzza": "piazza",
    "p": "piazza", "cso": "corso", "avda": "avenida", "avd": "avenida", "ctra": "carretera", "pg": "passeig",
    "ps": "paseo", "trav": "travessa", "tv": "travessa", "r": "rua", "imp": "impasse", "chem": "chemin", "fbg":
    "faubourg", "all": "allee", "pl.": "platz",
}  # fmt: skip
_LEADING = frozenset({"c", "v", "p", "r", "al", "os", "ps", "pg", "tv", "all", "imp"})
"""Abbreviations that stand for a kind of street only where they go before its name."""
_MORE_KINDS = "way loop row run path pike walk mews mall square hill rise glen bend cove landing trace broadway"
_KINDS = frozenset(_STREET_WORDS.values()) - {"", "strasse", "rua", "via"} | frozenset(_MORE_KINDS.split())
"""Kinds of streets that stand behind the name, as in English."""
_BEFORE = """
    rue avenue boulevard place chemin allee impasse quai cours route via viale piazza corso calle avenida paseo
    plaza carretera rua travessa aleja
"""
_KINDS_BEFORE = frozenset(_BEFORE.split())
"""Kinds of streets that stand before the name, as in French."""
_DIRECTIONS = {
    "n": "north", "s": "south", "e": "east", "w": "west", "ne": "northeast", "nw": "northwest", "se": "southeast",
    "sw": "southwest",
}  # fmt: skip
_DIRECTION_WORDS = frozenset(_DIRECTIONS.values())
_ORDINALS = {
    "first": "1st", "second": "2nd", "third": "3rd", "fourth": "4th", "fifth": "5th", "sixth": "6th",
    "seventh": "7th", "eighth": "8th", "ninth": "9th", "tenth": "10th", "eleventh": "11th", "twelfth": "12th",
}  # fmt: skip
_SAINTS = {"st": "saint", "ste": "sainte", "sta": "santa", "sto": "santo", "ft": "fort", "mt": "mount"}
_UNITS = """
    apt apartment unit suite ste flat fl floor rm room lot trlr spc bldg building whg wohnung etage stock og top app
    appt appartement piso puerta pta interno int scala lok lokal m bus hinterhaus
"""
_UNIT_WORDS = frozenset(_UNITS.split())

_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th)")
_HOUSE = re.compile(r"\d+[a-z]?")
_BOX = re.compile(
    r"\b(?:p\.?\s*o\.?\s*box|post\s*office\s*box|postfach|postbus|boite\s+postale|b\.?p\.?|apartado(?:\s+de\s+correos)?|"
    r"casella\s+postale|skrytka(?:\s+pocztowa)?|caixa\s+postal|casilla)\s*(?:no\.?|nr\.?|#)?\s*(\d[\d\s]*)"
)
_NUMBER_SIGN = re.compile(r"#\s*(?=\w)")
_PARTS = re.compile(r"[,;\n\r|]+")
_POSTCODES = (
    ("GB", re.compile(r"\b[a-z]{1,2}\d[a-z\d]?\s*\d[a-z]{2}\b")),
    ("CA", re.compile(r"\b[a-z]\d[a-z][\s-]?\d[a-z]\d\b")),
    ("NL", re.compile(r"\b[1-9]\d{3}\s?(?!sa|sd|ss)[a-z]{2}\b(?=\s|$)")),
    ("US", re.compile(r"\b\d{5}-\d{4}\b")),
    ("", re.compile(r"\b(?:[a-z]{1,2}-)?(?:\d{2}-\d{3}|\d{4}-\d{3}|\d{5}-\d{3}|\d{3}\s\d{2}|\d{4,6})\b")),
)
_ZIP_CODE = re.compile(r"\d{5}(?:-\d{4})?")
_LONG_NUMBER = re.compile(r"\d{4}")
_HOUSE_LETTERS = frozenset("abcd")
_BEHIND_HOUSE = frozenset({"bis", "ter", "quater"}) | _HOUSE_LETTERS
_PROVINCE_LETTERS = 2
_ZIP = re.compile(r"(\d{5})-?\d{4}")
_ZIP_LENGTH, _LEAST_ZIP = 5, 4
_LEAST_LINES = 2

_STATES = """
US al alabama|ak alaska|az arizona|ar arkansas|ca california|co colorado|ct connecticut|de delaware|fl florida
US ga georgia|hi hawaii|id idaho|il illinois|in indiana|ia iowa|ks kansas|ky kentucky|la louisiana|me maine
US md maryland|ma massachusetts|mi michigan|mn minnesota|ms mississippi|mo missouri|mt montana|ne nebraska|nv nevada
US nh new hampshire|nj new jersey|nm new mexico|ny new york|nc north carolina|nd north dakota|oh ohio|ok oklahoma
US or oregon|pa pennsylvania|ri rhode island|sc south carolina|sd south dakota|tn tennessee|tx texas|ut utah
US vt vermont|va virginia|wa washington|wv west virginia|wi wisconsin|wy wyoming|dc district of columbia
US pr puerto rico|gu guam|vi virgin islands
CA ab alberta|bc british columbia|mb manitoba|nb new brunswick|nl newfoundland and labrador|ns nova scotia|on ontario
CA pe prince edward island|qc quebec|sk saskatchewan|yt yukon|nt northwest territories|nu nunavut
AU nsw new south wales|vic victoria|qld queensland|tas tasmania
AU sa south australia|wa western australia|act australian capital territory
"""
_STATE_OF: dict[str, tuple[str, str]] = {}
for _line in _STATES.strip().splitlines():
    _region, _, _all = _line.partition(" ")
    for _state in _all.split("|"):
        _code, _, _name = _state.partition(" ")
        _STATE_OF.setdefault(_code, (_code, _region))
        _STATE_OF[_name] = (_code, _region)
_STATE_WORDS = 4


BOX = "pobox"
"""Stands for the street of a box at a post office."""
_LEAST_STREET = 5


class Address(NamedTuple):
    """Where somebody lives; empty is untold.

    Attributes:
        street: its name in Latin letters without spaces, abbreviations spelled out; of a box :data:`BOX`.
        house: number of the house, or of the box.
        unit: of a flat or an office in the house.
        city: without spaces.
        state: code of a state or province, or its name without spaces.
        postcode: letters and digits alone; of a ZIP code the first five.
        region: ISO 3166 alpha-2 code of the country that the address itself shows.
    """

    street: str = ""
    house: str = ""
    unit: str = ""
    city: str = ""
    state: str = ""
    postcode: str = ""
    region: str = ""


_NOWHERE = Address()


@lru_cache(maxsize=50_000)
def read_address(value: str) -> Address:
    """Return the parts of an address in one text, as far as they can be told from each other.

    A text without commas and without a kind of street behind the name may hold a town that cannot be told from the
    street; it then counts as part of the street.
    """
    if not value or value.isspace():
        return _NOWHERE
    parts, region = _without_country(_PARTS.split(value))
    parts, postcode, shown, town = _without_postcode(parts)
    spoken = [words(_NUMBER_SIGN.sub(" unit ", part)) for part in parts]
    lines, unit = _without_units([found for found in spoken if found])
    lines = _joined_numbers(lines)
    line, others = _street_line(lines)
    if postcode and not town and not any(map(_is_house, line)):
        line, others = [], lines
    if line and _ZIP_CODE.fullmatch(postcode) and not others:
        line, (state, of_state) = _without_state(line, known=not town)
    else:
        state = of_state = ""
    box = _BOX.search(" ".join(parts))
    street, house, rest = (BOX, compact(box[1]), []) if box else _street(line) if line else ("", "", [])
    if town:
        city = " ".join(_without_province(words(town)))
    else:
        known = bool(postcode or rest) or len(lines) > _LEAST_LINES
        city, found, of_found = _town_and_state([*reversed(others), rest], known=known)
        state, of_state = state or found, of_state or of_found
    if postcode and of_state == "US" and not _ZIP_CODE.fullmatch(postcode):
        of_state = ""
    return Address(street, house, unit, city_name(city), state, postcode_of(postcode), region or shown or of_state)


def _without_country(written: list[str]) -> tuple[list[str], str]:
    """Return the parts that are not empty, in Latin letters, and the country that the last of them names.

    A state's code names no country unless a postcode stands before it: CA is California, but behind 80331 München DE is
    Germany.
    """
    found = [(part.strip(" ."), latin(part).strip(" .")) for part in written]
    parts = [part for _, part in found if part]
    if len(parts) > 1 and (parts[-1] not in _STATE_OF or any(_LONG_NUMBER.search(part) for part in parts[1:-1])):
        region = next(region_of(part) for part, spelled in reversed(found) if spelled)
        if region:
            return parts[:-1], region
    return parts, ""


def _without_province(town: list[str]) -> list[str]:
    """Return the words of a town without the two letters of a province behind it, as in Milano MI."""
    return town[:-1] if len(town) > 1 and len(town[-1]) == _PROVINCE_LETTERS else town


def city_name(value: str) -> str:
    """Return the name of a town without spaces, its abbreviations spelled out: St. Louis is Saint Louis."""
    return "".join(_SAINTS.get(word, word) for word in words(value))


def postcode_of(value: str, region: str = "") -> str:
    """Return a postcode's letters and digits alone.

    Of a ZIP code the first five; in the United States with the zero in front that a spreadsheet takes away.
    """
    if found := _ZIP.fullmatch(value.strip()):
        return found[1]
    text = compact(value)
    return text.zfill(_ZIP_LENGTH) if region == "US" and text.isdigit() and len(text) == _LEAST_ZIP else text


def same_street(one: str, other: str) -> bool:
    """Whether two streets are one, the kind of street told on one side alone: Poppy Hills and Poppy Hills Drive."""
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    return len(short) >= _LEAST_STREET and long.startswith(short) and long[len(short) :] in _KINDS


def state_code(value: str) -> str:
    """Return the code of a state or province where it is known, else its name without spaces."""
    found = words(value)
    known = _STATE_OF.get(" ".join(found))
    return known[0] if known else "".join(found)


def state_region(state: str) -> str:
    """Return the country of a state by its code, ISO 3166 alpha-2; empty where that is not known."""
    known = _STATE_OF.get(state)
    return known[1] if known else ""


def _without_postcode(parts: list[str]) -> tuple[list[str], str, str, str]:
    """Take the postcode out: what is before it stays; return it, the country it shows, and the town behind it."""
    for region, pattern in _POSTCODES:
        for place in reversed(range(len(parts))):
            part = parts[place]
            for found in reversed(list(pattern.finditer(part))):
                before, behind = part[: found.start()].strip(), part[found.end() :].strip()
                if not _is_postcode(before, behind, first=place == 0, general=not region):
                    continue
                rest = [*parts[:place], *([before] if before else []), *parts[place + 1 :]]
                return rest, found[0], region, behind
    return parts, "", "", ""


def _is_postcode(before: str, behind: str, *, first: bool, general: bool) -> bool:
    """Whether a number of a part is a postcode: not what a part begins with where that may be a house.

    Args:
        before: of the part.
        behind: of the part.
        first: it is the first part.
        general: the number alone does not show that it is a postcode.
    """
    if not general or not first:
        return True
    if not before:
        return False
    found = words(before)
    return bool(found) and (not behind or _is_house(found[-1]) or _is_house(found[0]))


def _without_units(lines: list[list[str]]) -> tuple[list[list[str]], str]:
    """Take out which flat of a house it is; return what is left, and the flat."""
    unit = ""
    kept = []
    for tokens in lines:
        found, own = _without_unit(tokens)
        unit = unit or own
        if found:
            kept.append(found)
    return kept, unit


def _without_unit(tokens: list[str]) -> tuple[list[str], str]:
    for place, (token, unit) in enumerate(pairwise(tokens)):
        if token in _UNIT_WORDS and (len(unit) == 1 or any(sign.isdigit() for sign in unit)):
            rest = tokens[:place] + tokens[place + 2 :]
            return [] if len(rest) == 1 and rest[0].isdigit() else rest, unit
    return tokens, ""


def _joined_numbers(lines: list[list[str]]) -> list[list[str]]:
    """Join a house number that stands between commas to the street that it belongs to."""
    found: list[list[str]] = []
    for tokens in lines:
        if found and any(len(line) == 1 and _is_house(line[0]) for line in (found[-1], tokens)):
            found[-1] += tokens
        else:
            found.append(list(tokens))
    return found


def _street_line(lines: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """Return the line of the street, the first with a house number, and the lines behind it."""
    numbered = (place for place, line in enumerate(lines) if any(_HOUSE.fullmatch(token) for token in line))
    place = next(numbered, 0)
    return (lines[place], lines[place + 1 :]) if lines else ([], [])


def _town_and_state(lines: list[list[str]], *, known: bool) -> tuple[str, str, str]:
    """Return the town, the code of the state and the country that this shows.

    Args:
        lines: that may tell them, the likeliest first.
        known: a postcode or other lines stand with them, so that a short word is a state.
    """
    town, state, region = "", "", ""
    for place, line in enumerate(lines):
        if any(sign.isdigit() for word in line for sign in word):
            continue
        rest, found = line, ("", "")
        if not state:
            rest, found = _without_state(line, known=known)
            if not rest and found[0] and " ".join(line) != found[0] and not any(lines[place + 1 :]):
                rest, found = line, ("", "")  # New York alone is the town
        if found[0]:
            state, region = found
        if rest and not town:
            town = " ".join(rest)
    return town, state, region


def _without_state(line: list[str], *, known: bool) -> tuple[list[str], tuple[str, str]]:
    for size in range(min(_STATE_WORDS, len(line)), 0, -1):
        name = " ".join(line[-size:])
        if name in _STATE_OF and known:
            return line[:-size], _STATE_OF[name]
    return line, ("", "")


def _street(tokens: list[str]) -> tuple[str, str, list[str]]:
    """Return street and house of the words of a line, and the words that belong to neither."""
    tokens = [_ORDINALS.get(token, token) for token in tokens]
    if _is_house(tokens[0]):
        house, name = tokens[0], tokens[1:]
        while len(name) > 1 and (_is_house(name[0]) or name[0] in _BEHIND_HOUSE):
            house += name[0] if name[0] in _HOUSE_LETTERS and house == tokens[0] else ""
            name = name[1:]  # 12-14, 12 bis
        end = _end_of_street(name)
        return _spelled(name[:end], behind=True), house, name[end:]
    places = [place for place, token in enumerate(tokens) if _is_house(token)]
    if not places:
        return _spelled(tokens, behind=False), "", []
    first = places[-1]
    while first - 1 in places:
        first -= 1
    house, rest = tokens[first], tokens[first + 1 :]
    while rest and _is_house(rest[0]):
        rest = rest[1:]
    if rest and len(rest[0]) == 1 and house.isdigit():
        house, rest = house + rest[0], rest[1:]
    return _spelled(tokens[:first], behind=False), house, rest


def _is_house(token: str) -> bool:
    return _HOUSE.fullmatch(token) is not None


def _end_of_street(name: list[str]) -> int:
    """Return where a street that stands behind its house number ends and a town may begin; its length if nowhere."""
    if name and _STREET_WORDS.get(name[0], name[0]) in _KINDS_BEFORE:
        return len(name)
    for place in range(name[:1] != ["broadway"], len(name)):
        if name[place] in _LEADING or _STREET_WORDS.get(name[place], name[place]) not in _KINDS:
            continue
        following = place + 1
        if following < len(name) and _STREET_WORDS.get(name[following], name[following]) in _KINDS:
            continue
        if following < len(name) and _DIRECTIONS.get(name[following], "") in _DIRECTION_WORDS:
            following += 1
        return following
    return len(name)


def _spelled(name: list[str], *, behind: bool) -> str:
    """Return the name of a street with its abbreviations spelled out, without spaces.

    Args:
        name: its words.
        behind: it stands behind the house number, as in English and French.
    """
    found = []
    for place, word in enumerate(name):
        last = place == len(name) - 1
        before = name[place - 1] if place else ""
        if word in ("st", "ste") and not last and (not place or before in _KINDS_BEFORE):
            found.append(_SAINTS[word])
        elif behind and word in _DIRECTIONS and len(name) > 1:
            found.append(_DIRECTIONS[word])
        elif word in _LEADING and place:
            found.append(word)
        else:
            found.append(_STREET_WORDS.get(word, word))
    joined = "".join(found)
    return joined.removesuffix("str") + "strasse" if joined.endswith("str") else joined
