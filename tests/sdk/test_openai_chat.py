"""The openai package against ``/v1/chat/completions``, and its models and embeddings."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import openai
import pytest
from pydantic import BaseModel

from sdk.cases import CASES, ERRORS, SAME, SCHEMA, Ask, Call, Said, bare, plain, user, valid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sdk.cases import Run, Way

WAYS = ("whole", "stream", "helper", "async-whole", "async-stream", "async-helper")
MISSING = {"reasoning": "Chat Completions never shows reasoning; its token count has a test of its own"}
FINISH = {"stop": "stop", "length": "length", "tool_calls": "tool"}
DROP = frozenset({"id", "object", "parsed", "parsed_arguments", "index", "annotations", "cached_tokens"})
"""What differs between two answers, what only the client adds, and what only a whole body or a stream has."""


def spell(ask: Ask) -> dict[str, Any]:
    """The arguments that ask this of the client."""
    messages = [{"role": "system", "content": ask.system}] if ask.system else []
    for turn in ask.turns:
        messages += _turn(turn)
    sent: dict[str, Any] = {"model": "gpt-4o", "messages": messages}
    if ask.tools:
        sent["tools"] = [
            {"type": "function", "function": {"name": tool.name, "parameters": tool.schema}}
            for tool in ask.tools
        ]
    match ask.choice:
        case "":
            pass
        case "any":
            sent["tool_choice"] = "required"
        case "none":
            sent["tool_choice"] = "none"
        case name:
            sent["tool_choice"] = {"type": "function", "function": {"name": name}}
    if ask.schema:
        sent["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "article", "strict": True, "schema": ask.schema},
        }
    if ask.reasoning:
        sent |= {"model": "gpt-5", "reasoning_effort": "low"}
    if ask.limit:
        sent["max_completion_tokens"] = ask.limit
    if ask.stop:
        sent["stop"] = [ask.stop]
    if ask.calls:
        sent["extra_headers"] = {"x-mockllm-tool-calls": str(ask.calls)}
    return sent


def _turn(turn: Any) -> list[dict[str, Any]]:
    match turn:
        case str():
            return [{"role": "user", "content": turn}]
        case Said():
            return [turn.turn]
        case (str(), *_):
            return [{"role": "user", "content": [{"type": "text", "text": text} for text in turn]}]
        case _:
            return [
                {"role": "tool", "tool_call_id": result.call.id, "content": result.text} for result in turn
            ]


def read(completion: Any) -> Said:
    """What a completion says: a whole one, or one that the client accumulated."""
    assert completion.object == "chat.completion"
    (choice,) = completion.choices
    message = choice.message
    calls = message.tool_calls or ()
    return Said(
        text=message.content or "",
        calls=tuple(Call(call.function.name, json.loads(call.function.arguments), call.id) for call in calls),
        finish=FINISH[choice.finish_reason],
        tokens=(completion.usage.prompt_tokens, completion.usage.completion_tokens),
        turn=message,
        body=plain(completion.model_dump(), DROP),
    )


def gather(chunks: Sequence[Any]) -> Said:
    """What the chunks of a stream say, joined by hand."""
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}
    assert len({chunk.id for chunk in chunks}) == 1
    *saying, last = chunks
    assert last.choices == []
    text, finish = "", []
    calls: dict[int, dict[str, str]] = defaultdict(lambda: {"id": "", "name": "", "arguments": ""})
    for chunk in saying:
        delta = chunk.choices[0].delta
        text += delta.content or ""
        finish += [chunk.choices[0].finish_reason] if chunk.choices[0].finish_reason else []
        for piece in delta.tool_calls or ():
            call = calls[piece.index]
            call["id"] += piece.id or ""
            call["name"] += piece.function.name or ""
            call["arguments"] += piece.function.arguments or ""
    assert list(calls) == list(range(len(calls)))
    function = [
        {
            "id": call["id"],
            "type": "function",
            "function": {"name": call["name"], "arguments": call["arguments"]},
        }
        for call in calls.values()
    ]
    return Said(
        text=text,
        calls=tuple(Call(call["name"], json.loads(call["arguments"]), call["id"]) for call in calls.values()),
        finish=FINISH["".join(finish)],
        tokens=(last.usage.prompt_tokens, last.usage.completion_tokens),
        turn={"role": "assistant", "content": text or None} | ({"tool_calls": function} if function else {}),
    )


USAGE: dict[str, Any] = {"stream_options": {"include_usage": True}}


def strict(sent: dict[str, Any]) -> dict[str, Any]:
    """The client's own accumulator only takes tools marked strict."""
    for tool in sent.get("tools", ()):
        tool["function"]["strict"] = True
    return sent


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0) as made:
        yield made


