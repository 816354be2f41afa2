"""What stands in the form of one protocol: values, texts that are none, and what is wrong.

It knows no widget; the form only shows it. What was not touched comes back bit for bit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from labcim.capabilities import CellIndices, Topology
from labcim.errors import LabcimError, RecipeError
from labcim.recipe import Recipe

from .form_fields import MISSING, FormField, form_fields
from .form_texts import is_large

_OUT_OF_BOUNDS = ("greater_than", "less_than", "multiple_of")


@dataclass(frozen=True, slots=True)
class Troubles:
    """What is wrong: the reason for each wrong field by name, and what is wrong with the whole."""

    fields: Mapping[str, str] = field(default_factory=dict)
    whole: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.fields or self.whole)


class RecipeDraft:
    """The values of a recipe on their way to become one."""

    def __init__(self, recipe: type[Recipe], folder: Path | None = None) -> None:
        self.recipe_type = recipe
        self.folder = folder
        self.fields = form_fields(recipe)
        self._by_name = {each.name: each for each in self.fields}
        self._values: dict[str, Any] = {each.name: each.default for each in self.fields}
        self._wrong: dict[str, tuple[str, str]] = {}
        self._given: Recipe | None = None

    def field(self, name: str) -> FormField:
        """Return the description of a field."""
        return self._by_name[name]

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def set_recipe(self, recipe: Recipe) -> None:
        """Take all values of a recipe."""
        self._values = {each.name: getattr(recipe, each.name) for each in self.fields}
        self._wrong.clear()
        self._given = recipe

    def value(self, name: str) -> Any:
        """Return the last good value of a field, or MISSING."""
        return self._values[name]

    def text(self, name: str) -> str:
        """Return the text of a field: what was typed where it is no value, else the value's."""
        if name in self._wrong:
            return self._wrong[name][0]
        return self._by_name[name].text(self._values[name])

    def editable(self, name: str) -> bool:
        """Return whether the field's value can be edited as text."""
        return name in self._wrong or self._by_name[name].editable(self._values[name])

    def type_text(self, name: str, text: str) -> None:
        """Take what a person typed."""
        try:
            self.put(name, self._by_name[name].value(text))
        except ValueError as trouble:
            self.refuse(name, text, str(trouble))

    def refuse(self, name: str, text: str, reason: str) -> None:
        """Hold a text that cannot be taken, and say why."""
        self._wrong[name] = (text, reason)

    def put(self, name: str, value: Any) -> None:
        """Set the value of a field; the model judges it when asked for troubles."""
        self._wrong.pop(name, None)
        if not identical(self._values[name], value):
            self._values[name] = value
            self._given = None

    def reset(self, name: str) -> None:
        """Give a field its default again."""
        self.put(name, self._by_name[name].default)

    def changed(self, name: str) -> bool:
        """Return whether a field differs from its default."""
        if name in self._wrong:
            return True
        default = self._by_name[name].default
        if default is MISSING:
            return False
        return not _same(self._values[name], default)

    def use_cells(self, cells: CellIndices, topology: Topology) -> bool:
        """Set the field ``cells`` to picked cells. Returns False without that field or cells."""
        if "cells" not in self or not len(cells):
            return False
        choices = cell_values(cells, topology)
        for choice in choices:
            self.put("cells", choice)
            if "cells" not in self._judge({"cells"})[0]:
                return True
        self.put("cells", choices[0])
        return True

    def troubles(self) -> Troubles:
        """Return what is wrong now, quickly: large values are left for ``recipe`` to judge."""
        large = {name for name, value in self._values.items() if is_large(value)}
        fields, whole, _ = self._judge(set(self._by_name) - large)
        return Troubles(fields, whole if not large else ())

    def all_troubles(self) -> Troubles:
        """Return what is wrong, large values included."""
        fields, whole, _ = self._judge(set(self._by_name))
        return Troubles(fields, whole)

    def recipe(self) -> Recipe:
        """Return the recipe. Raises RecipeError that names every wrong field."""
        if self._given is not None and not self._wrong:
            return self._given
        fields, whole, made = self._judge(set(self._by_name))
        if made is not None:
            return made
        said = [f"{self._by_name[name].key}: {reason}" for name, reason in fields.items()]
        raise RecipeError(f"recipe {self.recipe_type.protocol}: " + "; ".join([*said, *whole]))

    def _judge(self, names: set[str]) -> tuple[dict[str, str], tuple[str, ...], Recipe | None]:
        """Return wrong fields, what is wrong with the whole, and the recipe if nothing is."""
        wrong = {name: reason for name, (_, reason) in self._wrong.items()}
        given = {
            self._by_name[name].key: value
            for name, value in self._values.items()
            if name in names and name not in wrong and self._is_given(name, value)
        }
        try:
            made = self.recipe_type.model_validate(given, context={"folder": self.folder})
        except ValidationError as trouble:
            fields, whole = self._sorted(trouble)
            fields = {name: reason for name, reason in fields.items() if name in names}
            return self._in_order(fields | wrong), whole if not wrong else (), None
        except LabcimError as trouble:
            return wrong, (str(trouble),), None
        except Exception as trouble:  # a third party's check with a fault of its own
            said = f"the recipe's own check failed: {type(trouble).__name__}: {trouble}"
            return wrong, (said,), None
        return wrong, (), None if wrong else made

    def _is_given(self, name: str, value: Any) -> bool:
        # A default that nobody touched stays the model's: it is not validated a second time.
        each = self._by_name[name]
        return value is not MISSING and (each.made or value is not each.default)

    def _in_order(self, fields: Mapping[str, str]) -> dict[str, str]:
        return {each.name: fields[each.name] for each in self.fields if each.name in fields}

    def _sorted(self, trouble: ValidationError) -> tuple[dict[str, str], tuple[str, ...]]:
        names = {each.key: each.name for each in self.fields}
        found: dict[str, list[Any]] = {}
        whole = []
        for error in trouble.errors(include_url=False):
            place = error["loc"]
            if place and place[0] in names:
                found.setdefault(names[str(place[0])], []).append(error)
            else:
                whole.append(_message(error))
        reasons = {name: self._reason(name, errors) for name, errors in found.items()}
        return reasons, tuple(dict.fromkeys(whole))

    def _reason(self, name: str, errors: Sequence[Any]) -> str:
        each = self._by_name[name]
        if errors[0]["type"] == "missing" and len(errors[0]["loc"]) == 1:
            return "a value is needed" + (f", in {each.unit}" if each.unit else "")
        if each.accepts and len(errors[0]["loc"]) == 1 and _is_bound(errors[0]):
            return f"{each.text(self._values[name])} is refused: accepts {each.accepts}"
        # Of a union, the member that was understood furthest says what is meant.
        deepest = max(len(error["loc"]) for error in errors)
        said = [_message(error) for error in errors if len(error["loc"]) == deepest]
        return "; ".join(list(dict.fromkeys(said))[:3])


