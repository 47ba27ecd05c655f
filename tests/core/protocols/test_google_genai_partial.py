"""Arguments in pieces: streams as Vertex AI was recorded to send them, read back, and where they are refused."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from core.protocols.google_genai_case import (
    NEW,
    NOW,
    STAMP,
    TOOLS,
    WEATHER,
    call_for,
    chunks,
    encode,
    path_of,
    refusal,
    request,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from mockllm_core.conversation import ToolUse
from mockllm_core.engine import Engine, Settings
from mockllm_core.exchange import HttpRequest
from mockllm_core.frame import frames
from mockllm_core.plan import plan
from mockllm_core.protocols.google_genai import PROTOCOL, joiner
from mockllm_core.protocols.google_genai.spell import airy
from mockllm_core.reply import Reasoning, Reply, Text, ToolCall

if TYPE_CHECKING:
    from mockllm_core.frame import Finding
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Block, Turn

FLASH, PRO = "gemini-3-flash-preview", "gemini-3.1-pro-preview"
ASKED = request(tools=TOOLS, toolConfig={"functionCallingConfig": {"streamFunctionCallArguments": True}})
ON = {"willContinue": True}
SIGNED = {"thoughtSignature": "CmIBjz1rX0OQAtrZnJaEf6TJ"}
ENDED = {"text": ""}
USAGE = {
    "promptTokenCount": 26,
    "candidatesTokenCount": 23,
    "totalTokenCount": 181,
    "trafficType": "ON_DEMAND",
    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 26}],
    "candidatesTokensDetails": [{"modality": "TEXT", "tokenCount": 23}],
    "thoughtsTokenCount": 132,
}

Part = dict[str, Any]


def called(**made: Any) -> Part:
    return {"functionCall": made}


def said(path: str, *pieces: str) -> list[Part]:
    """A text: its pieces, each of which goes on, and the empty one behind them."""
    parts: list[Part] = [{"jsonPath": path, "stringValue": piece} | ON for piece in pieces]
    parts.append({"jsonPath": path, "stringValue": ""})
    return [called(partialArgs=[part], **ON) for part in parts]


def other(path: str, kind: str, value: Any, **on: bool) -> Part:
    return called(partialArgs=[{"jsonPath": path, kind: value}], **on)


# The chunks' parts of the four streams that partial.py names, some repetitions left out.
TWICE = [
    called(name="getWeather", **ON) | SIGNED,
    *said("$.location", "Boston"),
    called(),
    called(name="getWeather", **ON),
    *said("$.location", "San Francisco"),
    called(),
]
NESTED = [
    called(name="cookRecipe", **ON) | SIGNED,
    *said("$.recipe.ingredients[0].amount", "16 oz"),
    *said("$.recipe.ingredients[0].name", "Lasagna noodles"),
    called(**ON),
    *said("$.recipe.ingredients[1].amount", "1/2 tsp"),
    *said("$.recipe.ingredients[1].name", "Pepper"),
    called(**ON),
    *said("$.recipe.name", "Lasagna"),
    *said("$.recipe.steps[0]", "Preheat oven to 375°F (190°C)."),
    *said("$.recipe.steps[1]", "In a 9x13 baking dish, spread a", " thin layer of meat sauce."),
    called(),
]
NUMBERS = [
    called(name="writeItems", **ON) | SIGNED,
    *said("$.operations[0].action", "add"),
    other("$.operations[0].price", "numberValue", 0.5, **ON),
    *said("$.operations[1].action", "add"),
    other("$.operations[1].price", "numberValue", 0.3),
    ENDED,
]
BARE = [
    {"text": "**Processing User Requests**\n\n\n", "thought": True},
    called(name="read_theme") | SIGNED,
    called(name="read_screen", **ON),
    *said("$.id", "A"),
    called(),
    ENDED,
]
RECORDED = [(PRO, TWICE), (PRO, NESTED), (FLASH, NUMBERS), (FLASH, BARE)]


def wire_of(model: str, parts: list[Part]) -> bytes:
    told = []
    for at, part in enumerate(parts):
        last = at == len(parts) - 1
        candidate: Part = {"content": {"role": "model", "parts": [part]}}
        told.append(
            {
                "candidates": [candidate | ({"finishReason": "STOP"} if last else {})],
                "usageMetadata": USAGE if last else {"trafficType": "ON_DEMAND"},
                "modelVersion": model,
                "createTime": "2026-04-02T17:03:50.399550Z",
                "responseId": "dqHOab6xGLzWodAPkPuViA4",
            }
        )
    return "".join(f"data: {airy(one)}\r\n\r\n" for one in told).encode()


def read(wire: bytes) -> tuple[Turn, list[Finding]]:
    reader = PROTOCOL.reader("text/event-stream" if wire.startswith(b"data") else "application/json")
    reader.feed(wire)
    return reader.finish(), reader.findings


def planned(call: Call, *blocks: Block, piece: int | None = None) -> Turn:
    cut = call.cut or PROTOCOL.cut
    if piece is not None:
        cut = replace(cut, text=piece, arguments=piece, exact=True)
    return plan([Reply(blocks=blocks)], call.conversation, cut)


def parts_of(wire: bytes) -> list[Part]:
    return [part for one in chunks(wire) for part in one["candidates"][0]["content"]["parts"]]


def on_vertex(model: str = NEW, query: str = "?alt=sse") -> Call:
    return call_for(ASKED, path_of(model, vertex=True) + query)


@pytest.mark.parametrize(("model", "parts"), RECORDED, ids=["twice", "nested", "numbers", "bare"])
def test_a_recorded_stream_is_read_without_a_finding_and_spelled_again(model: str, parts: list[Part]) -> None:
    wire = wire_of(model, parts)
    turn, findings = read(wire)
    assert findings == []
    again = encode(turn, call_for(request(), path_of(model, vertex=True) + "?alt=sse"))
    for one, recorded in zip(chunks(again), chunks(wire), strict=True):
        for drawn in ("createTime", "responseId"):
            one[drawn] = recorded[drawn]
        assert airy(one) == airy(recorded)


def test_a_recorded_call_is_whole_again() -> None:
    turn, _ = read(wire_of(PRO, NESTED))
    thoughts, call = turn.blocks
    assert thoughts == Reasoning(signature=SIGNED["thoughtSignature"])
    assert isinstance(call, ToolCall)
    assert json.loads(call.text) == {
        "recipe": {
            "ingredients": [
                {"amount": "16 oz", "name": "Lasagna noodles"},
                {"amount": "1/2 tsp", "name": "Pepper"},
            ],
            "name": "Lasagna",
            "steps": [
                "Preheat oven to 375°F (190°C).",
                "In a 9x13 baking dish, spread a thin layer of meat sauce.",
            ],
        }
    }
    assert len(call.pieces) == 2
    turn, _ = read(wire_of(FLASH, BARE))
    assert [(block.name, block.text) for block in turn.blocks if isinstance(block, ToolCall)] == [
        ("read_theme", "{}"),
        ("read_screen", '{"id":"A"}'),
    ]
    assert not any(isinstance(block, Text) for block in turn.blocks)


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        ({"city": "Oslo"}, [*said("$.city", "Oslo"), called()]),
        ({"city": ""}, [*said("$.city"), called()]),
        ({"days": 2}, [other("$.days", "numberValue", 2)]),
        (
            {"a": True, "b": None},
            [other("$.a", "boolValue", True, **ON), other("$.b", "nullValue", None)],
        ),
        ({"a": {"b": {"c": "x"}}}, [*said("$.a.b.c", "x"), called()]),
        (
            {"a": {"b": {"c": "x"}}, "d": 1},
            [*said("$.a.b.c", "x"), called(**ON), other("$.d", "numberValue", 1)],
        ),
        (
            {"a": [["x"], [1]], "d": 1},
            [
                *said("$.a[0][0]", "x"),
                other("$.a[1][0]", "numberValue", 1, **ON),
                other("$.d", "numberValue", 1),
            ],
        ),
        (
            {"it's": 1, "a b": 2, '"': 3, "\n": 4, "é": 5, "1": 6, "": 7},
            [
                other(path, "numberValue", nth, **({} if nth == 7 else ON))
                for nth, path in enumerate(
                    ("$['it\\'s']", "$['a b']", "$['\"']", "$['\\n']", "$.é", "$['1']", "$['']"), 1
                )
            ],
        ),
    ],
    ids=["text", "empty text", "number", "bool and null", "ends", "object ends", "lists", "keys"],
)
def test_each_value_has_its_part_and_each_end_its_chunk(arguments: Part, parts: list[Part]) -> None:
    call = on_vertex()
    made = parts_of(encode(planned(call, ToolCall(name="f", arguments=arguments)), call))
    made[0].pop("thoughtSignature")
    assert made == [called(name="f", **ON), *parts, ENDED]


def test_a_call_without_arguments_is_its_name_and_one_with_an_empty_list_comes_whole() -> None:
    call = on_vertex()
    blocks = [ToolCall(name="f", arguments={}), ToolCall(name="g", arguments={"a": [], "b": "c"}, id="mine")]
    first, second, last = parts_of(encode(planned(call, *blocks), call))
    assert (first["functionCall"], last) == ({"name": "f"}, ENDED)
    assert second == called(name="g", args={"a": [], "b": "c"}, id="mine")  # as without the wish


def test_a_users_id_stands_in_the_first_chunk_and_comes_back() -> None:
    call = on_vertex()
    wire = encode(planned(call, ToolCall(name="f", arguments={"a": 1}, id="mine")), call)
    assert list(parts_of(wire)[0]["functionCall"]) == ["name", "id", "willContinue"]
    turn, findings = read(wire)
    assert findings == []
    assert [block.id for block in turn.blocks if isinstance(block, ToolCall)] == ["mine"]


@pytest.mark.parametrize(("model", "ends"), [(NEW, True), (FLASH, True), (PRO, False)])
def test_only_flash_ends_with_the_empty_text(model: str, ends: bool) -> None:
    call = on_vertex(model)
    last = chunks(encode(planned(call, ToolCall(name="f", arguments={"a": "b"})), call))[-1]
    (candidate,) = last["candidates"]
    assert candidate["content"]["parts"] == [ENDED if ends else called()]
    assert candidate["finishReason"] == "STOP"
    assert last["usageMetadata"]["totalTokenCount"]


@pytest.mark.parametrize("piece", [None, 1, 7])
def test_texts_are_cut_where_the_arguments_are(piece: int | None) -> None:
    """About as text is by itself, else to the character; no cut within an escape or a pair of surrogates."""
    text = 'He said: "so it is", \\ and that\u2028was \U0001f600 all that there was to say of it.\n' * 3
    call = on_vertex()
    turn = planned(call, ToolCall(name="f", arguments={"é": 1, "b": ["", text]}), piece=piece)
    made = parts_of(encode(turn, call))
    given = [part["functionCall"]["partialArgs"][0] for part in made[1:-2]]
    texts = [part["stringValue"] for part in given if part["jsonPath"] == "$.b[1]"]
    assert "".join(texts) == text
    assert texts.pop() == ""
    assert len(texts) > 2
    if piece is not None:
        assert max(map(len, texts)) <= piece


def test_through_the_engine_the_header_cuts() -> None:
    path, _, query = (path_of(NEW, vertex=True) + "?alt=sse").partition("?")
    http = HttpRequest(
        method="POST",
        path=path,
        query=query,
        headers={"x-mockllm-piece": "2"},
        body=json.dumps(ASKED).encode(),
    )
    response = Engine(Settings(seed="0")).answer(http, now=STAMP.now)
    wire = b"".join(frame.wire for frame in frames(response.steps))
    texts = [
        part["functionCall"]["partialArgs"][0]["stringValue"]
        for part in parts_of(wire)
        if part.get("functionCall", {}).get("partialArgs")
    ]
    assert len(texts) > 2
    assert max(map(len, texts)) == 2


@pytest.mark.parametrize(
    ("model", "vertex", "wish"),
    [(NOW, True, True), (NEW, True, False), (NEW, True, None), (NEW, False, None)],
    ids=["an older model", "false", "null", "not asked for"],
)
def test_else_arguments_come_whole(model: str, vertex: bool, wish: bool | None) -> None:
    config = {"streamFunctionCallArguments": wish} if vertex else {}
    body = request(tools=TOOLS, toolConfig={"functionCallingConfig": config})
    call = call_for(body, path_of(model, vertex=vertex) + "?alt=sse")
    made = parts_of(encode(planned(call, ToolCall(name="f", arguments={"a": "b"})), call))
    assert made[0]["functionCall"]["args"] == {"a": "b"}


@pytest.mark.parametrize("model", [NOW, NEW])
def test_a_whole_answer_of_vertex_refuses_the_wish_whatever_the_model(model: str) -> None:
    told = refusal(ASKED, path_of(model, method="generateContent", vertex=True))
    assert told["message"].startswith(
        "Unable to submit request because streaming function call is not supported in unary API."
    )
    assert (told["code"], told["status"]) == (400, "INVALID_ARGUMENT")
    body = request(toolConfig={"functionCallingConfig": {"streamFunctionCallArguments": True}})
    assert refusal(body, path_of(model, method="generateContent", vertex=True)) == told


@pytest.mark.parametrize("method", ["generateContent", "streamGenerateContent"])
@pytest.mark.parametrize("name", ["streamFunctionCallArguments", "stream_function_call_arguments"])
def test_the_gemini_api_has_no_such_field(method: str, name: str) -> None:
    body = request(tools=TOOLS, tool_config={"function_calling_config": {name: False}})
    assert refusal(body, path_of(NEW, method=method))["message"] == (
        f"Invalid JSON payload received. Unknown name \"{name}\" at 'tool_config.function_calling_config':"
        " Cannot find field."
    )


# -- reading what nobody should send ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ([called(**ON)], "a call goes on that never began"),
        ([called()], "a call goes on that never began"),
        ([called(name="f", **ON)], "the arguments of f never end"),
        ([called(name="f", **ON), called(name="g")], "the arguments of f never end"),
        ([called(name="f", willContinue=False)], "a call that goes on says no other willContinue than true"),
        ([called(name="f", partialArgs=[])], "partialArgs is no list of objects"),
        ([called(name="f", partialArgs=[1])], "a partial argument is no object"),
        ([called(name="f", partialArgs=[{"jsonPath": "$.a"}])], "needs the path of one place, and one value"),
        ([called(name="f", partialArgs=[{"stringValue": "a"}])], "needs the path of one place, and one value"),
        ([other("$..a", "numberValue", 1) | called(name="f", partialArgs=[{"jsonPath": "$", "numberValue": 1}])], "needs the path of one place"),
        ([called(name="f", **ON), other("$.a[1]", "numberValue", 1)], "stands where something else does"),
        ([called(name="f", **ON), other("$[0]", "numberValue", 1)], "stands where something else does"),
        ([called(name="f", **ON), other("$.a", "numberValue", 1, **ON), other("$.a.b", "numberValue", 1)], "stands where something else does"),
        ([called(name="f", **ON), other("$.a", "numberValue", True)], "numberValue holds another kind of value"),
        ([called(name="f", **ON), other("$.a", "stringValue", 1)], "stringValue holds another kind of value"),
    ],
)  # fmt: skip
def test_a_call_that_breaks_the_rules_is_a_finding(parts: list[Part], sentence: str) -> None:
    _, findings = read(wire_of(FLASH, [*parts, ENDED]))
    assert any(sentence in finding.sentence for finding in findings), findings


def test_a_call_that_the_tokens_end_may_be_left_open() -> None:
    wire = wire_of(FLASH, [called(name="f", **ON), other("$.a", "stringValue", "b", **ON), ENDED])
    turn, findings = read(wire.replace(b'"STOP"', b'"MAX_TOKENS"'))
    assert findings == []
    assert turn.blocks[-1] == ToolCall(name="f", pieces=turn.blocks[-1].pieces, cut=True)  # type: ignore[union-attr]
    assert turn.blocks[-1].text == '{"a":"b"}'


def test_a_path_is_read_as_rfc_9535_has_it() -> None:
    assert joiner.steps("$.foo.bar[0].data") == ["foo", "bar", 0, "data"]
    assert joiner.steps("$['a b'][\"c\\\"d\"]['it\\'s \"so\"']['\\u00e9']") == [
        "a b",
        'c"d',
        'it\'s "so"',
        "é",
    ]
    for none in (None, 1, "", "a", "$.", "$[", "$[-1]", "$[*]", "$['\\q']", "$" + ".a" * 513):
        assert joiner.steps(none) is None


def test_a_long_text_in_many_parts_takes_no_time() -> None:
    parts = [called(name="f", **ON), *said("$.a", *["piece "] * 20_000), called(), ENDED]
    turn, findings = read(wire_of(FLASH, parts))
    assert findings == []
    (call,) = [block for block in turn.blocks if isinstance(block, ToolCall)]
    assert json.loads(call.text) == {"a": "piece " * 20_000}


TEXTS = st.text(max_size=30)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**50), 2**50) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
CALLS = [on_vertex(model, query) for model in (NEW, FLASH, PRO) for query in ("?alt=sse", "")]


@given(
    st.lists(st.dictionaries(st.text(max_size=6), VALUES, max_size=3), min_size=1, max_size=3),
    st.sampled_from(CALLS),
    st.sampled_from([None, 1, 5]),
)
@settings(deadline=None, max_examples=150)
def test_what_is_spelled_is_read_without_a_finding_and_spelled_the_same(
    arguments: list[Part], call: Call, piece: int | None
) -> None:
    turn = planned(call, *[ToolCall(name="f", arguments=one) for one in arguments], piece=piece)
    wire = encode(turn, call)
    back, findings = read(wire)
    assert findings == []
    made = [json.loads(block.text) for block in back.blocks if isinstance(block, ToolCall)]
    assert made == arguments
    usual = call_for(request(tools=[{"functionDeclarations": [WEATHER]}]), path_of(call.model, vertex=True))
    assert encode(back, replace(usual, form=call.form)) == wire
    for first, second in pairwise(parts_of(wire)):
        assert not (first == second == called())


# -- a call that comes back in pieces ---------------------------------------------------------------------------


def history(*parts: Part, at_once: bool = False) -> Part:
    """A conversation with a call in pieces: each in a content of its own, as a client has them, or in one."""
    contents = [{"role": "model", "parts": [part]} for part in parts]
    if at_once:
        contents = [{"role": "model", "parts": list(parts)}]
    answered = {"functionResponse": {"name": "get_weather", "response": {"result": "warm"}}}
    calls = [part.get("functionCall", part.get("function_call")) for part in parts]
    ended = [
        one for one in calls if one is not None and not (one.get("willContinue") or one.get("will_continue"))
    ]
    question = ASKED["contents"][0]
    return {**ASKED, "contents": [question, *contents, {"role": "user", "parts": [answered] * len(ended)}]}


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("path", [path_of(NEW, vertex=True) + "?alt=sse", path_of(NOW, vertex=True)])
def test_a_call_that_comes_back_in_pieces_is_one_call(path: str, at_once: bool) -> None:
    body = history(*[*NESTED, *TWICE], ENDED, at_once=at_once)
    asked = call_for(body, path).conversation
    used = [part for message in asked.messages for part in message.parts if isinstance(part, ToolUse)]
    assert [one.name for one in used] == ["cookRecipe", "getWeather", "getWeather"]
    assert [json.loads(one.arguments) for one in used[1:]] == [
        {"location": "Boston"},
        {"location": "San Francisco"},
    ]
    assert json.loads(used[0].arguments)["recipe"]["steps"][1].endswith("spread a thin layer of meat sauce.")


def test_pieces_are_taken_in_both_spellings_and_with_the_name_again() -> None:
    """The second piece is that of python-genai's own test, null and all."""
    again = {
        "function_call": {
            "name": "get_weather",
            "partial_args": [{"json_path": "$.country", "null_value": "NULL_VALUE"}, {"json_path": "$.lost"}],
            "will_continue": False,
        }
    }
    body = history(called(name="get_weather", **ON) | SIGNED, again)
    asked = call_for(body, path_of(NEW, vertex=True)).conversation
    (used,) = [part for message in asked.messages for part in message.parts if isinstance(part, ToolUse)]
    assert (used.name, used.arguments) == ("get_weather", '{"country":null}')


@pytest.mark.parametrize("vertex", [False, True])
def test_a_call_without_a_name_that_continues_none_is_refused(vertex: bool) -> None:
    body = history(called(args={}))
    del body["toolConfig"]
    told = refusal(body, path_of(NOW, vertex=vertex))
    assert told["message"] == (
        "* GenerateContentRequest.contents[1].parts[0].function_call.name: Name cannot be empty.\n"
    )


def test_the_first_piece_carries_the_signature_of_gemini_3() -> None:
    told = refusal(history(*TWICE[3:]), path_of(NEW, vertex=True))
    assert "contents[1].parts[0].function_call.name" in told["message"]
    told = refusal(history(*TWICE[4:]), path_of(NEW, vertex=True))
    assert "missing a thought_signature" in told["message"]
