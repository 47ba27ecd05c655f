"""Embeddings: of one content, of a batch, and Vertex AI's older ``:predict``.

``gemini-embedding-2`` tells its tokens, as public bug reports of 2026 print them: on the Gemini API in
``promptTokenDetails``, without a total. Vertex AI answers with the usage of its other methods.

References: https://ai.google.dev/api/embeddings and
https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core import tokens
from mockllm_core.errors import ApiError
from mockllm_core.protocol import Call
from mockllm_core.protocols.google_genai.options import many, pick, whole_number
from mockllm_core.protocols.google_genai.parse import conversation
from mockllm_core.protocols.google_genai.plain import answered
from mockllm_core.protocols.google_genai.usage import details

if TYPE_CHECKING:
    from mockllm_core.exchange import HttpResponse
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Incoming
    from mockllm_core.stamp import Stamp

__all__ = ["batch_embed", "embed", "predict", "vertex_batch_embed", "vertex_embed"]

_MOST = 3072
_MOST_REQUESTS = 100


def embed(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Return the embedding of one content."""
    body, model = incoming.body, incoming.params["model"]
    _check_tasks([body])
    _check([body], model)
    return answered({"embedding": _embedded(body, model)} | _usage([body], model), stamp)


def batch_embed(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Return one embedding for each request of a batch."""
    asked, model = many(incoming.body, "requests"), incoming.params["model"]
    _check_tasks(asked, batch=True)
    if len(asked) > _MOST_REQUESTS:
        # printed in public logs of 2026
        told = f"at most {_MOST_REQUESTS} requests can be in one batch"
        raise ApiError("invalid_request", f"* BatchEmbedContentsRequest.requests: {told}\n")
    _check_named(asked)
    _check(asked, model)
    made: dict[str, Json] = {"embeddings": [_embedded(request, model) for request in asked]}
    return answered(made | _usage(asked, model), stamp)


def _check_named(asked: list[Json]) -> None:
    """Refuse requests of a batch without the model's name, as seen of the API in July and August 2026, or with a bare one."""
    found = []
    for nth, request in enumerate(asked):
        name = pick(request, "model")
        if not name:
            found.append(f"* BatchEmbedContentsRequest.requests[{nth}].model: model is not specified\n")
        elif not str(name).startswith(("models/", "tunedModels/")):
            found.append(f"* BatchEmbedContentsRequest.requests[{nth}].model: unexpected model name format\n")
    if found:
        raise ApiError("invalid_request", "".join(found))


def _check(asked: list[Json], model: str) -> None:
    """Refuse a model that writes, and a text that is empty: in a batch in the same words, as public logs of 2026 have them."""
    if model.startswith(("gemini-", "gemma-")) and "embedding" not in model:
        raise ApiError("not_found", "", model=model)
    parts = [part for one in asked for part in many(pick(one, "content"), "parts")]
    if any(pick(part, "text") == "" for part in parts):
        raise ApiError("invalid_request", "EmbedContentRequest.content contains an empty Part.")


_TASKS = frozenset((
    "TASK_TYPE_UNSPECIFIED", "RETRIEVAL_QUERY", "RETRIEVAL_DOCUMENT", "SEMANTIC_SIMILARITY", "CLASSIFICATION",
    "CLUSTERING", "QUESTION_ANSWERING", "FACT_VERIFICATION", "CODE_RETRIEVAL_QUERY",
))  # fmt: skip
_TASK = "type.googleapis.com/google.ai.generativelanguage.v1beta.TaskType"
_VERTEX_TASK = "type.googleapis.com/google.cloud.aiplatform.v1.EmbedContentRequest.EmbeddingTaskType"


def _check_tasks(asked: list[Json], *, batch: bool = False, kind: str = _TASK) -> None:
    """Refuse a task that there is not, or one in lower case, as public projects measured it in 2026.

    Of Vertex AI they print the beginning alone; the name of the type is that of its proto.
    """
    for nth, request in enumerate(asked):
        before = f"requests[{nth}]." if batch else ""
        config = pick(request, "embedContentConfig")
        for place, holder in ((before, request), (f"{before}embed_content_config.", config)):
            task = pick(holder, "taskType")
            if isinstance(task, str) and task not in _TASKS:
                message = f"Invalid value at '{place}task_type' ({kind}), \"{task}\""
                raise ApiError("invalid_request", message, param=f"{place}task_type")


def vertex_embed(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Return the embedding of one content as Vertex AI does; ``truncated`` is absent, for nothing is."""
    body, model = incoming.body, incoming.params["model"]
    _check_tasks([body], kind=_VERTEX_TASK)
    made = {"embedding": _embedded(body, model), "usageMetadata": _vertex_usage([body], model)}
    return answered(made, stamp, vertex=True)


def vertex_batch_embed(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Return one embedding for each request of a batch as Vertex AI does."""
    asked, model = many(incoming.body, "requests"), incoming.params["model"]
    _check_tasks(asked, batch=True, kind=_VERTEX_TASK)
    made = {
        "embeddings": [_embedded(request, model) for request in asked],
        "usageMetadata": _vertex_usage(asked, model),
    }
    return answered(made, stamp, vertex=True)


def predict(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Return one embedding for each instance: what ``:predict`` of a model for text embeddings answers.

    Raises:
        ApiError: the model is another one, or there is nothing to embed.
    """
    model = incoming.params["model"]
    if "embedding" not in model or "multimodal" in model:
        raise ApiError("not_found", "", model=model)
    asked = many(incoming.body, "instances")
    texts = [pick(one, "content") for one in asked]
    if not asked or not all(isinstance(text, str) for text in texts):
        raise ApiError("invalid_request", "")
    if not all(texts):
        raise ApiError("invalid_request", "The text content is empty.")
    size = _size(pick(incoming.body, "parameters"), model)
    made: dict[str, Json] = {
        "predictions": [
            {
                "embeddings": {
                    "statistics": {"truncated": False, "token_count": tokens.estimate(len(text))},
                    "values": _values(text, size),
                }
            }
            for text in texts
        ],
        "metadata": {"billableCharacterCount": sum(len("".join(text.split())) for text in texts)},
    }
    return answered(made, stamp, vertex=True)


def _embedded(request: Json, model: str) -> dict[str, Json]:
    parts = [pick(part, "text") for part in many(pick(request, "content"), "parts")]
    text = "\n".join(part for part in parts if isinstance(part, str))
    # the newer form has the settings in an object of their own
    config = pick(request, "embedContentConfig")
    return {"values": _values(text, _size(request if config is None else config, model))}


def _values(text: str, size: int) -> list[Json]:
    from mockllm_core.embedding import embed as vector

    return [float(f"{value:.8g}") for value in vector(text, size)]


def _size(asked: Json, model: str) -> int:
    wanted = whole_number(pick(asked, "outputDimensionality"))
    if wanted is None:
        return _MOST if "gemini-embedding" in model else 768
    if not 1 <= wanted <= _MOST:
        raise ApiError(
            "invalid_request",
            "* EmbedContentRequest.output_dimensionality: output_dimensionality must be in the range"
            f" [1, {_MOST}].\n",
        )
    return wanted


def _usage(asked: list[Json], model: str) -> dict[str, Json]:
    if "gemini-embedding-2" not in model:
        return {}
    total, kinds = _counted(asked, model)
    return {"usageMetadata": {"promptTokenCount": total, "promptTokenDetails": kinds}}


def _vertex_usage(asked: list[Json], model: str) -> dict[str, Json]:
    total, kinds = _counted(asked, model)
    return {"promptTokenCount": total, "totalTokenCount": total, "promptTokensDetails": kinds}


def _counted(asked: list[Json], model: str) -> tuple[int, list[Json]]:
    """Return the tokens of all contents together, and of what kinds they are."""
    body = {"contents": [pick(one, "content") for one in asked]}
    said = conversation(model, body)
    total = tokens.prompt(said)
    return total, details(Call(model=model, stream=False, conversation=said, body=body), total)
