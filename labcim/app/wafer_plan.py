"""Wafer plans: which recipes on which dies, and what to do about those that fail."""

from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from labcim.errors import RecipeError
from labcim.recipe import Recipe, explain_validation, read_toml

from .recipes import load_recipe

Die = tuple[int, int]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class PlanStep(_Entry):
    """One recipe, a file beside the plan, and what follows where it does not PASS on a die.

    "go on" does the next step all the same, "next die" leaves the die, "stop" ends the wafer.
    """

    recipe: str = Field(min_length=1)
    on_fail: Literal["go on", "next die", "stop"] = "go on"


class WaferPlan(_Entry):
    """A pass over a wafer.

    dies: (x, y) in the order in which they are done; "all" is the prober's map.  skip: dies to
    leave out.  retests: how often a die that failed is done again, from the first step, with a
    touchdown of its own.  touchdowns: the most for one die to make contact, each time.
    stop_after: so many dies that failed one after the other end the pass; 0 never does.
    """

    path: Path
    lot: str = Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f/]+$")
    wafer: str = Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f/]+$")
    dies: Literal["all"] | tuple[Die, ...] = "all"
    skip: tuple[Die, ...] = ()
    retests: int = Field(default=0, ge=0, le=100)
    touchdowns: int = Field(default=2, ge=1, le=100)
    stop_after: int = Field(default=0, ge=0)
    step: tuple[PlanStep, ...] = Field(min_length=1)

    @field_validator("dies")
    @classmethod
    def _each_once(cls, dies: object) -> object:
        if isinstance(dies, tuple) and (not dies or len(set(dies)) < len(dies)):
            raise ValueError('dies: accepts "all", or each die once')
        return dies

    @model_validator(mode="after")
    def _recipes_differ(self) -> "WaferPlan":
        digests = [recipe.digest() for recipe in self.recipes]
        if len(set(digests)) < len(digests):
            raise ValueError("step: two of the recipes are the same, so that their runs would be")
        return self

    @classmethod
    def load(cls, path: Path) -> "WaferPlan":
        """Read a plan and its recipes. Raises RecipeError that names every wrong key."""
        values = read_toml(path, "wafer plan")
        try:
            return cls.model_validate({**values, "path": path.resolve()})
        except ValidationError as trouble:
            raise RecipeError(explain_validation(trouble, f"wafer plan {path}")) from trouble

    @cached_property
    def recipes(self) -> tuple[Recipe, ...]:
        """Return the recipes of the steps as they stood when the plan was read, in order."""
        return tuple(load_recipe(self.path.parent / step.recipe) for step in self.step)

    def chip_of(self, chip: str, die: Die) -> str:
        """Return the identity under which a die's runs are on record. chip: of the bench file."""
        return f"{chip} {self.lot}/{self.wafer}/({die[0]},{die[1]})"
