"""System tools, which Amazon runs: what is offered, and what an answer of Nova's that uses one holds.

Loaded only where one is offered. A block has both spellings: ``block`` in a whole answer, ``start`` and ``deltas`` in a
stream. Recorded in 2026: github.com/pydantic/pydantic-ai, tests/models/cassettes/test_bedrock,
``bedrock_model_with_code_execution_tool`` and ``bedrock_model_code_execution_tool_stream``; github.com/crmne/ruby_llm,
``chat_web_search_with_bedrock_amazon_nova-2-lite-v1_0``, whole and streamed (9 September). The sources of a text come behind
it, in a block of their own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mockllm_core import tokens
from mockllm_core.conversation import Hosted
from mockllm_core.jsontext import compact
from mockllm_core.reply import Opaque, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mockllm_core.conversation import Conversation
    from mockllm_core.frame import Json
    from mockllm_core.reply import Block

__all__ = ["hosted", "told"]

_SOURCE = {"location": {"web": {"domain": "example.com", "url": "https://example.com/"}}}
_HIDDEN = {"text": "[HIDDEN]"}
_RAN = {"json": {"stdOut": "42", "stdErr": "", "exitCode": 0, "isError": False}}


def hosted(config: dict[str, Any], asked: Conversation) -> tuple[Hosted, ...]:
    """Return the system tools that a ``toolConfig`` offers and that are known, each once."""
    query = " ".join((asked.last_user_text() or "").split())[:100].rstrip() or "example"
    made: dict[str, Hosted] = {}
    for tool in config.get("tools") or ():
        entry = tool.get("systemTool") if isinstance(tool, dict) else None
        match entry:
            case {"name": "nova_grounding"}:
                blocks = _used("nova_grounding", {"query": query}, _HIDDEN)
                made["nova_grounding"] = Hosted(name="nova_grounding", blocks=blocks, citations=(_SOURCE,))
            case {"name": "nova_code_interpreter"}:
                blocks = _used("nova_code_interpreter", {"snippet": "6 * 7"}, _RAN)
                made["nova_code_interpreter"] = Hosted(name="nova_code_interpreter", blocks=blocks)
            case _:
                pass
    return tuple(made.values())


def _used(name: str, given: dict[str, Json], result: dict[str, Json]) -> tuple[Opaque, ...]:
    """Return a call and its result, both without their id."""
    use = {"name": name, "toolUseId": None, "type": "server_tool_use"}
    gave = {"status": "success", "toolUseId": None, "type": f"{name}_result"}
    text = compact(given)
    call = Opaque(
        protocol="bedrock-converse",
        payload={
            "block": {"toolUse": use | {"input": given}},
            "start": {"toolUse": use},
            "deltas": [{"toolUse": {"input": text}}],
        },
        tokens=tokens.estimate(len(name) + len(text)),
    )
    answer = Opaque(
        protocol="bedrock-converse",
        payload={
            "block": {"toolResult": gave | {"content": [result]}},
            "start": {"toolResult": gave},
            "deltas": [{"toolResult": [result]}],
        },
    )
    return call, answer


def told(blocks: Iterable[Block], ident: Callable[[int], str]) -> list[Block]:
    """Return the blocks with an id for each call and its result, and behind a text its sources."""
    made: list[Block] = []
    last = ""
    for nth, block in enumerate(blocks):
        held: Block = block
        if isinstance(block, Opaque) and isinstance(block.payload, dict) and block.payload.get("start"):
            payload = block.payload
            if "toolUse" in payload["start"]:
                last = ident(nth)
            held = replace(
                block,
                payload=payload
                | {key: _named(payload[key], last) for key in ("block", "start") if key in payload},
            )
        made.append(held)
        if isinstance(block, Text) and block.text:  # what stops before its first word names nothing
            made += [_cited(source) for source in block.citations]
    return made


def _named(held: dict[str, Any], ident: str) -> dict[str, Any]:
    """Put an id where there is none yet."""
    return {
        kind: one | {"toolUseId": ident} if one.get("toolUseId", "") is None else one
        for kind, one in held.items()
    }


def _cited(source: Json) -> Opaque:
    return Opaque(
        protocol="bedrock-converse",
        payload={
            "block": {"citationsContent": {"citations": [source]}},
            "start": None,
            "deltas": [{"citation": source}],
        },
    )
