"""Cached contents: create, list, fetch, prolong and delete them, and answer requests that name one.

The core keeps nothing: ``remembering`` binds the protocol's record to a memory of the host's. Without one a cache is
made and forgotten, and whoever names it hears that it is not there, as of one that was deleted.

A request that names a cache is answered as though the cached turns, system instruction and tools stood in it; what
is cached counts as cached in its usage. Bodies and refusals are those that public probes of both hosts print: the
Gemini API says 403 for what is not there, Vertex AI 404, or 400 where it has expired.

Reference: https://ai.google.dev/api/caching and
https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/projects.locations.cachedContents
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from mockllm_core import tokens
from mockllm_core.errors import ApiError
from mockllm_core.protocol import Call, Endpoint
from mockllm_core.protocols.google_genai import ids, times
from mockllm_core.protocols.google_genai.checks import check_contents
from mockllm_core.protocols.google_genai.families import least_cached
from mockllm_core.protocols.google_genai.options import many, pick, snake
from mockllm_core.protocols.google_genai.parse import conversation
from mockllm_core.protocols.google_genai.parse import parse as understood
from mockllm_core.protocols.google_genai.plain import answered, paged
from mockllm_core.protocols.google_genai.usage import details
from mockllm_core.record import record

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockllm_core.exchange import HttpResponse
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Incoming, Memory, WireProtocol
    from mockllm_core.stamp import Stamp

__all__ = ["Cached", "Caches", "endpoints", "parse", "remembering"]

_KEPT = "google-genai cachedContents"
_MOST, _MOST_BYTES = 1_000, 32 << 20
_HOUR = 3600 * times.SECOND
_UPDATED = frozenset(("", "*", "ttl", "expire_time", "expiration"))
_INSIDE = ("contents", "systemInstruction", "tools", "toolConfig")
_ROOTS = (
    "/v1beta",
    "/v1",
    "/v1alpha",
    "/v1/projects/{project}/locations/{location}",
    "/v1beta1/projects/{project}/locations/{location}",
)


@record(kw_only=True)
class Cached:
    """One cached content.

    Attributes:
        name: ``cachedContents/ID``, on Vertex AI with the project and the location before it.
        model: as its maker named it.
        body: what it holds, as sent: contents, system instruction, tools and their configuration.
        created, updated: the times as they are told.
        expires: in nanoseconds of Unix time.
        display: its name for people.
        tokens: what it counts as.
        details: the same by kinds of media.
        size: bytes of the request that made it.
    """

    name: str
    model: str
    body: dict[str, Json]
    created: str
    updated: str
    expires: int
    display: str
    tokens: int
    details: list[Json]
    size: int

    def told(self) -> dict[str, Json]:
        """Return it as it is told: of what it holds only the size."""
        return {
            "name": self.name,
            "model": self.model,
            "createTime": self.created,
            "updateTime": self.updated,
            "expireTime": times.spelled(self.expires),
            "displayName": self.display,
            "usageMetadata": {"totalTokenCount": self.tokens},
        }


class Caches:
    """The cached contents of one memory; None keeps none.

    They are one value of it, so that they can be listed. When there are too many, the oldest go.
    """

    def __init__(self, memory: Memory | None) -> None:
        self._memory = memory

    def _held(self) -> dict[str, Cached]:
        held: dict[str, Cached] | None = None if self._memory is None else self._memory.get(_KEPT)
        return {} if held is None else held

    def _keep(self, held: dict[str, Cached]) -> None:
        if self._memory is not None:
            self._memory.put(_KEPT, held, sum(one.size for one in held.values()))

    def put(self, made: Cached) -> None:
        """Keep one, under its name."""
        held = {**self._held(), made.name: made}
        while len(held) > 1 and (len(held) > _MOST or sum(one.size for one in held.values()) > _MOST_BYTES):
            del held[next(iter(held))]
        self._keep(held)

    def listed(self, root: str, now: int) -> list[Cached]:
        """Return those below a root that have not expired, in the order they were made."""
        return [one for one in self._held().values() if one.name.startswith(root) and one.expires > now]

    def get(self, name: str, now: int, *, updating: bool = False) -> Cached:
        """Return one, and keep all of them from being what the memory drops first.

        Raises:
            ApiError: there is none of that name, or it has expired.
        """
        held = self._held()
        found = held.get(name)
        if found is None:
            raise _missing(name, updating=updating)
        if found.expires <= now:
            raise _expired(name)
        self._keep(held)
        return found

    def delete(self, name: str, now: int) -> None:
        """Forget one.

        Raises:
            ApiError: there is none of that name, or it has expired.
        """
        self.get(name, now)
        self._keep({other: one for other, one in self._held().items() if other != name})


def _missing(name: str, *, updating: bool = False) -> ApiError:
    if not name.startswith("projects/"):
        return ApiError("permission", "CachedContent not found (or permission denied)")
    ident = name.rpartition("/")[2]
    if updating:
        return ApiError("not_found", f"Cached content {ident} is not found.")
    return ApiError("not_found", f"Not found: cached content metadata for {ident}.")


def _expired(name: str) -> ApiError:
    if not name.startswith("projects/"):
        return _missing(name)
    return ApiError("invalid_request", f"Cache content {name.rpartition('/')[2]} is expired.")


# -- the endpoints ------------------------------------------------------------------------------------------------


def endpoints(memory: Memory | None = None) -> tuple[Endpoint, ...]:
    """Return the endpoints of cached contents, on both hosts; None keeps nothing."""
    caches = Caches(memory)

    def create(incoming: Incoming, stamp: Stamp) -> HttpResponse:
        made = _made(incoming, stamp)
        caches.put(made)
        return answered(made.told(), stamp, vertex="project" in incoming.params)

    def listing(incoming: Incoming, stamp: Stamp) -> HttpResponse:
        held = caches.listed(_root(incoming), times.nanoseconds(stamp.now))
        page, more = paged([one.told() for one in held], incoming.http.query, "ListCachedContentsRequest")
        return answered(
            ({"cachedContents": page} if page else {}) | more, stamp, vertex="project" in incoming.params
        )

    def get(incoming: Incoming, stamp: Stamp) -> HttpResponse:
        return answered(
            caches.get(_named(incoming), times.nanoseconds(stamp.now)).told(),
            stamp,
            vertex="project" in incoming.params,
        )

    def update(incoming: Incoming, stamp: Stamp) -> HttpResponse:
        held = caches.get(_named(incoming), times.nanoseconds(stamp.now), updating=True)
        masked = parse_qs(incoming.http.query).get("updateMask", [""])[-1]
        if not _UPDATED.issuperset(map(snake, masked.split(","))):
            raise ApiError("invalid_request", "")
        expires = _expiry(incoming.body, stamp)
        updated = max(held.updated, ids.create_time(stamp))  # their order is that of time
        made = replace(held, updated=updated, expires=expires or held.expires)
        caches.put(made)
        return answered(made.told(), stamp, vertex="project" in incoming.params)

    def delete(incoming: Incoming, stamp: Stamp) -> HttpResponse:
        caches.delete(_named(incoming), times.nanoseconds(stamp.now))
        return answered({}, stamp, vertex="project" in incoming.params)

    made: list[Endpoint] = []
    for root in _ROOTS:
        every, one = f"{root}/cachedContents", f"{root}/cachedContents/{{cache}}"
        made += [
            Endpoint(
                method="POST",
                path=every,
                kind="plain",
                contract="google-cached-content",
                bare=True,
                answer=create,
            ),
            Endpoint(method="GET", path=every, kind="plain", answer=listing),
            Endpoint(method="GET", path=one, kind="plain", answer=get),
            Endpoint(method="PATCH", path=one, kind="plain", contract="google-cached-content", answer=update),
            Endpoint(method="DELETE", path=one, kind="plain", answer=delete),
        ]
    return tuple(made)


def _root(incoming: Incoming) -> str:
    params = incoming.params
    if "project" not in params:
        return "cachedContents/"
    return f"projects/{params['project']}/locations/{params['location']}/cachedContents/"


def _named(incoming: Incoming) -> str:
    return _root(incoming) + incoming.params["cache"]


def _made(incoming: Incoming, stamp: Stamp) -> Cached:
    """Return what a request makes.

    Raises:
        ApiError: it holds too little, or what no prompt may hold.
    """
    body = incoming.body
    vertex = "project" in incoming.params
    held = {name: given for name in _INSIDE if (given := pick(body, name)) is not None}
    if many(body, "contents"):
        check_contents(body, vertex=vertex)
    model = pick(body, "model")
    if not model:
        raise ApiError(
            "invalid_request", "* CreateCachedContentRequest.cached_content.model: model is not specified\n"
        )
    asked = conversation(model, held)
    total = tokens.prompt(asked)
    if total < (least := least_cached(model, vertex=vertex)):
        raise _too_small(total, least, vertex=vertex)
    place = _root(incoming)
    ident = ids.cache_id(stamp, digits=vertex)
    created, display = ids.create_time(stamp), pick(body, "displayName")
    return Cached(
        name=place + ident,
        model=model if "/" in model else f"models/{model}",
        body=held,
        created=created,
        updated=created,
        expires=_expiry(body, stamp) or ids.arrival(stamp) + _HOUR,
        display=display if isinstance(display, str) else "",
        tokens=total,
        details=details(Call(model=model, stream=False, conversation=asked, body=held), total),
        size=len(incoming.http.body),
    )


def _too_small(total: int, least: int, *, vertex: bool) -> ApiError:
    if vertex:  # until August 2026 "to start caching"
        sentence = f"The cached content is of {total} tokens. The minimum token count to start explicit caching is {least}."
    else:
        sentence = f"Cached content is too small. total_token_count={total}, min_total_token_count={least}"
    return ApiError("invalid_request", sentence)


def _expiry(body: Json, stamp: Stamp) -> int | None:
    """Return when something made or prolonged now expires, in nanoseconds of Unix time; None when it does not say.

    Raises:
        ApiError: a duration or a time that is none, both of them, or an end before now.
    """
    ttl, end = pick(body, "ttl"), pick(body, "expireTime")
    if ttl is not None and end is not None:
        field = "cached_content"
        message = (
            f"Invalid value at '{field}' (oneof), oneof field 'expiration' is already set. Cannot set 'ttl'"
        )
        raise ApiError("invalid_request", message, param=field)
    if ttl is not None:
        length = times.duration(ttl, "cached_content.ttl")
        expires = ids.arrival(stamp) + length if length > 0 else 0
    elif end is not None:
        expires = times.moment(end, "cached_content.expire_time")
    else:
        return None
    if expires <= times.nanoseconds(stamp.now):
        raise ApiError("invalid_request", "")
    return expires


# -- requests that name a cache -----------------------------------------------------------------------------------


def parse(caches: Caches) -> Callable[[Incoming, Endpoint], Call]:
    """Return the parser of requests that may name a cache."""

    def parsed(incoming: Incoming, endpoint: Endpoint) -> Call:
        body = incoming.body
        if "cachedContent" not in body and "cached_content" not in body:
            return understood(incoming, endpoint)
        filled = _filled(caches, incoming, body, vertex=endpoint.form == "vertex")
        return understood(replace(incoming, body=filled), endpoint)

    return parsed


def _filled(caches: Caches, incoming: Incoming, body: Json, *, vertex: bool) -> Json:
    """Return a request with what its cache holds; ``cachedContent`` is then its size, no longer its name.

    Raises:
        ApiError: the cache is not there, is of another model, or the request sets what only a cache may hold.
    """
    name = pick(body, "cachedContent")
    if not name or isinstance(name, dict):  # the record that is bound to a memory wraps that without one
        return body
    check_contents(body, vertex=vertex)
    held = caches.get(name, 0 if incoming.now is None else times.nanoseconds(incoming.now))
    if any(pick(body, key) not in (None, []) for key in _INSIDE[1:]):
        raise ApiError("invalid_request", _BESIDE[vertex])
    wanted, cached = incoming.params["model"].rpartition("/")[2], held.model.rpartition("/")[2]
    if wanted != cached:
        raise ApiError(
            "invalid_request",
            f"Model used by GenerateContent request (models/{wanted}) and CachedContent (models/{cached}) has to be"
            " the same.",
        )
    own = {key: value for key, value in body.items() if snake(key) != "cached_content"}
    said = [*many(held.body, "contents"), *many(body, "contents")]
    return {
        **own,
        **held.body,
        "contents": said,
        "cachedContent": {"tokens": held.tokens, "of": held.details},
    }


_BESIDE = {
    False: "CachedContent can not be used with GenerateContent request setting system_instruction, tools or"
    " tool_config.\n\nProposed fix: move those values to CachedContent from GenerateContent request.",
    True: "Tool config, tools and system instruction should not be set in the request when using cached content.",
}


def _counting(theirs: Endpoint, caches: Caches) -> Endpoint:
    """Return an endpoint that counts tokens, those of a named cache too."""
    count = theirs.answer
    if count is None or not theirs.path.endswith("countTokens"):
        return theirs

    def counted(incoming: Incoming, stamp: Stamp) -> HttpResponse:
        body, vertex = incoming.body, "/publishers/" in theirs.path or "/projects/" in theirs.path
        whole = pick(body, "generateContentRequest")
        if whole is not None:
            body = {"generateContentRequest": _filled(caches, incoming, whole, vertex=vertex)}
        elif pick(body, "cachedContent"):
            body = _filled(caches, incoming, body, vertex=vertex)
        return count(replace(incoming, body=body), stamp)

    return replace(theirs, answer=counted)


def remembering(protocol: WireProtocol, memory: Memory | None) -> WireProtocol:
    """Return the protocol's record bound to a memory; None makes the record of one that keeps nothing."""
    caches = Caches(memory)
    served = [_counting(one, caches) for one in protocol.endpoints if "/cachedContents" not in one.path]
    return replace(protocol, endpoints=(*served, *endpoints(memory)), parse=parse(caches))
