"""``labcim puf``: helper data of a fingerprint, and how the fingerprints of chips compare."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .options import DEFAULT_RECORD, AsJson, RecordUrl, RunName

if TYPE_CHECKING:
    from labcim.analysis.distributions import Interval
    from labcim.analysis.fingerprint.helper_data import HelperData
    from labcim.app.fingerprint import Compared

puf = typer.Typer(help="Fingerprints of chips that are on record.", no_args_is_help=True)


def add_commands(app: typer.Typer) -> None:
    """Add this room's commands."""
    app.add_typer(puf, name="puf")


@puf.command("helper")
def helper(
    run: RunName = "last",
    target: Annotated[Path, typer.Option("--to", help="The file to write.")] = Path("helper.json"),
    key_file: Annotated[
        Path | None, typer.Option("--key-to", help="Write the key itself, as hexadecimal digits.")
    ] = None,
    record: RecordUrl = DEFAULT_RECORD,
    length: Annotated[int, typer.Option("--n", help="Length of a block of the BCH code.")] = 255,
    errors: Annotated[int, typer.Option("--t", help="Errors that a block stands.")] = 8,
    margin: Annotated[
        float | None, typer.Option(help="Spreads that a bit must be clear of 0; without: as asked.")
    ] = None,
    entropy: Annotated[
        float | None, typer.Option(help="Min-entropy of a bit; without: of their common value.")
    ] = None,
) -> None:
    """Mask the bits of a puf_enrol (or key_destruction), and write what gives its key back."""
    from labcim.app.enrolment import enrolment_of

    found = enrolment_of(record, run, n=length, t=errors, margin=margin, entropy=entropy)
    data = found.helper
    target.write_text(data.to_json(), encoding="utf-8")
    if key_file is not None:
        key_file.write_text(found.key.hex() + "\n", encoding="utf-8")
    typer.echo(
        f"helper data {target}: {len(data.offsets)} blocks of {data.code}; the mask keeps "
        f"{found.kept} of {found.bits} bits, {data.bits} are used\n"
        f"entropy left: {data.residual_entropy:.1f} bits, at {data.entropy:.3f} for each bit\n"
        f"bit error rate of the bits used: {found.error:.2g}; no key comes back in "
        f"{found.failure:.2g} of readings (both by normal tails)\n"
        f"SHA-256 of the key: {data.key_digest}"
    )


@puf.command("compare")
def compare(
    runs: Annotated[
        list[str] | None, typer.Argument(help="Runs of puf_enrol; without: all that completed.")
    ] = None,
    record: RecordUrl = DEFAULT_RECORD,
    margin: Annotated[float, typer.Option(help="Spreads that a bit must be clear of 0.")] = 6.0,
    as_json: AsJson = False,
) -> None:
    """Compare chips: the first run on a chip enrols it, later ones are re-reads."""
    from labcim.app.fingerprint import compare as compare_runs

    found = compare_runs(record, runs or (), margin=margin)
    if as_json:
        typer.echo(json.dumps(asdict(found)))
    else:
        _tell(found)


@puf.command("attack")
def attack(
    run: RunName = "last",
    record: RecordUrl = DEFAULT_RECORD,
    training: Annotated[
        list[int] | None,
        typer.Option("--train", help="Pairs to learn from; may stand twice."),
    ] = None,
    held_out: Annotated[int, typer.Option(help="Pairs to guess, not learned from.")] = 1000,
    seed: Annotated[int, typer.Option(min=0)] = 1,
    as_json: AsJson = False,
) -> None:
    """Learn the answers of a puf_challenges: what somebody without the chip can guess."""
    from labcim.app.challenged import attack_run

    found = attack_run(record, run, training or (100, 1000), held_out=held_out, seed=seed)
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found]))
        return
    for one in found:
        right = one.accuracy
        typer.echo(
            f"{one.name}, {one.training} pairs: {right.value:.1%} right "
            f"({right.low:.1%} to {right.high:.1%})"
        )


@puf.command("prove")
def prove(
    helper_file: Annotated[Path, typer.Option("--helper", help="Helper data of the enrolment.")],
    run: RunName = "last",
    target: Annotated[Path, typer.Option("--to", help="The file to write.")] = Path("proof.json"),
    record: RecordUrl = DEFAULT_RECORD,
) -> None:
    """Prove that a key_destruction erased what hid a fingerprint, in answer to its nonce."""
    from labcim.app.enrolment import prove_destruction

    proof = prove_destruction(record, run, _helper_from(helper_file))
    target.write_text(proof.to_json(), encoding="utf-8")
    typer.echo(f"proof {target}: chip {proof.chip}, run {proof.run[:8]}, nonce {proof.nonce}")


