"""What the request alone brings out: thinking in its forms, signatures, caching, refusals, families of models."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from core.protocols.anthropic_case import (
    STAMP,
    TOOL,
    body,
    call,
    incoming,
    planned,
    read,
    read_body,
    streamed,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from mockllm_core.errors import ApiError
from mockllm_core.protocols.anthropic_messages import PROTOCOL, cached, events, message, prefixes
from mockllm_core.protocols.anthropic_messages.families import MODELS, family, spoken
from mockllm_core.protocols.anthropic_messages.shape import MAGIC_REDACTED, MAGIC_REFUSAL
from mockllm_core.protocols.anthropic_messages.signature import judge, redact, sign
from mockllm_core.reply import Reasoning, Text, ToolCall, Usage
from mockllm_core.responders import respond

THINKING = {"type": "enabled", "budget_tokens": 1024}
MARK = {"type": "ephemeral"}


def whole(**more: Any) -> dict[str, Any]:
    """Return the whole answer that the default responder gives to a request."""
    asked = call(**more)
    reply = respond(asked.conversation)
    found: dict[str, Any] = json.loads(
        PROTOCOL.whole(planned(asked, *reply.blocks, finish=reply.finish), asked, STAMP)
    )
    return found


# -- thinking ------------------------------------------------------------------------------------------------------


def test_thinking_is_shown_when_the_request_asks_for_it() -> None:
    found = whole(thinking=THINKING)
    assert [block["type"] for block in found["content"]] == ["thinking", "text"]
    assert found["content"][0]["thinking"]
    assert found["usage"]["output_tokens_details"]["thinking_tokens"] > 0
    assert [block["type"] for block in whole()["content"]] == ["text"]
    assert "output_tokens_details" not in whole()["usage"]


@pytest.mark.parametrize(
    ("model", "display", "shown"),
    [
        ("claude-haiku-4-5-20251001", None, True),
        ("claude-haiku-4-5-20251001", "summarized", True),
        ("claude-haiku-4-5-20251001", "omitted", False),
        ("claude-sonnet-4-6", None, True),
        ("claude-sonnet-5", None, False),
        ("claude-sonnet-5", "summarized", True),
        ("some-other-model", None, True),
    ],
)
def test_display_decides_whether_thoughts_are_sent(model: str, display: str | None, *, shown: bool) -> None:
    thinking: dict[str, Any] = {"type": "adaptive"} if "haiku" not in model else dict(THINKING)
    if display is not None:
        thinking["display"] = display
    found = whole(model=model, thinking=thinking)
    assert bool(found["content"][0]["thinking"]) == shown
    assert found["content"][0]["signature"]
    assert found["usage"]["output_tokens_details"]["thinking_tokens"] > 0
    asked = call(model=model, thinking=thinking, stream=True)
    wire = streamed(planned(asked, *respond(asked.conversation).blocks), asked)
    assert (b"thinking_delta" in wire) == shown
    assert wire.count(b"signature_delta") == 1


def test_the_magic_string_redacts_thoughts_and_they_may_be_sent_back() -> None:
    messages = [{"role": "user", "content": MAGIC_REDACTED}]
    found = whole(thinking=THINKING, messages=messages)
    assert [block["type"] for block in found["content"]] == ["redacted_thinking", "text"]
    history = [
        *messages,
        {"role": "assistant", "content": found["content"]},
        {"role": "user", "content": "more"},
    ]
    call(thinking=THINKING, messages=history)
    data = found["content"][0]["data"]
    found["content"][0]["data"] = data[:80] + ("A" if data[80] != "A" else "B") + data[81:]
    with pytest.raises(ApiError, match=r"messages.1.content.0: Invalid `data` in `redacted_thinking` block"):
        call(thinking=THINKING, messages=history)


def test_thoughts_stand_between_calls_and_every_block_has_its_own_signature() -> None:
    asked = call(thinking=THINKING, tools=[TOOL], stream=True)
    blocks = (
        Reasoning.of("First."),
        ToolCall(name="get_weather", arguments={"city": "Rome"}),
        Reasoning.of("Then."),
        ToolCall(name="get_weather", arguments={"city": "Oslo"}),
    )
    turn, findings = read(streamed(planned(asked, *blocks), asked))
    assert findings == []
    assert [type(block) for block in turn.blocks] == [type(block) for block in blocks]
    assert len({block.signature for block in turn.blocks if isinstance(block, Reasoning)}) == 2


def test_our_own_answer_is_taken_as_history_streamed_or_whole() -> None:
    """A tool round with thinking: what we sent comes back, the tool's result behind it."""
    asked = call(thinking=THINKING, tools=[TOOL], stream=True)
    turn = planned(asked, *respond(asked.conversation).blocks)
    content = json.loads(PROTOCOL.whole(turn, asked, STAMP))["content"]
    assert [block["type"] for block in content] == ["thinking", "tool_use"]
    result = {"type": "tool_result", "tool_use_id": content[1]["id"], "content": "sunny"}
    history = [
        *body()["messages"],
        {"role": "assistant", "content": content},
        {"role": "user", "content": [result]},
    ]
    assert whole(thinking=THINKING, tools=[TOOL], messages=history)["stop_reason"] == "end_turn"
    again, _ = read(streamed(turn, asked))
    thoughts = again.blocks[0]
    assert isinstance(thoughts, Reasoning)
    assert judge(thoughts.signature or "", thoughts.text) == "ours"


