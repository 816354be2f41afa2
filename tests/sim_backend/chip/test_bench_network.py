"""Instruments on fixed resistors, with and without a chip behind them, against closed forms."""

import re
import shutil
import subprocess

import numpy as np
import pytest

from labcim.errors import RecipeError
from labcim.sim_backend.chip.chip_file import ChipFile
from labcim.sim_backend.chip.ports import Port
from labcim.sim_backend.chip.terminal_network import Source, TerminalNetwork

WIRES = """
[wiring]
"smu.hi" = "a"
"smu.lo" = "z"
"smu.sense_hi" = "sh"
"smu.sense_lo" = "sl"
"dmm.hi" = "m"
"dmm.lo" = "n"
"""
LEADS = Port("smu.lo", ("smu.sense_hi", "smu.sense_lo"))
TWO_WIRE = Port("smu.lo")


def resistors(*of):
    tables = [f'[[resistor]]\nbetween = ["{a}", "{b}"]\nohm = {ohm!r}\n' for a, b, ohm in of]
    return WIRES + "\n".join(tables)


def test_a_resistor_to_ground_takes_the_closed_forms_current(make_bench):
    bench = make_bench(rest=resistors(("smu.hi", "ground", 10e3)))
    bench.drive("smu.hi", 2.0, impedance=50.0)
    seen = bench.measure("smu.hi", 1e-3)
    assert seen.current == pytest.approx(2.0 / 10050.0, rel=1e-9)
    assert seen.voltage == pytest.approx(2.0 * 10000.0 / 10050.0, rel=1e-9)
    assert not seen.in_compliance


def test_a_limit_makes_a_current_source(make_bench):
    bench = make_bench(rest=resistors(("smu.hi", "ground", 10e3)))
    bench.drive("smu.hi", 20.0, impedance=1e-3, current_limit=1e-4)
    seen = bench.measure("smu.hi", 1e-3)
    assert (seen.current, seen.voltage) == pytest.approx((1e-4, 1.0), rel=1e-8)
    assert seen.in_compliance
    bench.drive("smu.hi", -20.0, impedance=1e-3, current_limit=1e-4)
    seen = bench.measure("smu.hi", 1e-3)
    assert (seen.current, seen.voltage) == pytest.approx((-1e-4, -1.0), rel=1e-8)


def test_a_current_source_into_nothing_rests_at_its_voltage_limit(make_bench):
    bench = make_bench(rest=resistors(("dmm.hi", "ground", 1e3)))
    bench.set_port("smu.hi", TWO_WIRE)
    bench.drive("smu.hi", 7.0, impedance=1e-3, current_limit=1e-6)
    seen = bench.measure("smu.hi", 1e-3)
    assert seen.voltage == pytest.approx(7.0)
    assert abs(seen.current) < 1e-12  # of insulation
    assert not seen.in_compliance


def test_a_divider_is_loaded_by_a_voltmeter_s_input(make_bench):
    bench = make_bench(
        rest=resistors(("smu.hi", "middle", 1e6), ("middle", "ground", 1e6), ("m", "middle", 1.0))
    )
    bench.drive("smu.hi", 2.0, impedance=1e-3)
    bench.sense("dmm.hi")
    assert bench.sensed_voltage("dmm.hi") == pytest.approx(1.0, rel=1e-6)
    bench.set_port("dmm.hi", Port(ohm=10e6))
    loaded = 1.0 / (1e-6 + 1.0 / (10e6 + 1.0))
    seen = bench.measure("dmm.hi", 1e-3)
    assert seen.voltage == pytest.approx(2.0 * loaded / (loaded + 1e6), rel=2e-7)
    assert seen.current == pytest.approx(-seen.voltage / 10e6)


def test_an_ammeter_in_series_shows_what_flows_and_takes_its_burden(make_bench):
    bench = make_bench(rest=resistors(("smu.hi", "dmm.i", 1e3)))
    bench.set_port("dmm.i", Port(ohm=5.0))
    bench.drive("smu.hi", 1.0, impedance=1e-3)
    seen = bench.measure("dmm.i", 1e-3)
    assert -seen.current == pytest.approx(1.0 / 1005.001, rel=1e-9)
    assert seen.voltage == pytest.approx(5.0 / 1005.001, rel=1e-9)


