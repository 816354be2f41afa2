"""Does the wiring match the bench file? The contact check, before a run and on its own."""

import numpy as np

from labcim import plugins
from labcim.protocol import Capabilities, Rows
from labcim.recipe import Recipe


def wiring_faults(given: Capabilities, recipe: Recipe | None = None) -> list[str]:
    """Return one sentence for each line that is open, shorted or in another's place.

    Drives at most 50 mV. Raises what the instruments raise.
    """
    spec = plugins.protocol("contact_check")
    recipe = recipe or spec.recipe()
    topology = given.cells.topology
    batches = [
        step.columns
        for unit in recipe.units(topology)
        for step in spec.run(recipe, given, unit, {})
        if isinstance(step, Rows)
    ]
    rows = {
        channel.name: np.concatenate([batch[channel.name] for batch in batches])
        for channel in spec.channels
    }
    findings = spec.summarise(recipe, rows)
    # The counts of bad lines fail as well; the lines themselves are what a person can mend.
    return [f.name for f in findings if f.outcome == "FAIL" and not f.name.endswith(" lines")]
