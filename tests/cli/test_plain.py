"""The plain ``serve`` line means what Typer makes of it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockllm_cli import app, plain
from mockllm_cli import serve as command
from mockllm_core.asked import MOST_DELAY, MOST_PIECE, Asked, asked_by
from mockllm_core.conversation import Controls
from mockllm_core.errors import ApiError

WORDS = (
    "--host", "--port", "--seed", "--now", "--reply", "--args", "--strict", "--stateless", "--delay", "--piece",
    "--workers", "--compress", "--cors", "--tls-cert", "--tls-key", "--tls-self-signed", "--log-level",
    "--log-format", "--quiet", "--verbose", "-q", "-v", "-qv", "--port=0", "--seed=", "--reply=-x", "--quiet=1",
    "--args=fuzz", "--compress=none", "whole", "0", "1", "007", "60000", "60001", "1000001", "8_0", "-1", " 5", "256", "65536", "2.5", "", "fuzz", "near-miss", "FUZZ", "debug",
    "json", "text", "::1", "a b", "--", "-", "--por", "--help", "serve", "2026-01-01T00:00:00Z",
)  # fmt: skip


def by_typer(line: list[str]) -> command.Options | None:
    """Return what Typer hands to the command, None when it refuses the line or only prints."""
    seen: list[command.Options] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(command, "serve", seen.append)
        app.main(line)
    return seen[0] if seen else None


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=5))
def test_a_line_that_is_read_without_typer_means_what_typer_makes_of_it(words: list[str]) -> None:
    read = plain.serve_options(["serve", *words])
    if read is not None:
        assert read == by_typer(["serve", *words])


@pytest.mark.parametrize(
    "line",
    [
        "",
        "--port 0 --seed 1 -v",
        "--host 0.0.0.0 --port=80 --workers 4 --delay 20 --piece 10",
        "--args near-miss --log-level debug --log-format json --strict --stateless --cors --compress all",
        "--tls-self-signed -q --reply hi --now 2026-01-01T00:00:00Z --tls-cert a --tls-key b",
    ],
)
def test_usual_lines_need_no_typer(line: str) -> None:
    read = plain.serve_options(["serve", *line.split()])
    assert read is not None
    assert read == by_typer(["serve", *line.split()])


@pytest.mark.parametrize(("flag", "most"), [("--delay", MOST_DELAY), ("--piece", MOST_PIECE)])
def test_a_flag_may_say_what_its_header_may(flag: str, most: int, capsys: pytest.CaptureFixture[str]) -> None:
    header = {f"x-mockllm-{flag[2:]}": str(most)}
    assert asked_by(header, Asked(Controls(), None, 0.0)) != Asked(Controls(), None, 0.0)
    line = ["serve", flag, str(most)]
    assert plain.serve_options(line) == by_typer(line) != command.Options()
    line[-1] = str(most + 1)
    with pytest.raises(ApiError, match=f"{flag[2:]}: '{most + 1}'. Expected a whole number from . to {most}"):
        asked_by({f"x-mockllm-{flag[2:]}": line[-1]}, Asked(Controls(), None, 0.0))
    assert plain.serve_options(line) is None
    assert by_typer(line) is None
    said = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert f"'{flag}': Input should be less than or equal to {most}" in said


@pytest.mark.parametrize(
    "line", ["--help", "--port x", "--port 65536", "--args odd", "--workers 0", "--seed", "more", "-q -v"]
)
def test_what_needs_words_is_left_to_typer(line: str) -> None:
    assert plain.serve_options(["serve", *line.split()]) is None


@pytest.mark.parametrize("flags", ["-q -v", "--verbose --quiet", "-qv"])
def test_a_server_is_not_quiet_and_talkative_at_once(flags: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.main(["serve", *flags.split()]) == 2
    assert "--quiet and --verbose exclude each other" in capsys.readouterr().err


def test_other_commands_are_left_to_typer() -> None:
    assert plain.serve_options(["render", "openai-chat", "-"]) is None
    assert plain.serve_options([]) is None
