"""What customers do: short scripts of steps that belong together, and how likely each is.

A step is named by its kind; the ``KINDS`` of the writers (``infra.world.write_*``) say what each looks
like.
"""

from typing import Literal, NamedTuple

from infra.world.config import DAY_MS, HOUR_MS, MINUTE_MS

Where = Literal["web", "app", "else"]


class Script(NamedTuple):
    """Steps that follow each other within minutes, or as `GAPS_MS` says."""

    kinds: tuple[str, ...]
    where: Where = "else"
    """Decides which of the person's devices is used, for the whole script."""
    needs: str | None = None
    """Attribute of the person without which this cannot be."""
    pays: bool = False
    campaign: str | None = None
    """Name of the campaign that is paid for; None for the one that won the person."""
    offer: str | None = None
    """The offer it is about; None for any."""


_WITHIN_THE_HOUR = (2 * MINUTE_MS, 55 * MINUTE_MS)

DEFAULT_GAP_MS = (5_000, 4 * MINUTE_MS)
GAPS_MS = {
    "call_after_failure": _WITHIN_THE_HOUR,
    "call_checkout": _WITHIN_THE_HOUR,
    "chat_checkout": _WITHIN_THE_HOUR,
    "chat_product": _WITHIN_THE_HOUR,
    "kiosk_visit": _WITHIN_THE_HOUR,
    "call_again": (6 * HOUR_MS, 6 * DAY_MS),
    "complaint_again": (6 * HOUR_MS, 4 * DAY_MS),
    "reply": (3 * HOUR_MS, 6 * DAY_MS),
    "survey": (DAY_MS, 3 * DAY_MS),
    "impression": (2 * MINUTE_MS, DAY_MS),
    "brand_click": (2 * HOUR_MS, 6 * DAY_MS),
    "landing": (500, 4_000),
    "brand_landing": (500, 4_000),
    "landing_email": (500, 4_000),
    "email_verified": (MINUTE_MS, 2 * HOUR_MS),
    "email_sent": (HOUR_MS, 5 * DAY_MS),
    "email_daily": (8 * HOUR_MS, 26 * HOUR_MS),
    "email_open": (MINUTE_MS, 20 * HOUR_MS),
    "subscribe": (7 * DAY_MS, 60 * DAY_MS),
    "push_daily": (8 * HOUR_MS, 26 * HOUR_MS),
    "push_open": (MINUTE_MS, 3 * HOUR_MS),
    "offer_seen": (10 * MINUTE_MS, 2 * DAY_MS),
    "offer_accepted": (10 * MINUTE_MS, 5 * DAY_MS),
    "offer_declined": (10 * MINUTE_MS, 5 * DAY_MS),
    "sale_later": (2 * HOUR_MS, 3 * DAY_MS),
    "points_redeemed": (5 * DAY_MS, 40 * DAY_MS),
    "product_registered": (DAY_MS, 20 * DAY_MS),
    "crm_order": (HOUR_MS, 10 * HOUR_MS),
    "web_return": (2 * DAY_MS, 25 * DAY_MS),
    "store_return": (DAY_MS, 25 * DAY_MS),
}
"""Shortest and longest time after the step before, in milliseconds."""

HELD = frozenset({"web_purchase_held"})
"""Kinds that are told days or weeks late, perhaps after what follows from them."""
LONGEST_HOLD_MS = 28 * DAY_MS
ANSWERS = frozenset({"reply"})
"""Kinds that are never told before what they answer."""

BROWSE = Script(("page", "product"), "web")

ACQUISITION = {
    "search": Script(("paid_click", "landing"), "web"),
    "social_ads": Script(("impression", "paid_click", "landing"), "web"),
    "newsletter": Script(("email_click", "landing_email"), "web", needs="opens_letters"),
    "affiliate": Script(("paid_click", "landing"), "web"),
    "direct": BROWSE,
    "store": Script(("card_registration",), needs="loyalty_card"),
}
"""The first touches of a customer by the channel that won them."""

PROSPECT_ACQUISITION = Script(("partner_profile",))

CRM = Script(("crm_update",), needs="crm_id")

