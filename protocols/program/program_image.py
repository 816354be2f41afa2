"""Program a picture into the array, and say how like it came out."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar

from numpy.typing import NDArray

from labcim.capabilities import Floats, Topology
from labcim.programming.tuning import TUNING_CHANNELS, TUNING_PLOTS, tune
from labcim.programming.tuning_findings import image_findings, tuning_findings
from labcim.programming.tuning_recipe import ImageRecipe
from labcim.protocol import Capabilities, Carry, Finding, Steps, protocol
from labcim.recipe import Unit


class ProgramImage(ImageRecipe):
    """Write a grey picture into the array as conductances, by write-verify."""

    protocol: ClassVar[str] = "program_image"

    def target_map(self, topology: Topology) -> Floats:
        """Return the picture as targets in S, shape (size,)."""
        return _target_map(self, topology)

    def units(self, topology: Topology) -> list[Unit]:
        """Return blocks of cells, once it is known that the picture can be had."""
        self.target_map(topology)
        return super().units(topology)


@lru_cache(maxsize=2)
def _target_map(recipe: ProgramImage, topology: Topology) -> Floats:
    return ImageRecipe.target_map(recipe, topology)


def summarise(recipe: ProgramImage, rows: Mapping[str, NDArray[Any]]) -> list[Finding]:
    """Return how like the picture is, then yield, accuracy and effort."""
    return image_findings(rows) + tuning_findings(recipe, rows)


@protocol(ProgramImage, channels=TUNING_CHANNELS, plots=TUNING_PLOTS, summarise=summarise)
def program_image(recipe: ProgramImage, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    """Bring the unit's cells to the greys of the picture; one row for each cell at the end."""
    return (yield from tune(recipe, given, unit, carry))
