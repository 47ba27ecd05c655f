"""The openai package against ``/v1/responses``: answers, and the responses that are kept."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import openai
import pytest
from pydantic import BaseModel

from sdk.cases import CASES, ERRORS, SAME, Ask, Call, Said, bare, plain, user

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from openai.types.responses import Response

    from sdk.cases import Run, Way

WAYS = ("whole", "stream", "helper", "async-whole", "async-stream", "async-helper")
MISSING = {"stop": "the Responses API has no stop sequences"}
DROP = frozenset(
    {"id", "call_id", "parsed", "parsed_arguments", "billing", "encrypted_content", "cached_tokens"}
)
"""What differs between two answers, the cache that the first left too, what only the client adds, and what only a whole
body has (``billing``)."""
SEALED = frozenset({"encrypted_content"})
"""Sealed anew each time it is sent."""


def spell(ask: Ask) -> dict[str, Any]:
    """The arguments that ask this of the client."""
    sent: dict[str, Any] = {"model": "gpt-4o", "input": [item for turn in ask.turns for item in _turn(turn)]}
    if ask.system:
        sent["instructions"] = ask.system
    if ask.tools:
        sent["tools"] = [
            {"type": "function", "name": tool.name, "parameters": tool.schema} for tool in ask.tools
        ]
    match ask.choice:
        case "":
            pass
        case "any":
            sent["tool_choice"] = "required"
        case "none":
            sent["tool_choice"] = "none"
        case name:
            sent["tool_choice"] = {"type": "function", "name": name}
    if ask.schema:
        form = {"type": "json_schema", "name": "article", "strict": True, "schema": ask.schema}
        sent["text"] = {"format": form}
    if ask.reasoning:
        sent |= {"model": "gpt-5", "reasoning": {"effort": "low", "summary": "auto"}}
    if ask.limit:
        sent["max_output_tokens"] = ask.limit
    if ask.calls:
        sent["extra_headers"] = {"x-mockllm-tool-calls": str(ask.calls)}
    return sent


def _turn(turn: Any) -> list[Any]:
    match turn:
        case str():
            return [{"role": "user", "content": turn}]
        case Said():
            return list(turn.turn)
        case (str(), *_):
            content = [{"type": "input_text", "text": text} for text in turn]
            return [{"role": "user", "content": content}]
        case _:
            return [
                {"type": "function_call_output", "call_id": result.call.id, "output": result.text}
                for result in turn
            ]


def read(response: Any) -> Said:
    """What a response says."""
    cut = response.incomplete_details
    calls = [item for item in response.output if item.type == "function_call"]
    assert response.status == ("incomplete" if cut else "completed")
    assert response.error is None
    return Said(
        text=response.output_text,
        calls=tuple(Call(call.name, json.loads(call.arguments), call.call_id) for call in calls),
        finish={"max_output_tokens": "length"}[cut.reason] if cut else "tool" if calls else "stop",
        tokens=(response.usage.input_tokens, response.usage.output_tokens),
        thoughts="\n".join(
            part.text for item in response.output if item.type == "reasoning" for part in item.summary
        ),
        turn=response.output,
        body=plain(response.model_dump(), DROP),
    )


def gather(events: Sequence[Any]) -> Said:
    """What the last event of a stream says, which all deltas before it must agree with."""
    assert [event.sequence_number for event in events] == list(range(len(events)))
    kinds = [event.type for event in events]
    assert kinds[:2] == ["response.created", "response.in_progress"]
    said = read(events[-1].response)

    def joined(kind: str) -> str:
        return "".join(event.delta for event in events if event.type == f"response.{kind}.delta")

    assert joined("output_text") == said.text
    done = [event for event in events if event.type == "response.function_call_arguments.done"]
    assert joined("function_call_arguments") == "".join(event.arguments for event in done)
    assert [json.loads(event.arguments) for event in done] == [call.arguments for call in said.calls]
    items = [event.item.model_dump() for event in events if event.type == "response.output_item.done"]
    output = [item.model_dump() for item in events[-1].response.output]
    assert plain(items, SEALED) == plain(output, SEALED)
    return said


def final(events: Sequence[Any], accumulate: Callable[[], Any]) -> Said:
    """What the client's accumulator says; it only has a last word for a response that was not cut."""
    if events[-1].type == "response.incomplete":
        return read(events[-1].response)
    return read(accumulate())


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
        return read(client.responses.create(**spell(ask)))

    def stream(ask: Ask) -> Said:
        return gather(list(client.responses.create(**spell(ask), stream=True)))

    def helper(ask: Ask) -> Said:
        with client.responses.stream(**strict(spell(ask))) as stream:
            return final(list(stream), stream.get_final_response)

    async def far_whole(ask: Ask) -> Said:
        return read(await far.responses.create(**spell(ask)))

    async def far_stream(ask: Ask) -> Said:
        return gather([event async for event in await far.responses.create(**spell(ask), stream=True)])

    async def far_helper(ask: Ask) -> Said:
        async with far.responses.stream(**strict(spell(ask))) as stream:
            events = [event async for event in stream]
            if events[-1].type == "response.incomplete":
                return read(events[-1].response)
            return read(await stream.get_final_response())

    return {
        "whole": whole,
        "stream": stream,
        "helper": helper,
        "async-whole": lambda ask: run(far_whole(ask)),
        "async-stream": lambda ask: run(far_stream(ask)),
        "async-helper": lambda ask: run(far_helper(ask)),
    }


