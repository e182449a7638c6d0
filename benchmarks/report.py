"""The results as people read them."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from benchmarks.figures import Spread
from benchmarks.latency import LAKE_RESOLUTION_SECONDS, Latency
from benchmarks.machine import Machine
from benchmarks.peers.measure import LeftOut, PeerResult
from benchmarks.preload import Preloaded
from benchmarks.restore import Restore
from benchmarks.sampling import OTHERS
from benchmarks.throughput import Throughput

_WIDE = 112


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


def print_peers(
    throughput: Throughput, latency: Latency | None, preloaded: Preloaded, peers: Sequence[PeerResult | LeftOut]
) -> None:
    """Write how Onefold and its peers did the same job to standard output."""
    table = Table("Side by side", "A second", "CPU s/million", "Broker's", "p50 s", "p99 s", "MiB", "Counted", "People")
    for column in table.columns[1:]:
        column.justify = "right"
    table.add_row(*_whole_way(throughput, latency, preloaded))
    for peer in peers:
        table.add_row(peer.name, "left out") if isinstance(peer, LeftOut) else table.add_row(*_peer(peer))
    console = Console(highlight=False, width=max(Console().width, _WIDE))
    console.print(table)
    for peer in peers:
        if isinstance(peer, LeftOut):
            console.print(f"{peer.name} is left out: {peer.reason}")


def _whole_way(throughput: Throughput, latency: Latency | None, preloaded: Preloaded) -> tuple[str, ...]:
    ours = [name for name in throughput.rss_peak_mib if name.startswith(("worker", "sink"))]
    return (
        "Onefold and lake",
        f"{throughput.touchpoints_per_second:,.0f}",
        f"{sum(throughput.cpu_seconds_per_million[name] for name in ours):,.0f}",
        f"{throughput.cpu_seconds_per_million.get('broker', 0.0):,.0f}",
        *_two(latency.to_profile_seconds if latency else None),
        f"{sum(throughput.rss_peak_mib[name] for name in ours):,}",
        f"{throughput.in_lake['touchpoints']:,} of {preloaded.touchpoints:,}",
        f"{throughput.in_lake['customers']:,}",
    )


def _peer(peer: PeerResult) -> tuple[str, ...]:
    return (
        peer.name,
        f"{peer.touchpoints_per_second:,.0f}",
        f"{peer.cpu_seconds_per_million:,.0f}",
        f"{peer.broker_cpu_seconds_per_million:,.0f}",
        *_two(peer.to_profile_seconds),
        f"{peer.rss_peak_mib:,}",
        f"{peer.counted:,} of {peer.touchpoints:,}",
        f"{peer.people:,}" if peer.people else "",
    )


def _two(found: Spread | None) -> tuple[str, str]:
    return (f"{found.p50:.3f}", f"{found.p99:.3f}") if found else ("", "")
