"""InvokeModel: the families' own bodies under Bedrock's framing, read by boto3 and by our reader."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, EventStreamError
from core.protocols.bedrock_pipeline import (
    CLAUDE,
    NOVA,
    STAMP,
    TITAN,
    WEATHER,
    bedrock,
    claude,
    client,
    invoked,
    nova,
    streamed,
    titan,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from mockllm_core import eventstream
from mockllm_core.conversation import Controls
from mockllm_core.engine import FIXED_NOW, Engine, Settings
from mockllm_core.errors import ApiError, UnsupportedReply
from mockllm_core.exchange import HttpRequest, HttpResponse
from mockllm_core.frame import Run
from mockllm_core.hosts.bedrock_invoke import PROTOCOL as INVOKE
from mockllm_core.jsontext import compact
from mockllm_core.plan import plan
from mockllm_core.protocol import Incoming
from mockllm_core.protocols.bedrock_converse.stream import padding
from mockllm_core.reply import Reply, Text, ToolCall
from mockllm_core.responders import respond

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockllm_core.frame import Finding
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Turn

ANTHROPIC_TOOL = {"name": "get_weather", "input_schema": WEATHER["toolSpec"]["inputSchema"]["json"]}


def call_of(model: str, body: Any, *, stream: bool = True) -> Call:
    endpoint = next(one for one in INVOKE.endpoints if one.stream is stream)
    http = HttpRequest(method="POST", path=endpoint.path, body=json.dumps(body).encode())
    return INVOKE.parse(Incoming(http=http, params={"model": model}, body=body), endpoint)


def turn_of(call: Call, reply: Reply | None = None) -> Turn:
    return plan([reply or respond(call.conversation)], call.conversation, call.cut or INVOKE.cut)


# -- Claude -------------------------------------------------------------------------------------------------------


def test_boto3_streams_claude_without_pings_and_with_metrics_at_the_end() -> None:
    events = streamed(CLAUDE, claude("Hello there, how are you?"))
    kinds = [event["type"] for event in events]
    assert kinds[:2] == ["message_start", "content_block_start"]
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    assert "ping" not in kinds
    text = "".join(event["delta"]["text"] for event in events if event["type"] == "content_block_delta")
    assert text == "Hello there, how are you?"
    assert events[0]["message"]["id"].startswith("msg_bdrk_01")
    assert ["amazon-bedrock-invocationMetrics" in event for event in events].count(True) == 1
    metrics = events[-1]["amazon-bedrock-invocationMetrics"]
    assert list(metrics)[:4] == [
        "inputTokenCount",
        "outputTokenCount",
        "invocationLatency",
        "firstByteLatency",
    ]
    assert metrics["inputTokenCount"] == events[0]["message"]["usage"]["input_tokens"]


def test_boto3_gets_claude_whole_with_its_headers() -> None:
    response = bedrock().invoke_model(
        modelId=CLAUDE, body=json.dumps(claude("Weather?", tools=[ANTHROPIC_TOOL]))
    )
    answered = json.loads(response["body"].read())
    headers = response["ResponseMetadata"]["HTTPHeaders"]
    assert response["contentType"] == "application/json"
    assert answered["stop_reason"] == "tool_use"
    (block,) = answered["content"]
    assert block["id"].startswith("toolu_bdrk_01")
    assert set(block["input"]) == {"city"}
    assert headers["x-amzn-bedrock-input-token-count"] == str(answered["usage"]["input_tokens"])
    assert headers["x-amzn-bedrock-output-token-count"] == str(answered["usage"]["output_tokens"])
    assert int(headers["x-amzn-bedrock-invocation-latency"]) > 0


def test_a_search_for_a_tool_is_measured_too() -> None:
    search = {"type": "tool_search_tool_bm25", "name": "tool_search_tool_bm25"}
    body = claude("Hello", tools=[search, ANTHROPIC_TOOL | {"defer_loading": True}])
    *_, delta, stop = streamed(CLAUDE, body)
    metrics = stop["amazon-bedrock-invocationMetrics"]
    assert metrics["outputTokenCount"] == delta["usage"]["output_tokens"]
    response = bedrock().invoke_model(modelId=CLAUDE, body=json.dumps(body))
    answer = json.loads(response["body"].read())
    headers = response["ResponseMetadata"]["HTTPHeaders"]
    assert len(answer["content"]) == 3
    assert headers["x-amzn-bedrock-output-token-count"] == str(answer["usage"]["output_tokens"])


def test_claude_refuses_in_anthropics_words_under_bedrocks_type() -> None:
    with pytest.raises(ClientError) as caught:
        invoked(CLAUDE, {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 10})
    error = caught.value.response["Error"]
    assert error["Code"] == "ValidationException"
    assert error["Message"] == "messages: Field required"


# -- Nova and Titan -----------------------------------------------------------------------------------------------


def test_nova_puts_every_delta_in_a_block_of_its_own() -> None:
    events = streamed(NOVA, nova("Hello there, how are you today, my friend?"))
    deltas = [event["contentBlockDelta"] for event in events if "contentBlockDelta" in event]
    assert [delta["contentBlockIndex"] for delta in deltas] == list(range(len(deltas)))
    assert len(deltas) > 1
    assert list(deltas[0]) == ["delta", "contentBlockIndex"]
    assert list(events[-1]) == ["metadata", "amazon-bedrock-invocationMetrics"]
    assert list(events[-1]["metadata"]["usage"]) == [
        "inputTokens",
        "outputTokens",
        "cacheReadInputTokenCount",
        "cacheWriteInputTokenCount",
    ]


def test_nova_2_shows_a_word_for_its_thoughts_and_counts_them() -> None:
    model, body = "us.amazon.nova-2-lite-v1:0", nova("Hi", reasoningConfig={"type": "enabled"})
    whole = invoked(model, body)
    thought = {"reasoningContent": {"reasoningText": {"text": "[REDACTED]"}}}
    assert whole["output"]["message"]["content"] == [thought, {"text": "Hi"}]
    assert whole["usage"]["outputTokens"] > 5
    deltas = [event["contentBlockDelta"] for event in streamed(model, body) if "contentBlockDelta" in event]
    assert [delta["delta"] for delta in deltas] == [thought, {"text": "Hi"}]


def test_nova_calls_tools_in_its_own_order() -> None:
    body = nova("Weather?", toolConfig={"tools": [WEATHER]}, inferenceConfig={"max_new_tokens": 100})
    events = streamed(NOVA, body, controls=Controls(tool_calls=2))
    starts = [event["contentBlockStart"] for event in events if "contentBlockStart" in event]
    assert [start["contentBlockIndex"] for start in starts] == [0, 2]
    assert list(starts[0]["start"]["toolUse"]) == ["toolUseId", "name"]
    whole = invoked(NOVA, body, controls=Controls(tool_calls=2))
    assert list(whole) == ["output", "stopReason", "usage"]
    uses = [block["toolUse"] for block in whole["output"]["message"]["content"]]
    assert [list(use) for use in uses] == [["name", "toolUseId", "input"]] * 2
    assert [use["toolUseId"] for use in uses] == [start["start"]["toolUse"]["toolUseId"] for start in starts]


def test_nova_keeps_to_both_spellings_of_its_limit() -> None:
    for name in ("maxTokens", "max_new_tokens"):
        whole = invoked(NOVA, nova("one two three four", inferenceConfig={name: 2}))
        assert whole["stopReason"] == "max_tokens"
        assert whole["usage"]["outputTokens"] == 2


def test_titan_streams_text_and_says_why_it_ended() -> None:
    (chunk,) = streamed(TITAN, titan("one two three four", maxTokenCount=2))
    assert list(chunk) == [
        "outputText",
        "index",
        "totalOutputTextTokenCount",
        "completionReason",
        "inputTextTokenCount",
        "amazon-bedrock-invocationMetrics",
    ]
    assert chunk["outputText"] == "one two "
    assert chunk["completionReason"] == "LENGTH"
    whole = invoked(TITAN, titan("one two|three", stopSequences=["|"]))
    assert "cacheReadInputTokenCount" not in chunk["amazon-bedrock-invocationMetrics"]
    assert whole == {
        "inputTextTokenCount": 4,
        "results": [{"tokenCount": 2, "outputText": "one two", "completionReason": "STOP_CRITERIA_MET"}],
    }


def test_a_name_that_says_nothing_leaves_the_form_to_the_body() -> None:
    model = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc"
    assert invoked(model, claude("Hi"))["content"] == [{"type": "text", "text": "Hi"}]
    assert invoked(model, nova("Hi"))["output"]["message"]["content"] == [{"text": "Hi"}]
    assert invoked(model, titan("Hi"))["results"][0]["outputText"] == "Hi"
    assert len(invoked(model, {"inputText": "Hi"})["embedding"]) == 1024
    assert len(invoked(model, {"texts": ["Hi"], "input_type": "search_query"})["embeddings"]) == 1


@pytest.mark.parametrize(
    ("model", "body", "sentence"),
    [
        (NOVA, {}, "required key [messages] not found"),
        (NOVA, {"messages": [{"role": "user", "content": [{"text": 5}]}]}, "#/messages/0/content/0/text"),
        (TITAN, {}, "required key [inputText] not found"),
        (TITAN, {"inputText": 5}, "#/inputText: expected type: String"),
        (TITAN, {"inputText": ""}, "minLength"),
        (CLAUDE, [], "expected type: JSONObject"),
        ("amazon.titan-embed-text-v2:0", {"inputText": "a", "dimensions": 7}, "#/dimensions"),
        ("cohere.embed-english-v3", {"texts": "a", "input_type": "search_query"}, "#/texts"),
        (
            "cohere.embed-english-v3",
            {"texts": ["a"], "input_type": "search_query", "embedding_types": ["x"]},
            "'x'",
        ),
    ],
)
def test_a_bad_body_is_refused(model: str, body: Any, sentence: str) -> None:
    with pytest.raises(ClientError) as caught:
        invoked(model, body)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert sentence in caught.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("model", "instead"),
    [
        ("meta.llama3-3-70b-instruct-v1:0", "Converse speaks it."),
        ("mistral.mistral-large-2407-v1:0", "Converse speaks it."),
        ("ai21.jamba-1-5-mini-v1:0", "Converse speaks it."),
        ("us.deepseek.r1-v1:0", "Converse speaks it."),
        ("us.writer.palmyra-x5-v1:0", "Converse speaks it."),
        ("cohere.command-r-plus-v1:0", "Converse speaks it."),
        ("stability.sd3-5-large-v1:0", "There is no Converse for it, either."),
        ("amazon.nova-canvas-v1:0", "There is no Converse for it, either."),
        ("amazon.titan-image-generator-v2:0", "There is no Converse for it, either."),
        ("amazon.nova-2-multimodal-embeddings-v1:0", "There is no Converse for it, either."),
        ("us.twelvelabs.marengo-embed-2-7-v1:0", "There is no Converse for it, either."),
    ],
)
def test_a_model_of_another_family_is_one_that_the_caller_may_not_use(model: str, instead: str) -> None:
    with pytest.raises(ClientError) as caught:
        invoked(model, {"prompt": "Hi"})
    error, told = caught.value.response["Error"], caught.value.response["ResponseMetadata"]
    assert (told["HTTPStatusCode"], error["Code"], error["Message"]) == (
        403,
        "AccessDeniedException",
        "You don't have access to the model with the specified model ID.",
    )
    request = HttpRequest(method="POST", path=f"/model/{model}/invoke", body=b'{"prompt":"Hi"}')
    response = Engine(Settings()).answer(request, now=FIXED_NOW)
    note = f"mockllm's InvokeModel speaks Claude, Nova, Titan and Cohere Embed, not {model}. {instead}"
    assert dict(response.headers)["x-mockllm-note"] == note
    assert response.note.remarks == (note,)


# -- frames and reader --------------------------------------------------------------------------------------------

CASES: dict[str, tuple[str, Any, Reply | None]] = {
    "claude-text": (CLAUDE, claude("Hello, how are you?"), None),
    "claude-tool": (
        CLAUDE,
        claude("Weather?", tools=[ANTHROPIC_TOOL]),
        Reply(blocks=(Text.of("I look."), ToolCall(name="get_weather", arguments={"city": "Rome"}))),
    ),
    "nova-text": (NOVA, nova("Hello, how are you today, my friend?"), None),
    "nova-tool": (
        NOVA,
        nova("Weather?", toolConfig={"tools": [WEATHER]}),
        Reply(blocks=(Text.of("I look."), ToolCall(name="get_weather", arguments={"city": "Rome"}))),
    ),
    "titan-text": (TITAN, titan("Hello, how are you?"), None),
}


def opened(data: bytes) -> bytes:
    """A stream for a reviewer: one line a frame, its bytes decoded."""
    return b"".join(
        base64.b64decode(json.loads(message.payload)["bytes"]) + b"\n"
        for message in eventstream.Decoder().feed(data)
    )


HELD = ("claude-tool", "nova-tool")
"""Named cases whose bytes are held here; those of the rest are held with the features."""


@pytest.mark.parametrize("name", HELD)
def test_a_stream_has_these_bytes(name: str, snapshot: Callable[[str, bytes], None]) -> None:
    model, body, reply = CASES[name]
    call = call_of(model, body)
    data = b"".join(frame.wire for frame in INVOKE.stream(turn_of(call, reply), call, STAMP))
    digest = blake2b(data, digest_size=16).hexdigest()
    snapshot(f"bedrock-converse/invoke-{name}.txt", f"blake2b {digest}\n".encode() + opened(data))


@pytest.mark.parametrize("name", HELD)
def test_a_whole_answer_has_these_bytes(name: str, snapshot: Callable[[str, bytes], None]) -> None:
    model, body, reply = CASES[name]
    call = call_of(model, body, stream=False)
    snapshot(f"bedrock-converse/invoke-{name}.json", INVOKE.whole(turn_of(call, reply), call, STAMP))


@pytest.mark.parametrize("name", CASES)
def test_what_is_encoded_reads_back_byte_by_byte_and_whole(name: str) -> None:
    model, body, reply = CASES[name]
    call = call_of(model, body)
    turn = turn_of(call, reply)
    data = b"".join(frame.wire for frame in INVOKE.stream(turn, call, STAMP))
    reader = INVOKE.reader("")
    for at in range(len(data)):
        reader.feed(data[at : at + 1])
    read = reader.finish()
    assert reader.findings == []
    findings: list[Finding] = []
    whole = INVOKE.read_whole(INVOKE.whole(turn, replace(call, stream=False), STAMP), findings)
    assert findings == []
    for again in (read, whole):
        assert again.finish == turn.finish
        assert again.usage == turn.usage
        assert [type(block) for block in again.blocks] == [type(block) for block in turn.blocks]
    assert [texts(block) for block in read.blocks] == [texts(block) for block in turn.blocks]
    assert b"".join(frame.wire for frame in INVOKE.stream(read, call, STAMP)) == data


def texts(block: Any) -> tuple[str, ...]:
    return tuple(block.pieces)


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from([CLAUDE, NOVA, TITAN]),
    st.lists(st.text(st.characters(exclude_categories=[]), max_size=6), min_size=2, max_size=5),
    st.sampled_from([1, 130]),
)
def test_every_chunk_is_the_plain_encoding_of_its_event(model: str, pieces: list[str], times: int) -> None:
    call = call_of(model, {CLAUDE: claude, NOVA: nova, TITAN: titan}[model]("Hi"))
    turn = turn_of(call, Reply(blocks=(Text(pieces=tuple(pieces * times)),)))
    nth = 0
    for run in INVOKE.runs(turn, call, STAMP):
        assert isinstance(run, Run)
        assert 0 < run.number == len(list(run.cut(run.wire)))
        for frame in run.cut(run.wire):
            data = base64.b64decode(frame.payload["bytes"], validate=True)
            assert compact(json.loads(data)).encode() == data
            plain = {"bytes": base64.b64encode(data).decode(), "p": padding(STAMP, nth)}
            assert frame == eventstream.event("chunk", compact(plain).encode())
            nth += 1
    assert nth >= len(pieces) * times


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "messageStart",
                    "contentBlockDelta",
                    "outputText",
                    "metadata",
                    "messageStop",
                    "message",
                ]
            ),
            st.none()
            | st.text(max_size=4)
            | st.dictionaries(
                st.sampled_from(["delta", "usage", "stopReason"]), st.none() | st.text(max_size=3)
            ),
            max_size=3,
        ),
        max_size=5,
    )
)
def test_chunks_of_anything_never_raise(events: list[Any]) -> None:
    reader = INVOKE.reader("")
    for event in events:
        data = base64.b64encode(json.dumps(event).encode()).decode()
        reader.feed(eventstream.event("chunk", json.dumps({"bytes": data, "p": "ab"}).encode()).wire)
        INVOKE.read_whole(json.dumps(event).encode(), [])
    reader.finish()
    assert reader.findings


def test_a_broken_stream_ends_in_an_exception_that_boto3_raises() -> None:
    call = call_of(CLAUDE, claude("Hello there"))
    turn = turn_of(call)
    frames = list(INVOKE.stream(turn, call, STAMP))[:3]
    frames += INVOKE.fail(ApiError("timeout", ""), call, turn, STAMP, 3)
    headers = (("content-type", "application/vnd.amazon.eventstream"),)
    broken = client(answering=lambda _: HttpResponse(status=200, headers=headers, steps=frames))
    response = broken.invoke_model_with_response_stream(modelId=CLAUDE, body=b"{}")
    with pytest.raises(EventStreamError) as caught:
        list(response["body"])
    assert caught.value.response["Error"]["Code"] == "modelTimeoutException"


def test_a_family_refuses_what_it_has_no_words_for_before_the_first_byte() -> None:
    call = call_of(TITAN, titan("Hi"))
    turn = turn_of(call, Reply(blocks=(ToolCall(name="f", arguments={}),)))
    with pytest.raises(UnsupportedReply):
        INVOKE.stream(turn, call, STAMP)
    with pytest.raises(UnsupportedReply):
        INVOKE.whole(turn, call, STAMP)
