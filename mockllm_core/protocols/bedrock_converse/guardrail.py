"""The trace that a guardrail leaves in an answer: which guardrail, what it looked at, what it cost.

Sources: a recorded Titan stream (a guardrail that masked) and a public recording of Nova (one that let pass).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockllm_core.conversation import Words
from mockllm_core.protocols.bedrock_converse.parts import guardrail_config, stop_reason
from mockllm_core.reply import Text

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Turn
    from mockllm_core.stamp import Stamp

__all__ = ["asked", "trace"]


def trace(turn: Turn, call: Call, stamp: Stamp) -> dict[str, Json]:
    """Return the guardrail's trace when the request configures a guardrail and asks for one."""
    if "trace" in turn.facts:
        return {"trace": turn.facts["trace"]}
    config = guardrail_config(call)
    if config is None or config.get("trace") not in {"enabled", "enabled_full"}:
        return {}
    identifier = str(config.get("guardrailIdentifier") or "")
    name = identifier.rpartition("/")[2]
    reason = stop_reason(turn, call)
    blocked = reason == "guardrail_intervened"
    text = "".join(block.text for block in turn.blocks if isinstance(block, Text))
    guardrail: dict[str, Json] = {
        "actionReason": "Guardrail blocked." if blocked else "No action.",
        "inputAssessment": {name: _assessed(config, identifier, asked(call), stamp.number(200, "in"))},
    }
    if text:
        assessed = _assessed(config, identifier, len(text), stamp.number(200, "out"))
        guardrail["outputAssessments"] = {name: [assessed]}
        if blocked:
            guardrail["modelOutput"] = [text]
    return {"trace": {"guardrail": guardrail}}


def _assessed(config: dict[str, Any], identifier: str, characters: int, jitter: int) -> dict[str, Json]:
    units = max(1, -(-characters // 1000))
    arn = identifier if identifier.startswith("arn:") else f"{_GUARDRAILS}{identifier}"
    return {
        "appliedGuardrailDetails": {
            "guardrailArn": arn,
            "guardrailId": identifier.rpartition("/")[2],
            "guardrailOrigin": ["REQUEST"],
            "guardrailOwnership": "SELF",
            "guardrailVersion": str(config.get("guardrailVersion") or "DRAFT"),
        },
        "invocationMetrics": {
            "guardrailCoverage": {"textCharacters": {"guarded": characters, "total": characters}},
            "guardrailProcessingLatency": 180 + jitter,
            "usage": {
                "automatedReasoningPolicies": 0,
                "automatedReasoningPolicyUnits": 0,
                "contentPolicyImageUnits": 0,
                "contentPolicyUnits": 0,
                "contextualGroundingPolicyUnits": 0,
                "sensitiveInformationPolicyFreeUnits": 0,
                "sensitiveInformationPolicyUnits": 0,
                "topicPolicyUnits": units,
                "wordPolicyUnits": 0,
            },
        },
    }


_GUARDRAILS = "arn:aws:bedrock:us-east-1:123456789012:guardrail/"


def asked(call: Call) -> int:
    """Return the characters of the user's text since the last answer."""
    characters = 0
    for message in reversed(call.conversation.messages):
        if message.role == "assistant":
            break
        if message.role == "user":
            characters += sum(len(part.text) for part in message.parts if isinstance(part, Words))
    return characters
