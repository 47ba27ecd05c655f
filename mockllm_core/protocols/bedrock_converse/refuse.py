"""What a Claude refuses behind Converse, in its own words: Bedrock puts ``MODEL_SAID`` before them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockllm_core.errors import ApiError
from mockllm_core.pictures import mistaken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.conversation import ToolChoice
    from mockllm_core.frame import Json
    from mockllm_core.protocols.bedrock_converse.families import Family

__all__ = ["MODEL_SAID", "check_images", "check_last", "check_most", "check_thought", "refuse"]

MODEL_SAID = "The model returned the following errors: "

_CHOOSES = (
    '"thinking.type.{}" is not supported for this model. Use "thinking.type.adaptive" and '
    '"output_config.effort" to control thinking behavior.'
)
_NOT_SO = '"thinking.type.{}" is not supported for this model.'
_ELSEWISE = (
    'To turn thinking off on this model, send "thinking": {"type": "between_tools"} instead of {"type": "disabled"}. '
    "The model does not think before responding."
)
_DOCS = "Please consult our documentation at https://platform.claude.com/docs/en/build-with-claude/extended-thinking"
_KINDS = {"text": "text", "toolUse": "tool_use", "image": "image", "document": "document"}
"""The model's words for blocks that Converse calls otherwise."""


def refuse(form: Family, fields: dict[str, Any], choice: ToolChoice, limits: dict[str, Any]) -> None:
    """Raise the ApiError of the first thing that a model of this form would refuse.

    ``fields`` are the additionalModelRequestFields, ``limits`` the inferenceConfig.
    """
    for sentence in _faults(form, fields, choice, limits):
        raise ApiError("invalid_request", MODEL_SAID + sentence)


def _faults(
    form: Family, fields: dict[str, Any], choice: ToolChoice, limits: dict[str, Any]
) -> Iterator[str]:
    if fields:
        yield from _hosted(form, fields.get("tools"))
        thinking = _object(fields.get("thinking") or fields.get("reasoning_config"))
        kind = thinking.get("type")
        if kind == "adaptive" and not form.adaptive:
            yield "adaptive thinking is not supported on this model"
        if kind == "disabled" and form.off == "between_tools":
            yield _ELSEWISE
        elif (kind == "enabled" and form.omits) or (kind == "disabled" and form.off != kind):
            yield _CHOOSES.format(kind)
        if kind == "between_tools" and form.off != kind:
            yield _NOT_SO.format(kind)
        if kind == "enabled":
            yield from _budgets(thinking, choice, limits)
        if kind in ("enabled", "adaptive"):
            yield from _steered(fields, limits)
        if _object(fields.get("output_config")).get("effort") is not None and not form.effort:
            yield "This model does not support the effort parameter."
    if form.always and choice.mode in {"any", "tool"}:
        yield 'tool_choice: type "tool" and "any" are not supported for this model.'
    yield from _sampling(form, fields, limits)


_HOSTLESS = ("advisor_", "code_execution_", "mcp_toolset", "web_fetch_", "web_search_")
_TAGS = (
    "'bash_20250124', 'custom', 'memory_20250818', 'text_editor_20250124', 'text_editor_20250429', "
    "'text_editor_20250728', 'tool_search_tool_bm25', 'tool_search_tool_bm25_20251119', 'tool_search_tool_regex', "
    "'tool_search_tool_regex_20251119'"
)


def _hosted(form: Family, tools: Json) -> Iterator[str]:
    """Yield complaints of tools that need more than a model, as InvokeModel has them, too (July 2026; re:Post of 2025)."""
    for nth, tool in enumerate(tools if isinstance(tools, list) else ()):
        kind = _object(tool).get("type")
        if isinstance(kind, str) and kind.startswith(_HOSTLESS):
            if form.omits:
                yield f"tool type '{kind}' is not supported for this model"
            yield f"tools.{nth}: Input tag '{kind}' found using 'type' does not match any of the expected tags: {_TAGS}"


def _budgets(thinking: dict[str, Any], choice: ToolChoice, limits: dict[str, Any]) -> Iterator[str]:
    budget, most = _whole(thinking.get("budget_tokens")), _whole(limits.get("maxTokens"))
    if budget is None:
        yield "thinking.enabled.budget_tokens: Field required"
    elif budget < 1024:
        yield "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024"
    elif most is not None and most <= budget:
        yield (
            "`max_tokens` must be greater than `thinking.budget_tokens`. "
            f"{_DOCS}#max-tokens-and-context-window-size"
        )
    if choice.mode in {"any", "tool"}:
        yield "Thinking may not be enabled when tool_choice forces tool use."


def _steered(fields: dict[str, Any], limits: dict[str, Any]) -> Iterator[str]:
    if limits.get("temperature") not in (None, 1):
        yield f"`temperature` may only be set to 1 when thinking is enabled or in adaptive mode. {_DOCS}"
    top = limits.get("topP")
    if isinstance(top, int | float) and top < 0.95:
        yield (
            "`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled or in adaptive mode. "
            f"{_DOCS}"
        )
    if fields.get("top_k") is not None:
        yield f"`top_k` must be unset when thinking is enabled or in adaptive mode. {_DOCS}"


