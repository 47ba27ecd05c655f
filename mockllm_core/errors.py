"""Every exception the library raises.

MockllmError                    the root; ``str()`` is one sentence for a person
  ApiError                      the caller's mistake, or an injected fault; a protocol spells it
  UnsupportedReply              this protocol has no words for that block
  UnknownProtocol               no protocol of that name
  WireError                     a provider's answer breaks the protocol's rules
  EventStreamError              AWS event-stream bytes that cannot be read, with offsets
    Truncated, PreludeChecksumMismatch, MessageChecksumMismatch, LengthOutOfRange,
    UnknownHeaderType, DuplicateHeader, HeaderOverrun, BadHeaderName, BadHeaderValue
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from mockllm_core.frame import Finding

__all__ = [
    "ApiError",
    "BadHeaderName",
    "BadHeaderValue",
    "DuplicateHeader",
    "ErrorKind",
    "EventStreamError",
    "HeaderOverrun",
    "LengthOutOfRange",
    "MessageChecksumMismatch",
    "MockllmError",
    "PreludeChecksumMismatch",
    "Truncated",
    "UnknownHeaderType",
    "UnknownProtocol",
    "UnsupportedReply",
    "WireError",
]

ErrorKind = Literal[
    "invalid_request",
    "authentication",
    "permission",
    "not_found",
    "method_not_allowed",
    "conflict",
    "request_too_large",
    "rate_limit",
    "server_error",
    "unavailable",
    "overloaded",
    "timeout",
]
"""What went wrong, in no provider's words; each protocol's ``error()`` gives it a status and a body."""


class MockllmError(Exception):
    """The root of all errors raised here; ``str()`` is one sentence for a person."""


class ApiError(MockllmError):
    """The caller's mistake, or a fault that was asked for; answered in the provider's own form.

    Attributes:
        kind: what went wrong, provider-neutral.
        message: the sentence for the body, already in the provider's wording where it has one.
        param: the place in the request body (``messages[0].content``), when one is to blame.
        code: the provider's own machine-readable code, when it has one.
        allow: for ``method_not_allowed``, the methods that the path does answer.
        model: the model asked for, when it is known; some providers name it.
        status: of an error of HTTP itself, where it is not that of the kind; 0 where it is.
        remark: what mockllm has to say of it to a person, beside the provider's words: for the log and a header.
    """

    def __init__(  # noqa: PLR0913 - keywords of a value
        self,
        kind: ErrorKind,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        allow: tuple[str, ...] = (),
        model: str | None = None,
        status: int = 0,
        remark: str = "",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.remark = remark
        self.kind: ErrorKind = kind
        self.message = message
        self.param = param
        self.code = code
        self.allow = allow
        self.model = model


class UnsupportedReply(MockllmError):
    """A reply holds a block that the protocol cannot spell; raised before the first byte is sent."""


class UnknownProtocol(MockllmError):
    """A name that no protocol has; the sentence lists those that exist."""


class WireError(MockllmError):
    """An answer that breaks its protocol's rules, met by a reader.

    Attributes:
        finding: the rule, the event number and the byte offset.
    """

    def __init__(self, finding: Finding) -> None:
        super().__init__(
            f"{finding.sentence} (event {finding.event}, byte {finding.offset}, rule {finding.rule})"
        )
        self.finding = finding


class EventStreamError(MockllmError):
    """AWS event-stream bytes that cannot be read, or a message that cannot be written.

    Attributes:
        offset: first byte of the message at fault, counted from the start of the stream; 0 when encoding.
        at: the faulty byte itself, counted the same way, where it is known.
        expected: what the bytes should have held, where that can be said.
        found: what they hold.
    """

    def __init__(
        self,
        sentence: str,
        *,
        offset: int,
        at: int | None = None,
        expected: int | str | None = None,
        found: int | str | None = None,
    ) -> None:
        super().__init__(sentence)
        self.offset = offset
        self.at = at
        self.expected = expected
        self.found = found


class Truncated(EventStreamError):
    """The input ends inside a message."""


class PreludeChecksumMismatch(EventStreamError):
    """The CRC-32 of the 8 length bytes is wrong, so neither length can be trusted."""


class MessageChecksumMismatch(EventStreamError):
    """The CRC-32 over the whole message is wrong."""


class LengthOutOfRange(EventStreamError):
    """A length is below its minimum or above its limit (total, headers, a header value, the payload)."""


class UnknownHeaderType(EventStreamError):
    """A header's type byte is none of the ten."""


class DuplicateHeader(EventStreamError):
    """The same header name twice in one message."""


class HeaderOverrun(EventStreamError):
    """A header's name or value runs past the header block."""


class BadHeaderName(EventStreamError):
    """A header name that is empty, longer than 255 bytes or not UTF-8."""


class BadHeaderValue(EventStreamError):
    """A header value that its type cannot hold, or a string that is not UTF-8."""
