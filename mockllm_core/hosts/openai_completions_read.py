"""Read text completions back: streams and whole answers."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from mockllm_core import sse
from mockllm_core.frame import Finding
from mockllm_core.protocol import Reading
from mockllm_core.reply import Choice, Finish, Text, Turn, Usage

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.reply import FinishReason

__all__ = ["READING", "StreamReader", "read_whole"]

RULES: dict[str, str] = {
    "completions-framing": "An event is one `data: ` line with LF and a blank line.",
    "completions-json": "A payload is a JSON object.",
    "completions-keys": "Objects and choices have the provider's keys in the provider's order.",
    "completions-id": "`id` is `cmpl-` and 29 letters or digits, the same on every chunk.",
    "completions-choice": "Choices are counted from 0 and have text.",
    "completions-finish": "Each choice ends with a finish reason, and no text follows it.",
    "completions-usage": "The sums of usage agree.",
    "completions-done": "`[DONE]` ends the stream, once.",
    "completions-layout": "A whole answer is indented by 2 and ends with a newline.",
    "completions-error": "An answer that began well does not turn into an error.",
}

_CHUNKS = (
    ["id", "object", "created", "choices", "model"],
    ["id", "object", "created", "choices", "model", "usage"],
    ["id", "object", "created", "model", "usage", "choices"],
)
_WHOLE = ["id", "object", "created", "model", "choices", "usage"]
_CHOICE = ["text", "index", "logprobs", "finish_reason"]
_ID = re.compile(r"cmpl-[A-Za-z0-9]{29}")
_REASONS: dict[str, FinishReason] = {"stop": "stop", "length": "length", "content_filter": "content_filter"}


class _Answer:
    """What has been read so far, of a stream or of a whole body."""

    def __init__(self) -> None:
        self.pieces: dict[int, list[str]] = {}
        self.finishes: dict[int, FinishReason] = {}
        self.usage: Json = None
        self.model: str | None = None

    def take(self, body: dict[str, Any]) -> list[tuple[str, str]]:
        """Add a chunk, or a whole body; return what is wrong with it, rule and sentence."""
        found: list[tuple[str, str]] = []
        known = body.get("id")
        if not isinstance(known, str) or not _ID.fullmatch(known) or body.get("object") != "text_completion":
            found.append(("completions-id", "`id` or `object` is not that of a completion"))
        if isinstance(body.get("model"), str):
            self.model = body["model"]
        usage = body.get("usage")
        if usage is not None:
            self.usage = usage
            found += _wrong_usage(usage)
        choices = body.get("choices")
        if not isinstance(choices, list):
            return [*found, ("completions-choice", "`choices` is not a list")]
        for choice in choices:
            found += self._choice(choice)
        return found

    def _choice(self, choice: Json) -> list[tuple[str, str]]:
        if not isinstance(choice, dict) or list(choice) != _CHOICE:
            return [("completions-keys", "a choice has not text, index, logprobs and finish_reason")]
        index, text, reason = choice["index"], choice["text"], choice["finish_reason"]
        if type(index) is not int or not isinstance(text, str):
            return [("completions-choice", "a choice has no index or no text")]
        found: list[tuple[str, str]] = []
        if index in self.finishes and text:
            found.append(("completions-finish", f"choice {index} goes on after its finish reason"))
        pieces = self.pieces.setdefault(index, [])
        if text:
            pieces.append(text)
        if reason is not None:
            if reason not in _REASONS:
                found.append(("completions-finish", "the finish reason is none of the reasons"))
            self.finishes[index] = _REASONS.get(str(reason), "stop")
        return found

    def ended(self) -> list[tuple[str, str]]:
        """Return what is wrong with the answer as a whole."""
        found: list[tuple[str, str]] = []
        if not self.pieces or sorted(self.pieces) != list(range(len(self.pieces))):
            found.append(("completions-choice", "the choices are not counted from 0"))
        if set(self.pieces) != set(self.finishes):
            found.append(("completions-finish", "a choice has no finish reason"))
        return found

    def turn(self) -> Turn:
        """Return the Turn of what was read."""
        choices = tuple(
            Choice(
                blocks=(Text(pieces=tuple(self.pieces[index])),),
                finish=Finish(self.finishes.get(index, "stop")),
            )
            for index in sorted(self.pieces)
        )
        counts = self.usage if isinstance(self.usage, dict) else {}
        said, answered = counts.get("prompt_tokens"), counts.get("completion_tokens")
        usage = Usage(
            input_tokens=said if isinstance(said, int) else 0,
            output_tokens=answered if isinstance(answered, int) else 0,
        )
        nothing = (Choice(blocks=(), finish=Finish("stop")),)
        facts = {} if self.model is None else {"model": self.model}
        return Turn(choices=choices or nothing, usage=usage, facts=facts)


def _wrong_usage(usage: Json) -> list[tuple[str, str]]:
    wanted = ["prompt_tokens", "completion_tokens", "total_tokens"]
    if not isinstance(usage, dict) or list(usage) != wanted:
        return [("completions-usage", "usage has not its three fields")]
    said, answered, total = usage.values()
    if not all(type(count) is int for count in (said, answered, total)) or said + answered != total:
        return [("completions-usage", "the sums of usage do not agree")]
    return []


class StreamReader:
    """Reads a stream: feed bytes in any partition, then finish.

    Attributes:
        findings: what breaks the rules, in the order met.
    """

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self._decoder = sse.Decoder()
        self._answer = _Answer()
        self._event = -1
        self._offset = 0
        self._id: Json = None
        self._done = False

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        for received in self._decoder.feed(data):
            self._event += 1
            self._offset = received.offset
            self._received(received)

    def finish(self) -> Turn:
        """Say that no more bytes come, and return what was read."""
        self._event, self._offset = -1, self._decoder.offset
        if self._decoder.pending.strip():
            self._find("completions-framing", "the stream ends inside an event")
        if not self._done:
            self._find("completions-done", "the stream ends without [DONE]")
        for rule, sentence in self._answer.ended():
            self._find(rule, sentence)
        return self._answer.turn()

    def _find(self, rule: str, sentence: str) -> None:
        self.findings.append(Finding(rule, self._event, self._offset, sentence))

    def _received(self, received: sse.Received) -> None:
        text = received.data
        if text is None or received.wire != f"data: {text}\n\n".encode():
            self._find("completions-framing", "the event is not one `data: ` line, LF and a blank line")
        if self._done:
            self._find("completions-done", "something follows [DONE]")
        elif text == "[DONE]":
            self._done = True
        elif text is not None:
            chunk = _object(text)
            if chunk is None:
                self._find("completions-json", "the payload is not a JSON object")
            elif chunk.get("error"):
                self._find("completions-error", "the stream ends in an error")
            else:
                self._chunk(chunk)

    def _chunk(self, chunk: dict[str, Any]) -> None:
        if list(chunk) not in _CHUNKS:
            self._find("completions-keys", f"the keys are {', '.join(chunk)}")
        if self._id not in (None, chunk.get("id")):
            self._find("completions-id", "`id` is not that of the first chunk")
        self._id = chunk.get("id")
        for rule, sentence in self._answer.take(chunk):
            self._find(rule, sentence)


def read_whole(body: bytes, findings: list[Finding]) -> Turn:
    """Read a whole body; what is wrong with it is appended to ``findings``."""
    text = body.decode("utf-8", "replace")
    answer, read = _object(text), _Answer()
    found: list[tuple[str, str]] = []
    if answer is None:
        found.append(("completions-json", "the body is not a JSON object"))
    else:
        if answer.get("error"):
            found.append(("completions-error", "the answer is an error"))
        if not text.startswith('{\n  "id": ') or not text.endswith("\n}\n"):
            found.append(("completions-layout", "the body is not indented by 2 with a final newline"))
        if list(answer) != _WHOLE:
            found.append(("completions-keys", f"the keys are {', '.join(answer)}"))
        found += read.take(answer)
        found += read.ended()
    findings += [Finding(rule, -1, 0, sentence) for rule, sentence in found]
    return read.turn()


def _object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


READING = Reading(lambda _: StreamReader(), read_whole, RULES)
