"""``mockllm generate``: values on stdout, talk on stderr."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
import typer
from typer.testing import CliRunner

from mockllm_cli.errors import CliError
from mockllm_cli.generate import Options, generate, values

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


@pytest.fixture
def schema(tmp_path: Path) -> str:
    path = tmp_path / "schema.json"
    path.write_text(json.dumps(SCHEMA), encoding="utf-8")
    return str(path)


def test_json_is_one_value_a_line(schema: str, capsys: pytest.CaptureFixture[str]) -> None:
    values(Options(schema=schema, count=3))
    out, err = capsys.readouterr()
    assert [list(json.loads(line)) for line in out.splitlines()] == [["city"]] * 3
    assert err == ""


def test_the_same_seed_prints_the_same_values(schema: str, capsys: pytest.CaptureFixture[str]) -> None:
    shown = []
    for seed in ("a", "a", "b"):
        values(Options(schema=schema, seed=seed, count=2))
        shown.append(capsys.readouterr().out)
    assert shown[0] == shown[1] != shown[2]


def test_a_table_is_for_a_person(schema: str, capsys: pytest.CaptureFixture[str]) -> None:
    values(Options(schema=schema, output="table"))
    assert "valid" in capsys.readouterr().out


def test_a_table_says_once_what_is_broken(schema: str, capsys: pytest.CaptureFixture[str]) -> None:
    values(Options(schema=schema, output="table", style="near-miss"))
    said = capsys.readouterr()
    assert "near-miss:" in said.out
    assert said.err == ""


def test_an_invalid_value_is_marked_on_stderr_and_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = b'{"type": "integer", "minimum": 3, "maximum": 1}'
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
    with pytest.raises(CliError, match="1 of 1 values do not satisfy the schema") as caught:
        values(Options(schema="-"))
    out, err = capsys.readouterr()
    assert json.loads(out) is not None
    assert err.startswith("value 1: #/minimum: ")
    assert caught.value.exit_code == 1


def test_a_near_miss_says_what_it_broke_and_does_not_fail(
    schema: str, capsys: pytest.CaptureFixture[str]
) -> None:
    values(Options(schema=schema, style="near-miss", count=4))
    assert [line.partition(": ")[2][:11] for line in capsys.readouterr().err.splitlines()] == [
        "near-miss: "
    ] * 4


BAD: list[tuple[bytes | None, str]] = [
    (None, "cannot read .*: No such file or directory"),
    (b"{", "is not JSON: "),
    (b"", "is empty"),
    (b"\xff", "is not JSON: "),
    (b"[NaN]", "is not JSON: NaN is not JSON"),
]


@pytest.mark.parametrize(("data", "sentence"), BAD)
def test_what_cannot_be_read_is_one_sentence(tmp_path: Path, data: bytes | None, sentence: str) -> None:
    path = tmp_path / "schema.json"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(CliError, match=sentence):
        values(Options(schema=str(path)))


def command(*arguments: str) -> Any:
    app = typer.Typer()
    app.command()(generate)
    return CliRunner().invoke(app, arguments)


def test_the_command_takes_its_options(schema: str) -> None:
    result = command(schema, "--seed", "x", "--style", "fuzz", "-n", "2", "--format", "json")
    assert result.exit_code == 0, result.output
    assert len(result.stdout.splitlines()) == 2


def test_the_help_shows_examples() -> None:
    assert "mockllm generate weather.json" in command("--help").output
