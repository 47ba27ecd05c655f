"""Times as protobuf's JSON writes them, in whole nanoseconds of Unix time.

RFC 3339 with 0, 3, 6 or 9 digits of a second and ``Z``; durations are seconds with up to nine digits and an ``s``:
https://protobuf.dev/reference/protobuf/google.protobuf/#timestamp and #duration
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from mockllm_core.errors import ApiError

if TYPE_CHECKING:
    from mockllm_core.frame import Json

__all__ = ["SECOND", "duration", "moment", "nanoseconds", "spelled"]

SECOND = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DURATION = re.compile(r"(-?)([0-9]{1,12})(?:\.([0-9]{1,9}))?s", re.ASCII)
_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?(Z|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)
_TYPE = "type.googleapis.com/google.protobuf."


def nanoseconds(now: datetime) -> int:
    """Return an aware time."""
    return (now - _EPOCH) // timedelta(microseconds=1) * 1000


def spelled(time: int) -> str:
    """Return a time as it is told.

    >>> spelled(SECOND * 3600), spelled(1_500_000_000), spelled(23_637_828)
    ('1970-01-01T01:00:00Z', '1970-01-01T00:00:01.500Z', '1970-01-01T00:00:00.023637828Z')
    """
    seconds, rest = divmod(time, SECOND)
    digits = f"{rest:09d}"
    while digits.endswith("000"):
        digits = digits[:-3]
    return f"{_EPOCH + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S}{'.' if digits else ''}{digits}Z"


def duration(given: Json, place: str) -> int:
    """Return a duration.

    Raises:
        ApiError: it is none; in the words of protobuf's JSON reader.
    """
    found = _DURATION.fullmatch(given) if isinstance(given, str) else None
    if found is None:
        ending = isinstance(given, str) and given.endswith("s")
        why = "" if ending else "; duration must end with 's'"
        field = place.rpartition(".")[2]
        raise _invalid(place, f"Duration), Field '{field}', Illegal duration format{why}")
    length = int(found[2]) * SECOND + int((found[3] or "").ljust(9, "0"))
    return -length if found[1] else length


def moment(given: Json, place: str) -> int:
    """Return a time.

    Raises:
        ApiError: it is none.
    """
    found = _MOMENT.fullmatch(given) if isinstance(given, str) else None
    try:
        whole = datetime.fromisoformat(f"{found[1]}{found[3].replace('Z', '+00:00')}") if found else None
    except ValueError:
        whole = None
    if found is None or whole is None:
        raise _invalid(place, "Timestamp), Field 'expireTime', Invalid time format: Failed to parse input")
    return nanoseconds(whole) + int((found[2] or "").ljust(9, "0"))


def _invalid(place: str, message: str) -> ApiError:
    return ApiError("invalid_request", f"Invalid value at '{place}' ({_TYPE}{message}", param=place)
