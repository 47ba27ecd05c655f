"""Bodies that a contract refuses: (contract, body, place, kind)."""

from __future__ import annotations

from typing import Any

__all__ = ["BAD"]

HI = [{"role": "user", "content": "hi"}]
SCHEMA = {"type": "object"}
CHAT = {"model": "m", "messages": HI}
RESPONSES = {"model": "m", "input": "hi"}
CLAUDE = {"model": "m", "max_tokens": 9, "messages": HI}
BEDROCK = {"messages": [{"role": "user", "content": [{"text": "hi"}]}]}
GEMINI = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}


def _said(*parts: Any, role: str = "user") -> list[Any]:
    return [{"role": role, "content": list(parts)}]


def _chat(**keys: Any) -> Any:
    return {**CHAT, **keys}


def _asked(**keys: Any) -> Any:
    return {**RESPONSES, **keys}


def _claude(**keys: Any) -> Any:
    return {**CLAUDE, **keys}


def _bedrock(**keys: Any) -> Any:
    return {**BEDROCK, **keys}


def _content(*blocks: Any) -> Any:
    return {"messages": _said(*blocks)}


def _gemini(**keys: Any) -> Any:
    return {**GEMINI, **keys}


def _parts(*parts: Any) -> Any:
    return {"contents": [{"parts": list(parts)}]}


