"""Azure OpenAI: its form of chat, its errors, and what reads back."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockllm_core.engine import FIXED_NOW, Engine, Settings
from mockllm_core.errors import ApiError
from mockllm_core.exchange import HttpRequest
from mockllm_core.hosts.azure_openai import PROTOCOL
from mockllm_core.jsontext import sorted_compact
from mockllm_core.plan import plan
from mockllm_core.protocol import Call, Incoming
from mockllm_core.protocols.openai_chat import PROTOCOL as CHAT_PROTOCOL
from mockllm_core.reply import Choice, Finish, Refusal, Reply, Text, ToolCall, Turn, Usage
from mockllm_core.routing import match
from mockllm_core.stamp import Stamp

if TYPE_CHECKING:
    from mockllm_core.errors import ErrorKind
    from mockllm_core.frame import Finding
    from mockllm_core.reply import Block

STAMP = Stamp(seed=b"0", now=datetime(2026, 1, 1, tzinfo=UTC))
CHAT = "/openai/deployments/gpt-4o-mini/chat/completions"
HELLO = {"messages": [{"role": "user", "content": "hi"}]}
TOOL = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}
CALL = ToolCall(name="add", arguments={"a": 1})


def call_for(body: Any, path: str = CHAT) -> Call:
    for endpoint in PROTOCOL.endpoints:
        params = match(endpoint.path, path)
        if params is not None and endpoint.kind == "generate":
            query = "api-version=2024-10-21"
            http = HttpRequest(method="POST", path=path, query=query, body=json.dumps(body).encode())
            return PROTOCOL.parse(Incoming(http=http, params=params, body=body), endpoint)
    raise AssertionError(path)


def answer(body: Any, *blocks: Block, path: str = CHAT) -> bytes:
    call = call_for(body, path)
    turn = plan([Reply(blocks=blocks or (Text.of("Hello 👋"),))], call.conversation, PROTOCOL.cut)
    return encode(turn, call)


def encode(turn: Turn, call: Call) -> bytes:
    if call.stream:
        return b"".join(frame.wire for frame in PROTOCOL.stream(turn, call, STAMP))
    return PROTOCOL.whole(turn, call, STAMP)


CASES: dict[str, tuple[dict[str, Any], tuple[Block, ...]]] = {
    "text": ({}, ()),
    "tool": ({"tools": [TOOL]}, (CALL,)),
    "tools": ({"tools": [TOOL]}, (CALL, CALL)),
    "refusal": ({}, (Refusal.of("No."),)),
    "usage": ({"stream_options": {"include_usage": True}}, ()),
    "logprobs": ({"logprobs": True, "top_logprobs": 1}, ()),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("stream", [True, False])
def test_the_bytes_are_read_back(case: str, *, stream: bool) -> None:
    more, blocks = CASES[case]
    more = {key: value for key, value in more.items() if stream or key != "stream_options"}
    body = HELLO | {"stream": stream} | more
    wire = answer(body, *blocks)
    findings: list[Finding] = []
    if stream:
        reader = PROTOCOL.reader("")
        for at in range(0, len(wire), 5):
            reader.feed(wire[at : at + 5])
        turn, findings = reader.finish(), reader.findings
    else:
        turn = PROTOCOL.read_whole(wire, findings)
    assert not findings
    assert encode(turn, call_for(body)) == wire


# answers of 31 March 2026 (traceloop/openllmetry, tests/traces/cassettes/test_azure/test_chat_streaming.yaml) and of
# 1 August 2026 (a log that a public project kept as its example)
SAFE = '{"filtered":false,"severity":"safe"}'
ABSENT = '{"detected":false,"filtered":false}'


def test_the_form_is_that_of_a_captured_stream() -> None:
    asked = HELLO | {"stream": True, "stream_options": {"include_usage": True}}
    opening, role, word, *_, counted, _, _ = answer(asked, Text.of("Hello")).decode().split("\n\n")
    assert opening == (
        'data: {"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":'
        f'[{{"prompt_index":0,"content_filter_results":{{"hate":{SAFE},"jailbreak":{ABSENT},'
        f'"self_harm":{SAFE},"sexual":{SAFE},"violence":{SAFE}}}}}]}}'
    )
    assert role.startswith(
        'data: {"choices":[{"content_filter_results":{},"delta":{"content":"","refusal":null,"role":"assistant"},'
        '"finish_reason":null,"index":0,"logprobs":null}],"created":1767225600,"id":"chatcmpl-'
    )
    assert role.endswith(
        '"object":"chat.completion.chunk","service_tier":"default","system_fingerprint":"fp_e8100e6023","usage":null}'
    )
    assert word.startswith(
        f'data: {{"choices":[{{"content_filter_results":{{"hate":{SAFE},"protected_material_code":{ABSENT},'
        f'"protected_material_text":{ABSENT},"self_harm":{SAFE},"sexual":{SAFE},"violence":{SAFE}}},'
        '"delta":{"content":"Hello"},"finish_reason":null,"index":0,"logprobs":null}]'
    )
    assert list(json.loads(counted[6:])) == [
        "choices", "created", "id", "latency_checkpoint", "model", "obfuscation", "object", "service_tier",
        "system_fingerprint", "usage",
    ]  # fmt: skip


def test_a_whole_answer_ends_with_a_line_and_tells_its_times_in_the_usage() -> None:
    wire = answer(HELLO)
    assert wire.endswith(b'"total_tokens":3}}\n')
    took = json.loads(wire)["usage"]["latency_checkpoint"]
    assert list(took) == sorted(took)
    assert len(took) == 9
    assert took["engine_ttlt_ms"] == took["engine_ttft_ms"] + took["engine_tbt_ms"]
    assert took["service_ttft_ms"] == took["user_visible_ttft_ms"] + took["pre_inference_ms"]
    assert took["total_duration_ms"] >= took["user_visible_ttft_ms"]


def test_choices_have_logprobs_whatever_the_model_is() -> None:
    body = json.loads(answer(HELLO, path=CHAT.replace("gpt-4o-mini", "gpt-5-nano")))
    assert body["choices"][0]["logprobs"] is None


@pytest.mark.parametrize("stream", [True, False])
def test_an_answer_that_a_filter_ended_says_which_one(*, stream: bool) -> None:
    call = call_for(HELLO | {"stream": stream})
    blocked = Choice(blocks=(Text.of("So"),), finish=Finish("content_filter"))
    wire = encode(Turn(choices=(blocked,), usage=Usage(input_tokens=1, output_tokens=1)), call).decode()
    last = json.loads(wire.split("\n\n")[-3][6:] if stream else wire)["choices"][0]
    assert last["finish_reason"] == "content_filter"
    assert last["content_filter_results"]["violence"] == {"filtered": True, "severity": "medium"}
    assert wire.count('"filtered":true') == 1
    # what was streamed is out; a whole answer comes without it, and with its tokens counted
    assert ('"content":"So"' in wire) is stream
    if not stream:
        assert last["message"] == {"annotations": [], "refusal": None, "role": "assistant"}
        assert json.loads(wire)["usage"]["completion_tokens"] == 1


def test_a_text_completion_that_a_filter_ended_says_nothing_when_it_is_whole() -> None:
    path = "/openai/deployments/mock-finish-content_filter/completions"
    body = {"prompt": "So long.", "stream": False}
    request = HttpRequest(
        method="POST", path=path, query="api-version=2024-10-21", body=json.dumps(body).encode()
    )
    told = json.loads(Engine(Settings()).answer(request, now=FIXED_NOW).body or b"")["choices"][0]
    assert (told["finish_reason"], told["text"]) == ("content_filter", "")


CAPTURED = [
    *(("gpt-5.2-chat-2025-12-11", piece, padding) for piece, padding in [("Hey", 8), ("!", 10), (" 👋", 9)]),
    *(("gpt-5.2-chat-2025-12-11", piece, padding) for piece, padding in [("  \n", 7), (" working", 3)]),
    *(("gpt-4.1-mini-2025-04-14", piece, padding) for piece, padding in [("Why", 13), (" conference", 5)]),
]
"""Of before ``service_tier``: padding was 10 longer, of 16."""


@pytest.mark.parametrize(("model", "piece", "padding"), CAPTURED)
def test_padding_is_as_long_as_in_a_captured_stream(model: str, piece: str, padding: int) -> None:
    call = call_for(HELLO | {"stream": True, "model": model}, "/openai/v1/chat/completions")
    turn = plan([Reply(blocks=(Text(pieces=(piece, "x")),))], call.conversation, PROTOCOL.cut)
    *_, chunk = [frame.payload for frame in PROTOCOL.stream(turn, call, STAMP)][:3]
    assert chunk["choices"][0]["delta"] == {"content": piece}
    tier = len(',"service_tier":"default"')
    assert len(chunk["obfuscation"]) == (padding - tier) % 16


def test_padding_is_as_long_as_in_a_stream_of_august_2026() -> None:
    """``-B mod 16`` counts the tier in each chunk and the times in the last."""
    asked = HELLO | {
        "stream": True,
        "model": "gpt-5.4-mini-2026-03-17",
        "stream_options": {"include_usage": True},
    }
    call = call_for(asked, "/openai/v1/chat/completions")
    turn = plan([Reply(blocks=(Text(pieces=("Hi", "!", " How")),))], call.conversation, PROTOCOL.cut)
    chunks = [frame.payload for frame in PROTOCOL.stream(turn, call, STAMP)][1:-1]
    assert [len(chunk["obfuscation"]) for chunk in chunks[:-1]] == [3, 3, 4, 1, 15]
    counted = chunks[-1]
    plain = {key: counted[key] for key in counted if key != "obfuscation"}
    assert (len(sorted_compact(plain)) + len(counted["obfuscation"])) % 16 == 0


_PIECES = st.lists(st.text(max_size=12), max_size=4).map(tuple)
_BLOCKS = st.lists(
    st.builds(Text, pieces=_PIECES)
    | st.builds(Refusal, pieces=_PIECES)
    | st.builds(ToolCall, name=st.text(min_size=1), pieces=_PIECES, id=st.just("call_1")),
    min_size=1,
    max_size=3,
).map(tuple)


@settings(max_examples=80, deadline=None)
@given(choices=st.lists(_BLOCKS, min_size=1, max_size=2), padded=st.booleans(), counted=st.booleans())
def test_a_stream_is_chat_with_filters_and_sorted_keys(
    choices: list[tuple[Block, ...]], *, padded: bool, counted: bool
) -> None:
    options = {"include_usage": counted, "include_obfuscation": padded}
    call = call_for(HELLO | {"stream": True, "stream_options": options})
    said = tuple([Choice(blocks=blocks, finish=Finish("stop")) for blocks in choices])
    turn = Turn(choices=said, usage=Usage(input_tokens=1, output_tokens=2))
    _, *sent = PROTOCOL.stream(turn, call, STAMP)
    plain = list(CHAT_PROTOCOL.stream(turn, call, STAMP))
    assert len(sent) == len(plain)
    for frame, chat in zip(sent[:-1], plain[:-1], strict=True):
        chunk = chat.payload
        for choice in chunk["choices"]:
            delta = choice["delta"]
            words = delta.get("content") or delta.get("refusal")
            safe, absent = json.loads(SAFE), json.loads(ABSENT)
            found = dict.fromkeys(("hate", "self_harm", "sexual", "violence"), safe)
            found |= dict.fromkeys(("protected_material_code", "protected_material_text"), absent)
            choice["content_filter_results"] = found if words else {}
        assert frame.wire == f"data: {sorted_compact(chunk)}\n\n".encode()


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=120))
def test_reading_garbage_never_raises_and_is_never_fine(data: bytes) -> None:
    reader = PROTOCOL.reader("")
    reader.feed(data)
    reader.finish()
    findings: list[Finding] = []
    PROTOCOL.read_whole(data, findings)
    assert reader.findings
    assert findings


GOOD = answer(HELLO | {"stream": True})
BREAKS: list[tuple[str, str, str]] = [
    ("azure-prompt-filter", r"\A.*\n\n", ""),
    ("azure-choice-filter", r'"content_filter_results":{},', ""),
    ("azure-sorted", r'"index":0,"logprobs":null', '"logprobs":null,"index":0'),
    ("azure-sorted", r'"index":0,"logprobs"', '"index": 0,"logprobs"'),
    ("azure-keys", r'"index":0,"logprobs":null}', '"index":0,"logprobs":null,"zeta":1}'),
    ("chat-obfuscation", r'"obfuscation":"', '"obfuscation":"x'),
    ("chat-done", r"data: \[DONE\]\n\n", ""),
]


@pytest.mark.parametrize(("rule", "what", "instead"), BREAKS)
def test_each_break_of_a_rule_is_found(rule: str, what: str, instead: str) -> None:
    broken, times = re.subn(what, instead, GOOD.decode(), count=1)
    assert times
    reader = PROTOCOL.reader("")
    reader.feed(broken.encode())
    reader.finish()
    found = {finding.rule for finding in reader.findings}
    assert rule in found
    assert found <= set(PROTOCOL.rules)


def test_a_whole_answer_without_its_filters_is_found() -> None:
    findings: list[Finding] = []
    body = re.sub(rb'"prompt_filter_results":.*?}}],', b"", answer(HELLO))
    PROTOCOL.read_whole(body, findings)
    assert {finding.rule for finding in findings} == {"azure-prompt-filter"}


def test_the_deployment_is_the_model_and_the_body_may_name_none() -> None:
    assert call_for(HELLO).model == "gpt-4o-mini"
    assert call_for(HELLO | {"model": "x"}, "/openai/v1/chat/completions").model == "x"
    with pytest.raises(ApiError, match="you must provide a model parameter"):
        call_for(HELLO, "/openai/v1/chat/completions")
    with pytest.raises(ApiError, match="Missing required parameter: 'messages'"):
        call_for({})


def test_text_completions_have_the_filters_too() -> None:
    path = "/openai/deployments/gpt-3.5-turbo-instruct/completions"
    body = json.loads(answer({"prompt": "x"}, Text.of("Hi"), path=path))
    assert list(body) == sorted(body)
    assert body["choices"][0]["content_filter_results"]["hate"] == {"filtered": False, "severity": "safe"}
    streamed = answer({"prompt": "x", "stream": True}, Text.of("Hi"), path=path)
    assert streamed.count(b"content_filter_results") == 1 + 2
    assert streamed.endswith(b"data: [DONE]\n\n")


def test_the_headers_are_those_of_captured_answers() -> None:
    """Of March 2026 (openllmetry's cassettes), with what came by July: streaming or not, the model, its key."""
    call = call_for(HELLO)
    turn = plan([Reply(blocks=(Text.of("Hi"),))], call.conversation, PROTOCOL.cut)
    sent = dict(PROTOCOL.headers(turn, call, STAMP))
    uuid = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
    for name in ("apim-request-id", "x-request-id"):
        assert re.fullmatch(uuid, sent.pop(name))
    assert re.fullmatch(r"d\d{14}-[0-9a-f]{8}", sent.pop("azureml-model-session"))
    assert sent == {
        "content-type": "application/json",
        "azureai-fe-is-streaming": "False",
        "skip-error-remapping": "true",
        "strict-transport-security": "max-age=31536000; includeSubDomains; preload",
        "x-accel-buffering": "no",
        "x-content-type-options": "nosniff",
        "x-ms-deployment-name": "gpt-4o-mini",
        "x-ms-is-spilled-over": "false",
        "x-ms-rai-invoked": "true",
        "x-ms-region": "East US",
        "x-ms-served-model": "gpt-4o-mini-2024-07-18",
        "x-ratelimit-abusepenalty-active": "False",
        "x-ratelimit-key": "gpt-4o-mini",
        "x-ratelimit-limit-requests": "1500",
        "x-ratelimit-limit-tokens": "250000",
        "x-ratelimit-remaining-requests": "1499",
        "x-ratelimit-remaining-tokens": "249999",
        "x-ratelimit-renewalperiod-requests": "10",
        "x-ratelimit-renewalperiod-tokens": "60",
        "x-ratelimit-reset-requests": "0",
        "x-ratelimit-reset-tokens": "0",
    }


def test_embeddings_are_answered() -> None:
    endpoint = next(one for one in PROTOCOL.endpoints if one.path.endswith("{model}/embeddings"))
    path = "/openai/deployments/text-embedding-3-small/embeddings"
    http = HttpRequest(method="POST", path=path, query="api-version=2024-10-21")
    body = {"input": "a cat", "dimensions": 3}
    assert endpoint.answer is not None
    params = match(endpoint.path, path)
    assert params is not None
    response = endpoint.answer(Incoming(http=http, params=params, body=body), STAMP)
    answered = json.loads(response.body or b"")
    # they pass through as OpenAI spells them (openllmetry, test_azure_openai_embeddings.yaml)
    assert (response.body or b"").decode() == json.dumps(answered, indent=2) + "\n"
    assert list(answered) == ["object", "data", "model", "usage"]
    assert "x-ms-rai-invoked" not in dict(response.headers)
    assert dict(response.headers)["x-ms-deployment-name"] == "text-embedding-3-small"
    assert (answered["model"], len(answered["data"][0]["embedding"])) == ("text-embedding-3-small", 3)


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("authentication", 401, "401"),
        ("permission", 403, "403"),
        ("not_found", 404, "DeploymentNotFound"),
        ("method_not_allowed", 405, "405"),
        ("rate_limit", 429, "RateLimitReached"),
        ("timeout", 408, "Timeout"),
    ],
)
def test_the_gateways_errors_have_a_code_and_a_message(kind: ErrorKind, status: int, code: str) -> None:
    response = PROTOCOL.error(ApiError(kind, "", allow=("POST",)), None, STAMP)
    body = json.loads(response.body or b"")["error"]
    assert (response.status, body["code"], list(body)) == (status, code, ["code", "message"])
    assert ("retry-after" in dict(response.headers)) is (kind == "rate_limit")
    assert "apim-request-id" in dict(response.headers)


