"""What contracts take and refuse, and what is said about it."""

from __future__ import annotations

import copy
import functools
import json
import random
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from core.contract_bad import BAD
from core.contract_good import GOOD, REPLIES
from hypothesis import given, settings
from hypothesis import strategies as st

from mockllm_core import contract
from mockllm_core.contract import Complaint, check
from mockllm_core.explain import explain
from recordings.harness import FOLDER, Recording, load

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = contract.names()
PROTOCOLS = tuple(REPLIES)
RECORDED = [parameter for protocol in PROTOCOLS for parameter in load(protocol)]


def contract_of(recording: Recording) -> str:
    """Return the contract of a recorded request, ``""`` when it has none."""
    if "/invoke" in recording.path:
        return "bedrock-invoke-anthropic" if "anthropic" in recording.path else ""
    return recording.protocol


def kept(wanted: Callable[[Recording], bool]) -> list[Any]:
    """Return the recordings of a kind; the mark that says why there are none stays."""
    return [one for one in RECORDED if one.values[0] is None or wanted(one.values[0])]


def answered(recording: Recording) -> bool:
    """Whether a request was recorded that a contract speaks of and the provider took."""
    return recording.status == 200 and recording.request is not None and contract_of(recording) != ""


def whole(recording: Recording) -> bool:
    """Whether the recording is a whole reply, of which every turn has something in it: providers refuse empty ones."""
    if recording.status != 200 or "/invoke" in recording.path or recording.body[:1] != b"{":
        return False
    candidates = json.loads(recording.body).get("candidates", ())
    return all("parts" in candidate["content"] for candidate in candidates)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters()), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(("name", "body", "place", "kind"), BAD)
def test_a_bad_body_is_refused_and_the_complaint_names_the_place(
    name: str, body: Any, place: str, kind: str
) -> None:
    found = check(name, body)
    assert found is not None
    assert (found.place, found.kind) == (place, kind)
    assert found.expected


def test_the_table_of_bad_bodies_is_large() -> None:
    assert len(BAD) >= 120
    assert {name for name, *_ in BAD} == set(NAMES)


@pytest.mark.parametrize(("name", "body"), GOOD)
def test_a_good_body_is_taken(name: str, body: Any) -> None:
    assert check(name, body) is None


def test_the_table_of_good_bodies_is_large() -> None:
    assert len(GOOD) >= 80
    assert {name for name, _ in GOOD} == set(NAMES)


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("recording", kept(answered))
def test_a_recorded_request_that_was_answered_is_taken(recording: Recording, strict: bool) -> None:
    assert check(contract_of(recording), recording.request, strict=strict) is None


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("recording", kept(whole))
def test_a_recorded_reply_sent_back_as_history_is_taken(recording: Recording, strict: bool) -> None:
    body = REPLIES[recording.protocol](json.loads(recording.body))
    assert check(recording.protocol, body, strict=strict) is None


@pytest.mark.parametrize(
    ("protocol", "name", "path", "limit"),
    [
        ("openai-responses", "error-400-temperature", ("temperature",), 0),
    ],
)
def test_a_recorded_refusal_of_a_parameter_is_ours_too(
    protocol: str, name: str, path: tuple[str, ...], limit: float
) -> None:
    if not (FOLDER / protocol).is_dir():
        pytest.skip("no recordings: set MOCKLLM_RECORDINGS")
    request = json.loads((FOLDER / protocol / f"{name}.json").read_text("utf-8"))["request"]
    found = check(protocol, request)
    assert found is not None
    assert (found.path, found.kind, found.limit) == (path, "range", limit)


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("openai-chat", [], "an object"),
        ("openai-chat", {"model": "m", "messages": [{"role": "user", "content": 5}]}, "a string or an array"),
        ("openai-chat", {"model": "m", "messages": 5}, "an array"),
        ("openai-chat", {"model": "m", "messages": []}, "at least 1 item"),
        (
            "openai-chat",
            {"model": "m", "messages": [{"role": "bot"}]},
            "one of 'assistant', 'developer', 'function', 'system', 'tool', 'user'",
        ),
        (
            "openai-chat",
            {"model": "m", "messages": [{"role": "user", "content": "x"}], "tool_choice": 5},
            "one of 'auto', 'none', 'required' or an object",
        ),
        (
            "openai-chat",
            {"model": "m", "messages": [{"role": "user", "content": "x"}], "temperature": 3},
            "at most 2",
        ),
        ("openai-responses", {"model": "m"}, "one of 'input', 'prompt', 'conversation'"),
        ("openai-embeddings", {"model": "m", "input": 5}, "a string or an array"),
        ("anthropic-messages", {"model": "m", "messages": [{"role": "user", "content": "x"}], "max_tokens": "9"}, "an integer"),
        ("bedrock-converse", {"messages": [{"role": "user", "content": [{"image": {"format": "png", "source": {}}}]}]}, "exactly one of 'bytes', 's3Location'"),
        ("google-genai", {"contents": [{"parts": [{}]}]}, "exactly one of 'text', 'inlineData', 'functionCall', 'functionResponse', 'fileData', 'executableCode', 'codeExecutionResult', 'toolCall', 'toolResponse'"),
        ("google-genai", {"contents": 5}, "an array or an object"),
    ],
)  # fmt: skip
def test_what_was_expected_is_said_in_plain_words(name: str, body: Any, words: str) -> None:
    found = check(name, body)
    assert found is not None
    assert found.expected == words


