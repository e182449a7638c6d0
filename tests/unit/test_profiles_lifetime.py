"""What customers will bring: against the published figures of the CDNOW sample, by hand, and by simulation."""

import csv
import gzip
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from math import log
from pathlib import Path

import numpy as np
import pytest
from scipy.special import betaln, log_expit

from profiles import bg_nbd, gamma_gamma, lifetime
from profiles.bg_nbd import BgNbd, expected_transactions, probability_alive
from profiles.buying import DAY_MS, Buying, Buyings, Floats, buying, columns
from profiles.gamma_gamma import GammaGamma, expected_mean_value
from profiles.lifetime import WEEKS_A_YEAR, Horizon, LifetimeModel, from_json, predict, to_json
from profiles.likelihood import LEAST_REPEAT_BUYERS, NotFittedError, likeliest

DATA = Path(__file__).parents[1] / "data"
WEEK_MS = 7 * DAY_MS
MODEL = LifetimeModel(
    format=lifetime.FORMAT,
    period_from_ms=0,
    period_to_ms=39 * WEEK_MS,
    customers=2_357,
    repeat_buyers=946,
    transactions=BgNbd(0.243, 4.414, 0.793, 2.426),
    transactions_log_likelihood=-9582.4,
    values=GammaGamma(6.25, 3.74, 15_440_000.0),
    values_log_likelihood=-17125.4,
)


def day_ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


CALIBRATED_MS = day_ms("1997-09-30")


def rows(name: str) -> list[dict[str, str]]:
    with gzip.open(DATA / name, "rt") as file:
        return list(csv.DictReader(file))


@cache
def cdnow_purchases() -> dict[int, list[tuple[int, int]]]:
    purchases = defaultdict(list)
    for row in rows("cdnow_sample.csv.gz"):
        purchases[int(row["customer"])].append((day_ms(row["day"]), round(float(row["dollars"]) * 1e6)))
    return purchases


@cache
def cdnow() -> Buyings:
    found = [buying(purchases, CALIBRATED_MS) for purchases in cdnow_purchases().values()]
    return columns([one for one in found if one])


def one_customer(x: float, recency: float, age: float, value: float = 0.0) -> Buyings:
    return Buyings(*(np.array([number]) for number in (x, recency, age, value)))


def simulated(model: BgNbd, customers: int) -> Buyings:
    """Return customers who buy just as the model says, seen for 39 to 52 weeks."""
    random = np.random.default_rng(20_051)
    age = random.uniform(39.0, 52.0, customers)
    mean_gap, leaving = (
        1.0 / random.gamma(model.r, 1.0 / model.alpha, customers),
        random.beta(model.a, model.b, customers),
    )
    x, last, alive = np.zeros(customers), np.zeros(customers), np.ones(customers, dtype=bool)
    while alive.any():
        moment = last + random.exponential(mean_gap)
        buys = alive & (moment <= age)
        x[buys] += 1.0
        last[buys] = moment[buys]
        alive = buys & (random.random(customers) >= leaving)
    return Buyings(x, last, age, np.zeros(customers))


def by_integral(model: BgNbd, x: float, age: float, time: float) -> float:
    """Return what to expect of one who is alive, as the mean over probabilities to leave, by the trapezoidal rule."""
    logit, step = np.linspace(-40.0 / model.a - 40.0, 40.0 / (model.b + x) + 40.0, 100_001, retstep=True)
    log_leaving, log_staying = log_expit(logit), log_expit(-logit)
    density = np.exp(model.a * log_leaving + (model.b + x) * log_staying - betaln(model.a, model.b + x))
    leaving = np.exp(log_leaving)
    until_left = -np.expm1(-(model.r + x) * np.log1p(leaving * time / (model.alpha + age))) / leaving
    return float(np.sum(density * until_left) * step)


# How a customer bought


def test_the_purchases_of_the_cdnow_sample_give_its_published_summary() -> None:
    ours, published = cdnow(), rows("cdnow_summary.csv.gz")
    assert len(ours) == len(published) == 2_357
    assert list(cdnow_purchases()) == [int(row["customer"]) for row in published]
    for column, name in (
        (ours.frequency, "x"),
        (ours.recency_weeks, "t_x"),
        (ours.age_weeks, "T"),
        (ours.mean_repeat_value_micros / 1e6, "zbar"),
    ):
        np.testing.assert_allclose(column, [float(row[name]) for row in published], rtol=0, atol=0.00501)


