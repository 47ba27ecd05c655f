"""The anthropic package against ``/v1/messages``, its models and its token count."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import anthropic
import pytest
from pydantic import BaseModel, Field

from sdk.cases import CASES, ERRORS, SAME, Ask, Call, Said, bare, plain, user

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sdk.cases import Run, Way

WAYS = ("whole", "stream", "helper", "async-whole", "async-stream", "async-helper")
FINISH = {"end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length", "tool_use": "tool"}
DROP = frozenset({"id", "signature", "parsed_output"})
"""What differs between two answers, and what only the client adds."""


def spell(ask: Ask) -> dict[str, Any]:
    """The arguments that ask this of the client."""
    sent: dict[str, Any] = {
        "model": "claude-haiku-4-5",
        "max_tokens": ask.limit or 4096,
        "messages": [_turn(turn) for turn in ask.turns],
    }
    if ask.system:
        sent["system"] = ask.system
    if ask.tools:
        sent["tools"] = [{"name": tool.name, "input_schema": tool.schema} for tool in ask.tools]
    match ask.choice:
        case "":
            pass
        case "any" | "none":
            sent["tool_choice"] = {"type": ask.choice}
        case name:
            sent["tool_choice"] = {"type": "tool", "name": name}
    if ask.schema:
        sent["output_config"] = {"format": {"type": "json_schema", "schema": ask.schema}}
    if ask.reasoning:
        sent["thinking"] = {"type": "enabled", "budget_tokens": 1024}
    if ask.stop:
        sent["stop_sequences"] = [ask.stop]
    if ask.calls:
        sent["extra_headers"] = {"x-mockllm-tool-calls": str(ask.calls)}
    return sent


def _turn(turn: Any) -> dict[str, Any]:
    match turn:
        case str():
            return {"role": "user", "content": turn}
        case Said():
            return {"role": "assistant", "content": turn.turn}
        case (str(), *_):
            return {"role": "user", "content": [{"type": "text", "text": text} for text in turn]}
        case _:
            results = [
                {"type": "tool_result", "tool_use_id": result.call.id, "content": result.text}
                for result in turn
            ]
            return {"role": "user", "content": results}


def read(message: Any) -> Said:
    """What a message says: a whole one, or one that the client accumulated."""
    assert message.role == "assistant"
    kinds: dict[str, list[Any]] = {"text": [], "tool_use": [], "thinking": []}
    for block in message.content:
        kinds[block.type].append(block)
    assert all(block.signature for block in kinds["thinking"])
    return Said(
        text="".join(block.text for block in kinds["text"]),
        calls=tuple(Call(block.name, block.input, block.id) for block in kinds["tool_use"]),
        finish=FINISH[message.stop_reason],
        tokens=(message.usage.input_tokens, message.usage.output_tokens),
        thoughts="".join(block.thinking for block in kinds["thinking"]),
        turn=message.content,
        body=plain(message.model_dump(), DROP),
    )


PIECES = {
    "text_delta": ("text", "text"),
    "input_json_delta": ("input", "partial_json"),
    "thinking_delta": ("thinking", "thinking"),
    "signature_delta": ("signature", "signature"),
}
"""Which field of a block a delta adds to, and where the delta holds it."""


def gather(events: Sequence[Any]) -> Said:
    """What the events of a stream say, joined by hand."""
    message = events[0].message.model_dump(exclude_none=True)
    assert message["content"] == []
    usage = message["usage"]
    blocks: list[dict[str, Any]] = []
    for event in events[1:]:
        if event.type == "content_block_start":
            assert event.index == len(blocks)
            blocks.append(event.content_block.model_dump(exclude_none=True))
            if "input" in blocks[-1]:
                blocks[-1]["input"] = ""
        elif event.type == "content_block_delta":
            field, piece = PIECES[event.delta.type]
            block = blocks[event.index]
            block[field] = block.get(field, "") + getattr(event.delta, piece)
        elif event.type == "message_delta":
            message["stop_reason"] = event.delta.stop_reason
            usage |= event.usage.model_dump(exclude_none=True)
    assert events[-1].type == "message_stop"
    for block in blocks:
        if "input" in block:
            block["input"] = json.loads(block["input"] or "{}")
    texts = [block["text"] for block in blocks if block["type"] == "text"]
    tools = [block for block in blocks if block["type"] == "tool_use"]
    return Said(
        text="".join(texts),
        calls=tuple(Call(block["name"], block["input"], block["id"]) for block in tools),
        finish=FINISH[message["stop_reason"]],
        tokens=(usage["input_tokens"], usage["output_tokens"]),
        thoughts="".join(block.get("thinking", "") for block in blocks),
        turn=blocks,
    )


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=url, api_key="k", max_retries=0) as made:
        yield made


@pytest.fixture(scope="module")
def far(url: str, run: Run) -> Iterator[anthropic.AsyncAnthropic]:
    made = anthropic.AsyncAnthropic(base_url=url, api_key="k", max_retries=0)
    yield made
    run(made.close())


@pytest.fixture(scope="module")
def ways(client: anthropic.Anthropic, far: anthropic.AsyncAnthropic, run: Run) -> dict[str, Way]:
    def whole(ask: Ask) -> Said:
        return read(client.messages.create(**spell(ask)))

    def stream(ask: Ask) -> Said:
        return gather(list(client.messages.create(**spell(ask), stream=True)))

    def helper(ask: Ask) -> Said:
        with client.messages.stream(**spell(ask)) as stream:
            said = "".join(stream.text_stream)
            told = read(stream.get_final_message())
        assert said == told.text
        return told

    async def far_whole(ask: Ask) -> Said:
        return read(await far.messages.create(**spell(ask)))

    async def far_stream(ask: Ask) -> Said:
        return gather([event async for event in await far.messages.create(**spell(ask), stream=True)])

    async def far_helper(ask: Ask) -> Said:
        async with far.messages.stream(**spell(ask)) as stream:
            said = "".join([piece async for piece in stream.text_stream])
            told = read(await stream.get_final_message())
        assert said == told.text
        return told

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
    assert connections == []


TYPED: dict[str, type[anthropic.APIStatusError]] = {
    "invalid_request": anthropic.BadRequestError,
    "authentication": anthropic.AuthenticationError,
    "permission": anthropic.PermissionDeniedError,
    "not_found": anthropic.NotFoundError,
    "conflict": anthropic.ConflictError,
    "request_too_large": anthropic._exceptions.RequestTooLargeError,
    "rate_limit": anthropic.RateLimitError,
    "server_error": anthropic.InternalServerError,
    "unavailable": anthropic._exceptions.ServiceUnavailableError,
    "overloaded": anthropic._exceptions.OverloadedError,
    "timeout": anthropic._exceptions.DeadlineExceededError,
}


@pytest.mark.parametrize("way", ["whole", "stream"])
@pytest.mark.parametrize("kind", TYPED)
def test_errors_are_typed(
    client: anthropic.Anthropic, far: anthropic.AsyncAnthropic, run: Run, kind: str, way: str
) -> None:
    sent: Any = spell(user("Hi")) | {"model": f"mock-error-{kind}", "stream": way == "stream"}
    asks: tuple[Callable[[], object], ...] = (
        lambda: client.messages.create(**sent),
        lambda: run(far.messages.create(**sent)),
    )
    for ask in asks:
        with pytest.raises(TYPED[kind]) as caught:
            ask()
        assert type(caught.value) is TYPED[kind]
        assert caught.value.status_code == ERRORS[kind]
        assert caught.value.request_id
        body: Any = caught.value.body
        assert body["type"] == "error"
        assert body["error"]["message"]
        assert body["request_id"] == caught.value.request_id


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_bad_request_is_refused_before_the_first_byte(client: anthropic.Anthropic, stream: bool) -> None:
    messages: Any = [{"role": "robot", "content": "Hi"}]
    with pytest.raises(anthropic.BadRequestError, match=r"Unexpected role") as caught:
        client.messages.create(model="claude-haiku-4-5", max_tokens=9, messages=messages, stream=stream)
    body: Any = caught.value.body
    assert body["error"]["type"] == "invalid_request_error"


def test_the_clients_own_retry_waits_as_it_is_told(url: str) -> None:
    with anthropic.Anthropic(base_url=url, api_key="k", max_retries=1) as patient:
        started = time.monotonic()
        with pytest.raises(anthropic.RateLimitError) as caught:
            patient.messages.create(**spell(user("Hi")) | {"model": "mock-error-rate_limit"})
    told = float(caught.value.response.headers["retry-after"])
    assert caught.value.response.request.headers["x-stainless-retry-count"] == "1"
    assert told - 0.05 < time.monotonic() - started < told + 5


def test_models_are_listed_and_found(
    client: anthropic.Anthropic, far: anthropic.AsyncAnthropic, run: Run
) -> None:
    models = list(client.models.list())
    assert all(model.id and model.display_name for model in models)

    async def listed() -> list[Any]:
        return [model async for model in far.models.list()]

    assert run(listed()) == models != []
    able = models[0].capabilities
    assert able is not None
    assert able.thinking.types.adaptive.supported
    assert able.thinking.types.disabled.supported
    assert not able.thinking.types.between_tools.supported
    assert able.server_tools.web_search.supported
    assert (models[0].line, models[0].lifecycle, models[0].retires_at) == ("sonnet", "active", None)
    assert list(client.models.list(lifecycle=["retired"])) == []
    assert client.models.retrieve(models[0].id) == models[0]
    assert run(far.models.retrieve(models[0].id)) == models[0]
    assert [model.id for model in client.models.list(limit=1)] == [model.id for model in models]
    with pytest.raises(anthropic.NotFoundError):
        client.models.retrieve("mock-error-not_found")


@pytest.mark.parametrize("name", ["text", "long", "tool", "parallel"])
def test_tokens_are_counted_as_they_are_billed(
    client: anthropic.Anthropic, far: anthropic.AsyncAnthropic, run: Run, name: str
) -> None:
    sent: Any = spell(SAME[name])
    billed = client.messages.create(**sent).usage.input_tokens
    del sent["max_tokens"]
    sent.pop("extra_headers", None)
    assert client.messages.count_tokens(**sent).input_tokens == billed
    assert run(far.messages.count_tokens(**sent)).input_tokens == billed


class Author(BaseModel):
    name: str
    age: int


class Article(BaseModel):
    """The client takes these bounds out of the schema, tells them in descriptions, and checks them itself."""

    title: str = Field(pattern="^[A-Z]{3}-[0-9]{2}$")
    tags: list[str] = Field(min_length=2, max_length=3)
    days: int = Field(ge=1, le=7)
    author: Author
    note: str | None


def test_parse_gives_the_callers_type(
    client: anthropic.Anthropic, far: anthropic.AsyncAnthropic, run: Run
) -> None:
    ask: Any = spell(user("Write.")) | {"output_format": Article}
    parsed = client.messages.parse(**ask).parsed_output
    assert isinstance(parsed, Article)
    with client.messages.stream(**ask) as stream:
        assert stream.get_final_message().parsed_output == parsed
    assert run(far.messages.parse(**ask)).parsed_output == parsed


def test_the_clients_tool_runner_ends(client: anthropic.Anthropic) -> None:
    asked = []

    @anthropic.beta_tool
    def get_weather(city: str) -> str:
        """Return the weather in a city."""
        asked.append(city)
        return f"It rains in {city}."

    sent: Any = spell(user("Weather?"))
    (block,) = client.beta.messages.tool_runner(**sent, tools=[get_weather]).until_done().content
    assert block.type == "text"
    assert block.text == "Weather?"
    assert len(asked) == 1


def test_a_streams_events_come_in_wire_order(client: anthropic.Anthropic) -> None:
    sent: Any = spell(user("Hi", reasoning=True))
    kinds = [event.type for event in client.messages.create(**sent, stream=True)]
    assert [kind for at, kind in enumerate(kinds) if kind != kinds[at - 1]] == [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]


def test_raw_responses_carry_the_request_id(client: anthropic.Anthropic) -> None:
    raw = client.messages.with_raw_response.create(**spell(user("Hi")))
    assert raw.headers["request-id"] == raw.parse()._request_id


def test_the_assistant_may_have_greeted_first(client: anthropic.Anthropic) -> None:
    greeted: Any = [{"role": "assistant", "content": "How can I help?"}, {"role": "user", "content": "Hi."}]
    said = client.messages.create(model="claude-sonnet-5", max_tokens=9, messages=greeted)
    block: Any = said.content[0]
    assert (block.text, said.stop_reason) == ("Hi.", "end_turn")
    alone = client.messages.create(model="claude-sonnet-5", max_tokens=9, messages=greeted[1:])
    assert said.usage.input_tokens > alone.usage.input_tokens
    with client.messages.stream(model="claude-sonnet-5", max_tokens=9, messages=greeted) as stream:
        assert stream.get_final_text() == "Hi."


def test_prompt_caching_is_counted(client: anthropic.Anthropic) -> None:
    cached: Any = {"type": "text", "text": "Know this. " * 1000, "cache_control": {"type": "ephemeral"}}
    sent: Any = spell(user("Hi")) | {"system": [cached]}
    first, second = (client.messages.create(**sent).usage for _ in range(2))
    assert first.cache_creation_input_tokens
    assert second.cache_read_input_tokens == first.cache_creation_input_tokens
