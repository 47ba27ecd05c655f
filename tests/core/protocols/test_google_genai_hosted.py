"""Tools of Google's own are used: what stands in the answer, which chunk says it, and that it is read back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from core.protocols.google_genai_case import (
    HELLO,
    NEW,
    NOW,
    OLD,
    STAMP,
    TOOLS,
    answer,
    call_for,
    chunks,
    encode,
    path_of,
    request,
    turn_for,
)
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mockllm_core.errors import ApiError
from mockllm_core.protocols.google_genai import PROTOCOL
from mockllm_core.protocols.google_genai.spell import airy

if TYPE_CHECKING:
    from mockllm_core.frame import Finding

Tool = dict[str, Any]
TEXT = "Wie groß ist https://go.dev/blog? " + "word " * 40
SEARCH: Tool
CODE: Tool
PAGE: Tool
MAPS: Tool
FILES: Tool
SEARCH, CODE, PAGE = {"googleSearch": {}}, {"codeExecution": {}}, {"urlContext": {}}
MAPS, FILES = {"googleMaps": {}}, {"fileSearch": {"fileSearchStoreNames": ["fileSearchStores/a"]}}
SHOWN: Any = {"toolConfig": {"includeServerSideToolInvocations": True}}
KINDS = ("generateContent", "streamGenerateContent?alt=sse", "streamGenerateContent")


def told(model: str, *tools: Any, vertex: bool = False, kind: str = KINDS[1], **more: Any) -> list[Any]:
    method, _, query = kind.partition("?")
    return chunks(
        answer(
            request(TEXT, tools=list(tools), **more),
            f"{path_of(model, method=method, vertex=vertex)}?{query}",
        )
    )


def candidates(found: list[Any]) -> list[Any]:
    return [chunk["candidates"][0] for chunk in found]


def parts(found: list[Any]) -> list[Any]:
    return [part for one in candidates(found) for part in one["content"]["parts"]]


def text(found: list[Any]) -> str:
    return "".join(part["text"] for part in parts(found) if "text" in part)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("vertex", [False, True])
@pytest.mark.parametrize(
    ("model", "tools", "more"),
    [
        *[
            (model, (tool,), {})
            for model in (OLD, NOW, NEW)
            for tool in (SEARCH, CODE, PAGE, MAPS, {"computerUse": {"environment": "ENVIRONMENT_BROWSER"}})
        ],
        (NOW, (SEARCH, PAGE), {}),
        (NEW, (SEARCH, CODE, PAGE, MAPS), {}),
        (NEW, (SEARCH, CODE), {"generationConfig": {"thinkingConfig": {"includeThoughts": True}}}),
        (NOW, (SEARCH, CODE), {"generationConfig": {"thinkingConfig": {"includeThoughts": True}}}),
        (NOW, (SEARCH, CODE), {"generationConfig": {"candidateCount": 2}}),
        (NOW, (SEARCH,), {"generationConfig": {"maxOutputTokens": 3}}),
        (NEW, (SEARCH,), {"generationConfig": {"stopSequences": ["Wie"]}}),
    ],
)
def test_what_is_said_is_read_back(
    model: str, tools: tuple[Any, ...], more: Any, *, vertex: bool, kind: str
) -> None:
    method, _, query = kind.partition("?")
    path = f"{path_of(model, method=method, vertex=vertex)}?{query}"
    wire = answer(request(TEXT, tools=list(tools), **more), path)
    findings: list[Finding] = []
    if method == KINDS[0]:
        found = PROTOCOL.read_whole(wire, findings)
    else:
        reader = PROTOCOL.reader("text/event-stream" if query else "application/json")
        for at in range(0, len(wire), 97):
            reader.feed(wire[at : at + 97])
        found, findings = reader.finish(), reader.findings
    assert findings == []
    again = call_for(request(TEXT, generationConfig=more.get("generationConfig")), path)
    assert encode(found, again) == wire


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("model", [OLD, NOW, NEW])
def test_the_text_is_the_echo_and_its_place_is_told_in_bytes(model: str, kind: str) -> None:
    found = told(model, SEARCH, kind=kind)
    assert text(found) == TEXT
    last = candidates(found)[-1]
    assert last["finishReason"] == "STOP"
    metadata = last["groundingMetadata"]
    assert metadata["groundingChunks"] == [{"web": {"uri": "https://example.com/", "title": "example.com"}}]
    (support,) = metadata["groundingSupports"]
    assert support["segment"] == {"endIndex": len(TEXT.encode()), "text": TEXT}
    assert support["groundingChunkIndices"] == [0]
    assert ("confidenceScores" in support) == (model == OLD)
    (query,) = metadata["webSearchQueries"]
    assert query in TEXT
    assert query in metadata["searchEntryPoint"]["renderedContent"]
    assert found[-1]["usageMetadata"]["toolUsePromptTokenCount"] == 100


def test_to_2_5_each_chunk_says_what_it_is_grounded_in() -> None:
    *others, last = candidates(told(NOW, SEARCH))
    assert len(others) > 2
    assert all(one["groundingMetadata"] == {} for one in others)
    assert list(last) == ["content", "finishReason", "index", "groundingMetadata"]
    assert list(last["groundingMetadata"]) == [
        "searchEntryPoint",
        "groundingChunks",
        "groundingSupports",
        "webSearchQueries",
    ]


@pytest.mark.parametrize("vertex", [False, True])
def test_from_3_on_the_last_chunk_alone(*, vertex: bool) -> None:
    *others, last = candidates(told(NEW, SEARCH, PAGE, vertex=vertex))
    assert not any("groundingMetadata" in one or "urlContextMetadata" in one for one in others)
    assert last["content"]["parts"][0]["text"] == ""
    assert last["urlContextMetadata"]["urlMetadata"][0]["retrievedUrl"] == "https://go.dev/blog"
    assert len(last["groundingMetadata"]["groundingChunks"]) == 2


def test_vertex_has_an_order_of_its_own_and_a_domain() -> None:
    metadata = candidates(told(NOW, SEARCH, vertex=True))[-1]["groundingMetadata"]
    assert list(metadata) == [
        "webSearchQueries",
        "searchEntryPoint",
        "groundingChunks",
        "groundingSupports",
        "retrievalMetadata",
    ]
    assert metadata["groundingChunks"][0]["web"]["domain"] == "example.com"


def test_a_page_is_told_in_the_first_chunk_of_text() -> None:
    first, *others = candidates(told(NOW, PAGE))
    fetched = {"retrievedUrl": "https://go.dev/blog", "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_SUCCESS"}
    assert first["urlContextMetadata"] == {"urlMetadata": [fetched]}
    assert not any("urlContextMetadata" in one for one in others)


def test_code_to_2_5_has_two_chunks_before_the_text() -> None:
    code, ran, first, *_ = found = told(NOW, CODE)
    assert parts([code]) == [{"executableCode": {"language": "PYTHON", "code": "print(6 * 7)\n"}}]
    assert parts([ran]) == [{"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "42\n"}}]
    assert [one.get("finishReason") for one in candidates(found)] == [
        "STOP",
        *[None] * (len(found) - 2),
        "STOP",
    ]
    assert "toolUsePromptTokenCount" not in code["usageMetadata"]
    assert "toolUsePromptTokenCount" not in ran["usageMetadata"]
    assert first["usageMetadata"]["toolUsePromptTokenCount"] == 100


def test_code_on_3_has_an_id_and_a_signature_and_its_result_has_no_index() -> None:
    code, ran, *others = told(NEW, CODE)
    (part,) = parts([code])
    (result,) = parts([ran])
    assert list(part) == ["executableCode", "thoughtSignature"]
    assert part["executableCode"]["id"] == result["codeExecutionResult"]["id"]
    assert len(part["executableCode"]["id"]) == 8
    assert list(ran["candidates"][0]) == ["content"]
    assert ran["usageMetadata"]["totalTokenCount"] == ran["usageMetadata"]["promptTokenCount"]
    assert ["toolUsePromptTokenCount" in one["usageMetadata"] for one in others] == [
        *[False] * (len(others) - 1),
        True,
    ]


@pytest.mark.parametrize(
    ("tool", "kind", "args", "gave"),
    [
        (SEARCH, "GOOGLE_SEARCH_WEB", ["queries"], ["search_suggestions"]),
        (PAGE, "URL_CONTEXT", ["urls"], ["urls_metadata"]),
        (MAPS, "GOOGLE_MAPS", ["queries"], ["places"]),
        (FILES, "FILE_SEARCH", [], []),
    ],
)
def test_calls_are_shown_where_that_is_asked_for(tool: Any, kind: str, args: Any, gave: Any) -> None:
    call, response, *_ = parts(told(NEW, tool, **SHOWN))
    assert list(call) == ["thoughtSignature", "toolCall"]
    assert list(response) == ["thoughtSignature", "toolResponse"]
    assert (call["toolCall"]["toolType"], response["toolResponse"]["toolType"]) == (kind, kind)
    assert call["toolCall"]["id"] == response["toolResponse"]["id"]
    assert list(call["toolCall"].get("args", ())) == args
    assert list(response["toolResponse"].get("response", ())) == gave


def test_places_and_passages_are_chunks_of_their_kinds() -> None:
    metadata = candidates(told(NOW, {"google_maps": {"enable_widget": True}}))[-1]["groundingMetadata"]
    assert list(metadata["groundingChunks"][0]["maps"]) == ["uri", "title", "placeId"]
    assert list(metadata)[-1] == "googleMapsWidgetContextToken"
    (one,) = candidates(told(NOW, FILES))[-1]["groundingMetadata"]["groundingChunks"]
    assert one["retrievedContext"]["fileSearchStore"] == "fileSearchStores/a"


@pytest.mark.parametrize(
    ("model", "excluded", "name"),
    [
        (NOW, [], "open_web_browser"),
        (NOW, ["open_web_browser"], "wait_5_seconds"),
        (NEW, [], "take_screenshot"),
        (NEW, ["take_screenshot", "wait", "go_back", "go_forward"], "navigate"),
    ],
)
def test_a_computer_is_the_clients_to_act_on_once(model: str, excluded: list[str], name: str) -> None:
    tool = {"computerUse": {"environment": "ENVIRONMENT_BROWSER", "excludedPredefinedFunctions": excluded}}
    (content,) = [one["content"] for one in candidates(told(model, tool, kind=KINDS[0]))]
    (part,) = content["parts"]
    assert part["functionCall"]["name"] == name
    done = {"functionResponse": {"name": name, "response": {"url": "https://example.com/"}}}
    body = request(TEXT, tools=[tool])
    body["contents"] += [content, {"role": "user", "parts": [done]}]
    assert text(chunks(answer(body, path_of(model, method=KINDS[0])))) == TEXT


@pytest.mark.parametrize("vertex", [False, True])
@pytest.mark.parametrize("model", [NOW, NEW])
def test_an_answer_can_be_sent_back(model: str, *, vertex: bool) -> None:
    tools = [SEARCH, CODE, PAGE]
    body = request(TEXT, tools=tools, **({} if vertex or model == NOW else SHOWN))
    path = path_of(model, vertex=vertex) + "?alt=sse"
    said = [one["content"] for one in candidates(chunks(answer(body, path)))]
    body["contents"] += [*said, {"role": "user", "parts": [{"text": "And now?"}]}]
    assert text(chunks(answer(body, path))) == "And now?"


def test_functions_come_first_and_what_google_runs_before_the_text_behind_them() -> None:
    body = request(TEXT, tools=[*TOOLS, SEARCH], **SHOWN)
    path = path_of(NEW, method=KINDS[0])
    first = chunks(answer(body, path))
    (call,) = parts(first)
    assert call["functionCall"]["name"] == "get_weather"
    assert "groundingMetadata" not in first[0]["candidates"][0]
    done = {"functionResponse": {"name": "get_weather", "response": {"result": "Rain."}}}
    body["contents"] += [first[0]["candidates"][0]["content"], {"role": "user", "parts": [done]}]
    second = chunks(answer(body, path))
    assert [next(iter(part)) for part in parts(second)[:2]] == ["thoughtSignature"] * 2
    assert second[0]["candidates"][0]["groundingMetadata"]["groundingChunks"]


def test_an_answer_that_found_nothing_says_so_to_2_5() -> None:
    body = request(TEXT, tools=[SEARCH])
    assert chunks(answer(body, path_of(NOW), HELLO))[0]["candidates"][0]["groundingMetadata"] == {}
    assert "groundingMetadata" not in chunks(answer(body, path_of(NEW), HELLO))[0]["candidates"][0]


# -- recorded ---------------------------------------------------------------------------------------------------------

_USED = '"usageMetadata": {"promptTokenCount": 8,"candidatesTokenCount": 20,"totalTokenCount": 146,"promptTokensDetails": [{"modality": "TEXT","tokenCount": 8}],"thoughtsTokenCount": 118,"serviceTier": "standard"}'
_PROMPT = '"usageMetadata": {"promptTokenCount": 8,"totalTokenCount": 8,"promptTokensDetails": [{"modality": "TEXT","tokenCount": 8}],"serviceTier": "standard"}'
_LAST = '"usageMetadata": {"promptTokenCount": 126,"candidatesTokenCount": 44,"totalTokenCount": 787,"promptTokensDetails": [{"modality": "TEXT","tokenCount": 126}],"toolUsePromptTokenCount": 470,"toolUsePromptTokensDetails": [{"modality": "TEXT","tokenCount": 470}],"thoughtsTokenCount": 147,"serviceTier": "standard"}'
_THREE = '"modelVersion": "gemini-3-flash-preview","responseId": "FldGauy9Keztg8UPqo_-wAs"'
_SIGNED = '"thoughtSignature": "EmoKaAFtb2Nr"'


def _chunk(candidate: str, usage: str) -> str:
    signed = candidate.replace("{SIGNED}", _SIGNED)
    return f'{{"candidates": [{signed}],{usage},{_THREE}}}'


RECORDED = {
    # pydantic-ai, test_google_model_file_search_grounding_gemini_3[True] of July 2026, texts and signatures cut
    "a file searched by Gemini 3": (
        _chunk(
            '{"content": {"parts": [{{SIGNED},"toolCall": {"toolType": "FILE_SEARCH","id": "std8lcuv"}}],"role": "model"},"index": 0}',
            _USED,
        ),
        _chunk(
            '{"content": {"parts": [{{SIGNED},"toolResponse": {"toolType": "FILE_SEARCH","id": "std8lcuv"}}],"role": "model"}}',
            _PROMPT,
        ),
        _chunk('{"content": {"parts": [{"text": "Paris."}],"role": "model"},"index": 0}', _USED),
        _chunk(
            '{"content": {"parts": [{"text": "",{SIGNED}}],"role": "model"},"finishReason": "STOP","index": 0,"groundingMetadata": {"groundingChunks": [{"retrievedContext": {"text": "Paris is the capital of France.","fileSearchStore": "fileSearchStores/a"}}],"groundingSupports": [{"segment": {"endIndex": 6,"text": "Paris."},"groundingChunkIndices": [0]}]}}',
            _LAST,
        ),
    ),
    # pydantic-ai, test_code_execution_stream of April 2026, cut likewise
    "code run by Gemini 3": (
        _chunk(
            '{"content": {"parts": [{"executableCode": {"language": "PYTHON","code": "print(1)","id": "gzl5c0n7"},{SIGNED}},{"text": ""}],"role": "model"},"index": 0}',
            _USED,
        ),
        _chunk(
            '{"content": {"parts": [{"codeExecutionResult": {"outcome": "OUTCOME_OK","output": "1\\n","id": "gzl5c0n7"}}],"role": "model"}}',
            _PROMPT,
        ),
        _chunk('{"content": {"parts": [{"text": "The result is 1."}],"role": "model"},"index": 0}', _USED),
        _chunk(
            '{"content": {"parts": [{"text": ""}],"role": "model"},"finishReason": "STOP","index": 0}', _LAST
        ),
    ),
}


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_stream_is_reproduced(name: str) -> None:
    wire = "".join(f"data: {one}\r\n\r\n" for one in RECORDED[name]).encode()
    assert all(airy(json.loads(one)) == one for one in RECORDED[name])
    reader = PROTOCOL.reader("text/event-stream")
    reader.feed(wire)
    found = reader.finish()
    assert reader.findings == []
    call = call_for(request(), path_of("gemini-3-flash-preview") + "?alt=sse")
    ours = b"".join(frame.wire for frame in PROTOCOL.stream(found, call, STAMP))
    ids = [one["responseId"] for one in chunks(ours)]
    assert ours.replace(ids[0].encode(), b"FldGauy9Keztg8UPqo_-wAs") == wire


CONFIGS: Any = (
    {},
    {"maxOutputTokens": 2},
    {"candidateCount": 2},
    {"thinkingConfig": {"includeThoughts": True}},
    {"responseMimeType": "application/json"},
    {"stopSequences": ["a"]},
)
SERVERS: Any = {"mcpServers": [{"name": "wiki"}]}
SCREEN = {"computerUse": {"environment": "ENVIRONMENT_BROWSER"}}


@settings(max_examples=300)
@given(
    said=st.text(min_size=1),
    tools=st.lists(
        st.sampled_from([SEARCH, CODE, PAGE, MAPS, FILES, SERVERS, SCREEN]), min_size=1, max_size=4
    ),
    model=st.sampled_from([OLD, NOW, NEW, "gemini-3-pro-preview"]),
    kind=st.sampled_from(KINDS),
    config=st.sampled_from(CONFIGS),
    more=st.sampled_from([{}, SHOWN]),
)
@example(
    said="0",
    tools=[SEARCH, SCREEN],
    model="gemini-3.5-flash",
    kind="generateContent",
    config={"maxOutputTokens": 2},
    more=SHOWN,
)
def test_any_answer_is_read_back(
    said: str, tools: list[Any], model: str, kind: str, config: Any, more: Any
) -> None:
    method, _, query = kind.partition("?")
    path = f"{path_of(model, method=method)}?{query}"
    try:
        wire = answer(request(said, tools=tools, generationConfig=config, **more), path)
    except ApiError:
        return  # not every model takes every configuration
    findings: list[Finding] = []
    if method == KINDS[0]:
        found = PROTOCOL.read_whole(wire, findings)
    else:
        reader = PROTOCOL.reader("text/event-stream" if query else "application/json")
        reader.feed(wire)
        found, findings = reader.finish(), reader.findings
    assert findings == []
    assert encode(found, call_for(request(said, generationConfig=config), path)) == wire


def test_a_request_without_such_tools_loads_nothing_of_them() -> None:
    call = call_for(request(tools=TOOLS))
    assert call.conversation.hosted == ()
    assert not turn_for(call).facts
