"""Views of conversions and of the touches that are credited for them."""

from typing import Final

from profiles.policy import Attribution, ProfilePolicy
from sinks.views.journeys import IN_ORDER, seconds_between
from sinks.views.media import media_of
from sinks.views.view import View

MODELS: Final = ("first", "last", "linear", "position_based", "time_decay", "shapley")
"""The models whose shares ``attributed_touches`` has."""

_PURCHASES: Final = """
    purchases AS MATERIALIZED (
        SELECT row_number() OVER () AS purchase, customer_id, order_id, event_time AS ordered_at,
               event_id AS order_event_id, channel AS order_channel,
               currency, amount, amount_base,
               row_number() OVER (PARTITION BY customer_id ORDER BY event_time, event_id, channel) AS order_number
        FROM orders WHERE kind = 'purchase'
    )"""


def _orders_and_touches(attribution: Attribution) -> str:
    """Return CTEs: purchases, numbered; and spans and touches, which ``_before`` brings together.

    Time is cut into spans as long as the window, so that a touch is compared with the orders of two spans only,
    however many the customer has.
    """
    span_ms = attribution.days * 86_400_000
    return f"""{_PURCHASES}, spans AS (
        SELECT purchase, customer_id, ordered_at,
               unnest([epoch_ms(ordered_at) // {span_ms} - 1, epoch_ms(ordered_at) // {span_ms}]) AS span
        FROM purchases
    ), touches AS (
        SELECT customer_id, event_time, event_id, source, type, nullif(campaign, '') AS campaign, medium, click_id,
               party, epoch_ms(event_time) // {span_ms} AS span
        FROM touchpoints_by_customer
        WHERE customer_id IS NOT NULL AND type NOT IN ('purchase', 'return')
    )"""  # noqa: S608 - a number from the policy


def _before(attribution: Attribution, spans: str = "spans") -> str:
    """Return what FROM selects from: one row a purchase and a touch within the days before it."""
    return (
        f"touches JOIN {spans} ON {spans}.customer_id = touches.customer_id AND {spans}.span = touches.span "
        f"AND event_time BETWEEN ordered_at - to_days({attribution.days}) AND ordered_at"
    )


def conversions(policy: ProfilePolicy) -> View:
    """Return the view ``conversions``."""
    days = policy.attribution.days
    return View(
        "conversions",
        f"One row a purchase of a customer, with the journey of the {days} days before it: all touches but purchases "
        "and returns.",
        {
            "customer_id": "The customer.",
            "order_id": "Order or receipt number.",
            "order_number": "1 for the customer's first order.",
            "event_time": "When it was bought, UTC.",
            "event_id": "The touchpoint that tells it, unique within its source.",
            "channel": "Source of that touchpoint.",
            "currency": "ISO 4217 code of the amount.",
            "amount": "Total in currency units.",
            "amount_base": "The same in the base currency, in its units; empty where the currency has no rate.",
            "touches": "Number of touches in the journey; 0 where nothing went before.",
            "channels": "Number of channels of these touches.",
            "first_touch_at": "Event time of the first of them, UTC.",
            "seconds_from_first_touch": "Time from there to the order, in seconds.",
            "click_event_id": "The very click that led to it: the last touch of the type click, or with a click id.",
            "click_channel": "Source of the click.",
            "click_campaign": "Campaign of the click.",
            "click_id": "The advertising network's id of the click.",
            "seconds_from_click": "Time from the click to the order, in seconds.",
        },
        f"""
    WITH {_orders_and_touches(policy.attribution)}, summed AS (
        SELECT purchase, count(*) AS touches, count(DISTINCT source) AS channels,
               min(event_time) AS first_touch_at,
               max({{'event_time': event_time, 'event_id': event_id, 'source': source, 'campaign': campaign,
                     'click_id': click_id}}) FILTER (type = 'click' OR click_id <> '') AS click
        FROM {_before(policy.attribution)} GROUP BY purchase
    )
    SELECT customer_id, order_id, order_number, ordered_at AS event_time, order_event_id AS event_id,
           order_channel AS channel, currency, amount, amount_base,
           coalesce(touches, 0) AS touches, coalesce(channels, 0) AS channels, first_touch_at,
           {seconds_between("first_touch_at", "ordered_at")} AS seconds_from_first_touch,
           click.event_id AS click_event_id, click.source AS click_channel, click.campaign AS click_campaign,
           click.click_id AS click_id,
           {seconds_between("click.event_time", "ordered_at")} AS seconds_from_click
    FROM purchases LEFT JOIN summed USING (purchase)
    """,  # noqa: S608 - literals from the policy, quoted
    )