def strict(sent: dict[str, Any]) -> dict[str, Any]:
    """The client's own accumulator only takes tools marked strict."""
    for tool in sent.get("tools", ()):
        tool["strict"] = True
    return sent


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
    assert {way: one.body for way, one in said.items()} == dict.fromkeys(WAYS, said["whole"].body)


@pytest.mark.parametrize("way", WAYS)
def test_connections_are_reused(ways: dict[str, Way], way: str, connections: list[Any]) -> None:
    ways[way](user("Warm up."))
    connections.clear()
    for _ in range(4):
        ways[way](user("Again."))
    assert connections == []


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
    "timeout": openai.InternalServerError,
}
STATUS = ERRORS | {"overloaded": 503}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("kind", TYPED)
def test_errors_are_typed(
    client: openai.OpenAI, far: openai.AsyncOpenAI, run: Run, kind: str, stream: bool
) -> None:
    sent: Any = {"model": f"mock-error-{kind}", "input": "Hi", "stream": stream}
    asks: tuple[Callable[[], object], ...] = (
        lambda: client.responses.create(**sent),
        lambda: run(far.responses.create(**sent)),
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
    given: Any = [{"role": "robot", "content": "Hi"}]
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(model="gpt-4o", input=given, stream=stream)
    assert (caught.value.param or "").startswith("input[0]")
    assert caught.value.type == "invalid_request_error"


def test_the_clients_own_retry_waits_as_it_is_told(url: str) -> None:
    with openai.OpenAI(base_url=f"{url}/v1", api_key="k", max_retries=1) as patient:
        started = time.monotonic()
        with pytest.raises(openai.RateLimitError) as caught:
            patient.responses.create(model="mock-error-rate_limit", input="Hi")
    assert caught.value.response.request.headers["x-stainless-retry-count"] == "1"
    assert 0.45 < time.monotonic() - started < 5


class Author(BaseModel):
    name: str
    age: int


class Article(BaseModel):
    title: str
    tags: list[str]
    author: Author
    note: str | None


def test_parse_gives_the_callers_type(client: openai.OpenAI, far: openai.AsyncOpenAI, run: Run) -> None:
    ask: Any = {"model": "gpt-4o", "input": "Write.", "text_format": Article}
    parsed = client.responses.parse(**ask).output_parsed
    assert isinstance(parsed, Article)
    with client.responses.stream(**ask) as stream:
        assert stream.get_final_response().output_parsed == parsed
    assert run(far.responses.parse(**ask)).output_parsed == parsed


def test_parse_gives_a_tools_arguments_as_the_callers_type(client: openai.OpenAI) -> None:
    tool: Any = openai.pydantic_function_tool(Article)
    flat = {"type": "function", **tool["function"]}
    told: Any = client.responses.parse(model="gpt-4o", input="Hi", tools=[flat])  # type: ignore[list-item] # a plain dict
    (call,) = told.output
    Article.model_validate(call.parsed_arguments)


def test_a_string_is_input_too(client: openai.OpenAI) -> None:
    assert client.responses.create(model="gpt-4o", input="Hello there.").output_text == "Hello there."


def test_input_tokens_are_counted_as_they_are_billed(
    client: openai.OpenAI, far: openai.AsyncOpenAI, run: Run
) -> None:
    told = client.responses.create(model="gpt-4o", input="How many tokens is this?")
    assert told.usage
    counted = client.responses.input_tokens.count(model="gpt-4o", input="How many tokens is this?")
    assert counted.input_tokens == told.usage.input_tokens
    again = run(far.responses.input_tokens.count(model="gpt-4o", input="How many tokens is this?"))
    assert again == counted


def said_in(items: Any) -> list[str]:
    """The texts of messages, in order."""
    return [part.text for item in items if item.type == "message" for part in item.content]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_response_is_kept_until_it_is_deleted(client: openai.OpenAI, stream: bool) -> None:
    sent: Any = {"model": "gpt-4o", "input": f"Keep this, {stream}.", "stream": stream}
    told: Any = client.responses.create(**sent)
    made: Response = list(told)[-1].response if stream else told
    kept = client.responses.retrieve(made.id)
    assert kept.model_dump(exclude={"billing"}) == made.model_dump(exclude={"billing"})
    assert said_in(client.responses.input_items.list(made.id)) == [f"Keep this, {stream}."]
    client.responses.delete(made.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(made.id)


def test_a_conversation_goes_on_from_a_response(client: openai.OpenAI) -> None:
    first = client.responses.create(model="gpt-4o", input="I am Ada.")
    second = client.responses.create(model="gpt-4o", input="Who am I?", previous_response_id=first.id)
    third = client.responses.create(model="gpt-4o", input=[], previous_response_id=second.id)
    assert second.output_text == third.output_text == "Who am I?"
    assert second.previous_response_id == first.id
    assert first.usage
    assert second.usage
    assert second.usage.input_tokens > first.usage.input_tokens
    earlier = said_in(client.responses.input_items.list(second.id, order="asc"))
    assert earlier == ["I am Ada.", "I am Ada.", "Who am I?"]


def test_a_tool_loop_goes_on_from_a_response(client: openai.OpenAI) -> None:
    tool: Any = {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}}
    first: Any = client.responses.create(model="gpt-4o", input="Call it.", tools=[tool])
    (call,) = first.output
    result: Any = {"type": "function_call_output", "call_id": call.call_id, "output": "done"}
    second = client.responses.create(
        model="gpt-4o", input=[result], tools=[tool], previous_response_id=first.id
    )
    assert second.output_text == "Call it."


def test_a_response_that_must_not_be_kept_is_not(client: openai.OpenAI) -> None:
    made = client.responses.create(model="gpt-4o", input="Forget this.", store=False)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(made.id)
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(model="gpt-4o", input="And?", previous_response_id=made.id)
    assert caught.value.code == "previous_response_not_found"


def test_what_did_not_run_in_the_background_cannot_be_cancelled(client: openai.OpenAI) -> None:
    made = client.responses.create(model="gpt-4o", input="Too late.")
    with pytest.raises(openai.BadRequestError, match="Cannot cancel a synchronous response"):
        client.responses.cancel(made.id)  # the client sends no body at all
    with pytest.raises(openai.NotFoundError, match="resp_nope"):
        client.responses.cancel("resp_nope")


def test_a_conversation_is_compacted_and_goes_on(client: openai.OpenAI) -> None:
    first = client.responses.create(model="gpt-5", input="My colour is teal.")
    given: Any = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": "And my animal?"},
        {"role": "assistant", "content": "The heron."},
    ]
    compacted = client.responses.compact(model="gpt-5", input=given, previous_response_id=first.id)
    assert compacted.object == "response.compaction"
    assert [item.type for item in compacted.output] == ["message", "message", "compaction"]
    usage = compacted.usage
    assert usage.total_tokens == usage.input_tokens + usage.output_tokens > 0
    # the SDK takes what users said for output and warns of its parts
    going: Any = [item.to_dict(warnings=False) for item in compacted.output]
    then = client.responses.create(model="gpt-5", input=[*going, {"role": "user", "content": "Go on."}])
    assert then.output_text == "Go on."
    with pytest.raises(openai.BadRequestError, match="Previous response with id 'resp_0' not found"):
        client.responses.compact(model="gpt-5", previous_response_id="resp_0")
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(compacted.id)