@pytest.mark.parametrize("kind", ["invalid_request", "server_error", "unavailable", "overloaded"])
def test_the_engines_errors_have_openais_form(kind: ErrorKind) -> None:
    response = PROTOCOL.error(ApiError(kind, ""), None, STAMP)
    assert list(json.loads(response.body or b"")["error"]) == ["message", "type", "param", "code"]
    assert "openai-organization" not in dict(response.headers)


@pytest.mark.parametrize("stream", [True, False])
def test_the_official_client_reads_it(*, stream: bool) -> None:
    import httpx2
    import openai

    def handle(asked: httpx2.Request) -> httpx2.Response:
        call = call_for(json.loads(asked.content), asked.url.path)
        turn = plan([Reply(blocks=(Text.of("Hi you!"),))], call.conversation, PROTOCOL.cut)
        return httpx2.Response(200, headers=PROTOCOL.headers(turn, call, STAMP), content=encode(turn, call))

    transport = httpx2.Client(transport=httpx2.MockTransport(handle))
    client = openai.AzureOpenAI(
        api_key="k",
        api_version="2024-10-21",
        azure_endpoint="http://mock",
        http_client=transport,
        max_retries=0,
    )
    messages: Any = HELLO["messages"]
    if stream:
        with client.chat.completions.stream(model="gpt-4o-mini", messages=messages) as events:
            text = events.get_final_completion().choices[0].message.content
    else:
        said = client.chat.completions.create(model="gpt-4o-mini", messages=messages)
        text = said.choices[0].message.content
    assert text == "Hi you!"


