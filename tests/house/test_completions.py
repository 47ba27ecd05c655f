"""The completion scripts in ``completions/`` are what the app generates, and one really completes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = {"bash": "mockllm.bash", "zsh": "_mockllm", "fish": "mockllm.fish", "powershell": "mockllm.ps1"}


@pytest.mark.parametrize("shell", FILES)
def test_the_checked_in_script_is_fresh(shell: str, request: pytest.FixtureRequest) -> None:
    from typer._completion_shared import get_completion_script

    script = get_completion_script(prog_name="mockllm", complete_var="_MOCKLLM_COMPLETE", shell=shell)
    path = ROOT / "completions" / FILES[shell]
    if request.config.getoption("--snapshot-update"):
        path.write_text(script + "\n", encoding="utf-8")
    assert path.read_text(encoding="utf-8") == script + "\n"


def completions(line: str) -> list[str]:
    """Return what bash offers behind ``line``, with the checked-in script and this environment's command."""
    words = line.split(" ")
    program = (
        f'PATH="{Path(sys.executable).parent}:$PATH"; source "{ROOT / "completions" / FILES["bash"]}"; '
        f"COMP_WORDS=({' '.join(repr(word) for word in words)}); COMP_CWORD={len(words) - 1}; "
        '_mockllm_completion mockllm; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return [word.strip() for word in done.stdout.split("\n") if word.strip()]


needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not on this machine")


@needs_bash
def test_bash_completes_commands() -> None:
    assert {"serve", "render", "decode-eventstream"} <= set(completions("mockllm "))


@needs_bash
def test_bash_completes_protocol_names() -> None:
    assert completions("mockllm render openai-") == ["openai-chat", "openai-responses"]


@needs_bash
def test_bash_completes_options() -> None:
    assert "--seed" in completions("mockllm serve --se")
