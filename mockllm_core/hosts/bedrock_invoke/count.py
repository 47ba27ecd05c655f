"""CountTokens: what a body of Converse or InvokeModel would count as.

Spec: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mockllm_core import contract, jsontext, tokens
from mockllm_core.errors import ApiError
from mockllm_core.exchange import HttpResponse
from mockllm_core.hosts.bedrock_invoke.parse import call_of
from mockllm_core.protocols.bedrock_converse import parse as converse
from mockllm_core.protocols.bedrock_converse.errors import complain
from mockllm_core.protocols.bedrock_converse.families import CLAUDE, family

if TYPE_CHECKING:
    from mockllm_core.conversation import Conversation
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Incoming
    from mockllm_core.stamp import Stamp

__all__ = ["count_tokens"]


_PROFILE = re.compile(r"(?:[a-z]{2,4}|us-gov|global)\.anthropic\.")


def count_tokens(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Answer ``POST /model/{model}/count-tokens``; the estimate is the one that usage reports.

    Raises:
        ApiError: ``input`` is not exactly one of ``converse`` and ``invokeModel``, or that one is refused, or the model is
            none whose tokens are counted: no Claude, one of 4.7 or later, or an inference profile (reports of 2025 and 2026).
    """
    model = incoming.params["model"]
    form = family(model)
    if form.provider != CLAUDE.provider or form.omits or _PROFILE.match(model):
        raise ApiError("invalid_request", "The provided model doesn't support counting tokens.", model=model)
    body = incoming.body if isinstance(incoming.body, dict) else {}
    held = body.get("input")
    given = {key: value for key, value in held.items() if value is not None} if isinstance(held, dict) else {}
    match given:
        case {"converse": dict(sent)} if len(given) == 1:
            conversation = _converse(incoming, sent)
        case {"invokeModel": {"body": str(data)}} if len(given) == 1:
            conversation = _invoked(incoming, data)
        case _:
            raise ApiError(
                "invalid_request",
                "1 validation error detected: Value at 'input' failed to satisfy constraint: "
                "Member must have exactly one of its members set: [converse, invokeModel]",
                param="input",
            )
    headers = (("content-type", "application/json"), ("x-amzn-requestid", stamp.uuid("request")))
    answer = jsontext.compact({"inputTokens": tokens.prompt(conversation)}).encode()
    return HttpResponse(status=200, headers=headers, body=answer)


def _converse(incoming: Incoming, sent: dict[str, Any]) -> Conversation:
    complaint = contract.check("bedrock-converse", sent)
    if complaint is not None:
        raise complain(replace(complaint, path=("input", "converse", *complaint.path)))
    return converse.conversation(incoming.params["model"], sent)


def _invoked(incoming: Incoming, data: str) -> Conversation:
    try:
        body: Json = jsontext.parse(base64.b64decode(data, validate=True))
    except (binascii.Error, ValueError):
        raise ApiError(
            "invalid_request",
            "The body of invokeModel is not base64 of JSON.",
            param="input.invokeModel.body",
        ) from None
    return call_of(replace(incoming, body=body), stream=False).conversation