def test_a_customer_is_summed_up_by_days() -> None:
    purchases = [(0, 5_000_000), (7 * DAY_MS, 1_000_000), (7 * DAY_MS + 1, 2_000_000), (14 * DAY_MS, 6_000_000)]
    assert buying(purchases, 21 * DAY_MS) == Buying(2, 2.0, 3.0, 4_500_000.0, 14_000_000)


def test_purchases_of_one_day_are_one_purchase() -> None:
    assert buying([(0, 3), (DAY_MS - 1, 4)], DAY_MS) == Buying(0, 0.0, 1 / 7, 0.0, 7)


def test_a_day_goes_from_midnight_to_midnight_in_utc() -> None:
    assert buying([(DAY_MS - 1, 3), (DAY_MS, 4)], DAY_MS) == Buying(1, 1 / 7, 1 / 7, 4.0, 7)


def test_a_purchase_after_the_moment_does_not_count() -> None:
    assert buying([(0, 3), (WEEK_MS + 1, 4)], WEEK_MS) == Buying(0, 0.0, 1.0, 0.0, 3)


def test_a_purchase_at_the_moment_counts() -> None:
    assert buying([(0, 3), (WEEK_MS, 4)], WEEK_MS) == Buying(1, 1.0, 1.0, 4.0, 7)


@pytest.mark.parametrize("purchases", [[], [(5, 1_000_000)], [(0, -1)]])
def test_who_bought_nothing_by_the_moment_has_no_summary(purchases: list[tuple[int, int]]) -> None:
    assert buying(purchases, 4) is None


def test_what_cost_nothing_is_a_purchase() -> None:
    assert buying([(0, 0), (WEEK_MS, 0)], WEEK_MS) == Buying(1, 1.0, 1.0, 0.0, 0)


def test_a_return_is_no_purchase_and_lowers_the_historical_value_alone() -> None:
    assert buying([(0, 9), (WEEK_MS, 8), (2 * WEEK_MS, -8)], 2 * WEEK_MS) == Buying(1, 1.0, 2.0, 8.0, 9)


def test_a_return_on_the_day_of_the_purchase_lowers_its_value() -> None:
    assert buying([(0, 9), (WEEK_MS, 8), (WEEK_MS + 1, -5)], WEEK_MS + 1) == Buying(1, 1.0, 1.0, 3.0, 12)


