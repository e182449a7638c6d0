"""What each figure of the report says in a sentence, of the rows that it asked for; there is at least one.

``CURRENCY`` stands for the base currency, which whoever makes the figure puts in.
"""

from sinks.report.plan import MOST_OF_REVENUE, Row, Rows, name_of, number_of
from sinks.report.svg import written


def _most(rows: Rows, column: str) -> Row:
    """Return the row with the most; the first of several, the first of all where there is no number."""
    return max(rows, key=lambda row: -float("inf") if row[column] is None else float(row[column]))


def _least(rows: Rows, column: str) -> Row:
    return min(rows, key=lambda row: float("inf") if row[column] is None else float(row[column]))


def tell_months(rows: Rows) -> str:
    """Say which month brought the most."""
    best = _most(rows, "revenue_base")
    total = sum(row["revenue_base"] for row in rows)
    return (
        f"{best['month']} brought the most, {written(float(best['revenue_base']), 'money')} of "
        f"{written(float(total), 'money')} CURRENCY; the first and the last month may not be whole."
    )


def tell_pareto(rows: Rows) -> str:
    """Say how few customers make most of the revenue."""
    mark = next(row for row in rows if row["revenue_share"] >= MOST_OF_REVENUE)
    return (
        f"{written(mark['customer_share'], 'percent')} of the customers with positive revenue make "
        f"{written(mark['revenue_share'], 'percent')} of it."
    )


def tell_rfm(rows: Rows) -> str:
    """Say which class makes the most of the revenue, and how large it is."""
    best = _most(rows, "revenue_share")
    return (
        f"{best['rfm_class']} are {written(best['share'], 'percent')} of the buyers and make "
        f"{written(best['revenue_share'], 'percent')} of the revenue."
    )


def tell_cohorts(rows: Rows) -> str:
    """Say how many buyers come back in the month after, of the cohorts for which that month is over."""
    over = {row["cohort"] for row in rows if row["months_since"] == 2}  # noqa: PLR2004 - the month after has begun too
    later = [row for row in rows if row["months_since"] == 1 and row["cohort"] in over]
    bought = sum(row["customers"] for row in later)
    if not bought:
        return "No cohort has the month after its first purchases behind it yet."
    came = sum(row["active_customers"] for row in later)
    return f"{written(came / bought, 'percent')} of the buyers bought again in the month after their first purchase."


def tell_models(rows: Rows) -> str:
    """Say whom Shapley and Markov credit with most, and on whom the models differ."""
    first, last = _most(rows, "shapley"), _most(rows, "markov")
    furthest = max(rows, key=lambda row: abs(row["first"] - row["last"]))
    return (
        f"Shapley credits {name_of(first, 'channel', 'campaign')} with most ({written(first['shapley'], 'count')}), "
        f"Markov {name_of(last, 'channel', 'campaign')} ({written(last['markov'], 'count')}). The models differ most "
        f"on {name_of(furthest, 'channel', 'campaign')}: {written(furthest['first'], 'count')} by first touch, "
        f"{written(furthest['last'], 'count')} by last."
    )


def tell_media(rows: Rows) -> str:
    """Say between which shares the models see paid media."""
    shares = {row["model"]: row["paid"] or 0 for row in rows}
    low, high = (choose(shares, key=lambda model: (shares[model], model)) for choose in (min, max))
    return (
        f"Paid media are credited with {written(shares[low], 'percent')} of the conversions by the model {low}, "
        f"and with {written(shares[high], 'percent')} by {high}."
    )


def tell_return(rows: Rows) -> str:
    """Say which campaign costs the most and what it returns, and which lose."""
    paid = [row for row in rows if row["return_on_investment"] is not None]
    if not paid:
        return "No campaign tells what it costs."
    losing = [row for row in paid if row["return_on_investment"] < 0]
    dearest = _most(paid, "cost_base")
    loss = (
        f"{', '.join(name_of(row, 'campaign') for row in losing)} cost more than they bring" if losing else "none loses"
    )
    return (
        f"{name_of(dearest, 'campaign')} costs the most, {written(float(dearest['cost_base']), 'money')} CURRENCY, and "
        f"returns {written(dearest['return_on_investment'], 'number')} for each 1 spent; {loss}."
    )


def tell_flow(rows: Rows) -> str:
    """Say which change of channel is the most frequent."""
    best = rows[0]
    total = sum(row["times"] for row in rows)
    return (
        f"{best['from_channel']} to {best['to_channel']} is the most frequent change of channel: "
        f"{written(best['times'] / total, 'percent')} of {written(total, 'count')}."
    )


def tell_breakdowns(rows: Rows) -> str:
    """Say how many failures are followed by a contact elsewhere."""
    failures, followed = (sum(row[column] for row in rows) for column in ("failures", "followed"))
    worst = _most(rows, "rate")
    return (
        f"After {written(followed, 'count')} of {written(failures, 'count')} failures the customer got in touch on "
        f"another channel; most often after {worst['breakdown']} on {worst['channel']}, "
        f"{written(worst['rate'], 'percent')}."
    )


def tell_service(rows: Rows) -> str:
    """Say how many contacts are repeated, and what about."""
    contacts, repeats = (sum(row[column] for row in rows) for column in ("contacts", "repeats"))
    often = _most(rows, "repeat_share")
    return (
        f"{written(repeats, 'count')} of {written(contacts, 'count')} contacts were about the same again, most often "
        f"about {name_of(often, 'reason')}: {written(often['repeat_share'], 'percent')}."
    )


def tell_experience(rows: Rows) -> str:
    """Say which channel takes the most from the index, and which fares best."""
    worst = _least(rows, "points_per_customer")
    best = _most(rows, "points_per_customer")
    return (
        f"{worst['channel']} takes the most, {written(worst['points_per_customer'], 'number')} points a customer; "
        f"{best['channel']} fares best with {written(best['points_per_customer'], 'number')}."
    )


