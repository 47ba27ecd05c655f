"""Calls that the cap on the answer's tokens cuts: what is left of them, in each API's own words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from features.asks import AZURE, AZURE_RESPONSES, CHAT, CONVERSE, GEMINI, RESPONSES, SCHEMA, Ask, hello, tools
from features.cells import Cell, Row, Visit
from features.seen import NOW

from mockllm_core import eventstream
from mockllm_core.frame import frames
from mockllm_core.reply import ToolCall

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.seen import Seen
    from features.transcript import Recorder

_LETTER = (
    "Dear Ada, the engine is a fine thing; it weaves algebra as the loom weaves flowers and leaves. Yours, B."
)
_SCHEMA = {
    "type": "object",
    "properties": {"to": {"const": "Ada"}, "body": {"const": _LETTER}},
    "required": ["to", "body"],
}
_WHOLE = {"to": "Ada", "body": _LETTER}
_NAME = "write_letter"
ONE, SEVERAL = 20, 50
"""Tokens that end inside of the first letter, and inside of the second."""
_TEXT = (CHAT, RESPONSES, AZURE, AZURE_RESPONSES)
_TALKERS = (*_TEXT, "anthropic-messages", CONVERSE, GEMINI, "anthropic-vertex", "bedrock-invoke")
_CLAUDES = ("anthropic-messages", "anthropic-vertex", "bedrock-invoke")
_FINE = "fine-grained-tool-streaming-2025-05-14"
_PLACE = "projects/p/locations/global/publishers/google/models/{model}"


def _capped(column: str, most: int, **more: Any) -> dict[str, Any]:
    """Return a request for letters of so many tokens."""
    given = json.dumps(tools(column, _NAME)).replace(json.dumps(SCHEMA), json.dumps(_SCHEMA))
    body: dict[str, Any] = hello(column) | json.loads(given) | more
    match column:
        case "openai-responses" | "azure-responses":
            return body | {"max_output_tokens": most}
        case "bedrock-converse":
            return body | {"inferenceConfig": {"maxTokens": most}}
        case "google-genai":
            return body | {"generationConfig": {"maxOutputTokens": most}}
        case "openai-chat" | "azure-openai":
            return body | {"max_completion_tokens": most}
        case _:
            return body | {"max_tokens": most}


def _cell(column: str, most: int, check: Callable[[Seen], None]) -> Cell:
    headers = {"x-mockllm-tool-calls": "3"} if most == SEVERAL else {}
    return Cell(ask=Ask(column=column, body=_capped(column, most), headers=headers), check=check)


def _calls(seen: Seen, most: int) -> list[ToolCall]:
    """Return the calls of an answer that used up its tokens."""
    assert seen.turn.finish.reason == "length"
    assert seen.turn.usage.output_tokens == most
    assert not seen.text()
    return [block for block in seen.turn.blocks if isinstance(block, ToolCall)]


def _is_cut(seen: Seen, call: ToolCall) -> None:
    assert call.name == _NAME
    if seen.column in _TEXT:
        assert json.dumps(_WHOLE, separators=(",", ":")).startswith(call.text)
        assert call.text.startswith('{"to":"Ada","body":"Dear Ada')
    elif len(seen.parts) > 1:
        # Claude holds the letter back until it is whole; what is streamed has no brace
        assert (call.text, call.cut) == ('{"to": "Ada"', True)
    else:
        assert json.loads(call.text) == {"to": "Ada"}


def _one(seen: Seen) -> None:
    calls = _calls(seen, ONE)
    if seen.column == GEMINI:
        assert calls == []
        return
    (call,) = calls
    _is_cut(seen, call)


def _second(seen: Seen) -> None:
    first, *others = _calls(seen, SEVERAL)
    assert json.loads(first.text) == _WHOLE
    if seen.column == GEMINI:
        assert others == []
        return
    (call,) = others
    _is_cut(seen, call)


def _to_the_letter(seen: Seen) -> None:
    (call,) = _calls(seen, ONE)
    assert call.text.startswith('{"to": "Ada", "body": "Dear Ada')
    assert len(call.name) + len(call.text) == 4 * ONE


def _closed(seen: Seen) -> None:
    (call,) = _calls(seen, ONE)
    assert json.loads(call.text) == {"to": "Ada", "body": _LETTER[:48]}


def _left_open(seen: Seen) -> None:
    (call,) = _calls(seen, ONE)
    assert json.loads(call.text) == {"to": "Ada", "body": _LETTER[:48]}
    first, *_, last = [
        part["candidates"][0]["content"]["parts"][0] for part in seen.parts if "functionCall" in str(part)
    ]
    assert first["functionCall"] == {"name": _NAME, "willContinue": True}
    assert last["functionCall"]["willContinue"] is True


def _eager(column: str) -> Cell:
    body = _capped(column, ONE)
    (tool,) = body["tools"]
    ask = Ask(column=column, body=body | {"tools": [tool | {"eager_input_streaming": True}]})
    return Cell(ask=ask, check=_to_the_letter, whole=False)


def _older(column: str) -> Cell:
    """Ask for the same by the beta's name: in a header, or where Bedrock has it."""
    body, headers = _capped(column, ONE), {}
    if column == CONVERSE:
        body["additionalModelRequestFields"] = {"anthropic_beta": [_FINE]}
    elif column == "bedrock-invoke":
        body["anthropic_beta"] = [_FINE]
    else:
        headers = {"anthropic-beta": _FINE}
    return Cell(ask=Ask(column=column, body=body, headers=headers), check=_to_the_letter, whole=False)


