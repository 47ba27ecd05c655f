"""Every method of the google-genai package's clients: answered, or refused with an error that the package understands."""

from __future__ import annotations

import inspect
import io
import re
import warnings
from typing import TYPE_CHECKING, Any

import pytest
from google import genai
from google.auth.credentials import Credentials
from google.genai import errors, types

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [
    pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]

RESOURCES = (
    "models",
    "files",
    "caches",
    "batches",
    "tunings",
    "operations",
    "auth_tokens",
    "file_search_stores",
    "interactions",
    "agents",
    "webhooks",
    "environments",
    "triggers",
)
HERE = frozenset(
    (
        "models.generate_content",
        "models.generate_content_stream",
        "models.count_tokens",
        "models.compute_tokens",
        "models.embed_content",
        "models.list",
        "models.get",
        "caches.create",
        "caches.list",
    )
)
"""What answers."""
NOTHING = frozenset(("batches.list", "file_search_stores.list", "files.list", "tunings.list"))
"""What answers with nothing, where its host has it at all."""
LOCALLY = (TypeError, ValueError, NotImplementedError)
"""What the package says of arguments that are made up, and of what its host has not: no request was sent."""
LOCAL = ("do_request", "documents")
"""What asks nothing by itself."""
IMAGE = types.Image(image_bytes=b"x", mime_type="image/png")
LONG = "word " * 5000
VALUES: dict[str, Any] = {
    "model": "gemini-2.5-flash",
    "contents": LONG,
    "prompt": "a cat",
    "image": IMAGE,
    "upscale_factor": "x2",
    "reference_images": [types.RawReferenceImage(reference_id=1, reference_image=IMAGE)],
    "base_model": "gemini-2.5-flash",
    "file": io.BytesIO(b"hello"),
    "uris": ["gs://a/b"],
    "input": "Hi",
}


class Anyone(Credentials):  # type: ignore[no-untyped-call, unused-ignore]
    """Somebody whom nobody asks."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call, unused-ignore]
        self.token = "t"

    @property
    def valid(self) -> bool:
        return True

    def refresh(self, request: Any) -> None:
        del request


def client(url: str, *, vertex: bool) -> genai.Client:
    options = types.HttpOptions(base_url=url, timeout=9000)
    if vertex:
        return genai.Client(
            vertexai=True, project="p", location="us-central1", credentials=Anyone(), http_options=options
        )
    return genai.Client(api_key="k", http_options=options)


def _methods(made: genai.Client) -> Iterator[tuple[str, Callable[..., Any]]]:
    for resource in RESOURCES:
        held = getattr(made, resource, None)
        if held is None:
            continue
        for name in dir(held):
            if (
                not name.startswith(("_", "with_"))
                and name not in LOCAL
                and inspect.ismethod(getattr(held, name))
            ):
                yield f"{resource}.{name}", getattr(held, name)


def _values(resource: str, *, vertex: bool) -> dict[str, Any]:
    """Return what to ask a resource's methods with."""
    place = "projects/p/locations/us-central1/"
    names = {
        "batches": f"{place}batchPredictionJobs/1" if vertex else "batches/abc",
        "tunings": f"{place}tuningJobs/1" if vertex else "tunedModels/abc",
        "files": "files/abc",
    }
    videos = f"{place if vertex else ''}publishers/google/models/veo/operations/1"
    source = types.RecontextImageSource(prompt="x", person_image=IMAGE)
    return VALUES | {
        "name": names.get(resource, "x1"),
        "src": "gs://b/in.jsonl" if vertex else [types.InlinedRequest(contents="Hi")],
        "training_dataset": types.TuningDataset(gcs_uri="gs://a/b"),
        "operation": types.GenerateVideosOperation.model_validate({"name": videos}),
        "source": source,
        "auth": Anyone(),
    }


CONFIGS: dict[str, Any] = {
    "caches.update": types.UpdateCachedContentConfig(ttl="5s"),
    "caches.create": types.CreateCachedContentConfig(contents=LONG),
    "files.upload": {"mime_type": "text/plain"},
}


def _refusal(place: str, method: Callable[..., Any], *, vertex: bool) -> Exception | None:
    """Ask with made-up arguments; return the refusal, None when it answers."""
    resource, _, name = place.partition(".")
    values = _values(resource, vertex=vertex)
    needed = {
        one.name: values.get(one.name, "x1")
        for one in inspect.signature(method).parameters.values()
        if one.default is one.empty and one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL)
    }
    needed |= {"config": CONFIGS[place]} if place in CONFIGS else {}
    needed |= {"prompt": "a cat"} if place in ("models.generate_images", "models.generate_videos") else {}
    needed |= {"config": {"dest": "gs://b/out"}} if vertex and place == "batches.create" else {}
    try:
        told = method(**needed)
        if name in ("list", "generate_content_stream"):
            assert bool(list(told)) == (place not in NOTHING)
    except Exception as error:  # noqa: BLE001 - interactions and their kin have errors of their own
        return error
    return None


STATUSES = {(404, "NOT_FOUND"), (403, "PERMISSION_DENIED"), (405, "UNIMPLEMENTED")}
REFUSED = re.compile(
    "The method is not allowed here|may not exist|does not exist|Requested entity was not found|is not found for API version|was not found or your project does not have access|"
    "CachedContent not found|ot found: cached content|Cached content .* is not found"
)


@pytest.mark.parametrize(("vertex", "least"), [(False, 30), (True, 15)])
def test_every_method_is_answered_or_refused_in_the_providers_words(
    url: str, *, vertex: bool, least: int
) -> None:
    answered, refused = set(), 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for place, method in _methods(client(url, vertex=vertex)):
            error = _refusal(place, method, vertex=vertex)
            if error is None:
                answered.add(place)
            elif isinstance(error, errors.APIError):
                assert REFUSED.search(str(error.message)), place
                assert (error.code, error.status) in STATUSES, place
                refused += 1
            elif not isinstance(error, LOCALLY):
                assert type(error).__name__ == "NotFoundError", (place, error)
                assert REFUSED.search(str(error)), place
                refused += 1
    assert answered <= HERE | NOTHING
    assert {"models.generate_content", "models.list", "caches.create"} <= answered
    assert refused >= least
