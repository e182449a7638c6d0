"""What customers do: short scripts of steps that belong together, and how likely each is.

A step is named by its kind; the ``KINDS`` of the writers (``infra.world.write_*``) say what each looks
like.
"""

from typing import Literal, NamedTuple

from infra.world.config import DAY_MS, MINUTE_MS

Where = Literal["web", "app", "else"]


class Script(NamedTuple):
    """Steps that follow each other within minutes, or as `GAPS_MS` says."""

    kinds: tuple[str, ...]
    where: Where = "else"
    """Decides which of the person's devices is used, for the whole script."""
    needs: str | None = None
    """Attribute of the person without which this cannot be."""
    pays: bool = False


DEFAULT_GAP_MS = (5_000, 4 * MINUTE_MS)
GAPS_MS = {
    "call_after_failure": (2 * MINUTE_MS, 55 * MINUTE_MS),
    "impression": (2 * MINUTE_MS, DAY_MS),
    "web_return": (2 * DAY_MS, 25 * DAY_MS),
    "store_return": (DAY_MS, 25 * DAY_MS),
    "offer_accepted": (10 * MINUTE_MS, 5 * DAY_MS),
    "offer_declined": (10 * MINUTE_MS, 5 * DAY_MS),
    "survey": (DAY_MS, 3 * DAY_MS),
    "landing": (500, 4_000),
    "landing_email": (500, 4_000),
}
"""Shortest and longest time after the step before, in milliseconds."""

BROWSE = Script(("page", "product"), "web")

ACQUISITION = {
    "search": Script(("paid_click", "landing"), "web"),
    "social_ads": Script(("impression", "paid_click", "landing"), "web"),
    "newsletter": Script(("email_click", "landing_email"), "web", needs="reads_newsletter"),
    "affiliate": Script(("paid_click", "landing"), "web"),
    "direct": BROWSE,
    "store": Script(("card_registration",), needs="loyalty_card"),
}
"""The first touches of a customer by the channel that won them."""

PROSPECT_ACQUISITION = Script(("partner_profile",))

CRM = Script(("crm_update",), needs="crm_id")

INTRODUCTIONS = (
    Script(("registration", "page_known"), "web"),
    Script(("registration", "web_purchase"), "web", pays=True),
    Script(("registration", "consent_banner", "page_known"), "web"),
    Script(("web_login", "page_known"), "web"),
    Script(("web_login", "web_purchase"), "web", pays=True),
    Script(("web_login", "product_known", "web_purchase"), "web", pays=True),
    Script(("app_login", "screen_known"), "app", needs="device"),
    Script(("app_login", "app_purchase"), "app", needs="device", pays=True),
    CRM,
    CRM,
)
"""How members become known, soon after they came."""

CARD = Script(("card_registration", "sale"), needs="loyalty_card", pays=True)
REGISTRATION = Script(("registration",), "web")
SALE = Script(("sale",), pays=True)
KIOSK = Script(("kiosk_visit",), needs="uses_kiosk")

_MEMBER = (
    (8, BROWSE),
    (5, Script(("search", "product", "share"), "web")),
    (2, Script(("download",), "web")),
    (10, Script(("web_login", "page_known", "product_known"), "web")),
    (9, Script(("web_login", "product_known", "web_purchase"), "web", pays=True)),
    (3, Script(("web_login", "web_purchase", "web_return"), "web", pays=True)),
    (3, Script(("product", "guest_purchase"), "web", pays=True)),
    (2, Script(("newsletter_form",), "web")),
    (9, Script(("screen_known", "screen_known"), "app", needs="device")),
    (6, Script(("screen", "app_login", "screen_known"), "app", needs="device")),
    (6, Script(("app_login", "app_purchase"), "app", needs="device", pays=True)),
    (2, Script(("push_answer", "push_open"), "app", needs="device")),
    (10, SALE),
    (1, Script(("sale", "store_return"), pays=True)),
    (6, KIOSK),
    (7, Script(("email_open",), needs="reads_newsletter")),
    (4, Script(("email_open", "email_click", "landing_email"), "web", needs="reads_newsletter")),
    (1, Script(("unsubscribe",), needs="reads_newsletter")),
    (4, Script(("web_login_failed", "web_login_failed", "call_after_failure"), "web")),
    (2, Script(("app_login_failed", "call_after_failure"), "app", needs="device")),
    (5, Script(("call",))),
    (2, Script(("call_withheld", "survey"))),
    (1, Script(("chat",), "web")),
    (1, Script(("outbound_call",))),
    (1, Script(("opt_out_call",))),
    (4, Script(("impression", "impression", "paid_click", "landing"), "web")),
    (3, Script(("social_profile", "mention"), needs="social_handle")),
    (4, Script(("mention",), needs="social_handle")),
    (9, CRM),
    (1, Script(("partner_profile",))),
    (2, Script(("consent_banner",), "web")),
    (2, Script(("offer_made", "offer_accepted"))),
    (2, Script(("offer_made", "offer_declined"))),
)
_ANONYMOUS = (
    (50, BROWSE),
    (15, Script(("search", "product", "share"), "web")),
    (15, Script(("screen", "screen"), "app", needs="device")),
    (15, Script(("impression", "impression", "paid_click", "landing"), "web")),
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


LATER = {"member": _lots(_MEMBER), "anonymous": _lots(_ANONYMOUS), "prospect": _lots(_PROSPECT)}
"""Everything after the introduction, by habit: an even draw respects the weights, and is repeated where it needs
what the person does not have."""
