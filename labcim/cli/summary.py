"""What a finished run says at the end: a table of results, how it ended, where to look."""

from pathlib import Path
from typing import TYPE_CHECKING

from .exit_codes import ExitCode

if TYPE_CHECKING:
    from labcim.app.record import RunView


def exit_code(view: "RunView") -> ExitCode:
    """Return how a finished run ends the command."""
    if not view.stop.safe:
        return ExitCode.NOT_SAFE
    ends = {
        "stopped": ExitCode.STOPPED,
        "aborted": ExitCode.ABORTED,
        "failed": ExitCode.FAILED,
        "interrupted": ExitCode.FAILED,
    }
    if view.stop.state in ends:
        return ends[view.stop.state]
    return ExitCode.VERDICT_FAIL if view.failed_limits() else ExitCode.DONE


def tell(view: "RunView", took: float, record: str | Path, report: Path | None) -> None:
    """Print results, how the run ended, and where record and report are. took: wall time in s."""
    from rich.console import Console
    from rich.table import Table

    from labcim.units import show

    console = Console()
    rows = view.result_rows()
    if rows:
        table = Table(title=f"{view.protocol} on {view.chip}", title_justify="left")
        for name in ("quantity", "value", "95 % interval", "limits", "verdict"):
            table.add_column(name, overflow="fold")
        for row in rows[:40]:
            table.add_row(*row)
        console.print(table)
    stop = view.stop
    units = "1 unit" if stop.units_done == 1 else f"{stop.units_done} units"
    print(f"{stop.state}: {stop.reason}; {stop.pulses:,} pulses, {units}")
    print(f"modelled bench time {show(stop.modelled_time, 's')}, took {took:.2f} s")
    print(f"run {stop.run}")
    print(f"record {record}")
    if report is not None:
        print(f"report {report}")
