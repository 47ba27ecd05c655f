"""Who may import what, and what a command loads."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORE = sorted((ROOT / "mockllm_core").rglob("*.py"))
SDKS = {
    "openai",
    "anthropic",
    "google.genai",
    "boto3",
    "botocore",
    "aiobotocore",
    "types_aiobotocore_bedrock_runtime",
}
EFFECTS = {
    "time",
    "os",
    "pathlib",
    "random",
    "secrets",
    "uuid",
    "socket",
    "logging",
    "threading",
    "subprocess",
    "asyncio",
}
OUTSIDE = {"typer", "rich", "mockllm_cli", *SDKS}
ALLOWED = {
    "arguments": {"random", "threading", "jsonschema_rs", "hypothesis", "hypothesis_jsonschema"},
    "contract.py": {"threading", "jsonschema_rs", "importlib.resources"},
}
"""Only generated arguments own a seeded ``random.Random``; caches are locked; both validate with jsonschema-rs."""


def imported(path: Path, *, deep: bool) -> set[str]:
    """Return the modules that a file imports: at module level, or anywhere in it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = ast.walk(tree) if deep else iter(tree.body)
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def roots(modules: set[str]) -> set[str]:
    return {module.partition(".")[0] for module in modules}


@pytest.mark.parametrize("path", CORE, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_core_has_no_effects(path: Path) -> None:
    allowed = next((names for place, names in ALLOWED.items() if place in path.parts), set())
    modules = imported(path, deep=True)
    assert not (roots(modules) & EFFECTS) - allowed
    assert not modules & OUTSIDE


@pytest.mark.parametrize("path", CORE, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_core_imports_only_the_standard_library_at_module_level(path: Path) -> None:
    outside = roots(imported(path, deep=False)) - sys.stdlib_module_names - {"mockllm_core"}
    assert not outside


def test_protocols_never_import_each_other() -> None:
    folder = ROOT / "mockllm_core" / "protocols"
    names = {one.name for one in folder.iterdir() if one.is_dir() and one.name != "__pycache__"}
    for name in names:
        for path in (folder / name).rglob("*.py"):
            others = {f"mockllm_core.protocols.{other}" for other in names - {name}}
            modules = imported(path, deep=True)
            assert not {module for module in modules if any(module.startswith(other) for other in others)}, (
                path
            )


def loaded(*arguments: str, stdin: str = "") -> set[str]:
    """Return the modules that a command line has loaded when it ends."""
    program = (
        "import json, sys\n"
        "from mockllm_cli.app import main\n"
        f"main({list(arguments)!r})\n"
        "sys.stdout.flush()\n"
        "print(json.dumps(sorted(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], input=stdin.encode(), capture_output=True, timeout=120, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stderr.splitlines()[-1]))


REQUESTS = {
    "openai-chat": '{"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}], "stream": true}',
    "openai-responses": '{"model": "gpt-4o", "input": "hi", "stream": true}',
    "anthropic-messages": '{"model": "c", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}',
    "bedrock-converse": '{"messages": [{"role": "user", "content": [{"text": "hi"}]}]}',
    "google-genai": '{"contents": [{"parts": [{"text": "hi"}]}]}',
}
# Typer itself loads pydantic when it reads a command line
HEAVY = {
    "hypothesis",
    "rich",
    "botocore",
    "openai",
    "anthropic",
    "google.genai",
    "http.server",
    "asyncio",
    "h2",
    "websockets",
    "mockllm_core.websocket",
}


@pytest.mark.parametrize("protocol", REQUESTS)
def test_rendering_into_a_pipe_loads_nothing_heavy(protocol: str) -> None:
    assert sorted(loaded("render", protocol, "-", stdin=REQUESTS[protocol]) & HEAVY) == []


def test_decoding_from_a_pipe_loads_nothing_heavy() -> None:
    assert sorted(loaded("decode-eventstream", "-") & (HEAVY | {"jsonschema_rs"})) == []


def test_completion_loads_no_rich() -> None:
    environment = {
        **os.environ,
        "_MOCKLLM_COMPLETE": "complete_bash",
        "COMP_WORDS": "mockllm render ",
        "COMP_CWORD": "2",
        "PYTHONPROFILEIMPORTTIME": "1",
    }
    command = Path(sys.executable).parent / "mockllm"
    done = subprocess.run([command], capture_output=True, text=True, timeout=60, env=environment)
    assert "openai-chat" in done.stdout
    assert " rich" not in done.stderr


def test_the_server_loads_nothing_heavy() -> None:
    program = (
        "import sys\n"
        "import mockllm_cli.app, mockllm_cli.serve\n"
        f"bad = sorted(set(sys.modules) & {HEAVY | {'jsonschema_rs'}!r})\n"
        "assert not bad, bad\n"
        "read = [name for name in sys.modules if name.startswith('mockllm_core') and 'read' in name]\n"
        "assert not read, read\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
