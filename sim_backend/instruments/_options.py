"""What the chip file says of an instrument in ``options``, which its class reads.

A class names in ``known_options`` what it takes; anything else is refused when the bench opens.
"""

from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from labcim.errors import RecipeError
from labcim.recipe import explain_validation

if TYPE_CHECKING:
    from ..chip.chip_file import InstrumentSpec

OptionsT = TypeVar("OptionsT", bound=BaseModel)


def options_of(kind: type[OptionsT], spec: "InstrumentSpec") -> OptionsT:
    """Return the options as a table. Raises RecipeError that names every wrong key and value."""
    try:
        return kind.model_validate(spec.options)
    except ValidationError as trouble:
        said = explain_validation(trouble, f"chip file, options of {spec.name}")
        raise RecipeError(said) from trouble


def check_options(made: type, spec: "InstrumentSpec") -> None:
    """Raise RecipeError for an option that instruments of a class do not take."""
    known = getattr(made, "known_options", ())
    unknown = sorted(set(spec.options) - set(known))
    if unknown:
        raise RecipeError(
            f"chip file, options of {spec.name}: {unknown[0]} is not a known key of {spec.model}; "
            f"accepts {', '.join(known) or 'none'}"
        )
