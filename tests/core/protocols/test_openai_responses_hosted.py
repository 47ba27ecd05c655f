"""Tools that the provider runs, as it echoes them; the texts are those of answers that public projects keep."""

from __future__ import annotations

from typing import Any

import pytest

from mockllm_core.jsontext import compact
from mockllm_core.protocols.openai_responses.echo import _tool as echoed

PLACE = '"user_location":{"type":"approximate","city":null,"country":"US","region":null,"timezone":null}'


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            {"type": "web_search"},
            (
                '{"type":"web_search","return_token_budget":"default","search_content_types":["text"],'
                f'"search_context_size":"medium",{PLACE}}}'
            ),
        ),
        (
            {"type": "web_search_preview", "search_context_size": None},
            f'{{"type":"web_search_preview","search_content_types":["text"],"search_context_size":"medium",{PLACE}}}',
        ),
        (
            {
                "type": "web_search_preview_2025_03_11",
                "user_location": {"type": "approximate", "city": "Bern"},
            },
            (
                '{"type":"web_search_preview_2025_03_11","search_content_types":["text"],"search_context_size":"medium",'
                '"user_location":{"type":"approximate","city":"Bern","country":null,"region":null,"timezone":null}}'
            ),
        ),
        (
            {"type": "file_search", "vector_store_ids": ["vs_1"]},
            (
                '{"type":"file_search","filters":null,"max_num_results":20,'
                '"ranking_options":{"ranker":"auto","score_threshold":0.0},"vector_store_ids":["vs_1"]}'
            ),
        ),
        (
            {"type": "file_search", "ranking_options": {"score_threshold": 0.5}, "max_num_results": 3},
            (
                '{"type":"file_search","filters":null,"max_num_results":3,'
                '"ranking_options":{"ranker":"auto","score_threshold":0.5}}'
            ),
        ),
        (
            {
                "type": "image_generation",
                "action": "auto",
                "output_format": "webp",
                "partial_images": 0,
                "quality": "low",
                "size": "1024x1024",
            },
            (
                '{"type":"image_generation","background":"auto","model":"gpt-image-2","moderation":"auto","n":1,"output_compression":100,'
                '"output_format":"webp","quality":"low","size":"1024x1024"}'
            ),
        ),
        (
            {
                "type": "mcp",
                "server_label": "deepwiki",
                "server_url": "https://mcp.deepwiki.com/mcp",
                "require_approval": "never",
                "authorization": "secret",
                "headers": {"x-key": "secret"},
            },
            (
                '{"type":"mcp","allowed_tools":null,"headers":null,"require_approval":"never","server_description":null,'
                '"server_label":"deepwiki","server_url":"https://mcp.deepwiki.com/mcp"}'
            ),
        ),
        (
            {"type": "code_interpreter", "container": {"type": "auto"}},
            '{"type":"code_interpreter","container":{"type":"auto"}}',
        ),
    ],
)
def test_a_tool_that_the_provider_runs_is_echoed_with_its_defaults(given: Any, told: str) -> None:
    assert compact(echoed(given)) == told
