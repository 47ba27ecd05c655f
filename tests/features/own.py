"""Features that one API has to itself, or that are no single answer."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from features.amazons import AMAZONS
from features.asks import (
    AZURE,
    AZURE_RESPONSES,
    CHAT,
    COMPLETIONS,
    CONVERSE,
    GEMINI,
    HELLO,
    INVOKE,
    MESSAGES,
    RESPONSES,
    SCHEMA,
    VERTEX,
    Ask,
    hello,
    tools,
    with_media,
)
from features.cells import Cell, Row, Visit
from features.claude import CLAUDES
from features.grounded import GROUNDED
from features.trip import IN_PIECES, in_pieces
from features.visits import VISITS

from mockllm_core.reply import Opaque, Reasoning, Text, ToolCall

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.seen import Seen

NOVA, TITAN = "us.amazon.nova-micro-v1:0", "amazon.titan-text-express-v1"
NOVA_2 = "us.amazon.nova-2-lite-v1:0"
FREE = {"name": "shell", "description": "Run a command."}
REGEX = {"syntax": "regex", "definition": "ha[l]t"}
LARK = {"syntax": "lark", "definition": 'start: "ho" END\nEND: "l" "d"'}
NO_LARK = {"syntax": "lark", "definition": "start: begin_patch"}
NO_REGEX = {"syntax": "regex", "definition": "a(?=b)"}


def _said(seen: Seen) -> None:
    assert seen.text() == HELLO


def _row(group: str, name: str, column: str, body: dict[str, Any], check: Callable[[Seen], None] = _said, **more: Any) -> Row:  # fmt: skip
    """Return a row of one cell; ``more`` goes to the Ask (model, headers, path) or to the Cell (streams, refused)."""
    asked = {key: more.pop(key) for key in ("model", "headers", "path") if key in more}
    cell = Cell(ask=Ask(column=column, body=body, **asked), check=check, **more)
    return Row(group=group, name=name, cells={column: cell})


def _spread(group: str, name: str, columns: tuple[str, ...], make: Callable[[str], dict[str, Any]], check: Callable[[Seen], None] = _said, **more: Any) -> Row:  # fmt: skip
    """Return a row of several cells; ``models`` are those of single columns."""
    asked = {key: more.pop(key) for key in ("model", "headers", "path") if key in more}
    models = more.pop("models", {})
    cells = {
        one: Cell(
            ask=Ask(
                column=one, body=make(one), **(asked | ({"model": models[one]} if one in models else {}))
            ),
            check=check,
            **more,
        )
        for one in columns
    }
    return Row(group=group, name=name, cells=dict(cells))


# -- checks -------------------------------------------------------------------------------------------------------


def _final(seen: Seen) -> Any:
    """Return the response object of Responses: the body, or what the last event holds."""
    return seen.body.get("response", seen.body)


def _chat_logprobs(seen: Seen) -> None:
    found = [
        choice["logprobs"] for part in seen.parts for choice in part["choices"] if choice.get("logprobs")
    ]
    tokens = [token for one in found for token in one["content"] or ()]
    assert "".join(token["token"] for token in tokens) == HELLO
    assert {len(token["top_logprobs"]) for token in tokens} == {2}


def _moderated(seen: Seen) -> None:
    sides = [part for part in seen.parts if part.get("moderation")][-1]["moderation"]
    for side in sides.values():
        (one,) = side["results"]
        _unflagged(one)
    assert list(sides) == ["input", "output"]


def _response_moderated(seen: Seen) -> None:
    sides = _final(seen)["moderation"]
    for one in sides.values():
        _unflagged(one)
    assert list(sides) == ["input", "output"]


def _unflagged(result: Any) -> None:
    assert (result["type"], result["model"], result["flagged"]) == (
        "moderation_result",
        "omni-moderation-latest",
        False,
    )
    assert result["categories"].keys() == result["category_scores"].keys()
    assert max(result["category_scores"].values()) < 0.01


def _response_logprobs(seen: Seen) -> None:
    (part,) = _final(seen)["output"][0]["content"]
    assert "".join(token["token"] for token in part["logprobs"]) == HELLO
    assert {len(token["top_logprobs"]) for token in part["logprobs"]} == {2}


def _cites(seen: Seen) -> None:
    assert seen.text() == HELLO
    (block,) = [block for block in seen.turn.blocks if isinstance(block, Opaque)]
    (annotation,) = block.payload["annotations"]
    assert annotation["url_citation"]["end_index"] == len(HELLO)


def _no_usage(seen: Seen) -> None:
    assert all("usage" not in part for part in seen.parts)


def _usage_last(seen: Seen) -> None:
    assert seen.parts[-1]["choices"] == []
    assert seen.parts[-1]["usage"]["total_tokens"] > 0
    assert all(part["usage"] is None for part in seen.parts[:-1])


def _padded(seen: Seen) -> None:
    assert any("obfuscation" in part for part in seen.parts)


def _unpadded(seen: Seen) -> None:
    assert not any("obfuscation" in part for part in seen.parts)


def _only_compacted(seen: Seen) -> None:
    (item,) = _final(seen)["output"]
    assert list(item) == ["id", "type", "encrypted_content"]
    assert (item["type"], item["id"][:4]) == ("compaction", "cmp_")
    progress = [part for part in seen.parts if part.get("type") == "response.compaction.compacting"]
    assert bool(progress) is (len(seen.parts) > 1)


def _compacted_first(seen: Seen) -> None:
    assert [item["type"] for item in _final(seen)["output"]] == ["compaction", "message"]


def _open_schema(protocol: str) -> dict[str, Any]:
    """Return a request for JSON to the letter, by a schema that leaves an object open."""
    form = {"name": "held", "strict": True, "schema": {"type": "object", "properties": {}}}
    if protocol in (CHAT, AZURE):
        return hello(protocol, response_format={"type": "json_schema", "json_schema": form})
    return hello(protocol, text={"format": {"type": "json_schema", **form}})


def _unreadable(column: str) -> dict[str, Any]:
    made = json.dumps(with_media(column, "document"))
    return json.loads(made.replace("data:application/pdf", "data:application/zip"))  # type: ignore[no-any-return]


def _tier(wanted: str) -> Callable[[Seen], None]:
    def check(seen: Seen) -> None:
        held = _final(seen) if seen.column == RESPONSES else seen.parts[0]
        assert held["service_tier"] == wanted

    return check


def _free_text(seen: Seen) -> None:
    (call,) = [block for block in seen.turn.blocks if isinstance(block, ToolCall)]
    assert (call.name, call.text, call.free_text) == ("shell", HELLO, True)


def _json_object(seen: Seen) -> None:
    assert seen.text() == f'{{"reply":"{HELLO} JSON."}}'


def _echoes(**wanted: Any) -> Callable[[Seen], None]:
    def check(seen: Seen) -> None:
        told = _final(seen)
        assert {key: told[key] for key in wanted} == wanted

    return check


def _normal_tools(seen: Seen) -> None:
    (tool,) = _final(seen)["tools"]
    assert next(iter(tool)) == "type"
    assert tool["strict"] is True
    assert tool["parameters"]["additionalProperties"] is False


def _incomplete(seen: Seen) -> None:
    told = _final(seen)
    assert told["status"] == "incomplete"
    assert told["incomplete_details"] == {"reason": "max_output_tokens"}
    assert len(seen.parts) == 1 or seen.body["type"] == "response.incomplete"


def _refused(word: str) -> Callable[[Seen], None]:
    def check(seen: Seen) -> None:
        assert word in seen.data.decode()

    return check


def _satisfying(seen: Seen) -> None:
    import json

    import jsonschema_rs

    jsonschema_rs.validator_for(SCHEMA).validate(json.loads(seen.text()))


def _reason(word: str) -> Callable[[Seen], None]:
    """The provider's own word for the end stands somewhere in the answer."""

    def check(seen: Seen) -> None:
        assert f'"{word}"' in str(seen.parts).replace("'", '"')

    return check


