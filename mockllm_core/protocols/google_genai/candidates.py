"""What stream and whole share: a choice's parts in order, and the candidate object around them."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import TYPE_CHECKING

from mockllm_core import likely, tokens
from mockllm_core.asked import finish_asked_for
from mockllm_core.jsontext import float32
from mockllm_core.protocols.google_genai import ids, partial
from mockllm_core.protocols.google_genai.families import Family, family, resolved
from mockllm_core.protocols.google_genai.options import Options, options
from mockllm_core.protocols.google_genai.usage import Counter
from mockllm_core.reply import Opaque, Reasoning, Refusal, Text, ToolCall

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Block, Choice, Turn
    from mockllm_core.stamp import Stamp

__all__ = [
    "BLOCKED",
    "CALLED",
    "FINISH",
    "ORDER",
    "VERTEX_ORDER",
    "Answer",
    "arguments",
    "beside",
    "candidate",
    "choice_calls",
    "closing",
    "grouping",
    "merged",
    "sign",
    "texts",
    "token_id",
    "unsupported",
]

FINISH = {"stop": "STOP", "tool_call": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY"}
ASKED = frozenset(
    [
        "SAFETY",
        "RECITATION",
        "LANGUAGE",
        "OTHER",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "SPII",
        "MALFORMED_FUNCTION_CALL",
        "UNEXPECTED_TOOL_CALL",
        "TOO_MANY_TOOL_CALLS",
    ]
)
"""Ends that only the model's name can ask for, in lower case."""

CALLED = "Model generated function call(s)."
_FEEDBACK = (
    "If you think this was an error, [send feedback](https://ai.google.dev/gemini-api/docs/troubleshooting)."
)
_SENSITIVE = (
    "The model output could not be generated. This output contains sensitive words that violate Google's [Generative"
    f" AI Prohibited Use policy](https://policies.google.com/terms/generative-ai/use-policy). {_FEEDBACK}"
)
BLOCKED = {
    "SAFETY": _SENSITIVE,
    "PROHIBITED_CONTENT": _SENSITIVE,
    "RECITATION": "The generated content was filtered because it may contain material that resembles existing"
    f" copyrighted works. Try rephrasing the prompt. {_FEEDBACK}",
    "MALFORMED_FUNCTION_CALL": "Malformed function call: Failed to parse function call: Function call is empty - no"
    " input to parse.",
}
"""What ``finishMessage`` says of an end without content, as printed in August and September 2026."""

ORDER = (
    "content",
    "finishReason",
    "index",
    "finishMessage",
    "safetyRatings",
    "citationMetadata",
    "tokenCount",
    "groundingMetadata",
    "avgLogprobs",
    "logprobsResult",
    "urlContextMetadata",
)
VERTEX_ORDER = (
    "index",
    "content",
    "finishReason",
    "safetyRatings",
    "finishMessage",
    "citationMetadata",
    "groundingMetadata",
    "avgLogprobs",
    "logprobsResult",
    "urlContextMetadata",
)
_RATINGS: list[Json] = [
    {"category": "HARM_CATEGORY_HATE_SPEECH", "probability": "NEGLIGIBLE"},
    {"category": "HARM_CATEGORY_DANGEROUS_CONTENT", "probability": "HIGH", "blocked": True},
    {"category": "HARM_CATEGORY_HARASSMENT", "probability": "NEGLIGIBLE"},
    {"category": "HARM_CATEGORY_SEXUALLY_EXPLICIT", "probability": "NEGLIGIBLE"},
]


def arguments(call: ToolCall) -> Json:
    """Return a call's arguments as a value; ValueError when its pieces are no JSON."""
    return _decode(call.text) if call.pieces else call.arguments


_decode = json.JSONDecoder().decode


def texts(block: Text, wanted: Options) -> tuple[str, ...]:
    """Return a text's pieces; for ``text/x.enum`` the bare value out of its JSON string, in one piece."""
    if wanted.bare_enum:
        try:
            value = json.loads(block.text)
        except ValueError:
            return block.pieces
        return (value,) if isinstance(value, str) else block.pieces
    return block.pieces


def closing(model: str, created: str | None, ident: str) -> dict[str, Json]:
    """Return the keys after ``usageMetadata``; ``created`` None leaves ``createTime`` out."""
    made = {"modelVersion": model, "createTime": created, "responseId": ident}
    if created is None:
        del made["createTime"]
    return made


