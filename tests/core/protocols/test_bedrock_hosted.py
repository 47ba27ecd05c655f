"""Nova's system tools are used: the blocks, their ids, what comes back, and a recorded stream."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from core.protocols.bedrock_pipeline import (
    CLAUDE,
    NOVA,
    STAMP,
    WEATHER,
    answered,
    asking,
    call_of,
    events,
    turn_of,
    wire,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from mockllm_core import eventstream
from mockllm_core.errors import UnsupportedReply
from mockllm_core.hosts.bedrock_invoke import PROTOCOL as INVOKE
from mockllm_core.protocols.bedrock_converse import PROTOCOL

if TYPE_CHECKING:
    from mockllm_core.frame import Finding
    from mockllm_core.protocol import WireProtocol

TEXT = "Wie groß ist das? " + "word " * 40
GROUNDING = {"systemTool": {"name": "nova_grounding"}}
INTERPRETER = {"systemTool": {"name": "nova_code_interpreter"}}
NOVA_2 = "us.amazon.nova-2-lite-v1:0"


def offering(*tools: Any, **more: Any) -> dict[str, Any]:
    return asking(TEXT, toolConfig={"tools": list(tools), **more})


def content(*tools: Any) -> list[Any]:
    found: list[Any] = json.loads(answered(offering(*tools), NOVA_2, stream=False))["output"]["message"]["content"]  # fmt: skip
    return found


def test_a_search_stands_before_the_text_and_its_source_behind_it() -> None:
    call, result, said, cited = content(GROUNDING)
    assert list(call["toolUse"]) == ["input", "name", "toolUseId", "type"]
    assert call["toolUse"]["input"]["query"] in TEXT
    ident = call["toolUse"]["toolUseId"]
    assert ident.startswith("tooluse_")
    assert result == {
        "toolResult": {
            "content": [{"text": "[HIDDEN]"}],
            "status": "success",
            "toolUseId": ident,
            "type": "nova_grounding_result",
        }
    }
    assert said == {"text": TEXT}
    web = {"domain": "example.com", "url": "https://example.com/"}
    assert cited == {"citationsContent": {"citations": [{"location": {"web": web}}]}}


def test_code_gives_a_document() -> None:
    call, result, said = content(INTERPRETER)
    assert call["toolUse"]["input"] == {"snippet": "6 * 7"}
    assert result["toolResult"]["content"] == [
        {"json": {"exitCode": 0, "isError": False, "stdErr": "", "stdOut": "42"}}
    ]
    assert said == {"text": TEXT}


def test_each_of_several_has_an_id_of_its_own() -> None:
    blocks = content(INTERPRETER, GROUNDING)[:4]
    ids = [next(iter(block.values()))["toolUseId"] for block in blocks]
    assert ids == [ids[0], ids[0], ids[2], ids[2]]
    assert ids[0] != ids[2]


def test_what_a_tool_gave_keeps_its_order_in_a_stream() -> None:
    data = answered(offering(INTERPRETER), NOVA_2)
    (payload,) = (payload for _, payload in events(data) if "toolResult" in payload.get("delta", ()))
    assert list(payload["delta"]["toolResult"][0]["json"]) == ["stdOut", "stdErr", "exitCode", "isError"]


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("protocol", [PROTOCOL, INVOKE], ids=["converse", "invoke"])
@pytest.mark.parametrize("tools", [(GROUNDING,), (INTERPRETER,), (INTERPRETER, GROUNDING)])
def test_what_is_said_is_read_back(protocol: WireProtocol, tools: tuple[Any, ...], *, stream: bool) -> None:
    call = call_of(offering(*tools), NOVA_2, stream=stream, protocol=protocol)
    turn = turn_of(call)
    protocol.supports(turn)
    data = spelled(protocol, turn, call)
    findings: list[Finding] = []
    if stream:
        reader = protocol.reader("")
        for at in range(0, len(data), 61):
            reader.feed(data[at : at + 61])
        found, findings = reader.finish(), reader.findings
    else:
        found = protocol.read_whole(data, findings)
    assert findings == []
    protocol.supports(found)
    assert spelled(protocol, found, call) == data


@settings(max_examples=200)
@given(
    said=st.text(min_size=1).filter(str.strip),
    tools=st.lists(st.sampled_from([GROUNDING, INTERPRETER]), min_size=1, max_size=2),
    protocol=st.sampled_from([PROTOCOL, INVOKE]),
    stream=st.booleans(),
    limits=st.sampled_from([{}, {"maxTokens": 2}, {"stopSequences": ["a"]}]),
)
def test_any_answer_is_read_back(
    said: str, tools: list[Any], protocol: WireProtocol, limits: Any, *, stream: bool
) -> None:
    body = asking(said, toolConfig={"tools": tools}, inferenceConfig=limits)
    call = call_of(body, NOVA_2, stream=stream, protocol=protocol)
    data = spelled(protocol, turn_of(call), call)
    findings: list[Finding] = []
    if stream:
        reader = protocol.reader("")
        reader.feed(data)
        found, findings = reader.finish(), reader.findings
    else:
        found = protocol.read_whole(data, findings)
    assert findings == []
    assert spelled(protocol, found, call) == data


def spelled(protocol: WireProtocol, turn: Any, call: Any) -> bytes:
    if call.stream:
        return b"".join(frame.wire for frame in protocol.stream(turn, call, STAMP))
    return protocol.whole(turn, call, STAMP)


def test_a_block_of_one_form_is_not_spelled_in_the_other() -> None:
    whole = PROTOCOL.read_whole(answered(offering(GROUNDING), NOVA_2, stream=False), [])
    for protocol in (PROTOCOL, INVOKE):
        with pytest.raises(UnsupportedReply, match="cannot be streamed"):
            spelled(protocol, whole, call_of(offering(GROUNDING), NOVA_2, protocol=protocol))
    body = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 5, "messages": [{"role": "user", "content": "Hi"}]}  # fmt: skip
    call = call_of(body, CLAUDE, protocol=INVOKE)
    with pytest.raises(UnsupportedReply, match="cannot be part of an answer"):
        spelled(INVOKE, whole, call)


@pytest.mark.parametrize("tools", [(GROUNDING,), (INTERPRETER, GROUNDING)])
def test_an_answer_can_be_sent_back(tools: tuple[Any, ...]) -> None:
    body = offering(*tools)
    body["messages"] += [
        {"role": "assistant", "content": content(*tools)},
        {"role": "user", "content": [{"text": "And now?"}]},
    ]
    again = json.loads(answered(body, NOVA_2, stream=False))["output"]["message"]["content"]
    assert {"text": "And now?"} in again


@pytest.mark.parametrize("choice", [{"auto": {}}, {"any": {}}])
def test_a_function_comes_first_and_has_a_type_beside_a_system_tool(choice: Any) -> None:
    body = offering(INTERPRETER, WEATHER, toolChoice=choice)
    (call,) = json.loads(answered(body, NOVA_2, stream=False))["output"]["message"]["content"]
    assert call["toolUse"]["type"] == "tool_use"
    start = events(answered(body, NOVA_2))[1][1]["start"]["toolUse"]
    assert list(start) == ["name", "toolUseId", "type"]
    plain = asking(TEXT, toolConfig={"tools": [WEATHER]})
    assert "type" not in events(answered(plain, NOVA_2))[1][1]["start"]["toolUse"]


def test_a_system_tool_that_nobody_knows_is_taken() -> None:
    assert content({"systemTool": {"name": "nova_next"}}) == [{"text": TEXT}]
    assert call_of(asking("Hi"), NOVA).conversation.hosted == ()


_ID = "tooluse_3ioV80ZZClc5KdeIhGx32A"
_RECORDED: list[tuple[str, str]] = [
    # pydantic-ai, test_bedrock_model_code_execution_tool_stream: every frame of it
    ("messageStart", '{"p":"abcd","role":"assistant"}'),
    ("contentBlockStart", f'{{"contentBlockIndex":0,"p":"abcd","start":{{"toolUse":{{"name":"nova_code_interpreter","toolUseId":"{_ID}","type":"server_tool_use"}}}}}}'),
    ("contentBlockDelta", '{"contentBlockIndex":0,"delta":{"toolUse":{"input":"{\\"snippet\\":\\"1234 * 5678\\"}"}},"p":"abcd"}'),
    ("contentBlockStop", '{"contentBlockIndex":0,"p":"abcd"}'),
    ("contentBlockStart", f'{{"contentBlockIndex":1,"p":"abcd","start":{{"toolResult":{{"status":"success","toolUseId":"{_ID}","type":"nova_code_interpreter_result"}}}}}}'),
    ("contentBlockDelta", '{"contentBlockIndex":1,"delta":{"toolResult":[{"json":{"stdOut":"7006652","stdErr":"","exitCode":0,"isError":false}}]},"p":"abcd"}'),
    ("contentBlockStop", '{"contentBlockIndex":1,"p":"abcd"}'),
    ("contentBlockStart", '{"contentBlockIndex":2,"p":"abcd","start":{"toolUse":{"name":"final_result","toolUseId":"tooluse_7hzWoZES8ykBy2ZYAyUeA","type":"tool_use"}}}'),
    ("contentBlockDelta", '{"contentBlockIndex":2,"delta":{"toolUse":{"input":"{\\"result\\":7006652.0}"}},"p":"abcd"}'),
    ("contentBlockStop", '{"contentBlockIndex":2,"p":"abcd"}'),
    ("messageStop", '{"p":"abcd","stopReason":"tool_use"}'),
    ("metadata", '{"metrics":{"latencyMs":1590},"p":"abcd","usage":{"inputTokens":1002,"outputTokens":59,"serverToolUsage":{},"totalTokens":1061}}'),
]  # fmt: skip


def test_a_recorded_stream_is_reproduced() -> None:
    reader = PROTOCOL.reader("")
    for name, payload in _RECORDED:
        reader.feed(eventstream.event(name, payload.encode()).wire)
    found = reader.finish()
    assert reader.findings == []
    call = call_of(offering(INTERPRETER, WEATHER), NOVA_2)
    wanted = [(name, json.loads(payload)) for name, payload in _RECORDED]
    for _, payload in wanted:
        del payload["p"]
    assert events(wire(found, call)) == wanted
