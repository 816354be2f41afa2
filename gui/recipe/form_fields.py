"""A recipe's fields as a form sees them: words, kind, unit, bounds; and text to value and back.

Everything is taken from the pydantic model, so the recipe of a protocol that nobody has seen before
gets a form as well. No Qt here.
"""

import types
import typing
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, Flag
from pathlib import PurePath
from typing import Annotated, Any, Final, Literal, get_args, get_origin

from annotated_types import Unit
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from labcim.recipe import Recipe
from labcim.units import show

from .form_texts import (
    LARGEST_TEXT,
    integer_value,
    is_large,
    number_value,
    quantity_text,
    quantity_value,
    summary,
    toml_text,
    toml_value,
)

Kind = Literal["quantity", "integer", "number", "switch", "choice", "text", "toml"]


class Missing:
    """No value: a field that must be given, and was not yet."""

    def __repr__(self) -> str:
        return "nothing"


MISSING: Final = Missing()


@dataclass(frozen=True, slots=True)
class FormField:
    """One value of a recipe.

    key: its name in a file.  default: MISSING where there is none to show.  made: the default is
    made anew each time.  least, most: bounds of a whole number.  takes_text: a TOML value, or plain
    text.  choices: what may be chosen; of a TOML value the plain types it may have.
    """

    name: str
    key: str
    kind: Kind
    label: str
    doc: str
    unit: str = ""
    accepts: str = ""
    default: Any = MISSING
    required: bool = False
    optional: bool = False
    made: bool = False
    least: int | None = None
    most: int | None = None
    takes_text: bool = False
    choices: tuple[Any, ...] = ()
    suggestions: tuple[str, ...] = ()

    def text(self, value: Any) -> str:
        """Return a value as the text that is edited; reading it back gives the same value."""
        if value is MISSING or (value is None and self.kind != "choice"):
            return ""
        match self.kind:
            case "quantity":
                return quantity_text(value, self.unit)
            case "number":
                return repr(value)
            case "text":
                return str(value) if self.editable(value) else summary(value)
            case "integer":
                return f"{value} {self.unit}".strip()
            case "switch" | "choice":
                return choice_text(value)
        return self._toml(value) if self.editable(value) else summary(value)

    def _toml(self, value: Any) -> str:
        if isinstance(value, str) and self.takes_text:
            try:
                if self.value(value) == value:
                    return value
            except ValueError:
                pass
        return toml_text(value) or ""

    def editable(self, value: Any) -> bool:
        """Return whether a value can be edited as text: not when it is large, or has no text."""
        if self.kind not in ("text", "toml") or value is MISSING or value is None:
            return True
        if is_large(value):
            return False
        text = str(value) if self.kind == "text" else toml_text(value)
        return text is not None and len(text) <= LARGEST_TEXT

    def value(self, text: str) -> Any:
        """Return what a text stands for; the model has the last word on whether it is accepted.

        Raises ValueError with the reason.
        """
        if self.kind == "text":
            return text
        if not text.strip():
            if self.optional:
                return None
            if self.default is MISSING and not self.required:
                return MISSING
            raise ValueError("a value is needed" + (f", in {self.unit}" if self.unit else ""))
        match self.kind:
            case "quantity":
                return quantity_value(text, self.unit)
            case "number":
                return number_value(text)
            case "integer":
                return integer_value(text, self.unit)
            case "switch" | "choice":
                return self._chosen(text)
        return self._toml_or_text(text)

    def _chosen(self, text: str) -> Any:
        for choice in self.choices:
            if choice_text(choice) == text:
                return choice
        accepted = ", ".join(choice_text(choice) for choice in self.choices)
        raise ValueError(f"{text!r} is not one of {accepted}")

    def _toml_or_text(self, text: str) -> Any:
        if not self.takes_text or text.lstrip()[0] in "[{\"'":
            return toml_value(text)
        try:
            found = toml_value(text)
        except ValueError:
            return text
        return found if isinstance(found, self.choices) else text

    def tooltip(self) -> str:
        """Return what the value means, what it accepts, its default, and its name in a file."""
        lines = [self.doc or self.label]
        if self.accepts:
            lines.append(f"Accepts {self.accepts}.")
        if self.default is not MISSING:
            lines.append(f"Default: {self.text(self.default) or 'nothing'}.")
        elif self.required:
            lines.append("Must be given.")
        return "\n".join([*lines, f"In a recipe file: {self.key}"])


def choice_text(value: Any) -> str:
    """Return a choice in words."""
    if value is None:
        return "(none)"
    if isinstance(value, Enum):
        return choice_text(value.value) if isinstance(value.value, str) else value.name.lower()
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def form_fields(recipe: type[Recipe]) -> tuple[FormField, ...]:
    """Return the fields of a recipe, in its order."""
    by_name = bool(recipe.model_config.get("populate_by_name")) or bool(
        recipe.model_config.get("validate_by_name")
    )
    return tuple(_field(name, info, by_name) for name, info in recipe.fields_in_order().items())


