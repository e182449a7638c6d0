"""What holds for any customer and any parameters of the models of lifetime value."""

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiles.bg_nbd import BgNbd, expected_transactions, probability_alive
from profiles.buying import DAY_MS, Buyings, buying, columns
from profiles.gamma_gamma import GammaGamma, expected_mean_value
from profiles.lifetime import FORMAT, WEEKS_A_YEAR, Horizon, LifetimeModel, from_json, predict, to_json
from tests.property.effort import examples

NEARLY = 1e-5
A_MILLIONTH = 1e-6


def around_one(most: float) -> st.SearchStrategy[float]:
    return st.floats(-1.0, 1.0).map(lambda power: float(most**power))


rates = st.builds(BgNbd, around_one(50.0), around_one(100.0), around_one(50.0), around_one(50.0))
values = st.builds(GammaGamma, around_one(50.0), around_one(50.0).map(lambda above: 1.0 + above), around_one(1e6))
models = st.builds(
    LifetimeModel,
    st.just(FORMAT),
    st.integers(0, 10**12),
    st.integers(10**12, 2 * 10**12),
    st.integers(30, 10**6),
    st.just(30),
    rates,
    st.floats(-1e9, 1e9),
    values,
    st.floats(-1e9, 1e9),
)
weeks = st.floats(0.1, 520.0)


@st.composite
def customers(draw: st.DrawFn) -> Buyings:
    days = draw(st.one_of(st.integers(0, 30), st.integers(31, 2_000)))
    last = draw(st.integers(0, days))
    x = draw(st.integers(1, last)) if last else 0
    age, recency = days / 7, last / 7
    value = draw(st.floats(0.0, 1e9)) if x else 0.0
    return Buyings(*(np.array([number]) for number in (float(x), recency, age, value)))


purchases = st.lists(st.tuples(st.integers(-20 * DAY_MS, 40 * DAY_MS), st.integers(-5, 20)), max_size=12)


@settings(max_examples=examples(100))
@given(rates, customers())
def test_a_customer_is_alive_with_a_probability(model: BgNbd, customer: Buyings) -> None:
    assert 0.0 <= probability_alive(model, customer)[0] <= 1.0


@settings(max_examples=examples(100))
@given(rates, customers(), weeks)
def test_silence_makes_it_less_likely_that_a_customer_is_alive(model: BgNbd, customer: Buyings, silence: float) -> None:
    later = Buyings(
        customer.frequency, customer.recency_weeks, customer.age_weeks + silence, customer.mean_repeat_value_micros
    )
    assert probability_alive(model, later)[0] <= probability_alive(model, customer)[0]


@settings(max_examples=examples(100))
@given(rates, customers(), weeks, weeks)
def test_expected_transactions_grow_with_time(model: BgNbd, customer: Buyings, time: float, more: float) -> None:
    sooner, later = (expected_transactions(model, customer, end)[0] for end in (time, time + more))
    assert sooner >= -A_MILLIONTH
    assert sooner <= later * (1.0 + NEARLY) + A_MILLIONTH


@settings(max_examples=examples(100))
@given(rates, customers(), weeks)
def test_no_more_is_expected_than_of_one_who_never_leaves(model: BgNbd, customer: Buyings, time: float) -> None:
    going_on = (model.r + customer.frequency) / (model.alpha + customer.age_weeks) * time
    assert expected_transactions(model, customer, time)[0] <= going_on[0] * (1.0 + NEARLY) + A_MILLIONTH


@settings(max_examples=examples(100))
@given(values, customers())
def test_the_expected_value_lies_between_the_customers_own_and_that_of_all(
    model: GammaGamma, customer: Buyings
) -> None:
    own, of_all = customer.mean_repeat_value_micros[0], model.p * model.gamma / (model.q - 1.0)
    if not customer.frequency[0]:
        own = of_all
    found = expected_mean_value(model, customer.frequency, customer.mean_repeat_value_micros)[0]
    assert min(own, of_all) * (1.0 - NEARLY) <= found <= max(own, of_all) * (1.0 + NEARLY)


@settings(max_examples=examples(100))
@given(models, customers(), weeks, st.floats(0.0, 2.0))
def test_a_discount_takes_no_more_than_that_of_the_last_moment(
    model: LifetimeModel, customer: Buyings, horizon: float, rate: float
) -> None:
    found = predict(model, customer, Horizon(horizon, rate))
    whole = (found.transactions * found.mean_value_micros)[0]
    least, off = whole * (1.0 + rate) ** (-horizon / WEEKS_A_YEAR), A_MILLIONTH * found.mean_value_micros[0]
    assert least * (1.0 - NEARLY) - off <= found.lifetime_value_micros[0] <= whole * (1.0 + 1e-3) + off


@settings(max_examples=examples(100))
@given(models)
def test_any_model_is_read_back_as_it_was_written(model: LifetimeModel) -> None:
    assert from_json(to_json(model)) == model


@settings(max_examples=examples(100))
@given(purchases, st.randoms(use_true_random=False), st.integers(-20 * DAY_MS, 40 * DAY_MS))
def test_the_order_of_purchases_does_not_matter(bought: list[tuple[int, int]], random: Random, as_of_ms: int) -> None:
    shuffled = list(bought)
    random.shuffle(shuffled)
    assert buying(shuffled, as_of_ms) == buying(bought, as_of_ms)


@settings(max_examples=examples(100))
@given(purchases, st.integers(-20 * DAY_MS, 40 * DAY_MS))
def test_any_purchases_give_columns_that_models_take(bought: list[tuple[int, int]], as_of_ms: int) -> None:
    found = buying(bought, as_of_ms)
    assert len(columns([found] if found else [])) == bool(found)


@settings(max_examples=examples(50))
@given(rates, customers(), weeks)
def test_customers_do_not_depend_on_each_other(model: BgNbd, customer: Buyings, time: float) -> None:
    alone = expected_transactions(model, customer, time)[0]
    other = Buyings(np.array([4.0]), np.array([20.0]), np.array([30.0]), np.array([7.0]))
    both = Buyings(
        *(
            np.concatenate(pair)
            for pair in (
                (other.frequency, customer.frequency),
                (other.recency_weeks, customer.recency_weeks),
                (other.age_weeks, customer.age_weeks),
                (other.mean_repeat_value_micros, customer.mean_repeat_value_micros),
            )
        )
    )
    assert expected_transactions(model, both, time)[1] == pytest.approx(alone, rel=1e-12)
