"""Cohere's embeddings: texts, images, and on version 4 both in one input; in floats or in smaller numbers.

Specs: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed-v3.html and ``…-embed-v4.html``. What is
said of a text that is too long and of what is missing stands in public reports of 2025 and 2026
(langchain-ai/langchainjs 8450 and others), which no ``truncate`` softens; all else is in the same words of the schema's.
No image is looked at but for its size: the same one has the same vector, and no other is near it.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from mockllm_core.conversation import Media, Message, Words
from mockllm_core.embedding import embed
from mockllm_core.errors import ApiError
from mockllm_core.hosts.bedrock_invoke.pictured import described
from mockllm_core.media import PICTURES, lacks
from mockllm_core.tokens import CHARS_PER_TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mockllm_core.frame import Json
    from mockllm_core.protocol import Call
    from mockllm_core.stamp import Stamp

__all__ = ["KEYS", "answer", "checked"]

_OF_FOUR = ("inputs", "output_dimension", "max_tokens")
"""What version 4 has and version 3 has not."""
_SOURCES = ("texts", "images", "inputs")
KEYS = frozenset((*_SOURCES, *_OF_FOUR, "input_type", "truncate", "embedding_types"))
_SIZES = (1536, 1024, 512, 256)
_MOST, _MOST_IMAGES = 96, 1
"""Inputs of a call; version 3 takes one image."""
_LONGEST = 2048
"""Characters of a text on version 3."""
_MISSING = "#: required key [images] not found" + "#: required key [texts] not found" * 4
_ENUMS = {
    "input_type": ("search_document", "search_query", "classification", "clustering", "image"),
    "truncate": ("NONE", "START", "END", "LEFT", "RIGHT"),
}


def checked(body: dict[str, Any], model: str) -> tuple[Message, ...]:
    """Return what is to be embedded, a part for each text and image.

    Raises:
        ApiError: the model does not take it.
    """
    what = "".join(_wrong(body, four="embed-v4" in model))
    if what:
        sentence = f"Malformed input request: {what}, please reformat your input and try again."
        raise ApiError("invalid_request", sentence, model=model)
    parts = [part for one in _inputs(body) for part in one]
    return (
        Message("user", tuple(Words(part) if kind == "text" else Media("image") for kind, part in parts)),
    )


def _wrong(body: dict[str, Any], *, four: bool) -> Iterator[str]:
    """Yield what is wrong with a body: all that it lacks or has too much, else the first fault inside."""
    given = [key for key in _SOURCES if key in body]
    if not given:
        yield "#: required key [texts] not found" if four else _MISSING
    if "input_type" not in body:
        yield "#: required key [input_type] not found"
    odd = [*given[1:], *(key for key in _OF_FOUR if key in body and not four)]
    for key in dict.fromkeys(odd):
        yield f"#: extraneous key [{key}] is not permitted"
    if given and "input_type" in body and not odd:
        yield _fault(body, given[0], four=four)


def _fault(body: dict[str, Any], key: str, *, four: bool) -> str:
    """Return the first fault inside of a body that has all its keys."""
    return _list_fault(body[key], key, four=four) or _option_fault(body)


def _list_fault(held: Json, key: str, *, four: bool) -> str:
    if not isinstance(held, list):
        return f"#/{key}: expected type: JSONArray, found: {_named(held)}"
    most = _MOST_IMAGES if key == "images" and not four else _MOST
    if not 1 <= len(held) <= most:
        bound = f"maximum item count: {most}" if held else "minimum item count: 1"
        return f"#/{key}: expected {bound}, found: {len(held)}"
    for nth, one in enumerate(held):
        if fault := _INSIDE[key](one, f"#/{key}/{nth}"):
            return fault
        if key == "texts" and not four and len(one) > _LONGEST:
            return f"#/texts/{nth}: expected maxLength: {_LONGEST}, actual: {len(one)}"
    return ""


def _option_fault(body: dict[str, Any]) -> str:
    for name, values in _ENUMS.items():
        if body.get(name) is not None and body[name] not in values:
            return f"#/{name}: {body[name]} is not a valid enum value"
    size = body.get("output_dimension")
    if size is not None and (isinstance(size, bool) or size not in _SIZES):
        return (
            f"#/output_dimension: {size!r} is not a valid enum value [{', '.join(map(str, sorted(_SIZES)))}]"
        )
    kinds = body.get("embedding_types")
    odd = [one for one in kinds if one != "float" and one not in _INTEGERS] if isinstance(kinds, list) else []
    return f"{odd[0]!r} is not a valid embedding type" if odd else ""


def _text_fault(text: Json, place: str) -> str:
    if not isinstance(text, str):
        return f"{place}: expected type: String, found: {_named(text)}"
    return "" if text else f"{place}: expected minLength: 1, actual: 0"


def _image_fault(image: Json, place: str) -> str:
    if not isinstance(image, str):
        return f"{place}: expected type: String, found: {_named(image)}"
    return (
        f"{place}: expected a data URI of an image, found {lacked}"
        if (lacked := lacks(image, PICTURES))
        else ""
    )


def _input_fault(given: Json, place: str) -> str:
    content = given.get("content") if isinstance(given, dict) else None
    if not isinstance(content, list) or not content:
        return f"{place}: required key [content] not found"
    for nth, part in enumerate(content):
        inside = f"{place}/content/{nth}"
        kind = part.get("type") if isinstance(part, dict) else None
        if kind not in ("text", "image_url"):
            return f"{inside}/type: {kind} is not a valid enum value"
        fault = (_text_fault if kind == "text" else _image_fault)(_held(part), f"{inside}/{kind}")
        if fault:
            return fault
    return ""


_INSIDE = {"texts": _text_fault, "images": _image_fault, "inputs": _input_fault}


def _named(value: Json) -> str:
    """Return the name of a JSON value's type as the validator has it."""
    if value is None:
        return "Null"
    return {str: "String", bool: "Boolean", int: "Integer", float: "BigDecimal", dict: "JSONObject"}.get(
        type(value), "JSONArray"
    )


