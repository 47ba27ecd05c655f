"""``python -m mockllm_cli`` and the ``mockllm`` command."""

from __future__ import annotations

import sys

from mockllm_cli.exits import exit_code
from mockllm_cli.plain import serve_options

__all__ = ["run"]


def run() -> None:
    """Run the command line and leave with its exit code."""
    options = serve_options(sys.argv[1:])
    if options is not None:
        from mockllm_cli.serve import serve

        sys.exit(exit_code(lambda: serve(options)))
    from mockllm_cli.app import main

    sys.exit(main())


if __name__ == "__main__":
    run()
