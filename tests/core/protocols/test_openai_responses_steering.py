"""``response.steer``, decided without a socket: what is queued, given back, waits, and comes unasked.

The events are those of https://developers.openai.com/api/docs/guides/steering (September 2026).
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from core.protocols.test_openai_responses_socket import NOW, Talk

from mockllm_core.exchange import Asked
from mockllm_core.frame import Pause

TOOL = {"type": "function", "name": "get_project_status", "parameters": {"type": "object", "properties": {}}}


class Steered(Talk):
    """One socket on which answers are told event by event."""

    def begin(self, *, model: str = "gpt-6-astra", **event: Any) -> Any:
        asked = self.dialogue.take(json.dumps({"type": "response.create", "model": model, **event}).encode())
        assert isinstance(asked, Asked)
        return self.answered(asked)

    def answered(self, asked: Asked) -> Any:
        told = self.dialogue.told(asked, self.own.answer(asked, now=NOW))
        return (json.loads(one) for one in told if not isinstance(one, Pause))

    def steer(self, name: str, given: Any = "Keep it small.", **more: Any) -> list[dict[str, Any]]:
        event = {"type": "response.steer", "previous_response_id": name, "input": given, **more}
        assert self.dialogue.take(json.dumps(event).encode()) == b""
        return self.due()

    def due(self) -> list[dict[str, Any]]:
        """Return the events that are due, those of an answer that nobody asked for among them."""
        told: list[dict[str, Any]] = []
        for one in self.dialogue.due():
            told += [json.loads(one)] if isinstance(one, bytes) else self.answered(one)
        return told


def types(told: list[dict[str, Any]]) -> list[str]:
    return [one["type"].removeprefix("response.") for one in told]


@pytest.mark.parametrize("lane", ["", "main"])
def test_a_response_under_way_is_steered_and_another_follows(lane: str) -> None:
    talk = Steered()
    first = talk.begin(input="Draft a plan", instructions="Be brief", **({"stream_id": lane} if lane else {}))
    created = next(first)
    name = created["response"]["id"]
    (accepted,) = talk.steer(name)
    steer = accepted["steer"]["id"]
    assert accepted == {
        "type": "response.steer.accepted",
        "sequence_number": 1,
        "steer": {"id": steer, "previous_response_id": name},
    } | ({"stream_id": lane} if lane else {})
    assert list(accepted)[:3] == ["type", "sequence_number", "steer"]
    assert steer.startswith("steer_")
    assert len(steer) == 38
    assert talk.due() == [], "the first is to finish"
    rest = list(first)
    assert [one["sequence_number"] for one in rest] == list(range(2, len(rest) + 2)), "no number comes twice"
    assert rest[-1]["response"]["status"] == "completed"
    after = talk.due()
    assert {one.get("stream_id", "") for one in after} == {lane}
    assert (after[0]["type"], after[0]["sequence_number"]) == ("response.created", 0)
    last = after[-1]["response"]
    assert (last["previous_response_id"], last["instructions"]) == (name, "Be brief")
    assert last["output"][-1]["content"][0]["text"] == "Keep it small."
    assert last["usage"]["input_tokens"] > rest[-1]["response"]["usage"]["input_tokens"]
    assert talk.due() == []


def test_a_response_that_is_over_is_steered_until_its_lane_goes_on() -> None:
    talk = Steered()
    name = list(talk.begin(input="a"))[-1]["response"]["id"]
    told = talk.steer(
        name,
        [
            {"role": "user", "content": "b"},
            {"role": "user", "content": [{"type": "input_text", "text": "c"}]},
        ],
    )
    assert types(told)[:2] == ["steer.accepted", "created"]
    assert told[-1]["response"]["output"][-1]["content"][0]["text"] == "c"
    (gone,) = talk.steer(name)
    assert gone["error"]["code"] == "response_not_found"


def test_what_steers_waits_for_a_tools_result() -> None:
    talk = Steered()
    end = list(talk.begin(input="Plan", tools=[TOOL]))[-1]
    name = end["response"]["id"]
    call = next(one for one in end["response"]["output"] if one["type"] == "function_call")
    accepted, pending = talk.steer(name, "Keep it small.")
    assert pending == {
        "type": "response.steer.pending",
        "sequence_number": end["sequence_number"] + 2,
        "steer": accepted["steer"],
        "reason": "waiting_for_required_input",
        "required_input": [
            {"type": "function_call_output", "call_id": call["call_id"], "name": TOOL["name"]}
        ],
    }
    assert list(pending)[1:] == ["sequence_number", "steer", "reason", "required_input"]
    assert talk.due() == [], "it is said once"
    output = {**pending["required_input"][0], "output": "Not started."}
    del output["name"]
    asked = talk.dialogue.take(
        json.dumps(
            {
                "type": "response.create",
                "model": "gpt-6-astra",
                "previous_response_id": name,
                "input": [output],
            }
        ).encode()
    )
    assert isinstance(asked, Asked)
    assert json.loads(asked.body)["input"] == [
        {"type": "message", "role": "user", "content": "Keep it small."},
        output,
    ]
    assert list(talk.answered(asked))[-1]["response"]["status"] == "completed"
    assert talk.due() == []


@pytest.mark.parametrize(
    "given",
    ["", [], 7, None, [{"role": "assistant", "content": "x"}], [{"role": "user", "content": [{"type": "output_text"}]}],
     [{"type": "function_call_output", "call_id": "c", "output": "x"}], [{"role": "user", "content": "x", "id": "m"}]],
)  # fmt: skip
def test_other_input_is_given_back(given: Any) -> None:
    talk = Steered()
    name = list(talk.begin(input="a"))[-1]["response"]["id"]
    (told,) = talk.steer(name, given)
    assert told["type"] == "response.steer.failed"
    assert told["steer"] == {"previous_response_id": name, "input": given}
    assert (told["error"]["type"], told["error"]["code"]) == ("invalid_request_error", "invalid_input")


def test_only_three_keys_are_taken() -> None:
    (told,) = Steered().steer("resp_1", stream_id="main")
    assert told["error"]["code"] == "invalid_input"


@pytest.mark.parametrize(
    ("model", "more"),
    [("gpt-5.6", {}), ("gpt-4o", {}), ("gpt-6-astra", {"context_management": [{"type": "compaction", "compact_threshold": 1000}]})],
)  # fmt: skip
def test_what_cannot_be_steered_says_so(model: str, more: Any) -> None:
    talk = Steered()
    end = list(talk.begin(model=model, input="a", **more))[-1]
    (told,) = talk.steer(end["response"]["id"])
    assert told["error"]["code"] == "steering_not_supported"
    assert talk.due() == []


def test_a_response_of_another_socket_is_not_found() -> None:
    name = list(Steered().begin(input="a"))[-1]["response"]["id"]
    (told,) = Steered().steer(name)
    assert (told["error"]["code"], told["sequence_number"]) == ("response_not_found", 0)


def test_not_everything_may_wait() -> None:
    talk = Steered()
    first = talk.begin(input="a")
    name = next(first)["response"]["id"]
    told = [talk.steer(name, f"{nth}")[0] for nth in range(18)]
    assert types(told).count("steer.accepted") == 16
    assert told[-1]["error"]["code"] == "too_many_pending_steers"
    list(first)
    assert talk.due()[-1]["response"]["output"][-1]["content"][0]["text"] == "15", "all in one"


def test_what_waits_is_given_back_when_the_lane_goes_elsewhere() -> None:
    talk = Steered()
    end = list(talk.begin(input="Plan", tools=[TOOL]))[-1]
    accepted, _ = talk.steer(end["response"]["id"])
    list(talk.begin(input="Something else"))
    (told,) = talk.due()
    assert told["steer"]["id"] == accepted["steer"]["id"]
    assert told["error"]["code"] == "response_not_active"
