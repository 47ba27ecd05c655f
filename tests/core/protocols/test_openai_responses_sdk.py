"""The official client reads what we send: its parser and its accumulator, without a server."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import httpx2
import openai
import pytest
from openai import OpenAI

from mockllm_core.errors import ApiError
from mockllm_core.exchange import HttpRequest
from mockllm_core.plan import plan
from mockllm_core.protocol import Incoming
from mockllm_core.protocols.openai_responses import PROTOCOL
from mockllm_core.reply import Reasoning, Refusal, Reply, Text, ToolCall
from recordings.harness import stamp

if TYPE_CHECKING:
    from mockllm_core.reply import Block

TOOL: Any = {
    "type": "function",
    "name": "f",
    "strict": True,
    "parameters": {
        "type": "object",
        "properties": {"a": {"type": "integer"}},
        "required": ["a"],
        "additionalProperties": False,
    },
}


def client(*said: Block) -> OpenAI:
    """Return a client whose every request is answered with these blocks."""

    def handle(request: httpx2.Request) -> httpx2.Response:
        body = json.loads(request.content)
        http = HttpRequest(method="POST", path=request.url.path, body=request.content)
        if body["model"] == "mock-error-not_found":
            lost = PROTOCOL.error(ApiError("not_found", "", model=body["model"]), http, stamp())
            return httpx2.Response(lost.status, headers=list(lost.headers), content=lost.body)
        try:
            call = PROTOCOL.parse(Incoming(http=http, params={}, body=body), PROTOCOL.endpoints[0])
        except ApiError as error:
            refused = PROTOCOL.error(error, http, stamp())
            return httpx2.Response(refused.status, headers=list(refused.headers), content=refused.body)
        turn = plan([Reply(blocks=said)], call.conversation, PROTOCOL.cut)
        headers = list(PROTOCOL.headers(turn, call, stamp()))
        if not call.stream:
            return httpx2.Response(200, headers=headers, content=PROTOCOL.whole(turn, call, stamp()))
        wire = b"".join(frame.wire for frame in PROTOCOL.stream(turn, call, stamp()))
        return httpx2.Response(200, headers=headers, content=wire)

    transport = httpx2.MockTransport(handle)
    return OpenAI(api_key="sk-x", max_retries=0, http_client=httpx2.Client(transport=transport))


def test_the_stream_helper_gathers_what_the_whole_body_says() -> None:
    blocks = (
        Reasoning(pieces=("One", " two", "three"), parts=(2, 1)),
        Text.of("Let me see — ça va?"),
        ToolCall(name="f", arguments={"a": 1}),
        ToolCall(name="f", arguments={"a": 2}),
        ToolCall(name="g", pieces=("free text",), free_text=True),
    )
    asked: Any = {
        "model": "gpt-5.5",
        "input": "hi",
        "tools": [TOOL, {"type": "custom", "name": "g"}],
        "reasoning": {"summary": "auto"},
    }
    with client(*blocks).responses.stream(**asked) as stream:
        names = [event.type for event in stream]
        gathered = stream.get_final_response()
    whole = client(*blocks).responses.create(**asked)
    assert names.count("response.function_call_arguments.done") == 2
    assert gathered.output_text == whole.output_text == "Let me see — ça va?"
    assert gathered.usage == whole.usage
    assert [item.type for item in whole.output] == [
        "reasoning",
        "message",
        "function_call",
        "function_call",
        "custom_tool_call",
    ]
    told = gathered.model_dump(exclude={"output", "billing"}, exclude_unset=True)
    assert told == whole.model_dump(exclude={"output", "billing"}, exclude_unset=True)
    for one, other in zip(gathered.output, whole.output, strict=True):
        left, right = one.to_dict(), other.to_dict()
        left.pop("parsed_arguments", None)
        for part in left.get("content") or []:  # type: ignore[attr-defined]
            part.pop("parsed", None)
        assert left == right


def test_a_refusal_and_a_cut_answer_are_understood() -> None:
    refused = client(Refusal.of("No.")).responses.create(model="gpt-4o", input="hi")
    (message,) = refused.output
    assert message.type == "message"
    assert message.content[0].type == "refusal"
    with client(Text.of("word " * 50)).responses.stream(
        model="gpt-4o", input="hi", max_output_tokens=16
    ) as stream:
        cut = [event for event in stream if event.type == "response.incomplete"]
    assert cut[0].response.incomplete_details is not None
    assert cut[0].response.incomplete_details.reason == "max_output_tokens"


@pytest.mark.parametrize(
    ("body", "kind", "param"),
    [
        ({"model": "mock-error-not_found"}, openai.NotFoundError, "model"),
        ({"model": "gpt-5", "temperature": 0}, openai.BadRequestError, "temperature"),
        ({"conversation": "conv_x"}, openai.NotFoundError, None),
    ],
)
def test_an_error_is_raised_as_its_type(
    body: Any, kind: type[openai.APIStatusError], param: str | None
) -> None:
    with pytest.raises(kind) as caught:
        client(Text.of("x")).responses.create(**{"model": "gpt-4o", "input": "hi", **body})
    assert caught.value.param == param
    assert caught.value.request_id is not None
    assert caught.value.request_id.startswith("req_")


def test_what_we_sent_can_be_sent_back() -> None:
    first = client(Reasoning.of("Hm."), ToolCall(name="f", arguments={"a": 1})).responses.create(
        model="gpt-5.5", input="hi", tools=[TOOL], include=["reasoning.encrypted_content"]
    )
    history: Any = [{"role": "user", "content": "hi"}, *(item.to_dict() for item in first.output)]
    call_id = history[-1]["call_id"]
    history.append({"type": "function_call_output", "call_id": call_id, "output": "1"})
    assert client(Text.of("One.")).responses.create(model="gpt-5.5", input=history).output_text == "One."


def test_the_deviations_are_told_with_a_reason() -> None:
    told = json.loads(
        files("mockllm_core.protocols.openai_responses").joinpath("deviations.json").read_text("utf-8")
    )
    for deviation in told:
        assert set(deviation) == {"item", "ours", "theirs", "since", "why", "dated"}
        assert bool(deviation["since"]) is deviation["dated"]


@pytest.mark.parametrize("stream", [False, True])
def test_moderation_is_told_of_both_sides_when_all_is_said(*, stream: bool) -> None:
    asked: Any = {"model": "gpt-5.5", "input": "hi", "moderation": {"model": "omni-moderation-latest"}}
    if stream:
        events = list(client(Text.of("Hi")).responses.create(**asked, stream=True))
        assert [event.response.moderation for event in events[:2]] == [None, None]
        response = events[-1].response
    else:
        response = client(Text.of("Hi")).responses.create(**asked)
    assert response.output_text == "Hi"
    for side in (response.moderation.input, response.moderation.output):
        assert (side.type, side.model, side.flagged) == ("moderation_result", "omni-moderation-latest", False)
        assert side.category_applied_input_types["violence"] == ["text"]
    assert response.moderation.input.category_scores != response.moderation.output.category_scores
