"""What names nobody is no identifier and no trait, and what may be somebody's stays."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files

import pytest

from identity.normalise import Normaliser
from identity.placeholders import Placeholders
from identity.policy_file import default_policy
from identity.traits import Telling, telling_under

POLICY = default_policy()
NORMALISER = Normaliser(POLICY, b"a key of the tests")
TELLING = telling_under(POLICY.placeholders)
OF_THE_LIVING = telling_under(replace(POLICY.placeholders, longest_life_years=120))
TOLD_AT_MS = 1_780_000_000_000
"""2026-05-28."""


def read(identifier_type: str, value: str, country: str | None = None) -> str:
    """Return the normal form of a value, or why it is left out."""
    told = [{"type": identifier_type, "value": value}]
    nodes, left_out = NORMALISER.understand(told, source="web", country=country)  # type: ignore[arg-type]
    return nodes[0]["value"] if nodes else left_out[0].reason


def telling(**traits: str) -> dict[str, str]:
    return dict(TELLING.telling(traits, TOLD_AT_MS))


_TEXT = """
null NULL None nil <nil> "null" 'undefined' {null} [null] (null) (none) (not_set) not-set notSet NotSet
not_authenticated N/A n.a. #N/A NaN NaT undefined [object_Object] anonymous anonymousUser AnonymousUser
anonymous_user guest
Guest_User
guestUser not_logged_in notLoggedIn Not_LoggedIn unknown unknown_customer UnknownUser UNKNOWN_UNKNOWN walk-in
Walk-In_Customer TBD deleted redacted xxx XXXX - -- ? ... unbekannt keine keine_Angabe inconnu desconocido 未知 test
test_user testuser no_name not_provided NOT_AVAILABLE undefined_undefined null_null %28not%20set%29 user customer admin
true false 0 00 000 0.0 -1 -1.0 0000 77777 +11111111 aaaa 123456789 1234567890 0123456789
00000000-0000-0000-0000-000000000000 {00000000-0000-0000-0000-000000000000} 00000000000000000000000000000000
FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF 9774d56d682e549c 9774D56D682E549C 000000000000000 02:00:00:00:00:00
{{user.id}} ${customerId} %%EMAIL%% *|EMAIL|* noemail@example.org none@none.com test@test.com
"""


@pytest.mark.parametrize("identifier_type", ["customer_id", "loyalty_id", "device_id", "cookie", "email"])
@pytest.mark.parametrize("word", _TEXT.split())
def test_a_word_for_nobody_is_no_identifier_of_any_type(identifier_type: str, word: str) -> None:
    assert read(identifier_type, word) == "placeholder"
    assert read(identifier_type, f" {word.replace('_', ' ')}\u00a0") == "placeholder"


@pytest.mark.parametrize("name", ["md5", "sha1", "sha256", "sha512"])
@pytest.mark.parametrize("text", ["", " ", "null", "NULL", "None", "undefined", "unknown", "n/a", "(not set)", "0"])
def test_a_digest_of_nothing_names_nobody(name: str, text: str) -> None:
    digest = hashlib.new(name, text.encode()).hexdigest()
    assert read("customer_id", digest) == read("cookie", digest.upper()) == "placeholder"


def test_published_digests_of_the_empty_text_are_known() -> None:
    """RFC 1321, A.5; FIPS 180: the examples for an empty message."""
    assert read("cookie", "d41d8cd98f00b204e9800998ecf8427e") == "placeholder"
    assert read("cookie", "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709") == "placeholder"
    assert read("cookie", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855") == "placeholder"


@pytest.mark.parametrize(
    "value",
    [
        "ann@localhost", "12345", "1234", "007", "0.10", "22", "9999", "test1", "guest-8f3a2", "C-000001", "null1",
        "nullable",
        "4000000", "GA1.2.1234567.987654", "1.2.3", "mother", "@anna", "anna", "nonna", "testa", "userlane", "na-7",
        "0cc175b9c0f1b6a831c399e269772661",
    ],
)  # fmt: skip
def test_what_somebody_gave_out_is_an_identifier(value: str) -> None:
    assert read("customer_id", value) not in {"placeholder", "malformed", "blank"}


@pytest.mark.parametrize(
    "address",
    [
        "noemail@example.org", "no-email@example.org", "No.Email@example.org", "nomail@example.de", "none@none.com",
        "noreply@shop.example", "no-reply@shop.example", "do-not-reply@shop.example", "no@no.com", "na@na.com",
        "test@test.de", "test@test.co.uk", "Test <test@test.com>", "unknown@example.org", "guest@guest.com",
        "guest@shop.example", "null@example.org", "undefined@undefined.com", "a@a.com", "aaa@aaa.com", "a@b.com",
        "sin_correo@example.es", "keine.email@example.de", "123@123.com", "anonymous@example.org", "n/a@example.org",
        "somebody@none.com", "youremail@example.com", "deleted-user@example.org", "none", "N/A",
    ],
)  # fmt: skip
def test_an_address_for_nobody_is_no_identifier(address: str) -> None:
    assert read("email", address) == "placeholder"


@pytest.mark.parametrize(
    "address",
    [
        "test.kowalski@example.pl", "guest.house@hotel.de", "ann@example.org", "info@hotel.de", "lisa@lisa.de",
        "na@example.org", "tim@tim.de", "nona@example.org", "unknown.pleasures@example.org", "noemi@example.it",
        "b@x.com", "annone@example.org", "anna.none@example.org", "user@firma.de", "john.doe@firma.de",
    ],
)  # fmt: skip
def test_an_address_that_may_be_somebodys_stays(address: str) -> None:
    assert read("email", address) == address


_ADDRESSES_THAT_SAY_NO = """
noemail+123@shop.de noreply+4711@shop.example guest+till2@shop.example keine@email.de keine@e-mail.de kein@mail.de
aucun@email.fr none@mail.com kunde@keine-email.de ann.lund@keinemail.de 4711@no-email.shop.example pos@noemail.co.uk
client@pasdemail.fr anna@senza-email.it ann@no-e-mail.com guest_checkout@shop.com GuestCheckout@shop.com
checkout.guest@shop.com guest-order@shop.com gastbestellung@shop.de guest.account@shop.com unknown.customer@shop.com
test.order@shop.com keine.mailadresse@shop.de keine-e-mail-adresse@shop.de ohne.email@shop.de ohnemail@shop.de
hat-keine.mail@shop.de email.unbekannt@shop.de email-unknown@shop.com no.email.provided@shop.com
no_email_on_file@shop.com emailnotprovided@shop.com without.email@shop.com sans-courriel@shop.fr pas-de-courriel@a.fr
sin.correo.electronico@shop.es zonder.email@shop.nl geen-e-mailadres@shop.nl ingen.epost@shop.se brak.maila@shop.pl
nincs-email@shop.hu mail.yok@shop.com.tr unavailable@shop.com
"""


@pytest.mark.parametrize("address", _ADDRESSES_THAT_SAY_NO.split())
def test_an_address_that_says_that_there_is_none_is_no_identifier(address: str) -> None:
    assert read("email", address) == "placeholder"


@pytest.mark.parametrize(
    "address",
    [
        "noemie@gmail.com", "noemi.mail@gmail.com", "moe.mail@gmail.com", "guest.house@hotel.de",
        "guest.relations@hotel.de",
        "ann.guest@hotel.de", "eva.gast@email.de", "gast@hotel.de", "anna@mail.de", "mail@ann-lund.de",
        "email@ann-lund.de", "ann@email.de", "ann@mail.ru", "na@mail.ru", "blank@mail.ru", "j.blank@email.de",
        "mail.blank@gmail.com", "brak.mail@gmail.com", "uden.mail@gmail.com", "sin.mail@gmail.com", "nomura@mail.jp",
        "nonemacher@mail.de", "keiner@email.de", "keinemann@email.de", "keinath.mail@gmx.de", "ohnesorg@mail.de",
        "sansone.mail@libero.it", "ann@nomadmail.com", "ann@sinamail.com", "ann@hotmail.com", "ann@gmail.com",
        "ann@blankmail.com", "ann@guestmail.com", "ann@mail.unknown-pleasures.com", "checkout@shop.com",
        "order@shop.com", "kunde@firma.de", "test.kunden@firma.de", "ann+noemail@gmail.com", "ann+test@gmail.com",
        "missing.link@gmail.com", "nobody.knows@gmail.com", "aucoin.email@gmail.com", "ingen.larsen@post.no",
    ],
)  # fmt: skip
def test_an_address_that_looks_like_one_that_says_no_stays(address: str) -> None:
    assert read("email", address) == address


@pytest.mark.parametrize(
    ("identifier_type", "value"),
    [
        ("email", "j***@gmail.com"), ("email", "j*n@gmail.com"), ("email", "ann@g****.com"), ("email", "a••••@web.de"),
        ("email", "****@****.***"), ("phone", "***-***-1234"), ("phone", "+49 170 ****567"), ("phone", "xxxx1234"),
        ("phone", "xxx-xxx-1234"), ("phone", "(XXX) XXX-1234"), ("phone", "•••• 1234"), ("customer_id", "****1234"),
        ("customer_id", "●●●●1234"), ("customer_id", "xxxx-xxxx-xxxx-1111"), ("customer_id", "4111XXXXXXXX1111"),
        ("loyalty_id", "XXX-XX-1234"), ("loyalty_id", "####1234"), ("social_handle", "an***nd"),
        ("cookie", "\uff0a\uff0a12"),
    ],
)  # fmt: skip
def test_what_was_masked_is_no_identifier(identifier_type: str, value: str) -> None:
    assert read(identifier_type, value) == "placeholder"


@pytest.mark.parametrize(
    "value",
    [
        "x1234", "xx12", "maxx4", "xavier1234", "foxxx99", "0x1f2e", "10x20x30x40", "C#12", "1*abc*_ga*MTIz",
        "l\u00b7la", "XXL-1234",
    ],
)  # fmt: skip
def test_what_only_has_signs_of_a_mask_is_an_identifier(value: str) -> None:
    assert read("cookie", value) == value


@pytest.mark.parametrize("identifier_type", ["cookie", "customer_id", "device_id"])
@pytest.mark.parametrize(
    "value",
    [
        "unavailable", "Not Available", "not_available", "nicht verfügbar", "guest_checkout", "GuestCheckout",
        "guest order",
    ],
)  # fmt: skip
def test_words_of_checkouts_and_of_what_is_not_available_are_no_identifier(identifier_type: str, value: str) -> None:
    assert read(identifier_type, value) == "placeholder"


def test_a_name_of_a_checkout_is_none() -> None:
    assert telling(full_name="Guest Checkout") == telling(last_name="GuestOrder") == {}


def test_masked_names_and_numbers_change_no_profile() -> None:
    assert telling(first_name="J***", last_name="L**d", phone="***-***-1234", email="j***@gmail.com") == {}
    sound = {"company": "Hotel Adler ****", "note": "a***", "availability": "unavailable", "last_name": "Kauf"}
    assert telling(**sound, first_name="Ann") == {**sound, "first_name": "Ann"}


@pytest.mark.parametrize("country", ["DE", "US"])
@pytest.mark.parametrize(
    "number",
    [
        "0000000000", "1111111111", "1234567890", "123-456-7890", "555-555-5555", "999-999-9999", "+1 555 555 5555",
        "+1 (111) 111-1111", "+49 000 0000000", "(000) 000-0000", "0123456789", "+49 1234567890", "030 0000000",
        "00000", "n/a", "-", "unknown", "keine",
    ],
)  # fmt: skip
def test_a_telephone_number_for_nobody_is_no_identifier(number: str, country: str) -> None:
    assert read("phone", number, country) == "placeholder"


@pytest.mark.parametrize("number", ["+1 415 555 0199", "+49 30 123456", "+49 170 1000000"])
def test_a_telephone_number_that_may_be_somebodys_stays(number: str) -> None:
    assert read("phone", number).startswith("+")


@pytest.mark.parametrize(
    "value",
    [
        "1900-01-01", "01/01/1900", "1.1.1900", "1970-01-01", "1970-01-01T00:00:00Z", "1969-12-31", "0001-01-01",
        "1/1/0001 12:00:00 AM", "1899-12-30", "31.12.1899", "9999-12-31", "1111-11-11", "0000-00-00", "00/00/0000",
        "19000101", "unknown", "N/A", "NaT", "", "0", "1900", "1900.0", "01/1900", "0-Jan-00", "1-Jan-00", "01/01/00",
        "01.01.00",
    ],
)  # fmt: skip
def test_a_birth_date_that_stands_for_none_is_no_trait(value: str) -> None:
    assert telling(birth_date=value) == telling(dob=value) == telling(Date_Of_Birth=value) == {}


@pytest.mark.parametrize("value", ["1980-01-01", "2000-01-01", "1970-01-02", "1911-11-01", "1906-01-02"])
def test_a_birth_date_of_many_stays(value: str) -> None:
    assert telling(birth_date=value) == {"birth_date": value}


@pytest.mark.parametrize(
    "value",
    [
        "1980-13-45", "31/02/1980", "30.02.1990", "1900-02-29", "29-Feb-1981", "31 April 1980", "19801345", "801345",
        "45/45/1980", "1980-00-32", "13/1980", "1980-13", "12345-01-01", "984-05-17", "0000-05-17", "-0050-01-01",
        "1980-02-30T00:00:00Z", "31. Februar 1980",
    ],
)  # fmt: skip
def test_a_birth_date_that_no_calendar_has_is_no_trait(value: str) -> None:
    assert telling(birth_date=value) == {}


@pytest.mark.parametrize(
    "value",
    [
        "-2208988800", "-2208988800000", "-2208988800.0", "-2.2089888E9", "315532800", "315532800000",
        "12345", "99999",
        "29221.5", "-1", "-99", "1", "123456789", "\u22121", "12345678", "99991231235959",
    ],
)  # fmt: skip
def test_a_number_that_is_no_date_is_no_birth_date(value: str) -> None:
    assert telling(birth_date=value) == telling(birth_year=value) == {}


@pytest.mark.parametrize(
    "value",
    [
        "2099-01-01", "2026-06-01", "1/1/2099", "31.12.2030", "1 January 2099", "2099", "2027", "06/2026",
        "2099年1月1日",
    ],
)  # fmt: skip
def test_nobody_was_born_after_the_touchpoint(value: str) -> None:
    assert telling(birth_date=value) == telling(birth_year=value) == {}


@pytest.mark.parametrize(
    "value",
    ["1800-01-01", "1 Jan 1800", "1753-05-17", "1604-05-17", "1905-12-31", "1800", "01/01/1800", "1900-01-02"],
)
def test_where_all_customers_live_nobody_was_born_in_a_year_120_before_the_touchpoint(value: str) -> None:
    assert OF_THE_LIVING.telling({"birth_date": value, "birth_year": value}, TOLD_AT_MS) == {}


@pytest.mark.parametrize("value", ["1685-03-31", "1904-03-02", "1900-01-02"])
def test_by_default_a_birth_date_long_ago_counts(value: str) -> None:
    """An archive's, or one with a slip in its year."""
    assert telling(birth_date=value) == {"birth_date": value}


