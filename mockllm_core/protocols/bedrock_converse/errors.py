"""Errors as Bedrock spells them: before the first byte, over a contract, and inside a stream.

Statuses and names: the service model of bedrock-runtime. The body has only ``message``; which error it is stands in
the header ``x-amzn-errortype``, with the coral namespace behind it where the error is Bedrock's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mockllm_core import eventstream
from mockllm_core.errors import ApiError
from mockllm_core.exchange import HttpResponse
from mockllm_core.jsontext import compact, sorted_compact
from mockllm_core.protocols.bedrock_converse.families import family
from mockllm_core.protocols.bedrock_converse.operations import denial
from mockllm_core.reply import ToolCall

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.contract import Complaint
    from mockllm_core.errors import ErrorKind
    from mockllm_core.exchange import HttpRequest
    from mockllm_core.frame import Frame, Json
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Turn
    from mockllm_core.stamp import Stamp

__all__ = ["KINDS", "broken_call", "complain", "error", "exception", "fail", "place"]


class _Kind(NamedTuple):
    """How an error looks.

    Attributes:
        status: the HTTP status.
        name: the exception's name.
        message: the usual sentence.
        frame: the exception of the event stream, ``""`` where the stream has none of its own for it.
        own: whether Bedrock's namespace follows the name.
    """

    status: int
    name: str
    message: str
    frame: str = ""
    own: bool = True


KINDS: dict[ErrorKind, _Kind] = {
    "invalid_request": _Kind(
        400, "ValidationException", "The provided request is not valid.", "validationException"
    ),
    # AWS answers 403 to a bad signature; a test that asks for this kind asks for the 401 that its name means everywhere
    "authentication": _Kind(
        401,
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
        own=False,
    ),
    "permission": _Kind(
        403, "AccessDeniedException", "You don't have access to the model with the specified model ID."
    ),
    "not_found": _Kind(
        404,
        "ResourceNotFoundException",
        "Could not resolve the foundation model from the provided model identifier.",
    ),
    "method_not_allowed": _Kind(
        405, "UnknownOperationException", "The operation is not known for this method.", own=False
    ),
    "conflict": _Kind(409, "ConflictException", "The request conflicts with the state of the resource."),
    "request_too_large": _Kind(
        413, "RequestEntityTooLargeException", "Request body is too large.", own=False
    ),
    "rate_limit": _Kind(
        429,
        "ThrottlingException",
        "Too many tokens, please wait before trying again.",
        "throttlingException",
    ),
    "server_error": _Kind(
        500,
        "InternalServerException",
        "The system encountered an unexpected error during processing. Try your request again.",
        "internalServerException",
    ),
    "unavailable": _Kind(
        503,
        "ServiceUnavailableException",
        "Bedrock is unable to process your request.",
        "serviceUnavailableException",
    ),
    # AWS has no 529
    "overloaded": _Kind(
        503,
        "ServiceUnavailableException",
        "Too many connections, please wait before trying again.",
        "serviceUnavailableException",
    ),
    "timeout": _Kind(
        408,
        "ModelTimeoutException",
        "Model has timed out in processing the request. Try your request again.",
        "modelStreamErrorException",
    ),
}

_NAMESPACE = ":http://internal.amazon.com/coral/com.amazon.bedrock/"


def error(error: ApiError, request: HttpRequest | None, stamp: Stamp) -> HttpResponse:
    """Return an error before the first byte; ``code`` of the ApiError overrides the exception's name."""
    if request is not None and (error.code == "unknown_url" or error.kind == "method_not_allowed"):
        sentence = denial(request.method, request.path)
        if sentence is not None:
            return _denied(sentence, stamp)
    kind = KINDS[error.kind]
    name = error.code if error.code and error.code.endswith("Exception") else kind.name
    message = error.message or kind.message
    if error.code == "unknown_url":
        # before any service sees it: the front of AWS has no JSON for a path that no operation has
        headers = (("x-amzn-requestid", stamp.uuid("request")),)
        return HttpResponse(status=kind.status, headers=headers, body=b"<UnknownOperationException/>\n")
    suffix = _NAMESPACE if kind.own and name not in _FOREIGN else ""
    allow = (("allow", ", ".join(error.allow)),) if error.allow else ()
    headers = (
        ("content-type", "application/json"),
        ("x-amzn-errortype", name + suffix),
        ("x-amzn-requestid", stamp.uuid("request")),
        *allow,
    )
    body = compact({"message": message}).encode()
    return HttpResponse(status=error.status or kind.status, headers=headers, body=body)