FOUR = resistors(
    ("a", "top", 3.0), ("top", "bottom", 100.0), ("bottom", "z", 4.0), ("z", "ground", 0.001),
    ("sh", "top", 50.0), ("sl", "bottom", 70.0),
)  # fmt: skip


def test_two_wires_measure_the_leads_too_and_four_do_not(make_bench):
    bench = make_bench(rest=FOUR)
    bench.set_port("smu.hi", TWO_WIRE)
    bench.drive("smu.hi", 100.0, impedance=1e-3, current_limit=1e-3)
    seen = bench.measure("smu.hi", 1e-3)
    assert seen.voltage / seen.current == pytest.approx(107.0, rel=1e-9)
    bench.set_port("smu.hi", LEADS)
    seen = bench.measure("smu.hi", 1e-3)
    assert seen.voltage / seen.current == pytest.approx(100.0, rel=1e-6)


def test_a_source_that_senses_holds_its_level_at_the_resistor(make_bench):
    bench = make_bench(rest=FOUR)
    bench.set_port("smu.hi", LEADS)
    bench.drive("smu.hi", 0.5, impedance=1e-3, current_limit=1.0)
    seen = bench.measure("smu.hi", 1e-3)
    assert seen.current == pytest.approx(0.5 / 100.0, rel=1e-6)
    assert seen.voltage == pytest.approx(0.5, rel=1e-6)


def test_sense_leads_that_hang_free_leave_two_wires(make_bench):
    bench = make_bench(rest=resistors(("a", "z", 100.0), ("z", "ground", 0.001)))
    bench.set_port("smu.hi", LEADS)
    bench.drive("smu.hi", 0.5, impedance=1e-3, current_limit=1.0)
    assert bench.measure("smu.hi", 1e-3).current == pytest.approx(0.5 / 100.0, rel=1e-5)


def test_a_closed_contact_is_a_resistor_and_an_open_one_is_nothing(make_bench):
    bench = make_bench(rest=resistors(("out", "ground", 99.0)))
    bench.drive("smu.hi", 1.0, impedance=1e-3)
    bench.connect("smu.hi", "out", ohm=1.0)
    assert bench.measure("smu.hi", 1e-3).current == pytest.approx(1.0 / 100.001, rel=1e-9)
    bench.disconnect("smu.hi", "out")
    assert abs(bench.measure("smu.hi", 1e-3).current) < 1e-12


def test_a_short_through_contacts_carries_the_limit(make_bench):
    bench = make_bench(rest=WIRES)
    bench.drive("smu.hi", 1.0, impedance=1e-3, current_limit=0.1)
    bench.connect("smu.hi", "bar", ohm=0.2)
    bench.connect("bar", "ground", ohm=0.3)
    seen = bench.measure("smu.hi", 1e-3)
    assert seen.in_compliance
    assert (seen.current, seen.voltage) == pytest.approx((0.1, 0.05), rel=1e-9)


def test_two_sources_share_a_node_by_their_resistances(make_bench):
    bench = make_bench(
        rest=resistors(("smu.hi", "x", 1e3), ("awg.ch1", "x", 1e3), ("x", "ground", 1e3))
    )
    bench.drive("smu.hi", 3.0, impedance=1e-3)
    bench.drive("awg.ch1", 0.0, impedance=50.0)
    middle = (3.0 / 1000.001) / (1 / 1000.001 + 1 / 1050.0 + 1 / 1e3)
    assert bench.measure("smu.hi", 1e-3).current == pytest.approx((3.0 - middle) / 1000.001)
    assert bench.measure("awg.ch1", 1e-3).current == pytest.approx(-middle / 1050.0)


CELL = """
"awg.ch1" = "gate.0"
"ground" = "column[0:4]"
"""


def cell_bench(make_bench, *of, columns=CELL):
    bench = make_bench(rest=WIRES + columns + resistors(*of)[len(WIRES) :], spread=0.0)
    bench.drive("awg.ch1", 3.0)
    return bench


def true_current(bench, volts, row=0):
    """Return A that the chip takes on one row held at V, its columns and other rows at 0 V."""
    rows, columns = np.zeros(6), np.zeros(5)
    rows[row] = volts
    gates = np.array([3.0, 0, 0, 0, 0])
    return float(bench.chip.at_rest(rows, columns, gates).row_current[row])


