"""Presets: laws with the constants of published devices, as TOML with their sources."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from labcim.errors import RecipeError
from labcim.recipe import explain_validation

from .laws import AnyLaw


class PulsePreset(BaseModel):
    """A law with constants, where they come from, and what was measured beside them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    about: str
    one_sided: bool = False
    sources: dict[str, str]
    reference: dict[str, float] = {}
    law: Annotated[AnyLaw, Field(discriminator="law")]


def pulse_preset_names() -> list[str]:
    """Return the names of all presets."""
    folder = files(__package__) / "presets"
    return sorted(item.name[:-5] for item in folder.iterdir() if item.name.endswith(".toml"))


@cache
def load_pulse_preset(name: str) -> PulsePreset:
    """Return the preset of that name. Raises RecipeError that lists the known ones."""
    if name not in pulse_preset_names():
        known = ", ".join(pulse_preset_names())
        raise RecipeError(f"pulse preset {name!r} is not known; known are {known}")
    text = (files(__package__) / "presets" / f"{name}.toml").read_text(encoding="utf-8")
    try:
        return PulsePreset.model_validate({"name": name, **tomllib.loads(text)})
    except ValidationError as trouble:
        raise RecipeError(explain_validation(trouble, f"pulse preset {name}")) from trouble
