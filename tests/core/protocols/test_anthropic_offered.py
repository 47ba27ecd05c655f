"""What Claude's hosts refuse of tools that the provider runs, of versions and of older keys, in the words of public reports."""

from __future__ import annotations

import json
from typing import Any

import pytest
from core.protocols.anthropic_case import TOOL, body

from mockllm_core.engine import FIXED_NOW, Engine, Settings
from mockllm_core.exchange import HttpRequest
from mockllm_core.protocols.anthropic_messages.families import ALIASES

SEARCH = {"type": "web_search_20250305", "name": "web_search"}
RUNS = {"type": "code_execution_20250825", "name": "code_execution"}
FINDS = {"type": "tool_search_tool_regex_20251119", "name": "tool_search_tool_regex"}
INSTEAD = "Did you mean one of bash_20250124, memory_20250818, text_editor_20250728?"
VERTEX = "/v1/projects/p/locations/global/publishers/anthropic/models"

ON_BEDROCK = (
    "'bash_20250124', 'custom', 'memory_20250818', 'text_editor_20250124', 'text_editor_20250429', "
    "'text_editor_20250728', 'tool_search_tool_bm25', 'tool_search_tool_bm25_20251119', 'tool_search_tool_regex', "
    "'tool_search_tool_regex_20251119'"
)
ON_VERTEX = (
    "'bash_20250124', 'browser_toolset_20260801', 'computer_toolset_20260801', 'custom', 'memory_20250818', "
    "'text_editor_20250124', 'text_editor_20250429', 'text_editor_20250728', 'tool_search_tool_bm25', "
    "'tool_search_tool_bm25_20251119', 'tool_search_tool_regex', 'tool_search_tool_regex_20251119', 'web_search_20250305'"
)


def said(path: str = "/v1/messages", headers: dict[str, str] | None = None, **more: Any) -> str:
    """Return what a request is refused with, ``""`` when it is answered."""
    request = HttpRequest(
        method="POST", path=path, headers=headers or {}, body=json.dumps(body(**more)).encode()
    )
    return _told(request)


def _told(request: HttpRequest) -> str:
    response = Engine(Settings()).answer(request, now=FIXED_NOW)
    told = json.loads(response.body or b"{}")
    assert response.status == (400 if "type" not in told or told["type"] == "error" else 200)
    return str(told.get("message") or told.get("error", {}).get("message", ""))


def hosted(path: str, version: str, **more: Any) -> str:
    given = {"anthropic_version": version, **body(**more)}
    del given["model"]
    return _told(HttpRequest(method="POST", path=path, body=json.dumps(given).encode()))


def invoked(model: str, version: str = "bedrock-2023-05-31", **more: Any) -> str:
    return hosted(f"/model/{model}/invoke", version, **more)


def predicted(model: str, version: str = "vertex-2023-10-16", **more: Any) -> str:
    return hosted(f"{VERTEX}/{model}:rawPredict", version, **more)


def test_hosts_know_keys_of_betas_with_one_alone() -> None:
    """anthropics/claude-code 49548 and 51700, of April 2026; Vertex AI says so of other keys (37746)."""
    model = "us.anthropic.claude-sonnet-4-6"
    edits: dict[str, Any] = {"edits": []}
    assert invoked(model, context_management=edits) == "context_management: Extra inputs are not permitted"
    assert not invoked(model, context_management=edits, anthropic_beta=["context-management-2025-06-27"])
    told = predicted("claude-sonnet-4-6", context_management=edits)
    assert told == "context_management: Extra inputs are not permitted"
    named = ["context-management-2025-06-27"]
    assert not predicted("claude-sonnet-4-6", context_management=edits, anthropic_beta=named)


# -- demanded -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("choice", [{"type": "any"}, {"type": "tool", "name": "computer"}])
def test_a_demanded_tool_that_nothing_here_calls_is_one_that_the_model_has_not(choice: Any) -> None:
    tools = [{"type": "computer_toolset_20260801", "name": "computer"}]
    told = said(model="claude-opus-5", tools=tools, tool_choice=choice)
    assert told == f"'claude-opus-5' does not support tool types: computer_toolset_20260801. {INSTEAD}"


@pytest.mark.parametrize("tools", [[SEARCH], [SEARCH, RUNS, FINDS], [TOOL, SEARCH]])
def test_what_is_only_offered_is_taken(tools: list[Any]) -> None:
    assert not said(tools=tools)
    assert not said(tools=[*tools, *([] if TOOL in tools else [TOOL])], tool_choice={"type": "any"})


ADVISED = {"advisor_20260301": {"model": "claude-opus-4-8"}}


