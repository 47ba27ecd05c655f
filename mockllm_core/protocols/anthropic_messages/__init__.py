"""Anthropic Messages: ``POST /v1/messages``.

Spec: https://docs.anthropic.com/en/api/messages and https://docs.anthropic.com/en/api/messages-streaming.

Events, in order: message_start, for each block content_block_start, content_block_delta*, content_block_stop, then
message_delta and message_stop. Quirks, all recorded:

- one ``ping`` after the first content_block_start, spelled with a space; all other JSON is compact, with 0 to 15
  spaces before its last brace;
- a tool call's first piece is empty, and a call without arguments has no other;
- a thinking block ends with one signature; thoughts that are kept back leave only that;
- ``input_tokens`` leaves cached tokens out;
- an answer names its caller, its place of inference and its thinking tokens by the model's age (``families.py``).

``events``, ``texts``, ``message`` and ``EventReader`` know nothing of SSE: other roads to the same model (Bedrock's InvokeModel,
Vertex) frame them in their own way, with ``Call.form`` choosing the ids.
"""

from mockllm_core.protocols.anthropic_messages.cache import Prefix, cached, prefixes
from mockllm_core.protocols.anthropic_messages.parse import parse
from mockllm_core.protocols.anthropic_messages.record import PROTOCOL
from mockllm_core.protocols.anthropic_messages.stream import events, stream, texts
from mockllm_core.protocols.anthropic_messages.whole import message, whole

__all__ = [
    "PROTOCOL",
    "Prefix",
    "cached",
    "events",
    "message",
    "parse",
    "prefixes",
    "stream",
    "texts",
    "whole",
]
