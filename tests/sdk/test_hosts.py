"""The official clients on other roads to the same models: Azure, Bedrock, Mantle and Foundry for Anthropic, Vertex."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anthropic
import openai
import pytest
from google import genai
from google.genai import types
from google.oauth2.credentials import Credentials

from mockllm_cli import MockServer
from sdk import test_anthropic, test_google_genai, test_openai_chat
from sdk.bedrock import MODEL
from sdk.cases import CASES, Ask, Said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sdk.cases import Way

# The async client's own class of sessions inherits from one that aiohttp wants left alone.
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")

MISSING = {("azure", "reasoning"): "Chat Completions never shows reasoning"}


def azure(url: str) -> tuple[Callable[[Ask], Said], Callable[[Ask], Said], Any]:
    client = openai.AzureOpenAI(azure_endpoint=url, api_key="k", api_version="2024-10-21", max_retries=0)
    create: Any = client.chat.completions.create
    spell, more = test_openai_chat.spell, test_openai_chat.USAGE
    return (
        lambda ask: test_openai_chat.read(create(**spell(ask))),
        lambda ask: test_openai_chat.gather(_spoken(create(**spell(ask), **more, stream=True))),
        client,
    )


def _spoken(chunks: Any) -> list[Any]:
    """The chunks without Azure's first, which only holds what its filter says of the prompt."""
    first, *others = list(chunks)
    assert first.choices == []
    return others


def anthropic_on(client: Any, model: str) -> tuple[Callable[[Ask], Said], Callable[[Ask], Said], Any]:
    def spell(ask: Ask) -> Any:
        return test_anthropic.spell(ask) | {"model": model}

    return (
        lambda ask: test_anthropic.read(client.messages.create(**spell(ask))),
        lambda ask: test_anthropic.gather(list(client.messages.create(**spell(ask), stream=True))),
        client,
    )


def bedrock(url: str) -> tuple[Callable[[Ask], Said], Callable[[Ask], Said], Any]:
    client = anthropic.AnthropicBedrock(
        base_url=url, aws_access_key="k", aws_secret_key="k", aws_region="us-east-1", max_retries=0
    )
    return anthropic_on(client, MODEL)


def vertex(url: str) -> tuple[Callable[[Ask], Said], Callable[[Ask], Said], Any]:
    client = anthropic.AnthropicVertex(
        base_url=f"{url}/v1", project_id="p", region="us-east5", access_token="k", max_retries=0
    )
    return anthropic_on(client, "claude-haiku-4-5@20251001")


def mantle(url: str) -> tuple[Callable[[Ask], Said], Callable[[Ask], Said], Any]:
    client = anthropic.AnthropicBedrockMantle(
        base_url=f"{url}/anthropic", api_key="k", aws_region="us-east-1", max_retries=0
    )
    return anthropic_on(client, "anthropic.claude-haiku-4-5")


def foundry(url: str) -> tuple[Callable[[Ask], Said], Callable[[Ask], Said], Any]:
    client = anthropic.AnthropicFoundry(base_url=f"{url}/anthropic/", api_key="k", max_retries=0)
    return anthropic_on(client, "claude-haiku-4-5")


def gemini(url: str) -> tuple[Callable[[Ask], Said], Callable[[Ask], Said], Any]:
    client = genai.Client(
        vertexai=True,
        project="p",
        location="us-central1",
        credentials=Credentials(token="k"),  # type: ignore[no-untyped-call] # google-auth has no types for it
        http_options=types.HttpOptions(base_url=url),
    )
    ask_for = test_google_genai

    def told(ask: Ask) -> dict[str, Any]:
        return {"model": ask_for.MODEL, "contents": ask_for.contents(ask), "config": ask_for.config(ask)}

    return (
        lambda ask: ask_for.read(client.models.generate_content(**told(ask))),
        lambda ask: ask_for.gather(list(client.models.generate_content_stream(**told(ask)))),
        client,
    )


HOSTS: dict[str, Callable[[str], Any]] = {
    "azure": azure,
    "bedrock": bedrock,
    "vertex": vertex,
    "mantle": mantle,
    "foundry": foundry,
    "gemini": gemini,
}


@pytest.fixture(scope="module")
def ways(url: str) -> Iterator[dict[tuple[str, str], Way]]:
    made = {name: host(url) for name, host in HOSTS.items()}
    yield {(name, way): made[name][at] for name in made for at, way in enumerate(("whole", "stream"))}
    for _, _, client in made.values():
        client.close()


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("way", ["whole", "stream"])
@pytest.mark.parametrize("host", HOSTS)
def test_every_case_on_every_host(ways: dict[tuple[str, str], Way], host: str, way: str, case: str) -> None:
    if (host, case) in MISSING:
        pytest.skip(MISSING[host, case])
    CASES[case](ways[host, way])


