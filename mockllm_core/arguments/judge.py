"""The verdict on a finished value: jsonschema-rs, formats asserted."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from mockllm_core.arguments import limits
from mockllm_core.arguments.accepts import Exhausted, Known, accepts

if TYPE_CHECKING:
    from mockllm_core.arguments.normal import Normal
    from mockllm_core.frame import Json

__all__ = ["Judge"]


class Judge:
    """A validator of one schema.

    Args:
        normal: the schema in the one dialect.
    """

    def __init__(self, normal: Normal) -> None:
        import jsonschema_rs

        self._normal = normal
        self._validator: jsonschema_rs.Draft202012Validator | None = None
        self.trouble = ""
        self._simple = normal.size < limits.CHECKS
        try:
            self._validator = jsonschema_rs.Draft202012Validator(normal.document, validate_formats=True)
        except (ValueError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
            self.trouble = f"#: the schema cannot be checked: {_first_line(error)}"

    def accepts(self, value: Json) -> bool:
        """Return whether the value satisfies the schema; False where that cannot be told in bounded work."""
        if not self._bounded(value):
            return False
        try:
            return self._validator is not None and self._validator.is_valid(value)
        except ValueError:
            return False

    def faults(self, value: Json, left: int) -> tuple[int, int]:
        """Return how many errors the value has, counted to two, and how many of ``left`` checks are left then.

        Where that cannot be told in so many checks there are two errors, and none is left.
        """
        if self._validator is None:
            return 2, 0
        if not self._simple:
            known = Known(self._normal.definitions, left)
            try:
                accepts({"$ref": "#/$defs/r0"}, value, known)
            except Exhausted:
                return 2, 0
            left = known.left
        try:
            return sum(1 for _ in islice(self._validator.iter_errors(value), 2)), left
        except ValueError:
            return 2, left

    def errors(self, value: Json) -> list[str]:
        """Return what is wrong with the value, in sentences that begin with schema path and keyword."""
        if self._validator is None:
            return [self.trouble]
        if not self._bounded(value):
            return ["#: checking the value takes too many steps"]
        try:
            return [
                f"{self._pointer(list(error.schema_path))}: {_first_line(error)}"
                for error in self._validator.iter_errors(value)
            ]
        except ValueError as error:
            return [f"#: {_first_line(error)}"]

    def _bounded(self, value: Json) -> bool:
        """Return whether the validator, which counts no steps, is safe to ask."""
        if self._simple:
            return True
        try:
            accepts({"$ref": "#/$defs/r0"}, value, Known(self._normal.definitions, limits.CHECKS))
        except Exhausted:
            return False
        return True

    def _pointer(self, path: list[str | int]) -> str:
        """Return a JSON pointer into the schema as it was given."""
        if len(path) > 1 and path[0] == "$defs":
            return "/".join((self._normal.origins.get(str(path[1]), "#"), *map(str, path[2:])))
        return "#/" + "/".join(map(str, path))


def _first_line(error: Exception) -> str:
    text = getattr(error, "message", "") or str(error)
    return (
        text.splitlines()[0][:200].encode("ascii", "backslashreplace").decode()
        if text
        else type(error).__name__
    )