def test_a_birth_date_is_judged_by_the_time_of_its_touchpoint() -> None:
    def told_on(day: str, born: str) -> bool:
        at_ms = round(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() * 1000)
        return bool(OF_THE_LIVING.telling({"birth_date": born}, at_ms))

    assert told_on("2026-05-28", "2026-05-28")
    assert told_on("2026-05-28T23:00", "2026-05-29"), "east of Greenwich it is tomorrow already"
    assert not told_on("2026-05-28", "2026-05-30")
    assert told_on("2030-01-01", "2026-05-30")
    assert told_on("2020-06-01", "1900-05-17")
    assert not told_on("2021-06-01", "1900-05-17")


@pytest.mark.parametrize(
    "value",
    [
        "31 февраля 1980", "昭和31年4月5日", "15 Mart 1980", "21 มีนาคม 2513", "۱۳۶۳/۰۲/۲۷", "XX/XX/1980",
        "17.05.19**", "17.05.85?",
        "05/17", "--05-17", "17.05", "May 17", "around 1984", "1984-138", "3/1/1970", "24-May-11", "1984", "May 1984",
        "1984-00-00",
    ],
)  # fmt: skip
def test_a_birth_date_that_is_not_understood_or_tells_no_one_day_stays_as_told(value: str) -> None:
    assert telling(birth_date=value) == {"birth_date": value}


