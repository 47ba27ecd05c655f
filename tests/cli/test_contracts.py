"""``mockllm contracts``, and the freshness of the packaged contracts."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import typer
from typer.testing import CliRunner

from mockllm_cli import contracts as command
from mockllm_cli import derive as derivation
from mockllm_cli.derive import CONTRACTS, SDKS, derive, versions
from mockllm_cli.derive.moved import moved
from mockllm_cli.errors import CliError
from mockllm_core import contract

if TYPE_CHECKING:
    from pathlib import Path

app = typer.Typer()
app.command()(command.contracts)


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_packaged_contract_is_what_its_sdk_makes_today(name: str) -> None:
    sdk = CONTRACTS[name][1]
    text = derive(name)
    found = moved(contract.load(name), json.loads(text))
    made, have = command.sources()[sdk], versions()[sdk]
    if found and made != have:
        pytest.skip(f"made from {sdk} {made}; {have} moved: {'; '.join(found)}")
    assert not found
    packaged = derivation.__file__.replace(
        "mockllm_cli/derive/__init__.py", f"mockllm_core/contracts/{name}.json"
    )
    if made == have:
        with open(packaged, encoding="utf-8") as file:  # noqa: PTH123  the text itself, spelling and all
            assert file.read() == text


def test_every_packaged_contract_can_be_made_and_every_made_one_is_packaged() -> None:
    assert contract.names() == tuple(sorted(CONTRACTS))
    assert set(command.sources()) == set(SDKS)


def test_the_order_in_which_sdks_are_imported_does_not_matter() -> None:
    program = (
        "from mockllm_cli.derive import CONTRACTS, derive;"
        "made = {name: derive(name) for name in reversed(CONTRACTS)};"
        "print(''.join(made[name] for name in CONTRACTS), end='')"
    )
    backwards = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert backwards.stdout == "".join(map(derive, CONTRACTS))


def test_without_options_the_contracts_are_listed_with_their_sources() -> None:
    result = CliRunner().invoke(app, [])
    assert result.exit_code == 0
    assert f"openai-chat  from openai {command.sources()['openai']}\n" in result.stdout
    assert len(result.stdout.splitlines()) == len(CONTRACTS)


def test_check_says_of_every_sdk_and_contract_how_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derivation, "derive", lambda name: json.dumps(contract.load(name)))
    result = CliRunner().invoke(app, ["--check"])
    assert result.exit_code == 0
    assert [line.partition(":")[0].partition(" ")[0] for line in result.stdout.splitlines()] == [
        *SDKS,
        *CONTRACTS,
    ]
    assert "openai-chat: same\n" in result.stdout


def test_check_names_what_moved_and_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def newer(name: str) -> str:
        made = contract.load(name)
        if name == "openai-chat":
            made["properties"]["colour"] = {"type": ["string", "null"]}
            del made["$defs"]["ImageURL"]["properties"]["detail"]
        return json.dumps(made)

    monkeypatch.setattr(derivation, "derive", newer)
    result = CliRunner().invoke(app, ["--check"])
    assert isinstance(result.exception, CliError)
    assert result.exception.exit_code == 1
    assert (
        "openai-chat: 2 moved\n  colour is new: string | null\n  ImageURL.detail is gone\n" in result.stdout
    )
    assert "openai-responses: same\n" in result.stdout


def test_check_and_write_exclude_each_other(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["--check", "--write", str(tmp_path)])
    assert result.exit_code == 2
    assert not list(tmp_path.iterdir())


def test_check_leaves_out_what_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derivation, "derive", lambda name: json.dumps(contract.load(name)))
    monkeypatch.setattr(derivation, "versions", lambda: {**versions(), "anthropic": ""})
    lines, clean = command.report()
    assert clean
    assert any(line.startswith("anthropic: not installed, its contracts") for line in lines)
    assert not any(line.startswith("anthropic-messages") for line in lines)


def test_an_sdk_that_no_longer_fits_the_rules_is_named_with_what_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from openai.types.chat import completion_create_params as params

    monkeypatch.delattr(params, "CompletionCreateParamsNonStreaming")
    lines, clean = command.report()
    assert not clean
    told = lines[lines.index("openai-chat: 1 moved") + 1]
    assert told.startswith("  the SDK no longer fits the rules: ")
    assert "CompletionCreateParamsNonStreaming" in told


def test_write_makes_all_files_and_says_which_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(derivation, "derive", lambda name: json.dumps({"title": name}))
    folder = tmp_path / "made"
    first = CliRunner().invoke(app, ["--write", str(folder)])
    assert first.exit_code == 0
    assert {path.name for path in folder.iterdir()} == {
        *(f"{name}.json" for name in CONTRACTS),
        "sources.json",
    }
    assert all(line.endswith(": written") for line in first.stdout.splitlines())
    again = CliRunner().invoke(app, ["--write", str(folder)])
    assert all(line.endswith(": same") for line in again.stdout.splitlines())


def test_write_into_a_file_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derivation, "derive", lambda _name: "{}")
    taken = tmp_path / "file"
    taken.write_text("x")
    with pytest.raises(CliError, match="cannot write"):
        command.write(taken)


def test_bedrocks_types_are_read_without_the_libraries_that_their_package_imports() -> None:
    program = (
        "import sys\n"
        "class Gone:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] in ('aiobotocore', 'botocore'):\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Gone())\n"
        "from mockllm_cli.derive.bedrock import converse\n"
        "assert 'messages' in converse().dump('bedrock-converse')\n"
        "assert 'aiobotocore' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
