"""The contracts of Gemini's routes, composed from google-genai's types: the REST body is none of the SDK's own.

Protobuf's JSON takes two spellings of every key, camelCase and snake_case (gemini-cli sends the one, litellm the
other), at every depth, and reads null as absent.
"""

from __future__ import annotations

from typing import Any

from mockllm_cli.derive.rules import Contract
from mockllm_cli.derive.shapes import Schema, Shapes, nullable, union

__all__ = ["batch_embed_contents", "count_tokens", "embed_content", "generate"]

#: the API's own 400 on a bad function name (public issue threads)
_FUNCTION = "^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$"

#: a part's payload: the API's 400 calls it the oneof `data`
_DATA = (
    "text",
    "inlineData",
    "functionCall",
    "functionResponse",
    "fileData",
    "executableCode",
    "codeExecutionResult",
    "toolCall",
    "toolResponse",
)


def _both(name: str, alias: str) -> tuple[str, ...]:
    return (alias,) if alias == name else (alias, name)


def _values(values: list[Any]) -> Schema:
    """Take an enumeration's names in capitals or not: clients send `object` for `OBJECT`, and the API takes it."""
    texts = [value for value in values if isinstance(value, str)]
    return {"enum": list(dict.fromkeys([*texts, *(text.lower() for text in texts)]))}


def _spelled(key: str) -> tuple[str, ...]:
    """Return both spellings of a camelCase key."""
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in key)
    return _both(snake, key)


class _Gemini(Contract):
    """A contract whose keys have two spellings."""

    def bound(self, name: str, key: str, **bounds: Any) -> None:
        """Bound a key in both spellings."""
        for one in _spelled(key):
            self.limit(f"{name}.{one}", **bounds)

    def lone(self, name: str, key: str) -> None:
        """Take one value for a list of one, as protobuf's parsers do.

        The guides' curl examples write contents and parts so; older releases of the AI SDK send tools so.
        """
        properties = self.shape(name)["properties"]
        for one in _spelled(key):
            if one in properties:
                properties[one] = union([properties[one], self.at(f"{name}.{one}[]")])

    def one_of(self, name: str, *keys: str) -> None:
        """Let exactly one key be given, in one spelling."""
        self.exactly_one(name, *(one for key in keys for one in _spelled(key)))


def _body(**keys: Any) -> _Gemini:
    """Return a contract with these keys; a class stands for its schema, a list of one for an array of it."""
    from google.genai import types

    shapes = Shapes(spellings=_both, value=_values)
    for beside in (types.ImageConfig, types.ModelSelectionConfig):
        shapes.of(beside)
    root: Schema = {"type": "object", "properties": {}}
    for key, kind in keys.items():
        many = isinstance(kind, list)
        held = shapes.of(kind[0] if many else kind)
        for name in _spelled(key):
            root["properties"][name] = nullable({"type": "array", "items": held} if many else held)
    contract = _Gemini(root, shapes)
    _contents(contract)
    return contract


def _contents(contract: _Gemini) -> None:
    """Tighten the turns, where there are any."""
    content = contract.shape("Content")
    # a system instruction's role is ignored (python-genai sends `user`, others `system`)
    contract.defs["SystemContent"] = {**content, "properties": dict(content["properties"])}
    for key in _spelled("systemInstruction"):
        if key in contract.root["properties"]:
            contract.set("", key, nullable({"$ref": "#/$defs/SystemContent"}))
    # 400s: "Please use a valid role: user, model." and "contents.parts must not be empty"; `function` is older clients'
    contract.set("Content", "role", {"enum": ["user", "model", "function", "", None]})
    contract.required("Content", "parts")
    contract.limit("Content.parts", minItems=1)
    contract.lone("", "contents")
    contract.lone("Content", "parts")
    contract.lone("SystemContent", "parts")
    # 400: "required oneof field 'data' must have one initialized field"
    contract.one_of("Part", *_DATA)


def _generate_keys() -> dict[str, Any]:
    from google.genai import types

    return {
        "contents": [types.Content],
        "systemInstruction": types.Content,
        "tools": [types.Tool],
        "toolConfig": types.ToolConfig,
        "safetySettings": [types.SafetySetting],
        "generationConfig": types.GenerationConfig,
        "cachedContent": str,
        "labels": dict[str, str],
        "model": str,
        # the SDK sends these beside generationConfig
        "serviceTier": str,
        "store": bool,
        "continuationToken": str,
        "modelArmorConfig": types.ModelArmorConfig,
    }


