"""The crossbar board, with a driver and a sense channel on every line (docs/crossbar-board.md).

The commands of configuration are here, those that move cells and lines in `_board_requests`, those
for whole arrays in `_board_vector_commands` and the like.
"""

from typing import TYPE_CHECKING

from ..chip.bit_array import bit_array
from ..wire.parameters import Boolean, Choice, Integer, Numeric, NumericList
from ..wire.scpi import ScpiError, command, query
from ._board_bias import scheme_of
from ._board_bits import BitCommands
from ._board_cycling_commands import CyclingCommands
from ._board_feedback_commands import FeedbackCommands
from ._board_options import BoardOptions
from ._board_sense import SenseFaults
from ._board_settings import (
    CELLS_IN_MESSAGE,
    COMMON_CURRENT,
    GAP,
    LINE_CURRENT,
    PARALLEL,
    RANGES,
    SETTLE,
    SHORTEST_PULSE,
)
from ._options import options_of

if TYPE_CHECKING:
    from ..bench import SimulatedBench
    from ..chip.chip_file import InstrumentSpec

_LONGEST = 1e9
_NARROWEST = RANGES[0]
_WIDEST = RANGES[-1]
_SCHEME = Choice("HALF", "THIRd", "GROund", "FLOat")
_FAMILIES = "{ROW|COLumn|GATE}"


