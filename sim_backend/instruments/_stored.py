"""Settings that an instrument keeps and tells and that change nothing else."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from ..wire.parameters import Parameter
from ..wire.scpi import command, query

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