def _signed(seen: Seen) -> None:
    assert "thoughtSignature" in str(seen.parts)


def _called_with_id(seen: Seen) -> None:
    (call,) = [block for block in seen.turn.blocks if isinstance(block, ToolCall)]
    assert call.id
    assert "thoughtSignature" in str(seen.parts)


def _traced(seen: Seen) -> None:
    held = seen.body.get("metadata", seen.body)
    assert "gr-1" in held["trace"]["guardrail"]["inputAssessment"]


def _guarded(seen: Seen) -> None:
    assert [part["amazon-bedrock-guardrailAction"] for part in seen.parts] == ["NONE"] * len(seen.parts)
    assert "gr1" in seen.parts[-1]["amazon-bedrock-trace"]["guardrail"]["input"]


def _served(seen: Seen) -> None:
    assert {name: seen.headers[name] for name in _SERVED} == _SERVED


def _thought(seen: Seen) -> None:
    assert any(isinstance(block, Reasoning) for block in seen.turn.blocks)


def _masked(seen: Seen) -> None:
    """AWS's guide to Nova 2: reasoning is redacted, displays as this word, and is charged for."""
    (thought,) = (block for block in seen.turn.blocks if isinstance(block, Reasoning))
    assert thought.text == "[REDACTED]"
    assert seen.turn.usage.output_tokens > 10


def _has(key: str) -> Callable[[Seen], None]:
    def check(seen: Seen) -> None:
        assert f"'{key}'" in str(seen.parts)

    return check


def _text(text: str) -> Callable[[Seen], None]:
    def check(seen: Seen) -> None:
        assert "".join(block.text for block in seen.turn.blocks if isinstance(block, Text)) == text

    return check


def hosted(column: str, *, demanded: bool) -> dict[str, Any]:
    """Return a body that offers tools that the provider runs itself, or demands a call of one."""
    match column:
        case "openai-responses" | "azure-responses":
            kinds: tuple[dict[str, Any], ...] = (
                {"type": "web_search"},
                {"type": "file_search", "vector_store_ids": ["vs_1"]},
                {"type": "code_interpreter", "container": {"type": "auto"}},
                {"type": "image_generation"},
                {"type": "mcp", "server_label": "wiki", "server_url": "https://example.com/mcp"},
            )
            return hello(column, tools=list(kinds)) | (
                {"tool_choice": {"type": "web_search_preview"}} if demanded else {}
            )
        case "bedrock-converse":
            choice = {"toolChoice": {"tool": {"name": "nova_grounding"}}} if demanded else {}
            return hello(column, toolConfig={"tools": [{"systemTool": {"name": "nova_grounding"}}], **choice})
        case _:
            calling = {"toolConfig": {"functionCallingConfig": {"mode": "ANY"}}} if demanded else {}
            return hello(
                column, tools=[{"googleSearch": {}}, {"codeExecution": {}}, {"urlContext": {}}], **calling
            )


# -- rows ---------------------------------------------------------------------------------------------------------

