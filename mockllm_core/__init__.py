"""mockllm: LLM APIs on the wire, as pure functions from requests to frames.

The names below are the public ones; each is imported from its module when it is first asked for, so that
``import mockllm_core`` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockllm_core.arguments import Generated, generate
    from mockllm_core.conversation import Conversation, Message, Tool
    from mockllm_core.engine import Engine, Settings
    from mockllm_core.errors import (
        ApiError,
        EventStreamError,
        MockllmError,
        UnknownProtocol,
        UnsupportedReply,
    )
    from mockllm_core.exchange import HttpRequest, HttpResponse
    from mockllm_core.frame import Event, Finding, Frame, Pause
    from mockllm_core.offline import Refused, render
    from mockllm_core.protocol import WireProtocol
    from mockllm_core.registry import HOSTS, PROTOCOLS, find
    from mockllm_core.reply import Reasoning, Refusal, Reply, Text, ToolCall, Turn, Usage
    from mockllm_core.responders import Responder, echo, respond

__all__ = [
    "HOSTS",
    "PROTOCOLS",
    "ApiError",
    "Conversation",
    "Engine",
    "Event",
    "EventStreamError",
    "Finding",
    "Frame",
    "Generated",
    "HttpRequest",
    "HttpResponse",
    "Message",
    "MockllmError",
    "Pause",
    "Reasoning",
    "Refusal",
    "Refused",
    "Reply",
    "Responder",
    "Settings",
    "Text",
    "Tool",
    "ToolCall",
    "Turn",
    "UnknownProtocol",
    "UnsupportedReply",
    "Usage",
    "WireProtocol",
    "echo",
    "find",
    "generate",
    "render",
    "respond",
]

_HOMES = {
    "arguments": ("Generated", "generate"),
    "conversation": ("Conversation", "Message", "Tool"),
    "engine": ("Engine", "Settings"),
    "errors": ("ApiError", "EventStreamError", "MockllmError", "UnknownProtocol", "UnsupportedReply"),
    "exchange": ("HttpRequest", "HttpResponse"),
    "frame": ("Event", "Finding", "Frame", "Pause"),
    "offline": ("Refused", "render"),
    "protocol": ("WireProtocol",),
    "registry": ("HOSTS", "PROTOCOLS", "find"),
    "reply": ("Reasoning", "Refusal", "Reply", "Text", "ToolCall", "Turn", "Usage"),
    "responders": ("Responder", "echo", "respond"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"mockllm_core.{_HOME[name]}"), name)
