"""Cached contents: made, told, prolonged, named and forgotten, on both hosts."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from core.protocols.google_genai_case import NEW, NOW, TOOLS, path_of, request

from mockllm_cli.memory import BoundedMemory
from mockllm_core import Engine, Settings
from mockllm_core.exchange import HttpRequest
from mockllm_core.protocols.google_genai import caches, times

BEGIN = datetime(2026, 9, 7, 1, 18, 17, 438678, tzinfo=UTC)
GEMINI = "/v1beta/cachedContents"
VERTEX = "/v1beta1/projects/p/locations/us-central1/cachedContents"
LONG = {"role": "user", "parts": [{"text": "word " * 2000}]}
IMAGE = {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}

TOLD = "CachedContent can not be used with GenerateContent request setting system_instruction, tools or tool_config."
FIX = "Proposed fix: move those values to CachedContent from GenerateContent request."
BESIDE = (
    f"{TOLD}\n\n{FIX}",
    "Tool config, tools and system instruction should not be set in the request when using cached content.",
)
SAME = "has to be the same."
OTHER = (f"Model used by GenerateContent request (models/{NEW}) and CachedContent (models/{NOW}) {SAME}",) * 2
INVALID = "Invalid value at 'cached_content"
PROTOBUF = "(type.googleapis.com/google.protobuf."


class Host:
    """One host's caches and models, asked at a time that a test moves."""

    def __init__(self, *, vertex: bool = False, keeps: bool = True) -> None:
        self.engine = Engine(Settings(), BoundedMemory() if keeps else None)
        self.vertex = vertex
        self.path = VERTEX if vertex else GEMINI
        self.now = BEGIN

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        path, _, query = path.partition("?")
        sent = b"" if body is None else json.dumps(body).encode()
        response = self.engine.answer(
            HttpRequest(method=method, path=path, query=query, body=sent), now=self.now
        )
        return response.status, json.loads(response.body or b"".join(one.wire for one in response.steps))  # type: ignore[union-attr]

    def make(self, model: str = NOW, **more: Any) -> Any:
        status, told = self.ask("POST", self.path, {"model": f"models/{model}", "contents": [LONG], **more})
        assert status == 200
        return told

    def place(self, made: Any) -> str:
        return f"{self.path}/{made['name'].rpartition('/')[2]}"

    def generate(self, made: Any, model: str = NOW, **more: Any) -> tuple[int, Any]:
        path = path_of(model, method="generateContent", vertex=self.vertex)
        return self.ask("POST", path, request(cachedContent=made["name"]) | more)


@pytest.fixture(params=[False, True], ids=["gemini", "vertex"])
def host(request: pytest.FixtureRequest) -> Host:
    return Host(vertex=request.param)


def test_a_cache_is_told_as_a_public_probe_prints_it() -> None:
    told = Host().make(systemInstruction={"parts": [{"text": "Be brief."}]}, tools=TOOLS)
    assert list(told) == [
        "name",
        "model",
        "createTime",
        "updateTime",
        "expireTime",
        "displayName",
        "usageMetadata",
    ]
    assert re.fullmatch(r"cachedContents/[a-z0-9]{40}", told["name"])
    assert told["createTime"] == told["updateTime"] == "2026-09-07T01:18:17.438678Z"
    assert re.fullmatch(r"2026-09-07T02:18:17\.[0-9]{9}Z", told["expireTime"])
    assert told["expireTime"] < "2026-09-07T02:18:17.438678Z"
    assert (told["model"], told["displayName"]) == ("models/gemini-2.5-flash", "")
    assert list(told["usageMetadata"]) == ["totalTokenCount"]


def test_vertex_names_project_place_and_number() -> None:
    told = Host(vertex=True).make(displayName="mine")
    assert re.fullmatch(r"projects/p/locations/us-central1/cachedContents/[1-9][0-9]{18}", told["name"])
    assert told["displayName"] == "mine"


def test_each_host_has_headers_of_its_own(host: Host) -> None:
    """Of Vertex AI no answer with ``server-timing`` is recorded."""
    for path in (host.path, f"{host.path}/1"):
        response = host.engine.answer(HttpRequest(method="GET", path=path), now=host.now)
        assert ("server-timing" in dict(response.headers)) is not host.vertex


def test_caches_are_listed_by_page_fetched_and_deleted(host: Host) -> None:
    assert host.ask("GET", host.path) == (200, {})
    first, second = host.make(), host.make(model="gemini-2.5-pro")
    assert host.ask("GET", host.path) == (200, {"cachedContents": [first, second]})
    status, page = host.ask("GET", f"{host.path}?pageSize=1")
    assert (status, page["cachedContents"]) == (200, [first])
    then = host.ask("GET", f"{host.path}?pageSize=1&pageToken={page['nextPageToken']}")
    assert then == (200, {"cachedContents": [second]})
    assert host.ask("GET", host.place(first)) == (200, first)
    assert host.ask("DELETE", host.place(first)) == (200, {})
    assert host.ask("GET", host.path) == (200, {"cachedContents": [second]})


