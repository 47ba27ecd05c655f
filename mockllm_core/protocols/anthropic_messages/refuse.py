"""What the provider refuses and no contract can say, in the provider's words."""

from __future__ import annotations

from itertools import chain, takewhile
from types import MappingProxyType
from typing import TYPE_CHECKING

from mockllm_core.errors import ApiError
from mockllm_core.protocols.anthropic_messages import schemas
from mockllm_core.protocols.anthropic_messages.contents import blank, blocks_of, refused, texts
from mockllm_core.protocols.anthropic_messages.families import family, limit, spoken
from mockllm_core.protocols.anthropic_messages.marks import misplaced
from mockllm_core.protocols.anthropic_messages.media import unreadable
from mockllm_core.protocols.anthropic_messages.named import lost_reference, unknown, unused_server
from mockllm_core.protocols.anthropic_messages.offered import tools
from mockllm_core.protocols.anthropic_messages.returned import changed, unfinished
from mockllm_core.protocols.anthropic_messages.served import unserved

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mockllm_core.frame import Json

__all__ = ["refuse"]

_THINKING_DOCS = "Please consult our documentation at https://platform.claude.com/docs/en/build-with-claude/extended-thinking"

_CHOOSES = (
    '"thinking.type.{}" is not supported for this model. Use "thinking.type.adaptive" and '
    '"output_config.effort" to control thinking behavior.'
)
"""Said of 4.7 and later, which think as much as they choose to."""
_NOT_SO = '"thinking.type.{}" is not supported for this model.'
_ELSEWISE = (
    'To turn thinking off on this model, send "thinking": {"type": "between_tools"} instead of {"type": "disabled"}. '
    "The model does not think before responding."
)
"""Said of Sonnet 5.5 since 8 October 2026."""

_NO_THREAD = (
    "No usable Thread state was found for `previous_message_id`. Replay the full conversation with "
    '`thread: {"type": "create"}` to start a new Thread.'
)
"""No conversation is held here; the provider says this of one that it holds no longer."""


_CHECKED = frozenset(
    (
        "billing_policy",
        "cache_control",
        "compaction",
        "container",
        "context_management",
        "fallback_credit_token",
        "fallbacks",
        "inference_geo",
        "mcp_servers",
        "output_config",
        "output_format",
        "speed",
        "stop_sequences",
        "thinking",
        "thread",
        "tool_choice",
        "tools",
    )
)
"""What can be refused beside the messages and the marks of a system prompt."""

_SERVED = frozenset(("inference_geo", "output_format", "speed"))

_HELD_TO = frozenset(("output_config", "output_format", "tools"))
"""What may have a schema that is kept to the letter."""

_RUNNING = ("code_execution_", "web_search_2026", "web_fetch_2026")
"""Tools that run code in a container."""

_NOT_FIRST = 'messages: first message must use the "user" role'
"""Said on Bedrock. Anthropic's own API said so, too, until 2026: by August it took what begins with the assistant, as three
public projects saw of it (one printed its proof; mastra-ai/mastra 22874 keeps to it for Bedrock and Google alone)."""

_LEAST_LIMIT = 4096
"""No model writes less at most, so that an answer of so many tokens need not be looked at."""

_SAMPLING = frozenset(("temperature", "top_k", "top_p"))
"""Refused by some models; many requests have nothing else that could be."""


def refuse(body: Json, model: str, headers: Mapping[str, str] = MappingProxyType({}), form: str = "") -> None:
    """Raise the ApiError of the first thing that the provider would refuse; the body has passed the contract."""
    system = body.get("system")
    plain = not system or (isinstance(system, str) and not system.isspace())
    talks = _only_talks(body.get("messages"))
    if (
        talks
        and plain
        and _CHECKED.isdisjoint(body)
        and (_SAMPLING.isdisjoint(body) or not _sampling(body, model))
        and not ((most := body.get("max_tokens", 0)) > _LEAST_LIMIT and _too_long(most, model))
    ):
        return
    if "thread" in body:
        thread = body["thread"]
        if isinstance(thread, dict) and thread.get("type") == "continue":
            raise ApiError("not_found", _NO_THREAD, code="thread_not_found", model=model)
    # messages that only talk are in order
    messages = [] if talks else [one for one in body.get("messages") or () if isinstance(one, dict)]
    sentence = _first(
        body, messages, f"{headers.get('anthropic-beta')}{body.get('anthropic_beta')}", (model, form)
    )
    if sentence:
        raise ApiError("invalid_request", sentence, model=model)


def _only_talks(messages: Json) -> bool:
    """Tell whether every message is a text that is not blank and no system's, and those at both ends are the user's."""
    if not isinstance(messages, list) or not messages:
        return False
    for message in messages:
        content = message.get("content") if isinstance(message, dict) else None
        if (
            not content
            or not isinstance(content, str)
            or content.isspace()
            or message.get("role") == "system"
        ):
            return False
    return bool(messages[0].get("role") == messages[-1].get("role") == "user")


