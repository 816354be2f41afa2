"""What a simulated 336 has besides inputs and outputs: status, relays, front panel, interfaces.

Front panel and interfaces only keep what they are told. Source: Model 336 User's Manual, 6.6.
"""

from typing import ClassVar, Final

from ..wire.commands import command, query
from ..wire.parameters import Integer
from ..wire.status import POWER_ON
from ._lakeshore336_fields import Whole, Words, stored
from ._lakeshore336_outputs import Outputs

ALARM, OVERLOAD, RAMP_2_DONE, RAMP_1_DONE, NEW_READING, TUNED_MASK = 1, 2, 4, 8, 16, 32
RELAY: Final = Integer(1, 2)
_RELAY_OFF, _RELAY_ON, _RELAY_ALARMS = range(3)
_JUNCTION: Final = 296.15  # K at the terminals


class Panel(Outputs):
    """The whole controller but for what it is wired to."""

    kept_over_reset: ClassVar = {"IEEE", "MODE", "INTSEL", "NET", "WEBLOG"}

    set_brightness, get_brightness = stored("BRIGT", (), (Whole(0, 32, 28, digits=2),))
    set_lights, get_lights = stored("LEDS", (), (Whole(0, 1, 1),))
    set_lock, get_lock = stored("LOCK", (), (Whole(0, 1), Whole(0, 999, 123, digits=3)))
    set_remote, get_remote = stored("MODE", (), (Whole(0, 2),))
    set_address, get_address = stored("IEEE", (), (Whole(1, 30, 12, digits=2),))
    set_interface, get_interface = stored("INTSEL", (), (Whole(0, 2, 1),))
    set_display, get_display = stored(
        "DISPLAY", (), (Whole(0, 6, 4), Whole(0, 3), Whole(0, 4, 1)), least=1
    )
    set_field, get_field = stored("DISPFLD", (Integer(1, 8),), (Whole(0, 4), Whole(1, 6, 1)))
    set_login, get_login = stored("WEBLOG", (), (Words(15, "admin"), Words(15, "admin")))
    set_network, get_network = stored(
        "NET", (),
        (Whole(0, 1), Whole(0, 1), *(Words(15, "0.0.0.0", padded=False) for _ in range(5)),
         Words(15, "LSCI-336"), Words(64), Words(32)),
    )  # fmt: skip
    set_relay, get_relay = stored(
        "RELAY", (RELAY,), (Whole(0, 2), Words(1, "A"), Whole(0, 2, 2)), least=1
    )

    def execute(self, message: bytes) -> bytes | None:
        """Carry out one program message, with the operation status as it is by then."""
        self._look()
        answer = super().execute(message)
        self._look()
        return answer

    # --- status ---

    def _look(self) -> None:
        """Bring the condition of the operation status register up to date."""
        tuned = self.status.operation.condition & TUNED_MASK * (not self._tuned)
        state = tuned | ALARM * self.any_alarm() | OVERLOAD * self.any_overload() | NEW_READING
        for output, bit in ((1, RAMP_1_DONE), (2, RAMP_2_DONE)):
            on = self.settings["RAMP"][output][0]
            state |= bit if on and not self.is_ramping(output) else 0
        self.status.operation.condition = state

    @query("OPST")
    def operation_condition(self) -> int:
        """Tell the operation status."""
        return self.status.operation.condition

    @query("OPSTR")
    def operation_event(self) -> int:
        """Tell what has come in the operation status since it was asked for, and forget it."""
        return self.status.operation.take_event()

    @command("OPSTE", Integer(0, 255))
    def enable_operation(self, mask: int) -> None:
        """Set which operation events reach the status byte."""
        self.status.operation.enable = mask

    @query("OPSTE")
    def operation_enabled(self) -> int:
        """Tell which operation events reach the status byte."""
        return self.status.operation.enable

    # --- starting anew ---

    def reset(self) -> None:
        """*RST: power-up settings; the plates stay as warm as they are."""
        for header, group in self.settings.items():
            if header not in self.kept_over_reset:
                group.reset()
        self._all_off()
        for output, plate in self.plates.items():
            plate.set_power(0.0)
            self._set_up(output)

    @command("DFLT", Integer(99, 99))
    def factory(self, _sure: int) -> None:
        """Go to the factory settings, user curves and interfaces included."""
        for group in self.settings.values():
            group.reset()
        self.curves = {number: curve for number, curve in self.curves.items() if number < 21}
        self.reset()

    def power_cycle(self) -> None:
        """Turn it off and on: all is kept but ranges, unless an output is to go on by itself."""
        ranges = dict(self._ranges)
        self._all_off()
        for output, plate in self.plates.items():
            plate.set_power(0.0)
            if self.settings["OUTMODE"][output][2]:
                self.set_range(output, ranges[output])
        self.status.clear()
        self.status.operation.enable = 0
        self.status.standard_enable = self.status.service_enable = 0
        self.status.raise_event(POWER_ON)

    # --- other things ---

    @query("RELAYST", RELAY)
    def relay_state(self, relay: int) -> str:
        """Tell whether a relay is on."""
        mode, name, kind = self.settings["RELAY"][relay]
        if mode == _RELAY_ALARMS:
            high, low = self._alarms(str(name))
            return str(int((low, high, high or low)[int(kind)]))
        return str(int(mode == _RELAY_ON))

    @query("TEMP")
    def junction(self) -> str:
        """Tell the temperature of the thermocouple terminals in K."""
        return f"{_JUNCTION:+08.3f}"

    @query("NETID")
    def network(self) -> str:
        """Tell how the network was set up."""
        return "2,127.0.0.1,255.0.0.0,0.0.0.0,0.0.0.0,0.0.0.0,00:00:00:00:00:00,LSCI-336,"