def test_a_place_is_spelled_for_people() -> None:
    found = Complaint(path=("messages", 0, "content", 12, "text"), kind="type", expected="a string", found=5)
    assert found.place == "messages[0].content[12].text"
    assert Complaint(path=(), kind="type", expected="an object").place == ""


@pytest.mark.parametrize(
    ("name", "body", "place"),
    [
        ("openai-chat", {"model": "m", "messages": [{"role": "user", "content": "x"}], "foo": 1}, "foo"),
        ("openai-chat", {"model": "m", "messages": [{"role": "user", "content": "x", "foo": 1}]}, "messages[0].foo"),
        ("openai-responses", {"model": "m", "input": [{"role": "user", "content": "x", "foo": 1}]}, "input[0].foo"),
        ("openai-responses", {"model": "m", "input": "x", "tools": [{"type": "web_search", "foo": 1}]}, "tools[0].foo"),
        ("anthropic-messages", {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": [{"type": "text", "text": "x", "foo": 1}]}]}, "messages[0].content[0].foo"),
        ("anthropic-messages", {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "x"}], "betas": []}, "betas"),
        ("bedrock-converse", {"messages": [{"role": "user", "content": [{"text": "x", "foo": 1}]}]}, "messages[0].content[0].foo"),
        ("google-genai", {"contents": [{"parts": [{"text": "x"}], "foo": 1}]}, "contents[0].foo"),
        ("google-genai", {"contents": [{"parts": [{"text": "x"}]}], "generationConfig": {"foo": 1}}, "generationConfig.foo"),
    ],
)  # fmt: skip
def test_an_unknown_key_is_taken_unless_strict(name: str, body: Any, place: str) -> None:
    assert check(name, body) is None
    found = check(name, body, strict=True)
    assert found is not None
    assert (found.place, found.kind, found.found) == (place, "unknown", [] if place == "betas" else 1)
    assert found.path[-1] not in found.among
    assert found.among


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("openai-chat", {"model": "m", "messages": [{"role": "user", "content": "x"}], "metadata": {"foo": "1"}}),
        ("openai-chat", {"model": "m", "messages": [{"role": "user", "content": "x"}], "tools": [{"type": "function", "function": {"name": "f", "parameters": {"foo": 1}}}]}),
        ("openai-responses", {"model": "m", "input": "x", "text": {"format": {"type": "json_schema", "name": "n", "schema": {"foo": 1}}}}),
        ("anthropic-messages", {"model": "m", "max_tokens": 1, "messages": [{"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "f", "input": {"foo": 1}}]}], "tools": [{"name": "f", "input_schema": {"type": "object", "foo": 1}}]}),
        ("bedrock-converse", {"messages": [{"role": "user", "content": [{"text": "x"}]}], "additionalModelRequestFields": {"foo": 1}}),
        ("google-genai", {"contents": [{"parts": [{"functionCall": {"name": "f", "args": {"foo": 1}}}]}], "tools": [{"functionDeclarations": [{"name": "f", "parametersJsonSchema": {"foo": 1}}]}]}),
    ],
)  # fmt: skip
def test_strict_leaves_free_places_free(name: str, body: Any) -> None:
    assert check(name, body, strict=True) is None


def test_strict_still_refuses_what_is_wrong() -> None:
    found = check("openai-responses", {"model": "m", "input": 5, "foo": 1}, strict=True)
    assert found is not None
    assert found.place == "input"


def test_chat_names_unknown_keys_before_wrong_ones_and_after_missing_ones() -> None:
    for body, place in (
        ({"model": "m", "messages": 5, "foo": 1}, "foo"),
        ({"model": "m", "foo": 1}, "messages"),
        ({"messages": [], "foo": 1}, "model"),
    ):
        found = check("openai-chat", body, strict=True)
        assert found is not None
        assert (found.place, found.whole) == (place, body)


def test_an_unknown_contract_is_named_with_those_there_are() -> None:
    with pytest.raises(LookupError, match="no contract is called 'openai-chatt'; there are anthropic-count"):
        check("openai-chatt", {})


def test_a_key_with_a_lone_surrogate_does_not_matter() -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "x"}], "\ud800": 1}
    assert check("openai-chat", body) is None
    found = check("openai-chat", body, strict=True)
    assert found is not None
    assert found.path == ("\ud800",)
    found = check("openai-chat", {**body, "n": 0})
    assert found is not None
    assert found.place == "n"


