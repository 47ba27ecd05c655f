"""PostgreSQL's ``jsonb`` takes every value: proved against a real server where there is one."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mockllm_core.arguments import generate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.arguments import Style

SCHEMAS: list[Any] = [
    {
        "type": "object",
        "properties": {"a\0b": {"type": "string"}, "c": {"const": "x\0y"}},
        "required": ["a\0b", "c"],
    },
    json.loads(
        '{"type": "object", "properties": {"\\ud800": {"type": "string"}, "s": {"enum": ["\\udfff", "ok"]}}}'
    ),
    {"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 3},
    {"type": "string", "pattern": "^[\\x00-\\x1f]{3}$"},
    {"type": "string", "pattern": "^[^a-z]+$", "minLength": 20},
    {
        "type": "object",
        "properties": {"d": {"default": "\0"}, "e": {"examples": ["\0"]}},
        "required": ["d", "e"],
    },
    {"type": "array", "items": {"type": "number"}, "minItems": 5},
    {
        "type": "object",
        "properties": {"anything": {}, "text": {"type": "string"}},
        "required": ["anything", "text"],
    },
    {},
]


def _servers() -> list[str]:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return [found for name in ("initdb", "postgres", "psql") if (found := _tool(name, folders))]


def _tool(name: str, folders: list[Path]) -> str | None:
    return next((str(folder / name) for folder in folders if (folder / name).exists()), shutil.which(name))


@pytest.fixture(scope="module")
def psql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Run a server of our own, on a socket in a folder of our own, as an ordinary user."""
    tools = _servers()
    if len(tools) < 3:
        pytest.skip("initdb, postgres and psql are not all on this machine")
    initdb, postgres, client = tools
    folder = Path("/tmp") / f"mockllm-pg-{os.getpid()}"  # a socket's path may not be long
    data = folder / "data"
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    user: dict[str, Any] = {"user": "nobody"} if os.geteuid() == 0 else {}
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **user}
    made = subprocess.run(
        [initdb, "-D", str(data), "-U", "mock", "-A", "trust", "-E", "UTF8", "--no-sync"], **quiet
    )
    if made.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip("initdb does not run for this user")
    command = [postgres, "-D", str(data), "-k", str(folder), "-h", "", "-F"]
    server = subprocess.Popen(command, **quiet)
    try:
        query = [client, "-h", str(folder), "-U", "mock", "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-qAt"]
        for _ in range(100):
            if not subprocess.run([*query, "-c", "select 1"], capture_output=True).returncode:
                break
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(0.1)
        yield query
    finally:
        server.terminate()
        server.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def test_jsonb_takes_every_value(psql: list[str]) -> None:
    styles: tuple[Style, ...] = ("plausible", "fuzz", "near-miss")
    values = [
        generate(schema, str(seed), style=style).value
        for schema in SCHEMAS
        for style in styles
        for seed in range(8)
    ]
    texts = [json.dumps(value, ensure_ascii=escaped) for value in values for escaped in (True, False)]
    rows = ",\n".join("('" + text.replace("'", "''") + "')" for text in texts)
    script = f"set standard_conforming_strings = on; select count((v)::jsonb) from (values {rows}) as t(v);"
    found = subprocess.run(psql, input=script.encode(), capture_output=True)
    assert found.stderr == b""
    assert int(found.stdout) == len(texts)


def test_jsonb_refuses_what_we_keep_out(psql: list[str]) -> None:
    found = subprocess.run([*psql, "-c", r"""select '{"a": "\u0000"}'::jsonb"""], capture_output=True)
    assert b"unsupported Unicode escape sequence" in found.stderr
