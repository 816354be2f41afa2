"""A recipe's fields are described, read and written without losing a bit."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import Enum, Flag
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pytest
from annotated_types import Unit as InUnit
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from typing_extensions import TypeAliasType

from labcim import plugins
from labcim.capabilities import Topology
from labcim.errors import RecipeError
from labcim.gui.recipe.form_draft import RecipeDraft, cell_values
from labcim.gui.recipe.form_fields import MISSING, FormField, form_fields
from labcim.gui.recipe.form_texts import is_large, quantity_text, quantity_value
from labcim.programming.cell_selection import chosen_cells
from labcim.recipe import Recipe
from labcim.units import Second, Volt

PROTOCOLS = plugins.protocol_names()


class Mood(Enum):
    CALM = "calm"
    WILD = "wild"


class Step(BaseModel):
    amplitude: Volt = 0.1
    count: int = 1


class Foreign(Recipe):
    """A recipe as some other laboratory might write it."""

    protocol: ClassVar[str] = "foreign"

    pressure: Annotated[float, InUnit("Pa")] = Field(101325.0, gt=0, title="Chamber pressure")
    label: str
    mood: Mood = Mood.CALM
    speed: Literal["slow", "fast"] | None = None
    gain: float = Field(1.5, ge=0, le=10)
    seed: int = Field(default_factory=lambda: 42)
    shots: int | None = Field(None, ge=1)
    wait: Second | None = None
    note: str | None = None
    day: date = date(2026, 1, 2)
    exact: Decimal = Decimal("0.1234567890123456789")
    folder: Path = Path("data")
    steps: tuple[Step, ...] = (Step(), Step(amplitude=0.2))
    either: int | str = 5
    table: Mapping[str, float] = Field(default_factory=lambda: {"a b": 1e-6})
    careful: bool

    @field_validator("label")
    @classmethod
    def _has_no_blank(cls, label: str) -> str:
        if " " in label:
            raise ValueError("no blanks, please")
        return label

    @model_validator(mode="after")
    def _fast_is_loud(self) -> "Foreign":
        if self.speed == "fast" and self.gain < 1:
            raise ValueError("fast needs a gain of 1 or more")
        return self


class Access(Flag):
    READ = 1
    WRITE = 2


class Sine(BaseModel):
    kind: Literal["sine"] = "sine"
    amplitude: Volt = 0.1


class Square(BaseModel):
    kind: Literal["square"] = "square"
    duty: float = 0.5


Small = TypeAliasType("Small", Annotated[int, Field(ge=2, le=7)])


class Odd(Recipe):
    """All that pydantic allows and nobody expects."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)
    protocol: ClassVar[str] = "odd"

    small: Small = 3
    small_or_none: Annotated[int, Field(ge=2, le=7)] | None = None
    access: Access = Access.READ | Access.WRITE
    wave: Annotated[Sine | Square, Field(discriminator="kind")] = Sine()
    anything: Any = None
    word: Any = "5"
    array: np.ndarray = Field(default_factory=lambda: np.arange(5.0))
    raw: bytes = b"\xff\x00"
    twice: int = Field(default_factory=lambda values: values["small"] * 2)
    maybe: bool | None = None
    level: Volt | Literal["auto"] = "auto"
    mixed: Literal[1, "1", None, True] = 1
    renamed: int = Field(4, alias="Renamed")
    nothing: None = None
    huge: int = 10**40


def foreign(**values: Any) -> RecipeDraft:
    draft = RecipeDraft(Foreign)
    for name, text in {"label": "x", "careful": "yes", **values}.items():
        draft.type_text(name, text)
    return draft


def field(name: str) -> FormField:
    return RecipeDraft(Foreign).field(name)


def recipe_with(names_and_values: Mapping[str, Any], recipe: type[Recipe]) -> Recipe | None:
    try:
        return recipe(**names_and_values)
    except ValidationError:
        return None