# -- signatures ----------------------------------------------------------------------------------------------------


@given(st.text(max_size=60), st.sampled_from(["claude-haiku-4-5", "m", ""]), st.integers(0, 5))
@settings(deadline=None, max_examples=60)
def test_a_signature_of_ours_is_known_again(thoughts: str, model: str, nth: int) -> None:
    proof = sign(thoughts, model, STAMP, nth)
    assert judge(proof, thoughts) == "ours"
    assert judge(proof, thoughts + "!") == "tampered"
    assert proof.startswith("E")
    assert base64.b64decode(proof)[-2:] == b"\x18\x01"
    assert judge(redact(thoughts, model, STAMP, nth), "") == "ours"


@given(st.data())
@settings(deadline=None, max_examples=100)
def test_a_changed_signature_is_tampered_wherever_it_was_changed(data: st.DataObject) -> None:
    proof = sign("Let me think.", "claude-haiku-4-5-20251001", STAMP, 0)
    at = data.draw(st.integers(0, len(proof) - 1))
    new = data.draw(st.sampled_from("ABCxyz019+/="))
    changed = data.draw(
        st.sampled_from(
            [proof[:at] + new + proof[at + 1 :], proof[:at] + new + proof[at:], proof + new, proof[:-4]]
        )
    )
    if changed != proof:
        assert judge(changed, "Let me think.") == "tampered"


def test_padding_in_front_hides_nothing() -> None:
    proof = sign("Let me think.", "claude-haiku-4-5-20251001", STAMP, 0)
    assert judge(f"={proof[1:]}", "Let me think.") == "tampered"


@pytest.mark.parametrize(
    "foreign",
    [
        "",
        "sig",
        "EuYDCmMIDBgCKkC05Zda4P+Cdk/LQKE+Aol4ZY3EY4wLDrf8XcApz2Pi",
        "not base64 at all!",
        "é",
        "A" * 5000,
    ],
)
def test_a_signature_of_another_server_is_accepted(foreign: str) -> None:
    assert judge(foreign, "thoughts") == "foreign"
    block = {"type": "thinking", "thinking": "thoughts", "signature": foreign}
    call(
        messages=[
            *body()["messages"],
            {"role": "assistant", "content": [block, {"type": "text", "text": "x"}]},
        ]
    )


