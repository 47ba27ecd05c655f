"""What every protocol fills in: one frozen record of functions at the foot of its file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from mockllm_core.frame import frames
from mockllm_core.record import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from mockllm_core.contract import Complaint
    from mockllm_core.conversation import Conversation
    from mockllm_core.errors import ApiError
    from mockllm_core.exchange import Headers, HttpRequest, HttpResponse
    from mockllm_core.frame import Finding, Frame, Json, Run
    from mockllm_core.pattern import Varying
    from mockllm_core.plan import Cut
    from mockllm_core.reply import Opaque, Turn
    from mockllm_core.stamp import Stamp

__all__ = ["Call", "Endpoint", "Incoming", "Memory", "Reader", "WireProtocol"]


@record()
class Incoming:
    """A request that met an endpoint, its body parsed and checked against the contract.

    Attributes:
        http: the request.
        params: what the path's ``{holes}`` held, percent-decoded (``{"model": "us.anthropic.claude..."}``).
        body: the JSON body; None for a request without one.
        now: when it came, aware, UTC; None where nobody says.
        strict: whether keys that nobody knows are refused.
    """

    http: HttpRequest
    params: Mapping[str, str]
    body: Json
    now: datetime | None = None
    strict: bool = False


@record(kw_only=True)
class Call:
    """A request understood.

    Attributes:
        model: as asked for.
        stream: whether to stream.
        conversation: the request with the provider taken out.
        body: as sent; protocol options (``stream_options``) are read from here.
        form: which of the protocol's spellings is wanted (``sse`` or ``array``, ``vertex``), ``""`` for the first.
        cut: how this model's replies are cut and its arguments spelled, where that differs from the protocol's own.
        lead: blocks that the protocol itself says before the reply, because the request asks for them.
        alone: nothing follows them: nobody is asked for a reply.
        options: what the request's headers ask for, where the protocol heeds any.
        talks: what each choice answers, where they do not all answer the same.
    """

    model: str
    stream: bool
    conversation: Conversation
    body: Json
    form: str = ""
    cut: Cut | None = None
    lead: tuple[Opaque, ...] = ()
    alone: bool = False
    options: Headers = ()
    talks: tuple[Conversation, ...] = ()


@record(kw_only=True)
class Endpoint:
    """One method and path that a protocol answers.

    Attributes:
        method: ``POST``, ``GET``, ``PATCH`` or ``DELETE``.
        path: a template; ``{name}`` stands for one or more characters up to the next literal text of the
            template. It is matched against the raw path, and holes are percent-decoded afterwards.
        kind: ``generate`` runs contract, parse, respond, plan and stream or whole. ``plain`` calls ``answer``.
        stream: for ``generate``: whether it streams; None lets the body's ``stream`` decide.
        query: the query of a usual request (``alt=sse``), for rendering one offline; it never decides the route.
        form: given to the Call.
        contract: the contract that the body must meet; ``""`` for none.
        header: a request header that must be present; several endpoints may share a path, the first whose
            header is there (or that needs none) answers.
        parameter: a parameter of the query that says the same as the header.
        bare: whether no body at all is an empty object: the path says all (as one that cancels), or it is so to the provider.
        sole: whether its path is unknown to all other methods: the provider has them, and there is nothing of the kind.
        answer: for ``plain``: from the request (body already checked) to the response; it may raise ApiError.
    """

    method: Literal["GET", "POST", "PATCH", "DELETE"]
    path: str
    kind: Literal["generate", "plain"] = "generate"
    stream: bool | None = None
    query: str = ""
    form: str = ""
    contract: str = ""
    header: str = ""
    parameter: str = ""
    bare: bool = False
    sole: bool = False
    answer: Callable[[Incoming, Stamp], HttpResponse] | None = None


class Memory(Protocol):
    """What a host keeps between requests; it bounds the size and guards against threads."""

    def get(self, name: str) -> Json:
        """Return what was put under a name, None when there is nothing (any more)."""

    def put(self, name: str, value: Json, size: int) -> None:
        """Keep a value that holds about that many bytes."""

    def hold(self, name: str, value: Json, size: int) -> None:
        """Keep a value of about that many bytes as long as the client stays; most hosts do not know how long that is, and keep nothing."""

    def delete(self, name: str) -> bool:
        """Forget a name; tell whether there was something."""

    def names(self, prefix: str) -> list[str]:
        """Return the names that begin so, in the order in which they were put."""


class Reader(Protocol):
    """An incremental reader of a provider's streamed answer: feed bytes in any partition, then finish.

    It never raises over the answer's content: it notes findings and reads on where it can.
    """

    findings: list[Finding]

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""

    def finish(self) -> Turn:
        """Say that no more bytes come, and return what was read."""


class Reading(NamedTuple):
    """How a protocol's answers are read.

    Attributes:
        reader: reads a stream; the argument is the response's content-type, ``""`` for the usual one.
        read_whole: reads a whole body into a Turn; findings are appended to the list.
        rules: every rule that the readers know, with a sentence on what it protects.
    """

    reader: Callable[[str], Reader]
    read_whole: Callable[[bytes, list[Finding]], Turn]
    rules: Mapping[str, str]


@record(kw_only=True)
class WireProtocol:
    """One LLM API on the wire.

    Attributes:
        name: ``openai-chat``; also the name of its contract.
        title: for people: ``OpenAI Chat Completions``.
        endpoints: what it answers, the main one first.
        cut: how its replies are cut into pieces and its arguments spelled.
        parse: from a checked request to a Call; raises ApiError for what a contract cannot say.
        supports: raises UnsupportedReply when the Turn holds what the protocol cannot spell.
        runs: the Turn in wire order, as frames or runs of them; ``stream`` gives every frame by itself.
        whole: the Turn as one body.
        headers: the provider's response headers, content-type first, for a successful answer.
        complain: a contract's complaint in the provider's words.
        error: an error before the first byte: status, headers and body; an empty message means the sentence that
            the provider usually sends for that kind. The path and whether a stream was asked
            for can change the layout, hence the request (None when it was not even a request).
        fail: an error after ``sent`` frames of a stream: the frames that the provider sends then, often none.
        reading: returns the readers; a server never asks, and does not load them.
        ends: the provider's own words that a model named ``mock-finish-WORD`` may ask for, lower case.
        varying: what differs between streams that say the same; None where each must be spelled anew.
        bound: the same record with a memory (stored responses, prompt caches); None when it has no use for one.
    """

    name: str
    title: str
    endpoints: tuple[Endpoint, ...]
    cut: Cut
    parse: Callable[[Incoming, Endpoint], Call]
    supports: Callable[[Turn], None]
    runs: Callable[[Turn, Call, Stamp], Iterable[Frame | Run]]
    whole: Callable[[Turn, Call, Stamp], bytes]
    headers: Callable[[Turn, Call, Stamp], Headers]
    complain: Callable[[Complaint], ApiError]
    error: Callable[[ApiError, HttpRequest | None, Stamp], HttpResponse]
    fail: Callable[[ApiError, Call, Turn, Stamp, int], Iterator[Frame]]
    reading: Callable[[], Reading]
    ends: tuple[str, ...] = ()
    varying: Varying | None = None
    bound: Callable[[WireProtocol, Memory], WireProtocol] | None = None

    def reader(self, content_type: str) -> Reader:
        """Return a reader of a stream of that content-type, ``""`` for the usual one."""
        return self.reading().reader(content_type)

    def read_whole(self, body: bytes, findings: list[Finding]) -> Turn:
        """Return the Turn of a whole body; findings are appended to the list."""
        return self.reading().read_whole(body, findings)

    @property
    def rules(self) -> Mapping[str, str]:
        """Every rule that the readers know, with a sentence on what it protects."""
        return self.reading().rules

    def stream(self, turn: Turn, call: Call, stamp: Stamp) -> Iterator[Frame]:
        """Yield the Turn's frames in wire order."""
        return frames(self.runs(turn, call, stamp))