_CHAT: list[tuple[Any, str, str]] = [
    (None, "", "type"),
    ([], "", "type"),
    ("hi", "", "type"),
    (7, "", "type"),
    ({}, "model", "missing"),
    ({"model": "m"}, "messages", "missing"),
    ({"messages": HI}, "model", "missing"),
    (_chat(model=None), "model", "type"),
    (_chat(model=5), "model", "type"),
    (_chat(messages=None), "messages", "type"),
    (_chat(messages="hi"), "messages", "type"),
    (_chat(messages={}), "messages", "type"),
    (_chat(messages=[]), "messages", "length"),
    (_chat(messages=["hi"]), "messages[0]", "type"),
    (_chat(messages=[None]), "messages[0]", "type"),
    (_chat(messages=[{}]), "messages[0].role", "missing"),
    (_chat(messages=[*HI, {"content": "x"}]), "messages[1].role", "missing"),
    (_chat(messages=[{"role": "bot", "content": "x"}]), "messages[0].role", "value"),
    (_chat(messages=[{"role": 5, "content": "x"}]), "messages[0].role", "type"),
    (_chat(messages=[{"role": "developer"}]), "messages[0].content", "missing"),
    (_chat(messages=[{"role": "user", "content": 5}]), "messages[0].content", "type"),
    (_chat(messages=[{"role": "developer", "content": None}]), "messages[0].content", "type"),
    (_chat(messages=[{"role": "user", "content": {"text": "x"}}]), "messages[0].content", "type"),
    (_chat(messages=_said({"type": "text"})), "messages[0].content[0].text", "missing"),
    (_chat(messages=_said({"type": "text", "text": 5})), "messages[0].content[0].text", "type"),
    (_chat(messages=_said({"text": "x"})), "messages[0].content[0].type", "missing"),
    (_chat(messages=_said({"type": "picture"})), "messages[0].content[0].type", "value"),
    (_chat(messages=_said("x")), "messages[0].content[0]", "type"),
    (
        _chat(messages=_said({"type": "image_url", "image_url": "http://x"})),
        "messages[0].content[0].image_url",
        "type",
    ),
    (
        _chat(messages=_said({"type": "image_url", "image_url": {}})),
        "messages[0].content[0].image_url.url",
        "missing",
    ),
    (_chat(messages=_said({"type": "image_url"}, role="system")), "messages[0].content[0].type", "value"),
    (_chat(messages=[{"role": "tool", "content": "x"}]), "messages[0].tool_call_id", "missing"),
    (_chat(messages=[{"role": "assistant", "tool_calls": []}]), "messages[0].tool_calls", "length"),
    (_chat(messages=[{"role": "assistant", "tool_calls": {}}]), "messages[0].tool_calls", "type"),
    (
        _chat(messages=[{"role": "assistant", "tool_calls": [{"type": "function", "id": "c"}]}]),
        "messages[0].tool_calls[0].function",
        "missing",
    ),
    (
        _chat(
            messages=[
                {
                    "role": "assistant",
                    "tool_calls": [
                        {"type": "function", "id": "c", "function": {"name": "f", "arguments": {"a": 1}}}
                    ],
                }
            ]
        ),
        "messages[0].tool_calls[0].function.arguments",
        "type",
    ),
    (_chat(messages=[{"role": "user", "content": "x", "name": "a b"}]), "messages[0].name", "pattern"),
    (_chat(stream="yes"), "stream", "type"),
    (_chat(stream=1), "stream", "type"),
    (_chat(temperature="hot"), "temperature", "type"),
    (_chat(temperature=2.1), "temperature", "range"),
    (_chat(temperature=-1), "temperature", "range"),
    (_chat(temperature=True), "temperature", "type"),
    (_chat(top_p=1.5), "top_p", "range"),
    (_chat(n=0), "n", "range"),
    (_chat(n=1.5), "n", "type"),
    (_chat(top_logprobs=-1), "top_logprobs", "range"),
    (_chat(service_tier="bogus"), "service_tier", "value"),
    (_chat(max_tokens=0), "max_tokens", "range"),
    (_chat(max_completion_tokens=-5), "max_completion_tokens", "range"),
    (_chat(max_tokens="10"), "max_tokens", "type"),
    (_chat(logit_bias={"50256": 101}), "logit_bias.50256", "range"),
    (_chat(logit_bias=[]), "logit_bias", "type"),
    (_chat(stop=5), "stop", "type"),
    (_chat(stop=list("abcde")), "stop", "length"),
    (_chat(stop=["a", 5]), "stop[1]", "type"),
    (_chat(metadata={"a": 1}), "metadata.a", "type"),
    (_chat(tools={}), "tools", "type"),
    (_chat(tools=[{}]), "tools[0].type", "missing"),
    (_chat(tools=[{"type": "function"}]), "tools[0].function", "missing"),
    (_chat(tools=[{"type": "function", "function": {}}]), "tools[0].function.name", "missing"),
    (_chat(tools=[{"type": "function", "function": {"name": ""}}]), "tools[0].function.name", "length"),
    (_chat(tools=[{"type": "function", "function": {"name": "a b"}}]), "tools[0].function.name", "pattern"),
    (
        _chat(tools=[{"type": "function", "function": {"name": "f", "parameters": "x"}}]),
        "tools[0].function.parameters",
        "type",
    ),
    (_chat(tools=[{"type": "web_search"}]), "tools[0].type", "value"),
    (_chat(tool_choice="sometimes"), "tool_choice", "value"),
    (_chat(tool_choice=5), "tool_choice", "type"),
    (_chat(tool_choice={"type": "function"}), "tool_choice.function", "missing"),
    (_chat(tool_choice={"type": "function", "function": {}}), "tool_choice.function.name", "missing"),
    (_chat(tool_choice={"type": "tool"}), "tool_choice.type", "value"),
    (_chat(response_format="json"), "response_format", "type"),
    (_chat(response_format={"type": "xml"}), "response_format.type", "value"),
    (_chat(response_format={"type": "json_schema"}), "response_format.json_schema", "missing"),
    (
        _chat(response_format={"type": "json_schema", "json_schema": {"schema": {}}}),
        "response_format.json_schema.name",
        "missing",
    ),
    (_chat(stream_options={"include_usage": "yes"}), "stream_options.include_usage", "type"),
    (_chat(stream_options=[]), "stream_options", "type"),
    (_chat(reasoning_effort="huge"), "reasoning_effort", "value"),
]

