"""Does the wiring match the bench file? The contact check, before a run and on its own."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from labcim import plugins
from labcim.capabilities import Floats
from labcim.protocol import Capabilities, Rows
from labcim.recipe import Recipe


def wiring_faults(given: Capabilities, reference: Floats | None = None) -> list[str]:
    """Return one sentence for each line that is open, shorted or in another's place.

    reference: S, shape (rows, columns), what the record knows of the cells: rows that have changed
    places show by what they hold. Drives at most 50 mV. Raises what the instruments raise.
    """
    spec = plugins.protocol("contact_check")
    if reference is None:
        return _faults(given, spec.recipe())
    with TemporaryDirectory(prefix="labcim-") as folder:
        path = Path(folder) / "reference.npy"
        np.save(path, reference)
        return _faults(given, spec.recipe.from_mapping({"reference": str(path)}))


def _faults(given: Capabilities, recipe: Recipe) -> list[str]:
    spec = plugins.protocol("contact_check")
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
