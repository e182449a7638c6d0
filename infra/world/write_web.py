"""Touches as the web tracker records them."""

# ruff: noqa: PLR2004 shares out of one are read best where they apply

from collections.abc import Callable, Mapping

from infra.world.campaigns import Campaign
from infra.world.catalogue import MISSED_QUERIES, QUERIES, basket, currency, product
from infra.world.journeys import TABLET, Step
from infra.world.people import Person
from infra.world.writing import BRAND, Writer, click_id, letter_campaign, login_error, order_id, paid_campaign
from schemas.records import WebEvent

_SITE = "https://shop.example.com"
_BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/131.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_6) Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Firefox/133.0",
    "Mozilla/5.0 (iPad; CPU OS 18_1 like Mac OS X) Safari/604.1",
)
_CHECKOUT_ERRORS = ("card declined", "card declined", "voucher invalid", "timeout", "address unknown")


class WebWriter(Writer):
    """Writes web events."""

    def write(self, person: Person, step: Step, event_id: str) -> WebEvent:
        """The web event of a step of one of the kinds in `KINDS`."""
        event: WebEvent = {
            "event_id": event_id,
            "collected_at": step.event_time,
            "event_name": "page_view",
            "visitor_cookie": self.who.cookie(person, step.place),
            "user_id": None,
            "email": None,
            "page_url": _SITE,
            "page_title": None,
            "referrer": None,
            "user_agent": _BROWSERS[3 if step.place == TABLET else (person.index + step.place) % 3],
            "browser_language": person.language,
            "utm_campaign": None,
            "utm_medium": None,
            "utm_source": None,
            "click_id": None,
            "form": {},
            "consents": {},
            "params": {},
            "transaction": None,
        }
        self.KINDS[step.kind](self, event, person, step)
        return event

    def _page(self, event: WebEvent, _person: Person, step: Step) -> None:
        event["page_url"] = f"{_SITE}/topics/{step.number % 40}"
        event["page_title"] = "Topics"

    def _page_known(self, event: WebEvent, person: Person, _step: Step) -> None:
        event["user_id"] = self.who.customer_id(person)
        event["page_url"] = f"{_SITE}/account"
        event["page_title"] = "My account"

    def _product(self, event: WebEvent, person: Person, step: Step) -> None:
        shown = product(person, step.scene)
        event["event_name"] = "product_view"
        event["page_url"] = f"{_SITE}/p/{shown.sku}"
        event["page_title"] = shown.name
        event["params"] = {"sku": shown.sku, "category": shown.category}

    def _product_known(self, event: WebEvent, person: Person, step: Step) -> None:
        self._product(event, person, step)
        event["user_id"] = self.who.customer_id(person)

    def _search(self, event: WebEvent, _person: Person, step: Step) -> None:
        self._find(event, QUERIES[step.number % len(QUERIES)], 1 + step.number % 90)

    def _search_missed(self, event: WebEvent, _person: Person, step: Step) -> None:
        self._find(event, MISSED_QUERIES[step.number % len(MISSED_QUERIES)], 0)

    @staticmethod
    def _find(event: WebEvent, query: str, results: int) -> None:
        event["event_name"] = "search"
        event["page_url"] = f"{_SITE}/search"
        event["params"] = {"query": query, "results": str(results)}

    def _download(self, event: WebEvent, _person: Person, _step: Step) -> None:
        event["event_name"] = "download"
        event["page_url"] = f"{_SITE}/size-guide.pdf"

    def _share(self, event: WebEvent, _person: Person, _step: Step) -> None:
        event["event_name"] = "share"

    def _landing(self, event: WebEvent, person: Person, step: Step) -> None:
        self._arrive(event, paid_campaign(person, step.script))
        event["click_id"] = click_id(step.number - 1)

    def _brand_landing(self, event: WebEvent, _person: Person, step: Step) -> None:
        self._arrive(event, BRAND)
        event["click_id"] = click_id(step.number - 1)

    def _landing_email(self, event: WebEvent, person: Person, step: Step) -> None:
        self._arrive(event, letter_campaign(person, step.scene))

    def _arrive(self, event: WebEvent, campaign: Campaign) -> None:
        event["page_url"] = f"{_SITE}/welcome"
        event["referrer"] = f"https://{campaign.source}.example.net/"
        event["utm_campaign"] = campaign.name
        event["utm_medium"] = campaign.medium
        event["utm_source"] = campaign.source

    def _login(self, event: WebEvent, person: Person, _step: Step) -> None:
        event["event_name"] = "login"
        event["user_id"] = self.who.customer_id(person)
        if self._chance() < 0.6:
            event["email"] = self.who.email(person)

    def _login_failed(self, event: WebEvent, person: Person, step: Step) -> None:
        event["event_name"] = "login_failed"
        event["params"] = {"error": login_error(step.scene)}
        if self._chance() < 0.5:
            event["email"] = self.who.typed_email(person)

    def _registration(self, event: WebEvent, person: Person, _step: Step) -> None:
        event["event_name"] = "registration"
        event["user_id"] = self.who.customer_id(person)
        event["email"] = self.who.typed_email(person)
        event["form"] = self.who.forms.registration(person)
        if self._chance() < 0.5:
            event["consents"] = {"marketing": self._chance() < 0.55}

    def _newsletter_form(self, event: WebEvent, person: Person, _step: Step) -> None:
        event["event_name"] = "form"
        event["email"] = self.who.typed_email(person)
        event["form"] = {"first_name": self.who.typist.name(person.first_name)}
        event["consents"] = {"marketing": True}

    def _consent_banner(self, event: WebEvent, _person: Person, _step: Step) -> None:
        event["event_name"] = "consent"
        answer = self._chance() < 0.6
        event["consents"] = {"analytics": answer, "marketing": answer and self._chance() < 0.7}

    def _checkout(self, event: WebEvent, person: Person, step: Step) -> None:
        event["event_name"] = "checkout_started"
        event["page_url"] = f"{_SITE}/checkout"
        if "web_login" in step.script.kinds:
            event["user_id"] = self.who.customer_id(person)

    def _checkout_failed(self, event: WebEvent, person: Person, step: Step) -> None:
        self._checkout(event, person, step)
        event["event_name"] = "checkout_failed"
        event["params"] = {"error": _CHECKOUT_ERRORS[step.scene % len(_CHECKOUT_ERRORS)]}

    def _product_registered(self, event: WebEvent, person: Person, step: Step) -> None:
        sku = product(person, step.scene).sku
        event["event_name"] = "product_registered"
        event["user_id"] = self.who.customer_id(person)
        event["params"] = {"sku": sku, "serial": f"{sku[-4:]}-{step.scene:08d}"}

    def _purchase(self, event: WebEvent, person: Person, step: Step) -> None:
        self._pay(event, person, step)
        event["user_id"] = self.who.customer_id(person)
        event["email"] = self.who.email(person)

    def _guest_purchase(self, event: WebEvent, person: Person, step: Step) -> None:
        self._pay(event, person, step)
        event["email"] = self.who.typed_email(person)
        event["form"] = self.who.forms.delivery(person)

    def _return(self, event: WebEvent, person: Person, step: Step) -> None:
        self._pay(event, person, step)
        event["event_name"] = "return"
        event["user_id"] = self.who.customer_id(person)

    @staticmethod
    def _pay(event: WebEvent, person: Person, step: Step) -> None:
        event["event_name"] = "purchase"
        event["page_url"] = f"{_SITE}/checkout"
        event["transaction"] = {
            "transaction_id": order_id(step.scene),
            "total": step.cents / 100,
            "currency": currency(person, step.scene),
            "products": [
                {"sku": line.sku, "name": line.name, "quantity": 1, "price": price / 100}
                for line, price in basket(person, step.scene, step.cents)
            ],
        }

    KINDS: Mapping[str, Callable[["WebWriter", WebEvent, Person, Step], None]] = {
        "page": _page,
        "page_known": _page_known,
        "product": _product,
        "product_known": _product_known,
        "search": _search,
        "search_missed": _search_missed,
        "download": _download,
        "share": _share,
        "landing": _landing,
        "brand_landing": _brand_landing,
        "landing_email": _landing_email,
        "web_login": _login,
        "web_login_failed": _login_failed,
        "registration": _registration,
        "newsletter_form": _newsletter_form,
        "consent_banner": _consent_banner,
        "checkout": _checkout,
        "checkout_failed": _checkout_failed,
        "web_purchase": _purchase,
        "web_purchase_held": _purchase,
        "product_registered": _product_registered,
        "guest_purchase": _guest_purchase,
        "web_return": _return,
    }
