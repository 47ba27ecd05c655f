"""``mockllm contracts``: hold the packaged request contracts against the SDKs that are installed."""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003  Typer reads the annotation
from typing import Annotated

import typer

from mockllm_cli.errors import CliError

__all__ = ["contracts", "report", "sources", "write"]


def contracts(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Make them again from the installed SDKs; exit 1 if any differs.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("--write", metavar="FOLDER", help="For maintainers: make them and write them there."),
    ] = None,
) -> None:
    """List the request contracts, or check them against the SDKs that you have installed.

    mockllm judges a request by contracts that were derived from the SDKs' own request types ahead of time. A newer
    SDK may know keys that these do not; without `--strict` such keys are taken anyway.

    **Examples**

    `mockllm contracts`

    `mockllm contracts --check`

    `mockllm contracts --write mockllm_core/contracts`
    """
    if output is not None and check:
        raise typer.BadParameter("--check and --write exclude each other")
    if output is not None:
        for line in write(output):
            typer.echo(line)
    elif check:
        lines, clean = report()
        for line in lines:
            typer.echo(line)
        if not clean:
            raise CliError("the installed SDKs make other contracts than the packaged ones")
    else:
        from mockllm_cli.derive import CONTRACTS

        made = sources()
        for name, (_, sdk, _) in CONTRACTS.items():
            typer.echo(f"{name}  from {sdk} {made[sdk]}")


def sources() -> dict[str, str]:
    """Return the versions of the SDKs that the packaged contracts were made from."""
    from importlib.resources import files

    text = (files("mockllm_core") / "contracts" / "sources.json").read_text("utf-8")
    return dict(json.loads(text))


def report() -> tuple[list[str], bool]:
    """Make every contract again; return what to say, a line each, and whether nothing moved."""
    from mockllm_cli.derive import CONTRACTS, versions

    made, installed = sources(), versions()
    lines: list[str] = []
    clean = True
    for sdk, have in installed.items():
        if not have:
            lines.append(f"{sdk}: not installed, its contracts (made from {made[sdk]}) are not checked")
        elif have == made[sdk]:
            lines.append(f"{sdk} {have}: the version the contracts were made from")
        else:
            lines.append(f"{sdk} {have}: the contracts were made from {made[sdk]}")
    for name, (_, sdk, _) in CONTRACTS.items():
        if not installed[sdk]:
            continue
        found = _moved(name)
        lines += [
            f"{name}: same" if not found else f"{name}: {len(found)} moved",
            *(f"  {one}" for one in found),
        ]
        clean = clean and not found
    return lines, clean


def _moved(name: str) -> list[str]:
    """Return what the installed SDK makes of a contract otherwise."""
    from mockllm_cli.derive import derive
    from mockllm_cli.derive.moved import moved
    from mockllm_cli.derive.shapes import DeriveError
    from mockllm_core.contract import load

    try:
        made = json.loads(derive(name))
    except (DeriveError, ImportError, AttributeError) as error:
        return [f"the SDK no longer fits the rules: {error}"]
    return moved(load(name), made)


def write(folder: Path) -> list[str]:
    """Make all contracts, then write those that changed; return what to say, a line each.

    Raises:
        CliError: an SDK is missing or no longer fits the rules, or the folder cannot be written.
    """
    from mockllm_cli.derive import CONTRACTS, derive, versions
    from mockllm_cli.derive.shapes import DeriveError

    try:
        texts = {f"{name}.json": derive(name) for name in CONTRACTS}
    except (DeriveError, ImportError, AttributeError) as error:
        raise CliError(f"no contract can be made: {error}") from error
    texts["sources.json"] = json.dumps(versions(), indent=2) + "\n"
    lines: list[str] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            path = folder / name
            same = path.exists() and path.read_text("utf-8") == text
            if not same:
                path.write_text(text, "utf-8")
            lines.append(f"{name}: {'same' if same else 'written'}")
    except OSError as error:
        raise CliError(f"cannot write {folder}: {error.strerror}") from error
    return lines