# -- what a host has not ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", ["web_search_20250305", "web_fetch_20250910", "code_execution_20250825", "advisor_20260301"]
)
def test_bedrock_has_no_tools_that_need_more_than_a_model(kind: str) -> None:
    """Measured on 27 July 2026: 4.6 and earlier list what there is, later models do not."""
    tool = {"type": kind, "name": kind.rpartition("_")[0], **ADVISED.get(kind, {})}
    tag = f"tools.1: Input tag '{kind}' found using 'type' does not match any of the expected tags: {ON_BEDROCK}"
    for model in ("us.anthropic.claude-haiku-4-5-20251001-v1:0", "us.anthropic.claude-opus-4-6-v1"):
        assert invoked(model, tools=[TOOL, tool]) == tag
    for model in ("us.anthropic.claude-opus-4-8", "global.anthropic.claude-sonnet-5"):
        assert invoked(model, tools=[TOOL, tool]) == f"tool type '{kind}' is not supported for this model"
    assert not invoked(model, tools=[TOOL, FINDS])


@pytest.mark.parametrize(
    "kind", ["web_search_20260209", "web_fetch_20250910", "code_execution_20260120", "advisor_20260301"]
)
def test_vertex_ai_searches_and_has_none_of_the_others(kind: str) -> None:
    """Measured with Claude Sonnet 5 in August 2026."""
    tool = {"type": kind, "name": kind.rpartition("_")[0], **ADVISED.get(kind, {})}
    assert predicted("claude-sonnet-5", tools=[tool]) == (
        f"tools.0: Input tag '{kind}' found using 'type' does not match any of the expected tags: {ON_VERTEX}"
    )
    assert not predicted("claude-sonnet-5", tools=[SEARCH, FINDS])
    assert not said(tools=[tool])


def test_what_a_tool_lacks_is_told_by_its_kind() -> None:
    """As in ``tools.0.computer_toolset_20260801: name is not accepted ...``, which several public projects keep."""
    advisor = {"type": "advisor_20260301", "name": "advisor"}
    assert said(tools=[TOOL, advisor]) == "tools.1.advisor_20260301.model: Field required"
    assert said(tools=[{"name": "f"}]) == "tools.0.custom.input_schema: Field required"


# -- what a model does not know any more, or not yet -------------------------------------------------------------


def computer(date: str) -> dict[str, Any]:
    return {"type": f"computer_{date}", "name": "computer", "display_width_px": 1, "display_height_px": 1}


BASH = {"type": "bash_20241022", "name": "bash"}
EDITOR = {"type": "text_editor_20250429", "name": "str_replace_based_edit_tool"}
KNOWS = "bash_20250124, {}memory_20250818, text_editor_20250728?"


@pytest.mark.parametrize(
    ("model", "tools", "kinds", "known"),
    [
        # seen of Haiku 4.5, Opus 4.5 and Sonnet 4.5 in 2025
        (
            "claude-haiku-4-5",
            [computer("20241022"), BASH],
            "computer_20241022, bash_20241022",
            "computer_20250124, ",
        ),
        ("claude-opus-4-5", [computer("20241022")], "computer_20241022", "computer_20251124, "),
        ("claude-sonnet-4-5", [TOOL, EDITOR], "text_editor_20250429", ""),
        # https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages-tool-use.html
        ("claude-opus-4-7", [computer("20241022")], "computer_20241022", "computer_20251124, "),
        # seen in 2026
        ("claude-sonnet-4-6", [computer("20250124")], "computer_20250124", "computer_20251124, "),
        ("claude-opus-5-5", [computer("20251124")], "computer_20251124", "computer_toolset_20260801, "),
    ],
)
def test_a_tool_of_another_time_is_refused(model: str, tools: list[Any], kinds: str, known: str) -> None:
    spoken = ALIASES.get(model, model)
    assert said(model=model, tools=tools) == (
        f"'{spoken}' does not support tool types: {kinds}. Did you mean one of {KNOWS.format(known)}"
    )


def test_bedrock_knows_an_older_computer_and_says_so_of_others() -> None:
    assert not invoked("us.anthropic.claude-opus-5-5", tools=[computer("20251124")])
    assert invoked("us.anthropic.claude-opus-4-7", tools=[computer("20250124")]) == (
        "tool type 'computer_20250124' is not supported for this model"
    )
    assert invoked("us.anthropic.claude-haiku-4-5-20251001-v1:0", tools=[computer("20241022")]) == (
        "'claude-haiku-4-5-20251001' does not support tool types: computer_20241022. Did you mean one of "
        f"{KNOWS.format('computer_20250124, ')}"
    )


@pytest.mark.parametrize(
    ("model", "tool"),
    [
        ("claude-3-5-sonnet-20241022", computer("20241022")),
        ("claude-3-5-sonnet-20241022", BASH),
        ("claude-sonnet-4-20250514", EDITOR),
        ("claude-haiku-4-5", computer("20250124")),
        ("claude-opus-4-5", computer("20250124")),
        ("claude-opus-4-5", computer("20251124")),
        ("claude-sonnet-5", computer("20251124")),
        ("my-model", computer("20241022")),
    ],
)
def test_a_tool_of_its_own_time_is_taken(model: str, tool: dict[str, Any]) -> None:
    assert not said(model=model, tools=[tool])


