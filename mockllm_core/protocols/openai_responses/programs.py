"""Programs that call functions: a request offers ``programmatic_tool_calling``, and functions for programs alone.

As recorded of gpt-5.6 in July and September 2026 (vercel/ai ``programmatic-tool-calling.1`` to ``.3`` and
``programmatic-tool-calling-denied.json``): a program comes with its code, whole and at once, and a fingerprint that is
sealed as reasoning is; its call of a function names it, has its arguments in one delta and stays in progress. Where the
functions were answered, what the program told comes before the text. Programs were recorded that call several functions,
one in each answer; ours call the first.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mockllm_core import jsontext
from mockllm_core.arguments import generate
from mockllm_core.conversation import Hosted
from mockllm_core.jsontext import compact
from mockllm_core.protocols.openai_responses.calls import called, deltas, event
from mockllm_core.protocols.openai_responses.offered import tool_name

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.protocols.openai_responses.calls import Wanted
    from mockllm_core.reply import Opaque

__all__ = ["program", "programmed"]

_WORD = re.compile(r"[A-Za-z_]\w*")


def programmed(tool: Json) -> bool:
    """Tell whether a tool is a function that only programs may call."""
    return bool(tool.get("type") == "function" and tool.get("allowed_callers") == ["programmatic"])


def program(tool: dict[str, Json], wanted: Wanted) -> Hosted | None:
    """Return a program and its call of a function, which ends the answer; or what a program told whose call is answered."""
    told = _told(wanted.given)
    if told:
        return Hosted(name=tool_name(tool), blocks=(told,))
    function = next((one for one in wanted.offered if programmed(one)), None)
    if function is None:
        return None
    return Hosted(name=tool_name(tool), blocks=_started(function), ends=True)


def _started(function: Json) -> tuple[Opaque, Opaque]:
    name, arguments = str(function["name"]), compact(generate(function.get("parameters"), "0").value)
    member = f".{name}" if _WORD.fullmatch(name) else f"[{compact(name)}]"
    written: dict[str, Json] = {
        "id": "cm_",
        "type": "program",
        "call_id": "",
        "code": f"const result = await tools{member}({arguments});\ntext(JSON.stringify(result));\n",
        "fingerprint": "",
    }
    call: dict[str, Json] = {
        "id": "fc_",
        "type": "function_call",
        "status": "in_progress",
        "arguments": arguments,
        "call_id": "",
        "caller": {"type": "program", "caller_id": ""},
        "name": name,
    }
    events = [
        *deltas("function_call_arguments.delta", (arguments,)),
        event("function_call_arguments.done", arguments=arguments),
    ]
    return (
        called(written, written | {"code": ""}, (), written["code"], (("call_id",), ("fingerprint",))),
        # the model wrote the program alone
        called(call, call | {"arguments": ""}, events, "", (("call_id",), ("caller", "caller_id"))),
    )


def _told(given: list[Json]) -> Opaque | None:
    """Return what the last program told, if its call is what the input ends by answering."""
    end = given[-1] if given else {}
    call = next(
        (
            one
            for one in reversed(given)
            if one.get("type") == "function_call" and one.get("call_id") == end.get("call_id")
        ),
        None,
    )
    if end.get("type") != "function_call_output" or call is None:
        return None
    caller = call.get("caller") or {}
    if caller.get("type") != "program":
        return None
    item: dict[str, Json] = {
        "id": "cmo_",
        "type": "program_output",
        "status": "completed",
        "call_id": caller["caller_id"],
        "result": _result(end.get("output")),
    }
    return called(item, item | {"result": ""}, (), "")


def _result(output: Json) -> str:
    """Return what ``JSON.stringify`` makes of an output: of the JSON that it holds, or of the text."""
    try:
        return compact(jsontext.parse(output) if isinstance(output, str) else output)
    except ValueError:
        return compact(output)