_RESPONSES: list[tuple[Any, str, str]] = [
    ([], "", "type"),
    ({}, "model", "missing"),
    ({"input": "hi"}, "model", "missing"),
    ({"model": "m"}, "input", "missing"),
    ({"model": "m", "previous_response_id": "resp_1"}, "input", "missing"),
    (_asked(input=None), "input", "type"),
    (_asked(messages=[]), "messages", "type"),
    (_asked(service_tier="tomorrow"), "service_tier", "value"),
    (_asked(input=5), "input", "type"),
    (_asked(input={}), "input", "type"),
    (_asked(input=["hi"]), "input[0]", "type"),
    (_asked(input=[{}]), "input[0].role", "missing"),
    (_asked(input=[{"content": "x"}]), "input[0].role", "missing"),
    (_asked(input=[{"role": "tool", "content": "x"}]), "input[0].role", "value"),
    (_asked(input=[{"role": "user"}]), "input[0].content", "missing"),
    (_asked(input=[{"role": "user", "content": 5}]), "input[0].content", "type"),
    (_asked(input=[{"type": "thing"}]), "input[0].type", "value"),
    (_asked(input=_said({"type": "text", "text": "x"})), "input[0].content[0].type", "value"),
    (_asked(input=_said({"type": "input_text"})), "input[0].content[0].text", "missing"),
    (
        _asked(input=_said({"type": "input_text", "text": "x"}, role="assistant")),
        "input[0].content[0].type",
        "value",
    ),
    (_asked(input=[{"type": "function_call", "call_id": "c", "arguments": ""}]), "input[0].name", "missing"),
    (_asked(input=[{"type": "function_call_output", "call_id": "c"}]), "input[0].output", "missing"),
    (
        _asked(input=[{"type": "function_call_output", "call_id": "c", "output": 5}]),
        "input[0].output",
        "type",
    ),
    (_asked(input=[{"type": "reasoning", "id": "rs"}]), "input[0].summary", "missing"),
    (_asked(stream="yes"), "stream", "type"),
    (_asked(temperature=-1), "temperature", "range"),
    (_asked(top_logprobs=21), "top_logprobs", "range"),
    (_asked(max_output_tokens=0), "max_output_tokens", "range"),
    (_asked(max_output_tokens="many"), "max_output_tokens", "type"),
    (_asked(instructions=5), "instructions", "type"),
    (_asked(tools={}), "tools", "type"),
    (_asked(tools=[{}]), "tools[0].type", "missing"),
    (_asked(tools=[{"type": "tool"}]), "tools[0].type", "value"),
    (_asked(tools=[{"type": "function"}]), "tools[0].name", "missing"),
    (_asked(tools=[{"type": "function", "name": ""}]), "tools[0].name", "length"),
    (_asked(tools=[{"type": "function", "function": {"name": "f"}}]), "tools[0].name", "missing"),
    (_asked(tools=[{"type": "function", "name": "f", "parameters": []}]), "tools[0].parameters", "type"),
    (_asked(tool_choice="f"), "tool_choice", "value"),
    (_asked(tool_choice={"type": "function"}), "tool_choice.name", "missing"),
    (_asked(text={"format": {"type": "json_schema", "name": "n"}}), "text.format.schema", "missing"),
    (_asked(text={"format": {"type": "xml"}}), "text.format.type", "value"),
    (_asked(reasoning={"effort": "huge"}), "reasoning.effort", "value"),
    (_asked(reasoning="high"), "reasoning", "type"),
    (_asked(include="all"), "include", "type"),
    (_asked(metadata={"a": {}}), "metadata.a", "type"),
    (_asked(truncation="yes"), "truncation", "value"),
    (_asked(conversation=5), "conversation", "type"),
]

