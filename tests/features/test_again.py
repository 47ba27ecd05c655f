"""A request that comes again is understood once; nobody can tell by its answers."""

from __future__ import annotations

import pytest
from features.asks import CHAT, MESSAGES, RESPONSES, Ask, hello
from features.cells import Cell
from features.seen import NOW
from features.table import ROWS

from mockllm_cli.memory import BoundedMemory
from mockllm_core.decision import Decisions
from mockllm_core.engine import Engine, Settings
from mockllm_core.exchange import HttpRequest, HttpResponse
from mockllm_core.frame import frames
from mockllm_core.reply import Reply, Text

ASKED = [
    pytest.param(cell, stream, id=f"{column}-{row.name}-{'stream' if stream else 'whole'}")
    for row in ROWS
    for column, cell in row.cells.items()
    if isinstance(cell, Cell)
    for stream in (True, False)
    if (cell.streams if stream else cell.whole)
]


def _told(response: HttpResponse) -> tuple[object, ...]:
    body = response.body
    if body is None:
        body = b"".join(frame.wire for frame in frames(response.steps))
    return response.status, response.headers, body, response.note


@pytest.fixture
def understood(monkeypatch: pytest.MonkeyPatch) -> list[HttpRequest]:
    """The requests that were found among the decisions."""
    found: list[HttpRequest] = []
    get = Decisions.get

    def noted(held: Decisions, request: HttpRequest) -> object:
        decision = get(held, request)
        if decision is not None:
            found.append(request)
        return decision

    monkeypatch.setattr(Decisions, "get", noted)
    return found


@pytest.mark.parametrize(("cell", "stream"), ASKED)
@pytest.mark.parametrize("fresh", [None, b"entropy of the second answer"])
def test_the_second_answer_is_that_of_an_engine_that_saw_no_first(
    cell: Cell, stream: bool, fresh: bytes | None, understood: list[HttpRequest]
) -> None:
    engine = Engine(Settings())
    request = cell.ask.request(stream=stream)
    first = engine.answer(request, now=NOW, fresh=None if fresh is None else b"entropy of the first")
    _told(first)
    second = engine.answer(cell.ask.request(stream=stream), now=NOW, fresh=fresh)
    assert _told(second) == _told(Engine(Settings()).answer(request, now=NOW, fresh=fresh))
    assert bool(understood) == (first.status == 200)


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
    engine.answer(request, now=NOW)
    engine.answer(HttpRequest(**(given | other)), now=NOW)
    assert understood == []


def test_what_asks_for_an_earlier_response_is_decided_anew(understood: list[HttpRequest]) -> None:
    memory = BoundedMemory()
    engine = Engine(Settings(), memory)
    told = engine.answer(Ask(column=RESPONSES, body=hello(RESPONSES)).request(stream=False), now=NOW)
    name = str(told.body).partition('"id": "')[2].partition('"')[0]
    follows = Ask(column=RESPONSES, body=hello(RESPONSES, previous_response_id=name)).request(stream=False)
    assert engine.answer(follows, now=NOW).status == 200
    memory.delete(name)
    assert engine.answer(follows, now=NOW).status == 400
    assert understood == []


def test_a_cache_is_read_although_the_request_was_understood_before(understood: list[HttpRequest]) -> None:
    mark = {"type": "ephemeral"}
    content = [{"type": "text", "text": "Long words.", "cache_control": mark}]
    body = hello(MESSAGES) | {"messages": [{"role": "user", "content": content}]}
    engine = Engine(Settings(), BoundedMemory())
    request = Ask(column=MESSAGES, body=body).request(stream=False)
    first, second = (str(engine.answer(request, now=NOW).body) for _ in range(2))
    assert '"cache_read_input_tokens":0' in first
    assert '"cache_read_input_tokens":0' not in second
    assert len(understood) == 1


def test_a_responder_of_the_users_is_asked_each_time() -> None:
    said = iter(("one", "two"))
    engine = Engine(Settings(responder=lambda _: Reply(blocks=(Text.of(next(said)),))))
    request = Ask(column=CHAT, body=hello(CHAT)).request(stream=False)
    first, second = (str(engine.answer(request, now=NOW).body) for _ in range(2))
    assert "one" in first
    assert "two" in second


def test_what_is_remembered_is_bounded() -> None:
    engine = Engine(Settings())
    for nth in range(400):
        text = f"{nth} {'word ' * 1000}"
        engine.answer(Ask(column=CHAT, body=hello(CHAT, text)).request(stream=False), now=NOW)
    decisions = engine._decisions
    assert decisions is not None
    assert sum(len(body) for _, _, body in decisions._held) <= 524_288
    large = Ask(column=CHAT, body=hello(CHAT, "word " * 20_000)).request(stream=False)
    engine.answer(large, now=NOW)
    assert decisions.get(large) is None
