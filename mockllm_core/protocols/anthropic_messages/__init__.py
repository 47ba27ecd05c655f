"""Anthropic Messages."""

from mockllm_core.protocols.anthropic_messages.parse import parse
from mockllm_core.protocols.anthropic_messages.stream import events, stream
from mockllm_core.protocols.anthropic_messages.whole import message, whole

__all__ = ["events", "message", "parse", "stream", "whole"]
