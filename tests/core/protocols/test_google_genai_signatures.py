"""Thought signatures sent back: ours and others' are accepted, lost and changed ones refused where Google does."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

import pytest
from core.protocols.google_genai_case import (
    NEW,
    NOW,
    OLD,
    STAMP,
    TOOLS,
    answer,
    call_for,
    chunks,
    path_of,
    refusal,
    request,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from mockllm_core.protocols.google_genai import ids
from mockllm_core.reply import Reasoning, ToolCall


def second_turn(model: str, *, vertex: bool = False) -> dict[str, Any]:
    """Return the request that follows our own answer with a call."""
    body = request(tools=TOOLS)
    call = ToolCall(name="get_weather", arguments={"city": "Paris"})
    (first,) = chunks(answer(body, path_of(model, method="generateContent", vertex=vertex), call, call))
    result = {"functionResponse": {"name": "get_weather", "response": {"result": "rainy"}}}
    body["contents"] += [first["candidates"][0]["content"], {"role": "user", "parts": [result, result]}]
    return body


@pytest.mark.parametrize("model", [OLD, NOW, NEW, "gemini-3-pro-preview", "gemini-flash-latest"])
@pytest.mark.parametrize("vertex", [False, True])
def test_our_own_answer_is_accepted_as_history(model: str, vertex: bool) -> None:
    body = second_turn(model, vertex=vertex)
    (told,) = chunks(answer(body, path_of(model, method="generateContent", vertex=vertex)))
    assert told["candidates"][0]["content"]["parts"][0]["text"] == "Say hello."


@pytest.mark.parametrize("model", [NOW, NEW])
@pytest.mark.parametrize(("most", "said"), [(2, ["Thinking"]), (6, ["Thinking of Paris."])])
def test_what_the_tokens_end_before_anything_is_said_is_not_signed(
    model: str, most: int, said: list[str]
) -> None:
    """Neither a thought that is cut nor one behind which a call is not reached."""
    config = {"maxOutputTokens": most, "thinkingConfig": {"includeThoughts": True}}
    body = request(tools=TOOLS, generationConfig=config)
    thought, call = (
        Reasoning.of("Thinking of Paris."),
        ToolCall(name="get_weather", arguments={"city": "Paris"}),
    )
    (told,) = chunks(answer(body, path_of(model, method="generateContent"), thought, call))
    (candidate,) = told["candidates"]
    assert candidate["finishReason"] == "MAX_TOKENS"
    assert candidate["content"]["parts"] == [{"text": text, "thought": True} for text in said]


def part_with_signature(body: dict[str, Any]) -> dict[str, Any]:
    part: dict[str, Any] = body["contents"][1]["parts"][0]
    assert part["thoughtSignature"]
    return part


def test_a_lost_signature_is_refused_on_gemini_3() -> None:
    body = second_turn(NEW)
    del part_with_signature(body)["thoughtSignature"]
    message = refusal(body, path_of(NEW))["message"]
    assert message.startswith("Function call is missing a thought_signature in functionCall parts.")
    assert "function call `default_api:get_weather` , position 2." in message
    assert call_for(body, path_of(NOW)).conversation.tools


def test_a_lost_signature_of_an_earlier_turn_is_nobodys_business() -> None:
    body = second_turn(NEW)
    del part_with_signature(body)["thoughtSignature"]
    body["contents"] += [
        {"role": "model", "parts": [{"text": "It rains."}]},
        {"role": "user", "parts": [{"text": "Thanks."}]},
    ]
    assert call_for(body, path_of(NEW)).conversation.tools


def test_a_changed_signature_is_refused() -> None:
    body = second_turn(NEW)
    part = part_with_signature(body)
    raw = bytearray(b64decode(part["thoughtSignature"]))
    raw[40] ^= 1
    part["thoughtSignature"] = b64encode(raw).decode()
    assert refusal(body, path_of(NEW))["message"] == "Corrupted thought signature."
    assert refusal(body, path_of(NEW, vertex=True))["message"] == "Invalid thought signature."


def test_a_signature_that_is_no_base64_is_refused_with_its_place() -> None:
    body = second_turn(NEW)
    part_with_signature(body)["thoughtSignature"] = "default_signature"
    told = refusal(body, path_of(NEW))
    place = "contents[1].parts[0].thought_signature"
    assert (
        told["message"]
        == f"Invalid value at '{place}' (TYPE_BYTES), Base64 decoding failed for \"default_signature\""
    )
    assert told["details"][0]["fieldViolations"][0]["field"] == place


@pytest.mark.parametrize(
    "signature",
    [
        "skip_thought_signature_validator",
        "context_engineering_is_the_way_to_go",
        "EpIDCo8DAQw51scL-dHffCC-bznO",
    ],
)
def test_signatures_of_others_and_the_documented_stand_ins_pass(signature: str) -> None:
    body = second_turn(NEW)
    part_with_signature(body)["thoughtSignature"] = signature
    assert call_for(body, path_of(NEW)).conversation.tools


@pytest.mark.parametrize("nested", [True, False])
def test_a_changed_head_is_told_too(nested: bool) -> None:
    whole = ids.signature(STAMP, nested=nested, size=96, path=(0,))
    assert ids.signature_state(whole) == "fine"
    for at in (*range(8), 40, 90):
        changed = whole[:at] + ("A" if whole[at] != "A" else "B") + whole[at + 1 :]
        assert ids.signature_state(changed) == "corrupt"


@pytest.mark.parametrize("nested", [True, False])
@pytest.mark.parametrize("size", [32, 96, 97, 98, 400, 4096])
@pytest.mark.parametrize("padded", [True, False])
def test_a_character_changed_cut_out_or_put_in_is_told_wherever_it_is(
    nested: bool, size: int, padded: bool
) -> None:
    whole = ids.signature(STAMP, nested=nested, size=size, path=(0,))
    whole = whole if padded else whole.rstrip("=")
    assert ids.signature_state(whole) == "fine"
    for at in (*range(28), len(whole) // 2):
        before, after = whole[:at], whole[at + 1 :]
        damaged = [before + after]
        for letter in "A/k9":
            damaged += [before + letter + whole[at:], before + letter * 3 + whole[at:]]
            damaged += [before + letter + after] if letter != whole[at] else []
        assert "fine" not in map(ids.signature_state, damaged)


def test_a_damaged_signature_is_refused_in_the_providers_words() -> None:
    body = second_turn(NEW)
    part = part_with_signature(body)
    whole = part["thoughtSignature"]
    for damaged in (whole[:7] + whole[8:], whole[:7] + whole[11:]):
        part["thoughtSignature"] = damaged
        assert refusal(body, path_of(NEW))["code"] == 400


@given(st.binary(max_size=200))
@settings(deadline=None, max_examples=60)
def test_what_other_servers_sign_is_accepted(raw: bytes) -> None:
    assert ids.signature_state(b64encode(raw).decode()) == "fine"