_CLAUDE: list[tuple[Any, str, str]] = [
    ([], "", "type"),
    ({}, "model", "missing"),
    ({"model": "m", "messages": HI}, "max_tokens", "missing"),
    ({"model": "m", "max_tokens": 9}, "messages", "missing"),
    ({"max_tokens": 9, "messages": HI}, "model", "missing"),
    (_claude(max_tokens=-1), "max_tokens", "range"),
    (_claude(max_tokens=None), "max_tokens", "type"),
    (_claude(max_tokens="9"), "max_tokens", "type"),
    (_claude(max_tokens=9.5), "max_tokens", "type"),
    (_claude(messages=[]), "messages", "length"),
    (_claude(messages="hi"), "messages", "type"),
    (_claude(messages=[5]), "messages[0]", "type"),
    (_claude(messages=[{"role": "tool", "content": "x"}]), "messages[0].role", "value"),
    (_claude(messages=[{"content": "x"}]), "messages[0].role", "missing"),
    (_claude(messages=[{"role": "user"}]), "messages[0].content", "missing"),
    (_claude(messages=[{"role": "user", "content": 5}]), "messages[0].content", "type"),
    (_claude(messages=_said("x")), "messages[0].content[0]", "type"),
    (_claude(messages=_said({"text": "x"})), "messages[0].content[0].type", "missing"),
    (_claude(messages=_said({"type": "input_text", "text": "x"})), "messages[0].content[0].type", "value"),
    (_claude(messages=_said({"type": "text", "text": None})), "messages[0].content[0].text", "type"),
    (_claude(messages=_said({"type": "tool_result"})), "messages[0].content[0].tool_use_id", "missing"),
    (
        _claude(
            messages=_said({"type": "tool_use", "id": "a", "name": "f", "input": "{}"}, role="assistant")
        ),
        "messages[0].content[0].input",
        "type",
    ),
    (
        _claude(
            messages=_said({"type": "tool_use", "id": "a:b", "name": "f", "input": {}}, role="assistant")
        ),
        "messages[0].content[0].id",
        "pattern",
    ),
    (
        _claude(messages=_said({"type": "image", "source": {"type": "base64", "data": "AA=="}})),
        "messages[0].content[0].source.media_type",
        "missing",
    ),
    (
        _claude(messages=_said({"type": "thinking", "thinking": "x"}, role="assistant")),
        "messages[0].content[0].signature",
        "missing",
    ),
    (_claude(system=5), "system", "type"),
    (_claude(system=["x"]), "system[0]", "type"),
    (_claude(stream="yes"), "stream", "type"),
    (_claude(temperature=1.5), "temperature", "range"),
    (_claude(temperature=None), "temperature", "type"),
    (_claude(top_p=-0.1), "top_p", "range"),
    (_claude(top_k=1.5), "top_k", "type"),
    (_claude(stop_sequences="x"), "stop_sequences", "type"),
    (_claude(tools={}), "tools", "type"),
    (_claude(tools=[{}]), "tools[0].name", "missing"),
    (_claude(tools=[{"name": "", "input_schema": SCHEMA}]), "tools[0].name", "length"),
    *(
        (_claude(**{key: None}), key, "type")
        for key in ("system", "tools", "tool_choice", "thinking", "output_config")
    ),
    *(
        (_claude(**{key: None}), key, "type")
        for key in ("stream", "service_tier", "temperature", "top_p", "top_k")
    ),
    (_claude(service_tier="tomorrow"), "service_tier", "value"),
    (_claude(messages=[*HI, {"role": "system"}]), "messages[1].content", "missing"),
    (_claude(tools=[{"name": "f"}]), "tools[0].input_schema", "missing"),
    (_claude(tools=[{"name": "f", "input_schema": {}}]), "tools[0].input_schema.type", "missing"),
    (
        _claude(tools=[{"name": "f", "input_schema": {"type": "string"}}]),
        "tools[0].input_schema.type",
        "value",
    ),
    (_claude(tools=[{"type": "web_search_1999", "name": "web_search"}]), "tools[0].type", "value"),
    (_claude(tool_choice="auto"), "tool_choice", "type"),
    (_claude(tool_choice={}), "tool_choice.type", "missing"),
    (_claude(tool_choice={"type": "required"}), "tool_choice.type", "value"),
    (_claude(tool_choice={"type": "tool"}), "tool_choice.name", "missing"),
    (_claude(thinking={"type": "enabled"}), "thinking.budget_tokens", "missing"),
    (_claude(thinking={"type": "enabled", "budget_tokens": 10}), "thinking.budget_tokens", "range"),
    (_claude(thinking=True), "thinking", "type"),
    (_claude(output_config={"effort": "huge"}), "output_config.effort", "value"),
    (_claude(output_config={"format": {"type": "json_schema"}}), "output_config.format.schema", "missing"),
    (_claude(metadata={"user_id": 5}), "metadata.user_id", "type"),
]