def test_purchases_before_1970_have_days_too() -> None:
    assert buying([(-WEEK_MS, 1), (-1, 2)], 0) == Buying(1, 6 / 7, 1.0, 2.0, 3)


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ((1.5, 1.0, 2.0, 1.0), "whole number"),
        ((-1.0, 0.0, 2.0, 0.0), "not below 0"),
        ((1.0, 3.0, 2.0, 1.0), "recency is above age"),
        ((0.0, 1.0, 2.0, 0.0), "nothing was bought again"),
        ((0.0, 0.0, 2.0, 5.0), "nothing was bought again"),
        ((1.0, 1.0, float("nan"), 1.0), "finite"),
    ],
)
def test_columns_that_no_customer_can_have_are_refused(
    numbers: tuple[float, float, float, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        one_customer(*numbers)


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="one length"):
        Buyings(np.zeros(2), np.zeros(2), np.zeros(3), np.zeros(2))


# How often: BG/NBD


def test_bg_nbd_fits_the_cdnow_sample_as_published() -> None:
    model = bg_nbd.fit(cdnow())
    assert (model.r, model.alpha, model.a, model.b) == pytest.approx((0.243, 4.414, 0.793, 2.426), abs=0.0006)
    assert bg_nbd.log_likelihood(model, cdnow()) == pytest.approx(-9582.4, abs=0.05)


def test_bg_nbd_expects_of_a_cdnow_customer_what_was_published() -> None:
    assert expected_transactions(MODEL.transactions, one_customer(2, 30.43, 38.86), 39.0) == pytest.approx(
        [1.226], abs=0.0005
    )


def test_bg_nbd_foretells_the_next_39_weeks_of_the_cdnow_sample_within_an_eighth() -> None:
    later = [len({time for time, _ in one if time > CALIBRATED_MS}) for one in cdnow_purchases().values()]
    assert np.sum(expected_transactions(bg_nbd.fit(cdnow()), cdnow(), 39.0)) == pytest.approx(sum(later), rel=0.125)


def test_a_likelihood_by_hand() -> None:
    """Half of (1/9 stayed plus 1/4 left) is 13/72."""
    model, customer = BgNbd(1.0, 1.0, 1.0, 1.0), one_customer(1, 1, 2)
    assert bg_nbd.log_likelihood(model, customer) == pytest.approx(log(13 / 72))
    assert probability_alive(model, customer) == pytest.approx([4 / 13])


def test_who_never_bought_again_is_alive() -> None:
    assert probability_alive(MODEL.transactions, one_customer(0, 0, 39)) == [1.0]


def test_expected_transactions_by_hand() -> None:
    """With 2F1(1, 1; 2; 1/2) = 2 ln 2 it is 2 (1 - ln 2)."""
    model = BgNbd(1.0, 1.0, 2.0, 1.0)
    assert expected_transactions(model, one_customer(0, 0, 1), 2.0) == pytest.approx([2 * (1 - log(2))])


@pytest.mark.parametrize("x", [0, 1, 7, 270])
@pytest.mark.parametrize(
    "model",
    [
        MODEL.transactions,
        BgNbd(0.25, 4.4, 1.0, 2.0),
        BgNbd(0.25, 4.4, 0.4, 0.6),
        BgNbd(30.0, 100.0, 0.1, 40.0),
        BgNbd(5.0, 0.5, 30.0, 0.1),
        BgNbd(8.0, 1.0, 8.0, 1.0),
    ],
)
def test_expected_transactions_are_the_mean_over_customers_who_may_leave(model: BgNbd, x: int) -> None:
    """Also for hundreds of purchases and many years, and where the closed form is 0 / 0: a is 1, or a + b is."""
    customer = one_customer(x, 39.0 if x else 0.0, 39.0)
    for weeks in (4.0, 520.0):
        expected = by_integral(model, x, 39.0, weeks) * probability_alive(model, customer)
        assert expected_transactions(model, customer, weeks) == pytest.approx(expected, rel=1e-5, abs=1e-6)


def test_each_customer_may_have_a_time_of_their_own() -> None:
    two = Buyings(*(np.repeat(column, 2) for column in ([2.0], [30.0], [39.0], [0.0])))
    both = expected_transactions(MODEL.transactions, two, np.array([10.0, 20.0]))
    assert both == pytest.approx([expected_transactions(MODEL.transactions, two, time)[0] for time in (10.0, 20.0)])


@pytest.mark.parametrize("true", [BgNbd(0.5, 6.0, 0.8, 2.5), BgNbd(2.0, 10.0, 1.5, 6.0)])
def test_bg_nbd_finds_the_parameters_of_simulated_customers(true: BgNbd) -> None:
    found = bg_nbd.fit(simulated(true, 40_000))
    assert found.r == pytest.approx(true.r, rel=0.05)
    assert found.alpha == pytest.approx(true.alpha, rel=0.05)
    assert found.a / (found.a + found.b) == pytest.approx(true.a / (true.a + true.b), rel=0.05)
    assert found.a == pytest.approx(true.a, rel=0.2)


def test_bg_nbd_does_not_depend_on_the_unit_of_time() -> None:
    weeks = cdnow()
    days = Buyings(weeks.frequency, weeks.recency_weeks * 7, weeks.age_weeks * 7, weeks.mean_repeat_value_micros)
    by_week, by_day = bg_nbd.fit(weeks), bg_nbd.fit(days)
    assert (by_day.r, by_day.alpha, by_day.a, by_day.b) == pytest.approx(
        (by_week.r, by_week.alpha * 7, by_week.a, by_week.b), rel=1e-3
    )


def test_customers_of_one_rate_who_never_leave_are_expected_to_go_on() -> None:
    """Nothing bounds the parameters then; the fit ends where customers hardly differ."""
    random = np.random.default_rng(3)
    x = random.poisson(5.0, 2_000).astype(np.float64)
    last = np.where(x > 0, 50.0 * random.random(2_000) ** (1.0 / np.maximum(x, 1.0)), 0.0)
    customers = Buyings(x, last, np.full(2_000, 50.0), np.zeros(2_000))
    expected = expected_transactions(bg_nbd.fit(customers), customers, 10.0)
    assert expected == pytest.approx(np.full(2_000, np.mean(x) / 5.0), rel=0.15)


def test_too_few_repeat_buyers_are_no_basis_for_bg_nbd() -> None:
    few = simulated(MODEL.transactions, LEAST_REPEAT_BUYERS - 1)
    with pytest.raises(NotFittedError, match="at least 30 customers who bought again"):
        bg_nbd.fit(few)


def test_a_search_that_finds_no_end_is_an_error() -> None:
    with pytest.raises(NotFittedError, match="no likeliest parameters"):
        likeliest(lambda parameters: (float("nan"), parameters), [(1.0, 1.0)])


# How much: Gamma-Gamma


def test_gamma_gamma_fits_the_cdnow_sample_as_published() -> None:
    frequency, dollars = cdnow().frequency, cdnow().mean_repeat_value_micros / 1e6
    model = gamma_gamma.fit(frequency, dollars)
    assert np.count_nonzero(frequency) == 946
    assert (model.p, model.q, model.gamma) == pytest.approx((6.25, 3.74, 15.44), abs=0.005)


def test_gamma_gamma_held_to_the_mean_is_next_to_it_where_the_model_holds() -> None:
    frequency, dollars = cdnow().frequency, cdnow().mean_repeat_value_micros / 1e6
    free, held = gamma_gamma.fit(frequency, dollars), gamma_gamma.fit_to_mean(frequency, dollars)
    assert (held.p, held.q, held.gamma) == pytest.approx((free.p, free.q, free.gamma), rel=0.005)
    assert held.p * held.gamma / (held.q - 1) == pytest.approx(np.mean(dollars[frequency > 0]))


def test_gamma_gamma_held_to_the_mean_expects_no_tail_that_was_not_seen() -> None:
    """Baskets vary by a log-normal distribution, much more than by a gamma distribution; customers do not differ."""
    frequency, value = np.ones(5_000), np.random.default_rng(5).lognormal(3.5, 1.8, 5_000)
    once = np.zeros(1)
    free, held = gamma_gamma.fit(frequency, value), gamma_gamma.fit_to_mean(frequency, value)
    assert expected_mean_value(free, once, once) > 5 * np.mean(value)
    assert expected_mean_value(held, once, once) == pytest.approx([np.mean(value)])


def test_a_value_by_hand() -> None:
    model = GammaGamma(1.0, 2.0, 1.0)
    assert gamma_gamma.log_likelihood(model, np.array([1.0]), np.array([1.0])) == pytest.approx(log(1 / 4))
    assert expected_mean_value(model, np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 3.0])) == pytest.approx(
        [1.0, 1.0, 7 / 3]
    )


