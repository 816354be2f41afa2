"""``trigger`` of a Keithley 2636B: command interface, blenders and timers as scripts see them."""

from ..wire.errors import ScpiError
from ..wire.tsp import call, getter, number, setter
from ..wire.tsp_tree import listed
from ._keithley2636b_events import EventBus
from ._keithley2636b_ranges import between
from ._keithley2636b_settings import chosen


class TriggerFunctions:
    """``trigger`` as scripts see it: the command interface, blenders, timers."""

    def __init__(self, bus: EventBus) -> None:
        self._bus = bus

    @call("trigger.clear")
    def clear(self) -> None:
        """Forget a trigger of the command interface."""
        self._bus.command.clear()

    @call("trigger.wait")
    def wait(self, seconds: object) -> bool:
        """Wait for a trigger of the command interface; say whether it came."""
        return self._bus.wait_for(self._bus.command, number(seconds, 0.0, 1e5))

    @call("trigger.blender[].clear")
    def clear_blender(self, index: int) -> None:
        """Forget a blender's event."""
        self._bus.blenders[index].output.clear()

    @call("trigger.blender[].reset")
    def reset_blender(self, index: int) -> None:
        """Give a blender its factory settings."""
        self._bus.blenders[index].reset()

    @call("trigger.blender[].wait")
    def wait_for_blender(self, index: int, seconds: object) -> bool:
        """Wait for a blender's event; say whether it came."""
        return self._bus.wait_for(self._bus.blenders[index].output, number(seconds, 0.0, 1e5))

    @getter("trigger.blender[].orenable")
    def any_of_them(self, index: int) -> bool:
        """Return whether any input is enough."""
        return self._bus.blenders[index].any_of_them

    @setter("trigger.blender[].orenable")
    def set_any_of_them(self, index: int, state: object) -> None:
        """Set whether any input is enough."""
        self._bus.blenders[index].any_of_them = bool(chosen(state, 0, 1))

    @getter("trigger.blender[].overrun")
    def blender_overrun(self, index: int) -> bool:
        """Return whether an event came before the last was taken."""
        return any(one.overrun for one in self._bus.blenders[index].inputs.values())

    @call("trigger.timer[].clear")
    def clear_timer(self, index: int) -> None:
        """Forget a timer's event."""
        self._bus.timers[index].output.clear()

    @call("trigger.timer[].reset")
    def reset_timer(self, index: int) -> None:
        """Give a timer its factory settings."""
        self._bus.timers[index].reset()

    @call("trigger.timer[].wait")
    def wait_for_timer(self, index: int, seconds: object) -> bool:
        """Wait for a timer's event; say whether it came."""
        return self._bus.wait_for(self._bus.timers[index].output, number(seconds, 0.0, 1e5))

    @getter("trigger.timer[].delay")
    def delay(self, index: int) -> float:
        """Return a timer's delay in s."""
        return self._bus.timers[index].delays[0]

    @setter("trigger.timer[].delay")
    def set_delay(self, index: int, seconds: object) -> None:
        """Set a timer's delay in s."""
        self._bus.timers[index].delays = [between(seconds, 0.5e-6, 1e5)]

    @setter("trigger.timer[].delaylist")
    def set_delays(self, index: int, seconds: object) -> None:
        """Set a timer's delays in s, which it takes in turn."""
        delays = [between(one, 0.5e-6, 1e5) for one in listed(seconds)]
        if not delays:
            raise ScpiError(-109)
        self._bus.timers[index].delays = delays

    @getter("trigger.timer[].count")
    def count(self, index: int) -> int:
        """Return how often a timer fires; 0 is for ever."""
        return self._bus.timers[index].count

    @setter("trigger.timer[].count")
    def set_count(self, index: int, count: object) -> None:
        """Set how often a timer fires."""
        self._bus.timers[index].count = int(between(count, 0, 1_048_575))

    @getter("trigger.timer[].passthrough")
    def passthrough(self, index: int) -> bool:
        """Return whether a timer's event happens at its start as well."""
        return self._bus.timers[index].passthrough

    @setter("trigger.timer[].passthrough")
    def set_passthrough(self, index: int, state: object) -> None:
        """Set whether a timer's event happens at its start as well."""
        self._bus.timers[index].passthrough = bool(chosen(state, 0, 1))

    @getter("trigger.timer[].overrun")
    def timer_overrun(self, index: int) -> bool:
        """Return whether a timer was started while it ran."""
        return self._bus.timers[index].detector.overrun

    @getter("trigger.timer[].stimulus")
    def timer_stimulus(self, index: int) -> int:
        """Return the event that starts a timer."""
        return self._bus.timers[index].detector.stimulus

    @setter("trigger.timer[].stimulus")
    def set_timer_stimulus(self, index: int, event: object) -> None:
        """Set the event that starts a timer."""
        self._bus.stimulate(self._bus.timers[index].detector, event)