def _field(name: str, info: FieldInfo, by_name: bool) -> FormField:
    kind_of, metadata, optional = _core(info.annotation, tuple(info.metadata))
    unit = next((str(item.unit) for item in metadata if isinstance(item, Unit)), "")
    default, made = _default(info)
    choices = _choices(kind_of)
    kind = _kind(kind_of, unit, optional, default)
    if kind in ("switch", "choice") and not choices:
        choices = (True, False)
    if kind == "choice" and optional:
        choices = (None, *choices)
    alias = info.validation_alias or info.alias
    return FormField(
        name=name,
        key=alias if isinstance(alias, str) and not by_name else name,
        kind=kind,
        label=info.title or _in_words(name),
        doc=info.description or "",
        unit=unit,
        accepts=_accepts(metadata, unit, choices, kind),
        default=default,
        required=info.is_required(),
        optional=optional,
        made=made,
        least=_bound(metadata, (("ge", 0), ("gt", 1))) if kind == "integer" else None,
        most=_bound(metadata, (("le", 0), ("lt", -1))) if kind == "integer" else None,
        takes_text=kind == "toml" and _takes_text(kind_of),
        choices=choices if kind != "toml" else _plain_types(kind_of),
        suggestions=tuple(str(example) for example in info.examples or ()),
    )


def _in_words(name: str) -> str:
    words = name.strip("_").replace("_", " ")
    return words[:1].upper() + words[1:]


def _default(info: FieldInfo) -> tuple[Any, bool]:
    """Return the default, and whether it is made anew each time (a seed, a time)."""
    if info.default_factory is None:
        value = info.get_default()
        return (MISSING if value is PydanticUndefined else value), False
    if info.default_factory_takes_validated_data:
        return MISSING, False  # it is worked out from the other values
    return info.get_default(call_default_factory=True), True


def _core(annotation: Any, metadata: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...], bool]:
    """Return an annotation without Annotated, aliases and None; its metadata; was there None."""
    optional = False
    while True:
        if hasattr(annotation, "__value__") and hasattr(annotation, "__type_params__"):
            annotation = annotation.__value__
        elif get_origin(annotation) is Annotated:
            annotation, *more = get_args(annotation)
            for item in more:
                metadata += tuple(item.metadata) if isinstance(item, FieldInfo) else (item,)
        elif _is_union(annotation) and type(None) in get_args(annotation):
            optional = True
            rest = tuple(item for item in get_args(annotation) if item is not type(None))
            annotation = typing.Union[rest] if rest else type(None)  # noqa: UP007
        else:
            return annotation, metadata, optional or annotation in (Any, object, type(None))


def _is_union(annotation: Any) -> bool:
    return get_origin(annotation) in (typing.Union, types.UnionType)


def _kind(annotation: Any, unit: str, optional: bool, default: Any) -> Kind:
    if get_origin(annotation) is Literal:
        return "choice"
    if not isinstance(annotation, type) or get_origin(annotation) is not None:
        return "toml"
    if issubclass(annotation, Enum):
        return "toml" if issubclass(annotation, Flag) else "choice"
    if issubclass(annotation, bool):
        return "choice" if optional or default is MISSING else "switch"
    if issubclass(annotation, int):
        return "integer"
    if issubclass(annotation, float):
        return "quantity" if unit else "number"
    if issubclass(annotation, str | PurePath) and not optional:
        return "text"
    return "toml"


def _choices(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return tuple(annotation)
    return ()


def _members(annotation: Any) -> Iterable[Any]:
    annotation, _, _ = _core(annotation, ())
    if _is_union(annotation):
        for member in get_args(annotation):
            yield from _members(member)
    else:
        yield annotation


def _takes_text(annotation: Any) -> bool:
    """Return whether plain text is one of the things accepted."""
    return any(issubclass(kind, str | PurePath) for kind in _plain_types(annotation))


def _plain_types(annotation: Any) -> tuple[type, ...]:
    """Return the plain types of a union, by which ``5`` is told from the text ``"5"``."""
    found: list[type] = []
    for member in _members(annotation):
        kind = get_origin(member) or member
        if kind is Literal:
            found += [type(choice) for choice in get_args(member)]
        elif isinstance(kind, type):
            found += [float, int] if issubclass(kind, float) else [kind]
    return tuple(found)


_BOUNDS = (("gt", "more than"), ("ge", "at least"), ("lt", "less than"), ("le", "at most"))
_LENGTHS = (("min_length", "at least"), ("max_length", "at most"))


def _bound(metadata: Iterable[Any], names: Iterable[tuple[str, int]]) -> int | None:
    """Return a bound of a whole number; each name comes with what makes it inclusive."""
    for item in metadata:
        for name, add in names:
            if isinstance(getattr(item, name, None), int):
                return int(getattr(item, name)) + add
    return None


def _accepts(metadata: Iterable[Any], unit: str, choices: tuple[Any, ...], kind: Kind) -> str:
    said = []
    for item in metadata:
        for attribute, words in _BOUNDS:
            bound = getattr(item, attribute, None)
            if bound is not None:
                number = isinstance(bound, int | float) and kind == "quantity"
                said.append(f"{words} {show(float(bound), unit) if number else bound}")
        for attribute, words in _LENGTHS:
            bound = getattr(item, attribute, None)
            if bound is not None:
                said.append(f"{words} {bound} {'characters' if kind == 'text' else 'values'}")
        multiple = getattr(item, "multiple_of", None)
        if multiple is not None:
            said.append(f"a multiple of {multiple}")
    if not said and kind == "choice":
        return ", ".join(choice_text(choice) for choice in choices)
    return " and ".join(said)
