"""How each API is asked: paths, the smallest body, tools, media and schemas in its own words."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from mockllm_core.exchange import HttpRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

CHAT, RESPONSES, MESSAGES = "openai-chat", "openai-responses", "anthropic-messages"
CONVERSE, GEMINI = "bedrock-converse", "google-genai"
AZURE, AZURE_RESPONSES, COMPLETIONS = "azure-openai", "azure-responses", "openai-completions"
VERTEX, INVOKE = "anthropic-vertex", "bedrock-invoke"

PROTOCOLS = (CHAT, RESPONSES, MESSAGES, CONVERSE, GEMINI)
HOSTS = (AZURE, AZURE_RESPONSES, COMPLETIONS, VERTEX, INVOKE)

MODELS = {
    CHAT: "gpt-4o",
    RESPONSES: "gpt-4o",
    MESSAGES: "claude-sonnet-4-5",
    CONVERSE: "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    GEMINI: "gemini-2.5-flash",
    AZURE: "my-deployment",
    AZURE_RESPONSES: "my-deployment",
    COMPLETIONS: "gpt-3.5-turbo-instruct",
    VERTEX: "claude-sonnet-4-5@20250929",
    INVOKE: "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
}

HELLO = "Say hello to all of them."
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1, "maximum": 7}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
_PLACE = "/v1/projects/p/locations/global/publishers/anthropic/models"
PAPER = base64.b64encode(b"%PDF-1.4\n" + bytes(40)).decode()
PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(40)).decode()


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One request, streamed or not as the test wants.

    Attributes:
        column: the API, a name of PROTOCOLS or HOSTS.
        body: what is sent, without the choice to stream.
        model: in the body or the path, as the API has it.
        headers: sent beside the body, names in lower case.
        path: instead of the usual one, ``{stream}`` standing for what streams there.
    """

    column: str
    body: dict[str, Any]
    model: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    path: str = ""

    def request(self, *, stream: bool) -> HttpRequest:
        """Return the request."""
        body = dict(self.body)
        model = self.model or MODELS[self.column]
        if self.column in (CHAT, RESPONSES, MESSAGES, AZURE, AZURE_RESPONSES, COMPLETIONS):
            body = {"model": model, **body}
            if stream:
                body["stream"] = True
                if self.column in (CHAT, AZURE, COMPLETIONS):
                    body.setdefault("stream_options", {"include_usage": True})
        path, _, query = (self.path or _PATHS[self.column][stream]).partition("?")
        path = path.replace("{model}", quote(model, safe=""))
        headers = {"content-type": "application/json", **self.headers}
        return HttpRequest(
            method="POST", path=path, query=query, headers=headers, body=json.dumps(body).encode()
        )


_PATHS = {
    CHAT: ("/v1/chat/completions",) * 2,
    RESPONSES: ("/v1/responses",) * 2,
    MESSAGES: ("/v1/messages",) * 2,
    CONVERSE: ("/model/{model}/converse", "/model/{model}/converse-stream"),
    GEMINI: (
        "/v1beta/models/{model}:generateContent",
        "/v1beta/models/{model}:streamGenerateContent?alt=sse",
    ),
    AZURE: ("/openai/deployments/{model}/chat/completions?api-version=2024-10-21",) * 2,
    AZURE_RESPONSES: ("/openai/v1/responses",) * 2,
    COMPLETIONS: ("/v1/completions",) * 2,
    VERTEX: (f"{_PLACE}/{{model}}:rawPredict", f"{_PLACE}/{{model}}:streamRawPredict"),
    INVOKE: ("/model/{model}/invoke", "/model/{model}/invoke-with-response-stream"),
}


_BETAS = "context-management-2025-06-27,mcp-client-2025-04-04,server-side-fallback-2026-06-01,fallback-credit-2026-07-01"


def betas(column: str) -> dict[str, str]:
    """Return the headers without which the API would not know some keys of its SDK's types."""
    return {"anthropic-beta": _BETAS} if column == MESSAGES else {}


def hello(column: str, text: str = HELLO, /, **more: Any) -> dict[str, Any]:  # noqa: PLR0911 - one return for each form
    """Return the smallest body that says something; ``more`` is put beside it."""
    match column:
        case "openai-responses" | "azure-responses":
            return {"input": text, **more}
        case "openai-completions":
            return {"prompt": text, "max_tokens": 64, **more}
        case "anthropic-messages":
            return {"max_tokens": 4096, "messages": [{"role": "user", "content": text}], **more}
        case "anthropic-vertex":
            return hello(MESSAGES, text, anthropic_version="vertex-2023-10-16", **more)
        case "bedrock-invoke":
            return hello(MESSAGES, text, anthropic_version="bedrock-2023-05-31", **more)
        case "bedrock-converse":
            return {"messages": [{"role": "user", "content": [{"text": text}]}], **more}
        case "google-genai":
            return {"contents": [{"role": "user", "parts": [{"text": text}]}], **more}
        case _:
            return {"messages": [{"role": "user", "content": text}], **more}


