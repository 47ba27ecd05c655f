"""``python -m mockllm_cli`` and the ``mockllm`` command."""

from __future__ import annotations

import sys

from mockllm_cli.app import main

__all__ = ["run"]


def run() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(main())


if __name__ == "__main__":
    run()
