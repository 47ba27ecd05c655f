"""Responses that are kept: ``store``, ``previous_response_id``, and the routes that fetch and delete them.

The core keeps nothing. ``stateful`` returns the protocol's record bound to a store of the host's: its parse puts
the earlier conversation before the input, its stream and whole put what they send into the store, and its
plain endpoints answer from there. Without a store those endpoints say, honestly, that there is no such response.

Reference: https://platform.openai.com/docs/api-reference/responses
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from mockllm_core.errors import ApiError
from mockllm_core.exchange import HttpResponse
from mockllm_core.frame import Frame
from mockllm_core.pages import page
from mockllm_core.prompt_cache import remembering
from mockllm_core.protocol import Endpoint
from mockllm_core.protocols.openai_responses import background, conversations, items, spell
from mockllm_core.protocols.openai_responses.background import Running
from mockllm_core.protocols.openai_responses.body import Body
from mockllm_core.protocols.openai_responses.compact import compacted
from mockllm_core.protocols.openai_responses.compaction import TRIGGER, following
from mockllm_core.protocols.openai_responses.echo import BILLING
from mockllm_core.protocols.openai_responses.headers import plain
from mockllm_core.protocols.openai_responses.kept import kept
from mockllm_core.protocols.openai_responses.media import check_media
from mockllm_core.protocols.openai_responses.pairs import check_pairs
from mockllm_core.protocols.openai_responses.parse import input_list
from mockllm_core.protocols.openai_responses.parse import parse as understood
from mockllm_core.protocols.openai_responses.references import refers, resolved
from mockllm_core.protocols.openai_responses.refusals import check_state, no_background
from mockllm_core.record import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mockllm_core.frame import Json, Run
    from mockllm_core.protocol import Call, Incoming, Memory, WireProtocol
    from mockllm_core.reply import Turn
    from mockllm_core.stamp import Stamp

__all__ = [
    "Stored",
    "deleted",
    "endpoints",
    "extended",
    "forgetful",
    "input_items",
    "missing",
    "retrieve",
    "stateful",
    "stored",
    "uncompacted",
]


@record()
class Stored:
    """One response as it is kept.

    Attributes:
        response: the object that a body which is not streamed holds.
        input: the items that it answered, those of the responses before it included, each with an id.
    """

    response: Json
    input: tuple[Json, ...]


def stored(told: Frame | bytes, given: Json, stamp: Stamp) -> Stored:
    """Return what is kept of an answer.

    Args:
        told: the whole body, or the last event of a stream.
        given: the request's ``input``.
        stamp: the answer's, for the ids of the input items.
    """
    response = _billed(told.payload["response"]) if isinstance(told, Frame) else json.loads(told)
    items = (item for item in input_list(given) if item.get("type") != TRIGGER)
    return Stored(response, tuple(kept(item, nth, stamp) for nth, item in enumerate(items)))


def _billed(response: dict[str, Json]) -> Json:
    """Return a response of a stream as it stands in a body: with ``billing``, but for Azure's."""
    if "content_filters" in response:
        return response
    told: dict[str, Json] = {}
    for key, value in response.items():
        told[key] = value
        if key == "background":
            told |= BILLING
    return told


def extended(incoming: Incoming, held: Stored) -> Incoming:
    """Return a request with the conversation of an earlier response before its input.

    ``previous_response_id`` stays, for it is echoed; the earlier ``instructions`` are not carried over.
    """
    given = input_list(incoming.body.get("input"))
    earlier = following(held.input, held.response["output"])
    return replace(incoming, body={**incoming.body, "input": [*earlier, *given]})


def missing(name: str, *, previous: bool = False) -> ApiError:
    """Return the error for an id that nothing is kept under: 404, or 400 for a ``previous_response_id``."""
    if previous:
        return ApiError(
            "invalid_request",
            f"Previous response with id '{name}' not found.",
            param="previous_response_id",
            code="previous_response_not_found",
        )
    return ApiError("not_found", f"Response with id '{name}' not found.")


def retrieve(held: Stored, stamp: Stamp) -> HttpResponse:
    """Answer ``GET /v1/responses/{id}``."""
    return _answer(held.response, stamp)


def deleted(name: str, stamp: Stamp) -> HttpResponse:
    """Answer ``DELETE /v1/responses/{id}``."""
    return _answer({"id": name, "object": "response.deleted", "deleted": True}, stamp)