@pytest.fixture(scope="module")
def far(url: str, run: Run) -> Iterator[openai.AsyncOpenAI]:
    made = openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0)
    yield made
    run(made.close())


@pytest.fixture(scope="module")
def ways(client: openai.OpenAI, far: openai.AsyncOpenAI, run: Run) -> dict[str, Way]:
    def whole(ask: Ask) -> Said:
        return read(client.chat.completions.create(**spell(ask)))

    def stream(ask: Ask) -> Said:
        return gather(list(client.chat.completions.create(**spell(ask), **USAGE, stream=True)))

    def helper(ask: Ask) -> Said:
        with client.chat.completions.stream(**strict(spell(ask)), **USAGE) as events:
            try:
                return read(events.get_final_completion())
            except openai.LengthFinishReasonError as cut:
                return read(cut.completion)

    async def far_stream(ask: Ask) -> Said:
        chunks = await far.chat.completions.create(**spell(ask), **USAGE, stream=True)
        return gather([chunk async for chunk in chunks])

    async def far_helper(ask: Ask) -> Said:
        async with far.chat.completions.stream(**strict(spell(ask)), **USAGE) as events:
            try:
                return read(await events.get_final_completion())
            except openai.LengthFinishReasonError as cut:
                return read(cut.completion)

    async def far_whole(ask: Ask) -> Said:
        return read(await far.chat.completions.create(**spell(ask)))

    return {
        "whole": whole,
        "stream": stream,
        "helper": helper,
        "async-whole": lambda ask: run(far_whole(ask)),
        "async-stream": lambda ask: run(far_stream(ask)),
        "async-helper": lambda ask: run(far_helper(ask)),
    }


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("way", WAYS)
def test_every_case_in_every_way(ways: dict[str, Way], way: str, case: str) -> None:
    if case in MISSING:
        pytest.skip(MISSING[case])
    CASES[case](ways[way])


@pytest.mark.parametrize("name", SAME)
def test_all_ways_tell_the_same(ways: dict[str, Way], name: str) -> None:
    said = {way: ways[way](SAME[name]) for way in WAYS}
    assert {way: bare(one) for way, one in said.items()} == dict.fromkeys(WAYS, bare(said["whole"]))
    bodies = {way: one.body for way, one in said.items() if one.body is not None}
    assert bodies == dict.fromkeys(("whole", "helper", "async-whole", "async-helper"), said["whole"].body)


@pytest.mark.parametrize("way", WAYS)
def test_connections_are_reused(ways: dict[str, Way], way: str, connections: list[Any]) -> None:
    ways[way](user("Warm up."))
    connections.clear()
    for _ in range(4):
        ways[way](user("Again."))
    # The sync client stops reading a stream at [DONE] and drops the connection: no server can change that.
    assert len(connections) <= (4 if way in {"stream", "helper"} else 0)