_OPENAI = (
    _spread("OpenAI", "`logprobs`, `top_logprobs`", (CHAT, AZURE), lambda one: hello(one, logprobs=True, top_logprobs=2), _chat_logprobs),
    _row("OpenAI", "`include: message.output_text.logprobs`", RESPONSES, hello(RESPONSES, include=["message.output_text.logprobs"], top_logprobs=2), _response_logprobs),
    _row("OpenAI", "`moderation` beside the answer", CHAT, hello(CHAT, moderation={"model": "omni-moderation-latest"}), _moderated),
    _row("OpenAI", "`moderation` beside the answer", RESPONSES, hello(RESPONSES, moderation={"model": "omni-moderation-latest"}), _response_moderated),
    _row("OpenAI", "`moderation` beside the answer", AZURE_RESPONSES, hello(AZURE_RESPONSES, moderation={"model": "omni-moderation-latest"}), _refused("moderation"), refused=400),
    _spread("OpenAI", "`stream_options.include_usage`", (CHAT, COMPLETIONS), lambda one: hello(one, stream_options={"include_usage": True}), _usage_last, whole=False),
    _spread("OpenAI", "no usage in a stream that did not ask for it", (CHAT, COMPLETIONS), lambda one: hello(one, stream_options={}), _no_usage, whole=False),
    _spread("OpenAI", "obfuscation", (CHAT, RESPONSES), hello, _padded, whole=False),
    _spread("OpenAI", "`include_obfuscation: false`", (CHAT, RESPONSES), lambda one: hello(one, stream_options={"include_obfuscation": False}), _unpadded, whole=False),
    _spread("OpenAI", "`service_tier` echoed", (CHAT, RESPONSES), lambda one: hello(one, service_tier="flex"), _tier("flex")),
    _spread("OpenAI", "`store` and `metadata` accepted", (CHAT, RESPONSES, AZURE, AZURE_RESPONSES), lambda one: hello(one, store=True, metadata={"k": "v"})),
    _spread("OpenAI", "an input item `compaction_trigger`: a compaction and nothing else", (RESPONSES, AZURE_RESPONSES), lambda one: {"input": [{"role": "user", "content": "word " * 99}, {"type": "compaction_trigger"}]}, _only_compacted),
    _spread("OpenAI", "`context_management`: a compaction first, of an input as long as its `compact_threshold`", (RESPONSES, AZURE_RESPONSES), lambda one: hello(one, "word " * 999, context_management=[{"type": "compaction", "compact_threshold": 1000}]), _compacted_first),
    _row("OpenAI", "custom tools (free text)", CHAT, hello(CHAT, tools=[{"type": "custom", "custom": FREE}]), _free_text),
    _row("OpenAI", "custom tools (free text)", RESPONSES, hello(RESPONSES, tools=[{"type": "custom", **FREE}]), _free_text),
    _row("OpenAI", "a custom tool's grammar (a regular expression)", CHAT, hello(CHAT, tools=[{"type": "custom", "custom": {**FREE, "format": {"type": "grammar", "grammar": REGEX}}}]), _reason("halt")),
    _row("OpenAI", "a custom tool's grammar (a regular expression)", RESPONSES, hello(RESPONSES, tools=[{"type": "custom", **FREE, "format": {"type": "grammar", **REGEX}}]), _reason("halt")),
    _row("OpenAI", "a custom tool's grammar (Lark)", CHAT, hello(CHAT, tools=[{"type": "custom", "custom": {**FREE, "format": {"type": "grammar", "grammar": LARK}}}]), _reason("hold")),
    _row("OpenAI", "a custom tool's grammar (Lark)", RESPONSES, hello(RESPONSES, tools=[{"type": "custom", **FREE, "format": {"type": "grammar", **LARK}}]), _reason("hold")),
    _row("OpenAI", "a custom tool's grammar that is none", CHAT, hello(CHAT, tools=[{"type": "custom", "custom": {**FREE, "format": {"type": "grammar", "grammar": NO_LARK}}}]), _refused("Invalid lark grammar: at 1(8): unknown name:"), refused=400),
    _row("OpenAI", "a custom tool's grammar that is none", RESPONSES, hello(RESPONSES, tools=[{"type": "custom", **FREE, "format": {"type": "grammar", **NO_REGEX}}]), _refused("look-around, including look-ahead and look-behind, is not supported"), refused=400),
    _row("OpenAI", "any JSON object", CHAT, hello(CHAT, HELLO + " JSON.", response_format={"type": "json_object"}), _json_object),
    _row("OpenAI", "any JSON object", RESPONSES, hello(RESPONSES, HELLO + " JSON.", text={"format": {"type": "json_object"}}), _json_object),
    _row("OpenAI", "the older `functions`", CHAT, hello(CHAT, functions=[{"name": "weather", "parameters": SCHEMA}]), _reason("function_call")),
    _row("OpenAI", "`instructions`, `metadata`, `parallel_tool_calls` echoed", RESPONSES, hello(RESPONSES, instructions="Be brief.", metadata={"k": "v"}, parallel_tool_calls=False), _echoes(instructions="Be brief.", metadata={"k": "v"}, parallel_tool_calls=False)),
    _row("OpenAI", "tools echoed, made strict", RESPONSES, hello(RESPONSES) | tools(RESPONSES, choice="none"), _normal_tools),
    _row("OpenAI", "`response.incomplete`", RESPONSES, hello(RESPONSES, HELLO + " word" * 40, max_output_tokens=16), _incomplete),
    _row("OpenAI", "`web_search_options` of a model that searches", CHAT, hello(CHAT, web_search_options={"search_context_size": "low"}), _cites, model="gpt-4o-search-preview"),
    _spread("OpenAI", "`web_search_options` of any other model", (CHAT, AZURE), lambda one: hello(one, web_search_options={}), _refused("Web search options not supported with this model."), refused=400),
    _row("OpenAI", "tools of a model that searches", CHAT, hello(CHAT) | tools(CHAT), _refused("tools is not supported in this model."), model="gpt-5-search-api", refused=404),
    _spread("OpenAI", "sound in, of a model that does not listen", (CHAT, AZURE), lambda one: with_media(one, "audio"), _refused("either text or image_url type"), model="gpt-4o", refused=400),
    _spread("OpenAI", "an image, of a model that does not see", (CHAT, AZURE), lambda one: with_media(one, "image"), _refused("image_url is only supported by certain models"), model="gpt-3.5-turbo", refused=400),
    _spread("OpenAI", "a file that is no data URL of a kind that the API reads", (CHAT, AZURE, RESPONSES, AZURE_RESPONSES), _unreadable, _refused("Invalid file data"), refused=400),
    _row("OpenAI", "a `prediction` beside tools, `n`, `logprobs`, penalties or `max_completion_tokens`", CHAT, hello(CHAT, prediction={"type": "content", "content": HELLO}, n=2), _refused("Setting 'prediction' and 'n' at the same time is not supported."), refused=400),
    _row("OpenAI", "a `prediction` of a model that takes none (gpt-5, o3 …)", CHAT, hello(CHAT, prediction={"type": "content", "content": HELLO}), _refused("'prediction' is not supported with this model."), model="gpt-5", refused=400),
    _row("OpenAI", "`best_of` in a stream", COMPLETIONS, hello(COMPLETIONS) | {"best_of": 2}, _refused("Setting 'stream' and 'best_of' at the same time"), whole=False, refused=400),
    _row("OpenAI", "a list of no prompts", COMPLETIONS, hello(COMPLETIONS) | {"prompt": []}, _refused("Invalid 'prompt': empty array."), refused=400),
    _row("OpenAI", "more tokens than the model writes", CHAT, hello(CHAT, max_tokens=20480), _refused("max_tokens is too large: 20480. This model supports at most 16384 completion tokens, whereas you provided 20480."), refused=400),
    _row("OpenAI", "more tokens than the model writes", COMPLETIONS, hello(COMPLETIONS) | {"max_tokens": 5000}, _refused("This model's maximum context length is 4097 tokens, however you requested 5007 tokens (7 in your prompt; 5000 for the completion)."), refused=400),
    _spread("OpenAI", "an image or a file that carries nothing", (RESPONSES, AZURE_RESPONSES), lambda one: {"input": [{"role": "user", "content": [{"type": "input_image"}]}]}, _refused("exactly one of: 'file_id' or 'image_url'."), refused=400),
    _spread("OpenAI", "a strict schema that leaves an object open", (CHAT, AZURE, RESPONSES, AZURE_RESPONSES), _open_schema, _refused("'additionalProperties' is required"), refused=400),
    _row("OpenAI", "sound out (`modalities: audio`)", CHAT, hello(CHAT, modalities=["text", "audio"], audio={"voice": "alloy", "format": "wav"}), _refused("modalities"), refused=400),
    _row("OpenAI", "stored prompts (`prompt`)", RESPONSES, {"prompt": {"id": "pmpt_1"}, **hello(RESPONSES)}, _refused("pmpt_1"), refused=404),
    _row("OpenAI", "a conversation that is not there (`conversation`)", RESPONSES, hello(RESPONSES, conversation="conv_1"), _refused("conv_1"), refused=404),
    _spread("Hosts", "content filters", (AZURE, AZURE_RESPONSES), hello, _reason("severity")),
    _row("Hosts", "`/openai/v1/…`", AZURE, hello(AZURE), path="/openai/v1/chat/completions"),
    _row("Hosts", "`/openai/responses?api-version=…`", AZURE_RESPONSES, hello(AZURE_RESPONSES), path="/openai/responses?api-version=2025-03-01-preview"),
    _row("Hosts", "Nova's own bodies", INVOKE, {"messages": hello(CONVERSE)["messages"]}, model=NOVA),
    _row("Hosts", "Titan Text's own bodies", INVOKE, {"inputText": HELLO}, model=TITAN),
)  # fmt: skip

