"""The routes and the record."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mockllm_core.protocol import Endpoint, WireProtocol
from mockllm_core.protocols.bedrock_converse.control import (
    availability,
    empty_list,
    list_models,
    list_profiles,
    one_model,
    one_profile,
)
from mockllm_core.protocols.bedrock_converse.errors import complain, error, fail
from mockllm_core.protocols.bedrock_converse.families import CLAUDE
from mockllm_core.protocols.bedrock_converse.operations import LISTS
from mockllm_core.protocols.bedrock_converse.parse import parse
from mockllm_core.protocols.bedrock_converse.parts import STOP_REASONS
from mockllm_core.protocols.bedrock_converse.stream import stream
from mockllm_core.protocols.bedrock_converse.usage import remembering
from mockllm_core.protocols.bedrock_converse.whole import supports, whole

if TYPE_CHECKING:
    from mockllm_core.exchange import Headers
    from mockllm_core.protocol import Call, Reading
    from mockllm_core.reply import Turn
    from mockllm_core.stamp import Stamp

__all__ = ["PROTOCOL"]

ENDPOINTS = (
    Endpoint(method="POST", path="/model/{model}/converse-stream", stream=True, contract="bedrock-converse"),
    Endpoint(method="POST", path="/model/{model}/converse", stream=False, contract="bedrock-converse"),
    Endpoint(method="GET", path="/foundation-models", kind="plain", answer=list_models),
    Endpoint(method="GET", path="/foundation-models/{model}", kind="plain", answer=one_model),
    Endpoint(method="GET", path="/foundation-model-availability/{model}", kind="plain", answer=availability),
    Endpoint(method="GET", path="/inference-profiles", kind="plain", answer=list_profiles),
    Endpoint(method="GET", path="/inference-profiles/{profile}", kind="plain", answer=one_profile),
    *(
        Endpoint(method="GET", path=path, kind="plain", answer=partial(empty_list, member))
        for path, member in LISTS.items()
    ),
)


def headers(turn: Turn, call: Call, stamp: Stamp) -> Headers:  # noqa: ARG001 - the record's signature
    """Return the headers of a successful answer."""
    kind = "application/vnd.amazon.eventstream" if call.stream else "application/json"
    return (("content-type", kind), ("x-amzn-requestid", stamp.uuid("request")))


def _reading() -> Reading:
    from mockllm_core.protocols.bedrock_converse.read import READING

    return READING


PROTOCOL = WireProtocol(
    name="bedrock-converse",
    title="AWS Bedrock Converse",
    endpoints=ENDPOINTS,
    cut=CLAUDE.cut,
    parse=parse,
    supports=supports,
    runs=stream,
    whole=whole,
    headers=headers,
    complain=complain,
    error=error,
    fail=fail,
    reading=_reading,
    ends=STOP_REASONS,
    bound=remembering,
)