def candidate(
    form: Family, index: int, parts: list[Json] | None, word: str, more: dict[str, Json], *, vertex: bool
) -> dict[str, Json]:
    """Return one candidate, keys in the wire's order.

    ``parts`` None is for one without content, ``word`` is its finish reason, ``""`` while it goes on, and ``more``
    holds other keys.
    """
    made: dict[str, Json] = dict(more)
    if parts is None:
        if not vertex:
            made["content"] = {}
    elif vertex:
        made["content"] = {"role": "model", "parts": parts} if parts else {"role": "model"}
    else:
        made["content"] = {"parts": parts, "role": "model"} if parts else {"role": "model"}
    if word:
        made["finishReason"] = word
        if form.finish_message and word == "STOP" and parts and any("functionCall" in part for part in parts):
            made["finishMessage"] = CALLED
        elif form.finish_message and parts is None and word in BLOCKED:
            made.setdefault("finishMessage", BLOCKED[word])
    if "unnumbered" in made:  # a reader found it so
        del made["unnumbered"]
    elif index or form.index:
        made["index"] = index
    order = VERTEX_ORDER if vertex else ORDER
    return {key: made[key] for key in order if key in made} | made


class Answer:
    """One Turn about to be spelled for one call.

    Attributes:
        model: what ``modelVersion`` says.
        vertex: whether Vertex AI answers.
        form: the model family's form.
        options: the request's options.
        counter: writes the usage.
    """

    __slots__ = ("_words", "call", "counter", "form", "model", "options", "stamp", "turn", "vertex")

    def __init__(self, turn: Turn, call: Call, stamp: Stamp) -> None:
        self._words: dict[int, str] = {}
        self.turn = turn
        self.call = call
        self.stamp = stamp
        noted = turn.facts.get("model")
        self.model: str = noted if isinstance(noted, str) else resolved(call.model)
        self.vertex = call.form.startswith("vertex")
        self.form = family(self.model, vertex=self.vertex)
        for choice in turn.choices:
            if choice.finish.reason == "length":
                self.turn = turn = partial.ended(turn, self.form)
                break
        self.options = options(call)
        if call.conversation.hosted and not turn.facts:
            from mockllm_core.protocols.google_genai.grounding import noted as told

            self.turn = turn = told(self)
        self.counter = Counter(turn, call, self.form, self.options, vertex=self.vertex)

    def closing(self) -> dict[str, Json]:
        """Return the keys after ``usageMetadata``."""
        created = ids.create_time(self.stamp) if self.vertex else None
        return closing(self.model, created, ids.response_id(self.stamp))

    def word(self, index: int) -> str:
        """Return a choice's ``finishReason``."""
        made = self._words.get(index)
        if made is None:
            made = self._words[index] = self._ending(index)
        return made

    def _ending(self, index: int) -> str:
        noted = self.turn.facts.get("finish", {}).get(str(index)) if self.turn.facts else None
        if isinstance(noted, str):
            return noted
        asked = finish_asked_for(self.call.model)
        if asked and asked.upper() in ASKED:
            return asked.upper()
        choice = self.turn.choices[index]
        for block in choice.blocks:
            if type(block) is Refusal:
                return FINISH["content_filter"]
        return FINISH[choice.finish.reason]

    def bare(self, index: int) -> bool:
        """Whether a choice ends in a candidate without content: anything but an end and the token cap."""
        return self.word(index) not in ("STOP", "MAX_TOKENS")

    def signature(self, index: int) -> str | None:
        """Return a choice's thought signature; None when it has none, as where the tokens ended before anything was said."""
        choice = self.turn.choices[index]
        thoughts = [block for block in choice.blocks if type(block) is Reasoning]
        for block in thoughts:
            if block.signature is not None:
                return block.signature
        if "signature" in self.turn.facts or (
            len(thoughts) == len(choice.blocks) and choice.finish.reason == "length"
        ):
            return None
        place = self.form.signature
        if place != "last" and not (place and thoughts and self.options.declared):
            return None
        size = 96 + 3 * sum(len(block.text) for block in thoughts)
        nested = self.form.signature == "last" and not self.vertex
        return ids.signature(self.stamp, nested=nested, size=min(size, 4096), path=(index,))

    def in_pieces(self) -> bool:
        """Whether a call's arguments come in pieces."""
        return "partial" in self.turn.facts or partial.wanted(self.call.body, self.model, vertex=self.vertex)

    def part(self, block: ToolCall | Opaque, index: int, nth: int) -> dict[str, Json]:
        """Return the part of a call (the ``nth`` of its choice) or of an opaque block."""
        if isinstance(block, Opaque):
            return dict(block.payload)
        made: dict[str, Json] = {"name": block.name, "args": arguments(block)}
        if block.id is not None:
            made |= {"id": block.id} if block.id else {}
        elif self.form.call_id:
            made["id"] = ids.call_id(self.stamp, self.form.call_id, index, nth)
        return {"functionCall": made}

    def more(self, index: int, block: int) -> dict[str, Json]:
        """Return a block's own signature, where a reader noted one beside the choice's."""
        noted = self.turn.facts.get("signatures", {}).get(f"{index}.{block}")
        return {} if noted is None else {"thoughtSignature": noted}

    def candidate(self, index: int, parts: list[Json] | None, *, ends: bool, **more: Json) -> dict[str, Json]:
        """Return one candidate; ``parts`` None for one without content, keys in the wire's order."""
        word = self.word(index)
        if parts is None and word == "SAFETY":
            more.setdefault("safetyRatings", _RATINGS)
        return candidate(self.form, index, parts, word if ends else "", more, vertex=self.vertex)

    def logprobs(self, block: Text, piece: str, nth: int, path: tuple[int, ...]) -> Json:
        """Return the ``logprobsResult`` of one piece of a text; None when none was asked for."""
        if block.logprobs is not None:
            return block.logprobs[nth] if nth < len(block.logprobs) else None
        wanted = self.options.logprobs
        if wanted is None:
            return None
        chosen: list[Json] = []
        ranked: list[Json] = []
        for at, token in enumerate(tokens.cut(piece)):
            said, *others = likely.log_chances(max(wanted, 1), self.stamp, *path, nth, at)
            rest = map(_candidate, likely.rivals(token, len(others), at), others)
            chosen.append(_candidate(token, said))
            ranked.append({"candidates": [chosen[-1], *rest]})
        return {**({"topCandidates": ranked} if wanted else {}), "chosenCandidates": chosen}

    def average(self, index: int, likely: Json) -> float | None:
        """Return a whole answer's ``avgLogprobs``."""
        noted = self.turn.facts.get("average", {}).get(str(index))
        if noted is not None:
            return float(noted)
        if likely:
            chosen = [one["logProbability"] for one in likely["chosenCandidates"]]
            return float(f"{sum(chosen) / len(chosen):.15g}") if chosen else None
        if not self.form.average:
            return None
        return -(10**14 + self.stamp.number(9 * 10**14, "average", index)) / 10**17