def input_items(held: Stored, query: str, stamp: Stamp) -> HttpResponse:
    """Answer ``GET /v1/responses/{id}/input_items``: newest first unless ``order=asc``.

    Args:
        held: what was kept.
        query: ``limit`` (1 to 100, usually 20), ``order`` (``asc``, ``desc``), ``after`` (an item's id).
        stamp: for the headers.

    Raises:
        ApiError: a limit or an order that is none, or an ``after`` that is not in the list.
    """
    told = page(
        held.input,
        query,
        usual="desc",
        lost=lambda after: ApiError("not_found", f"Item with id '{after}' not found."),
    )
    return _answer(told, stamp)


def _answer(told: Json, stamp: Stamp) -> HttpResponse:
    return HttpResponse(status=200, headers=plain(stamp), body=spell.pretty(told).encode())


# -- with a store -----------------------------------------------------------------------------------------------


class _Nothing:
    """The memory of a server that keeps nothing."""

    def get(self, name: str) -> None:
        del name

    def put(self, name: str, value: Json, size: int) -> None:
        del name, value, size

    def hold(self, name: str, value: Json, size: int) -> None:
        del name, value, size

    def delete(self, name: str) -> bool:
        del name
        return False

    def names(self, prefix: str) -> list[str]:
        del prefix
        return []


def _held(memory: Memory, name: str) -> Stored | None:
    """Return a kept response; it is spelled now, not when it was kept, since few are ever asked for."""
    spelled = memory.get(name)
    return None if spelled is None else spelled()


def endpoints(store: Memory | None = None, roots: tuple[str, ...] = ("/v1", "")) -> tuple[Endpoint, ...]:
    """Return the endpoints that fetch and delete from a store, under each root; None keeps nothing."""
    kept: Memory = _Nothing() if store is None else store

    def found(incoming: Incoming) -> Callable[[], Stored]:
        held: Callable[[], Stored] | None = kept.get(incoming.params["id"])
        if held is None:
            raise missing(incoming.params["id"])
        return held

    def get(incoming: Incoming, stamp: Stamp) -> HttpResponse:
        held = found(incoming)
        if parse_qs(incoming.http.query).get("stream", [""])[-1] == "true":
            return background.replayed(held, incoming.http.query, stamp)
        return retrieve(held.look() if isinstance(held, Running) else held(), stamp)

    def listing(incoming: Incoming, stamp: Stamp) -> HttpResponse:
        held = found(incoming)
        items = held.finished if isinstance(held, Running) else held
        return input_items(items(), incoming.http.query, stamp)

    def delete(incoming: Incoming, stamp: Stamp) -> HttpResponse:
        if not kept.delete(incoming.params["id"]):
            raise missing(incoming.params["id"])
        return deleted(incoming.params["id"], stamp)

    def cancel(incoming: Incoming, stamp: Stamp) -> HttpResponse:
        held = found(incoming)
        background.cancelled(held)
        return retrieve(held(), stamp)

    return tuple(
        made
        for root in roots
        for made in (
            # a hole takes slashes too, so the longer paths come first
            Endpoint(method="GET", path=f"{root}/responses/{{id}}/input_items", kind="plain", answer=listing),
            Endpoint(
                method="POST", path=f"{root}/responses/{{id}}/cancel", kind="plain", bare=True, answer=cancel
            ),
            Endpoint(method="GET", path=f"{root}/responses/{{id}}", kind="plain", answer=get),
            Endpoint(method="DELETE", path=f"{root}/responses/{{id}}", kind="plain", answer=delete),
            *conversations.endpoints(kept, root),
        )
    )