def drawn_value(each: FormField, recipe: type[Recipe]) -> st.SearchStrategy[Any]:
    bounds: dict[str, Any] = {}
    for item in recipe.model_fields[each.name].metadata:
        for attribute, side in (("gt", "min"), ("ge", "min"), ("lt", "max"), ("le", "max")):
            bound = getattr(item, attribute, None)
            if bound is not None:
                bounds[f"{side}_value"] = bound
                bounds[f"exclude_{side}"] = attribute in ("gt", "lt")
    match each.kind:
        case "quantity" | "number":
            return st.floats(allow_nan=False, allow_infinity=False, **bounds)
        case "integer":
            return st.integers(bounds.get("min_value"), bounds.get("max_value"))
        case "switch" | "choice":
            return st.sampled_from(each.choices)
        case "text":
            return st.text()
    if each.name == "values":
        return st.lists(st.floats(0, 1), max_size=5).map(tuple)
    cell = st.tuples(st.integers(0, 99), st.integers(0, 99))
    return st.sampled_from(["all", "0:8, 0:16", ":, 3:"]) | st.lists(cell, min_size=1).map(tuple)


@st.composite
def any_recipe(draw: st.DrawFn) -> Recipe:
    recipe = plugins.protocol(draw(st.sampled_from(PROTOCOLS))).recipe
    fields = form_fields(recipe)
    chosen = draw(st.lists(st.sampled_from(fields), max_size=4, unique_by=lambda each: each.name))
    values = {each.name: draw(drawn_value(each, recipe)) for each in chosen}
    return recipe_with(values, recipe) or recipe()


@settings(max_examples=200, deadline=None)
@given(any_recipe())
def test_a_recipe_comes_back_bit_for_bit_also_when_every_text_is_typed_again(recipe):
    draft = RecipeDraft(type(recipe))
    draft.set_recipe(recipe)
    assert draft.recipe() == recipe
    for each in draft.fields:
        draft.type_text(each.name, draft.text(each.name))
    again = draft.recipe()
    assert again == recipe
    assert again.digest() == recipe.digest()


@pytest.mark.parametrize("name", PROTOCOLS)
def test_an_untouched_form_is_the_protocol_with_its_defaults(name):
    recipe = plugins.protocol(name).recipe
    draft = RecipeDraft(recipe)
    assert draft.recipe().to_toml() == recipe().to_toml()
    assert not draft.troubles()
    assert not any(draft.changed(each.name) for each in draft.fields)


@settings(max_examples=200, deadline=None)
@given(
    st.floats(allow_nan=False, allow_infinity=False), st.sampled_from("V A S Ω s K Hz m %".split())
)
def test_a_quantity_reads_back_to_the_last_bit(value, unit):
    assert repr(quantity_value(quantity_text(value, unit), unit)) == repr(value)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.2, "V", "200 mV"),
        (1.2345678901234e-6, "A", "1.2345678901234 uA"),
        (0.1 + 0.2, "V", "300.00000000000004 mV"),
        (300.0, "K", "300 K"),
        (101325.0, "Pa", "101.325 kPa"),
    ],
)
def test_a_quantity_is_shown_in_a_handy_multiple_and_never_rounded(value, unit, text):
    assert quantity_text(value, unit) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [("200 mV", 0.2), ("0.2", 0.2), ("2e-1", 0.2), ("200mV", 0.2), ("0.2 V", 0.2)],
)
def test_a_voltage_may_be_typed_in_many_ways(text, value):
    assert quantity_value(text, "V") == value


@pytest.mark.parametrize(
    ("text", "said"),
    [("1,5 V", "point"), ("3 A", "expected V"), ("high", "200 mV"), ("1e400", "finite"), ("", "V")],
)
def test_a_wrong_quantity_is_refused_with_the_reason(text, said):
    draft = RecipeDraft(plugins.protocol("read_map").recipe)
    draft.type_text("read_voltage", text)
    assert said in draft.troubles().fields["read_voltage"]


def test_a_value_out_of_bounds_names_the_bounds_in_units():
    draft = RecipeDraft(plugins.protocol("read_map").recipe)
    draft.type_text("read_voltage", "700 mV")
    reason = draft.troubles().fields["read_voltage"]
    assert "700 mV" in reason
    assert "at most 500 mV" in reason


def test_the_error_names_every_wrong_field():
    draft = RecipeDraft(plugins.protocol("write_verify").recipe)
    for name, text in {"cap": "12 V", "step": "3 A", "averages": "x", "cells": "[[0, 1"}.items():
        draft.type_text(name, text)
    with pytest.raises(RecipeError) as raised:
        draft.recipe()
    assert all(f"{name}: " in str(raised.value) for name in ("cap", "step", "averages", "cells"))