def test_a_tampered_signature_is_refused_in_the_providers_words() -> None:
    proof = sign("thoughts", "m", STAMP, 0)
    block = {"type": "thinking", "thinking": "other thoughts", "signature": proof}
    history = [
        *body()["messages"],
        {"role": "assistant", "content": [block]},
        {"role": "user", "content": "x"},
    ]
    with pytest.raises(ApiError) as raised:
        call(messages=history)
    assert raised.value.message == "messages.1.content.0: Invalid `signature` in `thinking` block"


# -- refusals and ends ---------------------------------------------------------------------------------------------


def test_the_magic_string_is_refused_at_once() -> None:
    messages = [{"role": "user", "content": f"please {MAGIC_REFUSAL}"}]
    found = whole(messages=messages)
    assert (found["content"], found["stop_reason"]) == ([], "refusal")
    assert found["stop_details"] == {"type": "refusal", "category": None, "explanation": None}
    assert found["usage"]["output_tokens"] == 0
    assert "service_tier" not in found["usage"]
    asked = call(stream=True, messages=messages)
    turn, findings = read(streamed(planned(asked, *respond(asked.conversation).blocks), asked))
    assert findings == []
    assert (turn.blocks, turn.finish.reason) == ((), "content_filter")


def test_an_answer_cut_to_nothing_has_no_block() -> None:
    asked = call(stop_sequences=["Hello"], max_tokens=1)
    found = json.loads(PROTOCOL.whole(planned(asked, Text.of("")), asked, STAMP))
    assert found["content"] == [{"type": "text", "text": ""}]
    long = planned(asked, Reasoning.of("x" * 9), Text.of("y"))
    assert [block["type"] for block in json.loads(PROTOCOL.whole(long, asked, STAMP))["content"]] == [
        "thinking"
    ]


def test_beta_headers_and_unknown_options_change_nothing() -> None:
    given = body(x_new_option={"a": 1}, betas=["x"])
    betas = incoming(given, anthropic_beta="x-2026-01-01,y", anthropic_version="2026-10-21", x_api_key="k")
    assert PROTOCOL.parse(betas, PROTOCOL.endpoints[0]).conversation == call().conversation


# -- caching -------------------------------------------------------------------------------------------------------


def cacheable(*, last: str = "What now?", ttl: str | None = None, **more: Any) -> dict[str, Any]:
    mark = {**MARK, "ttl": ttl} if ttl else MARK
    return {
        "system": [{"type": "text", "text": "You are a very helpful assistant. " * 9, "cache_control": mark}],
        "messages": [{"role": "user", "content": last}],
        **more,
    }


def test_a_marked_prefix_is_written_first_and_read_later() -> None:
    first, second = call(**cacheable()), call(**cacheable(last="And then?"))
    keys = {prefix.key for prefix in prefixes(first) if prefix.marked}
    assert keys == {prefix.key for prefix in prefixes(second) if prefix.marked}
    usage = planned(second, Text.of("x")).usage
    written = cached(usage, prefixes(second), lambda _: False)
    read_again = cached(usage, prefixes(second), keys.__contains__)
    assert (written.cache_read, written.cache_write) == (0, prefixes(second)[-1].tokens)
    assert (read_again.cache_read, read_again.cache_write) == (prefixes(second)[-1].tokens, 0)
    assert written.input_tokens == read_again.input_tokens == usage.input_tokens


def test_without_state_a_marked_request_writes_and_its_input_leaves_the_cached_part_out() -> None:
    usage = whole(**cacheable())["usage"]
    assert usage["cache_creation_input_tokens"] > 50
    assert usage["cache_creation"] == {
        "ephemeral_5m_input_tokens": usage["cache_creation_input_tokens"],
        "ephemeral_1h_input_tokens": 0,
    }
    total = planned(call(**cacheable()), Text.of("x")).usage.input_tokens
    assert usage["input_tokens"] + usage["cache_creation_input_tokens"] == total
    assert whole(**cacheable(ttl="1h"))["usage"]["cache_creation"]["ephemeral_5m_input_tokens"] == 0
    assert whole()["usage"]["cache_creation_input_tokens"] == 0


