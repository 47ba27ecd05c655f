"""The head of a request: a pure function from its bytes, strict, remembered.

Clients send the same head again and again but for the length of the body behind it, so a head is known by all
its bytes but those digits.

Spec: RFC 9112 (message syntax), RFC 9110 (fields).
"""

from __future__ import annotations

import contextlib
import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from mockllm_core.errors import ErrorKind, MockllmError
from mockllm_core.exchange import HttpRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "FIELD",
    "ONCE",
    "BadRequest",
    "Head",
    "Limits",
    "asked",
    "check_expectation",
    "check_host",
    "check_line",
    "read",
]

FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]++):[ \t]*+([^\x00-\x08\x0a-\x1f\x7f]*+)")
"""One header line; possessive, since a field of 64 KiB of blanks must not be tried from each of them."""

_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}) ([!-~\x80-\xff]+) HTTP/([0-9])\.([0-9])")
_ABSOLUTE = re.compile(r"(?i:https?)://([^/?#]*+)(.*)")
_HOST = re.compile(
    r"(?:\[[0-9A-Fa-f:.]++(?:%25[A-Za-z0-9\-._~]++)?\]|(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})++)"
    r"(?::[0-9]{0,5})?"
)
"""A host and perhaps a port (RFC 3986, 3.2); nobody's name, since the http scheme has none (RFC 9110, 4.2.4).

Nor may it be empty there (RFC 9110, 4.2.1). A server may put its own name instead (RFC 9112, 3.3), but what stands
before the providers does not: one address answers for many, and nginx refuses an empty host as an invalid one.
"""
_LENGTH = re.compile(r"[0-9]{1,19}")
ONCE = frozenset(
    {"content-length", "transfer-encoding", "host", "content-type", "content-encoding", "expect"}
)
_SHORT = 4096
"""Bytes up to which a head is worth keeping."""


class Limits(NamedTuple):
    """What one request may hold, in bytes.

    Attributes:
        line: the request line.
        fields: how many header fields.
        headers: all fields together.
        body: the body, before and after its content encoding is undone.
    """

    line: int = 65_536
    fields: int = 100
    headers: int = 65_536
    body: int = 33_554_432


