"""The README is true: its examples run and print what they say, its commands exist."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mockllm_cli import MockServer

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
CONSOLE = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
RUNNABLE = [block for block in PYTHON if "def test_" not in block]
TESTS = [block for block in PYTHON if "def test_" in block]


@pytest.mark.parametrize("block", RUNNABLE, ids=lambda block: block.strip().splitlines()[0])
def test_a_python_example_prints_what_its_comment_says(block: str, tmp_path: Path) -> None:
    said = "\n".join(re.findall(r"print\(.*\)  # (.*)", block))
    with MockServer() as server:
        program = block.replace("http://127.0.0.1:8080", server.url)
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", program],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            timeout=120,
        )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == said


@pytest.mark.parametrize("block", TESTS, ids=["fixture"])
def test_the_fixture_example_is_a_test_that_passes(block: str, tmp_path: Path) -> None:
    (tmp_path / "test_app.py").write_text(block, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:randomly",
        str(tmp_path),
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=120)
    assert "2 passed" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("block", CONSOLE, ids=lambda block: block.strip().splitlines()[-1][:40])
def test_a_console_example_prints_what_stands_below_it(
    block: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    search = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    shown = ""
    for line in block.splitlines():
        if line.startswith("$ "):
            done = subprocess.run(
                ["bash", "-c", line[2:]],
                capture_output=True,
                text=True,
                cwd=tmp_path,
                env={**os.environ, "PATH": search},
                timeout=60,
            )
            assert done.returncode == 0, done.stderr
            shown += f"{line}\n{done.stdout}"
    if request.config.getoption("--snapshot-update"):
        readme = ROOT / "README.md"
        readme.write_text(readme.read_text(encoding="utf-8").replace(block, shown), encoding="utf-8")
        return
    assert block.strip() == shown.strip()


def test_the_set_up_commands_stand_on_the_first_screen() -> None:
    first = README.splitlines()[:25]
    commands = [line[2:] for line in first if line.startswith("$ python3 -m venv")]
    assert [command.split()[-1] for command in commands] == ["serve", "--quiet"]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on this machine")
def test_the_first_screen_asks_and_gets_an_answer() -> None:
    first = "\n".join(README.splitlines()[:25])
    (block,) = re.findall(r"```sh\n\$ (curl .*?)```", first, re.DOTALL)
    with MockServer() as server:
        command = block.replace("http://127.0.0.1:8080", server.url)
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=30)
    assert '"delta":{"content":"Hello"}' in done.stdout
    assert done.stdout.endswith("data: [DONE]\n\n")


def test_every_command_is_mentioned() -> None:
    from mockllm_cli.app import app

    names = {
        command.name or command.callback.__name__ for command in app.registered_commands if command.callback
    }
    assert {name for name in names if f"mockllm {name}" not in README} == set()


def test_no_file_of_the_repository_names_a_machine() -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not on this machine")
    done = subprocess.run(["git", "ls-files"], capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        pytest.skip("this is no git checkout")
    words = re.compile(r"/(?:work|root|home)/[a-z]")
    bad = []
    for name in done.stdout.split():
        path = ROOT / name
        if path.is_file() and path.suffix in {".py", ".md", ".toml", ".json", ".sh", ""}:
            text = path.read_text(encoding="utf-8", errors="replace")
            bad += [name] if words.search(text) and path != Path(__file__) else []
    assert bad == []
