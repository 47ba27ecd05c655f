"""Reasoning and what it led to, sent back apart from each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from core.protocols.test_openai_responses_state import Kept, answered, incoming

from mockllm_core.errors import ApiError
from mockllm_core.protocols.openai_responses import PROTOCOL
from mockllm_core.protocols.openai_responses.state import stateful
from mockllm_core.reply import Reasoning, ToolCall

if TYPE_CHECKING:
    from mockllm_core.protocol import WireProtocol

TOOL = {"type": "function", "name": "look", "parameters": {"type": "object"}, "strict": False}
HI = {"role": "user", "content": "hi"}


def thoughtful(protocol: WireProtocol, *, sealed: bool = False, **more: Any) -> tuple[Any, Any, Any]:
    """Return the reasoning and the call of an answer, and the call's output.

    Many clients take over an item's id and summary alone, so ``sealed`` has to be asked for.
    """
    said = (Reasoning.of("Hm."), ToolCall(name="look", arguments={}))
    thought, call = answered(protocol, said=said, tools=[TOOL], **more)["output"]
    assert thought["encrypted_content"]
    if not sealed:
        del thought["encrypted_content"]
    return thought, call, {"type": "function_call_output", "call_id": call["call_id"], "output": "a fish"}


def sent(protocol: WireProtocol, *given: Any, **more: Any) -> Any:
    body = {"model": "gpt-5", "input": [HI, *given], **more}
    return protocol.parse(incoming(body), protocol.endpoints[0]).conversation


def refused(protocol: WireProtocol, *given: Any, **more: Any) -> tuple[str, str]:
    with pytest.raises(ApiError) as caught:
        sent(protocol, *given, **more)
    assert (caught.value.param, caught.value.code) == ("input", None)
    return caught.value.kind, caught.value.message


def test_a_call_is_refused_without_the_reasoning_that_is_kept_of_it() -> None:
    protocol = stateful(PROTOCOL, Kept())
    thought, call, output = thoughtful(protocol)
    message = (
        f"Item '{call['id']}' of type 'function_call' was provided without its required 'reasoning' item:"
        f" '{thought['id']}'."
    )
    assert refused(protocol, call, output) == ("invalid_request", message)
    for given in (
        (thought, call, output),
        ({"type": "item_reference", "id": thought["id"]}, call, output),
        ({key: value for key, value in call.items() if key != "id"}, output),
    ):
        assert sent(protocol, *given)


def test_a_call_of_which_nothing_is_kept_needs_no_reasoning() -> None:
    protocol = stateful(PROTOCOL, Kept())
    _, call, output = thoughtful(protocol, store=False)
    assert sent(protocol, call, output, store=False)
    assert sent(PROTOCOL, call, output)


@pytest.mark.parametrize("then", [(), (HI,)])
def test_reasoning_is_refused_without_what_it_led_to(then: tuple[Any, ...]) -> None:
    protocol = stateful(PROTOCOL, Kept())
    thought, _, _ = thoughtful(protocol)
    message = f"Item '{thought['id']}' of type 'reasoning' was provided without its required following item."
    assert refused(protocol, thought, *then) == ("invalid_request", message)
    assert sent(protocol, {**thought, "id": "rs_1"}, *then)


@pytest.mark.parametrize("protocol", [PROTOCOL, stateful(PROTOCOL, Kept())])
def test_bare_reasoning_that_is_not_kept_is_not_found_where_nothing_shall_be_kept(
    protocol: WireProtocol,
) -> None:
    thought, call, output = thoughtful(protocol, store=False)
    message = (
        f"Item with id '{thought['id']}' not found. Items are not persisted when `store` is set to false. Try again"
        " with `store` set to true, or remove this item from your input."
    )
    assert refused(protocol, thought, call, output, store=False) == ("not_found", message)


@pytest.mark.parametrize("protocol", [PROTOCOL, stateful(PROTOCOL, Kept())])
def test_sealed_reasoning_needs_no_memory(protocol: WireProtocol) -> None:
    assert sent(protocol, *thoughtful(protocol, sealed=True, store=False), store=False)


def test_bare_reasoning_is_taken_where_answers_are_kept() -> None:
    protocol = stateful(PROTOCOL, Kept())
    given = thoughtful(protocol)
    assert sent(protocol, *given)
    assert sent(protocol, *given, store=False)


def test_a_long_history_without_reasoning_looks_few_answers_up() -> None:
    asked: list[str] = []

    class Counted(Kept):
        def names(self, prefix: str) -> list[str]:
            asked.append(prefix)
            return super().names(prefix)

    protocol = stateful(PROTOCOL, Counted())
    history = [
        {"type": "message", "role": "assistant", "id": f"msg_{nth:016x}00{'0' * 32}", "content": "a"}
        for nth in range(99)
    ]
    assert sent(protocol, *history)
    assert len(asked) == 4
