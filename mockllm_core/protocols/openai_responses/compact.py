"""``POST /v1/responses/compact``: what users said, and one item that stands for the rest.

Answers have the form of the guide's example, https://developers.openai.com/api/docs/guides/compaction. The item is
sealed as encrypted reasoning is and says nothing; it is known again when it is sent back changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core import tokens
from mockllm_core.errors import ApiError
from mockllm_core.exchange import HttpResponse
from mockllm_core.protocols.openai_responses import items, spell
from mockllm_core.protocols.openai_responses.compaction import spent
from mockllm_core.protocols.openai_responses.headers import plain
from mockllm_core.protocols.openai_responses.kept import kept
from mockllm_core.protocols.openai_responses.parse import counted, input_list
from mockllm_core.protocols.openai_responses.seal import seal
from mockllm_core.stamp import HEX

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Incoming
    from mockllm_core.stamp import Stamp

__all__ = ["compacted"]


def compacted(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Answer with the messages of users and a compaction item.

    Raises:
        ApiError: no model, nothing to compact, or items that do not belong together.
    """
    asked = incoming.body
    if not asked.get("model"):
        raise ApiError("not_found", "", model="")
    said = tokens.prompt(counted(asked))
    told = spent(said)
    made = items.ids(stamp)
    given = input_list(asked.get("input"))
    output: list[Json] = [
        kept(item, nth, stamp) for nth, item in enumerate(given) if item.get("role") == "user"
    ]
    output.append(
        {
            "id": f"cmp_{made.shared}{stamp.chars(HEX, 24, 'compaction')}",
            "type": "compaction",
            "encrypted_content": seal(stamp, told // 4, "compaction"),
        }
    )
    body = {
        "id": made.response,
        "object": "response.compaction",
        "created_at": stamp.unix,
        "output": output,
        "usage": {
            "input_tokens": said,
            "input_tokens_details": {"cache_write_tokens": 0, "cached_tokens": 0},
            "output_tokens": told,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": said + told,
        },
    }
    return HttpResponse(status=200, headers=plain(stamp), body=spell.pretty(body).encode())