@pytest.mark.parametrize(
    "more",
    [
        {"system": "Be kind. " * 20, "cache_control": MARK},
        {"tools": [{**TOOL, "cache_control": MARK}]},
        {
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": "long " * 20, "cache_control": MARK}]}
            ]
        },
    ],
)
def test_every_place_of_a_mark_counts(more: dict[str, Any]) -> None:
    usage = whole(**more)["usage"]
    assert usage["cache_creation_input_tokens"] > 0
    assert usage["input_tokens"] >= 3


def test_a_longer_conversation_reads_what_the_shorter_one_wrote() -> None:
    def turn(*texts: str) -> Any:
        marked = [{"type": "text", "text": texts[-1], "cache_control": MARK}]
        roles = ["user", "assistant"] * len(texts)
        early = [
            {"role": role, "content": [{"type": "text", "text": text}]}
            for role, text in zip(roles, texts[:-1], strict=False)
        ]
        return call(messages=[*early, {"role": "user", "content": marked}])

    short, long = (
        turn("first question " * 9),
        turn("first question " * 9, "an answer", "second question " * 9),
    )
    seen = {prefix.key for prefix in prefixes(short) if prefix.marked}
    usage = cached(Usage(input_tokens=200, output_tokens=1), prefixes(long), seen.__contains__)
    assert usage.cache_read == prefixes(short)[-1].tokens
    assert usage.cache_write > 0


def test_another_beginning_reads_nothing() -> None:
    seen = {prefix.key for prefix in prefixes(call(**cacheable()))}
    other = call(**cacheable(tools=[TOOL]))
    assert not seen & {prefix.key for prefix in prefixes(other)}
    assert not seen & {prefix.key for prefix in prefixes(call(**cacheable(), model="claude-sonnet-4-6"))}


# -- families ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("claude-sonnet-4-6", "claude-sonnet-4-6"),
        ("claude-haiku-4-5", "claude-haiku-4-5-20251001"),
        ("claude-sonnet-4-5@20250929", "claude-sonnet-4-5-20250929"),
        ("us.anthropic.claude-3-5-sonnet-20240620-v1:0", "claude-3-5-sonnet-20240620"),
        ("anthropic.claude-opus-4-8", "claude-opus-4-8"),
        (
            "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-20250514-v1:0",
            "claude-sonnet-4-20250514",
        ),
        ("my-own-model", "my-own-model"),
        ("vendor/model", "vendor/model"),
    ],
)
def test_an_answer_names_the_snapshot(asked: str, answered: str) -> None:
    assert spoken(asked) == answered


@pytest.mark.parametrize(
    ("model", "caller", "geo", "prefill"),
    [
        ("claude-3-haiku-20240307", False, "not_available", True),
        ("claude-3-5-sonnet-20240620", False, "not_available", True),
        ("claude-sonnet-4-20250514", False, "not_available", True),
        ("claude-opus-4-1-20250805", False, "not_available", True),
        ("claude-opus-4-5", True, "not_available", True),
        ("claude-opus-4-6", True, "global", False),
        ("claude-sonnet-5", True, "global", False),
        ("claude-fable-5-1", True, "global", False),
        ("any-name", True, "global", True),
    ],
)
def test_a_models_age_decides_its_form(model: str, geo: str, *, caller: bool, prefill: bool) -> None:
    form = family(model)
    assert (form.caller, form.geo, form.prefill) == (caller, geo, prefill)


# -- the list of models and counting -------------------------------------------------------------------------------


def plain(path: str, query: str = "", params: dict[str, str] | None = None) -> dict[str, Any]:
    endpoint = next(one for one in PROTOCOL.endpoints if one.path == path)
    http = type(incoming().http)(method="GET", path=path, query=query)
    assert endpoint.answer is not None
    answer = endpoint.answer(type(incoming())(http=http, params=params or {}, body=body()), STAMP)
    found: dict[str, Any] = json.loads(answer.body or b"")
    return found


