"""A call that the cap on the answer's tokens cuts, as each official client tells it."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any, Literal

import anthropic
import boto3
import openai
import pytest
from botocore.config import Config
from botocore.exceptions import EventStreamError
from google import genai
from google.genai import types
from pydantic import BaseModel, ConfigDict

from sdk.bedrock import CREDENTIALS

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT = "Dear Ada, the engine is a fine thing; it weaves algebra as the loom weaves flowers and leaves."
ASKED: Any = [{"role": "user", "content": "Write to Ada."}]
MOST, ENOUGH = 20, 1024


class Letter(BaseModel):
    """Write a letter."""

    model_config = ConfigDict(extra="forbid")

    to: Literal["Ada"]
    body: Literal[
        "Dear Ada, the engine is a fine thing; it weaves algebra as the loom weaves flowers and leaves."
    ]


SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"to": {"type": "string", "const": "Ada"}, "body": {"type": "string", "const": TEXT}},
    "required": ["to", "body"],
    "additionalProperties": False,
}
FUNCTION: Any = {"type": "function", "function": {"name": "Letter", "strict": True, "parameters": SCHEMA}}


@pytest.fixture(scope="module")
def gpt(url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{url}/v1", api_key="mock", max_retries=0) as made:
        yield made


@pytest.fixture(scope="module")
def claude(url: str) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=url, api_key="mock", max_retries=0) as made:
        yield made


def _half(text: str) -> None:
    assert text.startswith('{"to":"Ada","body":"Dear Ada')
    with pytest.raises(ValueError, match="Unterminated string"):
        json.loads(text)


# -- OpenAI ---------------------------------------------------------------------------------------------------------


def test_chat_ends_for_its_length_with_half_the_arguments(gpt: openai.OpenAI) -> None:
    asked: Any = {"model": "gpt-4o", "messages": ASKED, "tools": [FUNCTION], "max_completion_tokens": MOST}
    answer = gpt.chat.completions.create(**asked)
    (call,) = answer.choices[0].message.tool_calls or []
    assert (answer.choices[0].finish_reason, answer.usage and answer.usage.completion_tokens) == (
        "length",
        MOST,
    )
    assert call.type == "function"
    _half(call.function.arguments)
    chunks = [*gpt.chat.completions.create(**asked, stream=True)]
    deltas = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or ()]
    assert chunks[-1].choices[0].finish_reason == "length"
    streamed = "".join(delta.function.arguments or "" for delta in deltas if delta.function)
    assert streamed == call.function.arguments


def test_chat_helpers_raise_what_they_raise_for_a_length(gpt: openai.OpenAI) -> None:
    tool = openai.pydantic_function_tool(Letter)
    asked: Any = {"model": "gpt-4o", "messages": ASKED, "tools": [tool]}
    with pytest.raises(openai.LengthFinishReasonError) as caught:
        gpt.chat.completions.parse(**asked, max_completion_tokens=MOST)
    assert caught.value.completion.choices[0].finish_reason == "length"
    with (
        pytest.raises(openai.LengthFinishReasonError),
        gpt.chat.completions.stream(**asked, max_completion_tokens=MOST) as stream,
    ):
        stream.until_done()
    whole = gpt.chat.completions.parse(**asked, max_completion_tokens=ENOUGH)
    (call,) = whole.choices[0].message.tool_calls or []
    assert call.function.parsed_arguments == Letter.model_validate({"to": "Ada", "body": TEXT})


def test_a_response_is_incomplete_and_so_is_its_call(gpt: openai.OpenAI) -> None:
    tool: Any = {"type": "function", "name": "Letter", "strict": True, "parameters": SCHEMA}
    asked: Any = {"model": "gpt-5.5", "input": "Write to Ada.", "tools": [tool], "max_output_tokens": MOST}
    answer = gpt.responses.create(**asked, reasoning={"effort": "none"})
    (call,) = answer.output
    assert answer.status == "incomplete"
    assert answer.incomplete_details is not None
    assert answer.incomplete_details.reason == "max_output_tokens"
    assert answer.usage is not None
    assert answer.usage.output_tokens == MOST
    assert call.type == "function_call"
    assert call.status == "incomplete"
    _half(call.arguments)
    with gpt.responses.stream(**asked, reasoning={"effort": "none"}) as stream:
        events = list(stream)
    assert events[-1].type == "response.incomplete"
    (streamed,) = [event.item for event in events if event.type == "response.output_item.done"]
    assert streamed.type == "function_call"
    assert (streamed.status, streamed.arguments) == ("incomplete", call.arguments)


# -- Claude ---------------------------------------------------------------------------------------------------------


def test_a_message_holds_the_parameters_that_are_whole(claude: anthropic.Anthropic) -> None:
    tool: Any = {"name": "Letter", "input_schema": SCHEMA}
    asked: Any = {"model": "claude-sonnet-4-6", "messages": ASKED, "tools": [tool]}
    answer = claude.messages.create(**asked, max_tokens=MOST)
    with claude.messages.stream(**asked, max_tokens=MOST) as stream:
        streamed = stream.get_final_message()
    for message in (answer, streamed):
        assert (message.stop_reason, message.usage.output_tokens) == ("max_tokens", MOST)
        assert [getattr(block, "input", None) for block in message.content] == [{"to": "Ada"}]
    whole = claude.messages.create(**asked, max_tokens=ENOUGH)
    assert [getattr(block, "input", None) for block in whole.content] == [{"to": "Ada", "body": TEXT}]


def test_an_eager_tool_streams_its_input_to_the_last_token(claude: anthropic.Anthropic) -> None:
    tool: Any = {"name": "Letter", "input_schema": SCHEMA, "eager_input_streaming": True}
    with claude.messages.stream(
        model="claude-sonnet-4-6", messages=ASKED, tools=[tool], max_tokens=MOST
    ) as stream:
        text = "".join(event.partial_json for event in stream if event.type == "input_json")
        message = stream.get_final_message()
    assert len("Letter" + text) == 4 * MOST
    assert text.startswith('{"to": "Ada", "body": "Dear Ada')
    assert message.stop_reason == "max_tokens"


@pytest.fixture(scope="module")
def bedrock(url: str) -> Iterator[Any]:
    config = Config(retries={"total_max_attempts": 1, "mode": "standard"})
    made = boto3.client("bedrock-runtime", endpoint_url=url, config=config, **CREDENTIALS)
    yield made
    made.close()


def _converse(model: str) -> dict[str, Any]:
    return {
        "modelId": model,
        "messages": [{"role": "user", "content": [{"text": "Write to Ada."}]}],
        "toolConfig": {"tools": [{"toolSpec": {"name": "Letter", "inputSchema": {"json": SCHEMA}}}]},
        "inferenceConfig": {"maxTokens": MOST},
    }


def test_converse_holds_the_members_that_are_whole(bedrock: Any) -> None:
    asked = _converse("us.anthropic.claude-sonnet-4-5-20250929-v1:0")
    answer = bedrock.converse(**asked)
    (block,) = answer["output"]["message"]["content"]
    assert (answer["stopReason"], answer["usage"]["outputTokens"]) == ("max_tokens", MOST)
    assert block["toolUse"]["input"] == {"to": "Ada"}
    events = list(bedrock.converse_stream(**asked)["stream"])
    deltas = [event["contentBlockDelta"]["delta"] for event in events if "contentBlockDelta" in event]
    assert "".join(delta["toolUse"]["input"] for delta in deltas) == '{"to": "Ada"'
    assert {"messageStop": {"stopReason": "max_tokens"}} in events


def test_a_call_of_nova_is_an_error_whole_and_in_the_stream(bedrock: Any) -> None:
    asked = _converse("amazon.nova-pro-v1:0")
    with pytest.raises(bedrock.exceptions.ModelErrorException, match="invalid sequence as part of ToolUse"):
        bedrock.converse(**asked)
    broken = pytest.raises(
        EventStreamError, match=r"modelStreamErrorException.*invalid sequence as part of ToolUse"
    )
    with closing(bedrock.converse_stream(**asked)["stream"]) as stream, broken:
        list(stream)
    enough = bedrock.converse(**asked | {"inferenceConfig": {"maxTokens": ENOUGH}})
    (block,) = enough["output"]["message"]["content"]
    assert block["toolUse"]["input"] == {"to": "Ada", "body": TEXT}


# -- Gemini ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "held"),
    [
        ("gemini-2.5-flash", None),
        ("gemini-3.5-flash", {"to": "Ada", "body": "Dear Ada, the engine is a fine thing; it weaves algebr"}),
    ],
)
def test_gemini_closes_a_call_or_leaves_it_out(url: str, model: str, held: Any) -> None:
    declared = types.FunctionDeclaration(name="Letter", parameters_json_schema=SCHEMA)
    config = types.GenerateContentConfig(
        tools=[types.Tool(function_declarations=[declared])],
        max_output_tokens=MOST,
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
    )
    asked: Any = {"model": model, "contents": "Write to Ada.", "config": config}
    with genai.Client(api_key="mock", http_options=types.HttpOptions(base_url=url)) as client:
        answer = client.models.generate_content(**asked)
        chunks = [*client.models.generate_content_stream(**asked)]
    for last, calls in (
        (answer, answer.function_calls or []),
        (chunks[-1], [call for chunk in chunks for call in chunk.function_calls or []]),
    ):
        assert last.candidates
        assert last.candidates[0].finish_reason is types.FinishReason.MAX_TOKENS
        assert last.usage_metadata
        assert last.usage_metadata.candidates_token_count == MOST
        assert [call.args for call in calls] == ([] if held is None else [held])