def _denied(sentence: str, stamp: Stamp) -> HttpResponse:
    """Return what stands before the service says of an operation that is not allowed: its member has a capital letter."""
    headers = (
        ("content-type", "application/json"),
        ("x-amzn-errortype", "AccessDeniedException"),
        ("x-amzn-requestid", stamp.uuid("request")),
        ("x-mockllm-note", "mockllm does not have this operation of AWS"),
    )
    return HttpResponse(status=403, headers=headers, body=compact({"Message": sentence}).encode())


_FOREIGN = frozenset({"SerializationException", "UnrecognizedClientException", "UnknownOperationException"})


def fail(error: ApiError, call: Call, turn: Turn, stamp: Stamp, sent: int) -> Iterator[Frame]:  # noqa: ARG001 - the record's signature
    """Yield the exception that ends a broken stream; the connection closes after it."""
    yield exception(error, "modelStreamErrorException")


def exception(error: ApiError, timeout: str) -> Frame:
    """Return an error as an exception frame; ``timeout`` names the one that this operation has for a timeout."""
    kind = KINDS[error.kind]
    name = timeout if error.kind == "timeout" else kind.frame
    if error.code == "ModelErrorException":
        name = "modelStreamErrorException"
    name = name or ("validationException" if kind.status < 500 else "internalServerException")
    payload: dict[str, Json] = {"message": error.message or kind.message}
    if name == "modelStreamErrorException":
        payload |= {"originalMessage": payload["message"], "originalStatusCode": error.status or kind.status}
    return eventstream.exception(name, sorted_compact(payload).encode())


def broken_call(turn: Turn, call: Call) -> ApiError | None:
    """Return the error that a call of Nova ends in when the cap on the answer's tokens cuts it, None for any other.

    "If the model response is larger than your max token count, it will trigger an exception": the guide to Nova, "Trouble-
    shooting tool calls". The sentence is that of reports of 2025 and 2026, of Converse (github.com/langchain-ai/
    langchain-aws/issues/567) and of ConverseStream, as ``modelStreamErrorException`` (github.com/aws-solutions-library-
    samples/accelerated-intelligent-document-processing-on-aws/issues/895).
    """
    last = turn.blocks[-1] if turn.blocks else None
    if not isinstance(last, ToolCall) or not last.cut or turn.facts or not family(call.model).breaks:
        return None
    return ApiError(
        "server_error",
        "Model produced invalid sequence as part of ToolUse. Please refer to the model tool use troubleshooting guide.",
        code="ModelErrorException",
        status=424,
    )


def complain(complaint: Complaint) -> ApiError:
    """Return a contract's complaint in the words of AWS: the constraint that a member fails to satisfy."""
    if complaint.kind == "json":
        return ApiError(
            "invalid_request",
            f"The request body is not valid JSON: {complaint.expected}",
            code="SerializationException",
        )
    match complaint.path, complaint.kind:
        case ("messages", int(nth), "content"), "length":
            return ApiError(
                "invalid_request",
                f"The content field in the Message object at messages.{nth} is empty. "
                "Add a ContentBlock object to the content field and try again.",
                param=complaint.place or None,
            )
        case _:
            pass
    where = place(complaint.path) or "body"
    if complaint.kind == "missing":
        found = "Value null"
        constraint = "Member must not be null"
    else:
        found = _found(complaint.found)
        constraint = _constraint(complaint)
    message = f"1 validation error detected: {found} at '{where}' failed to satisfy constraint: {constraint}"
    return ApiError("invalid_request", message, param=complaint.place or None)


def place(path: tuple[str | int, ...]) -> str:
    """Return a path as AWS writes it: ``messages.1.member.content``, lists counted from 1."""
    return ".".join(f"{step + 1}.member" if isinstance(step, int) else step for step in path)


def _constraint(complaint: Complaint) -> str:
    expected = complaint.expected
    values = ", ".join(str(value) for value in complaint.among)
    sentences = {
        "value": f"Member must satisfy enum value set: [{values}]",
        "range": f"Member must have value {_bound(expected)}",
        "length": f"Member must have length {_bound(expected)}",
        "pattern": f"Member must satisfy regular expression pattern: {expected}",
        "unknown": "Member is not known",
        "union": f"Member must have exactly one of its members set: [{values}]",
    }
    return sentences.get(complaint.kind, f"Member must be {expected}")


def _bound(expected: str) -> str:
    for ours, theirs in (("at least ", "greater than or equal to "), ("at most ", "less than or equal to ")):
        if expected.startswith(ours):
            return theirs + expected.removeprefix(ours)
    return f"of {expected}"


def _found(value: Json) -> str:
    """Return the offending value, short, or only ``Value`` where it is a structure."""
    if isinstance(value, dict | list) or value is None:
        return "Value" if value is not None else "Value null"
    text = value if isinstance(value, str) else compact(value)
    return f"Value '{text if len(text) <= 100 else text[:100] + '...'}'"