# -- versions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["2023-10-01", "2024-10-22", "2025-11-01", "1", "2026-10-21b"])
def test_a_version_that_there_is_not_is_refused(version: str) -> None:
    """directus-labs/extensions 285, of January 2026, and reports of other versions."""
    headers = {"anthropic-version": version}
    sentence = f'anthropic-version: "{version}" is not a valid version'
    assert said(headers=headers) == sentence
    counting = json.dumps({"model": "claude-sonnet-5", "messages": body()["messages"]}).encode()
    path = "/v1/messages/count_tokens"
    assert _told(HttpRequest(method="POST", path=path, headers=headers, body=counting)) == sentence
    for path in ("/v1/models", "/v1/models/claude-sonnet-5"):
        assert _told(HttpRequest(method="GET", path=path, headers=headers)) == sentence


@pytest.mark.parametrize("version", ["2023-01-01", "2023-06-01", "2026-10-21", "2027-01-31"])
def test_a_version_that_there_is_or_may_come_is_taken(version: str) -> None:
    assert not said(headers={"anthropic-version": version})
    assert not invoked("us.anthropic.claude-sonnet-4-6", version)
    assert not predicted("claude-sonnet-4-6", version)


def test_the_hosts_have_versions_of_their_own() -> None:
    """boto/boto3 4218 has the words of InvokeModel."""
    model = "us.anthropic.claude-sonnet-4-6"
    assert not invoked(model)
    assert (
        invoked(model, "claude-3-sonnet-20240229-v1:0")
        == "Invalid API version: claude-3-sonnet-20240229-v1:0"
    )
    assert invoked(model, "vertex-2023-10-16") == "Invalid API version: vertex-2023-10-16"
    assert not predicted("claude-sonnet-4-6")
    assert predicted("claude-sonnet-4-6", "bedrock-2023-05-31") == "Invalid API version: bedrock-2023-05-31"


# -- older keys, and keys of later models -------------------------------------------------------------------------


FORM = {"type": "json_schema", "schema": {"type": "object", "properties": {}, "additionalProperties": False}}
BETA = {"anthropic-beta": "structured-outputs-2025-11-13"}
GONE = "output_format: This field is deprecated. Use 'output_config.format' instead."


def test_the_older_key_of_structured_output_needs_its_beta() -> None:
    """Several public projects saw both in 2026; beside the newer key it is refused by the SDKs, too."""
    assert said(output_format=FORM) == GONE
    assert said(headers=BETA, output_format=FORM, output_config={"format": FORM}) == GONE
    assert not said(headers=BETA, output_format=FORM)
    assert not said(headers=BETA, output_format=FORM, output_config={})
    assert not said(output_format=None, output_config={"format": FORM})
    assert invoked("us.anthropic.claude-sonnet-4-6", output_format=FORM) == GONE
    betas = [BETA["anthropic-beta"]]
    assert not invoked("us.anthropic.claude-sonnet-4-6", output_format=FORM, anthropic_beta=betas)


@pytest.mark.parametrize("place", ["us", "global"])
def test_models_before_4_6_have_no_say_where_they_run(place: str) -> None:
    """https://platform.claude.com/docs/en/manage-claude/data-residency says that it is a 400."""
    sentence = "'claude-sonnet-4-5-20250929' does not support the `inference_geo` parameter."
    assert said(model="claude-sonnet-4-5", inference_geo=place) == sentence
    assert not said(model="claude-sonnet-4-5", inference_geo=None)
    assert not said(model="claude-sonnet-4-6", inference_geo=place)


def test_what_is_to_be_cited_has_no_form() -> None:
    """Several public projects saw the sentence in 2026."""
    sentence = "Citations cannot be enabled when output format is set. Please disable citations on uploaded document blocks."
    source = {"type": "text", "media_type": "text/plain", "data": "abc"}
    text = {"type": "text", "text": "What?"}

    def asking(*, enabled: bool) -> list[Any]:
        document = {"type": "document", "source": source, "citations": {"enabled": enabled}}
        return [{"role": "user", "content": [document, text]}]

    form = {"format": FORM}
    assert said(messages=asking(enabled=True), output_config=form) == sentence
    assert not said(messages=asking(enabled=True))
    assert not said(messages=asking(enabled=False), output_config=form)


@pytest.mark.parametrize("kind", ["web_search_20250305", "web_search_20260318", "web_fetch_20250910"])
def test_sites_are_allowed_or_blocked_and_not_both(kind: str) -> None:
    """The provider's pages on managed agents print the sentences; an empty list is reported of searches."""
    tool = {"type": kind, "name": kind.rpartition("_")[0]}
    both = {"allowed_domains": ["a.com"], "blocked_domains": ["b.com"]}
    assert (
        said(tools=[tool | both])
        == f"tools.0.{kind}: Only one of allowed_domains or blocked_domains may be set."
    )
    assert not said(tools=[tool | both | {"blocked_domains": None}])
    empty = f"tools.0.{kind}.blocked_domains: Empty list of domains is ambiguous. Provide at least one domain or null."
    assert said(tools=[tool | {"blocked_domains": []}]) == (empty if "search" in kind else "")
