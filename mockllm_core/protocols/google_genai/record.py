"""The record: routes and what answers them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from mockllm_core.errors import UnsupportedReply
from mockllm_core.jsontext import compact
from mockllm_core.pattern import NOISELESS, Varying
from mockllm_core.plan import Cut
from mockllm_core.protocol import Endpoint, WireProtocol
from mockllm_core.protocols.google_genai import caches, embeddings, plain
from mockllm_core.protocols.google_genai.candidates import ASKED, unsupported
from mockllm_core.protocols.google_genai.complaints import complain
from mockllm_core.protocols.google_genai.errors import error, fail
from mockllm_core.protocols.google_genai.headers import headers
from mockllm_core.protocols.google_genai.parse import parse
from mockllm_core.protocols.google_genai.stream import stream, varying
from mockllm_core.protocols.google_genai.whole import whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mockllm_core.exchange import HttpResponse
    from mockllm_core.protocol import Incoming, Reading
    from mockllm_core.reply import Turn
    from mockllm_core.stamp import Stamp

    Answers: TypeAlias = Callable[[Incoming, Stamp], HttpResponse]

__all__ = ["PROTOCOL"]

_GEMINI = (
    "/v1beta/models/{model}",
    "/v1/models/{model}",
    "/v1alpha/models/{model}",
    "/v1beta/tunedModels/{model}",
    "/v1/tunedModels/{model}",
)
_VERTEX = (
    "/v1/projects/{project}/locations/{location}/publishers/google/models/{model}",
    "/v1beta1/projects/{project}/locations/{location}/publishers/google/models/{model}",
    "/v1/publishers/google/models/{model}",
    "/v1beta1/publishers/google/models/{model}",
)
_TUNED = (
    "/v1/projects/{project}/locations/{location}/endpoints/{model}",
    "/v1beta1/projects/{project}/locations/{location}/endpoints/{model}",
)
"""Where Vertex AI serves tuned models."""


def _endpoints() -> Iterator[Endpoint]:
    """Yield all routes, each colon also as ``%3A``."""
    for colon in (":", "%3A"):
        for form, prefixes in (("", _GEMINI), ("vertex", (*_VERTEX, *_TUNED))):
            for prefix in prefixes:
                yield from _generating(f"{prefix}{colon}", form)
        for prefix in _GEMINI[:3]:
            yield from _embedding(f"{prefix}{colon}", embeddings.embed, embeddings.batch_embed)
        for prefix in _VERTEX:
            yield from _embedding(f"{prefix}{colon}", embeddings.vertex_embed, embeddings.vertex_batch_embed)
            yield _plain(f"{prefix}{colon}predict", "", embeddings.predict)
            yield _plain(f"{prefix}{colon}computeTokens", "google-count-tokens", plain.compute_tokens)
    for name, asked in (
        ("files", "ListFiles"),
        ("batches", "ListBatches"),
        ("tunedModels", "ListTunedModels"),
        ("corpora", "ListCorpora"),
        ("fileSearchStores", "ListFileSearchStores"),
    ):
        yield _nothing(f"/v1beta/{name}", asked)
        yield _nothing(f"/v1alpha/{name}", asked)
    for version in ("v1", "v1beta1"):
        for name, asked in (
            ("batchPredictionJobs", "ListBatchPredictionJobs"),
            ("tuningJobs", "ListTuningJobs"),
        ):
            yield _nothing(f"/{version}/projects/{{project}}/locations/{{location}}/{name}", asked)
    for base, listed, one in (
        ("/v1beta/models", plain.list_models, plain.get_model),
        ("/v1/models", plain.list_models, plain.get_model),
        ("/v1alpha/models", plain.list_models, plain.get_model),
        ("/v1beta1/publishers/google/models", plain.list_vertex_models, plain.get_vertex_model),
        ("/v1/publishers/google/models", plain.list_vertex_models, plain.get_vertex_model),
    ):
        # OpenAI and Anthropic have this path, too: Google's key tells
        header, parameter = ("x-goog-api-key", "key") if base == "/v1/models" else ("", "")
        listing = Endpoint(
            method="GET", path=base, kind="plain", header=header, parameter=parameter, answer=listed
        )
        yield listing
        yield replace(listing, path=f"{base}/{{model}}", answer=one)
        if header:
            # OpenAI's models can be deleted, Google's cannot
            yield replace(listing, method="DELETE", path=f"{base}/{{model}}", answer=plain.no_entity)

    for slash in ("/", "//"):
        # google-genai writes two of them behind a base URL that ends with one, and the service takes both
        for path in _SOCKETS:
            yield Endpoint(
                method="GET", path=f"{slash}{path}", kind="plain", header="upgrade", sole=True, answer=_live
            )


_SOCKETS = (
    "ws/google.ai.generativelanguage.{version}.GenerativeService.{method}",
    "ws/google.cloud.aiplatform.{version}.LlmBidiService/BidiGenerateContent",
)


def _live(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Answer the handshake of a WebSocket; few ever come."""
    from mockllm_core.protocols.google_genai.live import opened

    return opened(incoming, stamp)


def _nothing(path: str, asked: str) -> Endpoint:
    return Endpoint(
        method="GET", path=path, kind="plain", sole=True, answer=plain.nothing_made(f"{asked}Request")
    )


def _generating(prefix: str, form: str) -> Iterator[Endpoint]:
    """Yield the methods of one model that take contents."""
    stream = Endpoint(
        method="POST",
        path=f"{prefix}streamGenerateContent",
        stream=True,
        query="alt=sse",
        form=form,
        contract="google-genai",
        # an empty body is an empty message to Google, which lacks its fields and is no fault of JSON's
        bare=True,
    )
    yield stream
    yield replace(stream, path=f"{prefix}generateContent", stream=False, query="")
    count = plain.count_vertex_tokens if form else plain.count_tokens
    yield _plain(f"{prefix}countTokens", "google-count-tokens", count)


def _embedding(prefix: str, one: Answers, batch: Answers) -> Iterator[Endpoint]:
    yield _plain(f"{prefix}embedContent", "google-embed-content", one)
    yield _plain(f"{prefix}batchEmbedContents", "google-batch-embed-contents", batch)


def _plain(path: str, contract: str, answer: Answers) -> Endpoint:
    return Endpoint(method="POST", path=path, kind="plain", contract=contract, bare=True, answer=answer)


def supports(turn: Turn) -> None:
    """Raise UnsupportedReply for a block that Gemini has no words for."""
    for choice in turn.choices:
        for block in choice.blocks:
            if sentence := unsupported(block):
                raise UnsupportedReply(sentence)


def _reading() -> Reading:
    from mockllm_core.protocols.google_genai.read import READING

    return READING


_BARE = WireProtocol(
    name="google-genai",
    title="Google Gemini",
    endpoints=tuple(_endpoints()),
    cut=Cut(text=48, arguments=None, dumps=compact),
    parse=parse,
    supports=supports,
    runs=stream,
    whole=whole,
    headers=headers,
    complain=complain,
    error=error,
    fail=fail,
    reading=_reading,
    varying=Varying(stream, stream, varying, NOISELESS),
    ends=tuple(sorted(word.lower() for word in ASKED)),
    bound=caches.remembering,
)
PROTOCOL = caches.remembering(_BARE, None)
