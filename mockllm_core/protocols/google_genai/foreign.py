"""Fields that the other of Google's two hosts has: a JSON reader does not know them, and says so.

Source: google-genai 3.6.1, which raises an error of its own instead of sending such a field. The sentence for a field of
Vertex AI is printed in github.com/vercel/ai/issues/14655 (April 2026). ``labels``, of Vertex AI alone until 2026, it sends
to both.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from mockllm_core.errors import ApiError
from mockllm_core.protocols.google_genai.options import many, pick, snake

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mockllm_core.frame import Json

__all__ = ["check", "check_part"]

_Fields = tuple[tuple[str, tuple[str, ...]], ...]

_OF_VERTEX: _Fields = (
    ("", ("modelArmorConfig", "outputConfig")),
    ("generationConfig", ("routingConfig", "modelConfig", "modelSelectionConfig", "audioTimestamp")),
    (
        "generationConfig.imageConfig",
        (
            "personGeneration",
            "prominentPeople",
            "outputMimeType",
            "outputCompressionQuality",
            "imageOutputOptions",
        ),
    ),
    ("safetySettings[]", ("method",)),
    ("tools[]", ("retrieval", "enterpriseWebSearch", "parallelAiSearch", "exaAiSearch")),
    ("tools[].googleSearch", ("blockingConfidence", "excludeDomains")),
    ("tools[].googleMaps", ("groundingTypes",)),
    (
        "tools[].googleMaps.authConfig",
        (
            "apiKeyConfig",
            "authType",
            "googleServiceAccountConfig",
            "httpBasicAuthConfig",
            "oauthConfig",
            "oidcConfig",
        ),
    ),
    ("toolConfig.functionCallingConfig", ("streamFunctionCallArguments",)),
)
"""Where the Gemini API does not know which fields."""

_OF_GEMINI: _Fields = (
    ("", ("store",)),
    ("generationConfig", ("enableEnhancedCivicAnswers",)),
    (
        "generationConfig.speechConfig.voiceConfig.replicatedVoiceConfig",
        ("consentAudio", "voiceConsentSignature"),
    ),
    ("tools[]", ("fileSearch",)),
    ("tools[].mcpServers[]", ("name", "streamableHttpTransport")),
    ("toolConfig", ("includeServerSideToolInvocations",)),
)
"""Where Vertex AI does not know which fields."""

_PARTS_OF_VERTEX: _Fields = (("functionCall", ("partialArgs", "willContinue")),)
_PARTS_OF_GEMINI: _Fields = (
    ("", ("toolCall", "toolResponse", "partMetadata")),
    ("functionResponse", ("willContinue",)),
    ("functionResponse.parts[]", ("mediaProcessing",)),
)


def check(body: Json, *, vertex: bool) -> None:
    """Raise ApiError for the fields that the host does not know, beside the contents."""
    _refuse(body, "", _beside(vertex))


def check_part(part: Mapping[str, Json], place: str, *, vertex: bool) -> None:
    """Raise ApiError for the fields of a part that the host does not know."""
    _refuse(part, place, _within(vertex))


def _refuse(held: Json, place: str, looked: tuple[_Fields, _Node]) -> None:
    fields, tree = looked
    if not _met(held, tree):
        return
    found: list[tuple[str, str]] = []
    for path, names in fields:
        for value, at in _places(held, path, place):
            if isinstance(value, dict):
                found += [
                    (one, at) for name in names for one in dict.fromkeys((name, snake(name))) if one in value
                ]
    if found:
        lines = [
            f'Invalid JSON payload received. Unknown name "{name}"{f" at {at!r}" if at else ""}: Cannot find field.'
            for name, at in found
        ]
        raise ApiError("invalid_request", "\n".join(lines), param=found[0][1])


class _Node:
    """What is looked for in an object and in those below it, in both spellings: nearly every request has none of it.

    Attributes:
        names: keys that the host does not know.
        inner: where to look further, by key.
    """

    def __init__(self) -> None:
        self.names: frozenset[str] = frozenset()
        self.inner: dict[str, _Node] = {}


def _tree(fields: _Fields) -> _Node:
    root = _Node()
    for path, names in fields:
        node = root
        for step in filter(None, path.replace("[]", "").split(".")):
            node = node.inner.setdefault(step, _Node())
        node.names |= {*names, *map(snake, names)}
    return _both(root)


def _both(node: _Node) -> _Node:
    node.inner |= {snake(name): _both(inner) for name, inner in node.inner.items()}
    return node


@cache
def _beside(vertex: bool) -> tuple[_Fields, _Node]:  # noqa: FBT001 - a key of the cache
    fields = _OF_GEMINI if vertex else _OF_VERTEX
    return fields, _tree(fields)


@cache
def _within(vertex: bool) -> tuple[_Fields, _Node]:  # noqa: FBT001 - a key of the cache
    fields = _PARTS_OF_GEMINI if vertex else _PARTS_OF_VERTEX
    return fields, _tree(fields)


def _met(held: Json, node: _Node) -> bool:
    """Tell whether there may be a field that the host does not know."""
    if isinstance(held, list):
        return any([_met(one, node) for one in held])  # noqa: C419 - a list is quicker
    if not isinstance(held, dict):
        return False
    if not node.names.isdisjoint(held):
        return True
    return any([_met(held[name], node.inner[name]) for name in node.inner.keys() & held.keys()])  # noqa: C419


def _places(held: Json, path: str, place: str) -> Iterator[tuple[Json, str]]:
    """Yield what stands at a path, ``[]`` standing for each of a list, and where that is."""
    step, _, rest = path.partition(".")
    if not step:
        yield held, place
    elif isinstance(held, dict):
        name = step.removesuffix("[]")
        where = f"{place}.{snake(name)}" if place else snake(name)
        if name == step:
            if (value := pick(held, name)) is not None:
                yield from _places(value, rest, where)
        else:
            for nth, value in enumerate(many(held, name)):
                yield from _places(value, rest, f"{where}[{nth}]")
