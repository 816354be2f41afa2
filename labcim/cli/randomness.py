"""``labcim randomness``: tests and entropy estimates of the raw bits of a run or a file."""

import json
import math
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .options import DEFAULT_RECORD, AsJson, RecordUrl

if TYPE_CHECKING:
    from labcim.app.randomness import Examined

Target = Annotated[str, typer.Argument(help="A file of bits, or a run of random_bits.")]
Packed = Annotated[bool, typer.Option("--packed", help="The file has eight bits a byte.")]
Length = Annotated[int, typer.Option("--length", help="Bits of each sequence.")]
Entropy = Annotated[bool, typer.Option(help="The ten estimators of SP 800-90B.")]
Independent = Annotated[bool, typer.Option("--iid", help="The IID route as well: minutes.")]


def add_commands(app: typer.Typer) -> None:
    """Add this room's commands."""
    app.command("randomness")(randomness)


def randomness(
    target: Target = "last",
    record: RecordUrl = DEFAULT_RECORD,
    packed: Packed = False,
    length: Length = 1_000_000,
    entropy: Entropy = True,
    independent: Independent = False,
    as_json: AsJson = False,
) -> None:
    """Tell what SP 800-22, FIPS 140-2 and SP 800-90B say of raw bits."""
    from labcim.app.randomness import examine, load_bits

    source, bits = load_bits(target, record, packed=packed)
    found = examine(source, bits, length=length, entropy=entropy, independent=independent)
    if as_json:
        typer.echo(json.dumps(_plain(found)))
    else:
        _tell(found)


def _tell(found: "Examined") -> None:
    from rich.console import Console
    from rich.table import Table

    typer.echo(f"{found.source}: {found.bits} bits, {len(found.sequences)} sequences")
    table = Table("test", "smallest p", "of", "passing", "at least", "uniformity", "")
    shown = {verdict.test for verdict in found.verdicts}
    for test in dict.fromkeys(verdict.test for verdict in found.verdicts):
        verdicts = [verdict for verdict in found.verdicts if verdict.test == test]
        worst = min(verdicts, key=lambda v: (v.passed, v.proportion))
        p = [float(x) for one in found.sequences for o in one if o.test == test for x in o.p]
        few = math.isnan(worst.uniformity)
        table.add_row(
            test, f"{min(p):.6f}", str(len(p)), f"{worst.proportion:.3f}", f"{worst.least:.3f}",
            "" if few else f"{min(v.uniformity for v in verdicts):.4f}",
            "" if few else ("passed" if worst.passed else "FAILED"),
        )  # fmt: skip
    Console().print(table)
    for outcome in found.sequences[0]:
        if outcome.test not in shown:
            typer.echo(f"not applicable: {outcome.test}, {outcome.why_not}")
    if found.fips[1]:
        typer.echo(f"FIPS 140-2: {found.fips[0]} of {found.fips[1]} blocks pass")
    if found.non_iid is not None:
        for name, value in found.non_iid.original.items():
            typer.echo(f"  {name:<28}{value:.6f}")
        typer.echo(f"min-entropy, non-IID route: {found.non_iid.entropy:.6f} bit/bit")
    if found.iid is not None:
        verdict = "nothing speaks against it" if found.iid.passed else "REFUTED"
        typer.echo(f"min-entropy, IID route: {found.iid.entropy:.6f} bit/bit; IID: {verdict}")
    for line in found.warnings:
        typer.echo(f"note: {line}")


def _plain(found: "Examined") -> dict[str, Any]:
    """Return what JSON can hold; what has no value is null."""
    return {
        "source": found.source,
        "bits": found.bits,
        "tests": [
            {
                "test": outcome.test, "variant": outcome.variant, "why_not": outcome.why_not,
                "p": dict(zip(outcome.labels, map(float, outcome.p), strict=True)),
            }
            for outcome in found.sequences[0]
        ],
        "verdicts": [
            {
                "test": v.test, "label": v.label, "sequences": v.sequences, "passed": v.passed,
                "proportion": v.proportion, "least": v.least, "uniformity": _number(v.uniformity),
            }
            for v in found.verdicts
        ],
        "fips": {"passed": found.fips[0], "blocks": found.fips[1]},
        "non_iid": None if found.non_iid is None else {
            "entropy": found.non_iid.entropy,
            **{name: _number(value) for name, value in found.non_iid.original.items()},
        },
        "iid": None if found.iid is None else {
            "entropy": found.iid.entropy, "passed": found.iid.passed,
        },
        "warnings": found.warnings,
    }  # fmt: skip


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
