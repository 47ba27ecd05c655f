"""Completions that are kept: ``store: true``, and the routes that list, fetch, change and delete them.

The core keeps nothing. ``stateful`` returns the protocol's record bound to a memory of the host's; without one those
routes say, honestly, that there is no such completion. Forms, key order, layout and words are those of answers recorded
in 2025 (openai/openai-dotnet, tests/SessionRecords/ChatStoreTests): one line of JSON, the newest completion first unless
``order=asc`` (the reference says the opposite), ``model`` the dated one, ``messages`` those of the request alone. Not
recorded, and so as the request or the answer spells it: tools and calls, a refusal, log probabilities, content of parts.

Reference: https://platform.openai.com/docs/api-reference/chat/list
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from mockllm_core import contract
from mockllm_core.errors import ApiError
from mockllm_core.exchange import HttpResponse
from mockllm_core.jsontext import compact, utf8
from mockllm_core.pages import asked_last, page
from mockllm_core.prompt_cache import remembering
from mockllm_core.protocol import Endpoint
from mockllm_core.protocols.openai_chat import headers
from mockllm_core.protocols.openai_chat.complaints import complain
from mockllm_core.protocols.openai_chat.errors import COMPLETION
from mockllm_core.protocols.openai_chat.values import completion_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mockllm_core.frame import Frame, Json, Run
    from mockllm_core.protocol import Call, Incoming, Memory, WireProtocol
    from mockllm_core.reply import Turn
    from mockllm_core.stamp import Stamp

__all__ = ["Stored", "endpoints", "missing", "stateful"]

_PREFIX = "chatcmpl-"
_FILTER = re.compile(r"metadata\[(.+)\]", re.DOTALL)
_SEEDS = 1 << 64


class Stored:
    """One completion as it is kept: the bytes of the answer and of the request, spelled anew only when it is asked for.

    Args:
        answer: the whole body.
        asked: the request.
        stamp: the answer's.

    Attributes:
        size: about how many bytes it holds.
        metadata: the tags; a request can change them.
    """

    def __init__(self, answer: bytes, asked: Json, stamp: Stamp) -> None:
        self._answer = answer
        self._asked = compact(asked)
        self._stamp = stamp
        self.size = len(answer) + len(self._asked)
        self.metadata: Json = asked.get("metadata") or {}

    def completion(self) -> dict[str, Json]:
        """Return the completion's object."""
        answer, asked = json.loads(self._answer), json.loads(self._asked)
        usage = answer["usage"]
        seed = asked.get("seed")
        return {
            "object": "chat.completion",
            "id": answer["id"],
            "model": answer["model"],
            "created": answer["created"],
            "request_id": headers.request_id(self._stamp),
            "tool_choice": asked.get("tool_choice"),
            "usage": {key: usage[key] for key in ("total_tokens", "completion_tokens", "prompt_tokens")},
            # any number of 64 bits where none was asked for
            "seed": self._stamp.number(_SEEDS, "seed") - _SEEDS // 2 if seed is None else seed,
            "top_p": _number(asked.get("top_p"), 1.0),
            "temperature": _number(asked.get("temperature"), 1.0),
            "presence_penalty": _number(asked.get("presence_penalty"), 0.0),
            "frequency_penalty": _number(asked.get("frequency_penalty"), 0.0),
            "system_fingerprint": answer["system_fingerprint"],
            "input_user": asked.get("user"),
            "service_tier": answer["service_tier"],
            "tools": asked.get("tools"),
            "metadata": self.metadata,
            "choices": [_choice(choice) for choice in answer["choices"]],
            "response_format": asked.get("response_format"),
        }

    def messages(self) -> list[Json]:
        """Return the messages of the request, each with an id."""
        name = completion_id(self._stamp)
        return [_message(one, f"{name}-{nth}") for nth, one in enumerate(json.loads(self._asked)["messages"])]


def _number(given: float | None, usual: float) -> float:
    return usual if given is None else float(given)


def _choice(choice: dict[str, Json]) -> dict[str, Json]:
    said = choice["message"]
    message = {
        "content": said["content"],
        "role": said["role"],
        "tool_calls": said.get("tool_calls"),
        "function_call": said.get("function_call"),
    }
    if said.get("refusal") is not None:
        message["refusal"] = said["refusal"]
    return {
        "index": choice["index"],
        "message": message,
        "finish_reason": choice["finish_reason"],
        "logprobs": choice.get("logprobs"),
    }


def _message(given: dict[str, Json], name: str) -> dict[str, Json]:
    """Return a message as it is listed: parts stand in a place of their own."""
    content = given.get("content")
    parts = content if isinstance(content, list) else None
    return {
        "id": name,
        "role": given["role"],
        "content": None if parts is not None else content,
        "content_parts": parts,
        "name": given.get("name"),
        **{key: given[key] for key in ("tool_calls", "tool_call_id", "function_call") if key in given},
    }


def missing(name: str) -> ApiError:
    """Return the 404 for an id that nothing is kept under."""
    return ApiError("not_found", f"Completion {name} not found", param=COMPLETION, code="not_found")


# -- the routes ---------------------------------------------------------------------------------------------------