def test_the_list_of_models_is_paged() -> None:
    page = plain("/v1/models")
    assert [entry["id"] for entry in page["data"]] == [model.id for model in MODELS]
    assert (page["first_id"], page["last_id"], page["has_more"]) == (MODELS[0].id, MODELS[-1].id, False)
    seen: list[str] = []
    query = "limit=3"
    while True:
        page = plain("/v1/models", query)
        seen += [entry["id"] for entry in page["data"]]
        query = f"limit=3&after_id={page['last_id']}"
        if not page["has_more"]:
            break
    assert seen == [model.id for model in MODELS]
    assert plain("/v1/models", f"after_id={MODELS[-1].id}")["data"] == []
    back = plain("/v1/models", f"limit=2&before_id={MODELS[3].id}")
    assert [entry["id"] for entry in back["data"]] == [MODELS[1].id, MODELS[2].id]
    assert back["has_more"]
    for bad in ("limit=0", "limit=x", "limit=1001", "limit=²"):
        with pytest.raises(ApiError, match="limit"):
            plain("/v1/models", bad)


def test_one_model_is_found_by_alias_and_any_other_name_is_a_model_too() -> None:
    path = "/v1/models/{model}"
    assert plain(path, params={"model": "claude-haiku-4-5"})["id"] == "claude-haiku-4-5-20251001"
    assert plain(path, params={"model": "my-model"})["display_name"] == "my-model"


def test_a_model_tells_what_it_can_do() -> None:
    """The answer for Claude Haiku 4.5 of October 2026, key for key, and what the client of November requires."""
    no, yes = {"supported": False}, {"supported": True}
    told = plain("/v1/models/{model}", params={"model": "claude-haiku-4-5"})["capabilities"]
    expected = {
        "batch": yes,
        "citations": yes,
        "code_execution": no,
        "context_management": {
            "supported": True,
            "clear_tool_uses_20250919": yes,
            "clear_thinking_20251015": yes,
            "compact_20260112": no,
        },
        "effort": {"supported": False, "low": no, "medium": no, "high": no, "xhigh": no, "max": no},
        "image_input": yes,
        "pdf_input": yes,
        "server_tools": {"supported": True, "web_search": yes, "code_execution": yes},
        "structured_outputs": yes,
        "thinking": {
            "supported": True,
            "types": {"enabled": yes, "adaptive": no, "disabled": yes, "between_tools": no},
        },
    }
    assert json.dumps(told) == json.dumps(expected)


def test_a_model_has_all_the_keys_of_the_reference() -> None:
    told = plain("/v1/models/{model}", params={"model": "claude-haiku-4-5"})
    assert [*told][:5] == ["type", "id", "display_name", "created_at", "line"]
    assert [*told][5:8] == ["max_input_tokens", "max_tokens", "capabilities"]
    assert [*told][8:] == ["lifecycle", "deprecated_at", "retires_at"]
    assert [told[key] for key in ("line", *[*told][8:])] == ["haiku", "active", None, None]
    names = ("claude-opus-5", "claude-3-7-sonnet-20250219", "claude-mythos-preview", "claude-2.1", "my-model")
    lines = [plain("/v1/models/{model}", params={"model": name})["line"] for name in names]
    assert lines == ["opus", "sonnet", "mythos", None, None]


@pytest.mark.parametrize("key", ["lifecycle", "lifecycle[]"])
def test_models_are_listed_by_their_stage(key: str) -> None:
    every = plain("/v1/models")
    assert plain("/v1/models", f"{key}=retired&{key}=active") == every
    none = {"data": [], "has_more": False, "first_id": None, "last_id": None}
    assert plain("/v1/models", f"{key}=retired&{key}=deprecated") == none
    with pytest.raises(ApiError, match="Input should be 'active', 'deprecated' or 'retired'"):
        plain("/v1/models", f"{key}=old")


