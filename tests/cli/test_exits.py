"""However a command ends, a person reads a sentence or nothing: never a traceback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from mockllm_cli.exits import exit_code

if TYPE_CHECKING:
    from pathlib import Path

REQUEST = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]})
LINES = [
    ["render", "openai-chat", "request.json"],
    ["generate", "request.json"],
    ["lint", "--rules"],
    ["deviations", "--format", "json"],
    ["contracts"],
    ["--version"],
]
MOCKLLM = [sys.executable, "-m", "mockllm_cli"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "request.json").write_text(REQUEST)
    monkeypatch.chdir(tmp_path)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")  # noqa: PTH110 - a device
@pytest.mark.parametrize("line", LINES, ids=" ".join)
def test_a_full_disk_is_one_line(line: list[str]) -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
        done = subprocess.run(
            [*MOCKLLM, *line], stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60
        )
    assert (done.returncode, done.stderr) == (1, "mockllm: No space left on device\n")


@pytest.mark.parametrize("form", ["json", "table"])
@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_pipe_gets_utf8_whatever_the_locale_is(tmp_path: Path, encoding: str, form: str) -> None:
    (tmp_path / "schema.json").write_text('{"const": "w\u00f6rld \u4e16\u754c"}', encoding="utf-8")
    done = subprocess.run(
        [*MOCKLLM, "generate", "schema.json", "--format", form],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert '"w\u00f6rld \u4e16\u754c"' in done.stdout.decode("utf-8")


@pytest.mark.skipif(os.name != "posix", reason="a shell of POSIX")
def test_a_terminal_gets_escapes_for_what_it_cannot_show(tmp_path: Path) -> None:
    (tmp_path / "schema.json").write_text('{"const": "w\u00f6rld \u4e16"}', encoding="utf-8")
    import pty

    ours, theirs = pty.openpty()
    done = subprocess.run(
        [*MOCKLLM, "generate", "schema.json"],
        stdout=theirs,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
        timeout=60,
    )
    os.close(theirs)
    shown = os.read(ours, 1000)
    os.close(ours)
    assert (done.returncode, done.stderr) == (0, b"")
    assert shown == b'"w\xf6rld \\u4e16"\r\n'


@pytest.mark.skipif(os.name != "posix", reason="a shell of POSIX")
@pytest.mark.parametrize("line", LINES, ids=" ".join)
def test_a_closed_stdout_loses_the_output_and_says_nothing(line: list[str]) -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *MOCKLLM, *line],
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(os.name != "posix", reason="a shell of POSIX")
@pytest.mark.parametrize(
    "line",
    [
        ["render", "openai-chat", "-"],
        ["generate", "-"],
        ["lint", "openai-chat", "-"],
        ["decode-eventstream", "-"],
    ],
    ids=lambda line: line[0],
)
def test_a_closed_stdin_is_one_line(line: list[str]) -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" <&-', "sh", *MOCKLLM, *line],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "mockllm: stdin is closed\n")


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize(
    "line", [["serve", "--port", "0"], ["render", "openai-chat", "-"]], ids=lambda line: line[0]
)
def test_ctrl_c_while_the_modules_load_is_quiet(line: list[str]) -> None:
    # the import of a module stands for the moment: no clock decides when the signal comes
    program = (
        "import sys, builtins, mockllm_cli.__main__ as main, signal, os\n"
        f"sys.argv[1:] = {line!r}\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name in ('mockllm_cli.serve', 'mockllm_cli.app'):\n"
        f"            os.kill(os.getpid(), {int(signal.SIGINT)})\n"
        "sys.meta_path.insert(0, Finder())\n"
        "main.run()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


@pytest.mark.parametrize(
    ("leave", "code"),
    [(SystemExit(), 0), (SystemExit(3), 3), (SystemExit("said"), 1), (KeyboardInterrupt(), 130)],
    ids=repr,
)
def test_what_a_command_raises_becomes_its_code(leave: BaseException, code: int) -> None:
    def run() -> None:
        raise leave

    assert exit_code(run) == code
