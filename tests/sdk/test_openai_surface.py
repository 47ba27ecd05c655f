"""Every method of the openai package's client: answered, or refused with an error that the package understands."""

from __future__ import annotations

import inspect
import warnings
from typing import TYPE_CHECKING, Any

import openai
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = frozenset(
    (
        "batches.list",
        "chat.completions.list",
        "containers.list",
        "conversations.create",
        "evals.list",
        "files.list",
        "fine_tuning.jobs.list",
        "models.list",
        "models.retrieve",
        "skills.list",
        "vector_stores.list",
        "videos.list",
    )
)
"""What answers to the arguments that are made up here (what needs better ones has tests of its own)."""
KEPT = ("/v1/chat/completions/", "/v1/conversations/", "/v1/responses/")
"""Where things are that are found by their ids."""
LOCAL = (
    "connect",
    "stream",
    "stream_poll",
    "unwrap",
    "verify_signature",
    "for_result",
    "prepare",
    "prepare_directory",
)
"""Methods that ask nothing of a server by themselves, or open a WebSocket."""
PICKY = (TypeError, ValueError, AttributeError, RuntimeError)
"""What the package says of arguments that are made up: no request was sent."""


@pytest.fixture(scope="module")
def clients(url: str) -> Iterator[tuple[openai.OpenAI, openai.AzureOpenAI]]:
    with (
        openai.OpenAI(base_url=f"{url}/v1", api_key="k", admin_api_key="k", max_retries=0) as client,
        openai.AzureOpenAI(azure_endpoint=url, api_key="k", api_version="2024-10-21", max_retries=0) as azure,
    ):
        yield client, azure


def _methods(resource: Any, place: str = "") -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the public methods of all resources below one, by their dotted names."""
    for name in dir(type(resource)):
        if name.startswith(("_", "with_")):
            continue
        held = inspect.getattr_static(type(resource), name)
        if inspect.isfunction(held):
            if place:
                yield f"{place}{name}", getattr(resource, name)
        elif hasattr(held, "func") or isinstance(held, property):
            below = getattr(resource, name)
            if type(below).__module__.startswith("openai.resources"):
                yield from _methods(below, f"{place}{name}.")


def _value(name: str, annotation: str) -> Any:
    if name == "model":
        return "gpt-4o-mini"
    if name in ("file", "image", "data", "video", "recording"):
        return ("a.txt", b"hello", "text/plain")
    for kind, value in (
        ("bool", True),
        ("int", 1),
        ("Iterable", []),
        ("Sequence", []),
        ("Dict", {}),
        ("Param", {}),
    ):
        if kind in annotation:
            return value
    return "x_1"


def _asked(method: Callable[..., Any]) -> openai.APIStatusError | None:
    """Ask with made-up arguments; return the refusal, None when it answers."""
    needed = {
        name: _value(name, str(parameter.annotation))
        for name, parameter in inspect.signature(method).parameters.items()
        if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD
    }
    try:
        method(**needed)
    except openai.APIStatusError as error:
        return error
    return None


def test_every_method_is_answered_or_refused_in_the_providers_words(clients: tuple[Any, Any]) -> None:
    refused = 0
    for name, method in _methods(clients[0]):
        if name.endswith(LOCAL):
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                error = _asked(method)
        except PICKY:
            continue
        if error is None:
            assert name.removeprefix("beta.") in HERE, name
            continue
        refused += 1
        assert isinstance(error.body, dict), name
        assert list(error.body) == ["message", "type", "param", "code"], name
        url = error.request.url.path
        if error.status_code == 404 and not url.startswith(KEPT):
            assert error.body == {
                "message": f"Invalid URL ({error.request.method} {url})",
                "type": "invalid_request_error",
                "param": None,
                "code": None,
            }
        assert error.status_code in (400, 403, 404), name
    assert refused > 300


def test_azure_s_gateway_knows_no_more(clients: tuple[Any, Any]) -> None:
    lost = 0
    for name, method in _methods(clients[1]):
        if name.endswith(LOCAL):
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                error = _asked(method)
        except PICKY:
            continue
        if error is None:
            assert name in {
                "batches.list",
                "conversations.create",
                "files.list",
                "fine_tuning.jobs.list",
                "models.list",
                "models.retrieve",
                "vector_stores.list",
            }
        elif error.body == {"code": "404", "message": "Resource not found"}:
            assert error.status_code == 404
            lost += 1
        else:
            assert error.status_code in (400, 404), name
            assert error.request.url.path.startswith(
                ("/openai/deployments/gpt-4o-mini/", "/openai/responses", "/openai/conversations")
            ), name
    assert lost > 300


def test_no_model_can_be_deleted(clients: tuple[openai.OpenAI, Any]) -> None:
    for name in ("gpt-4o-mini", "ft:gpt-4o-mini-2024-07-18:acme::abc123"):
        with pytest.raises(openai.PermissionDeniedError) as refused:
            clients[0].models.delete(name)
        assert refused.value.body == {
            "message": "You have insufficient permissions for this operation. Missing scopes: api.delete.",
            "type": "invalid_request_error",
            "param": None,
            "code": None,
        }
    with pytest.raises(openai.NotFoundError) as lost:
        clients[0].models.delete("who-knows")
    assert isinstance(lost.value.body, dict)
    assert lost.value.body["code"] == "model_not_found"


def test_a_path_outside_of_version_1_has_the_other_sentence(url: str) -> None:
    with openai.OpenAI(base_url=url, api_key="k", max_retries=0) as client:
        with pytest.raises(openai.NotFoundError) as refused:
            client.files.list()
        assert isinstance(refused.value.body, dict)
        assert refused.value.body["message"] == (
            "Unknown request URL: GET /files. Please check the URL for typos, or see the docs at "
            "https://platform.openai.com/docs/api-reference/."
        )
        assert refused.value.body["code"] == "unknown_url"