_BEDROCK: list[tuple[Any, str, str]] = [
    ([], "", "type"),
    ({}, "messages", "missing"),
    (_bedrock(messages=[]), "messages", "length"),
    (_bedrock(messages={}), "messages", "type"),
    (_bedrock(messages=[{"role": "user", "content": "hi"}]), "messages[0].content", "type"),
    (_bedrock(messages=[{"role": "user", "content": []}]), "messages[0].content", "length"),
    (_bedrock(messages=[{"role": "tool", "content": [{"text": "x"}]}]), "messages[0].role", "value"),
    (_bedrock(messages=[{"content": [{"text": "x"}]}]), "messages[0].role", "missing"),
    (_content({}), "messages[0].content[0]", "union"),
    (_content({"text": None}), "messages[0].content[0]", "union"),
    (_content({"type": "text"}), "messages[0].content[0]", "union"),
    (_content({"text": "x", "cachePoint": {"type": "default"}}), "messages[0].content[0]", "union"),
    (_content({"text": 5}), "messages[0].content[0].text", "type"),
    (
        _content({"image": {"format": "bmp", "source": {"bytes": ""}}}),
        "messages[0].content[0].image.format",
        "value",
    ),
    (_content({"image": {"format": "png", "source": {}}}), "messages[0].content[0].image.source", "union"),
    (
        _content({"toolUse": {"name": "f", "input": {}}}),
        "messages[0].content[0].toolUse.toolUseId",
        "missing",
    ),
    (
        _content({"toolUse": {"toolUseId": "", "name": "f", "input": {}}}),
        "messages[0].content[0].toolUse.toolUseId",
        "length",
    ),
    (
        _content({"toolResult": {"toolUseId": "t", "content": [{"text": "a", "json": {}}]}}),
        "messages[0].content[0].toolResult.content[0]",
        "union",
    ),
    (_bedrock(system="x"), "system", "type"),
    (_bedrock(system=[{"text": ""}]), "system[0].text", "length"),
    (_bedrock(inferenceConfig={"maxTokens": 0}), "inferenceConfig.maxTokens", "range"),
    (_bedrock(inferenceConfig={"temperature": 1.5}), "inferenceConfig.temperature", "range"),
    (_bedrock(inferenceConfig={"maxTokens": "9"}), "inferenceConfig.maxTokens", "type"),
    (_bedrock(inferenceConfig=[]), "inferenceConfig", "type"),
    (_bedrock(toolConfig={}), "toolConfig.tools", "missing"),
    (_bedrock(toolConfig={"tools": []}), "toolConfig.tools", "length"),
    (_bedrock(toolConfig={"tools": {}}), "toolConfig.tools", "type"),
    (_bedrock(toolConfig={"tools": [{}]}), "toolConfig.tools[0]", "union"),
    (
        _bedrock(toolConfig={"tools": [{"toolSpec": {"inputSchema": {"json": {}}}}]}),
        "toolConfig.tools[0].toolSpec.name",
        "missing",
    ),
    (
        _bedrock(toolConfig={"tools": [{"toolSpec": {"name": "f", "inputSchema": {}}}]}),
        "toolConfig.tools[0].toolSpec.inputSchema",
        "union",
    ),
    (
        _bedrock(
            toolConfig={
                "tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": {}}}}],
                "toolChoice": {"auto": {}, "any": {}},
            }
        ),
        "toolConfig.toolChoice",
        "union",
    ),
    (_bedrock(additionalModelRequestFields=[]), "additionalModelRequestFields", "type"),
    (
        _bedrock(
            outputConfig={"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": {}}}}}
        ),
        "outputConfig.textFormat.structure.jsonSchema.schema",
        "type",
    ),
]

