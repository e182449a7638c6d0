"""Two mailboxes are never one address, and one mailbox is never two."""

import unicodedata

import idna
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from identity.emails import normalise_email


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "ann@strasse.example",
            "ann@stra\u00dfe.example",
        ),  # RFC 5894, 7.2: sharp s and final sigma are letters of their own
        ("ann@fass.example", "ann@fa\u00df.example"),
        ("ann@\u03c2.example", "ann@\u03c3.example"),
        ("ann@\u0646\u0627\u0645\u0647\u0627\u06cc.example", "ann@\u0646\u0627\u0645\u0647\u200c\u0627\u06cc.example"),
        ("\u0131rem@example.com", "irem@example.com"),
        ("ann@f\u0131.example", "ann@fi.example"),
        ("ma\u00dfe@example.com", "masse@example.com"),
        ("ann.b@example.com", "annb@example.com"),
        ("ann.b@gmail.com", "annb@gmail.com"),
        ("ann+b@gmail.com", "ann@gmail.com"),
        ("ann@gmail.com", "ann@googlemail.com"),
        ("sakura..05c@docomo.ne.jp", "sakura.05c@docomo.ne.jp"),
        ('"a b"@example.com', "ab@example.com"),
    ],
)
def test_two_mailboxes_are_two_addresses(one: str, other: str) -> None:
    assert normalise_email(one) is not None
    assert normalise_email(one) != normalise_email(other)


@pytest.mark.parametrize(
    ("told", "address"),
    [
        ("mailto:ann@example.org", "ann@example.org"),
        ("MAILTO:ann%40example.org?subject=Hello%20you", "ann@example.org"),
        ("mailto:gorby%25kremvax@example.com", "gorby%kremvax@example.com"),  # RFC 6068, 6.1
        ("ann%40example.org", "ann@example.org"),
        ("SMTP:Ann@example.org", "ann@example.org"),
        ("Ann Lund <Ann@example.org>", "ann@example.org"),
        ('"Lund, Ann" <ann@example.org>', "ann@example.org"),
        ("<ann@example.org>", "ann@example.org"),
        ("ann@example.org (Ann Lund)", "ann@example.org"),
        ('"ann@example.org"', "ann@example.org"),
        ("'ann@example.org',", "ann@example.org"),
        ("\u201cann@example.org\u201d", "ann@example.org"),
        ("ann@example.org.", "ann@example.org"),
        ("ann@example.org;", "ann@example.org"),
        ("ann@example.org, ", "ann@example.org"),
        ("\u00a0ann@example.org\u00a0", "ann@example.org"),
        ("\ufeffann\u200b@exam\u00adple.org", "ann@example.org"),
        ("\uff21\uff4e\uff4e\uff20example\uff0eorg", "ann@example.org"),
        ("ann@example\u3002org", "ann@example.org"),
        ("\u0130REM@example.com.tr", "irem@example.com.tr"),
        ("ann@STRA\u1e9eE.example", "ann@stra\u00dfe.example"),
        ("ann@xn--strae-oqa.example", "ann@stra\u00dfe.example"),
        ("ann@XN--BCHER-KVA.example", "ann@b\u00fccher.example"),
        ("ann@xn--fiqs8s", None),
        ("ann@xn--fsqu00a.xn--0zwm56d", "ann@\u4f8b\u5b50.\u6d4b\u8bd5"),  # IANA's test domain
        ("ann@xn--i-7iq.ws", "ann@i\u2764.ws"),
        ("jos\u00e9@example.com", "jos\u00e9@example.com"),
        ("jose\u0301@example.com", "jos\u00e9@example.com"),
        ('"ann"@example.org', "ann@example.org"),  # RFC 5321, 4.1.2: quotes that are not needed
        ('"john smith"@example.org', '"john smith"@example.org'),
        ("ann@[192.0.2.1]", "ann@[192.0.2.1]"),
        ("disposable.style.email.with+symbol@example.com", "disposable.style.email.with+symbol@example.com"),
        ("customer/department=shipping@example.com", "customer/department=shipping@example.com"),  # RFC 3696, 3
        ("!def!xyz%abc@example.com", "!def!xyz%abc@example.com"),
        ("$A12345@example.com", "$a12345@example.com"),
        ("o'neil@example.com", "o'neil@example.com"),
        ("\u7528\u6237@\u4f8b\u5b50.\u5e7f\u544a", "\u7528\u6237@\u4f8b\u5b50.\u5e7f\u544a"),
        ("sakura..05c@docomo.ne.jp", "sakura..05c@docomo.ne.jp"),
        (".name@docomo.ne.jp", ".name@docomo.ne.jp"),
        ("Name.@docomo.ne.jp", "name.@docomo.ne.jp"),
        ("x" * 65 + "@example.org", "x" * 65 + "@example.org"),
    ],
)
def test_every_way_to_write_an_address_is_one_address(told: str, address: str | None) -> None:
    assert normalise_email(told) == address


@pytest.mark.parametrize(
    "told",
    [
        "",
        "ann",
        "@example.org",
        "ann@",
        "ann@localhost",
        "a b@example.org",
        "ann@exam ple.org",
        "ann@b@example.org",
        "ann@example.org, bob@example.org",
        "ann@example..org",
        "ann@-example.org",
        "ann@192.0.2.1",
        "ann@" + "x" * 64 + ".org",
        "ann,b@example.org",
        "\udc80@example.org",
        "Ann <>",
    ],
)
def test_what_is_no_mailbox_is_no_address(told: str) -> None:
    assert normalise_email(told) is None


def test_the_switches_leave_out_plus_tags_and_gmails_dots() -> None:
    assert normalise_email("a.nn+news@gmail.com", ignore_plus_tag=True) == "a.nn@gmail.com"
    assert normalise_email("a.nn+news@googlemail.com", ignore_gmail_dots=True) == "ann+news@gmail.com"
    assert normalise_email("A.nn+x@GoogleMail.com", ignore_plus_tag=True, ignore_gmail_dots=True) == "ann@gmail.com"
    assert normalise_email("a.nn@example.com", ignore_gmail_dots=True) == "a.nn@example.com"
    assert normalise_email("+tag@example.com", ignore_plus_tag=True) == "+tag@example.com"


_LETTERS = st.characters(codec="utf-8", categories=["L", "N", "M", "P", "S", "Cf", "Zs"])


@settings(max_examples=500)
@given(st.tuples(st.text(_LETTERS, max_size=8), st.text(_LETTERS, max_size=8), st.sampled_from(["org", "de", ""])))
def test_a_normal_form_is_its_own(parts: tuple[str, str, str]) -> None:
    normal = normalise_email(f"{parts[0]}@{parts[1]}.{parts[2]}")
    assert normal is None or normalise_email(normal) == normal


@settings(max_examples=200)
@given(st.emails())
def test_what_an_independent_reader_takes_for_an_address_is_one(told: str) -> None:
    try:
        normalized = validate_email(told, check_deliverability=False).normalized
    except EmailNotValidError:
        return
    assert normalise_email(told) == normalized.lower()


@settings(max_examples=300)
@given(st.text(st.characters(codec="utf-8", categories=["Ll", "Lo"]), min_size=1, max_size=10))
def test_both_forms_of_an_international_domain_are_one(label: str) -> None:
    try:
        ace = idna.encode(label, strict=True).decode()
    except UnicodeError:
        return
    if label.isascii() or unicodedata.normalize("NFC", label) != label:
        return
    assert normalise_email(f"ann@{ace}.example") == normalise_email(f"ann@{label}.example") == f"ann@{label}.example"