def test_a_trigger_and_a_threshold_compact(client: openai.OpenAI, far: openai.AsyncOpenAI, run: Run) -> None:
    said: list[Any] = [{"role": "user", "content": "word " * 999}]
    asked: dict[str, Any] = {"model": "gpt-5.5", "input": [*said, {"type": "compaction_trigger"}]}
    whole = client.responses.create(**asked)
    assert [item.type for item in whole.output] == ["compaction"]
    events = list(client.responses.create(**asked, stream=True))
    progress = [event for event in events if event.type == "response.compaction.compacting"]
    assert progress
    with client.responses.stream(**asked) as stream:
        for _ in stream:
            pass
        final = stream.get_final_response()
    assert [item.type for item in final.output] == ["compaction"]
    assert final.usage is not None
    assert whole.usage is not None
    assert final.usage.output_tokens == whole.usage.output_tokens > 32
    managed: list[Any] = [{"type": "compaction", "compact_threshold": 1000}]

    async def told() -> Response:
        return await far.responses.create(model="gpt-5.5", input=said, context_management=managed)

    first = run(told())
    assert [item.type for item in first.output] == ["compaction", "message"]
    then = client.responses.create(model="gpt-5.5", input="Go on.", previous_response_id=whole.id)
    assert then.output_text == "Go on."
    assert then.usage is not None
    assert then.usage.input_tokens == whole.usage.output_tokens + 2


