"""A request with the provider taken out: what a responder needs to know, and nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, TypeAlias

from mockllm_core.record import record

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.reply import Opaque, ToolCall

__all__ = [
    "USUAL",
    "Controls",
    "Conversation",
    "Hosted",
    "Media",
    "Message",
    "Part",
    "Role",
    "Sealed",
    "Tool",
    "ToolChoice",
    "ToolResult",
    "ToolUse",
    "Words",
]

Role = Literal["system", "user", "assistant", "tool"]

_IN_WORDS = " tool returned result:"
_CALLER = re.compile(r"\[[^\]\n]+\] `?[\w.:-]+`?$")
"""As in ``[a] `transfer_to_agent` tool returned result: {'result': None}``: ADK's ``_present_other_agent_message``."""


@record()
class Words:
    """Text in a message, system prompts and reasoning sent back included."""

    text: str


@record()
class Media:
    """An image, document, sound or video; its content is never read.

    Attributes:
        kind: ``image``, ``document``, ``audio`` or ``video``.
        size: bytes (decoded) where the content is inline, else 0.
    """

    kind: str
    size: int = 0


@record()
class Sealed:
    """What the provider alone can read of an earlier conversation.

    Attributes:
        tokens: what it counts as.
    """

    tokens: int


@record()
class ToolUse:
    """A call that the assistant made in an earlier turn; ``arguments`` is its JSON text."""

    name: str
    arguments: str
    id: str = ""


@record()
class ToolResult:
    """What a tool answered; ``text`` is all its text, joined."""

    id: str
    text: str


Part: TypeAlias = Words | Media | Sealed | ToolUse | ToolResult


@record()
class Message:
    """One turn of the conversation, in the request's order."""

    role: Role
    parts: tuple[Part, ...]


@record(kw_only=True)
class Tool:
    """A function that the model may call.

    Attributes:
        name: its name.
        description: as sent, ``""`` when absent.
        schema: JSON Schema of its arguments in whatever dialect was sent; None when absent.
        free_text: True for a custom tool whose input is plain text, not JSON.
    """

    name: str
    description: str = ""
    schema: Json = None
    free_text: bool = False


@record(kw_only=True)
class Hosted:
    """A tool of the provider's own: one that it runs, or one whose calls have a form of their own.

    Attributes:
        name: what a tool choice calls it.
        blocks: what an answer that uses it once holds: the call, and what came of it.
        citations: what the text behind it names as its sources, in the protocol's own form.
        ends: True where the client has to act on it, so that no text follows.
    """

    name: str
    blocks: tuple[Opaque | ToolCall, ...]
    citations: tuple[Json, ...] = ()
    ends: bool = False


@record()
class ToolChoice:
    """Whether to call a tool.

    Attributes:
        mode: ``auto``, ``none``, ``any`` (some tool must be called) or ``tool`` (one of ``names`` must).
        names: the tools that may be called, functions and others; empty means all.
    """

    mode: Literal["auto", "none", "any", "tool"] = "auto"
    names: tuple[str, ...] = ()


@record(kw_only=True)
class Controls:
    """What the tester asked of the mock, outside the provider's protocol.

    Attributes:
        seed: decides the chosen tool and the generated arguments.
        tool_calls: how many tools to call in one turn, at least 1.
        args: style of generated arguments: ``plausible``, ``fuzz`` or ``near-miss``.
        reply: fixed text to answer with instead of the echo; None echoes.
    """

    seed: str = "0"
    tool_calls: int = 1
    args: Literal["plausible", "fuzz", "near-miss"] = "plausible"
    reply: str | None = None


USUAL = Controls()
"""What is asked of a mock when nothing is: this very object, so that one look tells."""


@record(kw_only=True)
class Conversation:
    """One request.

    Attributes:
        model: as asked for, alias or snapshot.
        messages: system, user, assistant and tool turns in order. System prompts that stand outside the
            message list (``system``, ``instructions``, ``systemInstruction``) come first, as role ``system``.
        tools: the functions that can be called.
        hosted: tools of the provider's own.
        tool_choice: whether one must, may or may not be called.
        parallel: False when the request allows one tool call at most.
        output_schema: JSON Schema that the answer's text must satisfy; None when none was asked for.
        json_mode: True when any JSON object was asked for without a schema.
        reasoning: True when the request makes the model show reasoning.
        choices: how many answers were asked for (``n``, ``candidateCount``).
        scored: True when each token is told with its log probability.
        max_tokens: cap on the answer's tokens, None for none.
        stop: sequences that end the text.
        controls: what the tester asked of the mock.
    """

    model: str
    messages: tuple[Message, ...]
    tools: tuple[Tool, ...] = ()
    hosted: tuple[Hosted, ...] = ()
    tool_choice: ToolChoice = ToolChoice()
    parallel: bool = True
    output_schema: Json = None
    json_mode: bool = False
    reasoning: bool = False
    choices: int = 1
    scored: bool = False
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    controls: Controls = USUAL

    def last_user_text(self) -> str | None:
        """Return all text of the last user message that has any, its parts joined; None when no message has."""
        for message in reversed(self.messages):
            if message.role == "user":
                parts = message.parts
                if len(parts) == 1 and isinstance(parts[0], Words):
                    text = parts[0].text
                else:
                    text = "".join([part.text for part in parts if isinstance(part, Words)])
                if text:
                    return text
        return None

    def after_tool_result(self) -> bool:
        """Tell whether the last turn hands back a tool's result, so that the answer should be text.

        Google's ADK (and eino, and trpc-agent-go) tells an agent in words what another one called and got. An agent
        that is handed the conversation that way has to answer, else two of them hand it to each other for ever.
        """
        for message in reversed(self.messages):
            if message.role == "system":
                continue
            if any([isinstance(part, ToolResult) for part in message.parts]):  # noqa: C419 - a list is quicker
                return True
            last = message.parts[-1] if message.parts else None
            if not isinstance(last, Words) or _IN_WORDS not in last.text or message.role != "user":
                return False
            # as much as names an agent and a tool, however long the text is
            return _CALLER.search(last.text[: last.text.index(_IN_WORDS)][-200:]) is not None
        return False
