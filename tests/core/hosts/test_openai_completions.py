"""Text completions: exact bytes, options, and what reads back."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockllm_core import contract
from mockllm_core.engine import Engine, Settings
from mockllm_core.errors import ApiError, UnsupportedReply
from mockllm_core.exchange import HttpRequest
from mockllm_core.frame import Run, frames
from mockllm_core.hosts.openai_completions import PROTOCOL
from mockllm_core.jsontext import compact
from mockllm_core.plan import plan
from mockllm_core.protocol import Call, Incoming
from mockllm_core.reply import Choice, Finish, Reply, Text, ToolCall, Turn, Usage
from mockllm_core.stamp import Stamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockllm_core.frame import Finding

STAMP = Stamp(seed=b"0", now=datetime(2026, 1, 1, tzinfo=UTC))
INSTRUCT = "gpt-3.5-turbo-instruct"


def call_for(**more: Any) -> Call:
    body = {"model": INSTRUCT, "prompt": "Say hi"} | more
    assert contract.check("openai-completions", body) is None
    http = HttpRequest(method="POST", path="/v1/completions", body=json.dumps(body).encode())
    return PROTOCOL.parse(Incoming(http=http, params={}, body=body), PROTOCOL.endpoints[0])


def encode(turn: Turn, call: Call) -> bytes:
    PROTOCOL.supports(turn)
    if call.stream:
        return b"".join(frame.wire for frame in PROTOCOL.stream(turn, call, STAMP))
    return PROTOCOL.whole(turn, call, STAMP)


def answer(text: str = "Hi there, friend!", **more: Any) -> bytes:
    call = call_for(**more)
    replies = [Reply(blocks=(Text.of(text),))] * call.conversation.choices
    return encode(plan(replies, call.conversation, PROTOCOL.cut), call)


def engine_answer(body: dict[str, Any], piece: str = "", reply: str | None = None) -> bytes:
    headers = {"x-mockllm-piece": piece} if piece else {}
    http = HttpRequest(method="POST", path="/v1/completions", headers=headers, body=json.dumps(body).encode())
    response = Engine(Settings(reply=reply)).answer(http, now=STAMP.now)
    return (
        response.body
        if response.body is not None
        else b"".join(frame.wire for frame in frames(response.steps))
    )


def chunks(wire: bytes) -> list[Any]:
    events = wire.decode().split("\n\n")
    assert events[-2:] == ["data: [DONE]", ""]
    return [json.loads(event.removeprefix("data: ")) for event in events[:-2]]


CASES: dict[str, dict[str, Any]] = {
    "text": {},
    "usage": {"stream_options": {"include_usage": True}},
    "length": {"max_tokens": 2},
    "echo": {"echo": True},
    "two": {"n": 2},
    "logprobs": {"logprobs": 2},
    "prompts": {"prompt": ["a", "bc"], "n": 2, "echo": True},
}

HELD = ("echo", "logprobs", "prompts")
"""Named cases whose bytes are held here; those of the rest are held with the features."""


@pytest.mark.parametrize("case", HELD)
@pytest.mark.parametrize("stream", [True, False])
def test_the_bytes_are_those_reviewed(
    case: str, *, stream: bool, snapshot: Callable[[str, bytes], None]
) -> None:
    more = {key: value for key, value in CASES[case].items() if stream or key != "stream_options"}
    snapshot(f"openai-completions/{case}.{'sse' if stream else 'json'}", answer(stream=stream, **more))


@pytest.mark.parametrize("case", CASES)
def test_a_stream_says_what_a_whole_answer_says(case: str) -> None:
    more = {key: value for key, value in CASES[case].items() if key != "stream_options"}
    whole = json.loads(answer(**more))
    texts: dict[int, str] = {}
    reasons: dict[int, str] = {}
    for chunk in chunks(answer(stream=True, **more)):
        for choice in chunk["choices"]:
            texts[choice["index"]] = texts.get(choice["index"], "") + choice["text"]
            if choice["finish_reason"]:
                reasons[choice["index"]] = choice["finish_reason"]
    assert [texts[index] for index in sorted(texts)] == [choice["text"] for choice in whole["choices"]]
    assert [reasons[index] for index in sorted(texts)] == [
        choice["finish_reason"] for choice in whole["choices"]
    ]


pieces = st.lists(st.text(min_size=1, max_size=6), max_size=4).map(tuple)
spoken = st.builds(
    Choice,
    blocks=st.builds(Text, pieces=pieces).map(lambda text: (text,)),
    finish=st.sampled_from([Finish("stop"), Finish("length")]),
)
usages = st.builds(Usage, input_tokens=st.integers(0, 99), output_tokens=st.integers(0, 99))
turns = st.builds(Turn, choices=st.lists(spoken, min_size=1, max_size=3).map(tuple), usage=usages)


@settings(max_examples=60, deadline=None)
@given(turn=turns, cuts=st.lists(st.integers(0), max_size=5))
def test_a_stream_reads_back_in_any_pieces(turn: Turn, cuts: list[int]) -> None:
    call = call_for(stream=True, stream_options={"include_usage": True}, n=len(turn.choices))
    wire = encode(turn, call)
    reader = PROTOCOL.reader("")
    marks = sorted(cut % (len(wire) + 1) for cut in cuts)
    for start, end in zip([0, *marks], [*marks, len(wire)], strict=True):
        reader.feed(wire[start:end])
    back = reader.finish()
    assert not reader.findings
    assert (back.choices, back.usage) == (turn.choices, turn.usage)
    assert encode(back, call) == wire


@settings(max_examples=60, deadline=None)
@given(turn=turns, logprobs=st.none() | st.integers(0, 2), counted=st.booleans())
def test_a_stream_is_the_plain_encoding_of_its_chunks(
    turn: Turn, logprobs: int | None, *, counted: bool
) -> None:
    more = {} if logprobs is None else {"logprobs": logprobs}
    call = call_for(stream=True, stream_options={"include_usage": counted}, n=len(turn.choices), **more)
    runs = list(PROTOCOL.runs(turn, call, STAMP))
    streamed = list(PROTOCOL.stream(turn, call, STAMP))
    assert b"".join(run.wire for run in runs) == b"".join(frame.wire for frame in streamed)
    assert sum(run.number if isinstance(run, Run) else 1 for run in runs) == len(streamed)
    for frame in streamed[:-1]:
        assert frame.wire == f"data: {compact(frame.payload)}\n\n".encode()


@settings(max_examples=60, deadline=None)
@given(turn=turns)
def test_a_whole_answer_reads_back(turn: Turn) -> None:
    call = call_for(n=len(turn.choices))
    body = encode(turn, call)
    findings: list[Finding] = []
    back = PROTOCOL.read_whole(body, findings)
    assert not findings
    assert encode(back, call) == body


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=100) | st.just(b'data: {"id":1,"choices":[1,{"text":2}],"usage":{}}\n\n'))
def test_reading_garbage_never_raises_and_is_never_fine(data: bytes) -> None:
    reader = PROTOCOL.reader("")
    reader.feed(data)
    reader.finish()
    findings: list[Finding] = []
    PROTOCOL.read_whole(data, findings)
    assert reader.findings
    assert findings


GOOD = answer(stream=True, stream_options={"include_usage": True})
BREAKS: list[tuple[str, str, str]] = [
    ("completions-framing", r"^data: ", "event: x\ndata: "),
    ("completions-json", r"^data: {", "data: "),
    ("completions-keys", r'"logprobs":null,', ""),
    ("completions-id", "cmpl-", "cmpl_"),
    ("completions-choice", r'"index":0', '"index":"0"'),
    ("completions-finish", r'"finish_reason":"stop"', '"finish_reason":null'),
    ("completions-usage", r'"total_tokens":\d+', '"total_tokens":0'),
    ("completions-done", r"data: \[DONE\]\n\n", ""),
    ("completions-error", r'"choices":\[\]', '"error":"x","choices":[]'),
]


@pytest.mark.parametrize(("rule", "what", "instead"), BREAKS)
def test_each_break_of_a_rule_is_found(rule: str, what: str, instead: str) -> None:
    broken, times = re.subn(what, instead, GOOD.decode(), count=1, flags=re.MULTILINE)
    assert times
    reader = PROTOCOL.reader("")
    reader.feed(broken.encode())
    reader.finish()
    assert rule in {finding.rule for finding in reader.findings}


def test_a_whole_answer_without_its_last_newline_is_found() -> None:
    findings: list[Finding] = []
    PROTOCOL.read_whole(answer()[:-1], findings)
    assert [finding.rule for finding in findings] == ["completions-layout"]


def test_every_rule_has_a_test_that_breaks_it() -> None:
    assert {rule for rule, _, _ in BREAKS} | {"completions-layout"} == set(PROTOCOL.rules)


@pytest.mark.parametrize(
    ("more", "texts", "choices", "most"),
    [
        ({}, ["Say hi"], 1, 16),
        ({"prompt": None}, ["<|endoftext|>"], 1, 16),
        ({"prompt": ["a", "b"], "n": 2}, ["a", "b"], 4, 16),
        ({"prompt": [1, 2]}, ["1 2"], 1, 16),
        ({"prompt": [[1], [2, 3]]}, ["1", "2 3"], 2, 16),
        ({"max_tokens": 5, "stop": "x", "suffix": "!", "best_of": 1}, ["Say hi"], 1, 5),
        ({"max_tokens": 0, "echo": True}, ["Say hi"], 1, 0),
        ({"max_tokens": 4096}, ["Say hi"], 1, 4096),
        ({"max_tokens": 9999, "model": "davinci-002"}, ["Say hi"], 1, 9999),
    ],
)
def test_a_request_is_understood(more: dict[str, Any], texts: list[str], choices: int, most: int) -> None:
    conversation = call_for(**more).conversation
    assert [message.parts[0].text for message in conversation.messages] == texts  # type: ignore[union-attr]
    assert (conversation.choices, conversation.max_tokens) == (choices, most)


@pytest.mark.parametrize(
    ("more", "kind", "message"),
    [
        ({"model": "gpt-4o"}, "not_found", "This is a chat model"),
        ({"model": "gpt-3.5-turbo"}, "not_found", "This is a chat model"),
        ({"n": 2, "best_of": 1}, "invalid_request", "You requested that the server return more choices"),
        ({"prompt": []}, "invalid_request", "Invalid 'prompt': empty array."),
        (
            {"best_of": 2, "stream": True},
            "invalid_request",
            "Setting 'stream' and 'best_of' at the same time",
        ),
        ({"stream_options": {"include_usage": True}}, "invalid_request", "The 'stream_options' parameter"),
        ({"echo": True, "logprobs": 0}, "invalid_request", "Setting 'echo' and 'logprobs' at the same time"),
        (
            {"max_tokens": 4097},
            "invalid_request",
            (
                r"^This model's maximum context length is 4097 tokens, however you requested 4099 tokens \(2 in your "
                r"prompt; 4097 for the completion\)\. Please reduce your prompt; or completion length\.$"
            ),
        ),
    ],
)
def test_what_the_provider_refuses_is_refused(more: dict[str, Any], kind: str, message: str) -> None:
    with pytest.raises(ApiError, match=message) as caught:
        call_for(**more)
    assert caught.value.kind == kind


@pytest.mark.parametrize("stream", [False, True])
def test_nothing_made_the_prompt_likely_and_the_last_event_has_no_token(stream: bool) -> None:
    wire = answer(model="davinci-002", echo=True, logprobs=1, stream=stream)
    told = [
        choice["logprobs"]
        for event in (chunks(wire) if stream else [json.loads(wire)])
        for choice in event["choices"]
    ]
    first = told[0]
    assert (first["token_logprobs"][0], first["top_logprobs"][0]) == (None, None)
    assert all(chance < 0 for one in told for chance in one["token_logprobs"][1:])
    if stream:
        assert told[1]["token_logprobs"][0] < 0
        assert told[-1] == {"tokens": [], "token_logprobs": [], "top_logprobs": [], "text_offset": []}


def test_a_models_name_cannot_break_a_header() -> None:
    call = call_for(model="mine\r\nx-evil: 1 é")
    sent = dict(PROTOCOL.headers(plan([Reply(blocks=())], call.conversation, PROTOCOL.cut), call, STAMP))
    assert sent["openai-model"] == "mine??x-evil: 1 ?"


def test_a_tool_call_cannot_be_spelled() -> None:
    choice = Choice(blocks=(ToolCall(name="x", pieces=("{}",)),), finish=Finish("tool_call"))
    with pytest.raises(UnsupportedReply, match="ToolCall"):
        PROTOCOL.supports(Turn(choices=(choice,), usage=Usage(input_tokens=0, output_tokens=0)))


@pytest.mark.parametrize("stream", [True, False])
def test_the_official_client_reads_it(*, stream: bool) -> None:
    import httpx2
    import openai

    def handle(asked: httpx2.Request) -> httpx2.Response:
        body = json.loads(asked.content)
        call = call_for(**body)
        turn = plan([Reply(blocks=(Text.of("Hi!"),))], call.conversation, PROTOCOL.cut)
        return httpx2.Response(200, headers=PROTOCOL.headers(turn, call, STAMP), content=encode(turn, call))

    transport = httpx2.Client(transport=httpx2.MockTransport(handle))
    client = openai.OpenAI(api_key="k", base_url="http://mock/v1", http_client=transport, max_retries=0)
    if stream:
        parts = client.completions.create(model=INSTRUCT, prompt="x", stream=True)
        assert "".join(part.choices[0].text for part in parts) == "Hi!"
    else:
        whole = client.completions.create(model=INSTRUCT, prompt="x")
        assert (whole.choices[0].text, whole.choices[0].finish_reason) == ("Hi!", "stop")


@pytest.mark.parametrize("piece", ["", "1"])
def test_each_prompt_gets_answers_of_its_own(piece: str) -> None:
    body = {"model": INSTRUCT, "prompt": ["ab", "cd"], "n": 2}
    told = json.loads(engine_answer(body, piece))
    texts = [(one["index"], one["text"]) for one in told["choices"]]
    assert texts == [(0, "ab"), (1, "ab"), (2, "cd"), (3, "cd")]
    assert told["usage"] == {"prompt_tokens": 1, "completion_tokens": 4, "total_tokens": 5}
    spoken = ["", "", "", ""]
    for chunk in chunks(engine_answer(body | {"stream": True}, piece)):
        for one in chunk["choices"]:
            spoken[one["index"]] += one["text"]
    assert spoken == ["ab", "ab", "cd", "cd"]


def test_each_prompt_is_told_a_reply_that_is_fixed() -> None:
    said = json.loads(engine_answer({"model": INSTRUCT, "prompt": ["ab", "cd"], "echo": True}, reply="!"))
    assert [one["text"] for one in said["choices"]] == ["ab!", "cd!"]


@pytest.mark.parametrize(
    ("prompt", "tokens"), [([1, 2, 3], 3), ([[1, 2], [3]], 3), (["ab", "cd"], 1), (["a"], 1)]
)
def test_a_prompt_of_tokens_counts_as_many(prompt: Any, tokens: int) -> None:
    assert json.loads(answer(prompt=prompt))["usage"]["prompt_tokens"] == tokens
    told = chunks(answer(prompt=prompt, stream=True, stream_options={"include_usage": True}))[-1]
    assert told["usage"]["prompt_tokens"] == tokens
