"""``python -m mockllm_cli`` and the ``mockllm`` command."""

from __future__ import annotations

import sys

from mockllm_cli.exits import exit_code

__all__ = ["run"]


def run() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(exit_code(_command))


def _command() -> None:
    # imported under the funnel: a Ctrl-C while modules load is no traceback either
    from mockllm_cli.plain import serve_options

    options = serve_options(sys.argv[1:])
    if options is not None:
        from mockllm_cli.serve import serve

        serve(options)
        return
    from mockllm_cli.app import app

    app()


if __name__ == "__main__":
    run()