_GEMINI: list[tuple[Any, str, str]] = [
    ([], "", "type"),
    ({}, "contents", "missing"),
    (_gemini(contents=None), "contents", "type"),
    (_gemini(contents=[]), "contents", "length"),
    (_gemini(contents="hi"), "contents", "type"),
    (_gemini(contents={}), "contents.parts", "missing"),
    (_gemini(contents=["hi"]), "contents[0]", "type"),
    (_gemini(contents=[{"role": "user"}]), "contents[0].parts", "missing"),
    (_gemini(contents=[{"parts": []}]), "contents[0].parts", "length"),
    (_gemini(contents=[{"parts": "hi"}]), "contents[0].parts", "type"),
    (_gemini(contents=[{"role": "assistant", "parts": [{"text": "x"}]}]), "contents[0].role", "value"),
    (_parts({}), "contents[0].parts[0]", "union"),
    (_parts({"thought": True}), "contents[0].parts[0]", "union"),
    (_parts({"text": "x", "functionCall": {"name": "f"}}), "contents[0].parts[0]", "union"),
    (
        _parts({"functionCall": {"name": "f"}, "function_call": {"name": "f"}}),
        "contents[0].parts[0]",
        "union",
    ),
    (_parts({"text": 5}), "contents[0].parts[0].text", "type"),
    (_parts({"functionCall": {"name": ""}}), "contents[0].parts[0].functionCall.name", "length"),
    (
        _parts({"function_call": {"name": "f", "args": "x"}}),
        "contents[0].parts[0].function_call.args",
        "type",
    ),
    (
        _parts({"functionResponse": {"name": "f", "response": "x"}}),
        "contents[0].parts[0].functionResponse.response",
        "type",
    ),
    (_parts({"inlineData": "x"}), "contents[0].parts[0].inlineData", "type"),
    (_gemini(systemInstruction="x"), "systemInstruction", "type"),
    (_gemini(system_instruction={"parts": [{"text": 5}]}), "system_instruction.parts[0].text", "type"),
    (_gemini(tools="f"), "tools", "type"),
    (_gemini(tools={}), "tools", "union"),
    (_gemini(tools={"name": "f"}), "tools", "union"),
    (_gemini(tools=[{}]), "tools[0]", "union"),
    (_gemini(tools=[{"functionDeclarations": {}}]), "tools[0].functionDeclarations.name", "missing"),
    (_gemini(tools=[{"functionDeclarations": [{}]}]), "tools[0].functionDeclarations[0].name", "missing"),
    (
        _gemini(tools=[{"function_declarations": [{"name": ""}]}]),
        "tools[0].function_declarations[0].name",
        "pattern",
    ),
    (
        _gemini(tools=[{"functionDeclarations": [{"name": "f", "parameters": {"type": "TEXT"}}]}]),
        "tools[0].functionDeclarations[0].parameters.type",
        "value",
    ),
    (
        _gemini(
            tools=[
                {"functionDeclarations": [{"name": "f", "parameters": {"properties": {"a": {"items": [1]}}}}]}
            ]
        ),
        "tools[0].functionDeclarations[0].parameters.properties.a.items",
        "type",
    ),
    (
        _gemini(toolConfig={"functionCallingConfig": {"mode": "SOMETIMES"}}),
        "toolConfig.functionCallingConfig.mode",
        "value",
    ),
    (
        _gemini(tool_config={"function_calling_config": {"allowed_function_names": "f"}}),
        "tool_config.function_calling_config.allowed_function_names",
        "type",
    ),
    (_gemini(generationConfig={"temperature": "hot"}), "generationConfig.temperature", "type"),
    (_gemini(generationConfig={"topK": 0}), "generationConfig.topK", "range"),
    (_gemini(generationConfig={"maxOutputTokens": "many"}), "generationConfig.maxOutputTokens", "type"),
    (_gemini(generationConfig=[]), "generationConfig", "type"),
    (_gemini(generation_config={"response_schema": "x"}), "generation_config.response_schema", "type"),
    (
        _gemini(generationConfig={"thinkingConfig": {"thinkingLevel": "x"}}),
        "generationConfig.thinkingConfig.thinkingLevel",
        "value",
    ),
    (_gemini(generationConfig={"stopSequences": "x"}), "generationConfig.stopSequences", "type"),
    (_gemini(safetySettings=[{"category": "RUDE"}]), "safetySettings[0].category", "value"),
    (_gemini(cachedContent=5), "cachedContent", "type"),
]