def test_what_only_the_whole_gets_wrong_is_told_of_the_whole():
    draft = RecipeDraft(plugins.protocol("write_verify").recipe)
    draft.type_text("set_start", "5 V")
    troubles = draft.troubles()
    assert troubles.fields == {}
    assert "above cap" in troubles.whole[0]
    with pytest.raises(RecipeError, match="set_start = 5 V is above cap"):
        draft.recipe()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("all", "all"),
        ("0:8, 0:16", "0:8, 0:16"),
        ('"all"', "all"),
        ("[[0, 1], [2, 3]]", ((0, 1), (2, 3))),
    ],
)
def test_cells_may_be_typed_as_a_word_slices_or_a_list(text, value):
    draft = RecipeDraft(plugins.protocol("read_map").recipe)
    draft.type_text("cells", text)
    assert draft.recipe().cells == value


@pytest.mark.parametrize("text", ["[[0, 1], [2]]", "[[0, 1", "some", "[]"])
def test_wrong_cells_are_marked_at_once(text):
    draft = RecipeDraft(plugins.protocol("read_map").recipe)
    draft.type_text("cells", text)
    assert "cells" in draft.troubles().fields


def test_what_was_wrong_stays_as_it_was_typed_until_it_is_reset():
    draft = RecipeDraft(plugins.protocol("read_map").recipe)
    draft.type_text("averages", "many")
    assert draft.text("averages") == "many"
    assert draft.changed("averages")
    draft.reset("averages")
    assert draft.text("averages") == "1"
    assert not draft.changed("averages")
    assert not draft.troubles()


def test_a_foreign_recipe_gets_a_form_too():
    kinds = {each.name: each.kind for each in form_fields(Foreign)}
    assert kinds == {
        "pressure": "quantity",
        "label": "text",
        "mood": "choice",
        "speed": "choice",
        "gain": "number",
        "seed": "integer",
        "shots": "integer",
        "wait": "quantity",
        "note": "toml",
        "day": "toml",
        "exact": "toml",
        "folder": "text",
        "steps": "toml",
        "either": "toml",
        "table": "toml",
        "careful": "choice",
        "limits": "toml",
    }
    assert field("pressure").label == "Chamber pressure"
    assert field("wait").unit == "s"
    assert field("shots").accepts == "at least 1"
    assert field("label").default is MISSING


def test_all_of_a_foreign_recipe_comes_back_when_typed_again():
    recipe = Foreign(
        label="ü\n\x7f",
        careful=False,
        mood=Mood.WILD,
        speed="fast",
        shots=7,
        wait=1e-9 / 3,
        note="",
        either="5",
        table={'"q"': 0.1, "": -0.0},
    )
    draft = RecipeDraft(Foreign)
    draft.set_recipe(recipe)
    for each in draft.fields:
        draft.type_text(each.name, draft.text(each.name))
    assert repr(draft.recipe()) == repr(recipe)


def test_an_odd_recipe_comes_back_when_all_that_can_be_typed_is_typed_again():
    draft = RecipeDraft(Odd)
    before = draft.recipe()
    for each in draft.fields:
        if draft.editable(each.name):
            draft.type_text(each.name, draft.text(each.name))
    assert repr(draft.recipe()) == repr(before)


def test_bounds_are_found_wherever_pydantic_lets_them_stand():
    fields = {each.name: each for each in form_fields(Odd)}
    for name in ("small", "small_or_none"):
        assert (fields[name].kind, fields[name].least, fields[name].most) == ("integer", 2, 7)


def test_what_has_no_text_is_shown_and_kept():
    draft = RecipeDraft(Odd)
    assert not draft.editable("array")
    assert not draft.editable("raw")
    draft.type_text("small", "5")
    assert draft.recipe().array.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_a_default_that_follows_another_value_goes_on_following_it():
    draft = RecipeDraft(Odd)
    draft.type_text("small", "5")
    assert draft.recipe().twice == 10
    draft.type_text("twice", "7")
    assert draft.recipe().twice == 7
    draft.type_text("twice", "")
    assert draft.recipe().twice == 10


def test_a_quantity_or_a_word_takes_both():
    draft = RecipeDraft(Odd)
    assert draft.text("level") == "auto"
    draft.type_text("level", "200 mV")
    assert draft.recipe().level == 0.2


def test_what_must_be_given_is_asked_for():
    assert set(RecipeDraft(Foreign).troubles().fields) == {"label", "careful"}
    assert foreign().recipe().careful is True