def test_what_is_cached_counts_once_as_prompt_and_once_as_cached(host: Host) -> None:
    made = host.make(contents=[{**LONG, "parts": [*LONG["parts"], IMAGE]}])
    cached = made["usageMetadata"]["totalTokenCount"]
    assert cached == 2500 + 258
    status, told = host.generate(made, contents=[{"role": "user", "parts": [{"text": "Hello, cache!"}]}])
    usage = told["usageMetadata"]
    assert (status, told["candidates"][0]["content"]["parts"][0]["text"]) == (200, "Hello, cache!")
    assert (usage["promptTokenCount"], usage["cachedContentTokenCount"]) == (cached + 4, cached)
    assert usage["cacheTokensDetails"] == [
        {"modality": "TEXT", "tokenCount": 2500},
        {"modality": "IMAGE", "tokenCount": 258},
    ]


def test_streams_read_the_cache_too() -> None:
    host = Host()
    made = host.make()
    status, told = host.ask("POST", path_of(NOW), request(cached_content=made["name"]))
    assert status == 200
    assert {chunk["usageMetadata"]["cachedContentTokenCount"] for chunk in told} == {2500}


def test_cached_tools_and_their_mode_are_followed(host: Host) -> None:
    made = host.make(tools=TOOLS, toolConfig={"functionCallingConfig": {"mode": "ANY"}})
    _, told = host.generate(made)
    assert told["candidates"][0]["content"]["parts"][0]["functionCall"]["name"] == "get_weather"


def test_a_count_tells_what_of_it_is_cached() -> None:
    host = Host()
    made = host.make()
    body = request(cachedContent=made["name"])
    for sent in (body, {"generateContentRequest": body | {"model": f"models/{NOW}"}}):
        status, told = host.ask("POST", path_of(NOW, method="countTokens"), sent)
        assert status == 200
        assert list(told) == [
            "totalTokens",
            "cachedContentTokenCount",
            "promptTokensDetails",
            "cacheTokensDetails",
        ]
        assert (told["totalTokens"], told["cachedContentTokenCount"]) == (2503, 2500)


@pytest.mark.parametrize(
    ("more", "gemini", "vertex"),
    [
        ({"systemInstruction": {"parts": [{"text": "Be brief."}]}}, *BESIDE),
        ({"tools": TOOLS}, *BESIDE),
        ({"toolConfig": {"functionCallingConfig": {"mode": "ANY"}}}, *BESIDE),
        ({"model": NEW}, *OTHER),
    ],
)
def test_what_may_not_stand_beside_a_cache_is_refused(
    host: Host, more: Any, gemini: str, vertex: str
) -> None:
    """In words that public probes of both hosts print."""
    status, told = host.generate(host.make(), **more)
    assert (status, told["error"]["code"]) == (400, 400)
    assert told["error"]["message"] == (vertex if host.vertex else gemini)


def test_a_cache_that_holds_too_little_is_refused_with_both_numbers(host: Host) -> None:
    status, told = host.ask("POST", host.path, {"model": f"models/{NOW}", **request()})
    assert status == 400
    assert told["error"]["message"] == (
        "The cached content is of 3 tokens. The minimum token count to start explicit caching is 1024."
        if host.vertex
        else "Cached content is too small. total_token_count=3, min_total_token_count=1024"
    )


@pytest.mark.parametrize(
    ("model", "gemini", "vertex"),
    [
        ("gemini-2.0-flash", 4096, 1024),
        ("gemini-2.5-flash", 1024, 1024),
        ("gemini-2.5-flash-lite", 2048, 1024),
        ("gemini-2.5-pro", 2048, 1024),
        ("gemini-3-pro-preview", 1024, 4096),
        ("gemini-3.8-flash", 1024, 4096),
        ("gemini-flash-latest", 1024, 4096),
        ("a-model-of-mine", 1024, 1024),
    ],
)
def test_how_much_is_too_little_differs_by_model_and_host(
    host: Host, model: str, gemini: int, vertex: int
) -> None:
    least = vertex if host.vertex else gemini
    asked = {"model": f"models/{model}", **request("abcd" * (least - 1))}
    status, told = host.ask("POST", host.path, asked)
    assert status == 400
    assert str(least - 1) in told["error"]["message"]
    assert str(least) in told["error"]["message"]
    assert host.ask("POST", host.path, {**asked, **request("abcd" * least)})[0] == 200


def _gone(host: Host, made: Any, code: int, status: str, message: str, updating: str) -> None:
    place = host.place(made)
    asked = [host.generate(made), host.ask("GET", place), host.ask("DELETE", place)]
    asked.append(host.ask("PATCH", place, {"ttl": "5s"}))
    for found, told in asked:
        assert (found, told["error"]["code"], told["error"]["status"]) == (code, code, status)
    assert [told["error"]["message"] for _, told in asked] == [message] * 3 + [updating]