TYPED: dict[str, type[openai.APIStatusError]] = {
    "invalid_request": openai.BadRequestError,
    "authentication": openai.AuthenticationError,
    "permission": openai.PermissionDeniedError,
    "not_found": openai.NotFoundError,
    "conflict": openai.ConflictError,
    "request_too_large": openai.APIStatusError,
    "rate_limit": openai.RateLimitError,
    "server_error": openai.InternalServerError,
    "unavailable": openai.InternalServerError,
    "overloaded": openai.InternalServerError,
    "timeout": openai.APIStatusError,
}
STATUS = ERRORS | {"overloaded": 503, "timeout": 408}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("kind", TYPED)
def test_errors_are_typed(
    client: openai.OpenAI, far: openai.AsyncOpenAI, run: Run, kind: str, stream: bool
) -> None:
    sent: Any = spell(user("Hi")) | {"model": f"mock-error-{kind}", "stream": stream}
    asks: tuple[Callable[[], object], ...] = (
        lambda: client.chat.completions.create(**sent),
        lambda: run(far.chat.completions.create(**sent)),
    )
    for ask in asks:
        with pytest.raises(TYPED[kind]) as caught:
            ask()
        assert type(caught.value) is TYPED[kind]
        assert caught.value.status_code == STATUS[kind]
        assert caught.value.request_id
        assert caught.value.message


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_bad_request_is_refused_before_the_first_byte(client: openai.OpenAI, stream: bool) -> None:
    messages: Any = [{"role": "robot", "content": "Hi"}]
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="gpt-4o", messages=messages, stream=stream)
    assert caught.value.param == "messages[0].role"
    assert caught.value.type == "invalid_request_error"


def test_the_clients_own_retry_waits_as_it_is_told(url: str) -> None:
    with openai.OpenAI(base_url=f"{url}/v1", api_key="k", max_retries=1) as patient:
        started = time.monotonic()
        with pytest.raises(openai.RateLimitError) as caught:
            patient.chat.completions.create(model="mock-error-rate_limit", messages=[])
    assert caught.value.response.request.headers["x-stainless-retry-count"] == "1"
    assert 0.45 < time.monotonic() - started < 5


def test_models_are_listed_and_found(client: openai.OpenAI, far: openai.AsyncOpenAI, run: Run) -> None:
    names = [model.id for model in client.models.list()]
    assert names

    async def listed() -> list[str]:
        return [model.id async for model in far.models.list()]

    assert run(listed()) == names
    assert client.models.retrieve(names[0]).id == names[0]
    assert run(far.models.retrieve(names[0])).object == "model"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("mock-error-not_found")


class Author(BaseModel):
    name: str
    age: int


class Article(BaseModel):
    title: str
    tags: list[str]
    author: Author
    note: str | None


def test_parse_gives_the_callers_type(client: openai.OpenAI, far: openai.AsyncOpenAI, run: Run) -> None:
    ask: Any = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Write."}]}
    ask["response_format"] = Article
    parsed = client.chat.completions.parse(**ask).choices[0].message.parsed
    assert isinstance(parsed, Article)
    with client.chat.completions.stream(**ask) as stream:
        assert stream.get_final_completion().choices[0].message.parsed == parsed
    assert run(far.chat.completions.parse(**ask)).choices[0].message.parsed == parsed


def test_parse_gives_a_tools_arguments_as_the_callers_type(client: openai.OpenAI) -> None:
    sent: Any = spell(user("Hi")) | {"tools": [openai.pydantic_function_tool(Article)]}
    told: Any = client.chat.completions.parse(**sent)
    (call,) = told.choices[0].message.tool_calls
    assert isinstance(call.function.parsed_arguments, Article)


def test_reasoning_is_counted(client: openai.OpenAI) -> None:
    said: Any = client.chat.completions.create(**spell(user("Think.", reasoning=True)))
    assert said.usage.completion_tokens_details.reasoning_tokens > 0
    assert said.choices[0].message.content == "Think."


def test_json_mode_gives_an_object_and_n_gives_choices(client: openai.OpenAI) -> None:
    sent: Any = spell(user("JSON please")) | {"response_format": {"type": "json_object"}, "n": 3}
    said = client.chat.completions.create(**sent)
    assert [choice.index for choice in said.choices] == [0, 1, 2]
    assert isinstance(json.loads(said.choices[0].message.content or ""), dict)


