"""A request that comes again is understood once; nobody can tell by its answers."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from features.answers import ANSWERS
from features.asks import CHAT, CONVERSE, GEMINI, MESSAGES, RESPONSES, Ask, hello, tools
from features.seen import NOW

from mockllm_cli.memory import BoundedMemory
from mockllm_core.decision import Decisions
from mockllm_core.engine import Engine, Settings
from mockllm_core.exchange import HttpRequest, HttpResponse
from mockllm_core.frame import frames
from mockllm_core.pattern import Pattern
from mockllm_core.reply import Reply, Text

if TYPE_CHECKING:
    from features.cells import Cell


def _told(response: HttpResponse) -> tuple[object, ...]:
    body = response.body
    if body is None:
        body = b"".join(frame.wire for frame in frames(response.steps))
    return response.status, response.headers, body, response.note


@pytest.fixture
def understood(monkeypatch: pytest.MonkeyPatch) -> list[HttpRequest]:
    """The requests that were known."""
    found: list[HttpRequest] = []
    get = Decisions.get

    def noted(held: Decisions, request: HttpRequest) -> object:
        decision = get(held, request)
        if decision is not None:
            found.append(request)
        return decision

    monkeypatch.setattr(Decisions, "get", noted)
    return found


@pytest.mark.parametrize(("cell", "stream"), ANSWERS)
@pytest.mark.parametrize("seeded", [True, False])
def test_each_answer_is_that_of_an_engine_that_saw_none_before(
    cell: Cell, stream: bool, seeded: bool, understood: list[HttpRequest]
) -> None:
    engine = Engine(Settings())
    statuses = set()
    for nth in range(5):  # met, remembered, known, made by a pattern
        request = cell.ask.request(stream=stream)
        now = NOW + timedelta(seconds=nth if seeded else nth * 1.25)
        fresh = None if seeded else f"entropy of answer {nth}".encode()
        told = _told(engine.answer(request, now=now, fresh=fresh))
        assert told == _told(Engine(Settings()).answer(request, now=now, fresh=fresh))
        statuses.add(told[0])
    assert len(understood) == (3 if statuses == {200} else 0)


def test_ids_are_fresh_in_each_answer_and_follow_from_the_request_where_they_should() -> None:
    engine = Engine(Settings())
    request = Ask(column=CHAT, body=hello(CHAT)).request(stream=False)
    fresh = [engine.answer(request, now=NOW, fresh=bytes([nth]) * 32).body for nth in range(3)]
    assert len(set(fresh)) == 3
    seeded = [engine.answer(request, now=NOW).body for _ in range(3)]
    assert len(set(seeded)) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"headers": {"x-mockllm-piece": "2"}},
        {"query": "beta=true"},
        {"method": "GET"},
        {"path": "/v1/responses"},
    ],
)
def test_a_request_that_differs_in_anything_is_another(
    other: dict[str, object], understood: list[HttpRequest]
) -> None:
    engine = Engine(Settings())
    request = Ask(column=CHAT, body=hello(CHAT)).request(stream=True)
    given = {name: getattr(request, name) for name in ("method", "path", "query", "headers", "body")}
    for _ in range(2):
        engine.answer(request, now=NOW)
    engine.answer(HttpRequest(**(given | other)), now=NOW)
    assert understood == []


def test_what_asks_for_an_earlier_response_is_decided_anew(understood: list[HttpRequest]) -> None:
    memory = BoundedMemory()
    engine = Engine(Settings(), memory)
    told = engine.answer(Ask(column=RESPONSES, body=hello(RESPONSES)).request(stream=False), now=NOW)
    name = str(told.body).partition('"id": "')[2].partition('"')[0]
    follows = Ask(column=RESPONSES, body=hello(RESPONSES, previous_response_id=name)).request(stream=False)
    for _ in range(3):
        assert engine.answer(follows, now=NOW).status == 200
    memory.delete(name)
    assert engine.answer(follows, now=NOW).status == 400
    assert understood == []


def test_a_cache_is_read_although_the_request_was_understood_before(understood: list[HttpRequest]) -> None:
    mark = {"type": "ephemeral"}
    content = [{"type": "text", "text": "Long words." * 5, "cache_control": mark}]
    body = hello(MESSAGES) | {"messages": [{"role": "user", "content": content}]}
    memory = BoundedMemory()
    engine = Engine(Settings(), memory)
    request = Ask(column=MESSAGES, body=body).request(stream=False)
    first, second = (str(engine.answer(request, now=NOW).body) for _ in range(2))
    assert '"cache_read_input_tokens":0' in first
    assert '"cache_read_input_tokens":0' not in second
    memory.clear()
    assert str(engine.answer(request, now=NOW).body) == first
    assert str(engine.answer(request, now=NOW).body) == second
    assert len(understood) == 2


def test_a_responder_of_the_users_is_asked_each_time() -> None:
    said = iter(("one", "two"))
    engine = Engine(Settings(responder=lambda _: Reply(blocks=(Text.of(next(said)),))))
    request = Ask(column=CHAT, body=hello(CHAT)).request(stream=False)
    first, second = (str(engine.answer(request, now=NOW).body) for _ in range(2))
    assert "one" in first
    assert "two" in second


def test_what_is_remembered_is_bounded() -> None:
    engine = Engine(Settings())
    decisions = engine._decisions
    assert decisions is not None
    for nth in range(400):
        request = Ask(column=CHAT, body=hello(CHAT, f"{nth} {'word ' * 1000}")).request(stream=False)
        engine.answer(request, now=NOW)
        assert decisions.get(request) is None
        engine.answer(request, now=NOW)
        assert decisions.get(request) is not None
    assert sum(len(body) for _, _, body in decisions._held) <= 524_288
    large = Ask(column=CHAT, body=hello(CHAT, "word " * 20_000)).request(stream=False)
    for _ in range(3):
        engine.answer(large, now=NOW)
    assert decisions.get(large) is None


@pytest.mark.parametrize("column", [CHAT, RESPONSES, MESSAGES, GEMINI])
@pytest.mark.parametrize("memory", [True, False])
@pytest.mark.parametrize("called", [True, False])
def test_what_is_usual_streams_by_a_pattern(column: str, memory: bool, called: bool) -> None:
    engine = Engine(Settings(), BoundedMemory() if memory else None)
    body = hello(column) | (tools(column, "add") if called else {})
    request = Ask(column=column, body=body).request(stream=True)
    for _ in range(3):
        _told(engine.answer(request, now=NOW))
    assert engine._decisions is not None
    known = engine._decisions.get(request)
    assert known is not None
    assert isinstance(known.pattern, Pattern)


_UNIX = int(NOW.timestamp())
_HOSTILE = [
    '"created_at":%d' % _UNIX,  # noqa: UP031 - as it is found
    '},"output_tokens":1, and "obfuscation":"abc"}',
    "   }\n\n     }",
    "\0\1\u2028 %s {} data: [DONE]\n\n",
    "".join(map(chr, range(1, 300))),
]


@pytest.mark.parametrize("column", [CHAT, RESPONSES, MESSAGES, CONVERSE, GEMINI])
@pytest.mark.parametrize("text", _HOSTILE)
def test_no_text_is_taken_for_what_differs(column: str, text: str) -> None:
    engine = Engine(Settings())
    body = hello(column, text)
    if column == RESPONSES:
        held = {"type": "object", "default": {"created_at": _UNIX, "obfuscation": "abc"}}
        tool = {"type": "function", "name": "f", "strict": False, "parameters": held}
        body |= {"tools": [tool], "tool_choice": "none", "metadata": {"created_at": str(_UNIX)}}
    request = Ask(column=column, body=body).request(stream=True)
    for nth in range(6):
        now = NOW + timedelta(days=nth)
        told = _told(engine.answer(request, now=now, fresh=b"%d" % nth))
        assert told == _told(Engine(Settings()).answer(request, now=now, fresh=b"%d" % nth))


def test_a_response_streamed_by_a_pattern_is_kept() -> None:
    engine = Engine(Settings(), BoundedMemory())
    request = Ask(column=RESPONSES, body=hello(RESPONSES)).request(stream=True)
    for nth in range(5):
        told = engine.answer(request, now=NOW, fresh=b"%d" % nth)
        last = [frame.payload for frame in frames(told.steps)][-1]["response"]
        kept = engine.answer(HttpRequest(method="GET", path=f"/v1/responses/{last['id']}"), now=NOW)
        assert json.loads(kept.body or b"")["output"] == last["output"]


def test_a_long_stream_needs_no_pattern_to_be_the_same() -> None:
    engine = Engine(Settings(piece=1))
    request = Ask(column=CHAT, body=hello(CHAT, "words " * 300)).request(stream=True)
    for nth in range(4):
        told = _told(engine.answer(request, now=NOW, fresh=b"%d" % nth))
        assert told == _told(Engine(Settings(piece=1)).answer(request, now=NOW, fresh=b"%d" % nth))