def test_a_resistor_in_series_with_a_cell_takes_its_share(make_bench):
    bench = cell_bench(make_bench, ("smu.hi", "row.0", 100e3))
    bench.drive("smu.hi", 0.3, impedance=1e-3)
    bench.sense("dmm.hi")
    seen = bench.measure("smu.hi", 1.0)
    at_cell = bench.sensed_voltage("row.0")
    assert 0.02 < at_cell < 0.28
    assert (0.3 - at_cell) / 100e3 == pytest.approx(true_current(bench, at_cell), rel=1e-6)
    assert seen.current == pytest.approx(true_current(bench, at_cell), rel=0.05)  # cells are noisy


def test_two_cells_in_parallel_take_both_currents(make_bench):
    bench = cell_bench(make_bench, ("smu.hi", "row.0", 1.0), ("smu.hi", "row.1", 1.0))
    bench.drive("smu.hi", 0.2, impedance=1e-3)
    alone = [true_current(bench, 0.2, row) for row in (0, 1)]
    both = [bench.measure("smu.hi", 1.0).current for _ in range(16)]
    assert np.mean(both) == pytest.approx(sum(alone), rel=0.02)


def test_a_sneak_path_runs_through_three_cells(make_bench):
    """Rows 0 and 1, columns 0 and 1: the cell (0, 0) beside (0, 1), (1, 1), (1, 0) in series."""
    bench = make_bench(
        rest=resistors(("smu.hi", "row.0", 10.0), ("column.0", "ground", 10.0)),
        rows=2, columns=2, preset="taox-passive", kind="passive", spread=0.0,
    )  # fmt: skip
    bench.drive("smu.hi", 0.2, impedance=1e-3)
    seen = bench.measure("smu.hi", 1.0)
    nan = np.nan
    direct = bench.chip.at_rest(np.array([0.2, nan]), np.array([0.0, nan]), np.zeros(1))
    alone = bench.chip.at_rest(np.array([0.2, 0.0]), np.array([0.0, 0.0]), np.zeros(1))
    assert seen.current == pytest.approx(direct.row_current[0], rel=0.03)
    assert direct.row_current[0] < 0.9 * alone.row_current[0]  # three in series, not one more


def test_a_terminal_apart_from_the_resistors_is_as_on_an_ideal_bench(make_bench):
    apart = cell_bench(make_bench, ("dmm.hi", "ground", 1e3), columns=CELL + '"x.hi" = "row.0"\n')
    ideal = make_bench("ideal", rest=WIRES + CELL + '"x.hi" = "row.0"', spread=0.0)
    ideal.drive("awg.ch1", 3.0)
    for bench in (apart, ideal):
        bench.drive("x.hi", 0.2, impedance=1e-3)
    assert apart.measure("x.hi", 1e-3) == ideal.measure("x.hi", 1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_a_net_of_resistors_and_sources_agrees_with_ngspice(make_bench, tmp_path, seed):
    random = np.random.default_rng(seed)
    names = [f"n{i}" for i in range(8)]
    ends = [(names[i], names[i + 1]) for i in range(7)]
    ends += [tuple(random.choice([*names, "ground"], 2, replace=False)) for _ in range(9)]
    ends.append((names[0], "ground"))
    of = [(str(a), str(b), float(10 ** random.uniform(0, 6))) for a, b in ends]
    sources = {"smu.hi": 3.0, "awg.ch1": -1.0}
    of += [("smu.hi", "n2", 10.0), ("awg.ch1", "n6", 20.0)]
    bench = make_bench(rest=resistors(*of))
    for name, volts in sources.items():
        bench.drive(name, volts, impedance=50.0)
    theirs = ngspice(of, sources, tmp_path)
    for name in names:
        assert bench.sensed_voltage(name) == pytest.approx(theirs[name], rel=1e-6, abs=1e-9)


def ngspice(of, sources, folder):
    program = shutil.which("ngspice")
    assert program, "ngspice is missing: `make test` installs it (tests/system_packages.sh)"
    word = {"ground": "0"} | {name: name.replace(".", "_") for name in sources}
    lines = ["* a bench", ".options reltol=1e-9 abstol=1e-16 vntol=1e-12 gmin=1e-20 noacct"]
    for k, (a, b, ohm) in enumerate(of):
        lines.append(f"r{k} {word.get(a, a)} {word.get(b, b)} {ohm!r}")
    for name, volts in sources.items():
        lines += [f"v{word[name]} e{word[name]} 0 {volts!r}"]
        lines += [f"rr{word[name]} e{word[name]} {word[name]} 50"]
    netlist = folder / "bench.cir"
    netlist.write_text("\n".join([*lines, ".op", ".print op all", ".end"]))
    raw = folder / "bench.raw"
    subprocess.run([program, "-b", "-r", raw, netlist], check=True, capture_output=True, timeout=50)
    head, _, body = raw.read_bytes().partition(b"Binary:\n")
    found = re.findall(r"^\t\d+\tv\((\S+)\)\t", head.decode("ascii"), re.MULTILINE)
    return dict(zip(found, np.frombuffer(body)[: len(found)].tolist(), strict=True))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('between = ["smu.hi", "smu.hi"]\nohm = 1.0', "itself"),
        ('between = ["smu.hi", "row.6"]\nohm = 1.0', "the chip has 6 row lines"),
        ('between = ["smu.hi", "ground"]\nohm = 0.0', "greater than 0"),
        ('between = ["smu.hi", ""]\nohm = 1.0', "pattern"),
    ],
)
def test_a_resistor_that_cannot_be_is_refused_by_name(write_chip, table, said):
    with pytest.raises(RecipeError, match=said):
        ChipFile.load(write_chip(rest=f"[[resistor]]\n{table}\n"))


