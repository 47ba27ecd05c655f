"""Answers that compact the conversation: what is said, in which order, and how the conversation goes on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from mockllm_cli.memory import BoundedMemory
from mockllm_core.engine import FIXED_NOW, Engine, Settings
from mockllm_core.exchange import HttpRequest
from mockllm_core.frame import frames
from mockllm_core.protocols.openai_responses import PROTOCOL
from mockllm_core.reply import Opaque, Reply, Text

if TYPE_CHECKING:
    from mockllm_core.conversation import Conversation
    from mockllm_core.frame import Finding

LONG = {"role": "user", "content": "word " * 1000}  # 1,250 tokens
TRIGGER = {"type": "compaction_trigger"}


def never(conversation: Conversation) -> Reply:
    raise AssertionError(conversation)


@pytest.fixture
def engine() -> Engine:
    return Engine(Settings(), BoundedMemory())


def ask(engine: Engine, given: Any, root: str = "/v1", **more: Any) -> Any:
    """Ask for a whole answer, and read it without a finding."""
    body = json.dumps({"model": "gpt-5.5", "input": given, **more}).encode()
    response = engine.answer(HttpRequest(method="POST", path=f"{root}/responses", body=body), now=FIXED_NOW)
    assert response.body is not None
    if response.status == 200:
        findings: list[Finding] = []
        PROTOCOL.read_whole(response.body, findings)
        assert findings == []
    return json.loads(response.body)


def events(engine: Engine, given: Any, **more: Any) -> list[Any]:
    """Ask for a stream, and read it without a finding."""
    body = json.dumps({"model": "gpt-5.5", "input": given, "stream": True, **more}).encode()
    response = engine.answer(HttpRequest(method="POST", path="/v1/responses", body=body), now=FIXED_NOW)
    sent = list(frames(response.steps))
    reader = PROTOCOL.reader("")
    for frame in sent:
        reader.feed(frame.wire)
    turn = reader.finish()
    assert reader.findings == []
    assert any(isinstance(block, Opaque) for block in turn.blocks)
    return [frame.payload for frame in sent]


def names(told: list[Any]) -> list[str]:
    return [one["type"].removeprefix("response.") for one in told]


def managed(threshold: int | None = 1000) -> dict[str, Any]:
    return {"context_management": [{"type": "compaction", "compact_threshold": threshold}]}


def test_a_trigger_is_answered_by_a_compaction_and_nobody_is_asked_for_more() -> None:
    told = ask(Engine(Settings(responder=never)), [LONG, TRIGGER])
    (item,) = told["output"]
    assert list(item) == ["id", "type", "encrypted_content"]
    assert (item["type"], item["id"][:4]) == ("compaction", "cmp_")
    assert told["status"] == "completed"
    # a quarter of what was said, and no less than 32 or more than 512
    assert (told["usage"]["input_tokens"], told["usage"]["output_tokens"]) == (1250, 312)
    short = ask(Engine(Settings(responder=never)), [TRIGGER])
    assert short["usage"]["output_tokens"] == 32


def test_its_stream_tells_the_progress_between_added_and_done(engine: Engine) -> None:
    told = events(engine, [LONG, TRIGGER])
    assert names(told) == [
        *("created", "in_progress", "output_item.added"),
        *["compaction.compacting"] * 4,
        *("output_item.done", "completed"),
    ]
    added, progress, done, completed = told[2], told[3], told[-2], told[-1]
    assert progress == {
        "type": "response.compaction.compacting",
        "item_id": added["item"]["id"],
        "output_index": 0,
        "sequence_number": 3,
    }
    assert list(progress) == ["type", "item_id", "output_index", "sequence_number"]
    (final,) = completed["response"]["output"]
    sealed = {one["encrypted_content"] for one in (added["item"], done["item"], final)}
    assert len(sealed) == 3
    assert {one["id"] for one in (added["item"], done["item"], final)} == {final["id"]}


def test_a_long_input_is_compacted_before_the_answer(engine: Engine) -> None:
    plain = ask(engine, [LONG])
    told = ask(engine, [LONG], **managed(1250))
    assert [item["type"] for item in told["output"]] == ["compaction", "message"]
    assert told["output"][1]["content"] == plain["output"][0]["content"]
    assert told["usage"]["output_tokens"] == plain["usage"]["output_tokens"] + 312
    streamed = names(events(engine, [LONG], **managed(1250)))
    assert streamed[2:6] == [
        "output_item.added",
        "output_item.done",
        "output_item.added",
        "content_part.added",
    ]


@pytest.mark.parametrize("more", [managed(1251), managed(None), {"context_management": None}])
def test_a_shorter_one_is_not(engine: Engine, more: dict[str, Any]) -> None:
    assert [item["type"] for item in ask(engine, [LONG], **more)["output"]] == ["message"]


def test_what_was_compacted_is_not_due_again(engine: Engine) -> None:
    first = ask(engine, [LONG, TRIGGER])
    going = [LONG, *first["output"], {"role": "user", "content": "Go on."}]
    assert [item["type"] for item in ask(engine, going, **managed())["output"]] == ["message"]
    again = [*going, LONG]
    assert [item["type"] for item in ask(engine, again, **managed())["output"]] == ["compaction", "message"]


@pytest.mark.parametrize("root", ["/v1", "", "/openai/v1"])
def test_a_kept_conversation_goes_on_from_its_compaction(engine: Engine, root: str) -> None:
    first = ask(engine, [LONG, TRIGGER], root)
    then = ask(engine, "Go on.", root, previous_response_id=first["id"])
    assert then["output"][0]["content"][0]["text"] == "Go on."
    assert then["usage"]["input_tokens"] == 312 + 2

    def listed(name: str) -> list[str]:
        path = f"{root}/responses/{name}/input_items"
        body = engine.answer(HttpRequest(method="GET", path=path, query="order=asc"), now=FIXED_NOW).body
        return [item["type"] for item in json.loads(body or b"")["data"]]

    # a trigger is no item of the conversation
    assert (listed(first["id"]), listed(then["id"])) == (["message"], ["compaction", "message"])


def test_a_compaction_that_comes_back_changed_is_refused(engine: Engine) -> None:
    (item,) = ask(engine, [LONG, TRIGGER])["output"]
    sealed = item["encrypted_content"]
    changed = sealed[:30] + ("A" if sealed[30] != "A" else "B") + sealed[31:]
    told = ask(engine, [{**item, "encrypted_content": changed}, {"role": "user", "content": "Go on."}])
    assert told["error"]["code"] == "invalid_encrypted_content"


@pytest.mark.parametrize("said", [1, 1000, 3000])
def test_a_compaction_that_comes_back_counts_as_what_was_paid_for_it(engine: Engine, said: int) -> None:
    # not known of the API; as many as its answer counted for it, down to the block of 4 that it is sealed in
    told = ask(engine, [{"role": "user", "content": "word " * said}, TRIGGER])
    paid = told["usage"]["output_tokens"]
    # it says nothing to a responder
    going = ask(engine, [*told["output"], {"role": "user", "content": "Go on."}])
    assert going["usage"]["input_tokens"] == paid // 4 * 4 + 2
    assert going["output"][0]["content"][0]["text"] == "Go on."
    body = {"model": "gpt-5.5", "input": told["output"]}
    request = HttpRequest(method="POST", path="/v1/responses/input_tokens", body=json.dumps(body).encode())
    counted = json.loads(engine.answer(request, now=FIXED_NOW).body or b"")
    assert counted["input_tokens"] == paid // 4 * 4 + 1


def test_behind_a_compaction_a_prompt_is_cached_and_another_compaction_is_another_prompt(
    engine: Engine,
) -> None:
    first, other = (
        ask(engine, [{"role": "user", "content": text * 1000}, TRIGGER])["output"][0]
        for text in ("one ", "two ")
    )
    long = {"role": "user", "content": "word " * 2000}
    read = [
        ask(engine, [item, long])["usage"]["input_tokens_details"]["cached_tokens"]
        for item in (first, first, other)
    ]
    assert read == [0, 2688, 0]  # of 250 and 2,500 tokens, in steps of 128


def test_the_users_own_answer_stands_behind_it() -> None:
    says = Engine(Settings(responder=lambda _: Reply(blocks=(Text.of("Noted."),))))
    told = ask(says, [LONG], **managed())
    assert told["output"][1]["content"][0]["text"] == "Noted."
    assert told["usage"]["output_tokens"] == 312 + 2


def test_in_the_background_it_is_the_same(engine: Engine) -> None:
    queued = ask(engine, [LONG, TRIGGER], background=True)
    assert (queued["status"], queued["output"]) == ("queued", [])
    assert "compaction.compacting" in names(events(engine, [LONG, TRIGGER], background=True))
