"""What a command is given to read: a file, or stdin for ``-``."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, BinaryIO

from mockllm_cli.console import visible
from mockllm_cli.errors import CliError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from mockllm_core.frame import Json

__all__ = ["named", "not_json", "opened", "read_bytes", "read_json"]


def named(source: str) -> str:
    """Return what to call a source in a sentence."""
    return "stdin" if source == "-" else visible(source)


def opened(source: str) -> AbstractContextManager[BinaryIO]:
    """Open a source to read bytes; stdin stays open afterwards.

    Raises:
        CliError: it cannot be opened.
    """
    if source == "-":
        if sys.stdin is None:
            raise CliError("stdin is closed")
        return nullcontext(sys.stdin.buffer)
    try:
        return open(source, "rb")  # noqa: PTH123 - nothing that Path would add
    except OSError as error:
        raise CliError(f"cannot read {named(source)}: {error.strerror or error}") from None
    except ValueError:
        raise CliError(f"cannot read {named(source)}: no file has such a name") from None


def read_bytes(source: str) -> bytes:
    """Return all bytes of a source.

    Raises:
        CliError: it cannot be read.
    """
    with opened(source) as file:
        try:
            return file.read()
        except OSError as error:
            raise CliError(f"cannot read {named(source)}: {error.strerror or error}") from None


def read_json(source: str) -> Json:
    """Return the JSON value that a source holds.

    Raises:
        CliError: it cannot be read, or is not JSON.
    """
    from mockllm_core import jsontext

    data = read_bytes(source)
    try:
        return jsontext.parse(data)
    except ValueError as error:
        raise not_json(source, data, error) from None


def not_json(source: str, data: bytes, error: ValueError) -> CliError:
    """Return what to say of bytes that ``jsontext.parse`` did not take."""
    return CliError(f"{named(source)} is not JSON: {error}" if data.strip() else f"{named(source)} is empty")
