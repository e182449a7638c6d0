"""Touches as the app records them."""

# ruff: noqa: PLR2004 shares out of one are read best where they apply

from collections.abc import Callable, Mapping

from infra.world.catalogue import basket, currency, product
from infra.world.journeys import Step
from infra.world.people import Person
from infra.world.writing import Writer, login_error, order_id
from schemas.records import MobileEvent

_SCREENS = ("home", "catalogue", "basket", "account", "store finder")


class MobileWriter(Writer):
    """Writes app events."""

    def write(self, person: Person, step: Step, event_id: str) -> MobileEvent:
        """The app event of a step of one of the kinds in `KINDS`."""
        event: MobileEvent = {
            "id": event_id,
            "timestamp": step.event_time,
            "name": "screen_view",
            "device_id": self.who.device(person, step.place),
            "advertising_id": self.who.advertising_id(person, step.place),
            "user_id": None,
            "os": "android" if person.index % 3 else "ios",
            "app_version": f"5.{step.number % 4}.0",
            "locale": person.language.replace("-", "_"),
            "screen": _SCREENS[step.number % len(_SCREENS)],
            "order_id": None,
            "revenue": None,
            "currency": None,
            "skus": [],
            "push_allowed": None,
            "params": {},
        }
        self.KINDS[step.kind](self, event, person, step)
        return event

    def _screen(self, event: MobileEvent, person: Person, step: Step) -> None:
        if event["screen"] == "catalogue":
            shown = product(person, step.scene, step.number - step.scene)
            event["name"] = "product_view"
            event["params"] = {"sku": shown.sku, "category": shown.category}

    def _screen_known(self, event: MobileEvent, person: Person, step: Step) -> None:
        self._screen(event, person, step)
        event["user_id"] = self.who.customer_id(person)

    def _login(self, event: MobileEvent, person: Person, _step: Step) -> None:
        event["name"] = "login"
        event["user_id"] = self.who.customer_id(person)

    def _login_failed(self, event: MobileEvent, _person: Person, step: Step) -> None:
        event["name"] = "login_failed"
        event["params"] = {"error": login_error(step.scene)}

    def _purchase(self, event: MobileEvent, person: Person, step: Step) -> None:
        event["name"] = "purchase"
        event["user_id"] = self.who.customer_id(person)
        event["order_id"] = order_id(step.scene)
        event["revenue"] = step.cents / 100
        event["currency"] = currency(person, step.scene)
        event["skus"] = [line.sku for line, _ in basket(person, step.scene, step.cents)]

    def _push_answer(self, event: MobileEvent, _person: Person, _step: Step) -> None:
        event["name"] = "consent"
        event["push_allowed"] = self._chance() < 0.5

    def _push_open(self, event: MobileEvent, _person: Person, _step: Step) -> None:
        event["name"] = "push_open"

    KINDS: Mapping[str, Callable[["MobileWriter", MobileEvent, Person, Step], None]] = {
        "screen": _screen,
        "screen_known": _screen_known,
        "app_login": _login,
        "app_login_failed": _login_failed,
        "app_purchase": _purchase,
        "push_answer": _push_answer,
        "push_open": _push_open,
    }
    """What each kind of step fills in."""
