"""Every API's table of nested options."""

from __future__ import annotations

from features.nested import chat, completions, converse, gemini, messages, responses

APIS = (chat.API, responses.API, messages.API, converse.API, gemini.API, completions.API)