class BadRequest(MockllmError):
    """A request that cannot be taken; the connection closes after the answer.

    Attributes:
        status: the HTTP status.
        kind: the same for a protocol's ``error``.
    """

    def __init__(self, status: int, sentence: str, kind: ErrorKind | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.kind: ErrorKind = kind or (
            "request_too_large" if status == 413 else "timeout" if status == 408 else "invalid_request"
        )


class Head(NamedTuple):
    """What a head says.

    Attributes:
        method: as sent.
        path: of the target, without the host of an absolute one.
        query: what followed ``?``.
        minor: of the version, 1.``minor``.
        headers: names in lower case, values of a repeated one joined.
        length: bytes of the body; 0 when it is chunked.
        chunked: whether the body is.
        keep_alive: whether the connection stays open after the answer.
        expects: whether the client waits to be told to go on.
    """

    method: str
    path: str
    query: str
    minor: int
    headers: Mapping[str, str]
    length: int
    chunked: bool
    keep_alive: bool
    expects: bool


def read(data: bytes, limits: Limits) -> tuple[Head, Mapping[str, str], int]:
    """Return a head from its bytes without the empty line, with the headers and the length that hold now.

    Raises:
        BadRequest: it is no head that may be taken.
    """
    if len(data) <= _SHORT and len(data) <= limits.headers:
        return _again(data, limits)
    head = parse(data, limits)
    return head, head.headers, head.length


def _read_short(data: bytes, limits: Limits) -> tuple[Head, Mapping[str, str], int]:
    at = data.rfind(b"\r\nContent-Length: ")
    if at < 0:
        at = data.rfind(b"\r\ncontent-length: ")
    if at < 0:
        head = _known(data, limits)
        return head, head.headers, head.length
    at += 18
    end = data.find(b"\r", at)
    digits = data[at:end] if end > 0 else data[at:]
    if not digits.isdigit() or len(digits) >= 20:
        head = parse(data, limits)
        return head, head.headers, head.length
    head = _known(data[:at] + b"0" + data[at + len(digits) :], limits)
    return head, {**head.headers, "content-length": digits.decode()}, int(digits)


_again = lru_cache(maxsize=256)(_read_short)
"""By all bytes, for those who send the very same request again; others are known but for the length."""


def parse(data: bytes, limits: Limits) -> Head:
    """Return a head from its bytes, remembering nothing.

    Raises:
        BadRequest: it is no head that may be taken.
    """
    lines = data.split(b"\r\n")
    if len(lines[0]) > limits.line:
        raise BadRequest(414, f"The request line is longer than {limits.line} bytes.")
    method, target, minor = check_line(lines[0])
    if len(data) - len(lines[0]) > limits.headers:
        raise BadRequest(431, f"The header fields are longer than {limits.headers} bytes.")
    if len(lines) - 1 > limits.fields:
        raise BadRequest(431, f"There are more than {limits.fields} header fields.")
    headers = _fields(lines, short=len(data) <= _SHORT)
    if minor >= 1 and "host" not in headers:
        raise BadRequest(400, "The header host is missing.")
    if "host" in headers:
        check_host(headers["host"])
    chunked = _chunked(headers, minor)
    length = _length(headers)
    expects = check_expectation(headers)
    options = {option.strip() for option in headers.get("connection", "").lower().split(",")}
    keep_alive = "close" not in options and (minor >= 1 or "keep-alive" in options)
    path, _, query = target.partition("?")
    return Head(method, path, query, minor, headers, length, chunked, keep_alive, expects and minor >= 1)


_known = lru_cache(maxsize=256)(parse)


def asked(data: bytes) -> HttpRequest | None:
    """Return whom a head that is refused asked, as far as that can be known."""
    lines = data.split(b"\r\n")
    try:
        method, target, _ = check_line(lines[0])
    except BadRequest:
        return None
    headers: dict[str, str] = {}
    with contextlib.suppress(BadRequest):
        headers = _fields(lines, short=False)
    path, _, query = target.partition("?")
    return HttpRequest(method=method, path=path, query=query, headers=headers)


def check_line(line: bytes) -> tuple[str, str, int]:
    """Return method, target and minor version of a request line.

    Raises:
        BadRequest: 400 for what is none, and for another version (505 would have SDKs ask again, which helps nobody).
    """
    match = _LINE.fullmatch(line)
    if match is None:
        raise BadRequest(400, "The request line is not METHOD TARGET HTTP/1.1.")
    if match[3] != b"1":
        raise BadRequest(400, "Only HTTP/1.1 and HTTP/1.0 are spoken here.")
    if match[2] == b"*" and match[1] != b"OPTIONS":
        raise BadRequest(400, "The request target * is for OPTIONS alone.")
    return match[1].decode(), _origin(match[2].decode("latin-1")), int(match[4])


def check_expectation(headers: Mapping[str, str]) -> bool:
    """Return whether the client waits to be told to go on.

    Raises:
        BadRequest: 417 for any other expectation.
    """
    expect = headers.get("expect", "").lower()
    if expect not in ("", "100-continue"):
        raise BadRequest(417, "Only 'expect: 100-continue' is understood.")
    return bool(expect)


def check_host(host: str) -> None:
    """Look at a host header.

    Raises:
        BadRequest: 400 for what is no host.
    """
    if _HOST.fullmatch(host) is None:
        raise BadRequest(400, "The header host is not HOST or HOST:PORT.")


def _fields(lines: list[bytes], *, short: bool) -> dict[str, str]:
    """Return the header fields of all lines but the first."""
    headers: dict[str, str] = {}
    field = _known_field if short else _field
    for nth in range(1, len(lines)):
        name, value = field(lines[nth])
        if not name:
            raise BadRequest(400, f"Header field {nth} is malformed.")
        if name in headers:
            if name in ONCE:
                raise BadRequest(400, f"The header {name} is there twice.")
            value = f"{headers[name]}, {value}"
        headers[name] = value
    return headers


def _field(line: bytes) -> tuple[str, str]:
    """Return the name in lower case and the value of one header line; no name when it is malformed."""
    field = FIELD.fullmatch(line)
    if field is None:
        return "", ""
    return field[1].decode().lower(), field[2].decode("latin-1").rstrip(" \t")


_known_field = lru_cache(maxsize=1024)(_field)


def _chunked(headers: dict[str, str], minor: int) -> bool:
    coding = headers.get("transfer-encoding")
    if coding is None:
        return False
    if minor < 1 or "content-length" in headers:
        raise BadRequest(400, "transfer-encoding stands beside content-length or in HTTP/1.0.")
    codings = [one.strip() for one in coding.lower().split(",")]
    if codings == ["chunked"]:
        return True
    # 501 is for codings that are only not known (RFC 9112, 6.1), and SDKs ask again at any 5xx
    raise BadRequest(400, "Only 'transfer-encoding: chunked' is taken.")


def _length(headers: dict[str, str]) -> int:
    length = headers.get("content-length")
    if length is None:
        return 0
    if _LENGTH.fullmatch(length) is None:
        raise BadRequest(400, "content-length is not a whole number of at most 19 digits.")
    return int(length)


def _origin(target: str) -> str:
    """Return the origin form of a target; an absolute one loses its scheme and host."""
    if target.startswith("/") or target == "*":
        return target
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute is None:
        raise BadRequest(400, "The request target does not begin with a slash.")
    if _HOST.fullmatch(absolute[1]) is None:
        raise BadRequest(400, "The request target names no host.")
    return absolute[2] if absolute[2].startswith("/") else "/" + absolute[2]
