"""A page of a list, as OpenAI's APIs cut it: ``limit``, ``order``, ``after``."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from mockllm_core.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mockllm_core.frame import Json

__all__ = ["asked_last", "page"]

_USUAL, _MOST = "20", 100


def asked_last(query: str) -> dict[str, str]:
    """Return a query's parameters; of one that comes twice the last."""
    return {key: values[-1] for key, values in parse_qs(query, keep_blank_values=True).items()}


def page(
    listed: Sequence[Json], query: str, *, usual: str, lost: Callable[[str], ApiError]
) -> dict[str, Json]:
    """Return the list object with the page that a query asks for.

    Args:
        listed: all there is, oldest first, each with an ``id``.
        query: ``limit`` (1 to 100, usually 20), ``order`` (``asc``, ``desc``), ``after`` (an id).
        usual: the order when none is asked for.
        lost: makes the error for an ``after`` that is not in the list.

    Raises:
        ApiError: a limit or an order that is none, or an ``after`` that is not in the list.
    """
    asked = asked_last(query)
    limit, order, after = asked.get("limit", _USUAL), asked.get("order", usual), asked.get("after")
    most = _limit(limit)
    if order not in ("asc", "desc"):
        raise _refused(
            "order", "invalid_value", f"Invalid value: '{order}'. Supported values are: 'asc' and 'desc'."
        )
    rest = list(listed) if order == "asc" else list(reversed(listed))
    if after is not None:
        places = [nth for nth, item in enumerate(rest) if item.get("id") == after]
        if not places:
            raise lost(after)
        rest = rest[places[0] + 1 :]
    data = rest[:most]
    ids = [item.get("id") for item in data]
    return {
        "object": "list",
        "data": data,
        "first_id": ids[0] if ids else None,
        "last_id": ids[-1] if ids else None,
        "has_more": len(rest) > len(data),
    }


def _limit(given: str) -> int:
    if not (given.isascii() and given.isdecimal()):
        raise _refused(
            "limit",
            "invalid_type",
            f"Invalid type for 'limit': expected an integer, but got '{given}' instead.",
        )
    most = int(given[:9])
    if not 1 <= most <= _MOST:
        side, sign, bound = ("below_min", ">=", 1) if most < 1 else ("above_max", "<=", _MOST)
        said = "below minimum" if sign == ">=" else "above maximum"
        raise _refused(
            "limit",
            f"integer_{side}_value",
            f"Invalid 'limit': integer {said} value. Expected a value {sign} {bound}, but got {given} instead.",
        )
    return most


def _refused(param: str, code: str, sentence: str) -> ApiError:
    return ApiError("invalid_request", sentence, param=param, code=code)
