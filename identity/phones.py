"""Telephone numbers made comparable: the country, the number in it, and the extension."""

import re
from collections.abc import Iterator

import phonenumbers
from phonenumbers import CountryCodeSource, PhoneNumberType, ValidationResult

from identity.cleaning import clean_text

_SCHEME = re.compile(r"(?:whatsapp|wa|sms|phone|callto|mobile|tel(?=\s*:\s*[^+\d]))\s*:\s*", re.IGNORECASE)
_MESSENGER = re.compile(r"(\d{7,15})(?::\d+)?@(?:s\.whatsapp\.net|c\.us)")
"""How WhatsApp names who writes: the international number without its plus."""
_EXTENSION = re.compile(
    r"[\s,;]*\b(?:durchwahl|dw|nebenstelle|nst|klappe|kl|apparat|app|poste|toestel|wewn)\b[.:\s]*(\d{1,7})$",
    re.IGNORECASE,
)
"""Words for an extension that the library does not know."""
_ROUNDED = re.compile(r"\d(?:[.,]\d+)?e\+?\d+", re.IGNORECASE)
"""What a spreadsheet shows of a long number: its last digits are gone."""
_ABROAD = re.compile(r"(?:00|011)(?=[1-9])")
_DIGIT = re.compile(r"\d")
_EXPLICIT = frozenset({CountryCodeSource.FROM_NUMBER_WITH_PLUS_SIGN, CountryCodeSource.FROM_NUMBER_WITH_IDD})
_MOBILE = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
_INTERNATIONAL_DIGITS = 11
"""Shorter digits without a plus are a national number without its leading zero sooner than one from abroad."""

_MEXICO, _ARGENTINA = 52, 54
_MEXICAN_PREFIX = re.compile(r"(?:1|01|044|045)(?=\d{10}$)")
_ARGENTINE_MOBILE = re.compile(r"9(?=\d{10}$)")


def normalise_phone(value: str, region: str) -> str | None:
    """Return the number in E.164 form, with ``;ext=`` where it has an extension (RFC 3966), or None where it is none.

    Args:
        value: national or international notation, also without a plus.
        region: ISO 3166 alpha-2 region that a national number is read in.
    """
    text = _SCHEME.sub("", clean_text(value), count=1)
    if _ROUNDED.fullmatch(text):
        return None
    if found := _MESSENGER.fullmatch(text):
        text = f"+{found[1]}"
    text = _EXTENSION.sub(r" ext. \1", text)
    number = _chosen(text, region)
    if number is None:
        return None
    written = str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return f"{written};ext={number.extension}" if number.extension else written


def digits_of(number: str) -> list[str]:
    """Return the digits of a number as it was told, and those behind the country code of one with a plus."""
    digits = phonenumbers.normalize_digits_only(number.partition(";")[0])
    parsed = _parsed(number, None) if number.startswith("+") else None
    behind = [] if parsed is None else [str(phonenumbers.national_significant_number(parsed))]
    return [digits, *behind] if digits else []


def _chosen(text: str, region: str) -> phonenumbers.PhoneNumber | None:
    """Return the reading of a number that is most likely meant; None where it has none."""
    national = _parsed(text, region)
    if national is not None and national.country_code_source in _EXPLICIT:
        return national if _is_possible(national) else None
    is_sound = national is not None and phonenumbers.is_valid_number(national)
    if national is not None and is_sound and not _lacks_trunk_prefix(text, national, region):
        return national
    for abroad in _abroad(text):
        if phonenumbers.is_valid_number(abroad) and (national is None or not is_sound or _is_meant(abroad, national)):
            return abroad
    readings = [national, *_abroad(text)]
    return next((reading for reading in readings if reading is not None and _is_possible(reading)), None)


def _abroad(text: str) -> Iterator[phonenumbers.PhoneNumber]:
    """Yield the readings of a number as an international one that lacks its plus."""
    first = _DIGIT.search(text)
    if first is None or "+" in text:
        return
    digits = text[first.start() :]
    for rest in (_ABROAD.sub("", digits, count=1), re.sub(r"^0\s*0\s*|^0\s*1\s*1\s*", "", digits), digits):
        reading = _parsed(f"+{rest}", None)
        if reading is not None:
            yield reading


def _is_meant(abroad: phonenumbers.PhoneNumber, national: phonenumbers.PhoneNumber) -> bool:
    """Whether digits without plus and without leading zero are international, though a national number could be so.

    Countries with numbers of any length (Germany, Austria) have some landline that begins like most mobile numbers of
    others. Exports write mobile numbers without plus; nobody writes a landline of eleven digits without its zero.
    """
    digits = len(f"{abroad.country_code}{phonenumbers.national_significant_number(abroad)}")
    if digits < _INTERNATIONAL_DIGITS or phonenumbers.number_type(national) in _MOBILE:
        return False
    return abroad.country_code == national.country_code or phonenumbers.number_type(abroad) in _MOBILE


def _lacks_trunk_prefix(text: str, national: phonenumbers.PhoneNumber, region: str) -> bool:
    """Whether national numbers of a region begin with a zero, and this one was written without it."""
    trunk = phonenumbers.ndd_prefix_for_region(region, strip_non_digits=True)
    digits = phonenumbers.normalize_digits_only(text)
    return trunk == "0" and not digits.startswith("0") and len(digits) > len(str(national.country_code))


def _parsed(text: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(text, region, keep_raw_input=True)
    except phonenumbers.NumberParseException:
        return None
    if number.country_code == _MEXICO:
        return _rewritten(number, _MEXICAN_PREFIX)
    return _rewritten(number, _ARGENTINE_MOBILE) if number.country_code == _ARGENTINA else number


def _rewritten(number: phonenumbers.PhoneNumber, prefix: re.Pattern[str]) -> phonenumbers.PhoneNumber:
    """Return a number without a prefix that depends on where it is dialled, and tells nobody apart."""
    told = phonenumbers.national_significant_number(number)
    kept = prefix.sub("", told, count=1)
    if kept != told:
        number.national_number, number.italian_leading_zero, number.number_of_leading_zeros = int(kept), None, None
    return number


def _is_possible(number: phonenumbers.PhoneNumber) -> bool:
    """Whether it is of a length that its country has, and not only good within one town."""
    return bool(phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE)
