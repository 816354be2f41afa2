"""Says what there is in words and files: recipe fields, and templates to start from."""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from labcim.errors import RecipeError
from labcim.protocol import ProtocolSpec
from labcim.quantity_limit import Limits
from labcim.recipe import Recipe
from labcim.units import show, unit_of


def field_rows(recipe: type[Recipe]) -> list[dict[str, str]]:
    """Return name, default, what is accepted and the meaning of every value of a recipe."""
    return [
        {
            "name": name,
            "default": _default(field),
            "accepts": _accepts(field),
            "doc": field.description or "",
        }
        for name, field in recipe.fields_in_order().items()
    ]


def recipe_template(spec: ProtocolSpec) -> str:
    """Return a recipe in TOML with every default, each with what it is and accepts."""
    lines = [f"# {spec.doc.splitlines()[0]}", f'protocol = "{spec.name}"', ""]
    for name, field in spec.recipe.fields_in_order().items():
        accepts = _accepts(field)
        lines.append(f"# {field.description or name}" + (f" Accepts {accepts}." if accepts else ""))
        value = _toml(field)
        lines.append(f"{name} = {value}" if value else f"# {name} =")
    return "\n".join(lines) + "\n"


def _unit(field: FieldInfo) -> str:
    return unit_of(field.annotation, field.metadata)


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if value is PydanticUndefined:
        return "(required)"
    unit = _unit(field)
    if unit and isinstance(value, int | float):
        return show(value, unit)
    return str(value)


def _accepts(field: FieldInfo) -> str:
    unit = _unit(field)
    said = []
    for item in field.metadata:
        for attribute, sign in (("ge", "≥"), ("gt", ">"), ("le", "≤"), ("lt", "<")):
            bound = getattr(item, attribute, None)
            if bound is not None:
                said.append(f"{sign} {show(bound, unit) if unit else bound}")
    choices = getattr(field.annotation, "__args__", ())
    if not said and choices and all(isinstance(choice, str) for choice in choices):
        said.append(" | ".join(choices))
    return ", ".join(said)


