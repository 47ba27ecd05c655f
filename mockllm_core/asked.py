"""Ends that no request can bring about, asked for by the model's name: ``mock-finish-REASON``.

``stop``, ``length``, ``content_filter`` and ``refusal`` mean the same in every protocol; the default responder says
them. A protocol adds its provider's own words in lower case (``guardrail_intervened``, ``pause_turn``, ``recitation``).
A path or a region before the name is ignored (``gpt-4o/mock-finish-refusal``); an unknown word asks for nothing.
"""

from __future__ import annotations

import re

__all__ = ["finish_asked_for"]

_ASKED = re.compile(r"(?:^|[./:])mock-finish-([a-z_]+)$")


def finish_asked_for(model: str) -> str:
    """Return the end that a model's name asks for, ``""`` when it asks for none.

    >>> finish_asked_for("us.mock-finish-length"), finish_asked_for("gpt-4o")
    ('length', '')
    """
    found = _ASKED.search(model)
    return found[1] if found else ""
