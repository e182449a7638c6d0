"""What is sold and searched for: products by category, and what a scene of a journey is about.

Everything follows from who acts and from the number of the scene, so what is viewed, bought, told twice, registered and
returned in one scene is the same.
"""

from typing import NamedTuple

from infra.world.people import Person


class Product(NamedTuple):
    """Something that is sold."""

    sku: str
    name: str
    category: str


_RANGE = {
    "shoes": ("Trail running shoe", "Leather boot", "Sandals", "Sneaker low", "Sneaker high", "Children's boot"),
    "jackets": ("Rain jacket", "Down vest", "Fleece jacket", "Children's jacket"),
    "clothing": ("Wool sweater", "Linen shirt", "Denim jeans", "Polo shirt", "Summer dress", "Evening dress"),
    "accessories": ("Silk scarf", "Leather belt", "Sun hat", "Winter gloves", "Hiking socks", "Beach towel"),
    "sports": ("Merino base layer", "Cycling shorts", "Yoga mat", "Swimming trunks", "Ski goggles"),
    "camping": ("Two-person tent", "Sleeping bag", "Camping stove", "Head torch", "Water bottle", "Trekking poles"),
    "luggage": ("Day pack 20 l", "Trekking pack 55 l", "Suitcase cabin", "Suitcase large", "Travel wallet"),
    "climbing": ("Climbing rope", "Carabiner set"),
    "family": ("Baby carrier", "Dog leash"),
}
CATEGORIES = tuple(_RANGE)
_ALL = [(category, name) for category, names in _RANGE.items() for name in names]
PRODUCTS = tuple(Product(f"sku-{number:04d}", name, category) for number, (category, name) in enumerate(_ALL))
"""Everything sold."""

QUERIES = ("boots", "rain jacket", "tent", "sneaker", "gift", "suitcase", "head torch", "summer dress")
MISSED_QUERIES = ("kayak", "gift voucher", "ski boots", "umbrella", "wool swaeter")  # codespell:ignore
"""What is looked for and not found."""

_LIKED = tuple(tuple(product for product in PRODUCTS if product.category == name) for name in CATEGORIES)
_FURTHER_LINES = (0, 0, 0, 0, 0, 1, 1, 2, 2)
_SEVERAL_LINES_CENTS = 1500
_MULTIPLIER = 2_654_435_761
_MARGIN_PERCENT = {
    "shoes": 48,
    "jackets": 42,
    "clothing": 50,
    "accessories": 58,
    "sports": 36,
    "camping": 27,
    "luggage": 19,
    "climbing": 24,
    "family": 32,
}
_DISCOUNT_PERCENT = (0, 0, 0, 5, 0, 10, 30)


def product(person: Person, scene: int, number: int = 0) -> Product:
    """The product of this number in a scene: in three of five cases of the category that the person likes."""
    mixed = ((scene + 7 * number) * _MULTIPLIER & 0xFFFFFFFF) >> 8
    drawn, liked = divmod(mixed, 5)
    products = _LIKED[person.index % len(_LIKED)] if liked < 3 else PRODUCTS  # noqa: PLR2004 three of five
    return products[drawn % len(products)]


def basket(person: Person, scene: int, cents: int) -> list[tuple[Product, int]]:
    """One to three lines, product and cents, that sum to a total; the first is the product of the scene."""
    last = 0 if cents < _SEVERAL_LINES_CENTS else _FURTHER_LINES[scene % len(_FURTHER_LINES)]
    lines, left = [], cents
    for line in range(last):
        price = left * (20 + (scene * 31 + line * 17) % 50) // 100
        left -= price
        lines.append((product(person, scene, line), price))
    return [*lines, (product(person, scene, last), left)]


def margin_cents(person: Person, scene: int, cents: int) -> int:
    """What is earned on an order after cost of goods: by category, less what was granted; sometimes a loss."""
    earned = sum(price * _MARGIN_PERCENT[line.category] for line, price in basket(person, scene, cents))
    return (earned - cents * _DISCOUNT_PERCENT[scene % len(_DISCOUNT_PERCENT)]) // 100


def currency(person: Person, scene: int) -> str:
    """What an order of the web or the app is paid in: euros, but for a few orders and some of the British."""
    if person.household.country.code == "GB" and scene % 3 == 0:
        return "GBP"
    return "CHF" if scene % 53 == 0 else "EUR"
