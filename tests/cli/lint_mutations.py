"""Answers of today's form, and ways to spoil one detail of them.

``MUTATIONS``: (answer, what to replace, by what, the rule that tells). A count of -1 replaces every occurrence.
For Bedrock the bytes are those of the payloads; the frames around them are made anew.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from mockllm_cli.times import instant
from mockllm_core import engine, eventstream, offline

if TYPE_CHECKING:
    from collections.abc import Callable

USER = [{"role": "user", "content": "Is it cold in Oslo?"}]
SCHEMA = {
    "type": "object",
    "properties": {"city": {"enum": ["Oslo"]}, "days": {"enum": [3]}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
CHAT = {"model": "gpt-4o", "messages": USER, "stream": True}
RESPONSES = {"model": "gpt-4o", "input": "Is it cold in Oslo?", "stream": True}
MESSAGES = {"model": "claude-sonnet-4-6", "max_tokens": 500, "messages": USER, "stream": True}
CONVERSE = {"messages": [{"role": "user", "content": [{"text": "Is it cold in Oslo?"}]}]}
GOOGLE = {"contents": [{"parts": [{"text": "Is it cold in Oslo?"}]}]}
FUNCTION = {"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}
GEMINI = "/v1beta/models/gemini-2.5-flash:"

#: name -> protocol, request, path
ANSWERS: dict[str, tuple[str, dict[str, Any], str]] = {
    "chat": ("openai-chat", CHAT, ""),
    "chat-usage": ("openai-chat", {**CHAT, "stream_options": {"include_usage": True}}, ""),
    "chat-tool": ("openai-chat", {**CHAT, "tools": [FUNCTION]}, ""),
    "chat-two": ("openai-chat", {**CHAT, "n": 2}, ""),
    "chat-logprobs": ("openai-chat", {**CHAT, "logprobs": True}, ""),
    "chat-whole": ("openai-chat", {**CHAT, "stream": False}, ""),
    "responses": ("openai-responses", RESPONSES, ""),
    "responses-tool": (
        "openai-responses",
        {**RESPONSES, "tools": [{"type": "function", "name": "weather", "parameters": SCHEMA}]},
        "",
    ),
    "responses-compacted": (
        "openai-responses",
        {**RESPONSES, "input": [{"role": "user", "content": "Go on."}, {"type": "compaction_trigger"}]},
        "",
    ),
    "responses-whole": ("openai-responses", {**RESPONSES, "stream": False}, ""),
    "messages": ("anthropic-messages", MESSAGES, ""),
    "messages-tool": (
        "anthropic-messages",
        {**MESSAGES, "tools": [{"name": "weather", "input_schema": SCHEMA}]},
        "",
    ),
    "messages-whole": ("anthropic-messages", {**MESSAGES, "stream": False}, ""),
    "converse": ("bedrock-converse", CONVERSE, "/model/us.anthropic.claude-sonnet-4-5-v1:0/converse-stream"),
    "converse-tool": (
        "bedrock-converse",
        {
            **CONVERSE,
            "toolConfig": {"tools": [{"toolSpec": {"name": "weather", "inputSchema": {"json": SCHEMA}}}]},
        },
        "/model/us.anthropic.claude-sonnet-4-5-v1:0/converse-stream",
    ),
    "converse-whole": ("bedrock-converse", CONVERSE, "/model/us.anthropic.claude-sonnet-4-5-v1:0/converse"),
    "gemini": ("google-genai", GOOGLE, f"{GEMINI}streamGenerateContent?alt=sse"),
    "gemini-tool": (
        "google-genai",
        {
            **GOOGLE,
            "tools": [{"functionDeclarations": [{"name": "weather", "parametersJsonSchema": SCHEMA}]}],
        },
        f"{GEMINI}streamGenerateContent?alt=sse",
    ),
    "gemini-array": ("google-genai", GOOGLE, f"{GEMINI}streamGenerateContent"),
    "gemini-whole": ("google-genai", GOOGLE, f"{GEMINI}generateContent"),
}

_DEPLOYED = "/openai/deployments/gpt-4o/"
_VERTEX = "/v1/projects/p/locations/l/publishers/anthropic/models/claude-sonnet-4-6:"
_CLAUDE = {key: value for key, value in MESSAGES.items() if key not in ("model", "stream")}
#: (other road to a protocol's answers, whether it streams) -> protocol, request, path
ROADS: dict[tuple[str, bool], tuple[str, dict[str, Any], str]] = {
    (road, streamed): (protocol, {**request, "stream": True} if streamed and in_body else request, path)
    for road, protocol, request, in_body, paths in (
        (
            "azure-openai",
            "openai-chat",
            {"messages": USER},
            True,
            (f"{_DEPLOYED}chat/completions?api-version=2024-10-21",) * 2,
        ),
        ("openai-completions", "openai-chat", {"model": "m", "prompt": "Hi"}, True, ("/v1/completions",) * 2),
        (
            "azure-responses",
            "openai-responses",
            {"model": "m", "input": "Hi"},
            True,
            ("/openai/v1/responses",) * 2,
        ),
        (
            "anthropic-vertex",
            "anthropic-messages",
            _CLAUDE | {"anthropic_version": "vertex-2023-10-16"},
            True,
            (f"{_VERTEX}rawPredict", f"{_VERTEX}streamRawPredict"),
        ),
        (
            "bedrock-invoke",
            "bedrock-converse",
            _CLAUDE | {"anthropic_version": "bedrock-2023-05-31"},
            False,
            tuple(
                f"/model/us.anthropic.claude-sonnet-4-5-v1:0/{kind}"
                for kind in ("invoke", "invoke-with-response-stream")
            ),
        ),
    )
    for streamed, path in zip((False, True), paths, strict=True)
}


@cache
def answer(name: str | tuple[str, bool]) -> bytes:
    """Return the bytes of one of the answers."""
    protocol, request, path = ANSWERS[name] if isinstance(name, str) else ROADS[name]
    frames = offline.render(
        protocol, request, now=instant("2026-08-01T00:00:00Z"), path=path, settings=engine.Settings(seed="1")
    )
    return b"".join(frame.wire for frame in frames)


def spoiled(name: str, old: str, new: str, times: int = 1) -> bytes:
    """Return an answer with one detail changed; the detail must be there."""
    wire = answer(name)
    if not wire.startswith(b"\0"):
        assert old.encode() in wire, f"{old} is not in {wire[:3000].decode()}"
        return wire.replace(old.encode(), new.encode(), times)
    assert any(old.encode() in one.payload for one in eventstream.Decoder().feed(wire))
    return reframed(wire, lambda event, payload: (event, payload.replace(old.encode(), new.encode())))


def reframed(wire: bytes, change: Callable[[str, bytes], tuple[str, bytes] | None]) -> bytes:
    """Return Bedrock's frames with their events changed, or left out where the change is None."""
    made = []
    for message in eventstream.Decoder().feed(wire):
        changed = change(message.event_type or "", message.payload)
        if changed is not None:
            made.append(eventstream.event(*changed).wire)
    return b"".join(made)