def _first(body: Json, messages: list[dict[str, Json]], betas: str, asked: tuple[str, str]) -> str:
    """Return the first complaint, ``""`` when there is none; ``asked`` is the model, and the form of the host."""
    model, form = asked
    if body.get("compaction") is not None:
        return "compaction: Extra inputs are not permitted"  # as on an account without that beta
    if messages and messages[0].get("role") == "assistant" and "anthropic." in model:
        return _NOT_FIRST
    ends = messages[-1] if messages and messages[-1].get("role") == "assistant" else None
    blocks = any([isinstance(message.get("content"), list) for message in messages])  # noqa: C419 - a list is quicker
    thinking = body.get("thinking")
    thinks = isinstance(thinking, dict) and thinking.get("type") == "enabled"
    return (
        refused(messages, model)
        or blank("system", texts(body.get("system")))
        or (_prefilled(ends, model) if ends else "")
        or (
            _pairs(messages) or unfinished(messages) or changed(messages) or unreadable(messages, model, form)
            if blocks
            else ""
        )
        or (
            lost_reference(chain.from_iterable(map(blocks_of, messages)), body.get("tools")) if blocks else ""
        )
        or (_unable(thinking["type"], model) if isinstance(thinking, dict) else "")
        or (_thinking(thinking, body, interleaved="interleaved-thinking" in betas) if thinks else "")
        or (_unthought(messages) if thinks and blocks else "")
        or (
            _steered(body)
            if thinks or (isinstance(thinking, dict) and thinking["type"] == "adaptive")
            else ""
        )
        or _sampling(body, model)
        or (tools(body, model, form) if "tools" in body or "tool_choice" in body else "")
        or (schemas.refused(body) if not _HELD_TO.isdisjoint(body) else "")
        or (_stops(body["stop_sequences"]) if "stop_sequences" in body else "")
        or (_effort(body["output_config"], model) if "output_config" in body else "")
        or unknown(body, betas)
        or (unused_server(body, betas) if "mcp_servers" in body else "")
        or (_container(body) if "container" in body else "")
        or (unserved(body, model, betas) if not _SERVED.isdisjoint(body) else "")
        or misplaced(body)
        or _too_long(body.get("max_tokens", 0), model)
    )


def _too_long(asked: Json, model: str) -> str:
    """Complain of more tokens than the model writes, in the words of public reports from 2024 to 2026.

    Bedrock has words of its own, seen in August 2026; nobody has reported what Vertex AI says.
    """
    most = 0 if "@" in model else limit(model)
    if most and asked > most:
        if "anthropic." in model:
            return f"The maximum tokens you requested exceeds the model limit of {most}"
        return f"max_tokens: {asked} > {most}, which is the maximum allowed number of output tokens for {spoken(model)}"
    return ""


def _container(body: Json) -> str:
    """Complain of a container that is named where nothing runs in one."""
    held = body["container"]
    named = isinstance(held, str) or (isinstance(held, dict) and held.get("id"))
    kinds = [str(tool.get("type")) for tool in body.get("tools") or () if isinstance(tool, dict)]
    if named and not any(kind.startswith(_RUNNING) for kind in kinds):
        return "container: Container identifier can only be provided when using the code execution tool"
    return ""


def _stops(sequences: Json) -> str:
    if any(isinstance(sequence, str) and not sequence.strip() for sequence in sequences or ()):
        return "stop_sequences: each stop sequence must contain non-whitespace"
    return ""


def _unable(kind: Json, model: str) -> str:
    """Complain of a way to think that the model has not: fixed budgets went when choosing came."""
    form = family(model)
    if kind == "adaptive" and not form.adaptive:
        return "adaptive thinking is not supported on this model"
    if kind == "disabled" and form.off == "between_tools":
        return _ELSEWISE
    if (kind == "enabled" and form.omits) or (kind == "disabled" and form.off != kind):
        return _CHOOSES.format(kind)
    return _NOT_SO.format(kind) if kind == "between_tools" and form.off != kind else ""


def _sampling(body: Json, model: str) -> str:
    """Complain of options that the model samples without.

    Measured by others on eleven models in September 2026: 4.7 and later refuse every temperature but 1 and any
    ``top_p`` and ``top_k``, 1 included; 4.5 and 4.6 refuse both of the first two at once.
    """
    takes = family(model).samples
    if takes == 0:
        if body.get("temperature") not in (None, 1):
            return "`temperature` is deprecated for this model."
        for name in ("top_p", "top_k"):
            if body.get(name) is not None:
                return f"`{name}` is deprecated for this model."
    if takes == 1 and body.get("temperature") is not None and body.get("top_p") is not None:
        return "`temperature` and `top_p` cannot both be specified for this model. Please use only one."
    return ""


