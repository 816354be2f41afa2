"""A parameter of PyMeasure and one of QCoDeS over a bus that does nothing."""

import pymeasure
import qcodes
from pymeasure.adapters import FakeAdapter
from pymeasure.instruments import Instrument
from pymeasure.instruments.validators import strict_range
from qcodes.parameters import Parameter
from qcodes.validators import Numbers
from timing import cpu_of_a_call, tell


class NullAdapter(FakeAdapter):
    """Takes everything, and answers that there was no error."""

    def _write(self, command: str, **kwargs: object) -> None:
        pass

    def _read(self, **kwargs: object) -> str:
        return '0,"No error"'


class Source(Instrument):
    """A source with one level, set plainly and with the error queue read after it."""

    level = Instrument.setting(
        ":SOUR:VOLT %g", "Set the level in V.", validator=strict_range, values=(-10, 10)
    )
    checked = Instrument.setting(
        ":SOUR:VOLT %g",
        "Set the level in V.",
        validator=strict_range,
        values=(-10, 10),
        check_set_errors=True,
    )

    def check_errors(self) -> list[str]:
        """Read the error queue until it is empty."""
        found = []
        while not (entry := self.ask("SYST:ERR?")).startswith("0"):
            found.append(entry)
        return found


def main() -> None:
    source = Source(NullAdapter(), "source")
    level = Parameter(
        "level", set_cmd=lambda value: f":SOUR:VOLT {value:g}", vals=Numbers(-10, 10), unit="V"
    )
    tell(
        pymeasure=pymeasure.__version__,
        qcodes=qcodes.__version__,
        pymeasure_set=cpu_of_a_call(lambda: setattr(source, "level", 1.25), 5000),
        pymeasure_checked=cpu_of_a_call(lambda: setattr(source, "checked", 1.25), 2000),
        qcodes_set=cpu_of_a_call(lambda: level(1.25), 5000),
    )


if __name__ == "__main__":
    main()