MUTATIONS: list[tuple[str, str, str, int, str]] = [
    # -- OpenAI Chat
    ("chat", '"role":"assistant",', "", 1, "chat-role"),
    ("chat", '{"content":"Is"}', '{"role":"assistant","content":"Is"}', 1, "chat-role"),
    (
        "chat-tool",
        '{"index":0,"function":{"arguments":"{',
        '{"index":0,"id":null,"type":null,"function":{"arguments":"{',
        1,
        "chat-tool",
    ),
    ("chat-tool", '[{"index":0,"function"', '[{"function"', 1, "chat-tool"),
    ("chat-tool", '"id":"call_', '"id":"tool_', 1, "chat-tool"),
    ("chat-tool", '"arguments":"}"', '"arguments":"]"', 1, "chat-arguments"),
    ("chat", '"object":"chat.completion.chunk",', "", -1, "chat-keys"),
    ("chat", '"id":"chatcmpl-', '"id":"cmpl-', -1, "chat-id"),
    ("chat", '"id":"chatcmpl-', '"id":"chatcmpl-x', 1, "chat-id"),
    ("chat", '"created":1785542400', '"created":1785542401', 1, "chat-stable"),
    ("chat", "data: [DONE]\n\n", "", 1, "chat-done"),
    ("chat", "data: [DONE]\n\n", "data: [DONE]\n\ndata: [DONE]\n\n", 1, "chat-done"),
    ("chat", "\n\n", "\r\n\r\n", -1, "chat-framing"),
    ("chat", "data: {", "event: chunk\ndata: {", 1, "chat-framing"),
    ("chat", '"finish_reason":"stop"', '"finish_reason":null', 1, "chat-finish"),
    ("chat", '"finish_reason":"stop"', '"finish_reason":"end_turn"', 1, "chat-value"),
    ("chat", '"delta":{"content":"Is"}', '"delta":{"content":"Is","function_call":null}', 1, "chat-null"),
    ("chat", '"obfuscation":"', '"obfuscation":"-', 1, "chat-obfuscation"),
    ("chat", '{"id":', '{ "id":', 1, "chat-json"),
    ("chat-usage", '"usage":null,', "", 1, "chat-usage"),
    (
        "chat-usage",
        '"choices":[],"usage":{"prompt_tokens":',
        '"choices":[],"usage":{"prompt_tokens":9',
        1,
        "chat-usage",
    ),
    ("chat-two", '"index":1', '"index":7', -1, "chat-choice"),
    (
        "chat-logprobs",
        '"logprobs":{"content":[{"token":"',
        '"logprobs":{"content":[{"token":"~',
        1,
        "chat-logprobs",
    ),
    ("chat-whole", '{\n  "id"', '{"id"', 1, "chat-layout"),
    ("chat-whole", '"object": "chat.completion"', '"object": "text_completion"', 1, "chat-value"),
    ("chat-whole", '"refusal": null,', '"refusal": null, "tool_calls": null,', 1, "chat-null"),
    # -- OpenAI Responses
    ("responses", "event: response.created\n", "", 1, "responses-framing"),
    ("responses", ',"sequence_number":2', "", 1, "responses-keys"),
    ("responses", '"sequence_number":3', '"sequence_number":9', 1, "responses-sequence"),
    ("responses", '"output_index":0', '"output_index":1', 1, "responses-index"),
    ("responses", '"metadata":{}', '"metadata":null', 1, "responses-null"),
    ("responses", '"tools":[],', "", -1, "responses-keys"),
    ("responses", '"item_id":"msg_', '"item_id":"msx_', 1, "responses-item-id"),
    ("responses", '"id":"resp_', '"id":"response_', -1, "responses-id"),
    ("responses", '"delta":"Is"', '"delta":"It"', 1, "responses-text"),
    ("responses", '"obfuscation":"', '"obfuscation":"x', 1, "responses-obfuscation"),
    ("responses", "response.completed", "response.finished", -1, "responses-unknown-event"),
    (
        "responses",
        '{"type":"response.output_text.delta","content_index":0,',
        '{"content_index":0,"type":"response.output_text.delta",',
        1,
        "responses-key-order",
    ),
    ("responses", '"temperature":1.0', '"temperature":0.5', 1, "responses-echo"),
    ("responses-tool", '"arguments":"{\\"city', '"arguments":"\\"city', -1, "responses-text"),
    (
        "responses-compacted",
        '"type":"compaction","encrypted',
        '"type":"summary","encrypted',
        1,
        "responses-compaction",
    ),
    ("responses-compacted", '"item_id":"cmp_', '"item_id":"cmp_0', 1, "responses-item-id"),
    (
        "responses-compacted",
        '"sequence_number":3}',
        '"sequence_number":3,"text":"So far."}',
        1,
        "responses-keys",
    ),
    ("responses-compacted", '"id":"cmp_', '"id":"cmq_', -1, "responses-id"),
    ("responses-compacted", ',"encrypted_content":"', ',"summary":"', 1, "responses-keys"),
    ("responses-whole", '  "object"', '"object"', 1, "responses-layout"),
    ("responses-whole", '"status": "completed"', '"status": "done"', 1, "responses-status"),
    (
        "responses-whole",
        '"usage": {\n    "input_tokens": ',
        '"usage": {\n    "input_tokens": 9',
        1,
        "responses-usage",
    ),
    # -- Anthropic Messages
    ("messages", "event: content_block_delta\n", "", 1, "anthropic-event-name"),
    ("messages", "event: content_block_delta\n", "event: delta\n", 1, "anthropic-event-name"),
    (
        "messages",
        '"content_block":{"type":"text","text":""}',
        '"content_block":{"type":"text","text":"","citations":null}',
        1,
        "anthropic-null",
    ),
    ("messages-tool", ',"caller":{"type":"direct"}', ',"caller":null', 1, "anthropic-null"),
    ("messages-tool", '"input":{}', '"input":{"city":"Oslo"}', 1, "anthropic-tool-opening"),
    ("messages-tool", '"id":"toolu_', '"id":"tool_', 1, "anthropic-id"),
    ("messages-tool", '" 3}"', '" 3"', 1, "anthropic-tool-json"),
    ("messages-tool", '"stop_reason":"tool_use"', '"stop_reason":"end_turn"', 1, "anthropic-stop"),
    (
        "messages",
        '"delta":{"stop_reason":"end_turn","stop_sequence":null,"stop_details":null},"usage":{"input_tokens":',
        '"delta":{"stop_reason":"end_turn","stop_sequence":null,"stop_details":null},"usage":{"inputs":',
        1,
        "anthropic-keys",
    ),
    ("messages", '"index":0,"delta"', '"index":1,"delta"', 1, "anthropic-index"),
    ("messages", '"type":"text_delta"', '"type":"thinking_delta"', 1, "anthropic-delta"),
    ("messages", '{"type": "ping"}', '{"type":"ping"}', 1, "anthropic-ping"),
    ("messages", '{"type":"message_stop"', '{"type":"message_stop"                ', 1, "anthropic-padding"),
    ("messages", "event: message_stop\n", "event: message_stop\nid: 1\n", 1, "anthropic-framing"),
    ("messages", '"output_tokens":', '"output_tokens":9', 1, "anthropic-usage"),
    ("messages-whole", '"type":"message",', '"type": "message",', 1, "anthropic-padding"),
    ("messages-whole", '"stop_reason":"end_turn"', '"stop_reason":"stop"', 1, "anthropic-stop"),
    # -- Bedrock Converse
    ("converse", '"role":"assistant"', '"role":"user"', 1, "bedrock-role"),
    ("converse", '"p":"ab', '"p":"xy', 1, "bedrock-padding"),
    ("converse", '"contentBlockIndex":0', '"contentBlockIndex":3', 1, "bedrock-index"),
    ("converse", '"stopReason":"end_turn"', '"stopReason":"stop"', 1, "bedrock-stop-reason"),
    ("converse", '"totalTokens":', '"totalTokens":9', 1, "bedrock-usage"),
    ("converse", '"delta":{"text"', '"delta":{"text":"","words"', 1, "bedrock-delta"),
    ("converse", '"metrics":{"latencyMs"', '"metrics": {"latencyMs"', 1, "bedrock-spelling"),
    (
        "converse",
        '"stopReason":"end_turn"',
        '"stopReason":"end_turn","trace":null',
        1,
        "bedrock-null",
    ),
    ("converse-tool", '"toolUseId":"', '"toolUseId":"?', 1, "bedrock-tool-id"),
    ("converse-tool", '3}"', '3"', 1, "bedrock-arguments"),
    ("converse-whole", '"role":"assistant"', '"role":"model"', 1, "bedrock-role"),
    ("converse-whole", '"metrics":{', '"metric":{', 1, "bedrock-keys"),
    # -- Google GenAI
    ("gemini", "\r\n\r\n", "\n\n", -1, "gemini-framing"),
    ("gemini", '"finishReason": "STOP",', "", -1, "gemini-finish"),
    ("gemini-tool", '"finishReason": "STOP"', '"finishReason": "FUNCTION_CALL"', 1, "gemini-finish"),
    ("gemini", '"role": "model"', '"role": "assistant"', 1, "gemini-role"),
    ("gemini", ',"index": 0', ',"index": 2', -1, "gemini-index"),
    ("gemini", '"index": 0', '"index": 0,"citationMetadata": null', 1, "gemini-null"),
    ("gemini", '"responseId"', '"responseID"', 1, "gemini-keys"),
    ("gemini", '"modelVersion": "gemini-2.5-flash",', "", 1, "gemini-identity"),
    ("gemini", '"candidates": ', '"candidates":', 1, "gemini-spelling"),
    ("gemini", '"totalTokenCount": ', '"totalTokenCount": 9', 1, "gemini-usage"),
    ("gemini", '{"parts": [{"text": ', '{"parts": [{"thoughtSignature": "~","text": ', 1, "gemini-signature"),
    ("gemini-tool", '"args": {', '"args": [], "xrgs": {', 1, "gemini-parts"),
    ("gemini-array", "\n]", "\n", 1, "gemini-array"),
    ("gemini-whole", '"finishReason": "STOP"', '"finishReason": "DONE"', 1, "gemini-finish"),
    ("gemini-whole", '"\n}\n', '"\n}', 1, "gemini-spelling"),
]