def _held(part: dict[str, Any]) -> Json:
    """Return a part's text or image; Cohere's own API puts the image's address a level deeper."""
    held = part.get(part["type"])
    return held.get("url") if isinstance(held, dict) else held


def _inputs(body: dict[str, Any]) -> list[list[tuple[str, str]]]:
    """Return the parts of each input: what they are, and the text or the image."""
    if "inputs" in body:
        return [[(part["type"], _held(part)) for part in one["content"]] for one in body["inputs"]]
    key, kind = ("texts", "text") if "texts" in body else ("images", "image_url")
    return [[(kind, one)] for one in body[key]]


# -- the answer ---------------------------------------------------------------------------------------------------


def _bits(vector: list[float]) -> list[int]:
    """Return the signs of the numbers, eight to a byte."""
    signs = [number > 0 for number in vector]
    return [
        sum(1 << (7 - nth) for nth, sign in enumerate(signs[at : at + 8]) if sign)
        for at in range(0, len(signs), 8)
    ]


_INTEGERS: dict[str, Callable[[list[float]], list[int]]] = {
    "int8": lambda vector: [round(number * 127) for number in vector],
    "uint8": lambda vector: [round(number * 127) + 128 for number in vector],
    "binary": lambda vector: [byte - 128 for byte in _bits(vector)],
    "ubinary": _bits,
}


def answer(call: Call, stamp: Stamp) -> Json:
    """Return a list of vectors, or one list a type when types were asked for, and what was embedded."""
    body = call.body
    size = body.get("output_dimension") or (1536 if "embed-v4" in call.model else 1024)
    vectors = [embed(" ".join(_embedded(part, body) for part in one), size) for one in _inputs(body)]
    told: dict[str, Json] = {"embeddings": vectors, "id": stamp.uuid("embedding")}
    kinds = body.get("embedding_types")
    by_type = isinstance(kinds, list) and bool(kinds)
    if by_type:
        told["embeddings"] = {
            kind: vectors if kind == "float" else [_INTEGERS[kind](vector) for vector in vectors]
            for kind in kinds
        }
    if "images" in body:
        told["images"] = [described(image) for image in body["images"]]
    if "inputs" in body:
        told["inputs"] = body["inputs"]
    told["response_type"] = "embeddings_by_type" if by_type else "embeddings_floats"
    return told if "inputs" in body else told | {"texts": body.get("texts", [])}


def _embedded(part: tuple[str, str], body: dict[str, Any]) -> str:
    """Return the text that stands for a part: ``max_tokens`` of it, its end where the left is cut."""
    kind, held = part
    if kind != "text":
        return blake2b(held.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    most = body.get("max_tokens")
    if not isinstance(most, int) or most < 1:
        return held
    size = most * CHARS_PER_TOKEN
    return held[-size:] if body.get("truncate") in ("LEFT", "START") else held[:size]