def test_an_empty_text_is_none_where_none_is_accepted():
    draft = foreign(shots="7", wait="1 ms")
    assert draft.recipe().shots == 7
    draft.type_text("shots", "")
    assert draft.recipe().shots is None
    assert draft.recipe().wait == 1e-3


def test_validators_of_single_fields_mark_their_field():
    assert foreign(label="a b").troubles().fields == {"label": "no blanks, please"}


def test_a_validator_with_a_fault_of_its_own_is_told_and_does_no_harm():
    class Faulty(Recipe):
        protocol: ClassVar[str] = "faulty"
        gain: float = 1.0

        @model_validator(mode="after")
        def _breaks(self) -> "Faulty":
            raise KeyError("nowhere")

    draft = RecipeDraft(Faulty)
    assert "nowhere" in draft.troubles().whole[0]
    with pytest.raises(RecipeError, match="nowhere"):
        draft.recipe()


def test_a_whole_picture_is_kept_but_not_edited_as_text():
    recipe_type = plugins.protocol("write_verify").recipe
    values = tuple(float(v) for v in np.linspace(1e-6, 9e-6, 65_536))
    recipe = recipe_type(targets="list", values=values)
    draft = RecipeDraft(recipe_type)
    draft.set_recipe(recipe)
    assert is_large(values)
    assert not draft.editable("values")
    assert draft.text("values") == "65,536 values"
    draft.type_text("tolerance", "2 uS")
    assert draft.recipe().values == values
    assert draft.recipe().tolerance == 2e-6


def test_nothing_is_said_of_the_whole_while_a_large_value_is_not_looked_at():
    class Paired(Recipe):
        protocol: ClassVar[str] = "paired"
        values: tuple[float, ...] = ()
        gain: float = 1.0

        @model_validator(mode="after")
        def _has_values(self) -> "Paired":
            if not self.values:
                raise ValueError("give at least one value")
            return self

    draft = RecipeDraft(Paired)
    assert draft.troubles().whole == ("give at least one value",)
    draft.put("values", (0.5,) * 10_000)
    draft.type_text("gain", "2")
    assert not draft.troubles()
    assert draft.recipe().gain == 2.0


def test_a_default_that_its_own_bounds_refuse_stays_a_default():
    class Unset(Recipe):
        protocol: ClassVar[str] = "unset"
        limit: float = Field(0.0, gt=0, description="0 stands for none")
        gain: float = 1.0

    draft = RecipeDraft(Unset)
    draft.type_text("gain", "2")
    assert draft.recipe() == Unset(gain=2.0)


def test_a_wrong_list_says_where_it_is_wrong():
    draft = RecipeDraft(plugins.protocol("read_map").recipe)
    draft.type_text("cells", "[[0, 1], [2]]")
    assert draft.troubles().fields["cells"].startswith("[1][1]")


def test_files_named_in_a_recipe_are_taken_from_its_folder(tmp_path):
    draft = RecipeDraft(plugins.protocol("program_image").recipe, folder=tmp_path)
    draft.type_text("image", "cat.png")
    assert draft.recipe().image == str(tmp_path / "cat.png")
    draft.type_text("image", "face")
    assert draft.recipe().image == "face"


@given(st.sets(st.integers(0, 11), min_size=1))
def test_picked_cells_are_written_so_that_they_mean_the_same_cells(picked):
    topology = Topology(rows=3, columns=4)
    cells = np.array(sorted(picked), np.uint32)
    for value in cell_values(cells, topology):
        assert sorted(chosen_cells(value, topology)) == sorted(picked)


def test_picked_cells_are_written_as_short_as_can_be():
    topology = Topology(rows=3, columns=4)

    def written(*cells: int) -> Any:
        return cell_values(np.array(cells, np.uint32), topology)[0]

    assert written(*range(12)) == "all"
    assert written(5, 6, 9, 10) == "1:3, 1:3"
    assert written(5, 10) == ((1, 1), (2, 2))


def test_a_recipe_that_takes_only_lists_gets_a_list():
    class Listed(Recipe):
        protocol: ClassVar[str] = "listed"
        cells: tuple[tuple[int, int], ...] = ((0, 0),)

    draft = RecipeDraft(Listed)
    assert draft.use_cells(np.array([0, 1], np.uint32), Topology(2, 2))
    assert draft.recipe().cells == ((0, 0), (0, 1))