def test_raw_responses_carry_the_request_id(client: openai.OpenAI) -> None:
    raw = client.chat.completions.with_raw_response.create(**spell(user("Hi")))
    assert raw.headers["x-request-id"] == raw.parse()._request_id


@pytest.mark.parametrize("model", ["text-embedding-3-small", "text-embedding-3-large"])
def test_embeddings(client: openai.OpenAI, far: openai.AsyncOpenAI, run: Run, model: str) -> None:
    told = client.embeddings.create(model=model, input=["one", "two"])
    assert [one.index for one in told.data] == [0, 1]
    assert len(told.data[0].embedding) == (1536 if model.endswith("small") else 3072)
    assert told.usage.prompt_tokens > 0
    floats = client.embeddings.create(model=model, input=["one", "two"], encoding_format="float")
    assert floats.data[1].embedding == pytest.approx(told.data[1].embedding, rel=1e-5, abs=1e-7)
    again = run(far.embeddings.create(model=model, input=["one", "two"]))
    assert again.data[0].embedding == told.data[0].embedding
    assert len(client.embeddings.create(model=model, input="x", dimensions=256).data[0].embedding) == 256


def test_text_completions(client: openai.OpenAI) -> None:
    whole = client.completions.create(model="gpt-3.5-turbo-instruct", prompt="Say hi")
    pieces = client.completions.create(model="gpt-3.5-turbo-instruct", prompt="Say hi", stream=True)
    assert "".join(piece.choices[0].text for piece in pieces) == whole.choices[0].text != ""


def test_structured_output_is_valid_however_it_is_asked_for(client: openai.OpenAI) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "a", "schema": SCHEMA}}
    sent: Any = spell(user("Hi")) | {"response_format": form}
    text = client.chat.completions.create(**sent).choices[0].message.content
    assert valid(SCHEMA, json.loads(text or ""))


def test_completions_are_kept(client: openai.OpenAI) -> None:
    kept = client.chat.completions
    user: Any = {"role": "user", "content": "Keep this."}
    made = kept.create(model="gpt-4o", messages=[user], store=True, metadata={"test": "sync"})
    stream = kept.create(
        model="gpt-4o", messages=[user], store=True, stream=True, metadata={"test": "sync", "form": "stream"}
    )
    streamed = {chunk.id for chunk in stream}
    listed = kept.list(metadata={"test": "sync"}, model=made.model, limit=1)
    assert [one.id for one in listed] == [*streamed, made.id]
    assert kept.retrieve(made.id).choices[0].message.content == "Keep this."
    assert [(one.id, one.role, one.content) for one in kept.messages.list(made.id)] == [
        (f"{made.id}-0", "user", "Keep this.")
    ]
    assert kept.update(made.id, metadata={"test": "done"}).to_dict()["metadata"] == {"test": "done"}
    assert [one.id for one in kept.list(metadata={"test": "sync"}, order="asc")] == [*streamed]
    gone = kept.delete(made.id)
    assert (gone.id, gone.deleted, gone.object) == (made.id, True, "chat.completion.deleted")
    with pytest.raises(openai.NotFoundError, match=f"Completion {made.id} not found") as caught:
        kept.retrieve(made.id)
    assert (caught.value.param, caught.value.code) == ("completion_id", "not_found")


def test_completions_are_kept_for_the_async_client_too(far: openai.AsyncOpenAI, run: Run) -> None:
    async def life() -> None:
        kept = far.chat.completions
        user: Any = {"role": "user", "content": "Keep me."}
        made = await kept.create(model="gpt-4o", messages=[user], store=True, metadata={"test": "async"})
        assert [one.id async for one in kept.list(metadata={"test": "async"})] == [made.id]
        assert (await kept.retrieve(made.id)).choices[0].message.content == "Keep me."
        assert [one.content async for one in kept.messages.list(made.id)] == ["Keep me."]
        assert (await kept.update(made.id, metadata=None)).id == made.id
        assert (await kept.delete(made.id)).deleted
        with pytest.raises(openai.NotFoundError):
            await kept.delete(made.id)

    run(life())