@pytest.mark.parametrize(
    "path", [CHAT, CHAT.replace("chat/", ""), CHAT.replace("chat/completions", "embeddings")]
)
@pytest.mark.parametrize("query", ["", "api-version=", "version=2024-10-21"])
def test_without_a_version_the_gateway_finds_nothing(path: str, query: str) -> None:
    request = HttpRequest(method="POST", path=path, query=query, body=json.dumps(HELLO).encode())
    response = Engine(Settings()).answer(request, now=STAMP.now)
    assert response.status == 404
    assert response.body == b'{"error":{"code":"404","message":"Resource not found"}}'
    assert "apim-request-id" in dict(response.headers)


@pytest.mark.parametrize(
    "path", ["/openai/assistants", "/openai/deployments/d/images/edits", "/openai/v1/nothing/responses"]
)
def test_the_gateway_does_not_find_what_is_not_here(path: str) -> None:
    response = Engine(Settings()).answer(
        HttpRequest(method="GET", path=path, query="api-version=2024-10-21"), now=STAMP.now
    )
    assert response.status == 404
    assert response.body == b'{"error":{"code":"404","message":"Resource not found"}}'


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/openai/models", "api-version=2024-10-21", 200),
        ("/openai/models", "", 404),
        ("/openai/v1/models", "", 200),
        ("/openai/v1/models/gpt-5", "", 200),
        ("/openai/models/gpt-5", "", 404),
        ("/openai/v1/models/llama", "", 404),
        # once the list of what is deployed; over by August 2026
        ("/openai/deployments", "api-version=2024-10-21", 404),
        ("/openai/v1/deployments", "", 404),
    ],
)
def test_models_are_where_azure_has_them(path: str, query: str, status: int) -> None:
    response = Engine(Settings()).answer(HttpRequest(method="GET", path=path, query=query), now=STAMP.now)
    assert response.status == status
    assert "apim-request-id" in dict(response.headers)
    told = json.loads(response.body or b"")
    if status == 404:
        assert told == {"error": {"code": "404", "message": "Resource not found"}}
    else:
        assert "capabilities" in (told["data"][0] if "data" in told else told)