#: error bodies, a detail of each to change, and the rule that tells
OPENAI_ERROR = b'{\n  "error": {\n    "message": "No.",\n    "type": "invalid_request_error",\n    "param": null,\n    "code": null\n  }\n}'
ANTHROPIC_ERROR = (
    b'{"type":"error","error":{"type":"not_found_error","message":"model: x"},"request_id":"req_1"}'
)
GEMINI_ERROR = (
    b'{\n  "error": {\n    "code": 404,\n    "message": "No.",\n    "status": "NOT_FOUND"\n  }\n}\n'
)
ERRORS: list[tuple[str, bytes, str, str, str]] = [
    ("openai-chat", OPENAI_ERROR, '"param": null,', "", "error-keys"),
    ("openai-chat", OPENAI_ERROR, '"message": "No."', '"message": null', "error-value"),
    ("openai-chat", OPENAI_ERROR, "\n  ", "\n ", "error-layout"),
    ("openai-responses", OPENAI_ERROR, '"code": null', '"code": 404', "error-value"),
    ("openai-responses", OPENAI_ERROR, '"error": {', '"ok": false, "error": {', "error-keys"),
    ("anthropic-messages", ANTHROPIC_ERROR, '"type":"error",', "", "error-keys"),
    ("anthropic-messages", ANTHROPIC_ERROR, "not_found_error", "missing_error", "error-value"),
    ("anthropic-messages", ANTHROPIC_ERROR, ':"error"', ': "error"', "error-layout"),
    ("bedrock-converse", b'{"message":"No."}', "message", "Message", "error-keys"),
    ("bedrock-converse", b'{"message":"No."}', "No.", "", "error-value"),
    ("google-genai", GEMINI_ERROR, "404", "400", "error-value"),
    ("google-genai", GEMINI_ERROR, '"NOT_FOUND"', '"NOT_FOUND", "retry": 1', "error-keys"),
    ("google-genai", GEMINI_ERROR, "NOT_FOUND", "MISSING", "error-value"),
]
