"""Decide what to say. A responder is any function from a Conversation to a Reply."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, TypeAlias

from mockllm_core.arguments import CutText, generate, generate_described
from mockllm_core.asked import finish_asked_for
from mockllm_core.conversation import Conversation, ToolUse
from mockllm_core.grammar import written
from mockllm_core.jsontext import compact
from mockllm_core.reply import Reasoning, Refusal, Reply, Text, ToolCall

if TYPE_CHECKING:
    from mockllm_core.arguments import Style
    from mockllm_core.conversation import Tool
    from mockllm_core.frame import Json
    from mockllm_core.reply import Block

__all__ = ["DECLINED", "GREETING", "Responder", "echo", "respond"]

Responder: TypeAlias = Callable[[Conversation], Reply]

GREETING = "Hello! How can I help you today?"
"""What is said when the request has no user text to send back."""

DECLINED = "I'm sorry, but I can't help with that."
"""What a refusal says."""


def respond(conversation: Conversation) -> Reply:
    """Call a tool when one is due, else answer in text: JSON when a schema asks for it, or the echo.

    A tool is due when tools are given, the choice is not ``none`` and the last turn is not a tool's result: an
    agent's loop ends. Where a call is demanded (``any``, ``tool``), a tool result is followed by the tools not
    called yet, so that an agent whose answer is itself a tool call can end too. In JSON mode the schema may stand in
    the prompt (see ``prompted``). Before a text, tools of the provider's own are used (see ``hosted``). A model named
    ``mock-finish-REASON`` ends as its name asks (see ``asked``).
    """
    if "mock-finish-" in conversation.model:
        end = finish_asked_for(conversation.model)
        ended = _as_named(end, conversation)
        if ended is not None:
            return ended
    if conversation.tools:
        due = _due(conversation)
        if due:
            return _calls(conversation, due)
    if conversation.hosted:
        from mockllm_core.hosted import used

        return used(conversation, _in_text(conversation))
    return _in_text(conversation)


def _in_text(conversation: Conversation) -> Reply:
    if conversation.output_schema is not None:
        return _structured(conversation, conversation.output_schema)
    if conversation.json_mode and conversation.controls.reply is None:
        from mockllm_core.prompted import schema_told

        told = schema_told(conversation)
        if told is not None:
            return _structured(conversation, told)
    return echo(conversation)


def echo(conversation: Conversation) -> Reply:
    """Send the last user text back, or the fixed reply, or a greeting when there is neither."""
    fixed = conversation.controls.reply
    text = conversation.last_user_text() if fixed is None else fixed
    text = GREETING if text is None else text
    if conversation.json_mode:
        text = compact({"reply": text})
    said = Text((text,))
    if not conversation.reasoning:
        return Reply((said,))
    return Reply(blocks=(*_thoughts(conversation, "I will answer in text."), said))


def _as_named(end: str, conversation: Conversation) -> Reply | None:
    """Return the reply that the model's name asks for: a refusal, or the first half of the echo."""
    match end:
        case "refusal":
            return Reply(blocks=(*_thoughts(conversation, "I will not answer."), Refusal.of(DECLINED)))
        case "stop":
            return echo(conversation)
        case "length" | "content_filter" as reason:
            said = echo(conversation)
            blocks = tuple(
                Text.of(block.text[: (len(block.text) + 1) // 2]) if isinstance(block, Text) else block
                for block in said.blocks
            )
            return Reply(blocks=blocks, finish=reason)
        case _:
            return None


def _due(conversation: Conversation) -> tuple[Tool, ...]:
    """Return the tools of which one must be called now, in the request's order; none when text is due."""
    choice = conversation.tool_choice
    if choice.mode == "none":
        return ()
    allowed = conversation.tools
    if choice.names:
        allowed = tuple([tool for tool in allowed if tool.name in choice.names])
    if not conversation.after_tool_result():
        return allowed
    if choice.mode == "auto":
        return ()
    parts = (part for message in conversation.messages for part in message.parts)
    called = {part.name for part in parts if isinstance(part, ToolUse)}
    return tuple(tool for tool in allowed if tool.name not in called)


def _calls(conversation: Conversation, tools: tuple[Tool, ...]) -> Reply:
    """Call as many tools as were asked for, from one chosen by the seed on."""
    controls = conversation.controls
    first = _chosen(controls.seed, tuple([tool.name for tool in tools])) if len(tools) > 1 else 0
    blocks: list[Block] = []
    notes: list[str] = []
    for nth in range(controls.tool_calls if conversation.parallel else 1):
        tool = tools[(first + nth) % len(tools)]
        if tool.free_text:
            text = conversation.last_user_text() or GREETING
            if tool.schema is not None:
                text, said = written(tool.schema, text, f"{controls.seed}/{nth}")
                notes += [f"{tool.name}: {note}" for note in said]
            blocks.append(ToolCall(name=tool.name, pieces=(text,), free_text=True))
            continue
        call, said = _called(tool, controls.seed if nth == 0 else f"{controls.seed}/{nth}", controls.args)
        notes += [f"{tool.name}: {note}" for note in said]
        blocks.append(call)
    if conversation.reasoning:
        blocks[:0] = _thoughts(conversation, f"I will call {tools[first].name}.")
    return Reply(tuple(blocks), None, tuple(notes))


def _called(tool: Tool, seed: str, style: Style) -> tuple[ToolCall, tuple[str, ...]]:
    """Return a call with generated arguments, and what is to be said of them.

    A near-miss may be JSON text that is cut short. It goes out as it is where arguments travel as text; beside it
    stands a near-miss that is an object, for the protocols that send objects.
    """
    made = generate_described(tool.schema, seed, style)
    if not isinstance(made.value, CutText):
        return ToolCall(tool.name, made.value), made.notes
    others = (generate(tool.schema, f"{seed}~{nth}", style=style).value for nth in range(16))
    whole = next((value for value in others if isinstance(value, dict)), {})
    return ToolCall(name=tool.name, arguments=whole, pieces=(made.value,)), made.notes


@lru_cache(maxsize=256)
def _chosen(seed: str, names: tuple[str, ...]) -> int:
    """Return which of so many tools is called first."""
    text = "\0".join((seed, *names))
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest) % len(names)


def _structured(conversation: Conversation, schema: Json) -> Reply:
    controls = conversation.controls
    made = generate_described(schema, controls.seed, controls.args)
    thoughts = _thoughts(conversation, "I will answer in JSON.")
    return Reply(blocks=(*thoughts, Text.of(compact(made.value))), notes=made.notes)


def _thoughts(conversation: Conversation, decision: str) -> tuple[Reasoning, ...]:
    if not conversation.reasoning:
        return ()
    text = conversation.last_user_text() or ""
    asked = f"The user says: {text[:200]}\n\n" if text else ""
    return (Reasoning.of(asked + decision),)