_BETAS = {
    "anthropic-version": "2023-06-01",
    "anthropic-beta": "context-management-2025-06-27,interleaved-thinking-2025-05-14",
}
_CLAUDES = (MESSAGES, VERTEX, INVOKE)


def _cited_form(column: str) -> dict[str, Any]:
    source = {"type": "text", "media_type": "text/plain", "data": "The sky is blue."}
    document = {"type": "document", "source": source, "citations": {"enabled": True}}
    said = [{"role": "user", "content": [document, {"type": "text", "text": HELLO}]}]
    return hello(column) | {
        "messages": said,
        "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}},
    }


_ANTHROPIC = (
    _spread("Anthropic", "`anthropic-version` and beta headers", _CLAUDES, hello, headers=_BETAS),
    _spread("Anthropic", "adaptive thinking", _CLAUDES, lambda one: hello(one, thinking={"type": "adaptive"}), _thought, model="claude-opus-4-6"),
    _spread("Anthropic", "adaptive thinking of a model before 4.6", _CLAUDES, lambda one: hello(one, thinking={"type": "adaptive"}), _refused("adaptive thinking"), refused=400),
    _spread("Anthropic", "`effort` of a model before Opus 4.5", _CLAUDES, lambda one: hello(one, output_config={"effort": "low"}), _refused("effort parameter"), refused=400),
    _spread("Anthropic", "`temperature` beside `top_p`, from 4.1 on", _CLAUDES, lambda one: hello(one, temperature=0.5, top_p=0.5), _refused("only one"), refused=400),
    _spread("Anthropic", "`temperature` but 1, from 4.7 on", _CLAUDES, lambda one: hello(one, temperature=0.5), _refused("deprecated"), model="claude-sonnet-5", refused=400),
    _spread("Anthropic", "the older `output_format`, with its beta", _CLAUDES, lambda one: hello(one, output_format={"type": "json_schema", "schema": SCHEMA}), _satisfying, headers={"anthropic-beta": "structured-outputs-2025-11-13"}),
    _spread("Anthropic", "`web_search` with `allowed_domains` and `blocked_domains`", (MESSAGES, VERTEX), lambda one: hello(one, tools=[{"type": "web_search_20250305", "name": "web_search", "allowed_domains": ["a.com"], "blocked_domains": ["b.com"]}]), _refused("Only one of allowed_domains or blocked_domains may be set."), refused=400),
    _spread("Anthropic", "the older `output_format` without it", _CLAUDES, lambda one: hello(one, output_format={"type": "json_schema", "schema": SCHEMA}), _refused("output_format: This field is deprecated. Use 'output_config.format' instead."), refused=400),
    _spread("Anthropic", "a document to be cited, beside a form of answers", _CLAUDES, _cited_form, _refused("Citations cannot be enabled when output format is set."), refused=400),
    _row("Anthropic", "an `anthropic-version` that there is not", MESSAGES, hello(MESSAGES), _refused('anthropic-version: \\"2025-11-01\\" is not a valid version'), headers={"anthropic-version": "2025-11-01"}, refused=400),
    _spread("Anthropic", "an `anthropic_version` that there is not", (VERTEX, INVOKE), lambda one: hello(one) | {"anthropic_version": "2024-01-01"}, _refused("Invalid API version: 2024-01-01"), refused=400),
    _row("Anthropic", "`inference_geo` of a model before 4.6", MESSAGES, hello(MESSAGES, inference_geo="us"), _refused("does not support the `inference_geo` parameter"), refused=400),
    _spread("Anthropic", "`context_management`", (MESSAGES,), lambda one: hello(one, context_management={"edits": []}), _has("applied_edits"), headers=_BETAS),
    _spread("Anthropic", "`context_management`, `mcp_servers`, `fallbacks` without a beta", _CLAUDES, lambda one: hello(one, context_management={"edits": []}), _refused("context_management: Extra inputs are not permitted"), refused=400),
    _spread("Anthropic", "the same with another's beta", (MESSAGES, VERTEX), lambda one: hello(one, context_management={"edits": []}), _refused("context_management: Extra inputs are not permitted"), headers={"anthropic-beta": "interleaved-thinking-2025-05-14"}, refused=400),
    _spread("Anthropic", "a cache kept an hour", _CLAUDES, lambda one: hello(one, system=[{"type": "text", "text": "word " * 99, "cache_control": {"type": "ephemeral", "ttl": "1h"}}]), _has("ephemeral_1h_input_tokens")),
    *(_spread("Anthropic", f"`stop_reason: {word}`", _CLAUDES, hello, _reason(word), model=f"mock-finish-{word}") for word in ("pause_turn", "model_context_window_exceeded") ),
    _row("Anthropic", "`speed: fast`", MESSAGES, hello(MESSAGES, speed="fast"), _has("speed"), model="claude-opus-4-8", headers=_BETAS),
    _row("Anthropic", "`speed: fast` of a model that is not", MESSAGES, hello(MESSAGES, speed="fast"), _refused("does not support the `speed` parameter"), refused=400),
    _row("Anthropic", "`compaction`", MESSAGES, hello(MESSAGES, compaction={"type": "auto"}), _refused("compaction"), refused=400),
)  # fmt: skip
_POINT = {"cachePoint": {"type": "default"}}
_GUARDRAIL = {"guardrailIdentifier": "gr-1", "guardrailVersion": "1", "trace": "enabled"}
_GUARDED = {
    f"x-amzn-bedrock-{name}": value
    for name, value in (("guardrailidentifier", "gr1"), ("guardrailversion", "1"), ("trace", "ENABLED"))
}
_SERVED = {"x-amzn-bedrock-performanceconfig-latency": "optimized", "x-amzn-bedrock-service-tier": "flex"}
_STOPS = (
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

_BEDROCK = (
    *(_row("Bedrock", f"`stopReason: {word}`", CONVERSE, hello(CONVERSE) | (tools(CONVERSE) if word == "tool_use" else {}), _reason(word), model=f"mock-finish-{word}") for word in _STOPS),
    _row("Bedrock", "guardrail trace", CONVERSE, hello(CONVERSE, guardrailConfig=_GUARDRAIL), _traced),
    _row("Bedrock", "guardrail trace", INVOKE, hello(INVOKE), _guarded, headers=_GUARDED),
    _row("Bedrock", "`performanceConfig` and `serviceTier` echoed", INVOKE, hello(INVOKE), _served, headers=_SERVED),
    _row("Bedrock", "`performanceConfig` and `serviceTier` echoed", CONVERSE, hello(CONVERSE, performanceConfig={"latency": "optimized"}, serviceTier={"type": "flex"}), _has("performanceConfig")),
    _row("Bedrock", "`additionalModelResponseFieldPaths`", CONVERSE, hello(CONVERSE, additionalModelResponseFieldPaths=["/stop_sequence"]), _has("additionalModelResponseFields")),
    _row("Bedrock", "adaptive thinking of a Claude before 4.6", CONVERSE, hello(CONVERSE, additionalModelRequestFields={"thinking": {"type": "adaptive"}}), _refused("adaptive thinking"), refused=400),
    _row("Bedrock", "`temperature` beside `topP` of a Claude from 4.1 on", CONVERSE, hello(CONVERSE, inferenceConfig={"temperature": 0.5, "topP": 0.5}), _refused("only one"), refused=400),
    _row("Bedrock", "`temperature` but 1 of a Claude from 4.7 on", CONVERSE, hello(CONVERSE, inferenceConfig={"temperature": 0.5}), _refused("deprecated"), model="us.anthropic.claude-opus-4-8", refused=400),
    _row("Bedrock", "a system prompt, of a model that takes none (Titan, Mistral 7B …)", CONVERSE, hello(CONVERSE, system=[{"text": "a"}]), _refused("This model doesn't support system messages."), model="mistral.mistral-7b-instruct-v0:2", refused=400),
    _row("Bedrock", "an image, of a model that does not see (Nova Micro, gpt-oss …)", CONVERSE, with_media(CONVERSE, "image"), _refused("This model doesn't support the image content block that you provided."), model=NOVA, refused=400),
    _row("Bedrock", "`stopSequences` of a model that has none (gpt-oss, Qwen3 …)", CONVERSE, hello(CONVERSE, inferenceConfig={"stopSequences": ["x"]}), _refused("This model doesn't support the stopSequences field."), model="openai.gpt-oss-120b-1:0", refused=400),
    _row("Bedrock", "CountTokens of another family, of an inference profile, of a Claude from 4.7 on", INVOKE, {"input": {"converse": hello(CONVERSE)}}, _refused("The provided model doesn't support counting tokens."), path="/model/{model}/count-tokens", streams=False, refused=400),
    _row("Bedrock", "a cache point of a model that has no cache (Llama, gpt-oss, Claude 3 Haiku …)", CONVERSE, hello(CONVERSE, system=[{"text": "a"}, _POINT]), _refused("You invoked an unsupported model or your request did not allow prompt caching."), model="openai.gpt-oss-120b-1:0", refused=403),
    _row("Bedrock", "more than four cache points of a Claude", CONVERSE, hello(CONVERSE, system=[{"text": "a"}, _POINT] * 5), _refused("A maximum of 4 blocks with cache_control may be provided. Found 5."), refused=400),
    _row("Bedrock", "a cache point of an hour behind one of five minutes, of a Claude", CONVERSE, hello(CONVERSE, system=[{"text": "a"}, _POINT, {"text": "b"}, {"cachePoint": {"type": "default", "ttl": "1h"}}]), _refused("system.1.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m'"), refused=400),
    _row("Bedrock", "reasoning of Nova, its text `[REDACTED]`", CONVERSE, hello(CONVERSE, additionalModelRequestFields={"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}}), _masked, model="us.amazon.nova-2-lite-v1:0"),
    _row("Bedrock", "more text than Titan's models for embeddings take", INVOKE, {"inputText": "word " * 10_001}, _refused("Malformed input request: expected maxLength: 50000, actual: 50005, please reformat your input and try again."), model="amazon.titan-embed-text-v2:0", streams=False, refused=400),
    _row("Bedrock", "more tokens than they take", INVOKE, {"inputText": "word " * 6_600}, _refused("400 Bad Request: Too many input tokens. Max input tokens: 8192, request input token count: 8250 "), model="amazon.titan-embed-text-v2:0", streams=False, refused=400),
    _row("Bedrock", "other families by InvokeModel (Llama, Mistral, Canvas, Jamba …)", INVOKE, {"prompt": HELLO}, _refused("You don't have access to the model"), model="meta.llama3-3-70b-instruct-v1:0", refused=403),
    _row("Bedrock", "other operations (ApplyGuardrail, StartAsyncInvoke, CreateModelInvocationJob …)", CONVERSE, {"source": "INPUT", "content": []}, _refused("not authorized to perform: bedrock:ApplyGuardrail"), path="/guardrail/g1/version/1/apply", streams=False, refused=403),
    _row("Bedrock", "reasoning without asking (gpt-oss)", CONVERSE, hello(CONVERSE), _thought, model="openai.gpt-oss-120b-1:0"),
)  # fmt: skip

_INSTANT = r"20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-9:]{8}Z"
_OPENAI_HEADERS = {
    "x-request-id": "req_[0-9a-f]{32}",
    "openai-processing-ms": "[0-9]+",
    "openai-version": "2020-10-01",
    "x-ratelimit-limit-requests": "[0-9]+",
    "x-ratelimit-remaining-tokens": "[0-9]+",
    "x-ratelimit-reset-requests": r"(?:[0-9]+m)?[0-9.]+m?s",
    "x-ratelimit-reset-tokens": r"(?:[0-9]+m)?[0-9.]+m?s",
}
_AZURE_HEADERS = {
    "apim-request-id": "[0-9a-f-]{36}",
    "x-ms-region": ".+",
    "x-ratelimit-remaining-tokens": "[0-9]+",
}

_PLACE = "projects/p/locations/global/publishers/google/models/{model}"
_ENDS = ("safety", "recitation", "blocklist", "prohibited_content", "spii", "malformed_function_call")


def _google(
    name: str, body: dict[str, Any] | None = None, check: Callable[[Seen], None] = _said, **more: Any
) -> Row:
    return _row("Gemini", name, GEMINI, hello(GEMINI) if body is None else body, check, **more)


_UNANSWERED = (
    hello(GEMINI)
    | tools(GEMINI)
    | {
        "contents": [
            *hello(GEMINI)["contents"],
            {"role": "model", "parts": [{"functionCall": {"name": "weather", "args": {}}}]},
            *hello(GEMINI)["contents"],
        ]
    }
)
_FAULTY = hello(GEMINI) | {
    "tools": [
        {
            "functionDeclarations": [
                {
                    "name": "find",
                    "parameters": {
                        "type": "OBJECT",
                        "properties": {
                            "floor": {"type": "INTEGER", "enum": ["1", "2"]},
                            "rooms": {"type": "ARRAY"},
                        },
                    },
                }
            ]
        }
    ]
}


def _config(**more: Any) -> dict[str, Any]:
    return hello(GEMINI, generationConfig=more)


_GEMINI = (
    _google("streams as one JSON array", path="/v1beta/models/{model}:streamGenerateContent", whole=False),
    _google("`/v1/models/…`, streamed", path="/v1/models/{model}:streamGenerateContent?alt=sse", whole=False),
    _google("`/v1/models/…`, whole", path="/v1/models/{model}:generateContent", streams=False),
    _google("`/v1alpha/models/…`, streamed", path="/v1alpha/models/{model}:streamGenerateContent?alt=sse", whole=False),
    _google("`/v1alpha/models/…`, whole", path="/v1alpha/models/{model}:generateContent", streams=False),
    _google("Vertex `/v1/projects/…`, streamed", path=f"/v1/{_PLACE}:streamGenerateContent?alt=sse", whole=False),
    _google("Vertex `/v1/projects/…`, whole", path=f"/v1/{_PLACE}:generateContent", streams=False),
    _google("Vertex `/v1beta1/projects/…`, streamed", path=f"/v1beta1/{_PLACE}:streamGenerateContent?alt=sse", whole=False),
    _google("Vertex `/v1beta1/projects/…`, whole", path=f"/v1beta1/{_PLACE}:generateContent", streams=False),
    _google("`responseSchema`", _config(responseMimeType="application/json", responseSchema={"type": "OBJECT", "properties": {"city": {"type": "STRING"}, "days": {"type": "INTEGER", "minimum": 1, "maximum": 7}}, "required": ["city", "days"]}), _satisfying),
    _google("a schema without `responseMimeType: application/json`: prose", _config(responseSchema={"type": "OBJECT"})),
    _google("a schema beside `application/xml` or `application/yaml`: prose", _config(responseMimeType="application/xml", responseSchema={"type": "OBJECT"}), _text(HELLO)),
    _google("a schema without `responseMimeType: application/json` on Vertex AI", _config(responseSchema={"type": "OBJECT"}), _refused("invalid argument"), path=f"/v1/{_PLACE}:generateContent", streams=False, refused=400),
    _google("a list without `items`, an `enum` of what is no text, in Google's own dialect", _FAULTY, _refused("only allowed for STRING type"), refused=400),
    _google("a call that is followed by no response", _UNANSWERED, _refused("number of function response parts"), refused=400),
    _google("a response that follows no call", hello(GEMINI) | {"contents": [_UNANSWERED["contents"][2] | {"parts": [{"functionResponse": {"name": "weather", "response": {}}}]}]}, _refused("immediately after a function call turn"), refused=400),
    _google("a function declared twice", hello(GEMINI) | {"tools": tools(GEMINI)["tools"] * 2}, _refused("Duplicate function declaration found"), refused=400),
    _google("functions beside `googleSearch` on Gemini 2.5", hello(GEMINI) | {"tools": [*tools(GEMINI)["tools"], {"googleSearch": {}}]}, _refused("unsupported by the model"), refused=400),
    _google("functions beside `googleSearch` on Gemini 3, without `includeServerSideToolInvocations`", hello(GEMINI) | {"tools": [*tools(GEMINI)["tools"], {"googleSearch": {}}]}, _refused("Please enable"), model="gemini-3.5-flash", refused=400),
    _google("functions beside `googleSearch` on Gemini 3, with it", hello(GEMINI) | {"tools": [*tools(GEMINI)["tools"], {"googleSearch": {}}], "toolConfig": {"includeServerSideToolInvocations": True}}, _called_with_id, model="gemini-3.5-flash"),
    _google("`includeServerSideToolInvocations` on Gemini 2.5", hello(GEMINI) | {"toolConfig": {"includeServerSideToolInvocations": True}}, _refused("Tool call context circulation is not enabled for models/gemini-2.5"), refused=400),
    _google("`googleSearch` beside `application/json` on Gemini 2.5", hello(GEMINI) | {"tools": [{"googleSearch": {}}], "generationConfig": {"responseMimeType": "application/json"}}, _refused("Tool use with a response mime type: 'application/json' is unsupported"), refused=400),
    _google("`googleSearchRetrieval` from Gemini 2.0 on", hello(GEMINI) | {"tools": [{"googleSearchRetrieval": {}}]}, _refused("google_search_retrieval is not supported."), refused=400),
    _google("text of a model that embeds", hello(GEMINI), _refused("is not found for API version v1beta, or is not supported for"), model="gemini-embedding-001", refused=404),
    _google("a batch of embeddings whose requests name no model", {"requests": [{"content": {"parts": [{"text": HELLO}]}}]}, _refused("BatchEmbedContentsRequest.requests[0].model: model is not specified"), model="gemini-embedding-001", path="/v1beta/models/{model}:batchEmbedContents", streams=False, refused=400),
    _google("an empty text to embed", {"content": {"parts": [{"text": ""}]}}, _refused("EmbedContentRequest.content contains an empty Part."), model="gemini-embedding-001", path="/v1beta/models/{model}:embedContent", streams=False, refused=400),
    _google("a `taskType` that there is not", {"content": {"parts": [{"text": HELLO}]}, "taskType": "retrieval_query"}, _refused("Invalid value at 'task_type'"), model="gemini-embedding-001", path="/v1beta/models/{model}:embedContent", streams=False, refused=400),
    _google("both `responseSchema` and `responseJsonSchema`", _config(responseMimeType="application/json", responseSchema={"type": "STRING"}, responseJsonSchema={"type": "string"}), _refused("response_schema must be omitted"), refused=400),
    _google("a `thinkingBudget` out of the model's range", _config(thinkingConfig={"thinkingBudget": 99999}), _refused("between 0 and 24576"), refused=400),
    _google("more tokens than the model writes, on Vertex AI", _config(maxOutputTokens=131072), _refused("it has a maxOutputTokens value of 131072 but the supported range is from 1 (inclusive) to 65537 (exclusive)."), path=f"/v1/{_PLACE}:generateContent", streams=False, refused=400),
    _google("`responseMimeType` alone", _config(responseMimeType="application/json"), _text(f'{{"reply":"{HELLO}"}}')),
    _google("a bare enum (`text/x.enum`)", _config(responseMimeType="text/x.enum", responseSchema={"type": "STRING", "enum": ["a"]}), _text("a")),
    _google("call ids and thought signatures (Gemini 3)", hello(GEMINI) | tools(GEMINI), _called_with_id, model="gemini-3.5-flash"),
    _google("a thought signature beside text (Gemini 3)", None, _signed, model="gemini-3.5-flash"),
    _google("function calling mode `VALIDATED`", hello(GEMINI) | tools(GEMINI) | {"toolConfig": {"functionCallingConfig": {"mode": "VALIDATED"}}}, _has("functionCall")),
    _google("a call's arguments in pieces: `streamFunctionCallArguments` (Vertex AI, Gemini 3)", IN_PIECES, in_pieces, model="gemini-3.5-flash", path=f"/v1/{_PLACE}:streamGenerateContent?alt=sse", whole=False),
    _google("`streamFunctionCallArguments` of a whole answer", IN_PIECES, _refused("unary"), model="gemini-3.5-flash", path=f"/v1/{_PLACE}:generateContent", streams=False, refused=400),
    _google("`streamFunctionCallArguments` on the Gemini API", IN_PIECES, _refused("Cannot find field"), model="gemini-3.5-flash", refused=400),
    _google("what Vertex AI alone has (`modelArmorConfig`, `enterpriseWebSearch`, `audioTimestamp` …) on the Gemini API", hello(GEMINI) | {"modelArmorConfig": {"promptTemplateName": "t"}, "tools": [{"enterpriseWebSearch": {}}]}, _refused("Cannot find field"), refused=400),
    _google("what the Gemini API alone has (`store`, `fileSearch`, `enableEnhancedCivicAnswers` …) on Vertex AI", hello(GEMINI) | {"store": True, "tools": [{"fileSearch": {}}]}, _refused("Cannot find field"), path=f"/v1/{_PLACE}:generateContent", streams=False, refused=400),
    _google("`responseLogprobs`", _config(responseLogprobs=True, logprobs=2), _has("logprobsResult"), model="gemini-2.0-flash"),
    _google("`responseLogprobs` on Gemini 2.5", _config(responseLogprobs=True), _refused("not enabled for models/gemini-2.5-flash"), refused=400),
    _google("`responseLogprobs` on Gemini 3", _config(responseLogprobs=True), _refused("not enabled for this model"), model="gemini-3.5-flash", refused=400),
    _google("`presencePenalty`, `frequencyPenalty` on Gemini 2.5", _config(presencePenalty=0.5), _refused("Penalty is not enabled for models/gemini-2.5-flash"), refused=400),
    _google("`presencePenalty`, `frequencyPenalty` on Gemini 3", _config(frequencyPenalty=0.5), _refused("Penalty is not enabled for this model"), model="gemini-3.5-flash", refused=400),
    _google("`presencePenalty`, `frequencyPenalty` on Vertex AI", _config(presencePenalty=0.5, frequencyPenalty=0.5), path=f"/v1/{_PLACE}:generateContent", model="gemini-3.5-flash", streams=False),
    _google("`responseLogprobs` on Vertex AI, Gemini 2.5", _config(responseLogprobs=True, logprobs=2), _has("logprobsResult"), path=f"/v1/{_PLACE}:generateContent", streams=False),
    _google("`responseLogprobs` on Vertex AI, Gemini 3", _config(responseLogprobs=True), _refused("Logprobs is not supported"), model="gemini-3.5-flash", path=f"/v1/{_PLACE}:generateContent", streams=False, refused=400),
    *(_google(f"`finishReason: {word.upper()}`", None, _reason(word.upper()), model=f"mock-finish-{word}") for word in _ENDS),
    _google("several answers on Gemini 3", _config(candidateCount=2), _refused("Multiple candidates"), model="gemini-3.5-flash", refused=400),
    _google("text beside pictures, of a model that draws", _config(responseModalities=["TEXT", "IMAGE"]), model="gemini-2.5-flash-image"),
    _google("text beside pictures, of any other model", _config(responseModalities=["TEXT", "IMAGE"]), _refused("image,text"), refused=400),
    _google("images and sound out", _config(responseModalities=["IMAGE"]), _refused("modalities"), refused=400),
)  # fmt: skip

_UNITS: dict[str, dict[str, str]] = {
    CHAT: _OPENAI_HEADERS,
    RESPONSES: _OPENAI_HEADERS,
    COMPLETIONS: _OPENAI_HEADERS,
    MESSAGES: {
        "request-id": "req_011C[1-9A-HJ-NP-Za-km-z]{20}",
        "anthropic-organization-id": "[0-9a-f-]{36}",
        "anthropic-ratelimit-requests-limit": "[0-9]+",
        "anthropic-ratelimit-requests-remaining": "[0-9]+",
        "anthropic-ratelimit-tokens-reset": _INSTANT,
        "anthropic-ratelimit-input-tokens-reset": _INSTANT,
    },
    VERTEX: {"request-id": "req_vrtx_011C[1-9A-HJ-NP-Za-km-z]{20}"},
    CONVERSE: {"x-amzn-requestid": "[0-9a-f-]{36}"},
    INVOKE: {"x-amzn-requestid": "[0-9a-f-]{36}"},
    GEMINI: {"server-timing": "gfet4t7; dur=[0-9]+"},
    AZURE: _AZURE_HEADERS,
    AZURE_RESPONSES: _AZURE_HEADERS,
}


def _told(seen: Seen) -> None:
    for name, pattern in _UNITS[seen.column].items():
        assert re.fullmatch(pattern, seen.headers[name]), (name, seen.headers[name])


_HEADERS = Row(
    group="Response headers",
    name="request ids, processing times, versions and rate limits, in the provider's own formats",
    cells={one: Cell(ask=Ask(column=one, body=hello(one)), check=_told) for one in _UNITS},
)

_DEMANDED = {
    CONVERSE: "This model doesn't support the toolConfig.toolChoice.tool field. Remove toolConfig.toolChoice.tool and try again.",
    GEMINI: "Function calling config is set without function_declarations.",
}


def _undemandable(seen: Seen) -> None:
    _refused(_DEMANDED.get(seen.column, "message"))(seen)


_SERVERS_TOOLS = (
    _spread("Tools", "some tool must be called, and there is none", _CLAUDES, lambda one: hello(one, tool_choice={"type": "any"}), _refused("tool_choice.any may only be specified while providing tools"), refused=400),
    _spread("Tools", "a tool that the provider runs, demanded", (CONVERSE, GEMINI), lambda one: hosted(one, demanded=True), _undemandable, models={CONVERSE: NOVA_2}, refused=400),
    _row("Tools", "a system tool, of another model than Amazon's", CONVERSE, hosted(CONVERSE, demanded=False), _refused("This model doesn't support the systemTool field."), refused=400),
    _row("Tools", "a demanded call, of a model that takes no demand (Llama; a named tool of Mistral)", CONVERSE, hello(CONVERSE) | tools(CONVERSE) | {"toolConfig": tools(CONVERSE)["toolConfig"] | {"toolChoice": {"any": {}}}}, _refused("This model doesn't support the toolConfig.toolChoice.any field. Remove toolConfig.toolChoice.any and try again."), model="us.meta.llama4-maverick-17b-instruct-v1:0", streams=False, refused=400),
    _row("Tools", "tools in a stream, of a model that has them in whole answers alone (Llama)", CONVERSE, hello(CONVERSE) | tools(CONVERSE), _refused("This model doesn't support tool use in streaming mode."), model="us.meta.llama4-maverick-17b-instruct-v1:0", whole=False, refused=400),
    _row("Tools", "tools of a model that has none (DeepSeek-R1, Titan, Llama 3 …)", CONVERSE, hello(CONVERSE) | tools(CONVERSE), _refused("This model doesn't support tool use."), model="us.deepseek.r1-v1:0", refused=400),
    _row("Tools", "a tool that the model has not (web search of gpt-4.1-nano, `computer_use_preview` of gpt-5.5 …)", RESPONSES, hello(RESPONSES, tools=[{"type": "web_search"}]), _refused("Tool 'web_search' is not supported with gpt-4.1-nano."), model="gpt-4.1-nano", refused=400),
    _spread("Tools", "Claude's own tools of a time that the model does not know (`bash_20241022`, `text_editor_20250429` …)", _CLAUDES, lambda one: hello(one, tools=[{"type": "bash_20241022", "name": "bash"}]), _refused("'claude-sonnet-4-5-20250929' does not support tool types: bash_20241022. Did you mean one of bash_20250124, memory_20250818, text_editor_20250728?"), refused=400),
    _spread("Tools", "a tool that needs more than a model, of a host that has no other (web search on Bedrock, `code_execution` on Vertex AI …)", (VERTEX, INVOKE), lambda one: hello(one, tools=[{"type": "code_execution_20250825", "name": "code_execution"}]), _refused("Input tag 'code_execution_20250825' found using 'type' does not match any of the expected tags: 'bash_20250124',"), refused=400),
    _spread("Tools", "an MCP server without an address", (RESPONSES, AZURE_RESPONSES), lambda one: hello(one, tools=[{"type": "mcp", "server_label": "wiki"}]), _refused("exactly one of: 'server_url', 'connector_id', or 'tunnel_id'."), refused=400),
)  # fmt: skip

OWN: tuple[Row, ...] = (
    *_SERVERS_TOOLS,
    _HEADERS,
    *_OPENAI,
    *_ANTHROPIC,
    *CLAUDES,
    *_BEDROCK,
    *AMAZONS,
    *_GEMINI,
    *GROUNDED,
    *(
        Row(group=group, name=name, cells=dict.fromkeys(columns, Visit(run)))
        for group, name, columns, run in VISITS
    ),
)
