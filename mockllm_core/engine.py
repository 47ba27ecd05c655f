"""The whole pipeline on one screen: an HTTP request in, an HTTP answer out, no effects.

HttpRequest -route, check, parse-> Call -responder-> Reply -plan-> Turn -stream | whole-> HttpResponse
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache, partial
from hashlib import blake2b
from itertools import repeat
from typing import TYPE_CHECKING, Literal, NamedTuple

from mockllm_core import contract, jsontext
from mockllm_core.asked import FAIL_AFTER, Asked, asked_by, broken_off, check_named, error_asked_for
from mockllm_core.astray import astray
from mockllm_core.bounds import check_size, check_tokens
from mockllm_core.contract import Complaint
from mockllm_core.conversation import USUAL, Controls
from mockllm_core.decision import Decision, Decisions, Watched
from mockllm_core.errors import ApiError, UnsupportedReply
from mockllm_core.exchange import HttpRequest, HttpResponse, Note, header_text, remarked
from mockllm_core.frame import frames
from mockllm_core.hosts import azure_openai
from mockllm_core.pace import paced
from mockllm_core.pattern import learn
from mockllm_core.plan import led, plan
from mockllm_core.protocol import Incoming
from mockllm_core.record import record
from mockllm_core.registry import HOSTS, PROTOCOLS, find
from mockllm_core.responders import Responder, respond
from mockllm_core.routing import match, unknown
from mockllm_core.stamp import Stamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mockllm_core.decision import Known
    from mockllm_core.frame import Json, Step
    from mockllm_core.plan import Cut
    from mockllm_core.protocol import Call, Endpoint, Memory, WireProtocol

__all__ = ["FIXED_NOW", "Engine", "Settings", "fault"]

FIXED_NOW = datetime(2026, 1, 1, tzinfo=UTC)
"""The time of an answer when a seed is given and no time is."""


@record(kw_only=True)
class Settings:
    """How a mock answers, the same for all its requests.

    Attributes:
        seed: decides ids, the chosen tool and the arguments.
        responder: what to say.
        reply: fixed text instead of the echo.
        strict: refuse keys that the provider does not know.
        args: style of generated arguments.
        tool_calls: tools called in one turn.
        piece: characters a streamed piece has; None cuts as the provider does.
        delay: seconds between frames.
    """

    seed: str = "0"
    responder: Responder = respond
    reply: str | None = None
    strict: bool = False
    args: Literal["plausible", "fuzz", "near-miss"] = "plausible"
    tool_calls: int = 1
    piece: int | None = None
    delay: float = 0.0


class Route(NamedTuple):
    """Where a request goes."""

    protocol: WireProtocol
    endpoint: Endpoint
    params: Mapping[str, str]


class Engine:
    """One mock: its settings, what it keeps, and the routes it knows.

    Args:
        settings: how to answer.
        memory: what is kept between requests (stored responses, prompt caches); None keeps nothing.
    """

    def __init__(self, settings: Settings, memory: Memory | None = None) -> None:
        self.settings = settings
        # a responder of the user's may say something else each time
        self._decisions = Decisions() if settings.responder is respond else None
        self._memory = memory = None if memory is None else Watched(memory)
        self._protocols = tuple(
            protocol if memory is None or protocol.bound is None else protocol.bound(protocol, memory)
            for protocol in (*PROTOCOLS, *HOSTS)
        )
        self._routes = lru_cache(maxsize=1024)(self._found)
        controls = Controls(
            seed=settings.seed, tool_calls=settings.tool_calls, args=settings.args, reply=settings.reply
        )
        self._usual = Asked(USUAL if controls == USUAL else controls, settings.piece, settings.delay)

    def answer(self, request: HttpRequest, *, now: datetime, fresh: bytes | None = None) -> HttpResponse:
        """Answer one request.

        Every refusal is the provider's own: nothing raises but a bug or a responder of the user's.

        Args:
            request: what came in.
            now: the time of the answer, aware, UTC.
            fresh: entropy for the ids; None derives them from the seed and the request, so that the same
                request gives the same bytes.
        """
        known = None if self._decisions is None else self._decisions.get(request)
        if known is not None and (seed := fresh or known.decision.digest):
            return _again(known, Stamp(seed=seed, now=now))
        settings = self.settings
        route = self._route(request)
        if route is None:
            return _HEALTHY
        if isinstance(route, ApiError):
            protocol = _nearest(request, self._routes(request.path))
            response = protocol.error(route, request, _stamp(settings, request, None, now, fresh))
            return remarked(response, astray(request, self._found), Note(protocol.name))
        body: Json = None
        model = route.params.get("model", "")
        try:
            body = _body(route, request)
            model = model or _model(body)
            stamp = _stamp(settings, request, body, now, fresh)
            incoming = Incoming(request, route.params, body, now, settings.strict)
            _check(route, incoming, model, strict=settings.strict)
            if route.endpoint.answer is None:
                return self._generated(route, incoming, stamp, seeded=fresh is None)
            response = route.endpoint.answer(incoming, stamp)
        except ApiError as error:
            stamp = _stamp(settings, request, body, now, fresh)
            response = route.protocol.error(error, request, stamp)
            return remarked(response, error.remark, Note(route.protocol.name, model))
        return replace(response, note=Note(route.protocol.name, response.note.model or model))

    def knows(self, request: HttpRequest) -> bool:
        """Tell whether the request was decided before and says one thing, so that its answer is soon made."""
        known = None if self._decisions is None else self._decisions.get(request)
        if known is None:
            return False
        conversation = known.decision.call.conversation
        return conversation.choices == 1 and not conversation.scored

    def _generated(self, route: Route, incoming: Incoming, stamp: Stamp, *, seeded: bool) -> HttpResponse:
        memory, decisions = self._memory, self._decisions
        asks = 0 if memory is None else memory.asks
        decision = self._decided(route, incoming, stamp.seed if seeded else b"")
        fleeting = memory is not None and memory.asks != asks
        response = _spelled(decision, stamp)
        if decisions is not None and not fleeting:
            decisions.put(incoming.http, decision)
        return response

    def _decided(self, route: Route, incoming: Incoming, digest: bytes) -> Decision:
        protocol = route.protocol
        asked = asked_by(incoming.http.headers, self._usual)
        call = protocol.parse(incoming, route.endpoint)
        failure = None if asked.fail_after is None else (_failure(call), asked.fail_after)
        conversation, responder = call.conversation, self.settings.responder
        if conversation.controls is not asked.controls:
            conversation = replace(conversation, controls=asked.controls)
            talks = tuple([replace(talk, controls=asked.controls) for talk in call.talks])
            call = replace(call, conversation=conversation, talks=talks)
        asking = 0 if call.alone else conversation.choices
        replies = list(map(responder, call.talks or repeat(conversation, asking)))
        if call.lead or call.alone:
            replies = led(call.lead, replies)
        if conversation.scored or conversation.choices > 1:
            check_size(conversation, replies)
        cut = call.cut or protocol.cut
        # nobody sees the pieces of a whole answer, but for those whose tokens are told
        cut = _cut(cut, asked.piece) if call.stream or conversation.scored else _uncut(cut)
        turn = plan(replies, conversation, cut)
        if conversation.scored:
            check_tokens(turn)
        try:
            protocol.supports(turn)
        except UnsupportedReply as error:
            if responder is not respond:
                raise
            # what we would say ourselves cannot be spelled: a tool's schema asks for arguments that are no object
            raise ApiError("invalid_request", f"Invalid schema for a function: {error}.") from None
        notes = turn.notes
        headers = (("x-mockllm-schema-note", header_text("; ".join(notes))),) if notes else ()
        note = Note(protocol.name, call.model, call.stream, notes)
        return Decision(protocol, call, turn, asked.delay, failure, headers, note, digest)

    def _route(self, request: HttpRequest) -> Route | ApiError | None:
        """Return where the request goes, None for the health pages, or the 404 or 405 that it gets."""
        method = "GET" if request.method == "HEAD" else request.method
        if request.path in ("/", "/health"):
            if method == "GET":
                return None
            return ApiError("method_not_allowed", "", allow=("GET", "HEAD"))
        found = self._routes(request.path)
        for route in found:
            if route.endpoint.method == method and (not route.endpoint.header or _meant(route, request)):
                return route
        if all(route.endpoint.sole for route in found):
            return unknown(request)
        methods = {route.endpoint.method for route in found} | {"OPTIONS"}
        methods |= {"HEAD"} if "GET" in methods else set()
        return ApiError("method_not_allowed", "", allow=tuple(sorted(methods)))

    def _found(self, path: str) -> tuple[Route, ...]:
        """Return all endpoints of that path, those that ask for a header first."""
        routes = [
            Route(protocol, endpoint, params)
            for protocol in self._protocols
            for endpoint in protocol.endpoints
            if (params := match(endpoint.path, path)) is not None
        ]
        return tuple(sorted(routes, key=lambda route: not route.endpoint.header))


def _spelled(decision: Decision, stamp: Stamp) -> HttpResponse:
    """Return the answer that was decided, with the ids of the stamp."""
    protocol, call, turn, delay, failure, more, note, _ = decision
    headers = protocol.headers(turn, call, stamp)
    if more:
        headers = (*headers, *more)
    if not call.stream:
        return HttpResponse(200, headers, protocol.whole(turn, call, stamp), (), note)
    runs: Iterable[Step] = protocol.runs(turn, call, stamp)
    if failure is not None:
        # the record without a memory: what fails is not kept
        bare = next(one for one in (*PROTOCOLS, *HOSTS) if one.name == protocol.name)
        error, most = failure
        fail = partial(protocol.fail, error, call, turn, stamp)
        runs = broken_off(bare.runs(turn, call, stamp), most, fail)
    steps = paced(frames(runs), delay) if delay else runs
    return HttpResponse(200, headers, None, steps, note)


def _again(known: Known, stamp: Stamp) -> HttpResponse:
    """Return the answer that was decided before: a stream by its pattern, which is made of the first that comes."""
    protocol, call, turn, delay, failure, more, note, _ = known.decision
    pattern = known.pattern
    if pattern is False or not call.stream or delay or failure is not None:
        return _spelled(known.decision, stamp)
    headers = protocol.headers(turn, call, stamp)
    if more:
        headers = (*headers, *more)
    if pattern is None:
        steps = list(protocol.runs(turn, call, stamp))
        known.pattern = learn(protocol, turn, call, stamp, steps) or False
        return HttpResponse(200, headers, None, steps, note)
    if pattern.holds is not None and not pattern.holds():
        return _spelled(known.decision, stamp)
    run = pattern.run(turn, call, stamp)
    if pattern.sent is not None:
        pattern.sent(run, turn, call, stamp)
    return HttpResponse(200, headers, None, (run,), note)


def fault(error: ApiError, request: HttpRequest | None, *, seed: str, now: datetime) -> HttpResponse:
    """Return an error of the HTTP layer (a bad frame, a body too large) in the form of the nearest provider."""
    protocol = PROTOCOLS[0] if request is None else _nearest(request, ())
    stamp = Stamp(seed=f"{seed}\0{error.message}".encode(), now=now)
    return replace(protocol.error(error, request, stamp), note=Note(protocol=protocol.name))


# -- routing --------------------------------------------------------------------------------------------------

_HEALTHY = HttpResponse(
    status=200, headers=(("content-type", "application/json"),), body=b'{"status":"ok"}', note=Note()
)


def _nearest(request: HttpRequest, found: tuple[Route, ...]) -> WireProtocol:
    """Return the protocol whose error form a client on that path most likely reads."""
    headers, path = request.headers, request.path
    known = [route for route in found if not route.endpoint.header or _meant(route, request)]
    if found:
        # the closest: a path of Gemini's is also that of a model of such a name
        return max(known or found, key=lambda route: len(route.endpoint.path)).protocol
    path = f"/{path.lstrip('/')}"
    if path.startswith(_OF_AWS) or _from_aws(headers):
        return find("bedrock-converse")
    if path.startswith(("/v1/messages", "/anthropic/")) or "anthropic-version" in headers:
        return find("anthropic-messages")
    of_google = (
        path.startswith(("/v1beta", "/v1alpha", "/v1/projects", "/ws/google."))
        or ":" in path
        or "x-goog-api-key" in headers
    )
    if of_google and _OPENAI.isdisjoint(headers):
        return find("google-genai")
    if path.startswith("/openai/"):
        return azure_openai.PROTOCOL
    return find("openai-responses" if "/responses" in path else "openai-chat")


def _meant(route: Route, request: HttpRequest) -> bool:
    """Tell whether the request has the header, or the parameter, that the endpoint asks for."""
    endpoint = route.endpoint
    return endpoint.header in request.headers or (
        endpoint.parameter != ""
        and any(part.partition("=")[0] == endpoint.parameter for part in request.query.split("&"))
    )


_OPENAI = frozenset(("x-stainless-lang", "openai-beta"))
"""Headers of OpenAI's SDKs (Anthropic's send the first, too, beside their own): ``/v1/projects`` is also a path of theirs."""
_OF_AWS = ("/model/", "/foundation-models", "/inference-profiles", "/guardrail", "/async-invoke")


def _from_aws(headers: Mapping[str, str]) -> bool:
    """Tell whether an SDK of AWS sent the request, or something signed it as one does."""
    return "amz-sdk-invocation-id" in headers or headers.get("authorization", "").startswith("AWS4-")


# -- the request ------------------------------------------------------------------------------------------------


def _body(route: Route, request: HttpRequest) -> Json:
    if route.endpoint.method not in ("POST", "PATCH"):
        return None
    try:
        return jsontext.parse(request.body)
    except ValueError as error:
        if route.endpoint.bare and not request.body:
            return {}
        complaint = Complaint(path=(), kind="json", expected=str(error), found=None)
        raise route.protocol.complain(complaint) from None


def _check(route: Route, incoming: Incoming, model: str, *, strict: bool) -> None:
    """Raise the error that the model's name asks for, or the first complaint of the endpoint's contract."""
    if "mock-" in model:
        check_named(model, route.protocol.ends)
        asked = error_asked_for(model)
        later = FAIL_AFTER in incoming.http.headers and route.endpoint.answer is None
        if asked is not None and not later:
            raise ApiError(asked, "", model=model)
    if route.endpoint.contract:
        complaint = contract.check(
            route.endpoint.contract, incoming.body, strict=strict, text=incoming.http.body
        )
        if complaint is not None:
            raise route.protocol.complain(complaint)


def _failure(call: Call) -> ApiError:
    """Return the error that comes in the middle of a stream; a whole answer gets it at once."""
    asked = error_asked_for(call.model)
    if asked is None:
        sentence = (
            f"Invalid header {FAIL_AFTER}: the model must be named mock-error-KIND, to say how to fail."
        )
        raise ApiError("invalid_request", sentence, param=FAIL_AFTER)
    error = ApiError(asked, "", model=call.model)
    if not call.stream:
        raise error
    return error


def _model(body: Json) -> str:
    model = body.get("model") if isinstance(body, dict) else None
    return model if isinstance(model, str) else ""


@lru_cache(maxsize=64)
def _uncut(cut: Cut) -> Cut:
    return replace(cut, text=_ALL, arguments=None, exact=False)


_ALL = 1 << 32


@lru_cache(maxsize=64)
def _cut(cut: Cut, piece: int | None) -> Cut:
    if piece is None:
        return cut
    return replace(cut, text=piece, arguments=None if cut.arguments is None else piece, exact=True)


def _stamp(settings: Settings, request: HttpRequest, body: Json, now: datetime, fresh: bytes | None) -> Stamp:
    """Return the source of ids: fresh entropy, or the seed and all of the request that counts."""
    if fresh is not None:
        return Stamp(seed=fresh, now=now)
    digest = blake2b(
        f"{settings.seed}\0{request.method} {request.path}?{request.query}\0".encode(), digest_size=32
    )
    if body is not None:
        digest.update(jsontext.canonical(body).encode())
    else:
        digest.update(request.body)
    for name in sorted(name for name in request.headers if name.startswith("x-mockllm-")):
        digest.update(f"\0{name}:{request.headers[name]}".encode())
    return Stamp(seed=digest.digest(), now=now)
