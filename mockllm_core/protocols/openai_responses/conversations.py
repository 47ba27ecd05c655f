"""Conversations: what was said is kept under one id, and a response that names it goes on from there.

``/v1/conversations`` makes, fetches, tags and deletes them, ``/items`` adds to them, lists them and takes away from them;
a response with ``conversation`` answers all its items and then adds its input and its output. The core keeps nothing:
without a store of the host's a conversation is made and forgotten.

The objects and their key order are those of the reference; that an id is 48 hex which begin with the time, that the
refusal is "Conversation with id '...' not found.", is from public reports of 2026. Two answers to one conversation at once
are not refused (``conversation_locked``): they stand in it one after the other.

Reference: https://platform.openai.com/docs/api-reference/conversations
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from mockllm_core.errors import ApiError
from mockllm_core.exchange import HttpResponse
from mockllm_core.pages import page
from mockllm_core.protocol import Endpoint
from mockllm_core.protocols.openai_responses import spell
from mockllm_core.protocols.openai_responses.compaction import following
from mockllm_core.protocols.openai_responses.complaints import MISSING
from mockllm_core.protocols.openai_responses.headers import plain
from mockllm_core.protocols.openai_responses.kept import kept
from mockllm_core.protocols.openai_responses.refusals import conversation_lost
from mockllm_core.stamp import HEX

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mockllm_core.frame import Json
    from mockllm_core.protocol import Incoming, Memory
    from mockllm_core.protocols.openai_responses.state import Stored
    from mockllm_core.stamp import Stamp

__all__ = ["Talk", "add", "endpoints", "named"]

_CONTRACT = "openai-conversations"


class Talk:
    """A conversation as it is kept. It only grows, so that no thread waits for another.

    Args:
        name: its id.
        created: Unix time in seconds.
        metadata: its tags.
        items: what was said, oldest first, each with an id.

    Attributes:
        size: about how many bytes it holds.
    """

    def __init__(self, name: str, created: int, metadata: Json, items: Sequence[Json]) -> None:
        self.name = name
        self.metadata = metadata
        self.size = 0
        self._created = created
        self._said: list[Sequence[Json] | Callable[[], Stored]] = [items]
        self._removed: set[str] = set()

    def told(self) -> Json:
        """Return the conversation's object."""
        return {
            "id": self.name,
            "object": "conversation",
            "created_at": self._created,
            "metadata": self.metadata,
        }

    def items(self) -> list[Json]:
        """Return all that was said, each once; an answer is spelled now, not when it came, since few are asked for."""
        held: dict[str, Json] = {}
        for nth, said in enumerate(self._said):
            if callable(said):
                answer = said()
                said = self._said[nth] = (*answer.input, *answer.response["output"])  # noqa: PLW2901 - spelled once
            for item in said:
                held.setdefault(item["id"], item)
        return [item for name, item in held.items() if name not in self._removed]

    def going_on(self) -> list[Json]:
        """Return what an answer goes on from: all items, or the last compaction and what followed."""
        return following((), self.items())

    def add(self, said: Sequence[Json] | Callable[[], Stored]) -> None:
        """Add items, which have ids, or an answer with what it answered, of which most is there already."""
        self._said.append(said)

    def remove(self, name: str) -> None:
        """Take an item away."""
        self._removed.add(name)


def named(asked: Json, store: Memory | None) -> Talk | None:
    """Return the conversation that a request goes on with, None for none.

    Raises:
        ApiError: 404 for one that is not there, 400 for one beside a previous response.
    """
    held = asked.get("conversation")
    if not held:
        return None
    if asked.get("previous_response_id"):
        raise ApiError(
            "invalid_request",
            "Mutually exclusive parameters: ''. Ensure you are only providing one of: 'pre..._id' or 'conversation'.",
            code="mutually_exclusive_parameters",
        )
    name = held if isinstance(held, str) else held.get("id")
    talk: Talk | None = None if store is None else store.get(name)
    if talk is None or not name.startswith("conv_"):
        raise conversation_lost(name)
    return talk


def add(asked: Json, answer: Callable[[], Stored], size: int, store: Memory) -> None:
    """Add an answer to the conversation that its request named, if it did and nobody has deleted it since."""
    held = asked.get("conversation")
    talk: Talk | None = store.get(held["id"]) if held else None
    if talk is not None:
        talk.add(answer)
        _keep(talk, size, store)


def _keep(talk: Talk, size: int, store: Memory) -> None:
    talk.size += size
    store.put(talk.name, talk, talk.size)