def _sampling(form: Family, fields: dict[str, Any], limits: dict[str, Any]) -> Iterator[str]:
    """Yield complaints of options that the model samples without; the same as on the Messages API."""
    if form.samples == 0:
        if limits.get("temperature") not in (None, 1):
            yield "`temperature` is deprecated for this model."
        if limits.get("topP") is not None or fields.get("top_p") is not None:
            yield "`top_p` is deprecated for this model."
        if fields.get("top_k") is not None:
            yield "`top_k` is deprecated for this model."
    if form.samples == 1 and limits.get("temperature") is not None and limits.get("topP") is not None:
        yield "`temperature` and `top_p` cannot both be specified for this model. Please use only one."


_WRITES = {
    "nova-2-lite": 65_535,
    "nova-micro": 10_000,
    "nova-lite": 10_000,
    "nova-pro": 10_000,
    "claude-3-haiku": 4_096,
    "claude-sonnet-4-2025": 64_000,
    "claude-sonnet-4-5": 64_000,
    "claude-haiku-4-5": 64_000,
    "claude-opus-4-1": 32_000,
    "claude-opus-4-5": 64_000,
    "claude-sonnet-4-6": 128_000,
    "claude-opus-4-6": 128_000,
}
"""Most tokens of an answer, by what a model's name holds, where that is known."""


def check_most(model: str, limits: dict[str, Any]) -> None:
    """Refuse more tokens than the model writes, in the words seen in August 2026 for a Nova and a Claude."""
    asked = _whole(limits.get("maxTokens")) or 0
    most = next((most for name, most in _WRITES.items() if name in model), asked)
    if asked > most:
        sentence = (
            f"The maximum tokens you requested exceeds the model limit of {most}. "
            f"Try again with a maximum tokens value that is lower than {most}."
        )
        raise ApiError("invalid_request", sentence, model=model)


def check_images(messages: list[Json]) -> None:
    """Refuse an image of another kind than its format says, as seen in 2026, in results, too."""
    for nth, message in enumerate(messages):
        content = _object(message).get("content")
        for at, block in enumerate(content if isinstance(content, list) else ()):
            if isinstance(block, dict) and "image" in block:
                _check_image(block["image"], f"messages.{nth}.content.{at}")
            elif isinstance(block, dict) and "toolResult" in block:
                inside = _object(block["toolResult"]).get("content")
                for nest, one in enumerate(inside if isinstance(inside, list) else ()):
                    place = f"messages.{nth}.content.{at}.tool_result.content.{nest}"
                    _check_image(_object(one).get("image"), place)


def _check_image(image: Json, place: str) -> None:
    held = _object(image)
    data = _object(held.get("source")).get("bytes")
    found = mistaken(data, f"image/{held.get('format')}") if isinstance(data, str) else ""
    if found:
        raise ApiError("invalid_request", f"{MODEL_SAID}{place}.image.source.bytes: {found}")


def check_last(form: Family, messages: list[Json]) -> None:
    """Raise the ApiError of a last turn that the model cannot continue."""
    last = _object(messages[-1]) if messages else {}
    content = last.get("content") or ()
    text = _object(content[-1]).get("text") if content else None
    if last.get("role") != "assistant" or not isinstance(text, str):
        return
    if not form.prefill:
        raise ApiError(
            "invalid_request",
            f"{MODEL_SAID}This model does not support assistant message prefill. The conversation must end with a user "
            "message.",
        )
    if text != text.rstrip():
        raise ApiError(
            "invalid_request",
            f"{MODEL_SAID}messages: final assistant content cannot end with trailing whitespace",
        )


def check_thought(messages: list[Json]) -> None:
    """Raise the ApiError of calls under way that do not begin with what was thought: fixed budgets want it back."""
    first = len(messages)
    for nth in range(len(messages) - 1, -1, -1):
        message = _object(messages[nth])
        if message.get("role") == "assistant":
            first = nth
        elif not any("toolResult" in _object(block) for block in message.get("content") or ()):
            break
    if first + 1 >= len(messages):
        return
    opening = _object(next(iter(_object(messages[first]).get("content") or ()), None))
    kind = next((word for key, word in _KINDS.items() if key in opening), "")
    if kind:
        raise ApiError(
            "invalid_request",
            f"{MODEL_SAID}messages.{first}.content.0.type: Expected `thinking` or `redacted_thinking`, but found "
            f"`{kind}`. When `thinking` is enabled, a final `assistant` message must start with a thinking block "
            "(preceeding the lastmost set of `tool_use` and `tool_result` blocks). We recommend you include thinking "
            f"blocks from previous turns. To avoid this requirement, disable `thinking`. {_DOCS}",
            param=f"messages[{first}].content[0]",
        )


def _object(value: Json) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _whole(value: Json) -> int | None:
    """Return a positive whole number, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 1:
        return None
    return int(value) if value == value // 1 else None
