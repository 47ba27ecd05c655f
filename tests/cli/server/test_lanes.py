"""The lanes of a WebSocket that stays open: side by side, and in each one after another."""

from __future__ import annotations

import itertools
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from cli.server.test_dialogue import PATH, Talker, create
from cli.server.test_hardness import Running, until, well
from cli.server.test_websocket import BINARY, TEXT, frame, handshake
from cli.server.test_wire import QUICK

from mockllm_cli import MockServer
from mockllm_core.responders import respond

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.conversation import Conversation
    from mockllm_core.reply import Reply


class Lanes:
    """What comes on one socket, told apart by lane."""

    def __init__(self, client: Talker) -> None:
        self.client = client
        self.events: dict[str | None, list[dict[str, Any]]] = {}
        self.order: list[str | None] = []
        self.most = 0

    def until_ended(self, number: int) -> Lanes:
        """Take events until so many answers are over; in each the numbers have no hole."""
        ends = ("response.completed", "error")
        while sum(one["type"] in ends for told in self.events.values() for one in told) < number:
            event = self.client.event()
            lane = event.get("stream_id")
            told = self.events.setdefault(lane, [])
            if event["type"] == "response.created":
                assert not told or told[-1]["type"] in ends, "in one lane answers take turns"
                assert event["sequence_number"] == 0
            elif event["type"] != "error":
                assert event["sequence_number"] == told[-1]["sequence_number"] + 1
            told.append(event)
            self.order.append(lane)
            self.most = max(self.most, sum(one[-1]["type"] not in ends for one in self.events.values()))
        return self

    def texts(self, lane: str | None) -> list[str]:
        """Return what was answered in a lane, or the codes of errors."""
        return [
            one["error"]["code"]
            if one["type"] == "error"
            else "".join(part["text"] for item in one["response"]["output"] for part in item["content"])
            for one in self.events[lane]
            if one["type"] in ("response.completed", "error")
        ]

    def changes(self) -> int:
        """Return how often another lane comes next."""
        return sum(one != other for one, other in itertools.pairwise(self.order))


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    with MockServer() as running:
        yield running


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_requests_may_come_all_at_once(server: MockServer, opcode: int) -> None:
    texts = [f"number {nth}" for nth in range(400)]
    with Talker(server) as client:
        sending = b"".join(frame(create(text, stream_id=f"lane_{len(text)}"), opcode) for text in texts)
        thread = threading.Thread(target=client.send, args=(handshake(PATH) + sending,))
        thread.start()
        client.opened()
        heard = Lanes(client).until_ended(len(texts))
        thread.join()
    assert [text for lane in ("lane_8", "lane_9", "lane_10") for text in heard.texts(lane)] == texts


def test_lanes_go_side_by_side(server: MockServer) -> None:
    said = {lane: [f"{lane} {nth}" for nth in range(3)] for lane in ("a", "b", None)}
    with Talker(server) as client:
        client.begin(x_mockllm_delay="10", x_mockllm_piece="1")
        begun = time.monotonic()
        for turn in zip(*said.values(), strict=True):
            for lane, text in zip(said, turn, strict=True):
                client.send(frame(create(text, **({"stream_id": lane} if lane else {}))))
        heard = Lanes(client).until_ended(9)
        seconds = time.monotonic() - begun
    assert {lane: heard.texts(lane) for lane in said} == said
    assert heard.changes() > 60, "events of three lanes lie between one another"
    longest = max(map(len, heard.events.values()))
    assert longest * 0.01 * 0.8 < seconds < longest * 0.01 * 2, "three lanes take as long as one"


def test_a_lane_may_fail_or_be_refused_beside_another(server: MockServer) -> None:
    with Talker(server) as client:
        client.begin(x_mockllm_delay="20")
        client.send(frame(create("one two three four five six", stream_id="long")))
        assert client.event()["type"] == "response.created"
        client.send(frame(create(stream_id="bad", model="mock-error-rate_limit")) + frame(b'{"type":"x"}'))
        client.send(frame(create("after", stream_id="bad")))
        heard = Lanes(client)
        heard.events["long"] = [{"type": "response.created", "sequence_number": 0}]
        heard.until_ended(4)
    assert heard.texts("bad") == ["rate_limit_exceeded", "after"]
    assert heard.texts("long") == ["one two three four five six"]
    assert heard.order[-1] == "long", "who is refused does not wait for another lane"
    assert heard.events[None][0]["error"]["code"] == "invalid_value"


def test_as_many_lanes_as_there_may_be_take_turns_in_the_end() -> None:
    names = [f"lane_{nth}" for nth in range(32)]
    with Running() as server, Talker(server) as client:
        client.begin(x_mockllm_delay="5")
        client.send(
            b"".join(frame(create(f"{name} {nth}", stream_id=name)) for nth in (0, 1) for name in names)
        )
        heard = Lanes(client).until_ended(64)
        assert server.server.held == 0
    assert all(heard.texts(name) == [f"{name} 0", f"{name} 1"] for name in names)
    assert heard.most == 16, "so many are answered at once"


def test_lanes_that_nobody_reads_hold_little() -> None:
    with Running(timeouts=QUICK) as server, Talker(server) as client:
        client.begin(x_mockllm_piece="1")
        client.send(b"".join(frame(create("x" * 60_000, stream_id=f"lane_{nth}")) for nth in range(12)))
        assert until(lambda: max((one.unsent for one in server.server._connections), default=0) > 0)
        assert max(one.unsent for one in server.server._connections) < 2 << 20
        assert until(lambda: not server.server._connections)
        assert server.server.held == 0
        well(server)


def test_a_server_that_stops_finishes_every_lane() -> None:
    with Running() as server, Talker(server) as client:
        client.begin(x_mockllm_delay="30")
        for lane in ("a", "b"):
            client.send(
                frame(create(f"one two {lane}", stream_id=lane)) + frame(create("never", stream_id=lane))
            )
        seen = {client.event()["stream_id"] for _ in range(4)}
        server.server.shutdown()
        assert seen == {"a", "b"}
        assert {client.answer(), client.answer()} == {"one two a", "one two b"}
        assert client.close()[0] == 1001


def test_threads_may_answer_several_lanes() -> None:
    both = threading.Barrier(2)

    def says(conversation: Conversation) -> Reply:
        both.wait(5)
        return respond(conversation)

    with MockServer(responder=says) as server, Talker(server) as client:
        client.begin()
        client.send(frame(create("a", stream_id="a")) + frame(create("b", stream_id="b")))
        heard = Lanes(client).until_ended(2)
    assert (heard.texts("a"), heard.texts("b")) == (["a"], ["b"])


def test_a_lane_is_forked_while_its_own_goes_on(server: MockServer) -> None:
    with Talker(server) as client:
        client.begin(x_mockllm_delay="10")
        client.send(frame(create("plan", store=False, stream_id="planner")))
        first = Lanes(client).until_ended(1).events["planner"][-1]["response"]["id"]
        more = {"store": False, "previous_response_id": first}
        client.send(frame(create("gaps", stream_id="critic", **more)))
        while client.event()["type"] != "response.in_progress":
            pass
        client.send(frame(create("rollback", stream_id="planner", **more)))
        assert {client.answer(), client.answer()} == {"gaps", "rollback"}
        client.send(frame(create("late", stream_id="third", **more)))
        assert client.answer() == "previous_response_not_found", "the lane has gone on"
