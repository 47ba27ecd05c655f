"""What a stream and a whole answer have in common: blocks as shown, ids, stop reason, echoes."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from mockllm_core.asked import finish_asked_for
from mockllm_core.conversation import Words
from mockllm_core.protocols.bedrock_converse.families import family
from mockllm_core.protocols.bedrock_converse.signature import sign
from mockllm_core.reply import Reasoning, Refusal, ToolCall
from mockllm_core.unfinished import members, shortened

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Block, Turn
    from mockllm_core.stamp import Stamp

__all__ = [
    "STOP_REASONS",
    "blob",
    "echoes",
    "guardrail_config",
    "latency",
    "masked",
    "response_fields",
    "shown",
    "stop_reason",
    "unusual",
]

STOP_REASONS = (
    "end_turn",
    "tool_use",
    "max_tokens",
    "stop_sequence",
    "guardrail_intervened",
    "content_filtered",
    "malformed_model_output",
    "malformed_tool_use",
    "model_context_window_exceeded",
)
"""All that the service model knows."""

_REDACTING = re.compile("ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING_[0-9A-F]{64}")
"""Claude's own test string: its thoughts come back redacted."""


def shown(turn: Turn, call: Call, stamp: Stamp) -> list[Block]:
    """Return the blocks as this request shows them: thoughts signed, without their text, or redacted; calls with ids."""
    found: list[Block] = list(turn.blocks)
    for nth, block in enumerate(found):
        if isinstance(block, ToolCall) and block.id is None:
            found[nth] = ToolCall(
                name=block.name,
                arguments=block.arguments,
                pieces=_held_back(block, call) if block.cut else block.pieces,
                id=_tool_id(stamp, nth),
                free_text=block.free_text,
                cut=block.cut,
            )
        elif isinstance(block, Reasoning) and family(call.model).signed:
            found[nth] = _thought(block, call, stamp, nth)
        elif isinstance(block, Reasoning):
            found[nth] = masked(block, call)
    if call.conversation.hosted:
        from mockllm_core.protocols.bedrock_converse.hosted import told

        return told(found, partial(_tool_id, stamp))
    return found


def _held_back(block: ToolCall, call: Call) -> tuple[str, ...]:
    """Return the pieces of a call that is cut: Claude holds a parameter back until its value is whole.

    Streams of Claude on Converse ended so: ``{"path": "skills/clickhouse-demo/SKILL.md"`` (github.com/LibreChat-AI/agents/
    pull/280), ``{"path": "/path/to/output/html_output/cost_analysis_report.html"`` (github.com/aws-samples/bedrock-engineer/
    issues/12). The beta that streams them as they are written is Anthropic's own. Of other models none is printed.
    """
    if not family(call.model).signed or _FINE_GRAINED in str(_fields(call).get("anthropic_beta")):
        return block.pieces
    return shortened(block.pieces, members(block.text)[1])


_FINE_GRAINED = "fine-grained-tool-streaming"


def masked(block: Reasoning, call: Call) -> Reasoning:
    """Return a thought as the family shows it: of Nova 2's its guide says so, and public tests repeat the answer."""
    return replace(block, pieces=("[REDACTED]",)) if block.text and family(call.model).masks else block


def _thought(block: Reasoning, call: Call, stamp: Stamp, nth: int) -> Reasoning:
    if block.redacted is not None or block.signature is not None:
        return block
    words = "".join(
        part.text
        for message in call.conversation.messages
        for part in message.parts
        if message.role == "user" and isinstance(part, Words)
    )
    if _REDACTING.search(words):
        return replace(block, pieces=(), redacted=sign(block.text, stamp, nth))
    thinking = _fields(call).get("thinking")
    display = thinking.get("display") if isinstance(thinking, dict) else None
    if display == "omitted" or (display is None and family(call.model).omits):
        return replace(block, pieces=(), signature=sign("", stamp, nth))
    return replace(block, signature=sign(block.text, stamp, nth))


def blob(data: str) -> str:
    """Return base64 of opaque data, the form of ``redactedContent``."""
    return base64.b64encode(data.encode("utf-8", "surrogatepass")).decode()


def _tool_id(stamp: Stamp, nth: int) -> str:
    """Return ``tooluse_`` and the 16 bytes of a UUID in base64url."""
    raw = bytes.fromhex(stamp.uuid("tooluse", nth).replace("-", ""))
    return f"tooluse_{base64.urlsafe_b64encode(raw).decode()[:-2]}"


def stop_reason(turn: Turn, call: Call) -> str:
    """Return why it ended: as read, as the model's name asks, or as decided."""
    known = (turn.facts.get("stopReason") if turn.facts else None) or finish_asked_for(call.model)
    if known and known in STOP_REASONS:
        return str(known)
    for block in turn.blocks:
        if isinstance(block, Refusal):
            return "content_filtered"
    finish = turn.finish
    match finish.reason:
        case "stop":
            return "end_turn" if finish.sequence is None else "stop_sequence"
        case "length":
            return "max_tokens"
        case "tool_call":
            return "tool_use"
        case "content_filter":
            return "content_filtered" if guardrail_config(call) is None else "guardrail_intervened"


def latency(turn: Turn, stamp: Stamp) -> int:
    """Return milliseconds: as read, or 200 to 1,999."""
    known = turn.facts.get("latencyMs")
    return known if isinstance(known, int) else 200 + stamp.number(1800, "latency")


def response_fields(turn: Turn, call: Call) -> dict[str, Json]:
    """Return ``additionalModelResponseFields`` when the request points at what the model's own answer has."""
    if "additionalModelResponseFields" in turn.facts:
        return {"additionalModelResponseFields": turn.facts["additionalModelResponseFields"]}
    paths = call.body.get("additionalModelResponseFieldPaths")
    if not isinstance(paths, list) or not family(call.model).signed:
        return {}
    own = {"/stop_sequence": turn.finish.sequence, "/stop_reason": stop_reason(turn, call)}
    found = {path[1:]: own[path] for path in paths if path in own}
    return {"additionalModelResponseFields": found} if found else {}


_RARE = frozenset(
    ("additionalModelResponseFieldPaths", "guardrailConfig", "performanceConfig", "serviceTier")
)


def unusual(turn: Turn, call: Call) -> bool:
    """Tell whether an answer may have members that most answers have not: by the request, or as read."""
    return bool(turn.facts) or not _RARE.isdisjoint(call.body)


def echoes(call: Call) -> dict[str, Json]:
    """Return the request's choices that the answer repeats."""
    names = ("performanceConfig", "serviceTier")
    return {name: call.body[name] for name in names if isinstance(call.body.get(name), dict)}


def _fields(call: Call) -> dict[str, Any]:
    fields = call.body.get("additionalModelRequestFields")
    return fields if isinstance(fields, dict) else {}


def guardrail_config(call: Call) -> dict[str, Any] | None:
    """Return the request's guardrail, None when it configures none."""
    config = call.body.get("guardrailConfig")
    return config if isinstance(config, dict) and config.get("guardrailIdentifier") else None