@pytest.mark.parametrize("fit", [gamma_gamma.fit, gamma_gamma.fit_to_mean])
def test_gamma_gamma_finds_the_parameters_of_simulated_customers(fit: Callable[[Floats, Floats], GammaGamma]) -> None:
    true, random = GammaGamma(4.0, 3.0, 20.0), np.random.default_rng(11)
    frequency = random.integers(1, 10, 40_000).astype(np.float64)
    rate = random.gamma(true.q, 1.0 / true.gamma, 40_000)
    found = fit(frequency, random.gamma(true.p * frequency) / (rate * frequency))
    assert (found.p, found.q, found.gamma) == pytest.approx((true.p, true.q, true.gamma), rel=0.05)


def test_who_never_paid_does_not_count_for_what_a_purchase_brings() -> None:
    frequency, dollars = cdnow().frequency, cdnow().mean_repeat_value_micros / 1e6
    with_free = gamma_gamma.fit(np.append(frequency, 3.0), np.append(dollars, 0.0))
    assert with_free == gamma_gamma.fit(frequency, dollars)


@pytest.mark.parametrize("fit", [gamma_gamma.fit, gamma_gamma.fit_to_mean])
def test_too_few_repeat_buyers_are_no_basis_for_gamma_gamma(fit: Callable[[Floats, Floats], GammaGamma]) -> None:
    with pytest.raises(NotFittedError, match="got 29"):
        fit(np.ones(LEAST_REPEAT_BUYERS - 1), np.ones(LEAST_REPEAT_BUYERS - 1))


def test_values_without_a_mean_are_an_error_of_the_free_fit() -> None:
    random = np.random.default_rng(3)
    with pytest.raises(NotFittedError, match="no bound"):
        gamma_gamma.fit(np.ones(2_000), random.lognormal(3.0, 4.0, 2_000))


# What customers will bring


