"""What the tests of Anthropic Messages share: a request, a stamp, an answer, and Turns that hypothesis builds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from mockllm_core.exchange import HttpRequest
from mockllm_core.jsontext import spaced
from mockllm_core.plan import plan
from mockllm_core.protocol import Call, Incoming
from mockllm_core.protocols.anthropic_messages import PROTOCOL
from mockllm_core.protocols.anthropic_messages.read import Reader
from mockllm_core.protocols.anthropic_messages.read_whole import read_whole
from mockllm_core.reply import Block, Choice, Finish, Opaque, Reasoning, Reply, Text, ToolCall, Turn, Usage
from mockllm_core.stamp import BASE58, Stamp

NOW = datetime(2026, 1, 1, tzinfo=UTC)
STAMP = Stamp(seed=b"0", now=NOW)
TOOL = {
    "name": "get_weather",
    "description": "The weather in a city.",
    "input_schema": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["city"],
    },
}


def body(**more: Any) -> dict[str, Any]:
    """Return a request body; keyword arguments replace or add keys."""
    return {
        "model": "claude-haiku-4-5-20251001",
        "max_tokens": 4096,
        "messages": [{"role": "user", "content": "Hello, Claude"}],
        **more,
    }


def incoming(given: dict[str, Any] | None = None, path: str = "/v1/messages", **headers: str) -> Incoming:
    """Return a request as the engine hands it over."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Incoming(
        http=HttpRequest(method="POST", path=path, headers=names), params={}, body=given or body()
    )


def call(**more: Any) -> Call:
    """Return a parsed request, with the beta that it needs."""
    betas = {"anthropic_beta": "context-management-2025-06-27"} if "context_management" in more else {}
    return PROTOCOL.parse(incoming(body(**more), **betas), PROTOCOL.endpoints[0])


def planned(asked: Call, *blocks: Block, **more: Any) -> Turn:
    """Return the Turn that the engine would make of these blocks."""
    return plan([Reply(blocks=blocks, **more)], asked.conversation, PROTOCOL.cut)


def streamed(turn: Turn, asked: Call) -> bytes:
    """Return the stream's bytes."""
    return b"".join(frame.wire for frame in PROTOCOL.stream(turn, asked, STAMP))


def read(wire: bytes, cuts: tuple[int, ...] = ()) -> tuple[Turn, list[Any]]:
    """Return what the stream's reader makes of the bytes, fed in these parts."""
    reader = Reader()
    begin = 0
    for cut in (*sorted(cuts), len(wire)):
        reader.feed(wire[begin:cut])
        begin = max(begin, cut)
    turn = reader.finish()
    return turn, reader.findings


def read_body(wire: bytes) -> tuple[Turn, list[Any]]:
    """Return what the reader of whole answers makes of the bytes."""
    findings: list[Any] = []
    return read_whole(wire, findings), findings


# -- Turns ---------------------------------------------------------------------------------------------------------

words = st.text(st.characters(exclude_categories=[]), min_size=1, max_size=12)
pieces = st.lists(words, min_size=1, max_size=4).map(tuple)
names = st.from_regex(r"[a-zA-Z0-9_-]{1,12}", fullmatch=True)
values = st.dictionaries(
    st.text(max_size=5),
    st.none() | st.booleans() | st.integers(-99, 99) | st.text(max_size=8),
    min_size=1,
    max_size=3,
)


def ids(prefix: str) -> st.SearchStrategy[str]:
    """Return ids as the provider makes them."""
    return st.text(BASE58, min_size=22, max_size=22).map(lambda drawn: prefix + drawn)


@st.composite
def tool_calls(draw: st.DrawFn) -> ToolCall:
    """Build a call whose arguments are cut anywhere."""
    text = spaced(draw(values))
    cut = draw(st.integers(1, len(text) - 1))
    return ToolCall(name=draw(names), pieces=(text[:cut], text[cut:]), id=draw(ids("toolu_01")))


@st.composite
def served(draw: st.DrawFn) -> tuple[Opaque, Opaque]:
    """Build a server tool's call and its result."""
    identity = draw(ids("srvtoolu_01"))
    text = spaced(draw(values))
    use = {"type": "server_tool_use", "id": identity, "name": "web_search", "input": {}}
    deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in ("", text)]
    result = {"type": "web_search_tool_result", "tool_use_id": identity, "content": [{"page_age": None}]}
    return (
        Opaque(protocol="anthropic-messages", payload={"block": use, "deltas": deltas}),
        Opaque(protocol="anthropic-messages", payload={"block": result, "deltas": []}),
    )


@st.composite
def turns(draw: st.DrawFn) -> Turn:
    """Build a Turn that this protocol can spell, ids and signatures decided."""
    texts = st.builds(Text, pieces=pieces)
    thoughts = st.builds(
        Reasoning, pieces=st.just(()) | pieces, signature=st.text(BASE58, min_size=4, max_size=40)
    )
    redacted = st.builds(Reasoning, redacted=st.text(BASE58, min_size=4, max_size=40))
    blocks: list[Block] = draw(st.lists(texts | thoughts | redacted, max_size=3))
    if draw(st.booleans()):
        blocks += draw(served())
    calls = draw(st.lists(tool_calls(), max_size=2, unique_by=lambda made: made.id))
    blocks += calls
    ends = [Finish("stop"), Finish("stop", "END"), Finish("length"), Finish("content_filter")]
    finish = Finish("tool_call") if calls else draw(st.sampled_from(ends))
    read_, write, fresh = (draw(st.integers(0, 50)) for _ in range(3))
    output = draw(st.integers(0, 90))
    usage = Usage(
        input_tokens=read_ + write + fresh,
        output_tokens=output,
        cache_read=read_,
        cache_write=write,
        reasoning=draw(st.integers(0, output)),
    )
    return Turn(choices=(Choice(blocks=tuple(blocks), finish=finish),), usage=usage)