def _of_two(attribution: Attribution) -> tuple[float, float]:
    """Return the shares of the first and the last of two touches."""
    both = attribution.first_share + attribution.last_share
    return (attribution.first_share / both, attribution.last_share / both) if both else (0.5, 0.5)


def attributed_touches(policy: ProfilePolicy) -> View:
    """Return the view ``attributed_touches``."""
    attribution = policy.attribution
    first_of_two, last_of_two = _of_two(attribution)
    half_life_ms = attribution.half_life_days * 86_400_000
    between = 1 - attribution.first_share - attribution.last_share
    return View(
        "attributed_touches",
        f"One row a purchase and a touch that is credited for it: every touch with a campaign in the {attribution.days}"
        " days before, at or before its time and no purchase or return itself; where there is none, the last touch of "
        "these days; where there is no touch at all, the purchase's own touchpoint. So the shares of each model are 1 "
        "together for every purchase.",
        {
            "customer_id": "The customer.",
            "order_id": "Order or receipt number.",
            "order_number": "1 for the customer's first order.",
            "ordered_at": "When it was bought, UTC.",
            "amount_base": "Its total in the base currency, in its units; empty where the currency has no rate.",
            "event_time": "When the touch happened, UTC.",
            "event_id": "The touch, unique within its source.",
            "channel": "Its source.",
            "type": "Its type.",
            "campaign": "Its campaign; empty where the journey has none.",
            "medium": "Its medium.",
            "party": "Whose data it is: first, second or third.",
            "media": "paid, owned or earned, by medium, else by channel.",
            "position": "1 for the first touch credited.",
            "touches": "Number of touches credited for this purchase.",
            "share_first": "1 for the first touch, else 0.",
            "share_last": "1 for the last touch, else 0.",
            "share_linear": "The same for every touch.",
            "share_position_based": f"First {attribution.first_share:g}, last {attribution.last_share:g}, those "
            "between the rest evenly; of two touches in proportion to first and last.",
            "share_time_decay": f"Half as much for every {attribution.half_life_days:g} days before the purchase.",
            "share_shapley": "The Shapley value: the same for every channel and campaign of the journey, whose touches "
            "share it evenly.",
        },
        # Decay is reckoned from the last touch, not from the order: the shares are the same, and no sum is ever 0.
        f"""
    WITH {_orders_and_touches(attribution)}, with_campaign AS (
        SELECT purchase, event_time, event_id, source, type, campaign, medium, party
        FROM {_before(attribution)} WHERE campaign IS NOT NULL
    ), other_spans AS (
        FROM spans ANTI JOIN with_campaign USING (purchase)
    ), without_campaign AS (
        SELECT purchase, max({{'event_time': event_time, 'event_id': event_id, 'source': source, 'type': type,
                              'campaign': campaign, 'medium': medium, 'party': party}}) AS touch
        FROM {_before(attribution, "other_spans")} GROUP BY purchase
    ), own AS (
        SELECT purchase, event_time, event_id, source, type, nullif(campaign, '') AS campaign, medium, party
        FROM touchpoints_by_customer AS told
        JOIN purchases ON told.source = order_channel AND told.event_id = order_event_id
        ANTI JOIN with_campaign USING (purchase)
        ANTI JOIN without_campaign USING (purchase)
        WHERE type = 'purchase'
    ), credited AS (
        FROM with_campaign
        UNION ALL BY NAME
        SELECT purchase, unnest(touch) FROM without_campaign
        UNION ALL BY NAME
        FROM own
    ), placed AS (
        SELECT *, row_number() OVER journey AS position, count(*) OVER journey AS touches,
               pow(2, (epoch_ms(event_time) - epoch_ms(last_value(event_time) OVER journey)) / {half_life_ms})
                   AS weight
        FROM credited
        WINDOW journey AS (PARTITION BY purchase ORDER BY {IN_ORDER}
                           ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
    ), players AS (
        SELECT purchase, source, coalesce(campaign, '') AS player, count(*) AS of_player, sum(weight) AS weights
        FROM placed GROUP BY ALL
    ), journeys_before AS (
        SELECT purchase, count(*) AS players, sum(weights) AS weights FROM players GROUP BY purchase
    ), weighed AS (
        SELECT placed.*, of_player, players, journeys_before.weights
        FROM placed
        JOIN players ON players.purchase = placed.purchase AND players.source = placed.source
                    AND player = coalesce(campaign, '')
        JOIN journeys_before ON journeys_before.purchase = placed.purchase
    )
    SELECT customer_id, order_id, order_number, ordered_at, amount_base, event_time, event_id, source AS channel, type,
           campaign, medium, party, {media_of(policy, "source", "medium")} AS media, position, touches,
           CASE WHEN position = 1 THEN 1.0 ELSE 0.0 END::DOUBLE AS share_first,
           CASE WHEN position = touches THEN 1.0 ELSE 0.0 END::DOUBLE AS share_last,
           1.0::DOUBLE / touches AS share_linear,
           CASE WHEN touches = 1 THEN 1.0
                WHEN touches = 2 THEN CASE position WHEN 1 THEN {first_of_two!r} ELSE {last_of_two!r} END
                WHEN position = 1 THEN {attribution.first_share!r}
                WHEN position = touches THEN {attribution.last_share!r}
                ELSE {between!r}::DOUBLE / (touches - 2) END::DOUBLE AS share_position_based,
           weight / weights AS share_time_decay,
           1.0::DOUBLE / players / of_player AS share_shapley
    FROM weighed JOIN purchases USING (purchase)
    """,  # noqa: S608 - literals from the policy, quoted
    )