INTRODUCTIONS = (
    Script(("registration", "page_known"), "web"),
    Script(("registration", "email_verified", "page_known"), "web", needs="gets_letters"),
    Script(("registration", "email_verified", "web_purchase"), "web", needs="gets_letters", pays=True),
    Script(("registration", "consent_banner", "page_known"), "web"),
    Script(("web_login", "page_known"), "web"),
    Script(("web_login", "web_purchase"), "web", pays=True),
    Script(("web_login", "product_known", "web_purchase"), "web", pays=True),
    Script(("brand_click", "brand_landing", "web_login", "web_purchase"), "web", pays=True),
    Script(("paid_click", "landing", "web_login", "web_purchase"), "web", pays=True, campaign="retargeting"),
    Script(("app_login", "screen_known"), "app", needs="device"),
    Script(("app_login", "app_purchase"), "app", needs="device", pays=True),
    Script(("app_login", "screen_known", "screen_known"), "app", needs="device"),
    CRM,
    CRM,
    Script(("crm_update", "consent_form"), needs="crm_id"),
)
"""How members become known, soon after they came."""

CARD = Script(("card_registration", "sale"), needs="loyalty_card", pays=True)
REGISTRATION = Script(("registration",), "web")
SALE = Script(("sale",), pays=True)
KIOSK = Script(("kiosk_visit",), needs="uses_kiosk")

_OFFERED = ("offer_made", "offer_seen", "offer_accepted")
_BUYS = ("web_login", "checkout", "web_purchase")

