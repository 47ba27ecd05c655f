"""The routes, the framing and the record."""

from __future__ import annotations

from binascii import b2a_base64
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mockllm_core import eventstream
from mockllm_core.errors import ApiError, UnsupportedReply
from mockllm_core.hosts.bedrock_invoke import cohere, embed, nova, titan
from mockllm_core.hosts.bedrock_invoke.count import count_tokens
from mockllm_core.hosts.bedrock_invoke.forms import CLAUDE, NOVA, TITAN
from mockllm_core.hosts.bedrock_invoke.options import guarded, told
from mockllm_core.hosts.bedrock_invoke.parse import parse
from mockllm_core.jsontext import compact, utf8
from mockllm_core.protocol import Endpoint, WireProtocol
from mockllm_core.protocols.anthropic_messages import cached, prefixes
from mockllm_core.protocols.anthropic_messages import message as claude_message
from mockllm_core.protocols.anthropic_messages import texts as claude_texts
from mockllm_core.protocols.anthropic_messages.shape import ASKED, decided, supports
from mockllm_core.protocols.bedrock_converse.errors import complain, error, exception
from mockllm_core.protocols.bedrock_converse.families import CLAUDE as CLAUDE_FAMILY
from mockllm_core.protocols.bedrock_converse.families import family
from mockllm_core.protocols.bedrock_converse.parts import STOP_REASONS
from mockllm_core.protocols.bedrock_converse.stream import PADDINGS
from mockllm_core.protocols.bedrock_converse.usage import cache_points
from mockllm_core.protocols.bedrock_converse.usage import prefix as prefix_of
from mockllm_core.reply import Opaque, Reasoning, Refusal, Text, ToolCall

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mockllm_core.contract import Complaint
    from mockllm_core.exchange import Headers
    from mockllm_core.frame import Frame, Json, Run
    from mockllm_core.protocol import Call, Memory, Reading
    from mockllm_core.reply import Block, Turn
    from mockllm_core.stamp import Stamp

__all__ = ["PROTOCOL", "stream", "whole"]


def _cached(turn: Turn, call: Call, seen: Callable[[str], bool] = lambda _: False) -> Turn:
    """Return a turn with what its request reads from the prompt cache and writes to it."""
    if turn.facts or turn.usage.cache_read:
        return turn
    if call.form == NOVA:
        return nova.cached(turn, call, seen)
    found = prefixes(call) if call.form == CLAUDE else ()
    return replace(turn, usage=cached(turn.usage, found, seen)) if found else turn


def remembering(protocol: WireProtocol, memory: Memory) -> WireProtocol:
    """Return the record bound to a memory: what one request writes to the prompt cache, the same later one reads."""

    def known(turn: Turn, call: Call) -> Turn:
        return _cached(turn, call, lambda key: memory.get(key) is not None)

    def kept(turn: Turn, call: Call) -> Turn:
        made = known(turn, call)
        for prefix in prefixes(call) if call.form == CLAUDE else ():
            if prefix.marked:
                memory.put(prefix.key, True, len(prefix.key))
        if call.form == NOVA and cache_points(call.body):
            memory.put(key := prefix_of(call), True, len(key))
        return made

    return replace(
        protocol,
        runs=lambda turn, call, stamp: stream(kept(turn, call), call, stamp),
        whole=lambda turn, call, stamp: whole(kept(turn, call), call, stamp),
        headers=lambda turn, call, stamp: headers(known(turn, call), call, stamp),
    )


def stream(turn: Turn, call: Call, stamp: Stamp) -> Iterator[Run]:
    """Return the family's events in wire order, each in a ``chunk``; the last has the invocation's metrics.

    Raises:
        UnsupportedReply: at once, when the family has no words for a block.
    """
    _check(turn, call)
    return _framed(_cached(turn, call), call, stamp)


def _check(turn: Turn, call: Call) -> None:
    for block in turn.blocks:
        spelled = {"nova": Text | Refusal | Reasoning | ToolCall, "titan": Text | Refusal}.get(call.form)
        amazons = _is_amazons(block)
        if amazons and call.form == NOVA:
            continue
        if amazons or (spelled is not None and not isinstance(block, spelled)):
            raise UnsupportedReply(f"a {type(block).__name__} cannot be part of an answer of {call.model}")


def _is_amazons(block: Block) -> bool:
    """Tell whether a block is of a tool that Amazon runs."""
    return isinstance(block, Opaque) and block.protocol == "bedrock-converse"


def _supports(turn: Turn) -> None:
    """Raise UnsupportedReply for what neither Claude nor Nova can say."""
    if any(map(_is_amazons, turn.blocks)):
        (choice,) = turn.choices
        said = replace(choice, blocks=tuple(block for block in choice.blocks if not _is_amazons(block)))
        turn = replace(turn, choices=(said,))
    supports(turn)


def _framed(turn: Turn, call: Call, stamp: Stamp) -> Iterator[Run]:
    held: list[str] = []
    nth = 0
    for texts in _texts(turn, call, stamp):
        if len(held) >= _TOGETHER:
            yield _chunks(guarded(held, turn, call, stamp, last=False), stamp, nth)
            nth += len(held)
            held = []
        held += texts
    held = guarded(held, turn, call, stamp, last=True)
    held[-1] = f"{held[-1][:-1]},{_metrics(turn, call, stamp)}}}"
    yield _chunks(held, stamp, nth)


def _texts(turn: Turn, call: Call, stamp: Stamp) -> Iterator[list[str]]:
    """Return the JSON of the family's events, in wire order."""
    match call.form:
        case "nova":
            return nova.texts(turn, call, stamp, _TOGETHER)
        case "titan":
            return titan.texts(turn, _TOGETHER)
        case _:
            return claude_texts(turn, call, stamp)


