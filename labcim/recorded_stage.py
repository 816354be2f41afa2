"""Puts what a thermal stage does to the chip on record: what was asked, and what was reached."""

import math

from .instrument_capabilities import HeatingEffort, ThermalStage
from .recorded import PublishEvent, ToldIfCut

TOLD_EVERY = 10.0  # K on the way to a temperature
THERE = 0.5  # K


class RecordedStage:
    """A stage whose every command is an event, and whose way to a temperature is told in steps."""

    def __init__(self, stage: ThermalStage, event: PublishEvent, remark: PublishEvent) -> None:
        self._stage = stage
        self._event = event
        self._remark = remark
        self._asked = math.nan
        self._told = math.nan
        self._arrived = True

    def go_to(self, kelvin: float) -> None:
        """Command a temperature; the event holds what the sensor reads at that moment."""
        measured = self._stage.temperature()
        told = {"setpoint": kelvin, "measured": measured}
        with ToldIfCut(self._remark, f"stage to {kelvin:g} K", told):
            self._stage.go_to(kelvin)
        self._event("temperature", f"stage set to {kelvin:g} K, it is at {measured:.2f} K", told)
        self._asked, self._told, self._arrived = kelvin, measured, False

    def temperature(self) -> float:
        """Return what the sensor reads; tell it when it has moved on, and on arrival."""
        measured = self._stage.temperature()
        arrives = not self._arrived and abs(measured - self._asked) <= THERE
        if arrives or abs(measured - self._told) >= TOLD_EVERY:
            told = {"setpoint": self._asked, "measured": measured}
            self._event("temperature", f"stage is at {measured:.2f} K", told)
            self._told, self._arrived = measured, self._arrived or arrives
        return measured

    def effort(self) -> float:
        """Return the share of the heater's power that is on; NaN where the stage cannot tell."""
        return self._stage.effort() if isinstance(self._stage, HeatingEffort) else math.nan

    def off(self) -> None:
        """Turn the heater off."""
        self._stage.off()
        self._event("temperature", "stage turned off", {"setpoint": math.nan})
        self._asked = math.nan
