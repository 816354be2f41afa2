"""The six chips of Table 1 of Sebastian et al., Nat. Nanotechnol. 15:529 (2020), as macros (T13).

Array, precision and supply are those of each chip. Papers rarely publish the capacitance of a line,
the on-current of a cell or the energy of a converter: such numbers are tagged [A] and lie within
the usual range of their technology. With them a model of one chip can always be brought to the
published figure, so that agreement says only that the figure is plausible, and where it comes from.
What the model was not brought to: XNOR-SRAM at 0.6 V, see ``xnor_sram``.
"""

from .macro import Macro, Part, biased, charged, conducted, converted

_CELL_65 = 1e-15  # F, of a bit line for each cell on it, 65 nm
_STEP_65 = 10e-15  # J, of a converter's step, 65 nm
_STEP_130 = 70e-15  # J, the same, 130 nm
_OVERHEAD = 0.10


def conv_sram() -> Macro:
    """Return CONV-SRAM: 16 averages of 64 products of 6 bit inputs with 1 bit weights, 65 nm.

    Biswas and Chandrakasan, IEEE J. Solid-State Circuits 54:217 (2019): 256 × 64 cells in 16 local
    arrays of 16 rows; inputs are voltages on 64 global bit lines.
    """
    supply, swing = 1.0, 0.5
    return Macro(
        "CONV-SRAM",
        "Biswas 2019, 65 nm, 16 kb, 6 b × 1 b, 1.0 V",
        2 * 16 * 64,
        (
            Part(
                "global bit lines", 64, charged(256 * _CELL_65, supply, swing),
                "256 cells of 1 fF, half swing on average", "A",
            ),
            Part(
                "local bit lines", 16 * 64 * 2, charged(16 * _CELL_65, supply, swing),
                "16 cells of 1 fF, true and complement", "A",
            ),
            Part(
                "converters", 16, converted(7, _STEP_65), "7 bits, 10 fJ a step", "A"
            ),
        ),
        _OVERHEAD,
        40.3e12,
    )  # fmt: skip


def xnor_sram(supply: float = 1.0) -> Macro:
    """Return XNOR-SRAM: 256 binary products a column by a resistive divider, 65 nm.

    Jiang et al., VLSI 2018; Yin et al., IEEE J. Solid-State Circuits 55:1733 (2020): 256 × 64 12T
    cells, 11-level flash converter. The table's 139 TOPS/W are taken for those of 1 V; at 0.6 V,
    which nothing here was brought to, 403 TOPS/W were published, and every part falls with the
    square of the supply.
    """
    pulled = 128 / 70e3  # S, half of the cells pull up and half down, through 70 kΩ each
    return Macro(
        "XNOR-SRAM",
        f"Jiang 2018, 65 nm, 256 × 64, 1 b × 1 b, 11 levels, {supply:g} V",
        2 * 256,
        (
            Part(
                "divider", 1, conducted(pulled / 2.0, supply, 3e-9),
                "256 cells of 70 kΩ between the supplies for 3 ns", "A",
            ),
            Part(
                "flash converter", 10, 20e-15 * supply**2, "10 comparators of 20 fJ at 1 V", "A"
            ),
            Part(
                "word lines", 2 * 256, charged(0.5e-15, supply), "two lines a row, 0.5 fF a cell",
                "A",
            ),
            Part(
                "bit line", 1, charged(256 * _CELL_65, supply, supply / 2.0),
                "256 cells of 1 fF, half swing", "A",
            ),
        ),
        _OVERHEAD,
        139e12 if supply == 1.0 else 403e12,
    )  # fmt: skip


