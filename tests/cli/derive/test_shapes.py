"""Python types in their wire form."""
# ruff: noqa: UP007, UP045, PYI051  SDKs write unions so

from __future__ import annotations

import datetime as dt
import enum
import os
from collections.abc import Iterable, Sequence
from typing import IO, Annotated, Any, Literal, NotRequired, Optional, Required, Union

import pytest
from pydantic import BaseModel, Field
from typing_extensions import TypeAliasType, TypedDict

from mockllm_cli.derive.shapes import DeriveError, Schema, Shapes, nullable, union

Json = TypeAliasType("Json", str | list[Any])


class Alias:
    """As the SDKs note a name on the wire."""

    alias = "from"


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Base(TypedDict, total=False):
    model: Required[str]
    n: int | None


class Leaf(Base):
    text: str
    note: NotRequired[str]
    from_: Annotated[str, Alias()]
    inner: NotRequired[Leaf]


class Part(BaseModel):
    mime_type: str | None = Field(default=None, alias="mimeType")
    data: bytes


@pytest.mark.parametrize(
    ("shape", "schema"),
    [
        (str, {"type": "string"}),
        (int, {"type": "integer"}),
        (float, {"type": "number"}),
        (bool, {"type": "boolean"}),
        (None, {"type": "null"}),
        (bytes, {"type": "string"}),
        (dt.datetime, {"type": "string"}),
        (object, {}),
        (Any, {}),
        (Literal["a", "b"], {"enum": ["a", "b"]}),
        (Colour, {"enum": ["red", "blue"]}),
        (Iterable[str], {"type": "array", "items": {"type": "string"}}),
        (Sequence[int], {"type": "array", "items": {"type": "integer"}}),
        (list[Any], {"type": "array", "items": {}}),
        (dict[str, object], {"type": "object"}),
        (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
        (Optional[str], {"type": ["string", "null"]}),
        (Union[str, int, None], {"type": ["string", "integer", "null"]}),
        (Union[str, Literal["a"]], {"type": "string"}),
        (Optional[Literal["a"]], {"enum": ["a", None]}),
        (Union[str, Iterable[str]], {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
        (Optional[dict[str, str]], {"type": ["object", "null"], "additionalProperties": {"type": "string"}}),
        (Union[str, bytes, IO[Any], os.PathLike[str]], {"type": "string"}),
        (Annotated[int, "note"], {"type": "integer"}),
        (Json, {"anyOf": [{"type": "string"}, {"type": "array", "items": {}}]}),
        (Union[Base, dict[str, object]], {"type": "object"}),
    ],
)  # fmt: skip
def test_a_type_has_this_wire_form(shape: Any, schema: Schema) -> None:
    assert Shapes().of(shape) == schema


def test_a_typed_dictionary_keeps_order_inheritance_and_aliases() -> None:
    shapes = Shapes()
    assert shapes.members(Leaf) == {
        "type": "object",
        "properties": {
            "model": {"type": "string"},
            "n": {"type": ["integer", "null"]},
            "text": {"type": "string"},
            "note": {"type": ["string", "null"]},
            "from": {"type": "string"},
            "inner": {"anyOf": [{"$ref": f"#/$defs/{__name__}.Leaf"}, {"type": "null"}]},
        },
        "required": ["model", "text", "from"],
    }
    assert set(shapes.named().values()) == {"Leaf"}


def test_a_model_has_every_spelling_of_its_keys() -> None:
    shapes = Shapes(spellings=lambda name, alias: (alias, name) if name != alias else (name,))
    text = {"type": ["string", "null"]}
    assert shapes.members(Part)["properties"] == {
        "mimeType": text,
        "mime_type": text,
        "data": {"type": "string"},
    }


def test_what_is_skipped_is_remembered() -> None:
    shapes = Shapes(skip=lambda shape: shape is Part)
    assert shapes.of(Union[str, Part]) == {"type": "string"}
    assert shapes.skipped == [Part]


def test_a_type_without_a_wire_form_is_named() -> None:
    with pytest.raises(DeriveError, match=r"no wire form for .*complex"):
        Shapes().of(complex)
    with pytest.raises(DeriveError, match="no wire form"):
        Shapes().of(type[int])


def test_null_is_said_once() -> None:
    assert nullable({"type": "string", "minLength": 1}) == {"type": ["string", "null"], "minLength": 1}
    assert nullable(nullable({"$ref": "#/$defs/A"})) == {"anyOf": [{"$ref": "#/$defs/A"}, {"type": "null"}]}
    assert nullable({}) == {}


def test_making_a_union_changes_none_of_its_members() -> None:
    member = {"type": "array", "items": {"type": "string"}}
    union([member, {"type": "null"}])
    assert member == {"type": "array", "items": {"type": "string"}}