def test_a_model_of_azure_s_catalogue_is_spelled_as_seen() -> None:
    request = HttpRequest(method="GET", path="/openai/v1/models/claude-sonnet-4-5-20250929")
    told = json.loads(Engine(Settings()).answer(request, now=STAMP.now).body or b"")
    # read from a live resource in August 2026, but for the order of the keys
    assert told | {"deprecation": None} == {
        "id": "claude-sonnet-4-5-20250929",
        "object": "model",
        "status": "succeeded",
        "lifecycle_status": "generally-available",
        "created_at": 1760918400,
        "deprecation": None,
        "capabilities": {
            "inference": True,
            "chat_completion": True,
            "embeddings": False,
            "completion": False,
            "fine_tune": False,
        },
    }


@pytest.mark.parametrize(
    ("path", "query", "asked", "under"),
    [
        (
            "/openai/deployments/mock-error-rate_limit/chat/completions",
            "api-version=2024-10-21",
            "ChatCompletions_Create",
            "Azure OpenAI API version 2024-10-21",
        ),
        ("/openai/v1/chat/completions", "", "ChatCompletions_Create", "OpenAI Language Model Instance API"),
        (
            "/openai/deployments/mock-error-rate_limit/embeddings",
            "api-version=2024-10-21",
            "Embeddings_Create",
            "Azure OpenAI API version 2024-10-21",
        ),
    ],
)
def test_who_asks_too_often_is_told_for_what(path: str, query: str, asked: str, under: str) -> None:
    body = json.dumps({"model": "mock-error-rate_limit", **HELLO}).encode()
    response = Engine(Settings()).answer(
        HttpRequest(method="POST", path=path, query=query, body=body), now=STAMP.now
    )
    # in these words, and with this one space, in reports from autumn 2025 on
    sentence = (
        "Your requests to mock-error-rate_limit for mock-error-rate_limit in East US have exceeded the token rate limit for "
        f"your current OpenAI S0 pricing tier. This request was for {asked} under {under}. Please retry after 1 second. To "
        "increase your default rate limit, visit: https://aka.ms/oai/quotaincrease."
    )
    assert response.body == f'{{"error":{{"code":"RateLimitReached","message": "{sentence}"}}}}'.encode()
    assert dict(response.headers)["x-ms-region"] == "East US"
