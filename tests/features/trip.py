"""A call with every kind of argument, whose pieces Vertex AI streams."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jsonschema_rs
from features.asks import GEMINI, hello

from mockllm_core.reply import ToolCall

if TYPE_CHECKING:
    from features.seen import Seen

_TRIP = {
    "type": "object",
    "properties": {
        "city": {"const": "Reykjavik"},
        "route": {
            "type": "object",
            "properties": {
                "stops": {"const": ["Selfoss", "Vik"]},
                "note": {"const": "Start early, before the buses come, and bring a coat against the wind."},
            },
            "required": ["stops", "note"],
        },
        "days": {"const": 2},
        "guide": {"const": False},
        "budget": {"const": None},
        "by": {"const": "bus"},
    },
    "required": ["city", "route", "days", "guide", "budget", "by"],
}
IN_PIECES = hello(GEMINI) | {
    "tools": [{"functionDeclarations": [{"name": "plan_trip", "parametersJsonSchema": _TRIP}]}],
    "toolConfig": {"functionCallingConfig": {"streamFunctionCallArguments": True}},
}


def in_pieces(seen: Seen) -> None:
    first, *others, last = [part["candidates"][0]["content"]["parts"][0] for part in seen.parts]
    assert first["functionCall"] == {"name": "plan_trip", "willContinue": True}
    assert first["thoughtSignature"]
    assert others[-1] == {"functionCall": {}}
    assert last == {"text": ""}
    (call,) = [block for block in seen.turn.blocks if isinstance(block, ToolCall)]
    jsonschema_rs.validator_for(_TRIP).validate(json.loads(call.text))
