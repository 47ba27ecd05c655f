"""Every kind of error in Google's form, in each of its layouts."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from core.protocols.google_genai_case import HELLO, NOW, STAMP, call_for, path_of, refusal, request, turn_for

from mockllm_core.contract import Complaint
from mockllm_core.engine import FIXED_NOW, Engine, Settings
from mockllm_core.errors import ApiError, ErrorKind
from mockllm_core.exchange import HttpRequest
from mockllm_core.jsontext import parse
from mockllm_core.protocols.google_genai import PROTOCOL

KINDS = {
    "invalid_request": (400, "INVALID_ARGUMENT"),
    "authentication": (401, "UNAUTHENTICATED"),
    "permission": (403, "PERMISSION_DENIED"),
    "not_found": (404, "NOT_FOUND"),
    "method_not_allowed": (405, "UNIMPLEMENTED"),
    "conflict": (409, "ABORTED"),
    "request_too_large": (413, "INVALID_ARGUMENT"),
    "rate_limit": (429, "RESOURCE_EXHAUSTED"),
    "server_error": (500, "INTERNAL"),
    "unavailable": (503, "UNAVAILABLE"),
    "overloaded": (503, "UNAVAILABLE"),
    "timeout": (504, "DEADLINE_EXCEEDED"),
}


def test_every_kind_is_listed() -> None:
    assert set(KINDS) == set(get_args(ErrorKind))


@pytest.mark.parametrize("kind", get_args(ErrorKind))
def test_a_kind_has_its_status_and_googles_usual_sentence(kind: ErrorKind) -> None:
    request_ = HttpRequest(method="POST", path=path_of(NOW, method="generateContent"))
    response = PROTOCOL.error(ApiError(kind, "", model=NOW), request_, STAMP)
    assert response.body is not None
    body = response.body.decode()
    told = json.loads(body)["error"]
    assert (response.status, told["status"]) == KINDS[kind]
    assert told["code"] == response.status
    assert list(told)[:3] == ["code", "message", "status"]
    assert told["message"]
    assert body == json.dumps(json.loads(body), indent=2, ensure_ascii=False) + "\n"
    assert response.headers[0] == ("content-type", "application/json; charset=UTF-8")


def test_a_failing_stream_request_wraps_the_error_in_an_array() -> None:
    response = PROTOCOL.error(ApiError("unavailable", ""), HttpRequest(method="POST", path=path_of()), STAMP)
    assert response.body == (
        b'[{\n  "error": {\n    "code": 503,\n    "message": "The service is currently unavailable.",\n'
        b'    "status": "UNAVAILABLE"\n  }\n}\n]'
    )
    assert response.headers[0] == ("content-type", "application/json; charset=UTF-8")


def test_with_alt_sse_the_error_is_an_object_under_the_streams_type() -> None:
    asked = HttpRequest(method="POST", path=path_of(), query="key=k&alt=sse")
    response = PROTOCOL.error(ApiError("overloaded", ""), asked, STAMP)
    assert response.body is not None
    assert response.body.startswith(b'{\n  "error": {')
    assert response.headers[0] == ("content-type", "text/event-stream")


def test_an_exhausted_quota_says_when_to_try_again() -> None:
    response = PROTOCOL.error(ApiError("rate_limit", "", model="gemini-2.0-flash"), None, STAMP)
    assert response.body is not None
    told = json.loads(response.body)["error"]
    kinds = [detail["@type"].rpartition(".")[2] for detail in told["details"]]
    assert kinds == ["Help", "QuotaFailure", "RetryInfo"]
    seconds = told["details"][2]["retryDelay"]
    assert f"Please retry in {seconds[:-1]}." in told["message"]
    assert "model: gemini-2.0-flash" in told["message"]
    assert "retry-after" not in dict(response.headers)


def test_a_bad_key_is_a_bad_request_with_a_reason() -> None:
    failure = ApiError(
        "authentication", "API key not valid. Please pass a valid API key.", code="API_KEY_INVALID"
    )
    response = PROTOCOL.error(failure, None, STAMP)
    assert response.body is not None
    told = json.loads(response.body)["error"]
    assert (response.status, told["status"]) == (400, "INVALID_ARGUMENT")
    assert told["details"][0]["reason"] == "API_KEY_INVALID"


MODEL = "projects/p/locations/l/publishers/google/models/gemini-9"
VERTEX = f"/v1/{MODEL}:generateContent"
PREDICT = "aiplatform.endpoints.predict"


@pytest.mark.parametrize(
    ("kind", "gemini", "vertex"),
    [
        (
            "overloaded",
            "This model is currently experiencing high demand. Spikes in demand are usually temporary. Please try",
            "The service is currently unavailable.",
        ),
        (
            "rate_limit",
            "You exceeded your current quota, please check your plan and billing details.",
            "Resource exhausted. Please try again later. Please refer to https://cloud.google.com/vertex-ai/",
        ),
        ("server_error", "An internal error has occurred.", "Internal error encountered."),
        (
            "permission",
            "Method doesn't allow unregistered callers",
            f"Permission '{PREDICT}' denied on resource '//aiplatform.googleapis.com/{MODEL}' (or it may not exist).",
        ),
    ],
)
def test_each_host_fails_in_its_own_words(kind: ErrorKind, gemini: str, vertex: str) -> None:
    """As public issues and logs of 2026 print them."""
    told = [
        PROTOCOL.error(ApiError(kind, "", model="gemini-9"), HttpRequest(method="POST", path=path), STAMP)
        for path in (path_of("gemini-9", method="generateContent"), VERTEX)
    ]
    words = [json.loads(one.body or b"")["error"]["message"] for one in told]
    assert words[0].startswith(gemini)
    assert words[1].startswith(vertex)
    assert told[0].status == told[1].status


def test_vertex_tells_no_quota_but_the_permission_that_is_missing() -> None:
    def details(kind: ErrorKind) -> Any:
        response = PROTOCOL.error(ApiError(kind, ""), HttpRequest(method="POST", path=VERTEX), STAMP)
        return json.loads(response.body or b"")["error"].get("details")

    assert details("rate_limit") is None
    (told,) = details("permission")
    assert (told["reason"], told["domain"]) == ("IAM_PERMISSION_DENIED", "aiplatform.googleapis.com")
    assert told["metadata"] == {
        "permission": PREDICT,
        "resource": MODEL,
    }


def test_a_stream_of_vertex_fails_in_its_words() -> None:
    call = call_for(request(), path_of(vertex=True) + "?alt=sse")
    (frame,) = PROTOCOL.fail(ApiError("rate_limit", ""), call, turn_for(call, HELLO), STAMP, 1)
    assert b"Resource exhausted. Please try again later." in frame.wire


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        # printed in public logs of 2026
        (
            "models/g:countTokens",
            {"generateContentRequest": {"model": "models/g"}},
            "* CountTokensRequest.generate_content_request.contents: contents is not specified\n",
        ),
        (
            "models/g:countTokens",
            {"generateContentRequest": request()},
            "* CountTokensRequest.generate_content_request.model: model is not specified\n",
        ),
        (
            "models/g:batchEmbedContents",
            {"requests": [{"content": {"parts": [{"text": "a"}]}}] * 101},
            "* BatchEmbedContentsRequest.requests: at most 100 requests can be in one batch\n",
        ),
        # by analogy
        ("models/g:countTokens", {}, "* CountTokensRequest.contents: contents is not specified\n"),
        ("models/g:embedContent", {}, "* EmbedContentRequest.content: content is not specified\n"),
        (
            "models/g:batchEmbedContents",
            {"requests": []},
            "* BatchEmbedContentsRequest.requests: requests is not specified\n",
        ),
        (
            "cachedContents",
            {"contents": [{"parts": []}]},
            "* CreateCachedContentRequest.cached_content.contents[0].parts: contents.parts must not be empty.\n",
        ),
        ("models/g:generateContent", {}, "* GenerateContentRequest.contents: contents is not specified\n"),
    ],
)
def test_a_complaint_names_the_request_of_its_method(path: str, body: Any, message: str) -> None:
    asked = HttpRequest(method="POST", path=f"/v1beta/{path}", body=json.dumps(body).encode())
    response = Engine(Settings()).answer(asked, now=STAMP.now)
    assert response.status == 400
    assert json.loads(response.body or b"")["error"]["message"] == message


def test_a_method_not_allowed_names_those_that_are() -> None:
    failure = ApiError("method_not_allowed", "", allow=("OPTIONS", "POST"))
    assert ("allow", "OPTIONS, POST") in PROTOCOL.error(failure, None, STAMP).headers


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (
            "/v1/models/gemini-9:streamGenerateContent",
            "models/gemini-9 is not found for API version v1, or is not supported for streamGenerateContent. Call",
        ),
        (
            "/v1/projects/p/locations/global/publishers/google/models/gemini-9:generateContent",
            "Publisher Model `projects/p/locations/global/publishers/google/models/gemini-9` was not found or your",
        ),
    ],
)
def test_an_unknown_model_is_named_as_the_host_names_it(path: str, message: str) -> None:
    failure = ApiError("not_found", "", model="gemini-9")
    response = PROTOCOL.error(failure, HttpRequest(method="POST", path=path), STAMP)
    assert response.body is not None
    told = json.loads(response.body)
    told = told[0] if isinstance(told, list) else told
    assert told["error"]["message"].startswith(message)


@pytest.mark.parametrize(
    ("query", "sent", "wire"),
    [
        ("?alt=sse", 1, b'data: {"error": {"code": 503,"message": "Gone.","status": "UNAVAILABLE"}}\r\n\r\n'),
        (
            "",
            1,
            b',\r\n{\n  "error": {\n    "code": 503,\n    "message": "Gone.",\n    "status": "UNAVAILABLE"\n  }\n}\n]',
        ),
        (
            "",
            0,
            b'[{\n  "error": {\n    "code": 503,\n    "message": "Gone.",\n    "status": "UNAVAILABLE"\n  }\n}\n]',
        ),
    ],
)
def test_a_stream_fails_inside_its_framing(query: str, sent: int, wire: bytes) -> None:
    call = call_for(request(), path_of() + query)
    frames = PROTOCOL.fail(ApiError("unavailable", "Gone."), call, turn_for(call, HELLO), STAMP, sent)
    assert b"".join(frame.wire for frame in frames) == wire


V1 = "type.googleapis.com/google.ai.generativelanguage.v1beta."
COMPLAINTS = [
    ({"contents": "x"}, f"Invalid value at 'contents' ({V1}Content), \"x\"", "contents"),
    (
        {"contents": [{"parts": [{"text": 5}]}]},
        "Invalid value at 'contents[0].parts[0].text' (TYPE_STRING), 5",
        "contents[0].parts[0].text",
    ),
    (
        {"contents": [{"parts": [{"text": {"a": 1}}]}]},
        "Invalid value at 'contents[0].parts[0]' (text), Starting an object on a scalar field",
        "contents[0].parts[0]",
    ),
    (
        {"contents": [{"parts": [{"text": ["a"]}]}]},
        "Invalid JSON payload received. Unknown name \"text\" at 'contents[0].parts[0]': Proto field is not repeating, cannot start list.",
        "contents[0].parts[0]",
    ),
    (
        request(generationConfig={"thinkingConfig": {"thinkingBudget": "lots"}}),
        "Invalid value at 'generation_config.thinking_config.thinking_budget' (TYPE_INT32), \"lots\"",
        "generation_config.thinking_config.thinking_budget",
    ),
    (
        request(
            tools=[
                {
                    "functionDeclarations": [
                        {"name": "f", "parameters": {"properties": {"a": {"type": ["STRING"]}}}}
                    ]
                }
            ]
        ),
        "Invalid JSON payload received. Unknown name \"type\" at 'tools[0].function_declarations[0].parameters.properties[0].value': Proto field is not repeating, cannot start list.",
        "tools[0].function_declarations[0].parameters.properties[0].value",
    ),
]


@pytest.mark.parametrize(("body", "message", "field"), COMPLAINTS)
def test_a_wrong_type_is_told_with_its_place(body: Any, message: str, field: str) -> None:
    told = refusal(body, path_of(NOW, method="generateContent"))
    assert told["message"] == message
    violation = {"field": field, "description": message}
    assert told["details"] == [
        {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}
    ]


@pytest.mark.parametrize(
    ("complaint", "message"),
    [
        (
            Complaint(path=("contents", 0, "zebra"), kind="unknown", expected="no such key"),
            "Invalid JSON payload received. Unknown name \"zebra\" at 'contents[0]': Cannot find field.",
        ),
        (
            Complaint(path=("stream",), kind="unknown", expected="no such key"),
            'Invalid JSON payload received. Unknown name "stream": Cannot find field.',
        ),
        (
            Complaint(path=(), kind="json", expected="Expecting value: line 1 column 1 (char 0)"),
            "Invalid JSON payload received. Expected a value.",
        ),
        (
            Complaint(path=(), kind="type", expected="an object", found=[1]),
            'Invalid JSON payload received. Unknown name "": Proto field is not repeating, cannot start list.',
        ),
        (
            Complaint(path=(), kind="type", expected="an object", found=1),
            'Invalid JSON payload received. Unknown name "": Root element must be a message.',
        ),
        (
            Complaint(
                path=("contents", 0, "parts", 0),
                kind="union",
                expected="exactly one of",
                found={"text": "a", "functionCall": {}},
            ),
            "Invalid value at 'contents[0].parts[0]' (oneof), oneof field 'data' is already set. Cannot set 'functionCall'",
        ),
        (
            Complaint(path=("tools", 0), kind="union", expected="at least one of", found={}),
            "tools[0].tool_type: required one_of 'tool_type' must have one initialized field",
        ),
        (
            Complaint(path=("contents", 0, "parts"), kind="length", expected="at least 1 item", found=[]),
            "* GenerateContentRequest.contents[0].parts: contents.parts must not be empty.\n",
        ),
        (
            Complaint(
                path=("contents", 0, "parts", 0, "functionCall", "name"), kind="missing", expected="a string"
            ),
            "* GenerateContentRequest.contents[0].parts[0].function_call.name: Name cannot be empty.\n",
        ),
        (
            Complaint(path=("generationConfig", "topK"), kind="range", expected="at least 1", found=0),
            "* GenerateContentRequest.generation_config.top_k: top_k must be at least 1\n",
        ),
        (
            Complaint(path=("contents", 0, "parts", 0), kind="union", expected="one of"),
            "* GenerateContentRequest.contents[0].parts[0].data: required oneof field 'data' must have one initialized field\n",
        ),
    ],
)
def test_other_complaints_have_googles_sentences(complaint: Complaint, message: str) -> None:
    assert PROTOCOL.complain(complaint).message == message


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"", "Expected a value."),
        (b"{bad", "Expected an object key or }."),
        (b'{"a" 1}', "Expected : between key:value pair."),
        (b'{"a":1 "b"}', "Expected , or } after key:value pair."),
        (b'{"a', "Closing quote expected in string."),
        (b'{"a":"\\x"}', "Invalid escape sequence."),
        (b"{} {}", "Parsing terminated before end of input."),
        (b"\xff", "Encountered non UTF-8 code points."),
        (b"[" * 100_000, "Message too deep. Max recursion depth reached for key 'contents'"),
        (b"NaN", "NaN is not JSON."),
    ],
)
def test_json_that_cannot_be_read_is_told_in_protobufs_words(text: bytes, sentence: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is what the complaint holds
        parse(text)
    told = PROTOCOL.complain(Complaint(path=(), kind="json", expected=str(caught.value)))
    assert told.message == f"Invalid JSON payload received. {sentence}"


@pytest.mark.parametrize(
    "place",
    [
        "v1beta/models/gemini-2.5-flash:generateContent",
        "v1beta/models/gemini-2.5-flash:streamGenerateContent",
        "v1beta/models/gemini-2.5-flash:countTokens",
        "v1beta/models/gemini-embedding-001:embedContent",
        "v1beta/models/gemini-embedding-001:batchEmbedContents",
        "v1/projects/p/locations/l/publishers/google/models/gemini-2.5-flash:generateContent",
        "v1beta/cachedContents",
    ],
)
def test_no_body_is_an_empty_message(place: str) -> None:
    none, empty, blank = (
        Engine(Settings()).answer(HttpRequest(method="POST", path=f"/{place}", body=body), now=FIXED_NOW)
        for body in (b"", b"{}", b" ")
    )
    assert (none.status, none.body) == (400, empty.body)
    assert b"is not specified" in (none.body or b"")
    # what holds no value is no JSON
    assert b"Expected a value." in (blank.body or b"")


@pytest.mark.parametrize(
    ("path", "headers", "message"),
    [
        (
            "/v1beta/models/x:nope",
            {},
            "models/x is not found for API version v1beta, or is not supported for nope.",
        ),
        (
            "/v1beta/models/x%3Anope",
            {},
            "models/x is not found for API version v1beta, or is not supported for nope.",
        ),
        ("/v1/models/x:nope", {"x-goog-api-key": "k"}, "models/x is not found for API version v1, or is not"),
        (
            "/v1beta/tunedModels/x:nope",
            {},
            "models/x is not found for API version v1beta, or is not supported for",
        ),
        (
            "/v1/publishers/google/models/x:nope",
            {},
            "Publisher Model `publishers/google/models/x` was not found",
        ),
        (
            "/v1/projects/p/locations/l/publishers/google/models/x:nope",
            {},
            "Publisher Model `projects/p/locations/l/publishers/google/models/x` was not found",
        ),
        ("/v1beta/nothing", {}, "Requested entity was not found."),
        ("/v1beta/files/x:download", {}, "Requested entity was not found."),
        ("/v1/projects/p/locations/l/endpoints/1:nope", {}, "Requested entity was not found."),
    ],
)
@pytest.mark.parametrize("body", [b"{}", b"", b"no json"])
def test_a_method_that_no_model_has_is_not_found(
    path: str, headers: dict[str, str], message: str, body: bytes
) -> None:
    asked = HttpRequest(method="POST", path=path, headers=headers, body=body)
    response = Engine(Settings()).answer(asked, now=STAMP.now)
    told = json.loads(response.body or b"")["error"]
    assert (response.status, told["code"], told["status"]) == (404, 404, "NOT_FOUND")
    assert told["message"].startswith(message)
    assert "allow" not in dict(response.headers)


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v1beta/models/x:nope"), ("PUT", "/v1beta/models/x:nope")]
)
def test_another_method_than_post_stays_not_allowed_there(method: str, path: str) -> None:
    response = Engine(Settings()).answer(HttpRequest(method=method, path=path), now=STAMP.now)
    assert response.status == 405


@pytest.mark.parametrize("version", ["v1", "v1beta"])
@pytest.mark.parametrize(
    ("method", "place", "status", "sentence"),
    [
        ("GET", "files/a1", 403, "You do not have permission to access the File a1 or it may not exist."),
        ("DELETE", "files/a1", 403, "You do not have permission to access the File a1 or it may not exist."),
        (
            "GET",
            "files/a1:download",
            403,
            "You do not have permission to access the File a1 or it may not exist.",
        ),
        ("GET", "tunedModels/b2", 404, "Tuned model tunedModels/b2 does not exist."),
        ("GET", "batches/c3", 404, "Requested entity was not found."),
    ],
)
def test_what_nobody_made_is_missed_in_the_words_of_its_kind(
    version: str, method: str, place: str, status: int, sentence: str
) -> None:
    request = HttpRequest(method=method, path=f"/{version}/{place}", headers={"x-goog-api-key": "k"})
    response = Engine(Settings()).answer(request, now=FIXED_NOW)
    told = json.loads(response.body or b"")["error"]
    assert (response.status, told["message"]) == (status, sentence)
