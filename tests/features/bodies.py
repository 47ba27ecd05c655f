"""Longer requests, the same in each API's own words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from features.asks import AZURE_RESPONSES, CONVERSE, GEMINI, HELLO, RESPONSES, SCHEMA, Ask, hello, tools

if TYPE_CHECKING:
    from collections.abc import Callable

THINKING = {"type": "enabled", "budget_tokens": 1024}


def thinking(column: str, text: str = HELLO, **more: Any) -> Ask:
    """Ask for reasoning that is shown."""
    match column:
        case "openai-chat":
            return Ask(
                column=column, model="gpt-5-nano", body=hello(column, text, reasoning_effort="medium", **more)
            )
        case "openai-responses" | "azure-responses":
            return Ask(
                column=column,
                model="gpt-5.5",
                body=hello(column, text, reasoning={"summary": "auto"}, **more),
            )
        case "bedrock-converse":
            fields = {"thinking": THINKING}
            return Ask(column=column, body=hello(column, text, additionalModelRequestFields=fields, **more))
        case "google-genai":
            config = {"thinkingConfig": {"includeThoughts": True}}
            return Ask(column=column, body=hello(column, text, generationConfig=config, **more))
        case _:
            return Ask(column=column, body=hello(column, text, thinking=THINKING, **more))


def limited(column: str, limit: int = 2) -> dict[str, Any]:
    match column:
        case "openai-responses" | "azure-responses":
            return hello(column, HELLO + " word" * 40, max_output_tokens=16)
        case "bedrock-converse":
            return hello(column, inferenceConfig={"maxTokens": limit})
        case "google-genai":
            return hello(column, generationConfig={"maxOutputTokens": limit})
        case "openai-chat" | "azure-openai":
            return hello(column, max_completion_tokens=limit)
        case _:
            return hello(column) | {"max_tokens": limit}


def stop(column: str) -> dict[str, Any]:
    match column:
        case "bedrock-converse":
            return hello(column, inferenceConfig={"stopSequences": ["all"]})
        case "google-genai":
            return hello(column, generationConfig={"stopSequences": ["all"]})
        case "openai-chat" | "azure-openai" | "openai-completions":
            return hello(column, stop=["all"])
        case _:
            return hello(column, stop_sequences=["all"])


def prompted(column: str) -> dict[str, Any]:
    """Return a body that asks for any JSON, and tells in its prompt for which."""
    prompt = f"Answer with a JSON object that matches this schema:\n\n{json.dumps(SCHEMA)}"
    match column:
        case "openai-responses" | "azure-responses":
            return hello(column, prompt, text={"format": {"type": "json_object"}})
        case "google-genai":
            return hello(column, prompt, generationConfig={"responseMimeType": "application/json"})
        case _:
            return hello(column, prompt, response_format={"type": "json_object"})


def answered(column: str) -> dict[str, Any]:
    """Return a conversation that ends with a tool's result, so that the answer is text."""
    arguments = {"city": "Bern", "days": 2}
    given = tools(column)
    match column:
        case "openai-chat" | "azure-openai":
            call = {
                "id": "call_1",
                "type": "function",
                "function": {"name": "weather", "arguments": json.dumps(arguments)},
            }
            more: list[Any] = [
                {"role": "assistant", "content": None, "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "call_1", "content": "Rain."},
            ]
            return {"messages": [*hello(column)["messages"], *more]} | given
        case "openai-responses" | "azure-responses":
            call = {
                "type": "function_call",
                "call_id": "call_1",
                "name": "weather",
                "arguments": json.dumps(arguments),
            }
            result = {"type": "function_call_output", "call_id": "call_1", "output": "Rain."}
            return {"input": [{"role": "user", "content": HELLO}, call, result]} | given
        case "bedrock-converse":
            more = [
                {
                    "role": "assistant",
                    "content": [{"toolUse": {"toolUseId": "t1", "name": "weather", "input": arguments}}],
                },
                {
                    "role": "user",
                    "content": [{"toolResult": {"toolUseId": "t1", "content": [{"text": "Rain."}]}}],
                },
            ]
            return {"messages": [*hello(column)["messages"], *more]} | given
        case "google-genai":
            more = [
                {"role": "model", "parts": [{"functionCall": {"name": "weather", "args": arguments}}]},
                {
                    "role": "user",
                    "parts": [{"functionResponse": {"name": "weather", "response": {"result": "Rain."}}}],
                },
            ]
            return {"contents": [*hello(column)["contents"], *more]} | given
        case _:
            more = [
                {
                    "role": "assistant",
                    "content": [{"type": "tool_use", "id": "toolu_1", "name": "weather", "input": arguments}],
                },
                {
                    "role": "user",
                    "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "Rain."}],
                },
            ]
            body = hello(column)
            return body | {"messages": [*body["messages"], *more]} | given


def marked(column: str) -> Ask:
    """Ask with a prompt that is to be cached."""
    system = "You are a helpful assistant. " * 8
    if column == CONVERSE:
        return Ask(
            column=column, body=hello(column, system=[{"text": system}, {"cachePoint": {"type": "default"}}])
        )
    block = {"type": "text", "text": system, "cache_control": {"type": "ephemeral"}}
    return Ask(column=column, body=hello(column, system=[block]))


def lengthy(column: str) -> Ask:
    """Ask with a prompt that OpenAI caches by itself."""
    model = "gpt-5.5" if column == AZURE_RESPONSES else "gpt-5.6"
    system = "You are a helpful assistant. " * 150
    if column in (RESPONSES, AZURE_RESPONSES):
        return Ask(column=column, model=model, body=hello(column, instructions=system))
    messages = [{"role": "system", "content": system}, *hello(column)["messages"]]
    return Ask(column=column, model=model, body=hello(column) | {"messages": messages})


def twice(column: str) -> dict[str, Any]:
    if column == GEMINI:
        return hello(column, generationConfig={"candidateCount": 2})
    return hello(column, n=2)


def named(word: str, *columns: str) -> Callable[[str], Ask]:
    return lambda column: Ask(column=column, body=hello(column), model=f"mock-finish-{word}")
