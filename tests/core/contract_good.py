"""Bodies that a contract takes, beside those that were recorded: (contract, body)."""

from __future__ import annotations

from typing import Any

__all__ = ["GOOD", "REPLIES"]

HI = [{"role": "user", "content": "hi"}]
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "$defs": {}, "x": [1]}
CHAT = {"model": "m", "messages": HI}
RESPONSES = {"model": "m", "input": "hi"}
CLAUDE = {"model": "m", "max_tokens": 9, "messages": HI}
BEDROCK = {"messages": [{"role": "user", "content": [{"text": "hi"}]}]}
GEMINI = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}

_CHAT: list[Any] = [
    CHAT,
    {**CHAT, "model": "a-model-of-next-year", "service_tier": "fast"},
    # explicit nulls (llama-index)
    {
        **CHAT,
        **dict.fromkeys(["user", "tools", "tool_choice", "stop", "stream", "n", "response_format", "seed"]),
    },
    {**CHAT, "unknown": {"deep": [1]}, "messages": [{"role": "user", "content": "x", "cache": True}]},
    {**CHAT, "max_tokens": 5, "temperature": 0, "top_p": 1, "n": 10**2, "seed": -(10**30)},
    {**CHAT, "messages": [{"role": "system", "content": "a"}, {"role": "developer", "content": "b"}, *HI]},
    {**CHAT, "messages": [{"role": "user", "content": [{"type": "text", "text": "a"}]}]},
    {**CHAT, "messages": [{"role": "system", "content": [{"type": "text", "text": "a"}]}]},
    {**CHAT, "messages": [{"role": "user", "content": "\ud800 \x00 \U0001f600", "name": "Ann-1"}]},
    {
        **CHAT,
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": None}},
                    {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
                    {"type": "file", "file": {"file_id": "f"}},
                ],
            }
        ],
    },
    {
        **CHAT,
        "messages": [
            *HI,
            {
                "role": "assistant",
                "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
            },
            {"role": "tool", "tool_call_id": "c", "name": "f", "content": [{"type": "text", "text": "x"}]},
        ],
    },
    {
        **CHAT,
        "messages": [*HI, {"role": "function", "name": "f", "content": [{"type": "text", "text": "x"}]}],
    },
    {**CHAT, "messages": [*HI, {"role": "function", "name": "f", "content": None}]},
    {**CHAT, "messages": [*HI, {"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]}]},
    {**CHAT, "tools": [{"type": "function", "function": {"name": "f"}}]},
    {
        **CHAT,
        "tools": [{"type": "function", "function": {"name": "f", "parameters": SCHEMA, "strict": None}}],
    },
    {**CHAT, "tools": [{"type": "custom", "custom": {"name": "f", "format": {"type": "text"}}}]},
    {**CHAT, "tool_choice": {"type": "function", "function": {"name": "f"}}},
    {**CHAT, "tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [{}]}}},
    {**CHAT, "functions": [{"name": "f", "parameters": {}}], "function_call": {"name": "f"}},
    {**CHAT, "response_format": {"type": "json_object"}},
    {**CHAT, "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}}},
    {**CHAT, "stop": ["a", "b"], "stream": True, "stream_options": {"include_usage": True, "x": 1}},
    {**CHAT, "logprobs": True, "top_logprobs": 20, "logit_bias": {"5": -100}, "metadata": {"a": "b"}},
    {**CHAT, "prediction": {"type": "content", "content": "x"}, "reasoning_effort": "minimal"},
]

_RESPONSES: list[Any] = [
    RESPONSES,
    {"prompt": {"id": "p", "variables": {"a": "b"}}},
    {"model": "m", "conversation": {"id": "c"}},
    {"model": "m", "input": [], "previous_response_id": "resp_1"},
    {**RESPONSES, **dict.fromkeys(["user", "tools", "text", "reasoning", "stream", "prompt", "include"])},
    {**RESPONSES, "unknown": 1, "max_output_tokens": 16},
    # messages with and without type, id and status; a text or a list of parts
    {**RESPONSES, "input": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]},
    {
        **RESPONSES,
        "input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "x"}]}],
    },
    {**RESPONSES, "input": [{"role": "assistant", "content": [{"type": "output_text", "text": "x"}]}]},
    {
        **RESPONSES,
        "input": [
            {
                "type": "message",
                "id": None,
                "status": None,
                "role": "assistant",
                "content": [{"type": "refusal", "refusal": "x"}],
            }
        ],
    },
    {
        **RESPONSES,
        "input": [
            {
                "role": "user",
                "content": [
                    {"type": "input_image", "image_url": "data:"},
                    {"type": "input_file", "file_id": "f"},
                ],
            }
        ],
    },
    {
        **RESPONSES,
        "input": [
            {
                "type": "function_call",
                "call_id": "c",
                "name": "f",
                "arguments": "{}",
                "namespace": None,
                "async_": False,
            },
            {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_text", "text": "x"}]},
            {"type": "reasoning", "summary": [], "encrypted_content": "x", "content": None},
            {"type": "item_reference", "id": "msg_1"},
            {"id": "msg_2"},
            {"type": "web_search_call", "status": "completed"},
            {"type": "custom_tool_call", "call_id": "c", "name": "f", "input": "x"},
            {"type": "custom_tool_call_output", "call_id": "c", "output": "x"},
            {
                "type": "local_shell_call",
                "call_id": "c",
                "action": {"type": "exec", "command": [], "env": {}},
            },
        ],
    },
    # `strict` left out (LangChain, AI SDK), tools that cannot be called (codex)
    {
        **RESPONSES,
        "tools": [
            {"type": "function", "name": "f", "parameters": SCHEMA},
            {"type": "function", "name": "g", "parameters": None, "strict": None, "description": None},
            {"type": "namespace", "name": "n", "tools": [{"type": "function", "name": "f"}]},
            {
                "type": "namespace",
                "name": "n",
                "description": "d",
                "tools": [{"type": "custom", "name": "f"}],
            },
            {
                "type": "custom",
                "name": "p",
                "format": {"type": "grammar", "syntax": "lark", "definition": 'start: "x"'},
            },
            {"type": "web_search", "external_web_access": False},
            {"type": "web_search_preview"},
            {"type": "file_search", "vector_store_ids": ["v"]},
            {"type": "code_interpreter", "container": {"type": "auto"}},
            {"type": "image_generation"},
            {"type": "local_shell"},
            {"type": "mcp", "server_label": "s", "server_url": "u", "require_approval": "never"},
            {"type": "computer_use_preview", "display_width": 1, "display_height": 1, "environment": "mac"},
            {"type": "tool_search"},
            {"type": "shell"},
            {"type": "apply_patch"},
        ],
    },
    {**RESPONSES, "tools": [], "tool_choice": "none"},
    {**RESPONSES, "tool_choice": {"type": "function", "name": "f"}},
    {**RESPONSES, "tool_choice": {"type": "web_search"}},
    {**RESPONSES, "tool_choice": {"type": "allowed_tools", "mode": "required", "tools": [{"type": "x"}]}},
    {**RESPONSES, "text": {"format": {"type": "json_schema", "name": "n", "schema": SCHEMA, "strict": True}}},
    {**RESPONSES, "text": {"verbosity": "low"}, "reasoning": {"effort": "high", "summary": "auto"}},
    {**RESPONSES, "include": ["reasoning.encrypted_content"], "store": False, "truncation": "auto"},
]

_CLAUDE: list[Any] = [
    CLAUDE,
    {
        **CLAUDE,
        **dict.fromkeys(["metadata", "stop_sequences", "container", "cache_control", "inference_geo"]),
    },
    {**CLAUDE, "unknown": 1, "stream": True, "temperature": 1.0, "top_p": 0.5, "top_k": 40},
    {**CLAUDE, "service_tier": "standard_only", "betas": ["x"]},
    {
        **CLAUDE,
        "system": [{"type": "text", "text": "x", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
    },
    {**CLAUDE, "messages": [{"role": "user", "content": [{"type": "text", "text": "x"}]}]},
    {
        **CLAUDE,
        "messages": [
            {
                "role": "user",
                "content": [
                    {
                        "type": "image",
                        "source": {"type": "base64", "media_type": "image/png", "data": "AA=="},
                    },
                    {"type": "image", "source": {"type": "url", "url": "https://x"}},
                    {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "x"}},
                ],
            }
        ],
    },
    {
        **CLAUDE,
        "messages": [
            *HI,
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t_1", "name": "f", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t_1", "content": "x"}]},
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "t_1", "content": [{"type": "text", "text": "x"}]},
                    {"type": "tool_result", "tool_use_id": "t_1", "is_error": True},
                ],
            },
        ],
    },
    {**CLAUDE, "tools": [{"name": "f", "input_schema": SCHEMA, "description": None, "strict": True}]},
    {**CLAUDE, "tools": [{"type": "custom", "name": "f", "input_schema": {"type": "object"}}]},
    {
        **CLAUDE,
        "tools": [
            {"type": "web_search_20250305", "name": "web_search", "max_uses": 3},
            {"type": "web_fetch_20250910", "name": "web_fetch"},
            {"type": "bash_20241022", "name": "bash"},
            {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool"},
            {"type": "code_execution_20250522", "name": "code_execution"},
            {"type": "memory_20250818", "name": "memory"},
            {"type": "mcp_toolset", "mcp_server_name": "s"},
        ],
    },
    {**CLAUDE, "tool_choice": {"type": "any", "disable_parallel_tool_use": True}},
    {**CLAUDE, "tool_choice": {"type": "tool", "name": "f"}},
    {**CLAUDE, "thinking": {"type": "enabled", "budget_tokens": 1024}},
    {**CLAUDE, "thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}},
    # structured output in both its places (litellm sends the older one)
    {**CLAUDE, "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
    {**CLAUDE, "output_format": {"type": "json_schema", "schema": SCHEMA}},
    {**CLAUDE, "context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}, "mcp_servers": []},
    {**CLAUDE, "metadata": {"user_id": "u", "session": "s"}, "container": "c"},
]

_BEDROCK: list[Any] = [
    BEDROCK,
    {**BEDROCK, "system": [], "inferenceConfig": {}, "additionalModelRequestFields": {"top_k": 5}},
    {**BEDROCK, **dict.fromkeys(["system", "inferenceConfig", "toolConfig", "outputConfig"]), "x": 1},
    {"messages": [{"role": "user", "content": [{"text": "x", "image": None, "future": 1}]}]},
    {
        "messages": [
            {
                "role": "user",
                "content": [
                    {"image": {"format": "png", "source": {"bytes": "AAAA"}}},
                    {"document": {"format": "pdf", "name": "d", "source": {"bytes": "AAAA"}}},
                    {"cachePoint": {"type": "default"}},
                ],
            },
            {"role": "assistant", "content": [{"toolUse": {"toolUseId": "t.1:2", "name": "f", "input": {}}}]},
            {"role": "user", "content": [{"toolResult": {"toolUseId": "t.1:2", "content": [{"json": {}}]}}]},
        ]
    },
    {
        **BEDROCK,
        "toolConfig": {
            "tools": [
                {"toolSpec": {"name": "f", "inputSchema": {"json": SCHEMA}}},
                {"cachePoint": {"type": "default"}},
            ],
            "toolChoice": {"tool": {"name": "f"}},
        },
    },
    {
        **BEDROCK,
        "toolConfig": {
            "tools": [{"toolSpec": {"name": "f", "description": None, "inputSchema": {"json": {}}}}],
            "toolChoice": {"any": {}},
        },
    },
    {
        **BEDROCK,
        "outputConfig": {
            "textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": "{}", "name": "n"}}}
        },
    },
    # the AI SDK's way to ask for structure
    {**BEDROCK, "additionalModelRequestFields": {"output_config": {"format": {"schema": SCHEMA}}}},
    {**BEDROCK, "modelId": "m", "serviceTier": {"type": "tomorrow"}, "requestMetadata": {"a": "b"}},
]

