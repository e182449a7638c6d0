"""Attribution by all models: those of the view ``attribution``, and Markov's, from the view ``journey_paths``."""

from collections.abc import Sequence
from typing import Any, Final, Literal, NamedTuple

from profiles.markov import Path, markov_credit
from sinks.reader import LakeReader

MODELS: Final = ("first", "last", "linear", "position_based", "time_decay", "shapley", "markov")
"""All models, in the order they are shown."""


class Credit(NamedTuple):
    """What a model credits a channel and campaign for.

    Attributes:
        model: one of ``MODELS``.
        channel: source of the touches.
        campaign: their campaign; None of journeys without one.
        conversions: purchases.
        revenue_base: their total in units of the base currency. Markov's is the player's part of all revenue.
        new_customers: customers' first orders; Markov's is the player's part of all.
    """

    model: str
    channel: str
    campaign: str | None
    conversions: float
    revenue_base: float
    new_customers: float


def credits_by_model(reader: LakeReader) -> list[Credit]:
    """Return what every model credits every channel and campaign for, in order of model, channel and campaign."""
    found = reader.execute(
        """
        SELECT model, channel, campaign, sum(conversions), sum(revenue_base)::DOUBLE, sum(new_customers)
        FROM attribution GROUP BY ALL
        """
    ).fetchall()
    credited = [Credit(*row) for row in found] + markov_credits(reader)
    return sorted(credited, key=lambda one: (MODELS.index(one.model), one.channel, one.campaign or ""))


def markov_credits(reader: LakeReader) -> list[Credit]:
    """Return what removal effects credit every channel and campaign for, see ``profiles.markov``."""
    rows = reader.execute(
        "SELECT path, converted, journeys, revenue_base::DOUBLE, new_customers FROM journey_paths ORDER BY ALL"
    ).fetchall()
    revenue = sum(row[3] for row in rows)
    new_customers = sum(row[4] for row in rows)
    credit = markov_credit(Path(path, converted, journeys) for path, converted, journeys, *_ in rows)
    return [
        Credit("markov", channel, campaign or None, one.conversions, one.share * revenue, one.share * new_customers)
        for player, one in credit.items()
        for channel, _, campaign in [player.partition(":")]
    ]


def side_by_side(
    credited: Sequence[Credit], measure: Literal["conversions", "revenue_base", "new_customers"]
) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """Return one row a channel and campaign with a column a model, the most by Shapley values first; and the columns.

    Who a model credits with nothing has 0 there.
    """
    by_player: dict[tuple[str, str | None], dict[str, float]] = {}
    for one in credited:
        by_player.setdefault((one.channel, one.campaign), dict.fromkeys(MODELS, 0.0))[one.model] = getattr(one, measure)
    ordered = sorted(by_player.items(), key=lambda pair: (-round(pair[1]["shapley"], 6), pair[0][0], pair[0][1] or ""))
    return ("channel", "campaign", *MODELS), [(*player, *by_model.values()) for player, by_model in ordered]