_OTHERS: list[tuple[str, Any, str, str]] = [
    ("openai-responses-compact", {"input": "hi"}, "model", "missing"),
    ("openai-responses-compact", {"model": None}, "model", "type"),
    (
        "openai-responses-compact",
        {"model": "m", "input": [{"role": "x", "content": "a"}]},
        "input[0].role",
        "value",
    ),
    ("openai-responses-input-tokens", {"input": 5}, "input", "type"),
    ("openai-responses-input-tokens", {"input": [{"role": "x", "content": "a"}]}, "input[0].role", "value"),
    ("openai-responses-input-tokens", {"tools": [{"type": "function"}]}, "tools[0].name", "missing"),
    ("openai-completions", {"prompt": "x"}, "model", "missing"),
    ("openai-completions", {"model": "m", "prompt": 5}, "prompt", "type"),
    ("openai-completions", {"model": "m", "prompt": "x", "logprobs": 6}, "logprobs", "range"),
    ("openai-completions", {"model": "m", "stream": "x"}, "stream", "type"),
    ("openai-conversations", {"items": "hi"}, "items", "type"),
    ("openai-conversations", {"items": [{"role": "cat", "content": "hi"}]}, "items[0].role", "value"),
    ("openai-conversations", {"items": [{"role": "user", "content": ""}] * 21}, "items", "length"),
    ("openai-conversations", {"metadata": {"k": 1}}, "metadata.k", "type"),
    ("openai-embeddings", {"model": "m"}, "input", "missing"),
    ("openai-embeddings", {"input": "x"}, "model", "missing"),
    ("openai-embeddings", {"model": "m", "input": ""}, "input", "length"),
    ("openai-embeddings", {"model": "m", "input": []}, "input", "length"),
    ("openai-embeddings", {"model": "m", "input": ["a", 5]}, "input[1]", "type"),
    ("openai-embeddings", {"model": "m", "input": "a", "dimensions": 0}, "dimensions", "range"),
    ("openai-embeddings", {"model": "m", "input": "a", "encoding_format": "hex"}, "encoding_format", "value"),
    ("anthropic-count-tokens", {"messages": HI}, "model", "missing"),
    ("anthropic-count-tokens", {"model": "m"}, "messages", "missing"),
    ("openai-chat", {"model": "", "messages": HI}, "model", "length"),
    ("anthropic-messages", {"model": "", "max_tokens": 9, "messages": HI}, "model", "length"),
    *(
        (
            "bedrock-converse",
            {
                "messages": [
                    {"role": "user", "content": [{"image": {"format": "png", "source": {"bytes": blob}}}]}
                ]
            },
            "messages[0].content[0].image.source.bytes",
            kind,
        )
        for blob, kind in (("@@@@", "pattern"), ("aGk", "pattern"), ("", "length"))
    ),
    ("anthropic-count-tokens", {"model": "m", "messages": []}, "messages", "length"),
    (
        "anthropic-count-tokens",
        {"model": "m", "messages": HI, "tools": [{"name": "f"}]},
        "tools[0].input_schema",
        "missing",
    ),
    ("bedrock-invoke-anthropic", {"max_tokens": 9, "messages": HI}, "anthropic_version", "missing"),
    ("bedrock-invoke-anthropic", {"anthropic_version": "v", "messages": HI}, "max_tokens", "missing"),
    (
        "bedrock-invoke-anthropic",
        {"anthropic_version": 5, "max_tokens": 9, "messages": HI},
        "anthropic_version",
        "type",
    ),
    ("anthropic-vertex", {"max_tokens": 9, "messages": HI}, "anthropic_version", "missing"),
    (
        "anthropic-vertex",
        {"anthropic_version": "v", "max_tokens": 9, "messages": HI, "stream": "yes"},
        "stream",
        "type",
    ),
    ("google-count-tokens", {}, "contents", "missing"),
    ("google-count-tokens", {"contents": []}, "contents", "length"),
    ("google-count-tokens", {"generateContentRequest": {}}, "generateContentRequest.contents", "missing"),
    ("google-count-tokens", {"contents": [{"parts": [{"text": 5}]}]}, "contents[0].parts[0].text", "type"),
    ("google-cached-content", {"ttl": 5}, "ttl", "type"),
    ("google-cached-content", {"contents": [{"parts": []}]}, "contents[0].parts", "length"),
    ("google-cached-content", {"tools": [{}]}, "tools[0]", "union"),
    ("google-embed-content", {}, "content", "missing"),
    ("google-embed-content", {"content": "x"}, "content", "type"),
    (
        "google-embed-content",
        {"content": {"parts": [{"text": "x"}]}, "outputDimensionality": 0},
        "outputDimensionality",
        "range",
    ),
    ("google-batch-embed-contents", {}, "requests", "missing"),
    ("google-batch-embed-contents", {"requests": []}, "requests", "length"),
    ("google-batch-embed-contents", {"requests": [{}]}, "requests[0].content", "missing"),
]

#: every refused body: contract, body, place, kind
BAD: list[tuple[str, Any, str, str]] = [
    *(("openai-chat", *case) for case in _CHAT),
    *(("openai-responses", *case) for case in _RESPONSES),
    *(("anthropic-messages", *case) for case in _CLAUDE),
    *(("bedrock-converse", *case) for case in _BEDROCK),
    *(("google-genai", *case) for case in _GEMINI),
    *_OTHERS,
]
