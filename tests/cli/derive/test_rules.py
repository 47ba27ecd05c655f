"""The words for relaxing and tightening, and that they fail when they no longer fit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, Required

import pytest
from typing_extensions import TypedDict

from mockllm_cli.derive.rules import Contract
from mockllm_cli.derive.shapes import DeriveError, Shapes

if TYPE_CHECKING:
    from collections.abc import Callable


class Block(TypedDict, total=False):
    kind: Required[Literal["b", "a"]]
    text: str | None


class Same(TypedDict, total=False):
    kind: Required[Literal["b", "a"]]
    text: str | None


class Tree(TypedDict, total=False):
    inner: Tree


class Request(TypedDict, total=False):
    model: Required[str]
    blocks: Required[list[Block | Same | str]]
    extra: dict[str, int]
    size: int


def made(shape: Any = Request) -> Contract:
    shapes = Shapes()
    return Contract(shapes.members(shape), shapes)


def test_a_key_becomes_optional_and_nullable() -> None:
    contract = made()
    contract.optional("Block", "kind")
    assert contract.shape("Block")["properties"]["kind"] == {"enum": ["b", "a", None]}
    assert "required" not in contract.shape("Block")


def test_a_key_becomes_required_and_loses_its_null() -> None:
    contract = made()
    contract.required("Block", "text")
    assert contract.shape("Block")["required"] == ["kind", "text"]
    assert contract.shape("Block")["properties"]["text"] == {"type": "string"}


def test_bounds_go_to_the_members_that_can_have_them() -> None:
    contract = made()
    contract.limit(".blocks", minItems=1)
    contract.limit(".blocks[]", minLength=2)
    contract.limit(".extra{}", minimum=3)
    assert contract.at(".blocks")["minItems"] == 1
    assert contract.at(".blocks[]")["anyOf"][0] == {"type": "string", "minLength": 2}
    assert contract.at(".extra{}") == {"type": "integer", "minimum": 3}


def test_lists_of_values_are_opened_and_extended() -> None:
    contract = made()
    contract.extend("Block.kind", "c")
    assert contract.at("Block.kind") == {"enum": ["c", "b", "a"]}
    contract.open("Block.kind")
    assert contract.at("Block.kind") == {"type": "string"}


@pytest.mark.parametrize(
    "rule",
    [
        lambda contract: contract.shape("Gone"),
        lambda contract: contract.at(".gone"),
        lambda contract: contract.at(".model[]"),
        lambda contract: contract.optional("Block", "text"),
        lambda contract: contract.required("", "model"),
        lambda contract: contract.required("", "gone"),
        lambda contract: contract.set("", "gone", {}),
        lambda contract: contract.add("", "model", {}),
        lambda contract: contract.drop("", "gone"),
        lambda contract: contract.first("Block", "gone"),
        lambda contract: contract.limit(".model", minimum=1),
        lambda contract: contract.open(".model"),
        lambda contract: contract.extend("Block.kind", "a"),
        lambda contract: contract.exactly_one("Block", "kind", "gone"),
        lambda contract: contract.one_given("Block", "gone"),
    ],
)
def test_a_rule_that_no_longer_fits_fails(rule: Callable[[Contract], object]) -> None:
    with pytest.raises(DeriveError):
        rule(made())


def test_the_text_has_one_definition_for_shapes_that_say_the_same_and_an_order_of_its_own() -> None:
    text = made().dump("name")
    parsed = json.loads(text)
    assert list(parsed) == ["title", "type", "properties", "required", "$defs"]
    assert list(parsed["$defs"]) == ["Same"]
    assert parsed["$defs"]["Same"]["properties"]["kind"] == {"enum": ["a", "b"]}
    assert parsed["properties"]["blocks"]["items"] == {
        "anyOf": [{"type": "string"}, {"$ref": "#/$defs/Same"}]
    }
    assert all(line.count('"$ref"') <= 2 for line in text.splitlines())


def test_only_a_contract_that_holds_itself_has_a_depth() -> None:
    assert "x-max-depth" not in json.loads(made().dump("name"))
    assert json.loads(made(Tree).dump("name"))["x-max-depth"] == 100