def charge_domain_sram() -> Macro:
    """Return the charge-domain SRAM: 4,608 binary products a column on capacitors, 65 nm.

    Valavi et al., IEEE J. Solid-State Circuits 54:1789 (2019): 2.4 Mb in 64 tiles, 10T1C cells with
    metal capacitors of about 1.2 fF above them, a comparator with a 6 bit reference a column.
    """
    supply, rows = 0.9, 4608
    return Macro(
        "charge-domain SRAM",
        "Valavi 2019, 65 nm, 2.4 Mb, 1 b × 1 b, 0.9 V",
        2 * rows,
        (
            Part(
                "capacitors", rows / 2, charged(1.2e-15, supply), "1.2 fF, half of them charged",
                "R",
            ),
            Part(
                "input lines", rows, charged(2e-15, supply),
                "one of two lines a cell rises, 2 fF with its gates", "A",
            ),
            Part(
                "product nodes", rows / 2, charged(1e-15, supply), "1 fF, half of them rise", "A"
            ),
            Part(
                "comparator and reference", 1, converted(6, 15e-15), "6 bits, 15 fJ a step", "A"
            ),
        ),
        _OVERHEAD,
        658e12,
    )  # fmt: skip


def flash() -> Macro:
    """Return the NOR-flash perceptron: 784-64-10, binary inputs, one pattern in 1 µs, 180 nm.

    Merrikh-Bayat et al., IEEE Trans. Neural Netw. Learn. Syst. 29:4782 (2018): 101,780 cells in
    pairs, 74 neurons, under 1 µs and about 20 nJ a pattern. An operation is counted for each cell,
    as the published figure does.
    """
    supply, time = 2.7, 1e-6
    active = 0.19 * 784 + 1  # of the inputs: the ink of an MNIST digit
    return Macro(
        "NOR flash",
        "Merrikh-Bayat 2018, 180 nm, 101,780 cells, 2.7 V, 1 µs",
        2 * 101_780,
        (
            Part(
                "cells", active * 128, biased(100e-9, supply, time),
                "100 nA in the cells of active inputs", "A",
            ),
            Part(
                "neurons", 74 * 3, biased(25e-6, supply, time),
                "three amplifiers of 25 µA each", "A",
            ),
        ),
        0.0,
        10e12,
    )  # fmt: skip


def memristor_cnn() -> Macro:
    """Return the memristor CNN: one input bit on 128 × 16 1T1R cells in 50 ns, 130 nm.

    Yao et al., Nature 577:641 (2020): reads of 0.2 V, 8 bit converters; 2 × 2,048 operations in
    50 ns at 7.44 mW are the published 11 TOPS/W.
    """
    return Macro(
        "memristor CNN",
        "Yao 2020, 130 nm, 128 × 16, 8 b inputs bit by bit",
        2 * 2048,
        (
            Part(
                "cells", 2048 / 2, conducted(11e-6, 0.2, 50e-9),
                "11 µS on average, 0.2 V, 50 ns, half of the inputs on", "R",
            ),
            Part(
                "word lines", 128 / 2, charged(16 * 2e-15, 3.3), "16 cells of 2 fF at 3.3 V", "A"
            ),
            Part(
                "converters", 16, converted(8, _STEP_130), "8 bits, 70 fJ a step", "A"
            ),
        ),
        _OVERHEAD,
        11e12,
    )  # fmt: skip


def reram_macro() -> Macro:
    """Return the 1 Mb ReRAM macro: sums of 9 products of 2 bit inputs and 3 bit weights, 55 nm.

    Xue et al., ISSCC 2019: current-mode reads, 4 bit outputs by sense amplifiers in 14.6 ns.
    """
    supply = 1.0
    return Macro(
        "1 Mb ReRAM macro",
        "Xue 2019, 55 nm, 2 b × 3 b, 9 inputs, 1.0 V",
        2 * 9,
        (
            Part(
                "cells", 9 * 3 / 2, biased(10e-6, supply, 5e-9),
                "three cells a weight, half of them on, 10 µA from the supply for 5 ns", "A",
            ),
            Part(
                "sense amplifiers", 4, 30e-15, "a decision for each of 4 bits, 30 fJ", "A"
            ),
        ),
        _OVERHEAD,
        21.9e12,
    )  # fmt: skip


def table_1() -> tuple[Macro, ...]:
    """Return the six chips in the order of the table."""
    return (
        conv_sram(), xnor_sram(), charge_domain_sram(), flash(), memristor_cnn(), reram_macro(),
    )  # fmt: skip
