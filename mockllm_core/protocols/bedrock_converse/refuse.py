"""What a Claude refuses behind Converse, in its own words: Bedrock puts ``MODEL_SAID`` before them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockllm_core.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.conversation import ToolChoice
    from mockllm_core.frame import Json
    from mockllm_core.protocols.bedrock_converse.families import Family

__all__ = ["MODEL_SAID", "refuse"]

MODEL_SAID = "The model returned the following errors: "

_CHOOSES = (
    '"thinking.type.{}" is not supported for this model. Use "thinking.type.adaptive" and '
    '"output_config.effort" to control thinking behavior.'
)
_DOCS = (
    "Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking"
)


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
        thinking = _object(fields.get("thinking") or fields.get("reasoning_config"))
        kind = thinking.get("type")
        if kind == "adaptive" and not form.adaptive:
            yield "adaptive thinking is not supported on this model"
        if (kind == "enabled" and form.omits) or (kind == "disabled" and form.always):
            yield _CHOOSES.format(kind)
        if kind == "enabled":
            yield from _budgets(thinking, choice, limits)
        if _object(fields.get("output_config")).get("effort") is not None and not form.effort:
            yield "This model does not support the effort parameter."
    if form.always and choice.mode in {"any", "tool"}:
        yield 'tool_choice: type "tool" and "any" are not supported for this model.'
    yield from _sampling(form, fields, limits)


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
    if limits.get("temperature") not in (None, 1):
        yield f"`temperature` may only be set to 1 when thinking is enabled. {_DOCS}"


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


def _object(value: Json) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _whole(value: Json) -> int | None:
    """Return a positive whole number, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 1:
        return None
    return int(value) if value == value // 1 else None
