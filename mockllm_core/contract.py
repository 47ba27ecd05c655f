"""Check a request body against its contract: a JSON Schema derived ahead of time from an SDK's request types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from mockllm_core.frame import Json

__all__ = ["Complaint", "check"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """What is wrong with a request body, in no provider's words.

    Attributes:
        path: where, keys and indices from the root: ``("messages", 0, "content")``. For ``missing`` it names the
            key that is not there; for ``unknown`` the key that should not be.
        kind: ``json`` (not JSON at all; ``expected`` holds the parser's sentence), ``type``, ``missing``,
            ``value`` (not one of the allowed values), ``range`` (a number), ``length`` (a text, list or object
            too short or too long), ``unknown`` (an unknown key under strict), ``union`` (none or several of
            members of which one must be there) or ``pattern``.
        expected: for people: ``a string``, ``one of 'user', 'assistant'``, ``at least 1``.
        found: the offending value itself; None for ``missing``.
    """

    path: tuple[str | int, ...]
    kind: Literal["json", "type", "missing", "value", "range", "length", "unknown", "union", "pattern"]
    expected: str
    found: Json = None

    @property
    def place(self) -> str:
        """The path as people write it: ``messages[0].content``; ``""`` for the root."""
        text = ""
        for step in self.path:
            text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
        return text

    @property
    def dotted(self) -> str:
        """The path with dots only: ``messages.0.content``."""
        return ".".join(map(str, self.path))


def check(contract: str, body: Json, *, strict: bool = False) -> Complaint | None:
    """Return the first thing wrong with a body, or None.

    ``strict`` also refuses keys that the contract does not know.
    """
    raise NotImplementedError
