"""The table of a comparison, as Markdown, and its place in the page."""

from pathlib import Path

import pandas as pd

BEGIN, END = "<!-- reals: begin -->", "<!-- reals: end -->"
HEAD = (
    "| statistic | measured | ± | simulated | off by, in ± | simulated inside | real half inside |",
    "|---|---|---|---|---|---|---|",
)


def rows(title: str, found: pd.DataFrame) -> str:
    """Return one line of the table for each statistic, under a line with the group's name."""
    lines = [f"| **{title}** | | | | | | |"]
    for name, row in found.iterrows():
        splits = int(row["splits"])
        inside = f"{int(row['holds'])} of {splits}"
        # A miss is what holds less often than two real halves do, by more than chance would have.
        missed = row["holds"] < 0.5 * splits and row["real"] > row["holds"]
        shown = [quantity(str(name), float(row[key])) for key in ("measured", "half", "simulated")]
        lines.append(
            f"| {name} | {shown[0]} | {shown[1]} | {shown[2]} | {row['miss']:+.1f} | "
            f"{f'**{inside}**' if missed else inside} | {int(row['real'])} of {splits} |"
        )
    return "\n".join(lines)


def quantity(name: str, value: float) -> str:
    """Return a number with its unit: resistances in kilo-ohm, changes by a bake in microsiemens."""
    if "bake" in name:
        return f"{1e6 * value:.2g} µS"
    if abs(value) >= 1e6:
        return f"{value / 1e6:.3g} MΩ"
    if abs(value) >= 10.0 or ("median" in name and value > 1.0):
        return f"{value / 1e3:.3g} kΩ"
    if name.startswith("V0"):
        return f"{value:.2g} V"
    return f"{value:.3g}"


def table(parts: list[str]) -> str:
    """Return the whole table."""
    return "\n".join([*HEAD, *parts])


def put(page: Path, text: str) -> None:
    """Put the table between its marks in a page."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise SystemExit(f"{page} has no {BEGIN} and {END}")
    page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")