class CrossbarBoard(BitCommands, FeedbackCommands, CyclingCommands):
    """A board whose lines are the chip's, in the chip's own order."""

    known_options = tuple(BoardOptions.model_fields)

    def __init__(self, bench: "SimulatedBench", spec: "InstrumentSpec") -> None:
        wired = bench.wired_chip(spec.name)
        options = options_of(BoardOptions, spec)
        super().__init__(
            wired, bench.chip.clock, bench.chip.truth, spec.name, options, bench.chip_file.chip.seed
        )
        self.cells.sense = SenseFaults.of(options, bench.chip.clock.now)
        self.bits, self.wired = bit_array(bench.chip, bench.chip_file.preset), wired.straight
        for family, window in bench.chip_file.chip.windows:
            if window is not None:
                self.banks[family].bound(*window)
        self.identity = f"LABCIM,CROSSBAR BOARD,{spec.serial or '0'},1.0"

    # --- SYSTem, FORMat, OUTPut ---

    @query("SYSTem:CAPability:GEOMetry")
    def geometry(self) -> str:
        """Rows, columns, kind, gate lines along, SET terminal, converter bits, shortest pulse."""
        chip = self.topology
        words = (chip.kind, chip.gate_along, chip.set_terminal)
        kind, along, terminal = (word.upper() for word in words)
        return f"{chip.rows},{chip.columns},{kind},{along},{terminal},24,18,{SHORTEST_PULSE!r}"

    @query("SYSTem:CAPability:LIMits")
    def capability_limits(self) -> str:
        """Voltage, line and common current, cells in a step and in a message, gap, settling."""
        voltage = max(bank.reach for bank in self.banks.values() if bank.count)
        return (
            f"{voltage!r},{LINE_CURRENT!r},{COMMON_CURRENT!r},{PARALLEL},"
            f"{CELLS_IN_MESSAGE},{GAP!r},{SETTLE!r}"
        )

    @query("SYSTem:CAPability:OPERations")
    def capability_operations(self) -> str:
        """Tell what can be done with the whole array: VECT, UPD, FEED, BITS, SUMS."""
        return ",".join(self.operations) or "NONE"

    @command("FORMat[:DATA]", Choice("ASCii", "REAL"), Integer(32, 64, 32), optional=1)
    def set_format(self, kind: str, bits: int = 32) -> None:
        """Choose text or blocks of float32 or float64 for what is answered."""
        if bits not in (32, 64):
            raise ScpiError(-224)
        self.codec.text, self.codec.bits = kind == "ASC", bits

    @query("FORMat[:DATA]")
    def format(self) -> str:
        """Tell the format of answers."""
        return "ASC" if self.codec.text else f"REAL,{self.codec.bits}"

    @command("FORMat:BORDer", Choice("NORMal", "SWAPped"))
    def set_byte_order(self, order: str) -> None:
        """Choose big-endian (NORMal) or little-endian (SWAPped) blocks, in and out."""
        self.codec.swapped = order == "SWAP"

    @query("FORMat:BORDer")
    def byte_order(self) -> str:
        """Tell the byte order of blocks."""
        return "SWAP" if self.codec.swapped else "NORM"

    @command("OUTPut[:STATe]", Boolean())
    def set_output(self, on: bool) -> None:
        """Arm or disarm all drivers; disarmed, every line is grounded."""
        self.output = on
        self.note("output", "all", float(on))

    @query("OUTPut[:STATe]")
    def output_state(self) -> bool:
        """Tell whether the drivers are armed."""
        return self.output

    # --- lines: SOURce:...:VOLTage, ROUTe ---

    @command(f"[:SOURce]:{_FAMILIES}:VOLTage[:LEVel]", NumericList("V", block=True))
    def set_levels(self, family: str, values: list[float] | bytes) -> None:
        """Set the level of all lines of a family, or of each."""
        bank = self.bank(family)
        bank.set_levels(self.numbers(values, bank.count))
        self.note("gate" if bank.name == "gate" else "source", f"{bank.name}s", bank.worst)

    @query(f"[:SOURce]:{_FAMILIES}:VOLTage[:LEVel]")
    def levels(self, family: str) -> bytes:
        """Tell the level of every line of a family."""
        return self.codec.answer(("value", self.bank(family).levels))

    @query(f"[:SOURce]:{_FAMILIES}:VOLTage:PEAK")
    def worst_level(self, family: str) -> str:
        """Tell the largest absolute level of a family, as text in every format."""
        return repr(self.bank(family).worst)

    @command(f"[:SOURce]:{_FAMILIES}:VOLTage:PROTection", Numeric("V"), Numeric("V"))
    def set_protection(self, family: str, low: float, high: float) -> None:
        """Set the window that no level and no pulse of a family may leave."""
        self.bank(family).protect(low, high)

    @query(f"[:SOURce]:{_FAMILIES}:VOLTage:PROTection")
    def protection(self, family: str) -> str:
        """Tell the protection window of a family."""
        return f"{self.bank(family).low!r},{self.bank(family).high!r}"

    @command(f"ROUTe:{_FAMILIES}:STATe", NumericList(block=True))
    def set_states(self, family: str, values: list[float] | bytes) -> None:
        """Ground (0), drive (1), float (2) or sense (3) all lines of a family, or each."""
        bank = self.bank(family)
        given = list(values) if isinstance(values, bytes) else values
        bank.set_states([float(value) for value in given])
        self.note("line", f"{bank.name}s", float(bank.states.max(initial=0)))

    @query(f"ROUTe:{_FAMILIES}:STATe")
    def states(self, family: str) -> str:
        """Tell the state of every line of a family, as text in every format."""
        return ",".join(map(str, self.bank(family).states.tolist()))

    @command("ROUTe:GROund")
    def ground_all(self) -> None:
        """Ground every line."""
        for bank in self.banks.values():
            bank.set_states(0.0)
        self.note("line", "all", 0.0)

    @query("ROUTe:GROund")
    def lines_not_grounded(self) -> int:
        """Tell how many lines are not grounded."""
        return sum(int((bank.states != 0).sum()) for bank in self.banks.values())

    # --- currents, pulses, sense: one number each ---

    @command("[:SOURce]:CURRent:PROTection", Numeric("A", 1e-9, LINE_CURRENT, 1e-3))
    def set_current_limit(self, value: float) -> None:
        """Set the current at which the driver of one cell limits."""
        self.settings.current_limit = value

    @query("[:SOURce]:CURRent:PROTection")
    def current_limit(self) -> str:
        """Tell the current limit of one cell."""
        return repr(self.settings.current_limit)

    @command("[:SOURce]:CURRent:PROTection:COMMon", Numeric("A", 1e-9, COMMON_CURRENT, 10e-3))
    def set_common_limit(self, value: float) -> None:
        """Set the current that the line shared by the cells of a step may carry."""
        self.settings.common_limit = value

    @query("[:SOURce]:CURRent:PROTection:COMMon")
    def common_limit(self) -> str:
        """Tell the current limit of the shared line."""
        return repr(self.settings.common_limit)

    @command("[:SOURce]:PULSe:WIDTh", Numeric("S", SHORTEST_PULSE, _LONGEST, 1e-6))
    def set_width(self, value: float) -> None:
        """Set the width of a pulse at half its amplitude."""
        self.settings.width = value

    @query("[:SOURce]:PULSe:WIDTh")
    def width(self) -> str:
        """Tell the pulse width."""
        return repr(self.settings.width)

    @command("[:SOURce]:PULSe:PERiod", Numeric("S", 0.0, _LONGEST, 0.0))
    def set_period(self, value: float) -> None:
        """Set the time between two pulses; 0 is the shortest that fits."""
        self.settings.period = value

    @query("[:SOURce]:PULSe:PERiod")
    def period(self) -> str:
        """Tell the pulse period."""
        return repr(self.settings.period)

    @command("[:SOURce]:PULSe:COUNt", Integer(1, 2**31 - 1, 1))
    def set_count(self, value: int) -> None:
        """Set how many pulses each cell gets."""
        self.settings.count = value

    @query("[:SOURce]:PULSe:COUNt")
    def count(self) -> int:
        """Tell the number of pulses."""
        return self.settings.count

    @command("[:SOURce]:PULSe:TRANsition[:LEADing]", Numeric("S", 0.0, _LONGEST, 0.0))
    def set_leading(self, value: float) -> None:
        """Set the time of the leading edge."""
        self.settings.leading = value

    @query("[:SOURce]:PULSe:TRANsition[:LEADing]")
    def leading(self) -> str:
        """Tell the time of the leading edge."""
        return repr(self.settings.leading)

    @command("[:SOURce]:PULSe:TRANsition:TRAiling", Numeric("S", 0.0, _LONGEST, 0.0))
    def set_trailing(self, value: float) -> None:
        """Set the time of the trailing edge."""
        self.settings.trailing = value

    @query("[:SOURce]:PULSe:TRANsition:TRAiling")
    def trailing(self) -> str:
        """Tell the time of the trailing edge."""
        return repr(self.settings.trailing)

    @command("[:SOURce]:BIAS:PULSe", _SCHEME)
    def set_pulse_bias(self, scheme: str) -> None:
        """Choose what lines without selected cells are held at during pulses."""
        self.settings.pulse_bias = scheme_of(scheme)

    @query("[:SOURce]:BIAS:PULSe")
    def pulse_bias(self) -> str:
        """Tell what lines without selected cells are held at during pulses."""
        return self.settings.pulse_bias

    @command("[:SOURce]:BIAS:READ", _SCHEME)
    def set_read_bias(self, scheme: str) -> None:
        """Choose what lines without selected cells are held at during readings."""
        self.settings.read_bias = scheme_of(scheme)

    @query("[:SOURce]:BIAS:READ")
    def read_bias(self) -> str:
        """Tell what lines without selected cells are held at during readings."""
        return self.settings.read_bias

    @command("SENSe:APERture", Numeric("S", 1e-7, 10.0, 10e-6))
    def set_aperture(self, value: float) -> None:
        """Set the time over which a reading integrates."""
        self.settings.aperture = value

    @query("SENSe:APERture")
    def aperture(self) -> str:
        """Tell the aperture."""
        return repr(self.settings.aperture)

    @command("SENSe:AVERage:COUNt", Integer(1, 65536, 1))
    def set_averages(self, value: int) -> None:
        """Set how many apertures are averaged."""
        self.settings.averages = value

    @query("SENSe:AVERage:COUNt")
    def averages(self) -> int:
        """Tell how many apertures are averaged."""
        return self.settings.averages

    @command("SENSe:CURRent:RANGe[:UPPer]", Numeric("A", 0.0, _WIDEST, _WIDEST))
    def set_range(self, value: float) -> None:
        """Choose the smallest range that holds a current, and leave auto range."""
        least = value * (1.0 - 1e-9)
        self.settings.current_range = min(span for span in RANGES if span >= least)
        self.settings.auto_range = False

    @query("SENSe:CURRent:RANGe[:UPPer]")
    def range(self) -> str:
        """Tell the fixed range, or the widest one that auto range may choose."""
        settings = self.settings
        return repr(settings.widest_range if settings.auto_range else settings.current_range)

    @command("SENSe:CURRent:RANGe:AUTO", Boolean())
    def set_auto_range(self, on: bool) -> None:
        """Let every channel choose its range."""
        self.settings.auto_range = on

    @query("SENSe:CURRent:RANGe:AUTO")
    def auto_range(self) -> bool:
        """Tell whether every channel chooses its range."""
        return self.settings.auto_range

    @command("SENSe:CURRent:RANGe:AUTO:ULIMit", Numeric("A", _NARROWEST, _WIDEST, _WIDEST))
    def set_widest_range(self, value: float) -> None:
        """Set the widest range that auto range may choose; it rounds down to a range."""
        most = value * (1.0 + 1e-9)
        self.settings.widest_range = max(span for span in RANGES if span <= most)

    @query("SENSe:CURRent:RANGe:AUTO:ULIMit")
    def widest_range(self) -> str:
        """Tell the widest range that auto range may choose."""
        return repr(self.settings.widest_range)


SIMULATED = CrossbarBoard