def _tightened(contract: _Gemini) -> None:
    """Tighten tools and settings."""
    _settings(contract)
    _declared(contract)


def _declared(contract: _Gemini) -> None:
    """Tighten tools."""
    # 400: "required one_of 'tool_type' must have one initialized field"
    tools = [key for key in contract.shape("Tool")["properties"] if "_" not in key]
    contract.one_given("Tool", *(one for key in tools for one in _spelled(key)))
    contract.required("FunctionDeclaration", "name")
    # a call's name is looked for after the contract: on Vertex AI, pieces of a call that comes back have none
    contract.required("FunctionResponse", "name")
    for holder in ("FunctionCall", "FunctionResponse"):
        contract.limit(f"{holder}.name", minLength=1)
    contract.limit("FunctionDeclaration.name", pattern=_FUNCTION)
    contract.lone("", "tools")
    contract.lone("Tool", "functionDeclarations")
    # int64 in protobuf's JSON is a text or a number; the REST reference shows the text
    for key in ("maxItems", "minItems", "maxLength", "minLength", "maxProperties", "minProperties"):
        for one in _spelled(key):
            contract.set(
                "Schema",
                one,
                {"anyOf": [{"type": ["integer", "null"]}, {"type": "string", "pattern": "^-?[0-9]+$"}]},
            )


def _settings(contract: _Gemini) -> None:
    """Bound the settings as the REST reference does; keys that the SDK sends and its type lacks come in."""
    for key, kind in (("imageConfig", "ImageConfig"), ("modelConfig", "ModelSelectionConfig")):
        for one in _spelled(key):
            contract.add("GenerationConfig", one, {"$ref": f"#/$defs/{kind}"})
    # temperature, topP, maxOutputTokens and candidateCount are left to the protocol: they are refused after parsing,
    # in words that differ by host (a recorded 400 of Vertex AI)
    for key, low, high in (
        ("topK", 1, None),
        ("presencePenalty", -2, 2),
        ("frequencyPenalty", -2, 2),
        ("logprobs", 0, 20),
    ):
        contract.bound("GenerationConfig", key, minimum=low, **({} if high is None else {"maximum": high}))
    # -1 lets the model choose
    contract.bound("ThinkingConfig", "thinkingBudget", minimum=-1)


def generate() -> Contract:
    """POST /v1beta/models/{m}:generateContent and :streamGenerateContent."""
    contract = _body(**_generate_keys())
    _tightened(contract)
    contract.required("", "contents")
    contract.limit(".contents", minItems=1)
    return contract


def count_tokens() -> Contract:
    """POST /v1beta/models/{m}:countTokens: turns, or a whole request."""
    contract = _body(**_generate_keys())
    _tightened(contract)
    contract.limit(".contents", minItems=1)
    whole = contract.root
    contract.defs["GenerateContentRequest"] = {**whole, "properties": dict(whole["properties"])}
    contract.required("GenerateContentRequest", "contents")
    for key in _spelled("generateContentRequest"):
        contract.add("", key, {"$ref": "#/$defs/GenerateContentRequest"})
    contract.one_given("", "contents", *_spelled("generateContentRequest"))
    return contract


def cached_content() -> Contract:
    """POST /v1beta/cachedContents, and PATCH of one, which sends only when it expires."""
    keys = _generate_keys()
    held = {name: keys[name] for name in ("contents", "systemInstruction", "tools", "toolConfig", "model")}
    contract = _body(
        **held, name=str, displayName=str, ttl=str, expireTime=str, encryptionSpec=dict[str, str]
    )
    _declared(contract)
    return contract


def _embed_keys() -> dict[str, Any]:
    from google.genai import types

    return {
        "content": types.Content,
        "taskType": str,
        "title": str,
        "outputDimensionality": int,
        "model": str,
    }


def embed_content() -> Contract:
    """POST /v1beta/models/{m}:embedContent."""
    contract = _body(**_embed_keys())
    contract.required("", "content")
    contract.bound("", "outputDimensionality", minimum=1)
    for key in _spelled("embedContentConfig"):
        contract.add("", key, {"type": ["object", "null"]})
    return contract


def batch_embed_contents() -> Contract:
    """POST /v1beta/models/{m}:batchEmbedContents."""
    contract = embed_content()
    contract.defs["EmbedContentRequest"] = contract.root
    contract.root = {
        "type": "object",
        "properties": {
            "requests": {"type": "array", "items": {"$ref": "#/$defs/EmbedContentRequest"}, "minItems": 1}
        },
        "required": ["requests"],
    }
    return contract