def test_a_probe_sees_a_node_of_the_network_with_another_source_elsewhere(make_bench):
    bench = make_bench(rest=resistors(("smu.hi", "x", 1e3), ("x", "ground", 3e3)))
    bench.drive("smu.hi", 1.0, impedance=1e-3)
    assert bench.node_voltage("x") == pytest.approx(0.75, rel=1e-6)
    assert bench.node_voltage("x", {"smu.hi": 4.0}) == pytest.approx(3.0, rel=1e-6)


def pulsed(bench, amplitudes):
    bench.drive("awg.ch1", 3.0)
    bench.drive("smu.hi", 0.0, impedance=1e-3)
    for amplitude in amplitudes:
        bench.pulse("smu.hi", amplitude, 1e-6)
    return bench


def test_pulses_through_next_to_no_resistance_do_what_they_do_on_an_ideal_bench(make_bench):
    amplitudes = (-1.6, 1.3, 1.5, 1.7, -1.2, -1.8)
    ideal = make_bench("ideal", rest=WIRES + CELL + '"smu.hi" = "row.0"\n'.replace("smu", "x"))
    behind = make_bench(rest=WIRES + CELL + resistors(("smu.hi", "row.0", 1e-3))[len(WIRES) :])
    ideal.drive("awg.ch1", 3.0)
    ideal.drive("x.hi", 0.0)
    for amplitude in amplitudes:
        ideal.pulse("x.hi", amplitude, 1e-6)
    pulsed(behind, amplitudes)
    theirs, ours = ideal.chip.true_conductance(), behind.chip.true_conductance()
    assert ours == pytest.approx(theirs, rel=1e-5)
    assert len(ideal.truth.pulses()) == len(behind.truth.pulses())


def test_a_cell_behind_a_resistor_sets_itself_less(make_bench):
    grown = []
    for name, ohm in (("least", 1.0), ("more", 20e3), ("most", 200e3)):
        of = ("smu.hi", "row.0", ohm)
        bench = make_bench(name, rest=WIRES + CELL + resistors(of)[len(WIRES) :], spread=0.0)
        bench.chip.state.cells["conductance"][0] = 3e-6
        pulsed(bench, [1.6])
        grown.append(float(bench.chip.true_conductance()[0]))
    assert grown[0] > 1.1 * grown[1] > 1.3 * grown[2]


LINES = "[chip.wires]\nrow_capacitance = 2e-13\n"