@pytest.mark.parametrize(
    "value",
    [
        "1984-05-17", "17.05.1984", " 17.5.84 ", "5/17/1984", "17/05/1984", "1984/5/17", "19840517", "19840517.0",
        "19840517000000", "198405170000", "1984-05-17T00:00:00Z", "1984-05-17 00:00:00", "5/17/1984 12:00:00 AM",
        "17 May 1984", "May 17th, 1984", "17-May-84", "17. Mai 1984", "17 maja 1984", "1984年5月17日",
        "1984년 5월 17일", "1984-05-17Z",
    ],
)  # fmt: skip
def test_a_birth_date_that_means_one_day_is_kept_as_iso_8601(value: str) -> None:
    assert telling(birth_date=value, dob=value) == {"birth_date": "1984-05-17", "dob": "1984-05-17"}


def test_what_cannot_be_meant_leaves_one_day() -> None:
    assert telling(birth_date="3/12/2026") == {"birth_date": "2026-03-12"}, "3 December is to come"
    of_the_living = OF_THE_LIVING.telling({"birth_date": "24-May-05"}, TOLD_AT_MS)
    assert of_the_living == {"birth_date": "2005-05-24"}, "nobody of 1905 lives"


@pytest.mark.parametrize(
    "value",
    [
        "", " ", "\u00a0", "\u200b", "\u2060\ufeff", "\u3164", "N/A", "-", "?", ".", "null", "Null",
        "unknown", "Guest",
        "(not set)", "boy", "Girl", "Baby Boy", "respondent", "Mother", "father", "Test", "customer", "user",
        "First Name", "Vorname", "Twin A", "Dear Customer", "Current Resident", "Front Desk", "Mr", "XXX",
        "000", "123",
        "xx xx", "Walk-In Customer", "\\N", "\ufffd",
    ],
)  # fmt: skip
@pytest.mark.parametrize("field", ["first_name", "last_name", "full_name", "FirstName", "name"])
def test_a_word_for_nobody_is_no_name(field: str, value: str) -> None:
    assert telling(**{field: value}) == {}


