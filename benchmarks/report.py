"""The results as people read them."""

from rich.console import Console
from rich.table import Table

from benchmarks.figures import Spread
from benchmarks.latency import LAKE_RESOLUTION_SECONDS, Latency
from benchmarks.machine import Machine
from benchmarks.preload import Preloaded
from benchmarks.restore import Restore
from benchmarks.sampling import OTHERS
from benchmarks.throughput import Throughput


def print_results(
    machine: Machine, preloaded: Preloaded, throughput: Throughput, latency: Latency | None, restore: Restore
) -> None:
    """Write all results to standard output."""
    console = Console(highlight=False)
    console.print(f"\n{machine.cpu}, {machine.cores} cores, {machine.memory_gib} GiB; Python {machine.python}")
    console.print(
        f"{preloaded.touchpoints:,} touchpoints of {preloaded.customers:,} customers, with {preloaded.duplicates:,} "
        f"duplicates and {preloaded.rejects:,} rejects"
    )
    if not throughput.all_accounted:
        console.print(f"[bold red]Not every record is accounted for: in the lake are {throughput.in_lake}")
    console.print(_speeds(preloaded, throughput, restore))
    console.print(_costs(throughput, latency))
    if latency is not None:
        console.print(_latencies(latency))


def _speeds(preloaded: Preloaded, throughput: Throughput, restore: Restore) -> Table:
    table = Table("Speed", "Records", "Seconds", "A second", title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    table.add_row(
        "The whole way, touchpoints",
        f"{preloaded.touchpoints:,}",
        f"{throughput.seconds:,.1f}",
        f"[bold]{throughput.touchpoints_per_second:,.0f}",
    )
    for stage in throughput.stages:
        table.add_row(f"  {stage.stage}", f"{stage.records:,}", f"{stage.seconds:,.1f}", f"{stage.per_second:,.0f}")
    table.add_row(
        "Restore of the state",
        f"{restore.records:,}",
        f"{restore.seconds:,.1f}",
        f"{restore.records_per_second:,.0f}",
    )
    return table


def _costs(throughput: Throughput, latency: Latency | None) -> Table:
    table = Table("Cost", "CPU seconds", "for a million", "Memory, MiB", "CPU while live")
    for column in table.columns[1:]:
        column.justify = "right"
    for name, used in throughput.cpu_seconds.items():
        live = f"{latency.cpu_seconds.get(name, 0.0) / latency.seconds:.0%}" if latency else ""
        table.add_row(
            "everything else here" if name == OTHERS else name,
            f"{used:,.1f}",
            f"{throughput.cpu_seconds_per_million[name]:,.0f}",
            f"{throughput.rss_peak_mib[name]:,}" if name in throughput.rss_peak_mib else "",
            live,
        )
    return table


def _latencies(latency: Latency) -> Table:
    table = Table(f"Seconds at {latency.rate:,.0f}/s", "p50", "p90", "p99", "max", "Measured")
    for column in table.columns[1:]:
        column.justify = "right"
    rows: dict[str, Spread | None] = {
        "To the profile": latency.to_profile_seconds,
        f"To the lake (to {LAKE_RESOLUTION_SECONDS:g} s)": latency.to_lake_seconds,
    }
    for title, found in rows.items():
        if found is not None:
            figures = (f"{value:.3f}" for value in (found.p50, found.p90, found.p99, found.max))
            table.add_row(title, *figures, f"{found.count:,} of {latency.sent:,}")
    return table