def tools(column: str, *names: str, choice: str = "", parallel: bool = True) -> dict[str, Any]:
    """Return the keys that declare functions of these names; ``choice`` is ``any``, ``none`` or a name."""
    found = [
        {"name": name, "description": f"Get the {name}.", "parameters": SCHEMA}
        for name in names or ("weather",)
    ]
    many = not parallel
    made: dict[str, Any]
    match column:
        case "openai-chat" | "azure-openai":
            made = {"tools": [{"type": "function", "function": one} for one in found]}
            named: Any = {"type": "function", "function": {"name": choice}}
            chosen = {"any": "required", "none": "none"}.get(choice, named)
            return (
                made
                | ({"tool_choice": chosen} if choice else {})
                | ({"parallel_tool_calls": False} if many else {})
            )
        case "openai-responses" | "azure-responses":
            made = {"tools": [{"type": "function", **one} for one in found]}
            chosen = {"any": "required", "none": "none"}.get(choice, {"type": "function", "name": choice})
            return (
                made
                | ({"tool_choice": chosen} if choice else {})
                | ({"parallel_tool_calls": False} if many else {})
            )
        case "bedrock-converse":
            specs = [
                {
                    "toolSpec": {
                        "name": one["name"],
                        "description": one["description"],
                        "inputSchema": {"json": SCHEMA},
                    }
                }
                for one in found
            ]
            config: dict[str, Any] = {"tools": specs}
            if choice:
                config["toolChoice"] = {"any": {}} if choice == "any" else {"tool": {"name": choice}}
            fields = {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}}
            return {"toolConfig": config} | ({"additionalModelRequestFields": fields} if many else {})
        case "google-genai":
            declared = [
                {"name": one["name"], "description": one["description"], "parametersJsonSchema": SCHEMA}
                for one in found
            ]
            calling: dict[str, Any] = {"mode": {"any": "ANY", "none": "NONE"}.get(choice, "ANY")}
            if choice not in ("any", "none"):
                calling["allowedFunctionNames"] = [choice]
            made = {"tools": [{"functionDeclarations": declared}]}
            return made | ({"toolConfig": {"functionCallingConfig": calling}} if choice else {})
        case _:
            made = {
                "tools": [
                    {"name": one["name"], "description": one["description"], "input_schema": SCHEMA}
                    for one in found
                ]
            }
            asked: dict[str, Any] = (
                {"type": choice} if choice in ("any", "none") else {"type": "tool", "name": choice}
            )
            asked = asked if choice else {"type": "auto"}
            if many:
                asked["disable_parallel_tool_use"] = True
            return made | ({"tool_choice": asked} if choice or many else {})


def with_media(column: str, kind: str) -> dict[str, Any]:
    """Return a body with an image, a document, sound or a video beside the text; ``{}`` where the API has none."""
    text = hello(column)
    url = f"data:image/png;base64,{PIXEL}"
    parts: dict[tuple[str, str], Any] = {
        (CHAT, "image"): {"type": "image_url", "image_url": {"url": url}},
        (CHAT, "document"): {"type": "file", "file": {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{PIXEL}"}},
        (CHAT, "audio"): {"type": "input_audio", "input_audio": {"data": PIXEL, "format": "wav"}},
        (RESPONSES, "image"): {"type": "input_image", "image_url": url, "detail": "auto"},
        (RESPONSES, "document"): {"type": "input_file", "filename": "a.pdf", "file_data": f"data:application/pdf;base64,{PIXEL}"},
        (MESSAGES, "image"): {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}},
        (MESSAGES, "document"): {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": PAPER}},
        (CONVERSE, "image"): {"image": {"format": "png", "source": {"bytes": PIXEL}}},
        (CONVERSE, "document"): {"document": {"format": "pdf", "name": "a", "source": {"bytes": PIXEL}}},
        (CONVERSE, "audio"): {"audio": {"format": "wav", "source": {"bytes": PIXEL}}},
        (CONVERSE, "video"): {"video": {"format": "mp4", "source": {"bytes": PIXEL}}},
        (GEMINI, "image"): {"inlineData": {"mimeType": "image/png", "data": PIXEL}},
        (GEMINI, "document"): {"fileData": {"mimeType": "application/pdf", "fileUri": "gs://b/a.pdf"}},
        (GEMINI, "audio"): {"inlineData": {"mimeType": "audio/wav", "data": PIXEL}},
        (GEMINI, "video"): {"fileData": {"mimeType": "video/mp4", "fileUri": "gs://b/a.mp4"}},
    }  # fmt: skip
    like = {VERTEX: MESSAGES, INVOKE: MESSAGES, AZURE: CHAT, AZURE_RESPONSES: RESPONSES}.get(column, column)
    part = parts.get((like, kind))
    if part is None:
        return {}
    if like == RESPONSES:
        return {"input": [{"role": "user", "content": [part, {"type": "input_text", "text": HELLO}]}]}
    if like == GEMINI:
        return {"contents": [{"role": "user", "parts": [part, {"text": HELLO}]}]}
    said = {"text": HELLO} if like == CONVERSE else {"type": "text", "text": HELLO}
    return text | {"messages": [{"role": "user", "content": [part, said]}]}


def structured(column: str) -> dict[str, Any]:
    """Return the keys that ask for an answer that satisfies SCHEMA."""
    match column:
        case "openai-chat" | "azure-openai":
            form = {"type": "json_schema", "json_schema": {"name": "trip", "schema": SCHEMA, "strict": True}}
            return {"response_format": form}
        case "openai-responses" | "azure-responses":
            return {
                "text": {"format": {"type": "json_schema", "name": "trip", "schema": SCHEMA, "strict": True}}
            }
        case "bedrock-converse":
            held = {"jsonSchema": {"name": "trip", "schema": json.dumps(SCHEMA)}}
            return {"outputConfig": {"textFormat": {"type": "json_schema", "structure": held}}}
        case "google-genai":
            return {
                "generationConfig": {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA}
            }
        case _:
            return {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}}