@pytest.mark.parametrize(
    ("first", "last", "kept"),
    [
        ("Guest", "Guest", {}),
        ("Test", "User", {}),
        ("Baby Boy", "Smith", {"last_name": "Smith"}),
        ("Mother", "Kowalska", {"last_name": "Kowalska"}),
        ("Ann", "Guest", {"first_name": "Ann", "last_name": "Guest"}),
        ("Ann", "guest", {"first_name": "Ann", "last_name": "guest"}),
        ("Eva", "Kunde", {"first_name": "Eva", "last_name": "Kunde"}),
        ("Ann", "Null", {"first_name": "Ann", "last_name": "Null"}),
        ("Ann", "null", {"first_name": "Ann"}),
        ("Ann", "NULL", {"first_name": "Ann"}),
        ("Ann", "N/A", {"first_name": "Ann"}),
        ("Nan", "Lund", {"first_name": "Nan", "last_name": "Lund"}),
        ("NaN", "Lund", {"last_name": "Lund"}),
        ("Ann", "True", {"first_name": "Ann", "last_name": "True"}),
        ("Ann", "true", {"first_name": "Ann"}),
        ("Ann", "False", {"first_name": "Ann"}),
        ("false", "Lund", {"last_name": "Lund"}),
        ("False", "False", {}),
        ("True", "True", {}),
        ("Ann", "Unset", {"first_name": "Ann"}),
        ("Prefer not to say", "Lund", {"last_name": "Lund"}),
        ("Ann", "N/V", {"first_name": "Ann"}),
        ("N. V.", "Raman", {"first_name": "N. V.", "last_name": "Raman"}),
        ("Ka", "Wong", {"first_name": "Ka", "last_name": "Wong"}),
        ("Li", "Na", {"first_name": "Li", "last_name": "Na"}),
        ("Boy", "Gobert", {"first_name": "Boy", "last_name": "Gobert"}),
        ("John", "Doe", {}),
        ("DOE", "JANE", {}),
        ("Max", "Mustermann", {}),
        ("John", "Smith", {"first_name": "John", "last_name": "Smith"}),
        ("Ann", "Doe", {"first_name": "Ann", "last_name": "Doe"}),
        ("Malcolm", "X", {"first_name": "Malcolm", "last_name": "X"}),
    ],
)
def test_names_are_judged_together(first: str, last: str, kept: dict[str, str]) -> None:
    assert telling(first_name=first, last_name=last) == kept