_SHARES: Final = ", ".join(f"{{'model': '{model}', 'share': share_{model}}}" for model in MODELS)

ATTRIBUTION: Final = View(
    "attribution",
    "One row a model, channel and campaign: the conversions it is credited for. Models are first, last, linear, "
    "position_based, time_decay and shapley. Shapley: the players are the channels and campaigns, and a set of them is "
    "worth the conversions whose journeys need no other; so each conversion goes evenly to those of its journey "
    "(Shapley 1953; Zhao, Mahboobi, Bagheri 2018: Shapley Value Methods for Attribution Modeling in Online "
    "Advertising).",
    {
        "model": "How it is credited.",
        "channel": "Source of the touches.",
        "campaign": "Their campaign; empty of journeys without one.",
        "party": "Whose data they are: first, second or third.",
        "media": "paid, owned or earned, by medium, else by channel.",
        "conversions": "Sum of its shares: of each model they are all purchases together.",
        "revenue_base": "Purchases by these shares in the base currency, in its units; returns are not taken off.",
        "conversions_without_rate": "Shares of purchases whose currency has no rate: they are not in revenue_base.",
        "new_customers": "Shares of customers' first orders.",
    },
    f"""
    WITH credited AS (
        SELECT channel, campaign, party, media, amount_base, order_number, unnest([{_SHARES}], recursive := true)
        FROM attributed_touches
    )
    SELECT model, channel, campaign, party, media, sum(share) AS conversions,
           coalesce(sum(share * amount_base), 0)::DECIMAL(28, 6) AS revenue_base,
           coalesce(sum(share) FILTER (amount_base IS NULL), 0) AS conversions_without_rate,
           coalesce(sum(share) FILTER (order_number = 1), 0) AS new_customers
    FROM credited
    GROUP BY ALL
    """,  # noqa: S608 - constants
)

MEDIA_CONTRIBUTION: Final = View(
    "media_contribution",
    "One row a model of attribution, and paid, owned or earned media: what it contributes.",
    {
        "model": "How conversions are credited, see attribution.",
        "media": "paid, owned or earned; empty of channels that the policy names nowhere.",
        "conversions": "Conversions credited.",
        "conversion_share": "Their part of all conversions, from 0 to 1.",
        "revenue_base": "Purchases credited, in units of the base currency; of those with a rate.",
        "revenue_share": "Their part of all revenue_base, from 0 to 1.",
        "conversions_without_rate": "Conversions credited that are not in revenue_base.",
        "new_customers": "First orders credited.",
    },
    """
    WITH summed AS (
        SELECT model, media, sum(conversions) AS conversions, sum(revenue_base) AS revenue_base,
               sum(conversions_without_rate) AS conversions_without_rate, sum(new_customers) AS new_customers
        FROM attribution GROUP BY ALL
    )
    SELECT model, media, conversions, conversions / sum(conversions) OVER alike AS conversion_share,
           revenue_base, revenue_base::DOUBLE / nullif(sum(revenue_base) OVER alike, 0) AS revenue_share,
           conversions_without_rate, new_customers
    FROM summed WINDOW alike AS (PARTITION BY model)
    """,
)