@pytest.mark.parametrize(("ohm", "impedance"), [(None, 50.0), (10e3, 50.0)])
def test_a_short_pulse_charges_its_line_through_what_drives_it(make_bench, ohm, impedance):
    """One pole: V (1 - exp(-w / R C)), of a row of six segments of 0.2 pF."""
    tie = '"smu.hi" = "row.0"\n' if ohm is None else ""
    wires = WIRES.replace('"smu.hi" = "a"\n', tie) + '"ground" = "column[0:4]"\n'
    of = [] if ohm is None else [("smu.hi", "row.0", ohm)]
    rest = LINES + wires + resistors(*of)[len(WIRES) :]
    bench = make_bench(rest=rest, preset="taox-passive", kind="passive")
    bench.chip.state.cells["conductance"] = 0.01e-6  # so that nothing but time is lost
    bench.drive("smu.hi", 0.0, impedance=impedance)
    tau = (impedance + (ohm or 0.0)) * 6 * 0.2e-12
    for share in (0.5, 1.0, 3.0):
        bench.pulse("smu.hi", 1.0, share * tau)
        pulse = bench.truth.pulses()[-1]
        assert pulse["amplitude"] == pytest.approx(1.0 - np.exp(-share), rel=0.01)


@pytest.mark.parametrize("seed", range(300))
def test_sources_that_fight_find_a_state_they_all_agree_on(seed):
    """Each is at its level within its limit, or at its limit on the near side of its level."""
    random = np.random.default_rng(seed)
    nodes = int(random.integers(1, 6))

    def two():
        a, b = random.choice(np.arange(-1, nodes), 2, replace=False)
        return int(a), int(b)

    conductors = [(*two(), 10 ** random.uniform(-8, 3)) for _ in range(random.integers(0, 10))]
    sources = [Source(*two(), 10 ** random.uniform(-3, 2)) for _ in range(random.integers(1, 5))]
    levels = random.choice([0.0, 1.0, -1.0, 5.0, 20.0], len(sources)).tolist()
    limits = (10 ** random.uniform(-7, 1, len(sources))).tolist()
    network = TerminalNetwork(nodes, conductors, sources, np.zeros(0, np.intp))
    solved = network.solve(levels, limits, None)
    for source, level, limit, current, mode in zip(
        sources, levels, limits, solved.currents, solved.modes, strict=True
    ):
        volts = solved.at(source.high) - solved.at(source.low) + source.impedance * current
        if mode == 0:
            assert volts == pytest.approx(level, abs=1e-6)
            assert abs(current) <= limit * (1.0 + 1e-9)
        else:
            assert current == pytest.approx(mode * limit)
            assert mode * (volts - level) <= 1e-9 * max(abs(level), 1.0)


@pytest.mark.parametrize("seed", [4, 16, 65, 80, 115])
def test_limited_sources_around_saturated_transistors_obey_kirchhoff(make_bench, seed):
    """Whole steps of Newton's method throw voltages anywhere in most of these."""
    random = np.random.default_rng(seed)
    names = ["row.0", "row.1", "column.0", "column.1", "p", "q", "ground"]
    of = [
        (*map(str, random.choice(names, 2, replace=False)), float(10 ** random.uniform(0, 6)))
        for _ in range(6)
    ]
    wiring = '[wiring]\n"lab.gate" = "gate.0"\n"a.hi" = "p"\n"b.hi" = "q"\n'
    rest = wiring + resistors(*of)[len(WIRES) :]
    bench = make_bench(rest=rest, rows=2, columns=2)
    bench.drive("lab.gate", 1.2)
    for _ in range(8):
        for name in ("a.hi", "b.hi"):
            level = float(random.choice([0.2, -0.2, 1.0, 3.0, -2.0, 10.0]))
            limit = float(10 ** random.uniform(-7, -2))
            bench.drive(name, level, impedance=1.0, current_limit=limit)
        for name, node in (("a.hi", "p"), ("b.hi", "q")):
            out = 0.0
            for one, other, ohm in of:
                if node in (one, other):
                    end = other if one == node else one
                    out += (bench.node_voltage(node) - bench.node_voltage(end)) / ohm
            seen = bench.look(name, 1e3)  # so long that noise does not count
            assert abs(seen.current) <= bench.terminals[name].current_limit * 1.05
            assert seen.current == pytest.approx(out, rel=0.05, abs=1e-10)
