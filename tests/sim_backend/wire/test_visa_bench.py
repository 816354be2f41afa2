"""How the PyVISA backend takes a bench by its chip file, and gives it back."""

import sys
import types

import pytest
import pyvisa

from labcim.errors import RecipeError


class SharedBenches:
    """Stands for SimulatedBench: hands out one bench and counts who has it."""

    def __init__(self, bench) -> None:
        self.bench = bench
        self.paths: list[str] = []
        self.users = 0
        bench.close = self._close

    def shared(self, path: str):
        if path.startswith("missing"):
            raise RecipeError(f"chip file {path}: no such file")
        self.paths.append(path)
        self.users += 1
        return self.bench

    def _close(self) -> None:
        self.users -= 1


@pytest.fixture
def benches(bench, monkeypatch) -> SharedBenches:
    shared = SharedBenches(bench)
    module = types.ModuleType("labcim.sim_backend.bench")
    module.SimulatedBench = shared
    monkeypatch.setitem(sys.modules, "labcim.sim_backend.bench", module)
    return shared


def test_the_chip_file_stands_before_the_name_of_the_backend(benches):
    manager = pyvisa.ResourceManager("some chip.toml@labcim")
    assert benches.paths == ["some chip.toml"]
    assert manager.list_resources() == ("GPIB0::5::INSTR",)
    manager.close()


def test_closing_the_manager_gives_the_chip_back_and_opening_it_again_takes_it(benches):
    for _ in range(2):
        manager = pyvisa.ResourceManager("again.toml@labcim")
        resource = manager.open_resource("GPIB0::5::INSTR")
        assert resource.query("*OPC?") == "1\n"
        assert benches.users == 1
        manager.close()
        assert benches.users == 0


def test_a_library_that_is_forgotten_gives_the_chip_back(benches):
    library = pyvisa.highlevel.open_visa_library("forgotten.toml@labcim")
    assert benches.users == 1
    del library
    assert benches.users == 0


def test_without_a_chip_file_the_environment_names_it(benches, monkeypatch):
    monkeypatch.setenv("LABCIM_CHIP", "from-environment.toml")
    pyvisa.ResourceManager("@labcim").close()
    assert benches.paths == ["from-environment.toml"]


def test_a_missing_chip_file_is_told_in_one_sentence(benches):
    with pytest.raises(RecipeError, match=r"chip file missing\.toml: no such file"):
        pyvisa.ResourceManager("missing.toml@labcim")


def test_sessions_that_were_left_open_end_with_the_manager(benches):
    manager = pyvisa.ResourceManager("left.toml@labcim")
    resource = manager.open_resource("GPIB0::5::INSTR")
    resource.lock_excl()
    manager.close()
    with pytest.raises(pyvisa.errors.InvalidSession):
        resource.query("*IDN?")
    again = pyvisa.ResourceManager("left.toml@labcim")
    assert again.open_resource("GPIB0::5::INSTR").query("*OPC?") == "1\n"
    again.close()