def test_a_full_name_is_judged_as_a_whole() -> None:
    assert telling(full_name="Doe, John") == telling(full_name="Guest User") == {}
    assert telling(full_name="Ann Guest", last_name="Guest") == {"full_name": "Ann Guest", "last_name": "Guest"}
    assert telling(full_name="True") == telling(full_name="false") == telling(full_name="False False") == {}
    assert telling(full_name="True", first_name="Ann") == telling(full_name="N/V", first_name="Ann")
    assert telling(full_name="Ann True") == {"full_name": "Ann True"}
    assert telling(full_name="Jane Unset-Maier") == {"full_name": "Jane Unset-Maier"}


@pytest.mark.parametrize(
    "value",
    [
        "unset", "Unset", "(unset)", "none given", "None Given", "no name given", "NO_NAME_GIVEN", "not given",
        "prefer not to say", "Prefer not to say.", "prefer-not-to-say", "PreferNotToSay", "I'd rather not say",
        "rather not say", "N/V", "n/v", "n / v", "keine Auskunft", "Je préfère ne pas répondre", "Prefiero no decirlo",
    ],
)  # fmt: skip
def test_who_does_not_say_tells_no_trait(value: str) -> None:
    fields = (
        "first_name", "last_name", "full_name", "city", "street", "postcode", "country", "language", "gender",
        "occupation", "phone", "email", "birth_date", "nickname", "plan",
    )  # fmt: skip
    assert telling(**dict.fromkeys(fields, value)) == {}
    assert read("customer_id", value) == "placeholder"