@puf.command("check-proof")
def check_proof(
    proof_file: Annotated[Path, typer.Argument(help="The proof.")],
    helper_file: Annotated[Path, typer.Option("--helper", help="Helper data of the enrolment.")],
    key_file: Annotated[Path, typer.Option("--key", help="Its key: `labcim puf helper --key-to`.")],
    nonce: Annotated[str, typer.Option(help="The nonce that was handed out.")],
) -> None:
    """Check a proof of destruction, with neither the chip nor its record."""
    from labcim.analysis.fingerprint.destruction import Proof, holds
    from labcim.errors import RecipeError

    proof = Proof.from_json(_text_of(proof_file))
    try:
        key = bytes.fromhex(_text_of(key_file).strip())
    except ValueError as trouble:
        raise RecipeError(f"key {key_file}: {trouble}") from trouble
    if not key or not holds(proof, key, _helper_from(helper_file), nonce.lower()):
        raise RecipeError(f"proof {proof_file} does not hold: wrong chip, key, nonce, or tampered")
    typer.echo(f"the proof holds: chip {proof.chip} showed its fingerprint in run {proof.run}")


def _helper_from(path: Path) -> "HelperData":
    from labcim.analysis.fingerprint.helper_data import HelperData

    return HelperData.from_json(_text_of(path))


def _text_of(path: Path) -> str:
    from labcim.errors import RecipeError

    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as trouble:
        raise RecipeError(f"{path} cannot be read: {trouble}") from trouble


_REFERENCE_LINES = (
    "reference lines, of published chips: distance between chips 49.8 %, within 0 % (Liu 2015, 8 "
    "cells summed); bit error rate 1.5 % +- 1 % (Nili 2018); simulated chips are drawn by a "
    "generator, and prove nothing about these"
)


def _tell(found: "Compared") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{found.quality.chips} chips, {found.quality.bits} bits each")
    for name in ("metric", "value", "95 % interval over chips", "ideal"):
        table.add_column(name, overflow="fold")
    each, all_bits = found.quality, f"{found.quality.bits}"
    rows: list[tuple[str, Interval, str]] = [
        ("uniqueness", each.uniqueness, "0.5"),
        ("uniformity", each.uniformity, "0.5"),
        ("bit aliasing, mean", each.aliasing, "0.5"),
        ("bit aliasing, spread beyond chance", each.aliasing_spread, "0"),
        ("degrees of freedom", each.freedom, all_bits),
        ("min-entropy by aliasing", each.min_entropy, f"{each.ideal_min_entropy:.3f}"),
    ]
    rows += [(f"bit error rate, {name}", one.ber, "0") for name, one in found.corners.items()]
    for name, interval, ideal in rows:
        text = f"{interval.low:.4g} to {interval.high:.4g}"
        table.add_row(name, f"{interval.value:.4g}", text, ideal)
    Console().print(table)
    estimates = {name: value for name, value in found.estimates.items() if value == value}
    lowest = min(estimates, key=lambda name: estimates[name])
    typer.echo(
        f"min-entropy of a bit by its most common value: {each.common_value:.4f}; the lowest of "
        f"{len(estimates)} estimators of SP 800-90B, {lowest}: {estimates[lowest]:.4f} (a perfect "
        "source has 0.6 to 0.9, the less the fewer bits)"
    )
    for name, one in found.corners.items():
        typer.echo(
            f"{name}: worst bit fails in {one.worst:.3g} of its reads; {one.unstable:.3g} of bits "
            f"ever fail in {one.reads} reads"
        )
    if found.separation is not None:
        typer.echo(
            f"decidability d' {found.separation.decidability:.3g}, equal error rate "
            f"{found.separation.equal_error:.2g}"
        )
    seen = found.spatial
    typer.echo(
        f"autocorrelation: {seen.outside:.1%} of {seen.lags} lags outside of the 95 % band, at most"
        f" {seen.largest:.3g}; rows alike p = {seen.rows_p:.3g}, columns p = {seen.columns_p:.3g}"
    )
    typer.echo(
        f"mask keeps {found.kept:.1%} of the bits, which are expected to fail in "
        f"{found.masked_error:.2g} of reads (by normal tails, worst chip)"
    )
    typer.echo(_REFERENCE_LINES)
