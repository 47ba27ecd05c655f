"""What streams and whole answers share: ids, the words for an end, and what the request itself decides.

What stands in the JSON is made as text; a member that may be left out begins with its comma.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from mockllm_core.asked import finish_asked_for
from mockllm_core.errors import UnsupportedReply
from mockllm_core.jsontext import compact, kind, quote
from mockllm_core.protocols.anthropic_messages import opaque
from mockllm_core.protocols.anthropic_messages.cache import cached, prefixes
from mockllm_core.protocols.anthropic_messages.families import family, spoken
from mockllm_core.protocols.anthropic_messages.signature import redact
from mockllm_core.protocols.anthropic_messages.toolsets import MEMBERS, toolset_of
from mockllm_core.protocols.anthropic_messages.usage import told
from mockllm_core.reply import Choice, Finish, Opaque, Reasoning, Refusal, Text, ToolCall
from mockllm_core.unfinished import members, shortened

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Call
    from mockllm_core.protocols.anthropic_messages.usage import Facts
    from mockllm_core.reply import Block, FinishReason, Turn, Usage
    from mockllm_core.stamp import Stamp

__all__ = [
    "ASKED",
    "MAGIC_REDACTED",
    "MAGIC_REFUSAL",
    "NAME",
    "container",
    "decided",
    "diagnosed",
    "edits",
    "ending",
    "identifier",
    "opened_call",
    "redacted_data",
    "stop_reason",
    "supports",
    "unusual",
]

NAME = opaque.NAME

MAGIC_REDACTED = "ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING_46C9A13E193C177646C7398A98432ECCCE4C1253D5E2D82641AC0E52CC2876CB"
"""A prompt that holds it gets its thoughts redacted: the provider's own test string."""

MAGIC_REFUSAL = (
    "ANTHROPIC_MAGIC_STRING_TRIGGER_REFUSAL_1FAEFB6177B4672DEE07F9D3AFC62588CCD2631EDCF22E8CCC1FB35B501C9C86"
)
"""A prompt that holds it is refused: the provider's own test string."""

_PREFIXES = {"": "01", "bedrock": "bdrk_01", "vertex": "vrtx_01"}

_WORDS: dict[FinishReason, str] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "content_filter": "refusal",
    "tool_call": "tool_use",
}


def identifier(kind: str, call: Call, stamp: Stamp, nth: int = 0) -> str:
    """Return an id such as ``msg_01...``; ``kind`` is ``msg``, ``toolu``, ``srvtoolu``, ``mcptoolu`` or ``container``.

    Each is 128 bits in base58. Those of messages tell their time since July 2026 (``msg_011C...``,
    [server-tool-thinking-stream-sonnet-5]), on Bedrock and Vertex too; those of calls are random in the same recording.
    """
    prefix = f"{kind}_{_PREFIXES.get(call.form, '01')}"
    key = f"{prefix}{nth}".encode()
    return prefix + (stamp.base58_uuid(key) if kind.endswith("toolu") else stamp.base58_uuid7(key))


def supports(turn: Turn) -> None:
    """Raise UnsupportedReply when the Turn holds what this protocol has no words for."""
    if len(turn.choices) != 1:
        raise UnsupportedReply(f"an Anthropic message is one answer, this reply has {len(turn.choices)}")
    for block in turn.blocks:
        if isinstance(block, ToolCall):
            if block.free_text:
                raise UnsupportedReply(f"the call of {block.name} has free text, Anthropic tools take JSON")
            if kind(block.text or "{}") is None and not block.cut:
                raise UnsupportedReply(f"the arguments of {block.name} are not JSON")
        elif isinstance(block, Opaque) and block.protocol != NAME:
            raise UnsupportedReply(f"a block of {block.protocol} cannot be sent as an Anthropic message")


_USUAL = frozenset((Text, ToolCall, Opaque))
"""Blocks of which the request decides nothing."""


