"""Nova's system tools, which Amazon runs: each is used once, before the text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from features.asks import CONVERSE, HELLO, INVOKE, Ask, hello, tools
from features.cells import Cell, Row

from mockllm_core.reply import Opaque, Text, ToolCall

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.seen import Seen

NOVA_2 = "us.amazon.nova-2-lite-v1:0"
GROUNDING = {"systemTool": {"name": "nova_grounding"}}
INTERPRETER = {"systemTool": {"name": "nova_code_interpreter"}}


def _row(name: str, config: dict[str, Any], check: Callable[[Seen], None], columns: tuple[str, ...] = (CONVERSE, INVOKE)) -> Row:  # fmt: skip
    body = hello(CONVERSE, toolConfig=config)
    cells = {one: Cell(ask=Ask(column=one, body=body, model=NOVA_2), check=check) for one in columns}
    return Row(group="Bedrock", name=name, cells=dict(cells))


def _used(name: str, *behind: str) -> Callable[[Seen], None]:
    """Return a check: a call, its result, the text, and what stands behind that."""

    def check(seen: Seen) -> None:
        call, result, said, *others = seen.turn.blocks
        assert isinstance(call, Opaque)
        assert isinstance(result, Opaque)
        use, gave = (_member(block) for block in (call, result))
        assert (use["name"], use["type"]) == (name, "server_tool_use")
        assert (gave["status"], gave["type"]) == ("success", f"{name}_result")
        assert use["toolUseId"] == gave["toolUseId"]
        assert isinstance(said, Text)
        assert said.text == HELLO
        assert len(others) == len(behind)
        assert all(word in json.dumps(one.payload) for word, one in zip(behind, others, strict=True) if isinstance(one, Opaque))  # fmt: skip
        assert '"end_turn"' in json.dumps(seen.parts)

    return check


def _member(block: Opaque) -> dict[str, Any]:
    held = block.payload.get("block") or block.payload["start"]
    (member,) = held.values()
    return dict(member)


def _function(seen: Seen) -> None:
    assert [block.name for block in seen.turn.blocks if isinstance(block, ToolCall)] == ["weather"]
    assert '"type": "tool_use"' in json.dumps(seen.parts)


AMAZONS = (
    _row("`nova_grounding`: used before the text, its source behind it", {"tools": [GROUNDING]}, _used("nova_grounding", "https://example.com/")),
    _row("`nova_code_interpreter`: used before the text", {"tools": [INTERPRETER]}, _used("nova_code_interpreter")),
    _row("a function beside a system tool, demanded: the function", {"tools": [INTERPRETER, *tools(CONVERSE)["toolConfig"]["tools"]], "toolChoice": {"any": {}}}, _function, (CONVERSE,)),
)  # fmt: skip