def endpoints(memory: Memory | None = None) -> tuple[Endpoint, ...]:
    """Return the endpoints that answer from a memory, under each root; None keeps nothing."""

    def found(incoming: Incoming) -> Stored:
        name = incoming.params["id"]
        held = memory.get(name) if memory is not None and name.startswith(_PREFIX) else None
        if held is None:
            raise missing(name)
        stored: Stored = held
        return stored

    def listing(incoming: Incoming, stamp: Stamp) -> HttpResponse:
        names = [] if memory is None else memory.names(_PREFIX)
        held = [one for name in names if memory is not None and (one := memory.get(name)) is not None]
        return _answer(_listed(held, incoming.http.query), stamp)

    def get(incoming: Incoming, stamp: Stamp) -> HttpResponse:
        return _answer(found(incoming).completion(), stamp)

    def messages(incoming: Incoming, stamp: Stamp) -> HttpResponse:
        listed = page(found(incoming).messages(), incoming.http.query, usual="asc", lost=missing)
        return _answer(listed, stamp)

    def update(incoming: Incoming, stamp: Stamp) -> HttpResponse:
        held = found(incoming)
        held.metadata = _metadata(incoming.body)
        return _answer(held.completion(), stamp)

    def delete(incoming: Incoming, stamp: Stamp) -> HttpResponse:
        name = incoming.params["id"]
        found(incoming)
        if memory is None or not memory.delete(name):
            raise missing(name)
        return _answer({"object": "chat.completion.deleted", "id": name, "deleted": True}, stamp)

    return tuple(
        made
        for root in ("/v1/chat/completions", "/chat/completions")
        for made in (
            Endpoint(method="GET", path=root, kind="plain", answer=listing),
            # a hole takes slashes too, so the longer path comes first
            Endpoint(method="GET", path=f"{root}/{{id}}/messages", kind="plain", answer=messages),
            Endpoint(method="GET", path=f"{root}/{{id}}", kind="plain", answer=get),
            Endpoint(method="POST", path=f"{root}/{{id}}", kind="plain", answer=update),
            Endpoint(method="DELETE", path=f"{root}/{{id}}", kind="plain", answer=delete),
        )
    )


def _listed(held: list[Stored], query: str) -> dict[str, Json]:
    """Return the page of completions that a query asks for: of one model, with all of some tags."""
    asked = asked_last(query)
    model = asked.get("model")
    tags = [(found[1], value) for key, value in asked.items() if (found := _FILTER.fullmatch(key))]
    wanted = [one for one in held if all(one.metadata.get(key) == value for key, value in tags)]
    listed = [one.completion() for one in wanted]
    return page([one for one in listed if model in (None, one["model"])], query, usual="desc", lost=missing)


_USUAL: dict[str, Json] = {"model": "gpt-4o", "messages": [{"role": "user", "content": ""}]}


def _metadata(body: Json) -> Json:
    """Return the tags that a request gives; null clears them.

    Raises:
        ApiError: there are none, or they are not what a new completion could have.
    """
    if not isinstance(body, dict) or "metadata" not in body:
        raise ApiError(
            "invalid_request",
            "Missing required parameter: 'metadata'.",
            param="metadata",
            code="missing_required_parameter",
        )
    complaint = contract.check("openai-chat", {**_USUAL, "metadata": body["metadata"]})
    if complaint is not None:
        raise complain(complaint)
    return body["metadata"] or {}


def _answer(told: Json, stamp: Stamp) -> HttpResponse:
    return HttpResponse(status=200, headers=headers.of_kept(stamp), body=utf8(compact(told)))


# -- with a memory ------------------------------------------------------------------------------------------------


def stateful(protocol: WireProtocol, memory: Memory) -> WireProtocol:
    """Return the protocol's record bound to a memory, in which prompts are cached, too."""
    protocol = remembering(protocol, memory)

    def keep(told: bytes, call: Call, stamp: Stamp) -> None:
        made = Stored(told, call.body, stamp)
        memory.put(completion_id(stamp), made, made.size)

    def runs(turn: Turn, call: Call, stamp: Stamp) -> Iterable[Frame | Run]:
        if call.body.get("store") is not True:
            return protocol.runs(turn, call, stamp)
        return kept(turn, call, stamp)

    def kept(turn: Turn, call: Call, stamp: Stamp) -> Iterator[Frame | Run]:
        held: Frame | Run | None = None
        for step in protocol.runs(turn, call, stamp):
            if held is not None:
                yield held
            held = step
        # kept before the last bytes are sent, so that whoever reads them can fetch the completion at once
        keep(protocol.whole(turn, call, stamp), call, stamp)
        if held is not None:
            yield held

    def whole(turn: Turn, call: Call, stamp: Stamp) -> bytes:
        body = protocol.whole(turn, call, stamp)
        if call.body.get("store") is True:
            keep(body, call, stamp)
        return body

    def sent(run: Run, turn: Turn, call: Call, stamp: Stamp) -> None:
        del run
        if call.body.get("store") is True:
            keep(protocol.whole(turn, call, stamp), call, stamp)

    varying = protocol.varying and protocol.varying._replace(runs=runs, sent=sent)
    bound = {(made.method, made.path): made for made in endpoints(memory)}
    served = tuple(bound.get((made.method, made.path), made) for made in protocol.endpoints)
    return replace(protocol, endpoints=served, runs=runs, whole=whole, varying=varying)