def decided(turn: Turn, call: Call, stamp: Stamp) -> Turn:
    """Return the Turn with what the request alone decides: refusal, redaction, omission, caching, an empty end.

    Tools that the provider runs get their ids, and each has the prompt counted anew.
    A Turn that was read from a recorded answer keeps all that the answer said.
    """
    if turn.facts and told(turn):
        return turn
    given = turn.choices[0]
    blocks, finish, usage = given.blocks, given.finish, turn.usage
    asked = call.conversation.last_user_text() or ""
    if MAGIC_REFUSAL in asked:
        blocks, finish = (), Finish("content_filter")
        usage = replace(usage, output_tokens=0, reasoning=0)
    elif call.body.get("max_tokens") == 0:
        blocks, finish = (), Finish("length")
        usage = replace(usage, output_tokens=0, reasoning=0)
    usual = _USUAL.issuperset(map(type, blocks))
    if not usual and any(isinstance(block, Refusal) for block in blocks):
        finish = Finish("content_filter")
    if finish.reason == "length":
        blocks = tuple(block for block in blocks if not isinstance(block, Text) or block.text)
        if blocks and isinstance(blocks[-1], ToolCall) and blocks[-1].cut:
            blocks = (*blocks[:-1], _held_back(blocks[-1], call))
    if not usual:
        hidden, redacted = _omitted(call), MAGIC_REDACTED in asked
        blocks = tuple(_thoughts(block, hidden=hidden, redacted=redacted) for block in blocks)
    if call.conversation.hosted:
        blocks, usage = _hosted(blocks, usage, call, stamp)
    if not usage.cache_read and not usage.cache_write:
        found = prefixes(call)
        if found:
            usage = cached(usage, found, lambda _: False)
    if blocks is given.blocks and finish is given.finish and usage is turn.usage:
        return turn
    facts = turn.facts
    if call.conversation.hosted:
        from mockllm_core.protocols.anthropic_messages.rounds import summed

        usage, facts = summed(blocks, usage, call)
    return replace(turn, choices=(Choice(blocks=blocks, finish=finish),), usage=usage, facts=facts)


def _hosted(
    blocks: tuple[Block, ...], usage: Usage, call: Call, stamp: Stamp
) -> tuple[tuple[Block, ...], Usage]:
    """Return the blocks with what the provider's tools add to them, and what they cost."""
    from mockllm_core.protocols.anthropic_messages.toolsearch import found_first
    from mockllm_core.protocols.anthropic_messages.uses import linked, paused

    blocks, usage = found_first(blocks, usage, call)
    if "allowed_callers" in str(call.body.get("tools")):
        from mockllm_core.protocols.anthropic_messages.bycode import called_in_code

        blocks, usage = called_in_code(blocks, usage, call)
    if finish_asked_for(call.model) == _PAUSED and not _continues(call):
        blocks, usage = paused(blocks, usage)
    return linked(blocks, call, stamp), usage


def _held_back(block: ToolCall, call: Call) -> ToolCall:
    """Return a call that is cut as it is sent: a parameter is held back until its value is whole.

    So an employee says in github.com/anthropics/anthropic-sdk-python/issues/794; the pieces end behind the last whole
    value, without a brace (``{"title": "example with retry"``, github.com/pydantic/pydantic-ai/issues/3118). A tool with
    ``eager_input_streaming``, or the older beta, gets them as they are written.
    """
    if _FINE_GRAINED in f"{call.options}{call.body.get('anthropic_beta')}":
        return block
    for tool in call.body.get("tools") or ():
        if isinstance(tool, dict) and tool.get("name") == block.name:
            if tool.get("eager_input_streaming") is True:
                return block
            break
    return replace(block, pieces=shortened(block.pieces, members(block.text)[1]))


_FINE_GRAINED = "fine-grained-tool-streaming-2025-05-14"


def _omitted(call: Call) -> bool:
    thinking = call.body.get("thinking")
    display = thinking.get("display") if isinstance(thinking, dict) else None
    return display == "omitted" or (display is None and family(call.model).omits)


def _thoughts(block: Block, *, hidden: bool, redacted: bool) -> Block:
    if not isinstance(block, Reasoning) or block.redacted is not None:
        return block
    if redacted:
        return replace(block, redacted="")  # the encoder derives the data
    return replace(block, pieces=()) if hidden else block


def redacted_data(block: Reasoning, call: Call, stamp: Stamp, index: int) -> str:
    """Return the data of a redacted block, derived when there is none."""
    return block.redacted or redact(block.text, spoken(call.model), stamp, index)


_PAUSED = "pause_turn"
ASKED = (_PAUSED, "model_context_window_exceeded")
"""Ends that only the model's name can ask for."""


def _continues(call: Call) -> bool:
    """Tell whether a turn is handed back to be continued: it comes to its end then, and so does a loop that does that."""
    messages = call.conversation.messages
    return bool(messages) and messages[-1].role == "assistant"


