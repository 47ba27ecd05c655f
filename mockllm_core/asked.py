"""What a request asks of the mock itself: an error or an end by the model's name, the rest by ``x-mockllm-*`` headers.

A model named ``mock-error-KIND`` gets that error. ``mock-finish-REASON`` brings about an end that no request can:
``stop``, ``length``, ``content_filter`` and ``refusal`` mean the same in every protocol, and the default responder
says them; a protocol adds its provider's own words in lower case (``guardrail_intervened``, ``pause_turn``,
``recitation``; see ``WireProtocol.ends``). A path or a region before the name is ignored
(``gpt-4o/mock-finish-refusal``); an unknown word is refused with a list of those that there are.

With the header ``x-mockllm-fail-after: N`` the error that the name asks for comes after N frames of a stream.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, get_args

from mockllm_core.errors import ApiError, ErrorKind
from mockllm_core.frame import frames

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from mockllm_core.conversation import Controls
    from mockllm_core.frame import Frame, Step

__all__ = [
    "FAIL_AFTER",
    "MOST_DELAY",
    "MOST_PIECE",
    "Asked",
    "asked_by",
    "broken_off",
    "check_named",
    "error_asked_for",
    "finish_asked_for",
]

FAIL_AFTER = "x-mockllm-fail-after"
"""The header that moves the error of a ``mock-error-KIND`` into the stream."""

MOST_DELAY = 60_000
"""Milliseconds between frames that a request, or a command line, can ask for."""

MOST_PIECE = 1_000_000
"""Characters of a piece."""

_NAMED = re.compile(r"(?:^|[./:])mock-(error|finish)-([a-z_]+)$")
_MEANT = re.compile(r"(?:^|[./:])mock-(error|finish)-(.*)$", re.DOTALL)
_ENDS = ("stop", "length", "content_filter", "refusal")
_KINDS: frozenset[str] = frozenset(get_args(ErrorKind))
_STYLES = ("plausible", "fuzz", "near-miss")


class Asked(NamedTuple):
    """How one request wants to be answered.

    Attributes:
        controls: for the responder.
        piece: characters a streamed piece has; None cuts as the provider does.
        delay: seconds between frames.
        fail_after: frames sent before the error that the model's name asks for; None fails before the first byte.
    """

    controls: Controls
    piece: int | None
    delay: float
    fail_after: int | None = None


def finish_asked_for(model: str) -> str:
    """Return the end that a model's name asks for, ``""`` when it asks for none.

    >>> finish_asked_for("us.mock-finish-length"), finish_asked_for("gpt-4o")
    ('length', '')
    """
    found = _NAMED.search(model) if "mock-finish-" in model else None
    return found[2] if found and found[1] == "finish" else ""


def error_asked_for(model: str) -> ErrorKind | None:
    """Return the error that a model's name asks for, None when it asks for none.

    >>> error_asked_for("us.mock-error-rate_limit"), error_asked_for("gpt-4o")
    ('rate_limit', None)
    """
    found = _NAMED.search(model) if "mock-error-" in model else None
    kind = found[2] if found and found[1] == "error" else ""
    return kind if kind in _KINDS else None  # type: ignore[return-value]


def check_named(model: str, ends: Iterable[str]) -> None:
    """Refuse a model's name that asks for an error or an end that there is not.

    Args:
        model: as asked for.
        ends: the provider's own words for an end, beside those that all share.

    Raises:
        ApiError: the word after ``mock-error-`` or ``mock-finish-`` is unknown; the sentence lists the known ones.
    """
    found = _MEANT.search(model) if "mock-" in model else None
    if found is None:
        return
    known = get_args(ErrorKind) if found[1] == "error" else tuple(dict.fromkeys((*_ENDS, *ends)))
    if found[2] not in known:
        raise ApiError(
            "invalid_request",
            f"Invalid model: {model[:80]!r}. After mock-{found[1]}- comes one of {', '.join(known)}.",
            param="model",
        )


def broken_off(
    steps: Iterable[Step], most: int, failure: Callable[[int], Iterable[Frame]]
) -> Iterator[Frame]:
    """Yield so many frames of a stream, then those of a failure; a shorter stream breaks before its last frame.

    Args:
        steps: the whole answer.
        most: frames to send.
        failure: from the number of frames sent to what the provider sends then.
    """
    sent = 0
    last: Frame | None = None
    for frame in frames(steps):
        if last is not None:
            yield last
            sent += 1
        if sent == most:
            break
        last = frame
    yield from failure(sent)


def asked_by(headers: Mapping[str, str], usual: Asked) -> Asked:
    """Return what is usual, changed by the request's ``x-mockllm-*`` headers.

    Raises:
        ApiError: a header that is none of ours, or a value that it cannot have.
    """
    asked = usual
    if "x-mockllm-" not in " ".join(headers):
        return usual
    for name, value in headers.items():
        if not name.startswith("x-mockllm-"):
            continue
        match name:
            case "x-mockllm-tool-calls":
                calls = replace(asked.controls, tool_calls=_whole_number(name, value, 1, 128))
                asked = asked._replace(controls=calls)
            case "x-mockllm-args":
                if value not in _STYLES:
                    raise _bad_header(name, value, "one of " + ", ".join(_STYLES))
                asked = asked._replace(controls=replace(asked.controls, args=value))  # type: ignore[arg-type]
            case "x-mockllm-piece":
                asked = asked._replace(piece=_whole_number(name, value, 1, MOST_PIECE))
            case "x-mockllm-delay":
                asked = asked._replace(delay=_whole_number(name, value, 0, MOST_DELAY) / 1000)
            case "x-mockllm-fail-after":
                asked = asked._replace(fail_after=_whole_number(name, value, 0, 1_000_000))
            case _:
                known = "one of x-mockllm-tool-calls, -args, -piece, -delay and -fail-after"
                raise _bad_header(name, value, known)
    return asked


def _whole_number(name: str, value: str, least: int, most: int) -> int:
    if not (value.isascii() and value.isdigit() and len(value) < 10 and least <= int(value) <= most):
        raise _bad_header(name, value, f"a whole number from {least} to {most}")
    return int(value)


def _bad_header(name: str, value: str, expected: str) -> ApiError:
    return ApiError(
        "invalid_request", f"Invalid header {name}: {value[:40]!r}. Expected {expected}.", param=name
    )
