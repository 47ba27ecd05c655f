"""What a request asks for in its headers, beside the body: a guardrail, a latency, a tier.

Sources: the service model; for what a guardrail adds, public recordings of Titan (February and August 2025) and the
reference of InvokeModel. Whole, a body ends with the trace and the action; of a stream every event has the action
behind its own members, and the last the trace, too. Whoever guards Titan's answer spells it anew: its numbers are
floats, and what was null is gone.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from mockllm_core.errors import ApiError
from mockllm_core.hosts.bedrock_invoke.forms import CLAUDE, NOVA, TITAN
from mockllm_core.jsontext import compact
from mockllm_core.protocols.bedrock_converse.guardrail import asked
from mockllm_core.protocols.bedrock_converse.parts import stop_reason
from mockllm_core.reply import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockllm_core.exchange import Headers
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Turn
    from mockllm_core.stamp import Stamp

__all__ = ["ACTION", "TRACE", "guarded", "options", "told"]

ACTION, TRACE = "amazon-bedrock-guardrailAction", "amazon-bedrock-trace"
_PREFIX = "x-amzn-bedrock-"
_ECHOED = ("performanceconfig-latency", "service-tier")
_ENUMS = {
    "trace": ("trace", ("ENABLED", "DISABLED", "ENABLED_FULL")),
    "performanceconfig-latency": ("performanceConfigLatency", ("standard", "optimized")),
    "service-tier": ("serviceTier", ("priority", "default", "flex", "reserved")),
}
_PATTERNS = {
    "guardrailidentifier": (
        "guardrailIdentifier",
        r"(|([a-z0-9]+)|(arn:aws(-[^:]+)?:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:guardrail/[a-z0-9]+))",
    ),
    "guardrailversion": ("guardrailVersion", r"(|([1-9][0-9]{0,7})|(DRAFT))"),
}


def options(headers: Mapping[str, str]) -> Headers:
    """Return what the headers ask for, by names without the prefix.

    Raises:
        ApiError: a value is none that the service model has, or a guardrail has no version.
    """
    found = tuple(
        (name, headers[_PREFIX + name]) for name in (*_ENUMS, *_PATTERNS) if _PREFIX + name in headers
    )
    for name, value in found:
        if name in _ENUMS and value not in _ENUMS[name][1]:
            among = ", ".join(_ENUMS[name][1])
            raise _refused(f"Value '{value}'", _ENUMS[name][0], f"satisfy enum value set: [{among}]")
        if name in _PATTERNS and not re.fullmatch(_PATTERNS[name][1], value):
            rule = f"satisfy regular expression pattern: {_PATTERNS[name][1]}"
            raise _refused(f"Value '{value}'", _PATTERNS[name][0], rule)
    held = dict(found)
    if held.get("guardrailidentifier") and not held.get("guardrailversion"):
        raise _refused("Value null", "guardrailVersion", "not be null")
    return found


def _refused(value: str, place: str, rule: str) -> ApiError:
    sentence = (
        f"1 validation error detected: {value} at '{place}' failed to satisfy constraint: Member must {rule}"
    )
    return ApiError("invalid_request", sentence, param=place)


def told(call: Call) -> Headers:
    """Return the headers that tell how the request was served."""
    return tuple((_PREFIX + name, value) for name, value in call.options if name in _ECHOED)


def guarded(texts: list[str], turn: Turn, call: Call, stamp: Stamp, *, last: bool) -> list[str]:
    """Return the events, or the whole answer, with what the request's guardrail adds to them."""
    held = dict(call.options)
    if not held.get("guardrailidentifier") or call.form not in {CLAUDE, NOVA, TITAN}:
        return texts
    blocked = stop_reason(turn, call) == "guardrail_intervened"
    action = f'"{ACTION}":"{"INTERVENED" if blocked else "NONE"}"'
    if call.form == TITAN:
        texts = [compact(_floats(json.loads(text))) for text in texts]
    made = [f"{text[:-1]},{action}}}" for text in texts]
    if last and held.get("trace", "DISABLED") != "DISABLED":
        trace = f'"{TRACE}":{compact(_trace(held, turn, call, stamp, blocked=blocked))}'
        members = (action, trace) if call.stream else (trace, action)
        made[-1] = f"{texts[-1][:-1]},{','.join(members)}}}"
    return made


def _floats(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _floats(one) for key, one in value.items() if one is not None}
    if isinstance(value, list):
        return [_floats(one) for one in value]
    return float(value) if isinstance(value, int) else value


def _trace(held: dict[str, str], turn: Turn, call: Call, stamp: Stamp, *, blocked: bool) -> Json:
    name = held["guardrailidentifier"].rpartition("/")[2]
    text = "".join(block.text for block in turn.blocks if isinstance(block, Text))
    guardrail: dict[str, Json] = {"input": {name: _assessed(asked(call), stamp.number(200, "in"))}}
    if text:
        guardrail["outputs"] = [{name: _assessed(len(text), stamp.number(200, "out"))}]
        if blocked:
            guardrail = {"modelOutput": [text], **guardrail}
    return {"guardrail": guardrail | {"actionReason": "Guardrail blocked." if blocked else "No action."}}


def _assessed(characters: int, jitter: int) -> Json:
    """Return what one look cost, in the order of August 2025."""
    return {
        "invocationMetrics": {
            "guardrailProcessingLatency": 180 + jitter,
            "usage": {
                "topicPolicyUnits": max(1, -(-characters // 1000)),
                "contentPolicyUnits": 0,
                "wordPolicyUnits": 0,
                "automatedReasoningPolicyUnits": 0,
                "automatedReasoningPolicies": 0,
                "sensitiveInformationPolicyUnits": 0,
                "sensitiveInformationPolicyFreeUnits": 0,
                "contextualGroundingPolicyUnits": 0,
                "contentPolicyImageUnits": 0,
            },
            "guardrailCoverage": {"textCharacters": {"guarded": characters, "total": characters}},
        }
    }
