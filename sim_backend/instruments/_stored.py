"""Settings that an instrument keeps and tells and that change nothing else."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from ..wire.parameters import Parameter
from ..wire.scpi import command, query
from ._extremes import EXTREME

Handler = Callable[..., object]


def stored(header: str, parameter: Parameter, name: str) -> tuple[Handler, Handler]:
    """Return the command and the query of a setting, to be bound in an instrument's class.

    name: of the attribute of the instrument's ``settings`` that holds it; may be "trigger.line".

        set_digits, digits = stored(":DISPlay:DIGits", Integer(4, 7), "digits")
    """
    path, _, last = f"settings.{name}".rpartition(".")
    holder, value_of = attrgetter(path), attrgetter(f"settings.{name}")

    @command(header, parameter)
    def keep(instrument: Any, value: object) -> None:
        setattr(holder(instrument), last, value)

    @query(header)
    def tell(instrument: Any) -> object:
        return value_of(instrument)

    return keep, tell


def bounded(header: str, parameter: Parameter, name: str) -> tuple[Handler, Handler]:
    """As `stored`, of a number whose query also tells its MINimum, MAXimum or DEFault."""
    keep, _ = stored(header, parameter, name)
    value_of = attrgetter(f"settings.{name}")

    @query(header, EXTREME, optional=1)
    def tell(instrument: Any, which: str | None = None) -> object:
        return value_of(instrument) if which is None else parameter.convert(which)

    return keep, tell
