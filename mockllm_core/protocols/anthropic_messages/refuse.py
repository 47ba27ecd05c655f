"""What the provider refuses and no contract can say, in the provider's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.errors import ApiError
from mockllm_core.protocols.anthropic_messages.families import family
from mockllm_core.protocols.anthropic_messages.signature import judge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.frame import Json

__all__ = ["refuse"]

_THINKING_DOCS = (
    "Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking"
)

_NO_THREAD = (
    "No usable Thread state was found for `previous_message_id`. Replay the full conversation with "
    '`thread: {"type": "create"}` to start a new Thread.'
)
"""No conversation is held here; the provider says this of one that it holds no longer."""


def refuse(body: Json, model: str, betas: str = "") -> None:
    """Raise the ApiError of the first thing that the provider would refuse; the body has passed the contract."""
    thread = body.get("thread")
    if isinstance(thread, dict) and thread.get("type") == "continue":
        raise ApiError("not_found", _NO_THREAD, code="thread_not_found", model=model)
    sentence = next(_complaints(body, model, betas), None)
    if sentence is not None:
        raise ApiError("invalid_request", sentence, model=model)


def _complaints(body: Json, model: str, betas: str) -> Iterator[str]:
    if body.get("compaction") is not None:
        yield "compaction: Extra inputs are not permitted"  # as on an account without that beta
    messages = [message for message in body.get("messages") or () if isinstance(message, dict)]
    if messages and messages[0].get("role") == "assistant":
        yield 'messages: first message must use the "user" role'
    yield from _contents(messages, model)
    yield from _pairs(messages)
    yield from _thoughts(messages)
    yield from _thinking(body, interleaved="interleaved-thinking" in betas)
    yield from _tools(body)
    for sequence in body.get("stop_sequences") or ():
        if isinstance(sequence, str) and not sequence.strip():
            yield "stop_sequences: each stop sequence must contain non-whitespace"
    config = body.get("output_config")
    effort = config.get("effort") if isinstance(config, dict) else None
    levels = family(model).efforts
    if effort is not None and levels and effort not in levels:
        yield f"This model does not support effort level '{effort}'. Supported levels: {', '.join(levels)}."


def _blocks(message: dict[str, Json]) -> list[dict[str, Json]]:
    content = message.get("content")
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return [block for block in content or () if isinstance(block, dict)]


def _contents(messages: list[dict[str, Json]], model: str) -> Iterator[str]:
    """Complain of empty content, and of a last turn that the model cannot continue."""
    for nth, message in enumerate(messages):
        last = nth == len(messages) - 1
        content = message.get("content")
        if message.get("role") == "assistant":
            if not content and not last:
                yield f"messages.{nth}: all messages must have non-empty content except for the optional final assistant message"
        elif not content:
            yield f"messages.{nth}: user messages must have non-empty content"
        if isinstance(content, list):
            for block in _blocks(message):
                if block.get("type") == "text" and block.get("text") == "":
                    yield "messages: text content blocks must be non-empty"
    if not messages or messages[-1].get("role") != "assistant":
        return
    blocks = _blocks(messages[-1])
    if not blocks or blocks[-1].get("type") != "text":
        return  # a paused turn, handed back to be continued
    if not family(model).prefill:
        yield "This model does not support assistant message prefill. The conversation must end with a user message."
    text = blocks[-1].get("text")
    if isinstance(text, str) and text != text.rstrip():
        yield "messages: final assistant content cannot end with trailing whitespace"


def _pairs(messages: list[dict[str, Json]]) -> Iterator[str]:
    """Complain of results without their calls, calls without their results, and calls of the same id."""
    seen: set[str] = set()
    calls: dict[str, int] = {}
    for role, blocks in _turns(messages):
        if role == "assistant":
            calls = {}
            for nth, at, identity in _named(blocks, "tool_use", "id"):
                if identity in seen:
                    yield f"messages.{nth}.content.{at}: `tool_use` ids must be unique"
                seen.add(identity)
                calls[identity] = nth
        elif role == "user":
            answered = list(_named(blocks, "tool_result", "tool_use_id"))
            for nth, at, identity in answered:
                if identity not in calls:
                    yield (
                        f"messages.{nth}.content.{at}: unexpected `tool_use_id` found in `tool_result` blocks: {identity}. "
                        "Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
                    )
            missing = calls.keys() - {identity for _, _, identity in answered}
            if missing:
                names = ", ".join(identity for identity in calls if identity in missing)
                yield (
                    f"messages.{max(calls.values())}: `tool_use` ids were found without `tool_result` blocks immediately "
                    f"after: {names}. Each `tool_use` block must have a corresponding `tool_result` block in the next "
                    "message."
                )
            calls = {}


_Placed = list[tuple[int, int, "dict[str, Json]"]]


def _turns(messages: list[dict[str, Json]]) -> Iterator[tuple[str, _Placed]]:
    """Yield runs of messages of one role, as the provider joins them: (message, place in it, block) each."""
    held: _Placed = []
    role = ""
    for nth, message in enumerate(messages):
        if message.get("role") != role and held:
            yield role, held
            held = []
        role = str(message.get("role"))
        held += [(nth, at, block) for at, block in enumerate(_blocks(message))]
    if held:
        yield role, held


def _named(blocks: _Placed, kind: str, key: str) -> Iterator[tuple[int, int, str]]:
    for nth, at, block in blocks:
        identity = block.get(key)
        if block.get("type") == kind and isinstance(identity, str):
            yield nth, at, identity


def _thoughts(messages: list[dict[str, Json]]) -> Iterator[str]:
    """Complain of a thinking block of ours that came back changed; those of other servers cannot be judged."""
    for nth, message in enumerate(messages):
        if message.get("role") != "assistant" or not isinstance(message.get("content"), list):
            continue
        for at, block in enumerate(_blocks(message)):
            match block:
                case {"type": "thinking", "thinking": str(text), "signature": str(proof)}:
                    if judge(proof, text) == "tampered":
                        yield f"messages.{nth}.content.{at}: Invalid `signature` in `thinking` block"
                case {"type": "redacted_thinking", "data": str(proof)}:
                    if judge(proof, "") == "tampered":
                        yield f"messages.{nth}.content.{at}: Invalid `data` in `redacted_thinking` block"
                case _:
                    pass


def _thinking(body: Json, *, interleaved: bool) -> Iterator[str]:
    thinking = body.get("thinking")
    if not isinstance(thinking, dict) or thinking.get("type") != "enabled":
        return
    budget, most = thinking.get("budget_tokens"), body.get("max_tokens")
    if not isinstance(budget, int):
        yield "thinking.enabled.budget_tokens: Field required"
        return
    if budget < 1024:
        yield "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024"
    if isinstance(most, int) and most <= budget and not interleaved:
        yield (
            "`max_tokens` must be greater than `thinking.budget_tokens`. "
            f"{_THINKING_DOCS}#max-tokens-and-context-window-size"
        )
    choice = body.get("tool_choice")
    if isinstance(choice, dict) and choice.get("type") in ("any", "tool"):
        yield "Thinking may not be enabled when tool_choice forces tool use."
    if body.get("temperature") not in (None, 1):
        yield f"`temperature` may only be set to 1 when thinking is enabled. {_THINKING_DOCS}"


def _tools(body: Json) -> Iterator[str]:
    names = [
        tool.get("name") for tool in body.get("tools") or () if isinstance(tool, dict) and "name" in tool
    ]
    if len(names) != len(set(map(str, names))):
        yield "tools: Tool names must be unique."
    choice = body.get("tool_choice")
    if isinstance(choice, dict) and choice.get("type") == "tool" and choice.get("name") not in names:
        yield f"Tool '{choice.get('name')}' not found in provided tools"