def test_a_response_runs_in_the_background_until_it_is_looked_at_twice(client: openai.OpenAI) -> None:
    made = client.responses.create(model="gpt-5", input="Take your time.", background=True)
    assert (made.status, made.background, made.output, made.usage) == ("queued", True, [], None)
    seen = []
    while made.status in {"queued", "in_progress"}:
        seen.append(made.status)
        made = client.responses.retrieve(made.id)
    assert seen == ["queued", "in_progress"]
    assert (made.status, made.output_text) == ("completed", "Take your time.")
    then = client.responses.create(model="gpt-5", input="And?", previous_response_id=made.id)
    assert (then.status, then.background) == ("completed", False)
    with pytest.raises(openai.BadRequestError, match="Cannot cancel a completed response") as caught:
        client.responses.cancel(made.id)
    assert caught.value.param == "response_id"


def test_a_response_of_the_background_is_cancelled(client: openai.OpenAI) -> None:
    # not even to be stored: it is kept all the same
    made = client.responses.create(model="gpt-5", input="Never mind.", background=True, store=False)
    for told in (client.responses.cancel(made.id), client.responses.cancel(made.id)):
        assert (told.id, told.status, told.output, told.usage) == (made.id, "cancelled", [], None)
    assert client.responses.retrieve(made.id).status == "cancelled"
    begun = client.responses.create(model="gpt-5", input="Never mind.", background=True)
    assert client.responses.retrieve(begun.id).status == "in_progress"
    assert client.responses.cancel(begun.id).status == "cancelled"
    assert client.responses.retrieve(begun.id).status == "cancelled"
    client.responses.delete(made.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(made.id)


def test_a_stream_of_the_background_is_left_and_taken_up_again(client: openai.OpenAI) -> None:
    seen: list[Any] = []
    with client.responses.create(
        model="gpt-5", input="All that is said.", background=True, stream=True
    ) as stream:
        for event in stream:
            seen.append(event)
            if event.type == "response.output_text.delta":
                break
    opening = [(event.type, event.response.status) for event in seen[:3]]
    assert opening == [
        ("response.created", "queued"),
        ("response.queued", "queued"),
        ("response.in_progress", "in_progress"),
    ]
    name, at = seen[0].response.id, seen[-1].sequence_number
    rest: list[Any] = list(client.responses.retrieve(name, stream=True, starting_after=at))
    assert [event.sequence_number for event in rest] == list(range(at + 1, at + 1 + len(rest)))
    said = "".join(event.delta for event in [*seen, *rest] if event.type == "response.output_text.delta")
    assert (
        said
        == rest[-1].response.output_text
        == client.responses.retrieve(name).output_text
        == "All that is said."
    )
    whole: list[Any] = list(client.responses.retrieve(name, stream=True))
    assert whole == [*seen, *rest]
    with client.responses.stream(model="gpt-5", input="Helped.", background=True) as helped:
        assert helped.get_final_response().output_text == "Helped."
    with client.responses.stream(response_id=name, starting_after=at) as again:
        assert again.get_final_response().output_text == "All that is said."


def test_responses_are_kept_for_the_async_client_too(far: openai.AsyncOpenAI, run: Run) -> None:
    async def life() -> None:
        made = await far.responses.create(model="gpt-4o", input="Keep me.")
        assert (await far.responses.retrieve(made.id)).output_text == "Keep me."
        assert said_in([item async for item in far.responses.input_items.list(made.id)]) == ["Keep me."]
        await far.responses.delete(made.id)
        with pytest.raises(openai.NotFoundError):
            await far.responses.delete(made.id)

    run(life())


def test_hidden_reasoning_can_be_carried_along(client: openai.OpenAI) -> None:
    more: Any = {"model": "gpt-5", "store": False, "include": ["reasoning.encrypted_content"]}
    first: Any = client.responses.create(input="Think.", reasoning={"effort": "low"}, **more)
    assert next(item for item in first.output if item.type == "reasoning").encrypted_content
    again = client.responses.create(input=[*first.output, {"role": "user", "content": "More."}], **more)
    assert again.output_text == "More."
