"""The one funnel from an error to an exit code."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from mockllm_core.errors import MockllmError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["exit_code"]


def exit_code(run: Callable[[], object]) -> int:
    """Run a command and return its exit code: 0 well, 1 a clear error, 2 bad usage, 130 Ctrl-C."""
    try:
        run()
    except SystemExit as leave:
        return leave.code if isinstance(leave.code, int) else int(leave.code is not None)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # the reader has gone; keep the interpreter from saying so when it flushes
        import os

        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except MockllmError as error:
        print(f"mockllm: {error}", file=sys.stderr)  # noqa: T201 - the funnel
        return getattr(error, "exit_code", 1)
    return 0
