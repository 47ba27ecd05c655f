"""Functions that code alone may call (``allowed_callers``): the code, and the calls that it waits for.

Recorded of Claude Sonnet 4.5 in December 2025 (vercel/ai ``anthropic-programmatic-tool-calling.1``, whole and streamed): Python
in the provider's container comes first, each call names it as its caller and is whole when it opens, and what the code
printed begins the answer to the results (see ``returned.pending``). Later versions of the tool are inferred to do so, too.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mockllm_core import tokens
from mockllm_core.jsontext import kind, parse
from mockllm_core.protocols.anthropic_messages import opaque
from mockllm_core.protocols.anthropic_messages.families import family
from mockllm_core.protocols.anthropic_messages.uses import called
from mockllm_core.reply import Opaque, ToolCall

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Block, Usage

__all__ = ["called_in_code"]


def called_in_code(blocks: tuple[Block, ...], usage: Usage, call: Call) -> tuple[tuple[Block, ...], Usage]:
    """Return the blocks with code before the calls that only code may make, and what the model wrote of them.

    Nothing is changed where no such code can run, or its tokens do not fit.
    """
    callers = _callers(call)
    inner = [one for one in blocks if isinstance(one, ToolCall) and one.name in callers]
    if not inner or any(one.cut or kind(one.text or "{}") is not dict for one in inner):
        return blocks, usage
    lines = "".join(f"print(await {one.name}({one.text or '{}'}))\n" for one in inner)
    code = called("code_execution", {"code": f"\n{lines}"})
    others = [one for one in blocks if isinstance(one, ToolCall) and one.name not in callers]
    direct = sum(tokens.estimate(len(one.name) + len(one.text)) for one in others)
    spent = usage.reasoning + code.tokens + direct
    if spent > call.body.get("max_tokens", spent):
        return blocks, usage
    first = blocks.index(inner[0])
    made = [_inside(one, callers) for one in blocks]
    return (*made[:first], code, *made[first:]), replace(usage, output_tokens=spent)


def _callers(call: Call) -> dict[str, str]:
    """Return the functions that code alone may call, and as which code; none where no code runs."""
    tools = [tool for tool in call.body.get("tools") or () if isinstance(tool, dict)]
    runs = any(
        str(tool.get("type")).startswith(("code_execution_20250825", "code_execution_2026")) for tool in tools
    )
    if not runs or not family(call.model).caller:
        return {}
    found: dict[str, str] = {}
    for tool in tools:
        allowed = tool.get("allowed_callers")
        if (
            tool.get("type", "custom") == "custom"
            and isinstance(allowed, list)
            and allowed
            and "direct" not in allowed
        ):
            found[str(tool.get("name"))] = str(allowed[0])
    return found


def _inside(block: Block, callers: dict[str, str]) -> Block:
    if not isinstance(block, ToolCall) or block.name not in callers:
        return block
    given: Json = parse((block.text or "{}").encode())
    caller = {"type": callers[block.name], "tool_id": ""}
    held = {"type": "tool_use", "id": "", "name": block.name, "input": given, "caller": caller}
    return Opaque(protocol=opaque.NAME, payload={"block": held, "deltas": []})