ASSISTED_CONVERSIONS: Final = View(
    "assisted_conversions",
    "One row a channel and campaign: the purchases it was the last touch of, and those it helped to.",
    {
        "channel": "Source of the touches.",
        "campaign": "Their campaign; empty of journeys without one.",
        "last_conversions": "Purchases whose last touch it is.",
        "last_revenue_base": "Their total in the base currency, in its units; of those with a rate.",
        "assisted_conversions": "Purchases whose journey it is in, but not last.",
        "assisted_revenue_base": "Their total in the base currency, in its units; of those with a rate.",
        "orders_without_rate": "Purchases of both whose currency has no rate.",
        "assists_by_last": "Assists for each last touch: above 1 it helps more than it closes. Empty where never last.",
    },
    """
    WITH played AS (
        SELECT channel, campaign, customer_id, order_id, any_value(amount_base) AS amount_base,
               max(position) = any_value(touches) AS is_last
        FROM attributed_touches GROUP BY channel, campaign, customer_id, order_id
    )
    SELECT channel, campaign,
           count(*) FILTER (is_last) AS last_conversions,
           coalesce(sum(amount_base) FILTER (is_last), 0) AS last_revenue_base,
           count(*) FILTER (NOT is_last) AS assisted_conversions,
           coalesce(sum(amount_base) FILTER (NOT is_last), 0) AS assisted_revenue_base,
           count(*) FILTER (amount_base IS NULL) AS orders_without_rate,
           count(*) FILTER (NOT is_last) / nullif(count(*) FILTER (is_last), 0) AS assists_by_last
    FROM played
    GROUP BY channel, campaign
    """,
)


def journey_paths(policy: ProfilePolicy) -> View:
    """Return the view ``journey_paths``."""
    days = policy.attribution.days
    return View(
        "journey_paths",
        "One row a path, and whether it led to a purchase: how many journeys went it. A journey that did is the touches"
        f" that attributed_touches has for it. One that did not is touches no more than {days} days apart with no "
        f"purchase of the customer in the {days} days after each: those with a campaign, else the last one. Journeys "
        "that may still lead to a purchase at the moment are left out.",
        {
            "path": "Touches in their order, as channel:campaign, or channel alone where there is no campaign.",
            "converted": "Whether it led to a purchase.",
            "journeys": "Number of journeys.",
            "new_customers": "Those that led to a customer's first order.",
            "revenue_base": "Purchases in the base currency, in its units; of those with a rate.",
            "orders_without_rate": "Purchases whose currency has no rate: they are not in revenue_base.",
        },
        f"""
    WITH {_PURCHASES}, touches AS (
        SELECT customer_id, event_time, event_id, source, concat_ws(':', source, nullif(campaign, '')) AS step,
               campaign <> '' AS has_campaign
        FROM touchpoints_by_customer
        WHERE customer_id IS NOT NULL AND type NOT IN ('purchase', 'return')
    ), vain AS (
        SELECT touches.*
        FROM touches ASOF LEFT JOIN purchases
          ON purchases.customer_id = touches.customer_id AND purchases.ordered_at >= touches.event_time
        WHERE ordered_at IS NULL OR ordered_at > event_time + to_days({days})
    ), apart AS (
        SELECT *, lag(event_time) OVER (PARTITION BY customer_id ORDER BY {IN_ORDER}) + to_days({days}) AS joined_until
        FROM vain
    ), numbered AS (
        SELECT *, count(*) FILTER (event_time > joined_until) OVER (PARTITION BY customer_id ORDER BY {IN_ORDER})
               AS journey
        FROM apart
    ), lost AS (
        SELECT list({{'event_time': event_time, 'event_id': event_id, 'source': source, 'step': step}})
                   FILTER (has_campaign) AS with_campaign,
               [max({{'event_time': event_time, 'event_id': event_id, 'source': source, 'step': step}})] AS last_step
        FROM numbered GROUP BY customer_id, journey
        HAVING max(event_time) + to_days({days}) < (SELECT "at" FROM moment)
    ), won AS (
        SELECT list({{'position': position, 'step': concat_ws(':', channel, campaign)}}) AS steps,
               any_value(order_number) AS order_number, any_value(amount_base) AS amount_base
        FROM attributed_touches GROUP BY customer_id, order_id
    ), paths AS (
        SELECT list_transform(list_sort(steps), lambda one: one.step) AS path, true AS converted, order_number,
               amount_base
        FROM won
        UNION ALL
        SELECT list_transform(list_sort(coalesce(with_campaign, last_step)), lambda one: one.step), false, NULL, NULL
        FROM lost
    )
    SELECT path, converted, count(*) AS journeys, count(*) FILTER (order_number = 1) AS new_customers,
           coalesce(sum(amount_base), 0) AS revenue_base,
           count(*) FILTER (converted AND amount_base IS NULL) AS orders_without_rate
    FROM paths GROUP BY path, converted
    """,  # noqa: S608 - literals from the policy
    )
