"""Read a time from the command line."""

from __future__ import annotations

from datetime import UTC, datetime

from mockllm_cli.errors import CliError

__all__ = ["instant"]


def instant(text: str) -> datetime:
    """Return an aware UTC time from ISO 8601; a time without a zone is UTC.

    Raises:
        CliError: the text is no time between the years 1970 and 9999.
    """
    try:
        time = datetime.fromisoformat(text)
        time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        time = None
    if time is None or time.year < 1970:
        raise CliError(f"--now {text!r} is not a time: write it like 2026-01-01T00:00:00Z", 2)
    return time
