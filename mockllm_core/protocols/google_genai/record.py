"""The record: routes and what answers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.errors import UnsupportedReply
from mockllm_core.jsontext import compact
from mockllm_core.plan import Cut
from mockllm_core.protocol import Endpoint, WireProtocol
from mockllm_core.protocols.google_genai import plain
from mockllm_core.protocols.google_genai.candidates import unsupported
from mockllm_core.protocols.google_genai.errors import complain, error, fail
from mockllm_core.protocols.google_genai.headers import headers
from mockllm_core.protocols.google_genai.parse import parse
from mockllm_core.protocols.google_genai.read import read_whole, reader
from mockllm_core.protocols.google_genai.rules import RULES
from mockllm_core.protocols.google_genai.stream import stream
from mockllm_core.protocols.google_genai.whole import whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.reply import Turn

__all__ = ["PROTOCOL"]

_GEMINI = ("/v1beta/models/{model}", "/v1/models/{model}", "/v1beta/tunedModels/{model}")
_VERTEX = (
    "/v1/projects/{project}/locations/{location}/publishers/google/models/{model}",
    "/v1beta1/projects/{project}/locations/{location}/publishers/google/models/{model}",
    "/v1/publishers/google/models/{model}",
    "/v1beta1/publishers/google/models/{model}",
)


def _endpoints() -> Iterator[Endpoint]:
    """Yield all routes, each colon also as ``%3A``."""
    for colon in (":", "%3A"):
        for form, prefixes in (("", _GEMINI), ("vertex", _VERTEX)):
            for prefix in prefixes:
                yield Endpoint(
                    method="POST",
                    path=f"{prefix}{colon}streamGenerateContent",
                    stream=True,
                    query="alt=sse",
                    form=form,
                    contract="google-genai",
                )
                yield Endpoint(
                    method="POST",
                    path=f"{prefix}{colon}generateContent",
                    stream=False,
                    form=form,
                    contract="google-genai",
                )
                yield Endpoint(
                    method="POST",
                    path=f"{prefix}{colon}countTokens",
                    kind="plain",
                    form=form,
                    contract="google-count-tokens",
                    answer=plain.count_vertex_tokens if form else plain.count_tokens,
                )
        for prefix in _GEMINI[:2]:
            yield Endpoint(
                method="POST",
                path=f"{prefix}{colon}embedContent",
                kind="plain",
                contract="google-embed-content",
                answer=plain.embed,
            )
            yield Endpoint(
                method="POST",
                path=f"{prefix}{colon}batchEmbedContents",
                kind="plain",
                contract="google-batch-embed-contents",
                answer=plain.batch_embed,
            )
    for base, header, listed, one in (
        ("/v1beta/models", "", plain.list_models, plain.get_model),
        ("/v1/models", "x-goog-api-key", plain.list_models, plain.get_model),
        ("/v1beta1/publishers/google/models", "", plain.list_vertex_models, plain.get_vertex_model),
        ("/v1/publishers/google/models", "", plain.list_vertex_models, plain.get_vertex_model),
    ):
        yield Endpoint(method="GET", path=base, kind="plain", header=header, answer=listed)
        yield Endpoint(method="GET", path=f"{base}/{{model}}", kind="plain", header=header, answer=one)


def supports(turn: Turn) -> None:
    """Raise UnsupportedReply for a block that Gemini has no words for."""
    for choice in turn.choices:
        for block in choice.blocks:
            if sentence := unsupported(block):
                raise UnsupportedReply(sentence)


PROTOCOL = WireProtocol(
    name="google-genai",
    title="Google Gemini",
    endpoints=tuple(_endpoints()),
    cut=Cut(text=48, arguments=None, dumps=compact),
    parse=parse,
    supports=supports,
    stream=stream,
    whole=whole,
    headers=headers,
    complain=complain,
    error=error,
    fail=fail,
    reader=reader,
    read_whole=read_whole,
    rules=RULES,
)
