"""Every method of the anthropic package's clients: answered, or refused with an error that the package understands."""

from __future__ import annotations

import inspect
import io
import warnings
from typing import TYPE_CHECKING, Any

import anthropic
import pytest

from sdk.bedrock import CREDENTIALS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = frozenset(
    (
        "files.list",
        "messages.batches.list",
        "messages.create",
        "messages.parse",
        "messages.count_tokens",
        "messages.stream",
        "models.list",
        "models.retrieve",
        "skills.list",
    )
)
"""What answers, with ``beta`` before it or not."""
LOCAL = ("thread", "tool_runner", "unwrap", "parse_unverified", "validate_archive")
"""Methods that ask nothing of a server by themselves, or read a file first."""
SAID = [{"role": "user", "content": "Hi"}]


@pytest.fixture(scope="module")
def clients(url: str) -> Iterator[dict[str, Any]]:
    made = {
        "anthropic": anthropic.Anthropic(api_key="k", base_url=url, max_retries=0),
        "vertex": anthropic.AnthropicVertex(
            project_id="p", region="us-east5", base_url=f"{url}/v1", access_token="t", max_retries=0
        ),
        "bedrock": anthropic.AnthropicBedrock(
            aws_access_key=CREDENTIALS["aws_access_key_id"],
            aws_secret_key=CREDENTIALS["aws_secret_access_key"],
            aws_region=CREDENTIALS["region_name"],
            base_url=url,
            max_retries=0,
        ),
    }
    yield made
    for client in made.values():
        client.close()


def _methods(resource: Any, place: str = "") -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the public methods of all resources below one, by their dotted names."""
    for name in dir(resource):
        if name.startswith(("_", "with_")):
            continue
        held = inspect.getattr_static(type(resource), name, None)
        if inspect.isfunction(held):
            if place:
                yield f"{place}{name}", getattr(resource, name)
        elif held is None or hasattr(held, "func") or isinstance(held, property):
            below = getattr(resource, name)
            if isinstance(below, anthropic._resource.SyncAPIResource):
                yield from _methods(below, f"{place}{name}.")


def _value(name: str) -> Any:
    match name:
        case "model":
            return "claude-sonnet-4-6"
        case "messages":
            return SAID
        case "max_tokens":
            return 9
        case "file":
            return io.BytesIO(b"hello")
        case "requests":
            return [
                {
                    "custom_id": "a",
                    "params": {"model": "claude-sonnet-4-6", "max_tokens": 9, "messages": SAID},
                }
            ]
        case _:
            return "x_1"


def _refusal(name: str, method: Callable[..., Any]) -> anthropic.AnthropicError | None:
    """Ask with made-up arguments; return the refusal, None when it answers."""
    parameters = inspect.signature(method).parameters.values()
    needed = {
        one.name: _value(one.name)
        for one in parameters
        if one.default is one.empty and one.kind is not one.VAR_KEYWORD
    }
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            told = method(**needed)
            if name.endswith("messages.stream"):
                with told as stream:
                    assert stream.get_final_text() == "Hi"
    except anthropic.AnthropicError as error:
        return error
    return None


@pytest.mark.parametrize(("client", "least"), [("anthropic", 200), ("vertex", 8), ("bedrock", 6)])
def test_every_method_is_answered_or_refused_in_the_providers_words(
    clients: dict[str, Any], client: str, least: int
) -> None:
    seen = 0
    for name, method in _methods(clients[client]):
        if name.endswith(LOCAL):
            continue
        error = _refusal(name, method)
        seen += 1
        if error is None:
            assert name.removeprefix("beta.") in HERE, name
        elif isinstance(error, anthropic.APIStatusError):
            body: Any = error.body
            assert error.status_code == 404, name
            assert list(body) == ["type", "error", "request_id"], name
            assert body["error"] == {"type": "not_found_error", "message": "Not Found"}, name
            assert body["request_id"] == error.request_id, name
        else:
            # what the package itself says its host has not
            assert client != "anthropic", name
            assert not isinstance(error, anthropic.APIError), name
    assert seen >= least


@pytest.mark.parametrize("client", ["anthropic", "vertex", "bedrock"])
@pytest.mark.parametrize("choice", [{"type": "auto"}, {"type": "any"}, {"type": "tool", "name": "two"}])
@pytest.mark.parametrize("alone", [True, False])
def test_calls_are_as_many_as_the_choice_lets_be(
    clients: dict[str, Any], client: str, choice: dict[str, Any], *, alone: bool
) -> None:
    tools = [{"name": name, "input_schema": {"type": "object"}} for name in ("one", "two")]
    asked = {
        "model": "claude-sonnet-4-6",
        "max_tokens": 99,
        "messages": SAID,
        "tools": tools,
        "tool_choice": choice | {"disable_parallel_tool_use": alone},
        "extra_headers": {"x-mockllm-tool-calls": "3"},
    }
    whole = clients[client].messages.create(**asked)
    with clients[client].messages.stream(**asked) as stream:
        streamed = stream.get_final_message()
    wanted = ["two"] * 3 if "name" in choice else ["one", "two", "one"]
    for told in (whole, streamed):
        assert [block.name for block in told.content] == (wanted[:1] if alone else wanted)
        assert told.stop_reason == "tool_use"