_NOVA = Ask(column=CONVERSE, model="amazon.nova-pro-v1:0", body=_capped(CONVERSE, ONE))
_INVALID = "Model produced invalid sequence as part of ToolUse. Please refer to the model tool use troubleshooting guide."


def _invalid(seen: Seen) -> None:
    assert seen.headers["x-amzn-errortype"].partition(":")[0] == "ModelErrorException"
    assert seen.body == {"message": _INVALID}


def _breaks_off(engine: Recorder) -> None:
    """The error comes inside of the stream, where the call would begin."""
    response = engine.answer(_NOVA.request(stream=True), now=NOW)
    start, error = eventstream.Decoder().feed(b"".join(frame.wire for frame in frames(response.steps)))
    told = {header.name: header.value for header in error.headers}
    assert (response.status, start.event_type) == (200, "messageStart")
    assert (told[":message-type"], told[":exception-type"]) == ("exception", "modelStreamErrorException")
    assert json.loads(error.payload)["message"] == _INVALID


_THREE = Ask(column=GEMINI, model="gemini-3.5-flash", body=_capped(GEMINI, ONE))
_PIECES = Ask(
    column=GEMINI,
    model="gemini-3.5-flash",
    path=f"/v1/{_PLACE}:streamGenerateContent?alt=sse",
    body=_capped(GEMINI, ONE, toolConfig={"functionCallingConfig": {"streamFunctionCallArguments": True}}),
)

TOOLS: tuple[Row, ...] = (
    Row(
        group="Tools",
        name="a cap on the answer's tokens cuts a call",
        cells={column: _cell(column, ONE, _one) for column in _TALKERS},
    ),
    Row(
        group="Tools",
        name="of several calls, the cap leaves those that it reaches",
        cells={column: _cell(column, SEVERAL, _second) for column in _TALKERS},
    ),
)
ANTHROPIC: tuple[Row, ...] = (
    Row(
        group="Anthropic",
        name="`eager_input_streaming`: a call that is cut ends where the tokens do",
        cells={column: _eager(column) for column in _CLAUDES},
    ),
    Row(
        group="Anthropic",
        name=f"the same by the beta `{_FINE}`",
        cells={column: _older(column) for column in _CLAUDES},
    ),
)
OTHERS: tuple[Row, ...] = (
    Row(
        group="Bedrock",
        name=f"a call of Claude's that is cut ends where the tokens do (`{_FINE}`)",
        cells={CONVERSE: _older(CONVERSE)},
    ),
    Row(
        group="Bedrock",
        name="a call of Nova's that is cut: `ModelErrorException`",
        cells={CONVERSE: Cell(ask=_NOVA, check=_invalid, refused=424, streams=False)},
    ),
    Row(
        group="Bedrock",
        name="the same in a stream: `modelStreamErrorException`",
        cells={CONVERSE: Visit(_breaks_off)},
    ),
    Row(
        group="Gemini",
        name="a call that is cut, closed where it ends (Gemini 3)",
        cells={GEMINI: Cell(ask=_THREE, check=_closed)},
    ),
    Row(
        group="Gemini",
        name="arguments in pieces, cut (Vertex AI, Gemini 3)",
        cells={GEMINI: Cell(ask=_PIECES, check=_left_open, whole=False)},
    ),
)