def endpoints(store: Memory, root: str) -> tuple[Endpoint, ...]:
    """Return the endpoints under a root, ``/v1`` say."""

    def found(incoming: Incoming) -> Talk:
        talk = named({"conversation": incoming.params["id"]}, store)
        assert talk is not None  # noqa: S101 - a hole is never empty
        return talk

    def create(incoming: Incoming, stamp: Stamp) -> HttpResponse:
        asked = incoming.body
        names = (_name(stamp, nth) for nth in count())
        # a seed makes the same request the same, but two conversations are not one
        name = next(name for name in names if store.get(name) is None)
        talk = Talk(name, stamp.unix, asked.get("metadata") or {}, _given(asked, stamp))
        _keep(talk, len(incoming.http.body), store)
        return _answer(talk.told(), stamp)

    def fetch(incoming: Incoming, stamp: Stamp) -> HttpResponse:
        return _answer(found(incoming).told(), stamp)

    def update(incoming: Incoming, stamp: Stamp) -> HttpResponse:
        talk = found(incoming)
        talk.metadata = _needed(incoming.body, "metadata") or {}
        return _answer(talk.told(), stamp)

    def delete(incoming: Incoming, stamp: Stamp) -> HttpResponse:
        name = found(incoming).name
        store.delete(name)
        return _answer({"id": name, "object": "conversation.deleted", "deleted": True}, stamp)

    def add_items(incoming: Incoming, stamp: Stamp) -> HttpResponse:
        talk = found(incoming)
        _needed(incoming.body, "items")
        items = _given(incoming.body, stamp)
        talk.add(items)
        _keep(talk, len(incoming.http.body), store)
        return _answer(page(items, "limit=100&order=asc", usual="asc", lost=_lost), stamp)

    def listing(incoming: Incoming, stamp: Stamp) -> HttpResponse:
        return _answer(page(found(incoming).items(), incoming.http.query, usual="desc", lost=_lost), stamp)

    def held(talk: Talk, name: str) -> Json:
        for item in talk.items():
            if item["id"] == name:
                return item
        raise _lost(name)

    def item(incoming: Incoming, stamp: Stamp) -> HttpResponse:
        return _answer(held(found(incoming), incoming.params["item"]), stamp)

    def remove(incoming: Incoming, stamp: Stamp) -> HttpResponse:
        talk = found(incoming)
        talk.remove(held(talk, incoming.params["item"])["id"])
        return _answer(talk.told(), stamp)

    one, items = f"{root}/conversations/{{id}}", f"{root}/conversations/{{id}}/items"
    return (
        # a hole takes slashes too, so the longer paths come first
        Endpoint(method="GET", path=f"{items}/{{item}}", kind="plain", answer=item),
        Endpoint(method="DELETE", path=f"{items}/{{item}}", kind="plain", answer=remove),
        Endpoint(method="POST", path=items, kind="plain", contract=_CONTRACT, answer=add_items),
        Endpoint(method="GET", path=items, kind="plain", answer=listing),
        Endpoint(method="POST", path=one, kind="plain", contract=_CONTRACT, answer=update),
        Endpoint(method="GET", path=one, kind="plain", answer=fetch),
        Endpoint(method="DELETE", path=one, kind="plain", answer=delete),
        Endpoint(
            method="POST",
            path=f"{root}/conversations",
            kind="plain",
            bare=True,
            contract=_CONTRACT,
            answer=create,
        ),
    )


def _name(stamp: Stamp, nth: int) -> str:
    """Return an id as those of 2026 are: 69b58644a57081948324470d..., 6a391904fa0881959e29bbe8..."""
    drawn = stamp.chars(HEX, 36, "conv_", nth)
    return f"conv_{stamp.unix:08x}{drawn[:4]}819{int(drawn[4], 16) & 7}{drawn[4:]}"


def _needed(asked: Json, key: str) -> Json:
    if key not in asked:
        raise ApiError("invalid_request", f"Missing required parameter: '{key}'.", param=key, code=MISSING)
    return asked[key]


def _given(asked: Json, stamp: Stamp) -> list[Json]:
    return [kept(item, nth, stamp) for nth, item in enumerate(asked.get("items") or ())]


def _lost(name: str) -> ApiError:
    return ApiError("not_found", f"Item with id '{name}' not found.")


def _answer(told: Json, stamp: Stamp) -> HttpResponse:
    return HttpResponse(status=200, headers=plain(stamp), body=spell.pretty(told).encode())