def test_numbers_beyond_64_bits_are_judged_like_others() -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "x"}]}
    assert check("openai-chat", {**body, "max_tokens": 10**4000}) is None
    found = check("openai-chat", {**body, "max_tokens": -(10**4000)})
    assert found is not None
    assert found.kind == "range"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("depth", [5, 150, 20_000])
def test_a_deep_body_never_runs_out_of_stack(name: str, depth: int) -> None:
    deep: Any = {}
    for _ in range(depth):
        deep = {"items": deep, "parts": [deep]} if depth < 20 else {"items": deep}
    check(name, deep)
    check(name, {"contents": [{"parts": [{"text": "x"}]}], "generationConfig": {"responseSchema": deep}})


def test_a_recursive_schema_may_nest_100_levels_and_no_more() -> None:
    def body(depth: int) -> Any:
        schema: Any = {}
        for _ in range(depth):
            schema = {"items": schema}
        return {"contents": [{"parts": [{"text": "x"}]}], "generationConfig": {"responseSchema": schema}}

    assert check("google-genai", body(95)) is None
    found = check("google-genai", body(105))
    assert found is not None
    for depth in (5, 95, 105):
        told = body(depth)
        assert check("google-genai", told, text=json.dumps(told).encode()) == check("google-genai", told)
    assert (found.kind, found.path, found.expected) == (
        "json",
        (),
        "the JSON is nested deeper than 100 levels",
    )


def test_one_check_loads_no_validator_and_many_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contract, "_contracts", {})
    good, bad = {"model": "m", "input": "x"}, {"model": "m", "input": 5}
    answers = [(check("openai-embeddings", good), check("openai-embeddings", bad)) for _ in range(4)]
    made = contract._contracts["openai-embeddings", False]
    assert made.is_valid is not None
    assert {first for first, _ in answers} == {None}
    assert len({str(second) for _, second in answers}) == 1
    program = (
        "import sys; from mockllm_core.contract import check;"
        "check('openai-chat', {}); print({'jsonschema_rs', 'openai', 'pydantic'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


@settings(max_examples=60, deadline=None)
@given(body=json_values, strict=st.booleans())
def test_any_json_value_gets_an_answer(body: Any, strict: bool) -> None:
    for name in NAMES:
        found = check(name, body, strict=strict)
        assert found is None or found.expected


@functools.cache
def validator(name: str, *, strict: bool) -> tuple[Any, Callable[[Any], bool]]:
    """Return a contract's schema and jsonschema-rs's judge of it."""
    made = contract._opened(name, strict=strict)
    return made.schema, contract._build(made)


REQUESTS: list[tuple[str, Any]] = [
    *GOOD,
    *(
        (contract_of(recording), recording.request)
        for recording in (parameter.values[0] for parameter in RECORDED)
        if isinstance(recording, Recording) and recording.request is not None and contract_of(recording)
    ),
]


def _mutated(body: Any, chance: random.Random) -> Any:
    """Return a copy with one value anywhere in it replaced, left out or doubled."""
    body = copy.deepcopy(body)
    holders = [body]
    for holder in holders:
        inner = holder.values() if isinstance(holder, dict) else holder
        holders += [value for value in inner if isinstance(value, (dict, list)) and value]
    holder = chance.choice([one for one in holders if one] or [{"a": 1}])
    key = chance.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
    action = chance.randrange(4)
    if action == 0:
        del holder[key]
    else:
        values = [None, True, 0, -1, 2.5, 10**20, "", "x", "user", [], [1], ["x"], {}, {"type": "text"}]
        holder[key] = chance.choice(values) if action < 3 else [holder[key]]
    return body


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_the_explainer_and_the_validator_agree_on_mutated_requests(seed: int) -> None:
    chance = random.Random(seed)
    name, body = chance.choice(REQUESTS)
    for strict in (False, True):
        schema, is_valid = validator(name, strict=strict)
        for _ in range(8):
            bad = _mutated(_mutated(body, chance), chance)
            found = explain(schema, bad)
            assert is_valid(bad) == (found is None), (name, bad, found)


@settings(max_examples=50, deadline=None)
@given(body=json_values)
def test_the_explainer_and_the_validator_agree_on_any_value(body: Any) -> None:
    try:
        json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return
    for name in ("openai-chat", "openai-embeddings", "google-genai"):
        schema, is_valid = validator(name, strict=False)
        assert is_valid(body) == (explain(schema, body) is None)