def test_the_model_of_the_cdnow_sample_says_what_it_was_fitted_to() -> None:
    model = lifetime.fit(cdnow(), CALIBRATED_MS)
    assert (model.format, model.customers, model.repeat_buyers) == (lifetime.FORMAT, 2_357, 946)
    assert (model.period_from_ms, model.period_to_ms) == (day_ms("1997-01-01"), CALIBRATED_MS)
    assert model.transactions == bg_nbd.fit(cdnow())
    assert model.transactions_log_likelihood == pytest.approx(-9582.4, abs=0.05)
    assert model.values == gamma_gamma.fit_to_mean(cdnow().frequency, cdnow().mean_repeat_value_micros)
    assert model.values_log_likelihood == pytest.approx(-4055.9 - 946 * log(1e6), abs=0.05)


def test_the_next_39_weeks_of_the_cdnow_sample_bring_what_is_expected_within_a_fifth() -> None:
    later = sum(micros for one in cdnow_purchases().values() for time, micros in one if time > CALIBRATED_MS)
    found = predict(lifetime.fit(cdnow(), CALIBRATED_MS), cdnow(), Horizon(39.0, 0.0))
    assert np.sum(found.lifetime_value_micros) == pytest.approx(later, rel=0.2)


def test_a_prediction_has_each_part_of_its_value() -> None:
    found = predict(MODEL, cdnow(), Horizon(52.0, 0.0))
    assert found.probability_alive == pytest.approx(probability_alive(MODEL.transactions, cdnow()))
    assert found.transactions == pytest.approx(expected_transactions(MODEL.transactions, cdnow(), 52.0))
    values = expected_mean_value(MODEL.values, cdnow().frequency, cdnow().mean_repeat_value_micros)
    assert found.mean_value_micros == pytest.approx(values)


def test_without_a_discount_the_value_is_transactions_times_their_value() -> None:
    found = predict(MODEL, cdnow(), Horizon(52.0, 0.0))
    assert found.lifetime_value_micros == pytest.approx(found.transactions * found.mean_value_micros)


@pytest.mark.parametrize("years", [1, 3, 10])
def test_the_discounted_value_is_the_sum_over_small_steps(years: int) -> None:
    customers = Buyings(np.array([0.0, 3.0]), np.array([0.0, 30.0]), np.array([1.0, 39.0]), np.array([0.0, 2e7]))
    ends = np.linspace(0.0, years * WEEKS_A_YEAR, 4_001)
    grown = np.array([expected_transactions(MODEL.transactions, customers, end) for end in ends])
    middles = (ends[1:] + ends[:-1]) / 2
    transactions = (1.15 ** (-middles / WEEKS_A_YEAR)) @ np.diff(grown, axis=0)
    found = predict(MODEL, customers, Horizon(years * WEEKS_A_YEAR, 0.15))
    assert found.lifetime_value_micros == pytest.approx(transactions * found.mean_value_micros, rel=1e-5)


def test_nobody_is_predicted_without_customers() -> None:
    found = predict(MODEL, columns([]), Horizon(52.0, 0.1))
    assert len(found.lifetime_value_micros) == 0


@pytest.mark.parametrize("weeks", [0.0, -1.0, float("nan"), float("inf")])
def test_a_horizon_is_some_weeks(weeks: float) -> None:
    with pytest.raises(ValueError, match="weeks above 0"):
        Horizon(weeks, 0.1)


@pytest.mark.parametrize("rate", [-0.1, float("nan"), float("inf")])
def test_a_discount_rate_is_not_below_0(rate: float) -> None:
    with pytest.raises(ValueError, match="rate of 0 or more"):
        Horizon(52.0, rate)


def test_a_model_is_read_back_as_it_was_written() -> None:
    assert from_json(to_json(MODEL)) == MODEL


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        to_json(MODEL).replace(b'"alpha"', b'"beta"'),
        to_json(MODEL).replace(b'"r": 0.243', b'"r": 0'),
        to_json(MODEL).replace(b'"q": 3.74', b'"q": 1'),
    ],
)
def test_what_is_no_model_is_an_error(data: bytes) -> None:
    with pytest.raises(ValueError, match="expected a model of lifetime value"):
        from_json(data)


def test_a_model_of_another_format_is_an_error() -> None:
    with pytest.raises(ValueError, match="expected a model of format 1, got 2"):
        from_json(to_json(MODEL).replace(b'"format": 1', b'"format": 2'))