_GEMINI: list[Any] = [
    GEMINI,
    {"contents": [{"parts": [{"text": ""}]}]},
    # one value for a list of one, as in the guides' curl examples
    {"contents": {"role": "user", "parts": {"text": "x"}}},
    {**GEMINI, "systemInstruction": {"role": "system", "parts": {"text": "x"}}},
    {**GEMINI, "system_instruction": {"parts": [{"text": "x"}]}, "generation_config": {"top_k": 5}},
    {**GEMINI, "model": "models/m", "unknown": 1, "store": False, "serviceTier": "flex"},
    {**GEMINI, **dict.fromkeys(["systemInstruction", "tools", "tool_config", "generationConfig"])},
    {
        "contents": [
            {"role": "user", "parts": [{"inlineData": {"mimeType": "image/png", "data": "AAAA"}}]},
            {"role": "user", "parts": [{"inline_data": {"mime_type": "image/png", "data": "AAAA"}}]},
            {"role": "user", "parts": [{"file_data": {"file_uri": "u"}, "videoMetadata": {"fps": 1}}]},
            {"role": "model", "parts": [{"text": "x", "thought": True, "thoughtSignature": "AA=="}]},
            {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {}, "id": "i"}}]},
            {"role": "function", "parts": [{"functionResponse": {"name": "f", "response": {"a": 1}}}]},
            {"role": "user", "parts": [{"function_response": {"name": "f", "response": {}}, "text": None}]},
        ]
    },
    {
        **GEMINI,
        "tools": [
            {"functionDeclarations": [{"name": "f", "parameters": {"type": "OBJECT", "properties": {}}}]},
            {"function_declarations": [{"name": "a.b:c-d", "parameters_json_schema": SCHEMA}]},
            {"functionDeclarations": [{"name": "f", "parametersJsonSchema": SCHEMA, "response": None}]},
            {"googleSearch": {}},
            {"code_execution": {}},
            {"urlContext": {}},
        ],
    },
    {
        **GEMINI,
        "tools": [
            {
                "function_declarations": [
                    {
                        "name": "f",
                        "parameters": {
                            "type": "object",
                            "properties": {
                                "a": {
                                    "type": "array",
                                    "items": {"any_of": [{"type": "string"}]},
                                    "min_items": "1",
                                },
                                "b": {"type": "integer", "minimum": 0, "maxLength": 5, "nullable": True},
                            },
                            "propertyOrdering": ["a"],
                            "additionalProperties": False,
                            "$defs": {},
                        },
                    }
                ]
            }
        ],
    },
    {**GEMINI, "tools": {"functionDeclarations": {"name": "f"}}},
    {**GEMINI, "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}}},
    {**GEMINI, "tool_config": {"function_calling_config": {"mode": "none"}}},
    {
        **GEMINI,
        "generationConfig": {
            "responseMimeType": "application/json",
            "responseSchema": {"type": "OBJECT"},
            "thinkingConfig": {"thinkingBudget": -1, "includeThoughts": True},
            "imageConfig": {"aspectRatio": "1:1"},
        },
    },
    {**GEMINI, "generationConfig": {"responseJsonSchema": SCHEMA, "response_modalities": ["TEXT"]}},
    {**GEMINI, "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}]},
]

_OTHERS: list[tuple[str, Any]] = [
    ("openai-responses-compact", {"model": "m"}),
    ("openai-responses-compact", {"model": "m", "input": None, "previous_response_id": "resp_1"}),
    ("openai-responses-compact", {"model": "m", "input": RESPONSES["input"], "service_tier": "flex"}),
    ("openai-responses-input-tokens", {}),
    ("openai-responses-input-tokens", RESPONSES),
    ("openai-completions", {"model": "m"}),
    ("openai-completions", {"model": "m", "prompt": ["a", "b"], "max_tokens": 0, "echo": True}),
    ("openai-completions", {"model": "m", "prompt": [[1, 2], [3]], "logprobs": 5}),
    ("openai-conversations", {}),
    ("openai-conversations", {"items": [{"role": "user", "content": "hi"}], "metadata": {"k": "v"}}),
    ("openai-conversations", {"items": [{"type": "function_call_output", "call_id": "c", "output": ""}]}),
    ("openai-embeddings", {"model": "m", "input": "x"}),
    ("openai-embeddings", {"model": "m", "input": [1, 2], "encoding_format": "base64"}),
    ("openai-embeddings", {"model": "m", "input": [[1], [2]], "dimensions": 5, "user": None}),
    ("anthropic-count-tokens", {"model": "m", "messages": HI}),
    ("anthropic-count-tokens", {**CLAUDE, "stream": True}),
    (
        "bedrock-invoke-anthropic",
        {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": HI},
    ),
    ("bedrock-invoke-anthropic", {**CLAUDE, "anthropic_version": "v", "anthropic_beta": ["b"]}),
    ("anthropic-vertex", {"anthropic_version": "v", "max_tokens": 9, "messages": HI, "stream": True}),
    ("anthropic-vertex", {**CLAUDE, "anthropic_version": "vertex-2023-10-16", "anthropic_beta": ["b"]}),
    ("google-count-tokens", GEMINI),
    ("google-count-tokens", {"generateContentRequest": {**GEMINI, "model": "models/m"}}),
    ("google-count-tokens", {"generate_content_request": GEMINI}),
    ("google-cached-content", {**GEMINI, "model": "models/m", "displayName": "d", "ttl": "5s"}),
    ("google-cached-content", {"expire_time": "2030-01-01T00:00:00Z"}),
    ("google-embed-content", {"content": {"parts": [{"text": "x"}]}, "taskType": "RETRIEVAL_QUERY"}),
    ("google-batch-embed-contents", {"requests": [{"model": "m", "content": {"parts": {"text": "x"}}}]}),
]

#: every accepted body: contract, body
GOOD: list[tuple[str, Any]] = [
    *(("openai-chat", body) for body in _CHAT),
    *(("openai-responses", body) for body in _RESPONSES),
    ("openai-responses", {"model": "m", "input": [{"type": "image_generation_call", "id": "ig_1"}]}),
    (
        "openai-responses",
        {"model": "m", "input": [{"type": "code_interpreter_call", "code": "1", "container_id": "c"}]},
    ),
    *(("anthropic-messages", body) for body in _CLAUDE),
    *(("bedrock-converse", body) for body in _BEDROCK),
    *(("google-genai", body) for body in _GEMINI),
    *_OTHERS,
]


def _chat(reply: Any) -> Any:
    return {**CHAT, "messages": [*HI, *(choice["message"] for choice in reply["choices"])]}


def _responses(reply: Any) -> Any:
    return {**RESPONSES, "input": [*HI, *reply["output"]]}


def _claude(reply: Any) -> Any:
    return {**CLAUDE, "messages": [*HI, {"role": reply["role"], "content": reply["content"]}]}


def _bedrock(reply: Any) -> Any:
    return {"messages": [*BEDROCK["messages"], reply["output"]["message"]]}


def _gemini(reply: Any) -> Any:
    return {"contents": [*GEMINI["contents"], *(candidate["content"] for candidate in reply["candidates"])]}


#: a protocol's whole reply -> the request that sends it back as history
REPLIES = {
    "openai-chat": _chat,
    "openai-responses": _responses,
    "anthropic-messages": _claude,
    "bedrock-converse": _bedrock,
    "google-genai": _gemini,
}