def _effort(config: Json, model: str) -> str:
    effort = config.get("effort") if isinstance(config, dict) else None
    if effort is not None and not family(model).effort:
        return "This model does not support the effort parameter."
    levels = family(model).efforts
    if effort is not None and levels and effort not in levels:
        return f"This model does not support effort level '{effort}'. Supported levels: {', '.join(levels)}."
    return ""


def _prefilled(message: dict[str, Json], model: str) -> str:
    """Complain of a last turn that the model cannot continue."""
    blocks = blocks_of(message)
    if not blocks or blocks[-1].get("type") != "text":
        return ""  # a paused turn, handed back to be continued
    if not family(model).prefill:
        return "This model does not support assistant message prefill. The conversation must end with a user message."
    text = blocks[-1].get("text")
    if isinstance(text, str) and text != text.rstrip():
        return "messages: final assistant content cannot end with trailing whitespace"
    return ""


def _pairs(messages: list[dict[str, Json]]) -> str:
    """Complain of results without their calls, calls without their results, and calls of the same id."""
    seen: set[str] = set()
    calls: dict[str, int] = {}
    for role, blocks in _turns(messages):
        if role == "assistant":
            calls = {}
            for nth, at, identity in _named(blocks, "tool_use", "id"):
                if identity in seen:
                    return f"messages.{nth}.content.{at}: `tool_use` ids must be unique"
                seen.add(identity)
                calls[identity] = nth
        elif role == "user":
            answered = list(_named(blocks, "tool_result", "tool_use_id"))
            for nth, at, identity in answered:
                if identity not in calls:
                    return (
                        f"messages.{nth}.content.{at}: unexpected `tool_use_id` found in `tool_result` blocks: {identity}. "
                        "Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
                    )
            # a result behind anything else does not count: the guide to tool use, and a report of July 2026
            leading = takewhile(lambda placed: placed[2].get("type") == "tool_result", blocks)
            found = {block.get("tool_use_id") for _, _, block in leading}
            missing = [identity for identity in calls if identity not in found]
            if missing:
                names = ", ".join(missing)
                return (
                    f"messages.{max(calls.values())}: `tool_use` ids were found without `tool_result` blocks immediately "
                    f"after: {names}. Each `tool_use` block must have a corresponding `tool_result` block in the next "
                    "message."
                )
            calls = {}
    return ""


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
        held += [(nth, at, block) for at, block in enumerate(blocks_of(message))]
    if held:
        yield role, held


def _named(blocks: _Placed, kind: str, key: str) -> Iterator[tuple[int, int, str]]:
    for nth, at, block in blocks:
        identity = block.get(key)
        if block.get("type") == kind and isinstance(identity, str):
            yield nth, at, identity


def _thinking(thinking: dict[str, Json], body: Json, *, interleaved: bool) -> str:
    budget, most = thinking.get("budget_tokens"), body.get("max_tokens")
    if not isinstance(budget, int):
        return "thinking.enabled.budget_tokens: Field required"
    if budget < 1024:
        return "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024"
    if isinstance(most, int) and most <= budget and not interleaved:
        return (
            "`max_tokens` must be greater than `thinking.budget_tokens`. "
            f"{_THINKING_DOCS}#max-tokens-and-context-window-size"
        )
    choice = body.get("tool_choice")
    if isinstance(choice, dict) and choice.get("type") in ("any", "tool"):
        return "Thinking may not be enabled when tool_choice forces tool use."
    return ""


def _steered(body: Json) -> str:
    """Complain of sampling that a model which thinks does not take; the first sentence was measured in August 2026."""
    top = body.get("top_p")
    if body.get("temperature") not in (None, 1):
        return f"`temperature` may only be set to 1 when thinking is enabled or in adaptive mode. {_THINKING_DOCS}"
    if isinstance(top, int | float) and top < 0.95:
        return (
            "`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled or in adaptive mode. "
            f"{_THINKING_DOCS}"
        )
    if body.get("top_k") is not None:
        return f"`top_k` must be unset when thinking is enabled or in adaptive mode. {_THINKING_DOCS}"
    return ""


def _unthought(messages: list[dict[str, Json]]) -> str:
    """Complain of calls under way that do not begin with what was thought: fixed budgets want it back.

    Public reports of 2025 and 2026. What began after the last words of the user is one turn, with all its calls.
    """
    first = len(messages)
    for nth in range(len(messages) - 1, -1, -1):
        if messages[nth].get("role") == "user":
            if not any(block.get("type") == "tool_result" for block in blocks_of(messages[nth])):
                break
        else:
            first = nth
    if first + 1 >= len(messages):
        return ""
    kind = next((block.get("type") for block in blocks_of(messages[first])), None)
    if kind is None or kind in ("thinking", "redacted_thinking"):
        return ""
    return (
        f"messages.{first}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{kind}`. When `thinking` "
        "is enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost set of "
        "`tool_use` and `tool_result` blocks). We recommend you include thinking blocks from previous turns. To avoid "
        f"this requirement, disable `thinking`. {_THINKING_DOCS}"
    )
