"""A word that the command line does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mockllm_cli.usage import nearest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    Run = Callable[..., subprocess.CompletedProcess[bytes]]

PROTOCOLS = ["openai-chat", "openai-responses", "anthropic-messages", "bedrock-converse", "google-genai"]
CHECKED = [
    "openai-chat", "azure-openai", "openai-completions", "openai-responses", "azure-responses", "anthropic-messages",
    "anthropic-vertex", "bedrock-converse", "bedrock-invoke", "google-genai",
]  # fmt: skip


def said(run: Run, *arguments: str) -> str:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    # without the box that typer draws
    return " ".join(done.stderr.decode().replace("\u2502", " ").split())


@pytest.mark.parametrize(("command", "names"), [("render", PROTOCOLS), ("lint", CHECKED)])
def test_an_unknown_protocol_is_answered_with_the_known_ones_and_the_nearest(
    run: Run, command: str, names: list[str]
) -> None:
    told = said(run, command, "openai-chatt", "-")
    known = ", ".join(f"'{name}'" for name in names)
    assert (
        f"Invalid value for 'PROTOCOL': 'openai-chatt' is not one of {known}. Did you mean 'openai-chat'?"
        in told
    )
    assert "Value error" not in told


def test_so_is_any_other_word_of_few(run: Run) -> None:
    told = said(run, "render", "openai-chat", "-", "--format", "jsn")
    assert "'jsn' is not one of 'wire', 'json', 'table'. Did you mean 'json'?" in told
    told = said(run, "serve", "--log-level", "loud")
    assert "'loud' is not one of 'debug', 'info', 'warning', 'error'." in told
    assert "Did you mean" not in told
    assert "Value error" not in told


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("chat", "openai-chat"),
        ("openai-chatt", "openai-chat"),
        ("OpenAI-Responses", "openai-responses"),
        ("antropic", "anthropic-messages"),
        ("anthropic", "anthropic-messages"),
        ("converse", "bedrock-converse"),
        ("google", "google-genai"),
        ("telnet", None),
        ("", None),
    ],
)
def test_the_nearest_is_of_the_same_parts_or_spelled_alike(word: str, meant: str | None) -> None:
    assert nearest(word, PROTOCOLS) == meant


def test_the_help_shows_no_value_behind_a_flag(run: Run) -> None:
    for command in ((), ("serve",), ("generate",), ("contracts",), ("decode-eventstream",)):
        shown = run(*command, "--help").stdout.decode()
        assert "--help" in shown
        assert "<bool>" not in shown