def _toml(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    unit = _unit(field)
    if field.annotation == get_args(Limits)[0]:
        return "{}"
    if unit and isinstance(value, int | float):
        return f'"{show(value, unit)}"'
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case str():
            return f'"{value}"'
        case tuple() | list() if not value:
            return "[]"
        case _:
            return ""


def simulated_bench_template(chip: Path, target: Path) -> str:
    """Return a bench file for a simulated chip, as its chip file describes it."""
    from labcim.sim_backend.chip.chip_file import ChipFile

    described = ChipFile.load(chip)
    boards = [spec for spec in described.instrument if spec.model == "crossbar_board"]
    clocks = [spec for spec in described.instrument if spec.model == "clock"]
    if not boards or not clocks:
        raise RecipeError(
            f"chip file {chip}: has no crossbar_board and clock; see examples/probed for a bench "
            "of single instruments"
        )
    beside = os.path.relpath(chip.resolve(), target.resolve().parent)
    table, windows = described.chip, described.chip.windows
    limits = "\n".join(
        f'{name} = {{ low = "{low} V", high = "{high} V", current = "5 mA" }}'
        for name, (low, high) in (
            ("row", windows.row or (0.0, 4.0)),
            ("column", windows.column or (0.0, 4.0)),
            ("gate", windows.gate or (0.0, 5.5)),
        )
    )
    stage, warmth, chuck = _stage(described.instrument)
    return f"""\
# What we *believe* about the bench.
cells = "board"
clock = "clock"
{stage}
[bench]
name = "{chip.stem}"
visa = "{beside}@labcim"

[chip]
identity = "{chip.stem}"
rows = {table.rows}
columns = {table.columns}
kind = "{table.kind}"
gate_along = "{table.gate_along}"
set_terminal = "{table.set_terminal}"

[chip.limits]
{limits}{warmth}

[instruments.board]
driver = "crossbar_board"
address = "{boards[0].address}"

[instruments.clock]
driver = "simulated_clock"
address = "{clocks[0].address}"
{chuck}{_scope(described.instrument)}"""


def _stage(instruments: Iterable[Any]) -> tuple[str, str, str]:
    """Return what a chip's heated chuck adds to its bench file: a key, a limit, a table."""
    for spec in instruments:
        if spec.model == "lakeshore336":
            table = f'driver = "lakeshore336"\naddress = "{spec.address}"\n'
            return (
                'stage = "chuck"\n',
                '\ntemperature = { low = "290 K", high = "430 K" }',
                f"\n[instruments.chuck]\n{table}",
            )
    return "", "", ""


def _scope(instruments: Iterable[Any]) -> str:
    """Return what a scope on a pad adds to its bench file."""
    for spec in instruments:
        if spec.model == "tektronix_tds2024b":
            probe = spec.options.get("probe", {}).get("ch1", 10)
            return (
                f'\n[instruments.scope]\ndriver = "{spec.model}"\naddress = "{spec.address}"\n'
                f'\n[digitizer]\ninstrument = "scope"\nchannel = 1\nprobe = {probe}\n'
            )
    return ""


def bench_template() -> str:
    """Return a bench file for hardware, to be filled in."""
    return """\
# What we *believe* about the bench: drivers, addresses, the chip and its absolute limits.
cells = "board"

[bench]
name = "my bench"
visa = "@py"                     # "@ivi" with a vendor's VISA
operator = ""

[chip]
identity = "lot-wafer-die"
rows = 32
columns = 32
kind = "1T1R"
gate_along = "column"
set_terminal = "row"

[chip.limits]
row = { low = "0 V", high = "3.3 V", current = "1 mA" }
column = { low = "0 V", high = "3.3 V", current = "1 mA" }
gate = { low = "0 V", high = "3.3 V", current = "10 uA" }

[instruments.board]
driver = "crossbar_board"
address = "TCPIP0::192.0.2.10::5025::SOCKET"
timeout = "5 s"
"""


def instrument_tables(found: list[dict[str, Any]]) -> str:
    """Return the [instruments.*] tables of a bench file for what a scan found."""
    lines = []
    for number, item in enumerate(found, 1):
        lines += [
            f"[instruments.{item['driver'] or f'unknown{number}'}]   # {item['identity']}",
            f'driver = "{item["driver"] or "?"}"',
            f'address = "{item["address"]}"',
            "",
        ]
    return "\n".join(lines)


def protocol_template(name: str) -> str:
    """Return a small protocol that runs. Raises RecipeError for a name that is none."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", name):
        raise RecipeError(f"protocol name {name!r}: accepts lower-case letters, digits and _")
    title = "".join(part.capitalize() for part in name.split("_"))
    return f'''\
"""Read cells some times."""

from typing import ClassVar

import numpy as np
from pydantic import Field

from labcim.documents import Channel
from labcim.plots import PlotSpec
from labcim.protocol import Capabilities, Carry, Rows, Steps, protocol
from labcim.recipe import Recipe, Unit
from labcim.units import Second, Volt


class {title}(Recipe):
    """Read every cell some times."""

    protocol: ClassVar[str] = "{name}"

    read_voltage: Volt = Field(0.2, gt=0, le=0.5, description="Read voltage.")
    read_gate: Volt = Field(2.5, ge=0, le=10, description="Gate during reading.")
    repeats: int = Field(3, ge=1, description="Times each cell is read.")
    wait: Second = Field(0.0, ge=0, description="Wait between two readings.")


@protocol(
    {title},
    channels=(
        Channel(name="cell", dtype="<u4"),
        Channel(name="conductance", dtype="<f8", unit="S"),
        Channel(name="time", dtype="<f8", unit="s"),
    ),
    plots=(PlotSpec("Conductance", "histogram", "conductance"),),
)
def {name}(recipe: {title}, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    """Read, yield, wait: ``yield`` is the only output and the only place to pause."""
    for _ in range(recipe.repeats):
        readings = given.cells.read(unit.cells, recipe.read_voltage, gate=recipe.read_gate)
        good = readings.good
        yield Rows(
            {{
                "cell": readings.cells[good],
                "conductance": readings.conductance[good],
                "time": readings.time[good],
            }}
        )
        given.clock.sleep(recipe.wait)
    return {{"mean": np.array([readings.conductance[good].mean()])}}
'''
