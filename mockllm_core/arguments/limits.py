"""Bounds on work and size, counted and never timed, so that the same schema stops at the same place everywhere."""

from __future__ import annotations

__all__ = [
    "CHECKS",
    "CHOICES",
    "DEPTH",
    "ENUM",
    "FUEL",
    "ITEMS",
    "LENGTH",
    "LONG",
    "NESTING",
    "NODES",
    "PATTERN",
    "PATTERNED",
    "TEXT",
    "TEXTS",
    "TOTAL",
]

TEXT = 4_000_000
"""Characters of a schema's JSON text; longer ones are refused unread."""
NODES = 20_000
"""Schemas within a schema that are read; the rest counts as "anything"."""
NESTING = 60
"""Levels of schemas within schemas that are read."""
ENUM = 1_000
"""Members of an ``enum`` that are looked at."""
PATTERN = 2_000
"""Characters of a regular expression; longer ones are not read."""
DEPTH = 40
"""Levels of a value."""
ITEMS = 2_000
"""Items of one array, properties of one object."""
LENGTH = 50_000
"""Characters of one string."""
CHOICES = 100
"""Choices (branches, properties that ask for more) that hang together while one value is tried."""
FUEL = 3_000
"""Schemas met while one value is tried."""
LONG = 400
"""Characters of a text that count as a schema met: a value has a million of them, or so."""
PATTERNED = 50
"""The same, of a text made from a pattern."""
CHECKS = 30_000
"""Schemas that parts of one value are checked against while it is tried."""
TEXTS = 600
"""Texts made from all patterns of one string together, but for the first few of each."""
TOTAL = 9_000
"""Schemas met in all tries together."""
