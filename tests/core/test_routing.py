"""Paths and templates."""

import pytest

from mockllm_core.exchange import HttpRequest
from mockllm_core.routing import match, unknown


@pytest.mark.parametrize(
    ("template", "path", "params"),
    [
        ("/v1/messages", "/v1/messages", {}),
        ("/v1/messages", "/v1/messages/", None),
        ("/v1/messages", "/v1/messagesx", None),
        ("/model/{model}/converse", "/model/a.b-v1%3A0/converse", {"model": "a.b-v1:0"}),
        ("/model/{model}/converse", "/model/a/converse-stream", None),
        (
            "/model/{model}/converse",
            "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ax%2Fy/converse",
            {"model": "arn:aws:bedrock:us-east-1:1:x/y"},
        ),
        ("/model/{model}/converse", "/model/arn:aws:x/y/converse", {"model": "arn:aws:x/y"}),
        ("/model/{model}/converse", "/model//converse", None),
        ("/v1/{a}/x/{b}:do", "/v1/1/x/2:do", {"a": "1", "b": "2"}),
    ],
)
def test_a_path_meets_its_template(template: str, path: str, params: dict[str, str] | None) -> None:
    assert match(template, path) == params


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/v1/images/generations", "Invalid URL (POST /v1/images/generations)"),
        ("/images", "Unknown request URL: POST /images. Please check the URL for typos, or see the docs at https://platform.openai.com/docs/api-reference/."),
        ("/v10/images", "Unknown request URL: POST /v10/images. Please check the URL for typos, or see the docs at https://platform.openai.com/docs/api-reference/."),
    ],
)  # fmt: skip
def test_a_path_that_nobody_answers_has_one_of_two_sentences(path: str, sentence: str) -> None:
    error = unknown(HttpRequest(method="POST", path=path))
    assert (error.kind, error.message, error.code) == ("not_found", sentence, "unknown_url")
