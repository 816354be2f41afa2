"""Recipes from files and from Python values."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labcim import plugins
from labcim.errors import RecipeError
from labcim.protocol import ProtocolSpec
from labcim.recipe import Recipe, read_toml
from labcim.verdicts import judged


def load_recipe(path: str | Path, **changes: Any) -> Recipe:
    """Read a recipe file; ``changes`` replace single values. Raises RecipeError.

    Names of files in a recipe are taken from the recipe's own folder.
    """
    path = Path(path)
    values = {**read_toml(path, "recipe"), **changes}
    return _recipe(spec_named(values.get("protocol"), path), values, path.resolve().parent)


def new_recipe(protocol: str, **values: Any) -> Recipe:
    """Make a recipe of a protocol from values; what is not named keeps its default."""
    return _recipe(plugins.protocol(protocol), values, Path.cwd())


def recipe_from_text(text: str, folder: Path) -> Recipe:
    """Read a recipe that is kept as text, as the record does. Raises RecipeError."""
    import tomllib

    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as trouble:
        raise RecipeError(f"recipe: {trouble}") from trouble
    return _recipe(spec_named(values.get("protocol"), None), values, folder)


def spec_of(recipe: Recipe, found: frozenset[str] = frozenset()) -> ProtocolSpec:
    """Return the protocol that runs a recipe, as the recipe's limits judge it.

    found: names of results that the run which is resumed has already.
    """
    return judged(plugins.protocol(recipe.protocol), recipe, found)


def spec_named(name: object, path: Path | None) -> ProtocolSpec:
    """Return the protocol that a recipe names. Raises RecipeError where it names none."""
    if not isinstance(name, str):
        where = f"recipe {path}" if path else "recipe"
        known = ", ".join(plugins.protocol_names())
        raise RecipeError(f"{where}: protocol = NAME is missing; known are {known}")
    return plugins.protocol(name)


def _recipe(spec: ProtocolSpec, values: Mapping[str, Any], folder: Path) -> Recipe:
    """Validate a recipe and its limits, before any instrument is touched."""
    recipe = spec.recipe.from_mapping(values, folder=folder)
    judged(spec, recipe)
    return recipe
