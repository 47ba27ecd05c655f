"""What a text names as its sources, which are there when the provider's tools were used.

As recorded of gpt-5.2 in January 2026 (pydantic/pydantic-ai, ``test_openai_include_raw_annotations_streaming.yaml``) an
annotation is told behind the delta that it ends in, before the text is done, and repeated by the finished part and item.
Here each stands for all of the text: an index is made when the text is spelled, so that it lies within what is said of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.protocols.openai_responses import spell
from mockllm_core.protocols.openai_responses.spell import HOLE

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.protocols.openai_responses.items import Place
    from mockllm_core.reply import Text

__all__ = ["ADDED", "part", "placed", "told"]

ADDED = "response.output_text.annotation.added"
_CITED_PART = {"type": "output_text", "annotations": HOLE, "logprobs": HOLE, "text": HOLE}
_cited_part = spell.template(_CITED_PART, 4)


def placed(block: Text) -> list[Json]:
    """Return the annotations of a text; what has no place in it gets one."""
    length = len(block.text)
    return [_one(one, length) for one in block.citations]


def _one(one: Json, length: int) -> Json:
    """Return an annotation, its type first and the rest in order."""
    made = dict(one)
    if one["type"] == "file_citation":
        # one place, before what is said last
        made.setdefault("index", max(length - 1, 0))
    else:
        made.setdefault("end_index", length)
        made.setdefault("start_index", 0)
    return {"type": made.pop("type"), **{key: made[key] for key in sorted(made)}}


def told(block: Text, place: Place, number: int) -> str:
    """Return the events that name the sources, the first of them with that number."""
    return "".join(
        f"event: {ADDED}\ndata: "
        + spell.compact(
            {
                "type": ADDED,
                "annotation": annotation,
                "annotation_index": nth,
                "content_index": 0,
                "item_id": place.id,
                "output_index": place.nth,
                "sequence_number": number + nth,
            }
        )
        + "\n\n"
        for nth, annotation in enumerate(placed(block))
    )


def part(block: Text, quoted: str, logprobs: str = "[]", *, whole: bool = False) -> str:
    """Return a part of a message's content, as ``items.text_part`` does it for a text without sources."""
    listed = [spell.text(one, whole=whole, depth=6) for one in placed(block)]
    return _cited_part[whole] % (spell.listed(listed, whole=whole, depth=5), logprobs, quoted)
