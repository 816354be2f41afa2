"""Bench and chip files for the benchmarks, made from the examples."""

from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"
_LINES_OF_A_CARD = 16


def board(folder: Path, size: int, *, formed: bool = False, truth: str = "full") -> Path:
    """Write a crossbar board with a size x size chip; return its bench file."""
    extra = f'formed = {str(formed).lower()}\n\n[state]\ntruth = "{truth}"'
    return _write("board", folder, 64, size, {"stuck = 0.01": f"stuck = 0.01\n{extra}"})


def probed(folder: Path, size: int) -> Path:
    """Write a probed, formed chip with size lines a family, 16 lines on each matrix card."""
    cards = size // _LINES_OF_A_CARD
    old = {
        f'"matrix.slot{slot}.column[1:16]" = "{family}[0:15]"': "\n".join(
            f'"matrix.slot{(slot - 1) * cards + card + 1}.column[1:16]" = '
            f'"{family}[{16 * card}:{16 * card + 15}]"'
            for card in range(cards)
        )
        for slot, family in enumerate(("row", "column", "gate"), 1)
    }
    old['["3730", "3730", "3730"]'] = str(["3730"] * 3 * cards).replace("'", '"')
    old["stuck = 0.01"] = "stuck = 0.01\nformed = true"
    return _write("probed", folder, 16, size, old)


def _write(kind: str, folder: Path, of: int, size: int, changes: dict[str, str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("chip.toml", "bench.toml"):
        text = (EXAMPLES / kind / name).read_text(encoding="utf-8")
        for old, new in changes.items():
            text = text.replace(old, new)
        for lines in ("rows", "columns"):
            text = text.replace(f"\n{lines} = {of}\n", f"\n{lines} = {size}\n")
        (folder / name).write_text(text, encoding="utf-8")
    return folder / "bench.toml"
