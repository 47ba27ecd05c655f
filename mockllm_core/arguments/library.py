"""hypothesis-jsonschema, loaded without a grammar that nobody asked for.

It imports jsonschema. Where jsonschema's format extras are installed, that imports rfc3987_syntax, which builds a
grammar of all IRIs: a second. So jsonschema is handed a stand-in that loads the real module when an IRI is first checked,
and whoever imports rfc3987_syntax afterwards gets the real one.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

__all__ = ["library"]

_SLOW = "rfc3987_syntax"


def library() -> Any:
    """Return the module that turns a schema into a strategy.

    Raises:
        ImportError: hypothesis or hypothesis-jsonschema is not installed.
    """
    if "jsonschema" in sys.modules or _SLOW in sys.modules or find_spec(_SLOW) is None:
        return import_module("hypothesis_jsonschema._from_schema")
    stand_in = sys.modules[_SLOW] = _Later(_SLOW)
    try:
        return import_module("hypothesis_jsonschema._from_schema")
    finally:
        if sys.modules.get(_SLOW) is stand_in:
            del sys.modules[_SLOW]


class _Later(ModuleType):
    """Has the one function that jsonschema takes, and all else of the real module."""

    def is_valid_syntax(self, *arguments: Any, **options: Any) -> Any:
        """Ask the real module."""
        return self._real().is_valid_syntax(*arguments, **options)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._real(), name)

    def _real(self) -> Any:
        if sys.modules.get(_SLOW) is self:
            del sys.modules[_SLOW]
        return import_module(_SLOW)