@pytest.mark.parametrize("value", ["true", "false", "True", "FALSE", '"false"'])
def test_what_a_switch_says_is_no_place_and_news_elsewhere(value: str) -> None:
    assert telling(street=value, city=value, town=value, postcode=value, country=value, language=value) == {}
    assert telling(newsletter=value) == {"newsletter": value}


@pytest.mark.parametrize(
    "value",
    ["Herr", "frau", "Mother", "Vorname", "Customer", "test", "Test Test", "***", "anonymous", "Anonymous User", "0",
     "000", "xx", "other", "unknown", "-", "?", "true"],
)  # fmt: skip
@pytest.mark.parametrize("field", ["country", "Country_Code", "nationality", "language", "preferred_language"])
def test_a_word_for_nobody_is_no_country_and_no_language(field: str, value: str) -> None:
    assert telling(**{field: value}) == {}


@pytest.mark.parametrize(
    "value", ["de", "de-DE", "zh-Hans-CN", "no", "ka", "mr", "id", "ms", "man", "Deutsch", "中文", "Georgian"]
)
def test_a_language_stays(value: str) -> None:
    assert telling(language=value) == {"language": value}


@pytest.mark.parametrize("value", ["DE", "NO", "MX", "MR", "ID", "Norway", "Côte d'Ivoire", "日本", "Guinea", "Niger"])
def test_a_country_stays(value: str) -> None:
    assert telling(country=value, country_code=value) == {"country": value, "country_code": value}


def test_no_name_of_a_country_is_taken_for_nobody() -> None:
    lines = (files("identity") / "countries.tsv").read_text("utf-8").splitlines()
    names = {name for line in lines for name in line.split("\t") if len(name) > len("DEU")}
    assert [name for name in names if telling(country=name) != {"country": name}] == []


def test_a_state_and_a_town_that_look_like_words_for_nothing_stay() -> None:
    sound = {"state": "NV", "city": "Boys Town", "street": "True Lane 5", "town": "Truth or Consequences"}
    assert telling(**sound) == sound


def test_an_address_for_nobody_is_no_trait() -> None:
    assert telling(email="noemail@example.org", phone="0000000", street="-", city="unknown", postcode="00000") == {}
    sound = {"email": "ann@example.org", "phone": "030 123456", "street": "Test 7", "city": "Nana", "postcode": "22222"}
    assert telling(**sound) == sound


def test_of_any_other_trait_only_what_says_nothing_is_left_out() -> None:
    sound = {"role": "guest", "plan": "0", "newsletter": "no", "stars": "***", "flag": "false", "visibility": "private"}
    sound |= {"status": "deleted", "theme": "default"}
    assert telling(**sound, tier="None", colour="undefined", size="n/a", note="\u200b", level="{{level}}") == sound


def test_lists_that_are_empty_turn_placeholders_off() -> None:
    none = Placeholders()
    assert not none.has_identifier("null")
    assert not none.has_address("noemail@example.org")
    assert not none.has_birth("19000101")
    assert Telling(none).telling({"last_name": "Guest", "birth_date": "1900-01-01"}, TOLD_AT_MS).keys() == {
        "last_name",
        "birth_date",
    }