@pytest.mark.parametrize(
    ("model", "efforts", "thinking"),
    [
        ("claude-opus-5-5", {"low", "medium", "high", "xhigh", "max"}, {"adaptive"}),
        ("claude-sonnet-5-5", {"low", "medium", "high", "xhigh", "max"}, {"adaptive", "between_tools"}),
        ("claude-haiku-5-5", {"low", "medium", "high", "xhigh", "max"}, {"adaptive", "disabled"}),
        ("claude-sonnet-5", {"low", "medium", "high", "xhigh", "max"}, {"adaptive", "disabled"}),
        ("claude-opus-4-6", {"low", "medium", "high", "max"}, {"adaptive", "enabled", "disabled"}),
        ("claude-opus-4-5", {"low", "medium", "high"}, {"enabled", "disabled"}),
        ("claude-sonnet-4-5", set(), {"enabled", "disabled"}),
    ],
)
def test_what_models_can_do_differs(model: str, efforts: set[str], thinking: set[str]) -> None:
    told = plain("/v1/models/{model}", params={"model": model})["capabilities"]
    levels = {level: said for level, said in told["effort"].items() if level != "supported"}
    assert {level for level, said in levels.items() if said["supported"]} == efforts
    assert told["effort"]["supported"] is bool(efforts)
    assert {kind for kind, said in told["thinking"]["types"].items() if said["supported"]} == thinking


def test_counting_agrees_with_usage() -> None:
    assert plain("/v1/messages/count_tokens") == {"input_tokens": whole()["usage"]["input_tokens"]}


def test_headers_hold_ids_and_limits_in_the_providers_units() -> None:
    asked = call(stream=True)
    headers = dict(PROTOCOL.headers(planned(asked, Text.of("x")), asked, STAMP))
    assert headers["content-type"] == "text/event-stream; charset=utf-8"
    assert headers["cache-control"] == "no-cache"
    assert headers["anthropic-ratelimit-tokens-reset"] == "2026-01-01T00:00:00Z"
    again = dict(PROTOCOL.headers(planned(call(), Text.of("x")), call(), STAMP))
    assert again["content-type"] == "application/json"
    assert again["anthropic-organization-id"] == headers["anthropic-organization-id"]
    assert read_body(PROTOCOL.whole(planned(call(), Text.of("x")), call(), STAMP))[1] == []


@pytest.mark.parametrize(
    ("model", "speed"),
    [
        ("claude-opus-4-8", "fast"),
        ("claude-opus-5", "fast"),
        ("claude-opus-4-6", "standard"),
        ("a-model-of-mine", "fast"),
        ("claude-opus-4-7", ""),
        ("claude-opus-4-5", ""),
        ("claude-sonnet-5", ""),
        ("claude-haiku-4-5", ""),
    ],
)
def test_a_model_is_fast_at_its_own_pace_or_refuses(model: str, speed: str) -> None:
    """Public reports of 2026: some models refuse, and since June Opus 4.6 is served at the usual pace."""
    if speed:
        assert whole(model=model, speed="fast")["usage"]["speed"] == speed
        return
    with pytest.raises(ApiError) as refused:
        call(model=model, speed="fast")
    assert refused.value.message == f"'{spoken(model)}' does not support the `speed` parameter."
    call(model=model, speed="standard")


# -- another road to the same model --------------------------------------------------------------------------------


def test_events_for_bedrock_have_its_ids_and_no_place_or_caller() -> None:
    asked = replace(call(tools=[TOOL], model="us.anthropic.claude-sonnet-4-5-20250929-v1:0"), form="bedrock")
    turn = planned(asked, ToolCall(name="get_weather", arguments={"city": "Rome"}))
    made = [json.loads(one.data) for one in events(turn, asked, STAMP)]
    opening, start = made[0]["message"], made[1]["content_block"]
    assert opening["model"] == "claude-sonnet-4-5-20250929"
    assert opening["id"].startswith("msg_bdrk_01")
    assert start["id"].startswith("toolu_bdrk_01")
    assert "caller" not in start
    assert "inference_geo" not in opening["usage"]
    assert PROTOCOL.whole(turn, asked, STAMP).decode() == message(turn, asked, STAMP)
