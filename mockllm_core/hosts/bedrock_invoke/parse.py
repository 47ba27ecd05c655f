"""From an InvokeModel body to a Call, by the model's family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockllm_core import contract
from mockllm_core.conversation import Conversation, Message, Words
from mockllm_core.errors import ApiError
from mockllm_core.hosts.bedrock_invoke import cohere, embed
from mockllm_core.hosts.bedrock_invoke.forms import CLAUDE, COHERE_EMBED, NOVA, TITAN, form_of
from mockllm_core.hosts.bedrock_invoke.options import options
from mockllm_core.protocol import Call, Endpoint
from mockllm_core.protocols.anthropic_messages.record import PROTOCOL as ANTHROPIC
from mockllm_core.protocols.anthropic_messages.served import is_version
from mockllm_core.protocols.bedrock_converse import families
from mockllm_core.protocols.bedrock_converse import parse as converse

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Incoming

__all__ = ["call_of", "parse"]

_STREAMED, _WHOLE = (Endpoint(method="POST", path="", stream=stream, form=CLAUDE) for stream in (True, False))


def parse(incoming: Incoming, endpoint: Endpoint) -> Call:
    """Return the Call of a body that has only been parsed as JSON: its contract depends on the model.

    Raises:
        ApiError: the body is not what its model takes.
    """
    return call_of(incoming, stream=bool(endpoint.stream))


def call_of(incoming: Incoming, *, stream: bool) -> Call:
    """Return the Call of a body, streamed or not."""
    body = incoming.body
    if not isinstance(body, dict):
        raise _malformed("#: expected type: JSONObject, found: another")
    model = incoming.params["model"]
    form = form_of(model, body)
    asked = options(incoming.http.headers)
    if form == CLAUDE:
        complaint = contract.check("bedrock-invoke-anthropic", body, strict=incoming.strict)
        if complaint is not None:
            raise ANTHROPIC.complain(complaint)
        _check_path(body)
        call = ANTHROPIC.parse(incoming, _STREAMED if stream else _WHOLE)
        return Call(
            model=model,
            stream=stream,
            conversation=call.conversation,
            body=body,
            form=CLAUDE,
            cut=ANTHROPIC.cut,
            options=asked,
        )
    if incoming.strict:
        _check_keys(form, body)
    if form == NOVA:
        conversation = converse.offered(_nova(model, body), body)
    elif form == TITAN:
        conversation = _titan(model, body)
    else:
        if stream:
            raise ApiError("invalid_request", "The model is unsupported for streaming.", model=model)
        if form == COHERE_EMBED:
            messages = cohere.checked(body, model)
        else:
            embed.check(body, model)
            messages = _text(body)
            embed.check_length(body["inputText"], model)
        conversation = Conversation(model=model, messages=messages)
    return Call(
        model=model,
        stream=stream,
        conversation=conversation,
        body=body,
        form=form,
        cut=families.NOVA.cut if form == NOVA else families.TITAN.cut,
        options=asked,
    )


def _check_path(body: dict[str, Any]) -> None:
    """Raise ApiError for what the path says already, and for a version that there is not.

    Public reports of what AWS said: 12 June 2026, and boto/boto3 4218.
    """
    for key in ("model", "stream"):
        if key in body:
            raise ApiError("invalid_request", f"{key}: Extra inputs are not permitted", param=key)
    version = body["anthropic_version"]
    if version != "bedrock-2023-05-31" and not is_version(version):
        raise ApiError("invalid_request", f"Invalid API version: {version}", param="anthropic_version")


_KEYS = {
    NOVA: {"schemaVersion", "messages", "system", "toolConfig", "inferenceConfig", "reasoningConfig"},
    TITAN: {"inputText", "textGenerationConfig"},
    "titan-embed": {"inputText", "dimensions", "normalize", "embeddingTypes"},
    COHERE_EMBED: cohere.KEYS,
}
_OF_BEDROCK = "amazon-bedrock-"


def _check_keys(form: str, body: dict[str, Any]) -> None:
    """Raise ApiError for keys that the model's guide does not name, in the words of public reports of 2024 to 2026."""
    odd = [key for key in body if key not in _KEYS[form] and not key.startswith(_OF_BEDROCK)]
    if odd:
        raise _malformed("".join(f"#: extraneous key [{key}] is not permitted" for key in odd))


def _malformed(what: str) -> ApiError:
    return ApiError(
        "invalid_request", f"Malformed input request: {what}, please reformat your input and try again."
    )


def _nova(model: str, body: dict[str, Any]) -> Conversation:
    """Nova takes Converse's messages and tools; its limits have an older spelling too, its reasoning its own place."""
    if not isinstance(body.get("messages"), list) or not body["messages"]:
        raise _malformed("#: required key [messages] not found")
    limits = body.get("inferenceConfig")
    limits = dict(limits) if isinstance(limits, dict) else {}
    limits.setdefault("maxTokens", limits.get("max_new_tokens"))
    fields = {"reasoningConfig": body.get("reasoningConfig")}
    sent = body | {"inferenceConfig": limits, "additionalModelRequestFields": fields}
    complaint = contract.check("bedrock-converse", _without_none(sent | {"inferenceConfig": _known(limits)}))
    if complaint is not None:
        raise _malformed(f"#/{'/'.join(map(str, complaint.path))}: expected {complaint.expected}")
    return converse.conversation(model, sent)


def _known(limits: dict[str, Any]) -> dict[str, Json]:
    names = ("maxTokens", "temperature", "topP", "stopSequences")
    return {name: limits[name] for name in names if limits.get(name) is not None}


def _without_none(body: dict[str, Any]) -> dict[str, Json]:
    names = ("messages", "system", "toolConfig", "inferenceConfig")
    return {name: body[name] for name in names if body.get(name) is not None}


def _titan(model: str, body: dict[str, Any]) -> Conversation:
    config = body.get("textGenerationConfig")
    config = config if isinstance(config, dict) else {}
    most = config.get("maxTokenCount")
    stops = config.get("stopSequences")
    return Conversation(
        model=model,
        messages=_text(body),
        max_tokens=most if isinstance(most, int) and not isinstance(most, bool) and most > 0 else None,
        stop=tuple(one for one in stops if isinstance(one, str) and one) if isinstance(stops, list) else (),
    )


def _text(body: dict[str, Any]) -> tuple[Message, ...]:
    """Return the text of one of Titan's bodies, checked."""
    text = body.get("inputText")
    if text is None:
        raise _malformed("#: required key [inputText] not found")
    if not isinstance(text, str):
        raise _malformed("#/inputText: expected type: String")
    if not text:
        raise _malformed("#/inputText: expected minLength: 1, actual: 0")
    return (Message("user", (Words(text),)),)