def _chunks(texts: list[str], stamp: Stamp, first: int) -> Run:
    """Return a ``chunk`` for each text; ``first`` is the number of the first of them in the answer."""
    # no JSON text has a NUL in it, so one can part them
    bodies = map(b2a_base64, "\0".join(texts).encode().split(b"\0"))
    ends = map(_ENDS.__getitem__, stamp.letters(len(texts), first))
    payloads = [body[:-1] + end for body, end in zip(bodies, ends, strict=True)]
    return eventstream.run(b"".join(_CHUNK.fill(payloads)), len(texts))


_TOGETHER = 512
"""Events spelled at a time: a long answer is made while it is sent."""
_CHUNK = eventstream.Template("chunk", '{"bytes":"')
_ENDS = {letter: f'","p":"{filler}"}}'.encode() for letter, filler in PADDINGS.items()}


def _metrics(turn: Turn, call: Call, stamp: Stamp) -> str:
    """Return what the service measured, the member that the last event ends with."""
    return f'"amazon-bedrock-invocationMetrics":{compact(_measured(turn, call, stamp))}'


def _measured(turn: Turn, call: Call, stamp: Stamp) -> dict[str, Json]:
    """Return what the service measured, the cache where the model has one; what was read is kept."""
    told = turn.facts.get("invocationMetrics")
    if isinstance(told, dict):
        return told
    # a search for the tool that is called costs more than the call
    searched = call.form == CLAUDE and call.conversation.hosted
    usage = decided(turn, call, stamp).usage if searched else turn.usage
    latency = 200 + stamp.number(1800, "latency")
    measured: dict[str, Json] = {
        "inputTokenCount": usage.input_tokens - usage.cache_read - usage.cache_write,
        "outputTokenCount": usage.output_tokens,
        "invocationLatency": latency,
        "firstByteLatency": 100 + stamp.number(latency - 100, "first"),
    }
    if call.form == NOVA or family(call.model).cache_counts:
        measured |= {
            "cacheReadInputTokenCount": usage.cache_read,
            "cacheWriteInputTokenCount": usage.cache_write,
        }
    return measured


def whole(turn: Turn, call: Call, stamp: Stamp) -> bytes:
    """Return the family's answer as compact JSON; raises UnsupportedReply like ``stream``."""
    _check(turn, call)
    (text,) = guarded([_answer(_cached(turn, call), call, stamp)], turn, call, stamp, last=True)
    return utf8(text)


def _answer(turn: Turn, call: Call, stamp: Stamp) -> str:
    match call.form:
        case "nova":
            return compact(nova.answer(turn, call, stamp))
        case "titan":
            return compact(titan.answer(turn))
        case "titan-embed":
            return compact(embed.titan(call))
        case "cohere-embed":
            return compact(cohere.answer(call, stamp))
        case _:
            return claude_message(turn, call, stamp)


def headers(turn: Turn, call: Call, stamp: Stamp) -> Headers:
    """Return the headers of a successful answer; a whole one tells tokens and latency."""
    request = ("x-amzn-requestid", stamp.uuid("request"))
    if call.stream:
        kind = ("content-type", "application/vnd.amazon.eventstream")
        return (kind, request, ("x-amzn-bedrock-content-type", "application/json"), *told(call))
    turn = _cached(turn, call)
    metrics = _measured(turn, call, stamp)
    made = [("content-type", "application/json"), request]
    if call.form == NOVA or turn.usage.cache_read or turn.usage.cache_write:
        made += [
            ("x-amzn-bedrock-cache-read-input-token-count", str(turn.usage.cache_read)),
            ("x-amzn-bedrock-cache-write-input-token-count", str(turn.usage.cache_write)),
        ]
    made += [
        ("x-amzn-bedrock-input-token-count", str(metrics["inputTokenCount"])),
        ("x-amzn-bedrock-invocation-latency", str(metrics["invocationLatency"])),
    ]
    if call.form in {CLAUDE, NOVA, TITAN}:
        made.append(("x-amzn-bedrock-output-token-count", str(metrics["outputTokenCount"])))
    return (*made, *told(call))


def fail(error: ApiError, call: Call, turn: Turn, stamp: Stamp, sent: int) -> Iterator[Frame]:  # noqa: ARG001 - the record's signature
    """Yield the exception that ends a broken stream; this operation has one for a timeout."""
    yield exception(error, "modelTimeoutException")


def _complain(complaint: Complaint) -> ApiError:
    """Return a complaint in the words of Bedrock, which knows nothing of a body but that it is no JSON."""
    if complaint.kind == "json":
        return ApiError(
            "invalid_request", "Malformed input request, please reformat your input and try again."
        )
    return complain(complaint)


def _endpoint(path: str, **more: Any) -> Endpoint:
    return Endpoint(method="POST", path=f"/model/{{model}}/{path}", **more)


def _reading() -> Reading:
    from mockllm_core.hosts.bedrock_invoke.read import READING

    return READING


PROTOCOL = WireProtocol(
    name="bedrock-invoke",
    title="AWS Bedrock InvokeModel",
    endpoints=(
        _endpoint("invoke-with-response-stream", stream=True, form=CLAUDE),
        _endpoint("invoke", stream=False, form=CLAUDE),
        _endpoint("count-tokens", kind="plain", answer=count_tokens),
    ),
    cut=CLAUDE_FAMILY.cut,
    parse=parse,
    supports=_supports,
    runs=stream,
    whole=whole,
    headers=headers,
    complain=_complain,
    error=error,
    fail=fail,
    reading=_reading,
    ends=tuple(dict.fromkeys((*ASKED, *STOP_REASONS))),
    bound=remembering,
)