def tell_index(rows: Rows) -> str:
    """Say the mean index, and how many are in the lower half."""
    customers = sum(row["customers"] for row in rows)
    below = sum(row["customers"] for row in rows if row["from_index"] < 50)  # noqa: PLR2004 - the middle
    mean = sum(row["mean_index"] * row["customers"] for row in rows) / customers
    return (
        f"The mean index is {written(mean, 'number')}; {written(below, 'count')} of {written(customers, 'count')} "
        "customers are below 50."
    )


def tell_voice(rows: Rows) -> str:
    """Say how much is said, and about what in the worst tone."""
    worst = _least(rows, "mean_sentiment")
    return (
        f"{written(sum(row['mentions'] for row in rows), 'count')} mentions; the tone is worst on {worst['topic']} of "
        f"{name_of(worst, 'brand')}, {written(number_of(worst['mean_sentiment']), 'number')}."
    )


def tell_consent(rows: Rows) -> str:
    """Say what is permitted most and least."""
    best, worst = _most(rows, "share"), _least(rows, "share")
    return (
        f"{best['purpose']} on {best['channel']} is permitted by {written(best['share'], 'percent')} of those who said "
        f"something on the purpose, {worst['purpose']} on {worst['channel']} by {written(worst['share'], 'percent')}."
    )


def tell_consent_months(rows: Rows) -> str:
    """Say on which channel most permit marketing."""
    newest = max(row["month_end"] for row in rows)
    best = _most([row for row in rows if row["month_end"] == newest], "permitted")
    return (
        f"On {newest:%Y-%m-%d}, {written(best['permitted'], 'count')} customers permit marketing on {best['channel']}, "
        "more than on any other of these channels."
    )


def tell_segments(rows: Rows) -> str:
    """Say in which segment a customer brings most."""
    richest = _most(rows, "revenue_per_member")
    return (
        f"Each customer of {richest['segment']} brought "
        f"{written(number_of(richest['revenue_per_member']), 'money')} CURRENCY, more than in any other segment."
    )


def tell_overlap(rows: Rows) -> str:
    """Say which two segments have most in common."""
    best = _most(rows, "customers")
    return (
        f"{best['segment']} and {best['other_segment']} have {written(best['customers'], 'count')} customers in "
        f"common, {written(best['share_of_segment'], 'percent')} of the one and "
        f"{written(best['share_of_other'], 'percent')} of the other."
    )


def tell_offers(rows: Rows) -> str:
    """Say which offer is accepted most, and which declined."""
    best, declined = _most(rows, "acceptance_rate"), _most(rows, "decline_rate")
    return (
        f"{best['offer_id']} is accepted most, by {written(best['acceptance_rate'], 'percent')}; "
        f"{declined['offer_id']} is declined most, by {written(declined['decline_rate'], 'percent')}."
    )


def tell_reach(rows: Rows) -> str:
    """Say which campaign reaches most, and which meets its own most often."""
    best, often = _most(rows, "customers"), _most(rows, "frequency")
    return (
        f"{best['campaign']} reached the most customers, {written(best['customers'], 'count')}; {often['campaign']} "
        f"met each of its own most often, {written(often['frequency'], 'number')} times."
    )


def tell_channels(rows: Rows) -> str:
    """Say which channel reaches most, and which alone."""
    best, alone = _most(rows, "customers"), _most(rows, "only_share")
    return (
        f"{best['channel']} reaches {written(best['share'], 'percent')} of all customers; of those of "
        f"{alone['channel']}, {written(alone['only_share'], 'percent')} are seen nowhere else."
    )


def tell_common(rows: Rows) -> str:
    """Say which channel's customers use another one most."""
    best = _most(rows, "share_of_channel")
    share = written(best["share_of_channel"], "percent")
    return f"{share} of the customers of {best['channel']} also use {best['other_channel']}."


def tell_won(rows: Rows) -> str:
    """Say who wins the customers that are worth most."""
    best = _most(rows, "revenue_per_customer")
    return (
        f"Customers won by {name_of(best, 'channel', 'campaign')} are worth the most so far, "
        f"{written(best['revenue_per_customer'], 'money')} CURRENCY each."
    )


def tell_assists(rows: Rows) -> str:
    """Say who helps to most purchases."""
    helper = _most(rows, "assisted_conversions")
    return (
        f"{name_of(helper, 'channel', 'campaign')} helped to {written(helper['assisted_conversions'], 'count')} "
        f"purchases that another touch closed, and closed {written(helper['last_conversions'], 'count')}."
    )


def tell_predicted(rows: Rows) -> str:
    """Say what all are expected to bring, for which time, and which class most of it."""
    first = rows[0]
    total = sum(row["predicted_value"] for row in rows)
    customers = sum(row["customers"] for row in rows)
    share = written(first["predicted_value"] / total if total else 0.0, "percent")
    expected = "buyer is expected" if customers == 1 else "buyers are expected"
    return (
        f"{written(customers, 'count')} {expected} to bring {written(total, 'money')} CURRENCY within "
        f"{written(first['horizon_days'], 'count')} days, {share} of it by {name_of(first, 'rfm_class')}."
    )


def tell_look_alikes(rows: Rows) -> str:
    """Say how many are like the members of each segment, and by what most of them."""
    first = {row["segment"]: row for row in reversed(rows)}
    told = [
        f"{written(row['found'], 'count')} {'is' if row['found'] == 1 else 'are'} like {segment}, "
        f"most often by {name_of(row, 'feature')}"
        for segment, row in sorted(first.items())
    ]
    return f"{'; '.join(told)}. It says nothing of consent."
