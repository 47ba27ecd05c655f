"""The one funnel from an error to an exit code."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

from mockllm_core.errors import MockllmError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["exit_code"]


def exit_code(run: Callable[[], object]) -> int:
    """Run a command and return its exit code: 0 well, 1 a clear error, 2 bad usage, 130 Ctrl-C."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            # closed by the caller (``>&-``): what is said there goes nowhere
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - stays open
        elif isinstance(stream, io.TextIOWrapper) and stream.encoding != "utf-8":
            # a file or a pipe gets JSON, which is UTF-8; a terminal what it can show, and escapes for the rest
            shown = stream.encoding if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=shown, errors="backslashreplace")
    try:
        try:
            run()
        finally:
            # a disk that is full or a reader that has gone shows now, not when the interpreter ends
            sys.stdout.flush()
    except SystemExit as leave:
        return leave.code if isinstance(leave.code, int) else int(leave.code is not None)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        _forget_stdout()
        return 0
    except MockllmError as error:
        return _said(error, getattr(error, "exit_code", 1))
    except OSError as error:
        _forget_stdout()
        return _said(f"{error.filename}: {error.strerror}" if error.filename else error.strerror or error, 1)
    return 0


def _said(sentence: object, code: int) -> int:
    print(f"mockllm: {sentence}", file=sys.stderr)  # noqa: T201 - the funnel
    return code


def _forget_stdout() -> None:
    """Keep the interpreter from failing again when it flushes what nobody can take."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
