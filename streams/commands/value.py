"""``onefold value``: what customers are expected to bring."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.markup import escape

from streams.commands.examples import add, examples
from streams.commands.lake import AtOption
from streams.errors import InputError
from streams.output import counted, counting, figures, printable, show, waiting, write_json
from streams.settings import load_settings

if TYPE_CHECKING:
    from rich.table import Table

    from streams.lifetime_value import Bought, Predicted

_MICRO = 1e6

FormOption = Annotated[Literal["text", "json"], typer.Option("--format", help="How it is written.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    value = typer.Typer(
        help="What customers are expected to bring: predicted lifetime value.",
        epilog=examples("onefold value fit", 'onefold sql "FROM predicted_value LIMIT 5"'),
        no_args_is_help=True,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @value.callback()
    def _group() -> None:
        """Have even a single command called by its name."""

    add(
        value,
        fit,
        "",
        "onefold value fit",
        "onefold value fit --horizon-days 90 --discount 0",
        "onefold value fit --at 2026-07-01 --format json",
    )
    app.add_typer(value, name="value", rich_help_panel="Models")


def fit(
    *,
    horizon_days: Annotated[
        int, typer.Option("--horizon-days", metavar="N", min=1, max=3_650, help="How far to look.")
    ] = 365,
    discount: Annotated[
        float, typer.Option(metavar="RATE", min=0.0, max=10.0, help="How much less a year later is worth: 0.1 is 10 %.")
    ] = 0.1,
    at: AtOption = None,
    form: FormOption = "text",
) -> None:
    """Predict what each customer with a purchase will bring, from all purchases in the lake, and publish it.

    Two models are fitted: BG/NBD of how often customers buy and whether they still do, and Gamma-Gamma of what a
    purchase brings. The check fits them to the first three quarters of the period and predicts the rest. Where it is
    far off, so may be what is predicted.

    The model is written to the folder models in the data folder; its name follows from what is in it. What it says of
    customers goes to the topic onefold.scores; a sink brings it into the view predicted_value. Another fit replaces it.
    """
    from profiles.likelihood import NotFittedError  # noqa: PLC0415 - heavy
    from sinks.reader import open_lake_reader  # noqa: PLC0415 - heavy
    from streams.commands.brokers import with_broker  # noqa: PLC0415 - heavy
    from streams.lifetime_value import MODEL, predicted, read_purchases, scores_of, write_model  # noqa: PLC0415 - heavy
    from streams.scores import made_now, moment_asked, present_ms, publish_scores  # noqa: PLC0415 - heavy
    from streams.topics import admin, check_topics  # noqa: PLC0415 - heavy

    settings, moment = load_settings(), moment_asked(at)
    with open_lake_reader(settings.home, moment=moment) as reader, waiting("Reading purchases"):
        bought, made_at = read_purchases(reader, moment), made_now(reader, MODEL, present_ms())
    settings = with_broker(settings)
    check_topics(admin(settings), settings)
    try:
        with waiting("Fitting"):
            done = predicted(bought, horizon_days, discount)
    except NotFittedError as error:
        purchases = counted(bought.without_rate, "purchase", "purchases")
        left_out = f"; left out without a rate: {purchases}" if bought.without_rate else ""
        raise InputError(f"no value can be predicted from this lake: {error}{left_out}") from None
    path = write_model(settings.home, done)
    with counting("Publishing scores", len(bought.customers)) as on_progress:
        publish_scores(settings, scores_of(bought, done, made_at), on_progress)
    if form == "json":
        write_json(_as_object(bought, done, path))
    else:
        show(*_lines(bought, done, path))


def _as_object(bought: "Bought", done: "Predicted", path: Path) -> dict[str, object]:
    model, check = done.model, done.check
    return {
        "model": str(path),
        "version": done.version,
        "at": bought.at,
        "horizon_days": done.horizon_days,
        "yearly_discount": done.yearly_discount,
        "currency": bought.currency,
        "customers": model.customers,
        "repeat_buyers": model.repeat_buyers,
        "purchases": bought.number,
        "purchases_without_rate": bought.without_rate,
        "transactions": {**asdict(model.transactions), "log_likelihood": model.transactions_log_likelihood},
        "values": {
            **asdict(model.values),
            "gamma": model.values.gamma / _MICRO,
            "log_likelihood": model.values_log_likelihood,
        },
        "check": check
        and {
            "fitted_to": datetime.fromtimestamp(check.fitted_to_ms / 1000, UTC),
            "days": check.days,
            "customers": check.customers,
            "expected_orders": check.expected_orders,
            "seen_orders": check.seen_orders,
            "expected_value": check.expected_value_micros / _MICRO,
            "seen_value": check.seen_value_micros / _MICRO,
        },
        "unchecked": done.unchecked or None,
        "expected_orders": float(done.predictions.transactions.sum()),
        "predicted_value": float(done.predictions.lifetime_value_micros.sum()) / _MICRO,
    }


def _lines(bought: "Bought", done: "Predicted", path: Path) -> "Iterator[str | Table]":
    model, predictions, currency = done.model, done.predictions, escape(printable(bought.currency))
    yield (
        f"Fitted to {bought.number:,} purchases of {model.customers:,} customers up to {bought.at:%Y-%m-%d %H:%M}; "
        f"{model.repeat_buyers:,} of them bought on another day again."
    )
    if bought.without_rate:
        yield f"Purchases left out, since their currency has no rate in the policy: {bought.without_rate:,}."
    yield ""
    yield _parameters("How often they buy (time in weeks)", asdict(model.transactions))
    yield f"  log-likelihood {model.transactions_log_likelihood:,.1f}"
    in_units = {**asdict(model.values), "gamma": model.values.gamma / _MICRO}
    yield _parameters(f"What a day with purchases brings ({currency})", in_units)
    yield f"  log-likelihood {model.values_log_likelihood:,.1f}, of values in millionths"
    yield ""
    yield from _check(done, currency)
    yield ""
    value = float(predictions.lifetime_value_micros.sum()) / _MICRO
    yield (
        f"Predicted for {done.horizon_days:,} days, less {done.yearly_discount:.1%} a year: "
        f"{float(predictions.transactions.sum()):,.1f} days with purchases that bring {value:,.2f} {currency}."
    )
    yield f"The model is {escape(str(path))}."
    yield 'Published; once the sink has it: onefold sql "FROM predicted_value ORDER BY predicted_value DESC LIMIT 5"'


def _parameters(heading: str, parameters: Mapping[str, float]) -> str:
    told = ", ".join(f"{name} {value:.4g}" for name, value in parameters.items())
    return f"[bold]{heading}[/bold]\n  {told}"


def _check(done: "Predicted", currency: str) -> "Iterator[str | Table]":
    check = done.check
    if check is None:
        yield f"No check: of the first three quarters of the period, {done.unchecked}."
        return
    to = datetime.fromtimestamp(check.fitted_to_ms / 1000, UTC)
    yield (
        f"[bold]Check[/bold]: fitted to what {check.customers:,} customers bought up to {to:%Y-%m-%d}, "
        f"the {check.days:,} days after are"
    )
    yield figures(
        "",
        "expected",
        "seen",
        of=[
            ("days with purchases", round(check.expected_orders), check.seen_orders),
            (
                f"what they brought ({currency})",
                round(check.expected_value_micros / _MICRO),
                round(check.seen_value_micros / _MICRO),
            ),
        ],
    )