@pytest.mark.parametrize("keeps", [True, False])
@pytest.mark.parametrize("vertex", [True, False])
def test_what_is_not_there_is_refused_in_the_hosts_words(*, vertex: bool, keeps: bool) -> None:
    """Deleted, or never kept, as without a memory (``--stateless``)."""
    host = Host(vertex=vertex, keeps=keeps)
    made = host.make()
    if keeps:
        assert host.ask("DELETE", host.place(made)) == (200, {})
    if vertex:
        ident = made["name"].rpartition("/")[2]
        words = f"Not found: cached content metadata for {ident}.", f"Cached content {ident} is not found."
        _gone(host, made, 404, "NOT_FOUND", *words)
    else:
        words = ("CachedContent not found (or permission denied)",) * 2
        _gone(host, made, 403, "PERMISSION_DENIED", *words)


def test_a_cache_expires_unless_it_is_prolonged(host: Host) -> None:
    short, long = host.make(ttl="60s"), host.make(model="gemini-2.5-pro", ttl="60s")
    status, told = host.ask("PATCH", f"{host.place(long)}?updateMask=ttl", {"ttl": "7200s"})
    assert (status, told["createTime"]) == (200, long["createTime"])
    assert told["expireTime"] > long["expireTime"]
    assert told["updateTime"] >= told["createTime"]
    host.now += timedelta(minutes=5)
    assert host.ask("GET", host.place(long)) == (200, told)
    assert host.ask("GET", host.path) == (200, {"cachedContents": [told]})
    if host.vertex:
        words = (f"Cache content {short['name'].rpartition('/')[2]} is expired.",) * 2
        _gone(host, short, 400, "INVALID_ARGUMENT", *words)
    else:
        words = ("CachedContent not found (or permission denied)",) * 2
        _gone(host, short, 403, "PERMISSION_DENIED", *words)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            {"ttl": "5"},
            f"{INVALID}.ttl' {PROTOBUF}Duration), Field 'ttl', Illegal duration format; duration must end with 's'",
        ),
        (
            {"expireTime": "tomorrow"},
            f"{INVALID}.expire_time' {PROTOBUF}Timestamp), Field 'expireTime', Invalid time format: Failed to parse input",
        ),
        ({"ttl": "0s"}, "Request contains an invalid argument."),
        ({"expireTime": "2001-01-01T00:00:00Z"}, "Request contains an invalid argument."),
        (
            {"ttl": "5s", "expireTime": "2030-01-01T00:00:00Z"},
            f"{INVALID}' (oneof), oneof field 'expiration' is already set. Cannot set 'ttl'",
        ),
    ],
)
def test_an_end_that_is_none_is_refused(body: Any, message: str) -> None:
    host = Host()
    made = host.make()
    told = host.ask("POST", host.path, {"model": f"models/{NOW}", "contents": [LONG], **body})
    patched = host.ask("PATCH", host.place(made), body)
    for status, answer in (told, patched):
        assert (status, answer["error"]["message"]) == (400, message)
    assert host.ask("GET", host.place(made)) == (200, made)


def test_only_the_end_can_be_updated() -> None:
    host = Host()
    place = host.place(host.make())
    assert host.ask("PATCH", f"{place}?updateMask=displayName", {"displayName": "x"})[0] == 400
    assert host.ask("PATCH", place, [])[0] == 400


def test_a_cache_without_a_model_is_refused_and_an_error_can_be_asked_for() -> None:
    host = Host()
    assert host.ask("POST", GEMINI, {"contents": [LONG]})[0] == 400
    status, told = host.ask("POST", GEMINI, {"model": "models/mock-error-rate_limit", "contents": [LONG]})
    assert (status, told["error"]["status"]) == (429, "RESOURCE_EXHAUSTED")


def test_of_too_many_caches_the_oldest_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caches, "_MOST", 2)
    host = Host()
    made = [host.make(model=f"gemini-2.5-{nth}") for nth in range(2)]
    last = host.make()
    assert [host.ask("GET", host.place(one))[0] for one in (*made, last)] == [403, 200, 200]


def test_caches_hold_a_bounded_number_of_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caches, "_MOST_BYTES", 25_000)
    host = Host()
    made = [host.make(model=f"gemini-2.5-{nth}") for nth in range(3)]
    assert [host.ask("GET", host.place(one))[0] for one in made] == [403, 200, 200]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2030-01-01T00:00:00Z", "2030-01-01T00:00:00Z"),
        ("2030-01-01T02:00:00.5+02:00", "2030-01-01T00:00:00.500Z"),
        ("2030-01-01T00:00:00.123456789Z", "2030-01-01T00:00:00.123456789Z"),
    ],
)
def test_a_time_is_told_with_three_digits_or_a_multiple(text: str, told: str) -> None:
    assert times.spelled(times.moment(text, "x")) == told
