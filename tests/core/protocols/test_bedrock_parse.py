"""A Converse body as a Conversation, and what crosses fields refused in the provider's words."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from core.protocols.bedrock_pipeline import CLAUDE, GPT_OSS, NOVA, STAMP, WEATHER, asking, call_of
from hypothesis import given, settings
from hypothesis import strategies as st

from mockllm_core import contract
from mockllm_core.conversation import Media, ToolChoice, ToolResult, ToolUse, Words
from mockllm_core.errors import ApiError
from mockllm_core.protocols.bedrock_converse import PROTOCOL
from mockllm_core.protocols.bedrock_converse.families import family
from mockllm_core.protocols.bedrock_converse.signature import is_sound, sign
from mockllm_core.routing import match
from mockllm_core.stamp import Stamp

BLOCKS: list[tuple[dict[str, Any], Any]] = [
    ({"text": "Hi"}, Words("Hi")),
    ({"image": {"format": "png", "source": {"bytes": "aGVsbG8="}}}, Media("image", 5)),
    (
        {"document": {"format": "pdf", "name": "a", "source": {"s3Location": {"uri": "s3://b/c"}}}},
        Media("document"),
    ),
    ({"video": {"format": "mp4", "source": {"bytes": "aGVsbG8h"}}}, Media("video", 6)),
    ({"audio": {"format": "mp3", "source": {"bytes": "aA=="}}}, Media("audio", 1)),
    ({"toolUse": {"toolUseId": "a", "name": "f", "input": {"x": 1}}}, ToolUse("f", '{"x":1}', "a")),
    (
        {"toolResult": {"toolUseId": "a", "content": [{"text": "1"}, {"json": {"b": 2}}]}},
        ToolResult("a", '1{"b":2}'),
    ),
    ({"guardContent": {"text": {"text": "guarded", "qualifiers": ["query"]}}}, Words("guarded")),
    ({"guardContent": {"image": {"format": "png", "source": {"bytes": "aA=="}}}}, Media("image", 1)),
    ({"reasoningContent": {"reasoningText": {"text": "thought", "signature": "abcd"}}}, Words("thought")),
    ({"citationsContent": {"content": [{"text": "cited"}], "citations": []}}, Words("cited")),
    ({"searchResult": {"source": "a", "title": "b", "content": [{"text": "c"}]}}, Media("document")),
    ({"cachePoint": {"type": "default"}}, None),
    ({"reasoningContent": {"redactedContent": "aA=="}}, None),
    ({"somethingNew": {}}, None),
    ({"text": "Hi", "image": None}, Words("Hi")),
]


@pytest.mark.parametrize(("block", "part"), BLOCKS)
def test_a_content_block_becomes_a_part(block: dict[str, Any], part: Any) -> None:
    body: dict[str, Any] = {
        "messages": [ASKS, USE, {"role": "user", "content": [{"text": "a"}, block]}],
        "toolConfig": {"tools": [WEATHER]},
    }
    if "toolResult" not in block:
        body["messages"] = body["messages"][-1:]
    message = call_of(body).conversation.messages[-1]
    assert message.parts[1:] == (() if part is None else (part,))


def test_every_content_block_of_the_table_meets_the_contract() -> None:
    for block, _ in BLOCKS:
        if "somethingNew" not in block:
            body = {"messages": [{"role": "user", "content": [block]}]}
            assert contract.check("bedrock-converse", body) is None, block


def test_options_are_taken_from_their_places() -> None:
    body = asking(
        "Hi",
        system=[{"text": "Be kind."}, {"cachePoint": {"type": "default"}}],
        inferenceConfig={"maxTokens": 7, "stopSequences": ["x"], "temperature": None},
        toolConfig={
            "tools": [
                WEATHER,
                {"cachePoint": {"type": "default"}},
                {"systemTool": {"name": "nova_grounding"}},
            ],
            "toolChoice": {"tool": {"name": "get_weather"}},
        },
    )
    conversation = call_of(body, NOVA).conversation
    assert [message.role for message in conversation.messages] == ["system", "user"]
    assert conversation.max_tokens == 7
    assert conversation.stop == ("x",)
    assert [tool.name for tool in conversation.tools] == ["get_weather"]
    assert conversation.tools[0].schema == WEATHER["toolSpec"]["inputSchema"]["json"]
    assert conversation.tool_choice == ToolChoice("tool", ("get_weather",))


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (None, ToolChoice()),
        ({"auto": {}}, ToolChoice()),
        ({"any": {}}, ToolChoice("any")),
        ({"auto": None, "any": {}, "tool": None}, ToolChoice("any")),
    ],
)
def test_tool_choice(choice: Any, expected: ToolChoice) -> None:
    body = asking("Hi", toolConfig={"tools": [WEATHER], "toolChoice": choice})
    assert call_of(body).conversation.tool_choice == expected


SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}


@pytest.mark.parametrize(
    "more",
    [
        {
            "outputConfig": {
                "textFormat": {
                    "type": "json_schema",
                    "structure": {"jsonSchema": {"schema": json.dumps(SCHEMA)}},
                }
            }
        },
        {
            "additionalModelRequestFields": {
                "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}
            }
        },
        {"additionalModelRequestFields": {"output_format": {"type": "json_schema", "schema": SCHEMA}}},
    ],
)
def test_a_structured_answer_is_asked_for_in_three_places(more: dict[str, Any]) -> None:
    assert call_of(asking("Hi", **more)).conversation.output_schema == SCHEMA


@pytest.mark.parametrize(
    ("model", "fields", "thinks"),
    [
        (CLAUDE, {"thinking": {"type": "enabled", "budget_tokens": 1024}}, True),
        ("anthropic.claude-opus-4-6-v1", {"thinking": {"type": "adaptive"}}, True),
        (CLAUDE, {"reasoning_config": {"type": "enabled", "budget_tokens": 1024}}, True),
        (CLAUDE, {"thinking": {"type": "disabled"}}, False),
        (CLAUDE, None, False),
        (NOVA, {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}}, True),
        (NOVA, {"reasoningConfig": {"type": "disabled"}}, False),
        (GPT_OSS, None, True),
        (GPT_OSS, {"reasoning_effort": "high"}, True),
        ("qwen.qwen3-32b-v1:0", {"reasoning_config": "high"}, True),
        ("qwen.qwen3-32b-v1:0", None, False),
        ("us.deepseek.r1-v1:0", None, True),
    ],
)
def test_reasoning_is_asked_for_as_the_family_does(model: str, fields: Any, *, thinks: bool) -> None:
    body = asking("Hi", additionalModelRequestFields=fields)
    assert call_of(body, model).conversation.reasoning is thinks


BLANK = (
    "The text field in the ContentBlock object at messages.1.content.1 is blank. "
    "Add text to the text field, and try again."
)

ASKS = {"role": "user", "content": [{"text": "Hi"}]}
USE = {"role": "assistant", "content": [{"toolUse": {"toolUseId": "a", "name": "f", "input": {}}}]}
RESULT = {"role": "user", "content": [{"toolResult": {"toolUseId": "a", "content": [{"text": "x"}]}}]}
PAPER = {"document": {"format": "pdf", "name": "a", "source": {"bytes": "aGVsbG8="}}}
THINKING = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"system": [{"text": "a"}]}, "'messages'"),
    (
        {"messages": [USE, ASKS]},
        "A conversation must start with a user message. Try again with a conversation that starts with a user message.",
    ),
    (
        {"messages": [ASKS, USE, RESULT]},
        "The toolConfig field must be defined when using toolUse and toolResult content blocks.",
    ),
    (
        {"messages": [ASKS, USE, ASKS], "toolConfig": {"tools": [WEATHER]}},
        "Expected toolResult blocks at messages.2.content for the following Ids: a",
    ),
    (
        asking("Hi", toolConfig={"tools": [WEATHER], "toolChoice": {"tool": {"name": "other"}}}),
        "Tool 'other' not found",
    ),
    (
        asking(
            "Hi",
            toolConfig={"tools": [WEATHER], "toolChoice": {"any": {}}},
            additionalModelRequestFields=THINKING,
        ),
        "Thinking may not be enabled when tool_choice forces tool use.",
    ),
    (
        asking("Hi", inferenceConfig={"maxTokens": 100}, additionalModelRequestFields=THINKING),
        "`max_tokens` must be greater than `thinking.budget_tokens`",
    ),
    (
        asking("Hi", additionalModelRequestFields={"thinking": {"type": "enabled", "budget_tokens": 9}}),
        "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
    ),
    (
        asking("Hi", additionalModelRequestFields={"thinking": {"type": "enabled"}}),
        "thinking.enabled.budget_tokens: Field required",
    ),
    (
        asking("Hi", inferenceConfig={"temperature": 0.5}, additionalModelRequestFields=THINKING),
        "`temperature` may only be set to 1 when thinking is enabled or in adaptive mode.",
    ),
    (
        asking("Hi", inferenceConfig={"topP": 0.5}, additionalModelRequestFields=THINKING),
        "`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled or in adaptive mode.",
    ),
    (
        asking("Hi", additionalModelRequestFields=THINKING | {"top_k": 5}),
        "`top_k` must be unset when thinking is enabled or in adaptive mode.",
    ),
    (
        {
            "messages": [ASKS, USE, RESULT],
            "toolConfig": {"tools": [WEATHER]},
            "additionalModelRequestFields": THINKING,
        },
        "messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`.",
    ),
    (
        asking(
            "Hi",
            outputConfig={
                "textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": "{"}}}
            },
        ),
        "outputConfig.textFormat.structure.jsonSchema.schema",
    ),
    (asking("Hi", additionalModelResponseFieldPaths=["stop"]), "JSON Pointer"),
    (
        {
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {"reasoningContent": {"reasoningText": {"text": "a", "signature": sign("b", STAMP)}}}
                    ],
                }
            ]
        },
        "messages.0.content.0: Invalid `signature` in `thinking` block",
    ),
    (
        {
            "messages": [
                ASKS,
                {"role": "assistant", "content": [{"text": "b"}]},
                {"role": "user", "content": [PAPER]},
            ]
        },
        "A text block must be included when using documents. Add a text block and retry your request.",
    ),
    (
        {"messages": [RESULT], "toolConfig": {"tools": [WEATHER]}},
        "The number of toolResult blocks at messages.0.content exceeds the number of toolUse blocks of previous turn.",
    ),
    (
        {
            "messages": [ASKS, USE, {"role": "user", "content": [*RESULT["content"], *RESULT["content"]]}],
            "toolConfig": {"tools": [WEATHER]},
        },
        "The number of toolResult blocks at messages.2.content exceeds the number of toolUse blocks of previous turn.",
    ),
    (
        {"messages": [ASKS, {"role": "assistant", "content": [{"text": "b "}]}]},
        "The model returned the following errors: messages: final assistant content cannot end with trailing whitespace",
    ),
    ({"messages": [ASKS, {"role": "assistant", "content": [{"text": "b"}, {"text": ""}]}, ASKS]}, BLANK),
    ({"messages": [ASKS, {"role": "assistant", "content": [{"text": "b"}, {"text": " \n"}]}, ASKS]}, BLANK),
]


def papers(*names: str) -> dict[str, Any]:
    blocks = [
        {"document": {"format": "pdf", "name": name, "source": {"bytes": "aGVsbG8="}}} for name in names
    ]
    return {"messages": [{"role": "user", "content": [*blocks, {"text": "Read."}]}]}


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (
            ("a.pdf",),
            "The document file name can only contain alphanumeric characters, whitespace characters, hyphens, ",
        ),
        (("a  b",), "The name can't contain more than one consecutive whitespace character."),
        (("a\u3000b",), "Check that the file name conforms to these restrictions and retry your request."),
        (("a", "b", "a"), "Messages can't contain duplicate document names."),
        (tuple("abcdef"), "You can't include more than 5 documents in a request."),
    ],
)
def test_documents_have_names_of_their_own_and_are_few(names: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(ApiError) as caught:
        call_of(papers(*names))
    assert sentence in caught.value.message


def test_a_name_may_hold_what_bedrock_takes() -> None:
    assert call_of(papers("my-report (1) [v2]", "a_b", "c", "d", "e")).conversation.messages


def test_a_document_beside_a_text_and_one_in_a_result_are_taken() -> None:
    result = {
        "toolResult": {
            "toolUseId": "a",
            "content": [PAPER | {"document": {**PAPER["document"], "name": "b"}}],
        }
    }
    turns = [
        {"role": "user", "content": [PAPER, {"text": "Read."}]},
        USE,
        {"role": "user", "content": [result]},
    ]
    sent = {"messages": turns, "toolConfig": {"tools": [WEATHER]}}
    assert call_of(sent).conversation.messages[0].parts == (Media("document", 5), Words("Read."))


@pytest.mark.parametrize("interleaved", [False, True])
def test_a_claude_thinks_again_after_a_result_when_thoughts_are_interleaved(*, interleaved: bool) -> None:
    thought = {
        "reasoningContent": {"reasoningText": {"text": "I think.", "signature": sign("I think.", STAMP)}}
    }
    called = {"role": "assistant", "content": [thought, *USE["content"]]}
    fields = THINKING | ({"anthropic_beta": ["interleaved-thinking-2025-05-14"]} if interleaved else {})
    for messages, thinks in (([ASKS, called, RESULT], interleaved), ([ASKS], True)):
        sent = {
            "messages": messages,
            "toolConfig": {"tools": [WEATHER]},
            "additionalModelRequestFields": fields,
        }
        assert call_of(sent).conversation.reasoning == thinks


def test_a_last_turn_of_the_assistant_is_continued_by_claudes_before_4_6() -> None:
    sent = {"messages": [ASKS, {"role": "assistant", "content": [{"text": "b"}]}]}
    for model in (CLAUDE, NOVA, "anthropic.claude-opus-4-5-20251101-v1:0"):
        assert call_of(sent, model).model == model
    for model in ("us.anthropic.claude-opus-4-6-v1", "us.anthropic.claude-sonnet-5"):
        with pytest.raises(ApiError) as caught:
            call_of(sent, model)
        assert caught.value.message == (
            "The model returned the following errors: This model does not support assistant message prefill. The "
            "conversation must end with a user message."
        )


@pytest.mark.parametrize(
    ("model", "most"),
    [
        ("amazon.nova-pro-v1:0", 10_000),
        ("us.amazon.nova-2-lite-v1:0", 65_535),
        ("us.anthropic.claude-haiku-4-5-20251001-v1:0", 64_000),
    ],
)
def test_more_tokens_than_a_model_writes_are_refused(model: str, most: int) -> None:
    assert call_of({"messages": [ASKS], "inferenceConfig": {"maxTokens": most}}, model).model == model
    with pytest.raises(ApiError) as caught:
        call_of({"messages": [ASKS], "inferenceConfig": {"maxTokens": most + 1}}, model)
    assert caught.value.message == (
        f"The maximum tokens you requested exceeds the model limit of {most}. "
        f"Try again with a maximum tokens value that is lower than {most}."
    )


def test_a_message_without_content_is_refused_in_the_providers_words() -> None:
    complaint = contract.check("bedrock-converse", {"messages": [ASKS, {"role": "assistant", "content": []}]})
    assert complaint is not None
    assert PROTOCOL.complain(complaint).message == (
        "The content field in the Message object at messages.1 is empty. "
        "Add a ContentBlock object to the content field and try again."
    )


def test_later_claudes_take_no_budget_for_thoughts() -> None:
    body = asking("Hi", additionalModelRequestFields=THINKING, inferenceConfig={"maxTokens": 4096})
    call_of(body, "us.anthropic.claude-opus-4-6-v1:0")
    with pytest.raises(ApiError) as raised:
        call_of(body, "us.anthropic.claude-opus-4-7-v1:0")
    assert raised.value.message == (
        'The model returned the following errors: "thinking.type.enabled" is not supported for this model. '
        'Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.'
    )


@pytest.mark.parametrize(("body", "sentence"), REFUSED)
def test_what_crosses_fields_is_refused_in_the_providers_words(body: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ApiError) as caught:
        call_of(body)
    assert caught.value.kind == "invalid_request"
    assert sentence in caught.value.message


def test_a_prompt_resource_needs_no_messages() -> None:
    model = "arn:aws:bedrock:us-east-1:123456789012:prompt/ABCDEFGHIJ:1"
    assert call_of({"promptVariables": {"a": {"text": "b"}}}, model).conversation.messages == ()


def test_a_signature_is_refused_once_it_or_its_text_is_changed() -> None:
    stamp = Stamp(seed=b"x", now=None)  # type: ignore[arg-type] # the time plays no part
    signature = sign("a thought", stamp, 0)
    assert is_sound(signature, "a thought")
    assert not is_sound(signature, "another thought")
    for at in range(len(signature)):
        for new in ("A", "B", "=", "!", "AB", ""):
            changed = signature[:at] + new + signature[at + 1 :]
            assert changed == signature or not is_sound(changed, "a thought")
    assert is_sound("ErcBCkgICxABGAIiQFX7K5soRl8=", "a foreign one")
    assert is_sound("signature-1", "a hand-written one")
    assert not is_sound(f"{signature[:20]}!{signature[20:]}", "a thought")
    assert not is_sound(f"{signature[:20]}AB{signature[20:]}"[:-1], "a thought")


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("us.anthropic.claude-sonnet-4-6", "Claude"),
        ("anthropic.claude-v2:1", "Claude"),
        ("eu.amazon.nova-pro-v1:0", "Nova"),
        ("amazon.titan-text-express-v1", "Titan"),
        ("arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0", "Nova"),
        ("openai.gpt-oss-20b-1:0", "gpt-oss"),
        ("meta.llama3-3-70b-instruct-v1:0", "Llama"),
        ("arn:aws:bedrock:us-east-1:1:application-inference-profile/abc", "Claude"),
        ("mock-model", "Claude"),
    ],
)
def test_the_family_is_told_from_the_model(model: str, name: str) -> None:
    assert family(model).name == name


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/model/a.b-v1%3A0/converse", "a.b-v1:0"),
        ("/model/a.b-v1:0/converse", "a.b-v1:0"),
        (
            "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fus.a/converse",
            "arn:aws:bedrock:us-east-1:1:inference-profile/us.a",
        ),
        (
            "/model/arn:aws:bedrock:us-east-1:1:inference-profile/us.a/converse-stream",
            "arn:aws:bedrock:us-east-1:1:inference-profile/us.a",
        ),
    ],
)
def test_the_path_carries_the_model_encoded_or_not(path: str, model: str) -> None:
    met = [
        (endpoint.stream, params["model"])
        for endpoint in PROTOCOL.endpoints
        if endpoint.method == "POST" and (params := match(endpoint.path, path))
    ]
    assert met == [(path.endswith("-stream"), model)]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    [
        "messages",
        "system",
        "inferenceConfig",
        "toolConfig",
        "additionalModelRequestFields",
        "outputConfig",
        "guardrailConfig",
        "additionalModelResponseFieldPaths",
    ]
)


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(KEYS, JSON, max_size=5))
def test_no_body_at_all_makes_parse_fail_in_another_way(body: dict[str, Any]) -> None:
    with contextlib.suppress(ApiError):
        assert call_of(asking("Hi") | body).conversation.model == CLAUDE
