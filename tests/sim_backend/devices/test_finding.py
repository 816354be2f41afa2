"""Models are found by folder and by entry point, and what does not fit is refused by name."""

import subprocess
import sys
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import ClassVar, final

import numpy as np
import pytest
from numba import njit

from labcim.errors import RecipeError
from labcim.sim_backend.devices import finding, laws
from labcim.sim_backend.devices.filament import Filament
from labcim.sim_backend.devices.finding import find_model
from labcim.sim_backend.devices.model import CellModel, Laws
from labcim.sim_backend.devices.preset import load_preset, preset_names


@final
class Foreign(CellModel):
    """A model of somebody else: the filament's records and laws under another name."""

    preset = Filament.preset
    device = Filament.device
    cell = Filament.cell
    laws = Filament.laws
    draw = Filament.draw
    first_state = Filament.first_state


class Poor(Filament):
    """A model whose state is not what the chip asks for."""

    cell: ClassVar = np.dtype([("conductance", "f8"), ("formed", "u1")])


@njit
def other_order(cell, p, device, time):
    return 0.0


class Twisted(Filament):
    """A model with a law that takes its arguments in another order."""

    laws: ClassVar = Laws(
        Filament.laws.pulse_cell, other_order, Filament.laws.observed_conductance,
        Filament.laws.cell_current,
    )  # fmt: skip


@pytest.fixture
def foreign(monkeypatch, tmp_path):
    """Return how to register a class as the entry point ``foreign``."""
    (tmp_path / "foreign_cells.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)

    def register(made):
        module = ModuleType("foreign_cells")
        module.Made = made
        monkeypatch.setitem(sys.modules, "foreign_cells", module)
        module.__spec__ = finding.importlib.util.spec_from_file_location(
            "foreign_cells", tmp_path / "foreign_cells.py"
        )
        point = EntryPoint("foreign", "foreign_cells:Made", finding.GROUP)
        monkeypatch.setattr(finding, "plugged", lambda: (point,))
        return tmp_path

    find_model.cache_clear()
    load_preset.cache_clear()
    yield register
    find_model.cache_clear()
    load_preset.cache_clear()


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_names_a_model_that_is_found(name):
    preset = load_preset(name)

    assert isinstance(preset, find_model(preset.model).preset)


@pytest.mark.parametrize("name", ["unobtainium", "_filament_noise", "kernels", "../filament", ""])
def test_an_unknown_model_is_refused_with_where_it_was_looked_for(name):
    with pytest.raises(RecipeError, match=r"no file .*\.py with a CellModel .* labcim\.devices"):
        find_model(name)


def test_a_model_and_its_presets_come_by_entry_point(foreign):
    folder = foreign(Foreign)
    text = load_preset("neurram-130nm")
    assert text.model == "filament"
    ours = finding.preset_folders()[0] / "neurram-130nm.toml"
    theirs = ours.read_text().replace('model = "filament"', 'model = "foreign"')
    (folder / "foreign-cells.toml").write_text(theirs)

    assert "foreign-cells" in preset_names()
    assert isinstance(find_model(load_preset("foreign-cells").model), Foreign)


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (dict, "no CellModel class"),
        (Poor, "needs a field pulses of kind u4"),
        (Twisted, "present_conductance takes cell, device, p, time; found cell, p, device, time"),
    ],
)
def test_a_model_that_does_not_fit_is_refused_with_the_reason(foreign, made, says):
    foreign(made)
    with pytest.raises(RecipeError, match=says):
        find_model("foreign")


def test_two_models_with_the_same_constants_have_parameters_of_their_own():
    assert Foreign().parameters != Filament().parameters


def test_the_laws_answer_outside_compiled_code_too():
    model = find_model("filament")
    parameters = load_preset("neurram-130nm").parameters()
    devices = model.draw(1, 4, parameters)
    cells = np.zeros(4, model.cell)
    model.first_state(cells, devices, parameters, 1, stuck=0.0, formed=True)
    conductance = laws.present_conductance(cells[0], devices[0], parameters[0], 0.0)

    assert conductance == cells["conductance"][0]
    current = laws.cell_current(devices[0], parameters[0], conductance, 0.2, 0.0, 2.5)
    assert current == pytest.approx(0.2 * conductance, rel=0.01)


def test_a_chip_file_is_read_without_the_compiler(tmp_path):
    path = tmp_path / "chip.toml"
    path.write_text('[chip]\npreset = "neurram-130nm"\nrows = 4\ncolumns = 4\n')
    code = (
        "import sys; from pathlib import Path; "
        "from labcim.sim_backend.chip.chip_file import ChipFile; "
        f"ChipFile.load(Path({str(path)!r})); print('numba' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"