_SHOPPING = (
    (6, BROWSE),
    (3, Script(("search", "product", "share"), "web")),
    (3, Script(("search", "product"), "web")),
    (1, Script(("search_missed",), "web")),
    (2, Script(("search_missed", "chat_product"), "web")),
    (1, Script(("search_missed", "kiosk_visit"), "web", needs="uses_kiosk")),
    (1, Script(("download",), "web")),
    (8, Script(("web_login", "page_known", "product_known"), "web")),
    (5, Script(("web_login", "product_known", "checkout", "web_purchase"), "web", pays=True)),
    (3, Script(("web_login", "checkout", "web_purchase", "web_return"), "web", pays=True)),
    (1, Script(("web_login", "checkout", "web_purchase_held", "web_return"), "web", pays=True)),
    (3, Script((*_BUYS, "crm_order"), "web", needs="crm_id", pays=True)),
    (2, Script((*_BUYS, "product_registered"), "web", pays=True)),
    (3, Script(("web_login", "product_known", "checkout"), "web")),
    (2, Script(("product", "checkout"), "web")),
    (2, Script(("web_login", "checkout", "checkout_failed", "web_purchase"), "web", pays=True)),
    (2, Script(("web_login", "checkout", "checkout_failed"), "web")),
    (2, Script(("web_login", "checkout", "checkout_failed", "call_checkout"), "web")),
    (1, Script(("web_login", "checkout", "checkout_failed", "chat_checkout"), "web")),
    (2, Script(("checkout", "checkout_failed", "kiosk_visit"), "web", needs="uses_kiosk")),
    (4, Script(("product", "checkout", "guest_purchase"), "web", pays=True)),
    (11, Script(("screen_known", "screen_known"), "app", needs="device")),
    (8, Script(("screen", "app_login", "screen_known"), "app", needs="device")),
    (9, Script(("app_login", "app_purchase"), "app", needs="device", pays=True)),
    (9, SALE),
    (11, Script(("sale", "points"), needs="loyalty_card", pays=True)),
    (2, Script(("sale", "points", "points_redeemed"), needs="loyalty_card", pays=True)),
    (1, Script(("sale", "store_return"), pays=True)),
    (5, KIOSK),
)
_MARKETING = (
    (2, Script(("newsletter_form",), "web")),
    (2, Script(("push_answer",), "app", needs="device")),
    (4, Script(("push_sent", "push_open"), "app", needs="device")),
    (1, Script(("push_sent", "push_daily", "push_daily"), "app", needs="device")),
    (7, Script(("email_sent",), needs="opens_letters")),
    (6, Script(("email_sent", "email_open"), needs="opens_letters")),
    (2, Script(("email_sent", "email_open", "email_click", "landing_email"), "web", needs="opens_letters")),
    (
        2,
        Script(
            ("email_sent", "email_open", "email_click", "landing_email", *_BUYS),
            "web",
            needs="opens_letters",
            pays=True,
        ),
    ),
    (14, Script(("email_sent", *("email_daily",) * 6, "email_open"), needs="is_mailed_often")),
    (60, Script(("email_sent", "email_bounced"), needs="bounces")),
    (1, Script(("unsubscribe",), needs="opens_letters")),
    (1, Script(("unsubscribe", "subscribe"), needs="opens_letters")),
    (1, Script(("subscribe",), needs="opens_letters")),
    (4, Script(("consent_form",), needs="crm_id")),
    (2, Script(("consent_banner",), "web")),
    (1, Script((*_OFFERED, *_BUYS), "web", needs="gets_letters", pays=True, offer="ten-percent")),
    (1, Script((*_OFFERED, "sale_later"), needs="gets_letters", pays=True, offer="birthday-gift")),
    (1, Script(_OFFERED, needs="gets_letters", offer="free-delivery")),
    (1, Script(("offer_made", "offer_seen", "offer_declined"), needs="gets_letters", offer="second-half-price")),
    (1, Script(("offer_made", "offer_seen"), needs="gets_letters", offer="early-access")),
    (1, Script(("offer_made", "offer_declined"), needs="gets_letters")),
    (1, Script(("offer_made",))),
    (4, Script(("social_profile", "mention"), needs="social_handle")),
    (12, Script(("mention",), needs="social_handle")),
    (1, Script(("partner_profile",))),
)
_PAID = (
    (1, Script(("impression", "impression", "paid_click", "landing"), "web")),
    (1, Script(("impression", "impression"), "web", campaign="spring-looks")),
    (1, Script(("paid_click", "landing", "product"), "web", campaign="generic-shoes")),
    (1, Script(("paid_click", "landing"), "web", campaign="price-portal")),
    (1, Script(("impression", "paid_click", "landing"), "web", campaign="retargeting")),
    (4, Script(("paid_click", "landing", *_BUYS), "web", pays=True, campaign="retargeting")),
    (5, Script(("paid_click", "landing", *_BUYS), "web", pays=True, campaign="brand-search")),
    (1, Script(("paid_click", "landing", *_BUYS), "web", pays=True, campaign="voucher-site")),
    (
        3,
        Script(
            ("impression", "paid_click", "landing", "brand_click", "brand_landing", *_BUYS),
            "web",
            pays=True,
            campaign="spring-looks",
        ),
    ),
    (
        2,
        Script(
            ("paid_click", "landing", "product", "email_sent", "email_click", "landing_email", *_BUYS),
            "web",
            needs="opens_letters",
            pays=True,
            campaign="generic-outdoor",
        ),
    ),
)
"""Some campaigns bring people who buy at once, some come before another that gets the sale, and some bring nothing."""
_SERVICE = (
    (3, Script(("web_login_failed", "web_login_failed", "call_after_failure"), "web")),
    (2, Script(("web_login_failed", "call_after_failure"), "web")),
    (2, Script(("web_login_failed", "web_login"), "web")),
    (2, Script(("app_login_failed", "call_after_failure"), "app", needs="device")),
    (3, Script(("call",))),
    (1, Script(("call", "survey"))),
    (2, Script(("call_unsolved", "call_again"))),
    (1, Script(("complaint_call", "reply"))),
    (1, Script(("complaint_call", "reply", "survey"))),
    (1, Script(("complaint_chat", "reply"), "web")),
    (1, Script(("complaint_call", "complaint_again", "reply"))),
    (2, Script(("call_withheld", "survey"))),
    (1, Script(("chat",), "web")),
    (1, Script(("outbound_call",))),
    (1, Script(("opt_out_call",))),
    (12, CRM),
)
_ANONYMOUS = (
    (50, BROWSE),
    (15, Script(("search", "product", "share"), "web")),
    (15, Script(("screen", "screen"), "app", needs="device")),
    (15, Script(("impression", "impression", "paid_click", "landing"), "web")),
    (5, Script(("product", "checkout"), "web")),
    (5, Script(("consent_banner", "page"), "web")),
)
_PROSPECT = (
    (40, Script(("impression", "paid_click", "landing"), "web")),
    (30, Script(("offer_made",))),
    (20, Script(("partner_profile",))),
    (10, Script(("mention",), needs="social_handle")),
)


def _lots(table: tuple[tuple[int, Script], ...]) -> tuple[Script, ...]:
    return tuple(script for weight, script in table for _ in range(weight))


_MEMBER = (*_SHOPPING, *_MARKETING, *_PAID, *_SERVICE)
LATER = {"member": _lots(_MEMBER), "anonymous": _lots(_ANONYMOUS), "prospect": _lots(_PROSPECT)}
"""Everything after the introduction, by habit: an even draw respects the weights, and is repeated where it needs
what the person does not have."""