def test_the_fixture_s_variables_are_all_that_these_clients_need(
    mockllm: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openai, "_client", None)
    say: Any = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}
    with openai.AzureOpenAI(max_retries=0) as azure:
        assert azure.chat.completions.create(**say).choices[0].message.content == "hi"
    assert openai.chat.completions.create(**say).choices[0].message.content == "hi"
    clients: list[tuple[Any, str]] = [
        (anthropic.AnthropicBedrock(max_retries=0), MODEL),
        (anthropic.AnthropicBedrockMantle(max_retries=0), "anthropic.claude-haiku-4-5"),
        (anthropic.AnthropicFoundry(max_retries=0), "claude-haiku-4-5"),
        (anthropic.AnthropicVertex(access_token="k", max_retries=0), "claude-haiku-4-5@20251001"),
    ]
    for client, model in clients:
        with client:
            answer = client.messages.create(**say | {"model": model}, max_tokens=9)
        assert answer.content[0].text == "hi"
    token = Credentials(token="k")  # type: ignore[no-untyped-call] # google-auth has no types for it
    with genai.Client(vertexai=True, project="p", location="us-central1", credentials=token) as gemini:
        assert gemini.models.generate_content(model="gemini-2.5-flash", contents="hi").text == "hi"
    assert [one.path.split("/")[1] for one in mockllm.requests] == [
        "openai", "v1", "model", "anthropic", "anthropic", "v1", "v1beta1"
    ]  # fmt: skip


@pytest.mark.parametrize("v1", [False, True])
def test_azure_s_catalogue_is_listed_and_looked_up(url: str, *, v1: bool) -> None:
    client = (
        openai.OpenAI(base_url=f"{url}/openai/v1/", api_key="k", max_retries=0)
        if v1
        else openai.AzureOpenAI(azure_endpoint=url, api_key="k", api_version="2024-10-21", max_retries=0)
    )
    listed: list[Any] = list(client.models.list())
    held = {model.id: model for model in listed}
    assert held["gpt-4o-2024-08-06"].capabilities["chat_completion"]
    assert not held["text-embedding-3-small-1"].capabilities["chat_completion"]
    # what OpenAI's own models have, and Azure's have not
    assert all(model.created is None and model.owned_by is None and model.created_at for model in listed)
    one: Any = client.models.retrieve("gpt-4o-2024-08-06")
    assert one == held["gpt-4o-2024-08-06"]
    with pytest.raises(openai.NotFoundError, match="Resource not found"):
        client.models.retrieve("no-such-model")


def test_what_azure_s_filter_ended_is_out_when_it_was_streamed_and_empty_when_it_was_not(url: str) -> None:
    with openai.AzureOpenAI(
        azure_endpoint=url, api_key="k", api_version="2024-10-21", max_retries=0
    ) as client:
        asked: dict[str, Any] = {
            "model": "mock-finish-content_filter",
            "messages": [{"role": "user", "content": "So long."}],
        }
        whole = client.chat.completions.create(**asked).choices[0]
        assert (whole.finish_reason, whole.message.content) == ("content_filter", None)
        chunks = [
            chunk.choices[0]
            for chunk in client.chat.completions.create(**asked, stream=True)
            if chunk.choices
        ]
        assert "".join(choice.delta.content or "" for choice in chunks) == "So l"
        assert chunks[-1].finish_reason == "content_filter"
        assert chunks[-1].model_extra is not None
        assert chunks[-1].model_extra["content_filter_results"]["violence"]["filtered"] is True


def test_foundry_misses_what_it_has_not_in_its_own_form(url: str) -> None:
    with anthropic.AnthropicFoundry(base_url=f"{url}/anthropic/", api_key="k", max_retries=0) as client:
        said: Any = [{"role": "user", "content": "hi"}]
        assert client.messages.count_tokens(model="claude-haiku-4-5", messages=said).input_tokens > 0
        with pytest.raises(anthropic.NotFoundError) as raised:
            client.get("/v1/files", cast_to=object, options={"headers": {"anthropic-version": ""}})
    body: Any = raised.value.body
    assert body["error"] == {"type": "not_found_error", "message": "Not Found"}


def test_strict_takes_what_the_clients_of_the_hosts_send() -> None:
    """Vertex AI's client leaves ``stream`` in the body."""
    said: Any = {"max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
    with MockServer(strict=True) as server:
        for client in (vertex(server.url)[2], bedrock(server.url)[2]):
            with client.messages.stream(model=MODEL, **said) as stream:
                assert stream.get_final_text() == "Hi"
            assert client.messages.create(model=MODEL, **said).content[0].text == "Hi"
