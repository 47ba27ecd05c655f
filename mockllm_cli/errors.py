"""The command line's own error."""

from __future__ import annotations

from mockllm_core.errors import MockllmError

__all__ = ["CliError"]


class CliError(MockllmError):
    """Something that a person at the command line can mend; ``main`` prints its sentence and exits.

    Attributes:
        exit_code: the status of the process.
    """

    def __init__(self, sentence: str, exit_code: int = 1) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code