def uncompacted(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Compact a conversation where nothing is kept.

    Raises:
        ApiError: as ``compacted`` does, and for what it refers to.
    """
    name = incoming.body.get("previous_response_id")
    if name:
        raise missing(name, previous=True)
    if refers(incoming.body):
        resolved(incoming.body, lambda _: ())
    return compacted(incoming, stamp)


def forgetful(incoming: Incoming, endpoint: Endpoint) -> Call:
    """Parse a request where nothing is kept: what it refers to is not there.

    Raises:
        ApiError: as ``parse`` does, and for a ``previous_response_id``, an item of an earlier answer or the background, of
            which nothing would be left to ask for.
    """
    check_media(incoming.body.get("input"))
    conversations.named(incoming.body, None)
    name = incoming.body.get("previous_response_id")
    if name:
        check_state(incoming.body)
        raise missing(name, previous=True)
    if refers(incoming.body):
        resolved(incoming.body, lambda _: ())
    check_pairs(incoming.body, lambda _: ())
    call = understood(incoming, endpoint)
    if background.runs(call.body):
        raise no_background()
    return call


def _whole_story(incoming: Incoming, store: Memory) -> Incoming:
    """Return a request with what it refers to in its place: an earlier conversation, and single items of any."""
    asked = incoming.body
    talk = conversations.named(asked, store)
    if talk is not None:
        given = [*talk.going_on(), *input_list(asked.get("input"))]
        asked = {**asked, "conversation": {"id": talk.name}, "input": given}
        incoming = replace(incoming, body=asked)
    name, held = asked.get("previous_response_id"), None
    if name:
        check_state(asked)
        held = _held(store, name)
        if held is None:
            raise missing(name, previous=True)
    check_pairs(asked, partial(_items, store))
    if refers(asked):
        incoming = replace(incoming, body=resolved(asked, partial(_items, store)))
    return incoming if held is None else extended(incoming, held)


def _items(store: Memory, part: str) -> Iterator[Json]:
    """Yield the items of the responses whose ids begin so."""
    for name in store.names(f"resp_{part}"):
        held = _held(store, name)
        if held is not None:
            yield from (*held.input, *held.response["output"])


def stateful(protocol: WireProtocol, store: Memory) -> WireProtocol:
    """Return the protocol's record bound to a store, in which prompts are cached, too."""
    protocol = remembering(protocol, store)

    def parse(incoming: Incoming, endpoint: Endpoint) -> Call:
        # by its own places, before an earlier conversation stands in front of it
        check_media(incoming.body.get("input"))
        return understood(_whole_story(incoming, store), endpoint)

    def counting(theirs: Endpoint) -> Endpoint:
        answer = compacted if theirs.path.endswith("/compact") else theirs.answer
        if answer is None or not theirs.path.endswith(("/input_tokens", "/compact")):
            return theirs
        return replace(theirs, answer=lambda incoming, stamp: answer(_whole_story(incoming, store), stamp))

    def keep(told: Frame | bytes, turn: Turn, call: Call, stamp: Stamp) -> None:
        asked = call.body
        name = items.ids(stamp).response
        # the bytes that are sent anyhow, and not the turn, whose many pieces take several times as much
        value = partial(stored, told, asked.get("input"), stamp)
        size = 4 * (turn.usage.input_tokens + turn.usage.output_tokens)
        store.hold(name, value, size)
        if asked.get("store") is not False:
            store.put(name, value, size)
        conversations.add(asked, value, size, store)

    def start(
        told: Frame | bytes, turn: Turn, call: Call, stamp: Stamp, steps: tuple[Frame | Run, ...] = ()
    ) -> Running:
        begun = Body(call, turn, stamp, whole=True).queued().encode()
        finished = partial(stored, told, call.body.get("input"), stamp)
        made = Running(begun, finished, steps)
        size = len(told.wire if isinstance(told, Frame) else told) + sum(len(step.wire) for step in steps)
        # whatever ``store`` says: how would anybody get it?
        store.put(items.ids(stamp).response, made, size)
        conversations.add(call.body, finished, size, store)
        return made

    def runs(turn: Turn, call: Call, stamp: Stamp) -> Iterator[Frame | Run]:
        if background.runs(call.body):
            steps = tuple(protocol.runs(turn, call, stamp))
            last = steps[-1]
            assert isinstance(last, Frame)  # noqa: S101 - see the protocol's stream
            made = start(last, turn, call, stamp, steps)
            yield from steps
            made.told()
            return
        for step in protocol.runs(turn, call, stamp):
            # kept before the last event is sent, so that whoever reads it can fetch the response at once
            if isinstance(step, Frame):
                keep(step, turn, call, stamp)
            yield step

    def whole(turn: Turn, call: Call, stamp: Stamp) -> bytes:
        body = protocol.whole(turn, call, stamp)
        if background.runs(call.body):
            start(body, turn, call, stamp)
            return Body(call, turn, stamp, whole=True).queued().encode()
        keep(body, turn, call, stamp)
        return body

    def sent(run: Run, turn: Turn, call: Call, stamp: Stamp) -> None:
        # JSON has no line breaks, so this is where the last event begins
        wire = run.wire[run.wire.rindex(b"\n\nevent: ") + 2 :]
        name = wire[len("event: ") : wire.index(b"\n")].decode()
        keep(Frame(name, wire, len(name) + 14, len(wire) - 2), turn, call, stamp)

    varying = protocol.varying and protocol.varying._replace(runs=runs, sent=sent)
    bound = {(made.method, made.path): made for made in endpoints(store)}
    served = tuple(
        bound.get((served.method, served.path)) or counting(served) for served in protocol.endpoints
    )
    return replace(protocol, endpoints=served, parse=parse, runs=runs, whole=whole, varying=varying)