def stop_reason(turn: Turn, call: Call, facts: Facts) -> str:
    """Return the provider's word for why the turn ended: as read, as the model's name asks, or as decided."""
    word = facts.get("stop_reason") if facts else None
    if isinstance(word, str):
        return quote(word)[1:-1]
    asked = finish_asked_for(call.model)
    if asked in ASKED and not (asked == _PAUSED and _continues(call)):
        return asked
    finish = turn.finish
    if finish.reason == "stop":
        if finish.sequence is not None:
            return "stop_sequence"
        blocks = turn.blocks
        # a server tool's call comes last: its result is still to come, so the turn is paused
        if blocks and isinstance(blocks[-1], Opaque) and opaque.kind(blocks[-1]) in opaque.CALLS:
            return "pause_turn"
    return _WORDS[finish.reason]


def ending(turn: Turn, call: Call, facts: Facts) -> str:
    """Return the three members that say why the turn ended; details are told of a refusal only."""
    finish = turn.finish
    details = "null"
    if facts:
        details = compact(facts.get("stop_details"))
    elif finish.reason == "content_filter":
        details = '{"type":"refusal","category":null,"explanation":null}'
    reason = stop_reason(turn, call, facts)
    met = finish.sequence if finish.reason == "stop" and reason not in ASKED else None
    sequence = "null" if met is None else quote(met)
    return f'"stop_reason":"{reason}","stop_sequence":{sequence},"stop_details":{details}'


_RARE = frozenset(("container", "context_management", "diagnostics", "inference_geo", "speed"))


def unusual(call: Call, facts: Facts) -> bool:
    """Tell whether an answer may have members that most answers have not, or that tell something else there."""
    return bool(facts or call.conversation.hosted) or not _RARE.isdisjoint(call.body)


def container(turn: Turn, call: Call, stamp: Stamp, facts: Facts) -> str:
    """Return the container that ran code; nothing when the request names none and none was run."""
    if facts:
        held = facts.get("container")
        return "" if held is None else f',"container":{compact(held)}'
    asked = call.body.get("container")
    if asked is None and not (call.conversation.hosted and any(map(_ran, turn.blocks))):
        return ""
    given = asked if isinstance(asked, str) else asked.get("id") if isinstance(asked, dict) else None
    name = given or identifier("container", call, stamp)
    until = (stamp.now + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    made: dict[str, Json] = {"id": name, "expires_at": until}
    if isinstance(asked, dict) and asked.get("skills"):
        made["skills"] = asked["skills"]
    return f',"container":{compact(made)}'


def _ran(block: Block) -> bool:
    """Tell whether a block is code that was run."""
    return isinstance(block, Opaque) and str(opaque.opened(block).get("name")).endswith("code_execution")


def edits(call: Call, facts: Facts) -> str:
    """Return what context management did; nothing unless the request asks for it."""
    if "context_management" in facts:
        return f',"context_management":{compact(facts["context_management"])}'
    if facts or not isinstance(call.body.get("context_management"), dict):
        return ""
    return ',"context_management":{"applied_edits":[]}'


def diagnosed(call: Call, facts: Facts) -> str:
    """Return the diagnosis of the prompt cache (null: nothing to tell); nothing unless the request asks for it."""
    if "diagnostics" in facts:
        return f',"diagnostics":{compact(facts["diagnostics"])}'
    return ',"diagnostics":null' if not facts and isinstance(call.body.get("diagnostics"), dict) else ""


def opened_call(block: ToolCall, call: Call, stamp: Stamp, index: int, facts: Facts, *, given: str) -> str:
    """Return a tool call with that input: its caller is told by the models that do, not by Bedrock."""
    identity = block.id or identifier("toolu", call, stamp, index)
    noted = (facts.get("callers") or {}).get(str(index)) if facts else None
    caller = ""
    if noted is not None:
        caller = f',"caller":{compact(noted)}'
    elif family(call.model).caller and call.form != "bedrock":
        caller = ',"caller":{"type":"direct"}'
    if block.name in MEMBERS or (facts and "toolsets" in facts):
        toolset = (facts.get("toolsets") or {}).get(str(index)) if facts else None
        toolset = toolset or toolset_of(block.name, call.body.get("tools"))
        caller += f',"toolset_name":{quote(toolset)}' if toolset else ""
    return f'{{"type":"tool_use","id":{quote(identity)},"name":{quote(block.name)},"input":{given}{caller}}}'