def _candidate(token: str, chance: float) -> Json:
    return {
        "token": token,
        "logProbability": float32(chance),
        "tokenId": token_id(token),
    }


def token_id(token: str) -> int:
    """Return a token's number, the same one wherever it stands."""
    return int.from_bytes(blake2b(token.encode("utf-8", "surrogatepass"), digest_size=4).digest()) % 256_000


def unsupported(block: Block) -> str:
    """Return why a block cannot be spelled, ``""`` when it can."""
    reason = ""
    match block:
        case Text() | Refusal():  # who refuses is blocked, its words are lost
            pass
        case Reasoning():
            reason = "" if block.redacted is None else "Gemini has no redacted thoughts"
        case ToolCall():
            reason = _uncallable(block)
        case Opaque():
            if block.protocol != "google-genai" or not isinstance(block.payload, dict):
                reason = f"a block of {block.protocol} means nothing to Gemini"
    return reason


def _uncallable(call: ToolCall) -> str:
    if call.free_text:
        return f"Gemini's calls take an object, so {call.name} cannot be called with free text"
    try:
        value = arguments(call) if call.arguments is None else call.arguments
    except ValueError:
        return f"the arguments of {call.name} are no JSON"
    return "" if isinstance(value, dict) else f"the arguments of {call.name} are no JSON object"


def beside(part: dict[str, Json], signature: dict[str, Json]) -> dict[str, Json]:
    """Return a part with its own signature, which stands before what tells of a call that Google answers."""
    return signature | part if "toolCall" in part or "toolResponse" in part else part | signature


def sign(parts: list[Json], signature: str, place: str) -> bool:
    """Put a signature on the part where the form has it; False when there is no such part."""
    said = [part for part in parts if not part.get("thought")]
    if not said:
        return False
    calls = [part for part in said if "functionCall" in part]
    chosen = said[0] if place == "first" else calls[0] if calls else said[-1]
    chosen["thoughtSignature"] = signature
    return True


def grouping(calls: list[bool], *, together: bool) -> list[int]:
    """Return how many parts each chunk has: one, but for calls in a row where they go together."""
    sizes: list[int] = []
    for at, call in enumerate(calls):
        if together and call and at and calls[at - 1]:
            sizes[-1] += 1
        else:
            sizes.append(1)
    return sizes


def merged(parts: list[Json]) -> Json:
    """Join the ``logprobsResult`` of several pieces; None when there is none."""
    made: dict[str, list[Json]] = {}
    for part in parts:
        for key, value in (part or {}).items():
            if isinstance(value, list):
                made.setdefault(key, []).extend(value)
    return made or None


def choice_calls(choice: Choice) -> dict[int, int]:
    """Return, for each block that is a call, which call it is."""
    at = [nth for nth, block in enumerate(choice.blocks) if isinstance(block, ToolCall)]
    return {block: nth for nth, block in enumerate(at)}