def _is_bound(error: Mapping[str, Any]) -> bool:
    return str(error["type"]).startswith(_OUT_OF_BOUNDS)


def _message(error: Mapping[str, Any]) -> str:
    places = "".join(f"[{part}]" for part in error["loc"][1:] if isinstance(part, int))
    text = str(error["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return f"{places} {text}" if places else text


def identical(one: Any, other: Any) -> bool:
    """Return whether two values are the same to the last bit and in type."""
    if one is other:
        return True
    return type(one) is type(other) and _same(one, other) and repr(one) == repr(other)


def _same(one: Any, other: Any) -> bool:
    if one is MISSING or other is MISSING:
        return one is other
    if isinstance(one, bool) is not isinstance(other, bool):
        return False
    try:
        return bool(one == other)
    except ValueError:  # arrays do not say whether they are equal
        return False


def cell_values(cells: CellIndices, topology: Topology) -> list[Any]:
    """Return what picked cells may be written as, shortest first: all, a rectangle, a list.

    cells: row-major indices, at least one. The ends of a rectangle are not included.
    """
    rows, columns = np.divmod(np.unique(cells), np.uint32(topology.columns))
    values: list[Any] = []
    if len(rows) == topology.size:
        values.append("all")
    top, bottom = int(rows.min()), int(rows.max()) + 1
    left, right = int(columns.min()), int(columns.max()) + 1
    if len(rows) == (bottom - top) * (right - left):
        values.append(f"{top}:{bottom}, {left}:{right}")
    values.append(tuple(zip(rows.tolist(), columns.tolist(), strict=True)))
    return values
