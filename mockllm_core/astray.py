"""The path that a client meant whose base URL has a part too few or too many.

Every client wants its base URL in a form of its own: OpenAI's with ``/v1``, Anthropic's without, the AI SDK's with it
for both. The provider's 404 tells nobody which, so the log does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mockllm_core.exchange import HttpRequest
    from mockllm_core.protocol import Endpoint

__all__ = ["astray"]

_VERSIONS = ("/v1beta", "/v1")
_MOST = 3
"""Parts of a base URL that may be too many."""
_LONGEST = 500


def astray(request: HttpRequest, found: Callable[[str], Iterable[tuple[object, Endpoint, object]]]) -> str:
    """Return a sentence for the person who set the base URL, ``""`` where no other base would do.

    Args:
        request: whose path nobody answers.
        found: all routes of another path, whatever their methods.
    """
    method, path = request.method, request.path
    if len(path) > _LONGEST:
        return ""
    for meant, why in _others(path):
        if any(endpoint.method == method and not endpoint.header for _, endpoint, _ in found(meant)):
            return f"{method} {path} is no path of an API, but {meant} is: the client's base URL {why}."
    return ""


def _others(path: str) -> Iterator[tuple[str, str]]:
    for version in _VERSIONS:
        yield version + path, f"lacks {version} at its end"
    rest = path
    for _ in range(_MOST):
        _, slash, rest = rest[1:].partition("/")
        if not slash:
            return
        rest = slash + rest
        extra = path.removesuffix(rest)
        for version in _VERSIONS:
            yield version + rest, f"must end with {version}, not with {extra}"
        yield rest, f"must not end with {extra or '/'}"
