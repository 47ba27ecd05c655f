"""The response object: what ``echo`` repeats of the request, and how far the answer is.

One object is spelled three times in a stream: its text is made once, with holes that are filled here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core import jsontext, moderated, tokens
from mockllm_core.protocols.openai_responses import spell
from mockllm_core.protocols.openai_responses.echo import AZURE, outline
from mockllm_core.protocols.openai_responses.items import ids
from mockllm_core.protocols.openai_responses.spell import HOLE
from mockllm_core.reply import Opaque

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Turn
    from mockllm_core.stamp import Stamp

__all__ = ["AZURE", "Body"]


class Body:
    """One response object as text.

    Args:
        call: what was asked.
        turn: what is answered.
        stamp: for the id and the time.
        whole: as one body, which has ``billing``, and not as it stands in events.

    Attributes:
        ids: of the response and its items.
    """

    def __init__(self, call: Call, turn: Turn, stamp: Stamp, *, whole: bool = False) -> None:
        if call.conversation.hosted:
            from mockllm_core.protocols.openai_responses.calls import contained

            call = contained(call, stamp)
        asked = call.body
        self._call, self._turn, self._unix, self._whole = call, turn, stamp.unix, whole
        self._stamp = stamp
        self._outline = outline(call, turn, whole=whole)
        self.ids = ids(stamp)
        tier = asked.get("service_tier")
        # two names of one tier: a public project's tests of August 2026 saw the one come back as the other
        self._tier = "priority" if tier == "fast" else tier
        said, previous = asked.get("instructions"), asked.get("previous_response_id")
        self._instructions = "null" if said is None else self._spelled(said)
        self._previous = "null" if previous is None else self._spelled(previous)

    @property
    def end(self) -> str:
        """The name of the last event."""
        return "response.incomplete" if self._turn.finish.reason in _CUT else "response.completed"

    def started(self) -> str:
        """Return the object of ``response.created`` and ``response.in_progress``."""
        a, b, c, d, e, f = self._outline.started
        tier = self._spelled(self._tier) if self._tier else '"auto"'
        return f"{a}{self.ids.response}{b}{self._unix}{c}{self._instructions}{d}{self._previous}{e}{tier}{f}"

    def failed(self, error: Json) -> str:
        """Return the object of ``response.failed``; ``error`` is ``{"code", "message"}``."""
        return self._unfinished("failed", self._spelled(error))

    def queued(self) -> str:
        """Return the object of a response that will run in the background."""
        text = self._unfinished("queued", "null")
        return spell.ascii_only(text) if self._whole else text

    def _unfinished(self, status: str, why: str) -> str:
        tier = self._spelled(self._tier) if self._tier else '"auto"'
        filters = ("null",) if self._call.form == AZURE else ()
        begun = (
            self.ids.response,
            str(self._unix),
            status,
            "null",
            *filters,
            why,
            "null",
            self._instructions,
        )
        return self._outline.filled((*begun, "null", "[]", self._previous, tier, "null"))

    def finished(self, output: list[str], before: str = "", after: str = "") -> str:
        """Return the final object with a text before it and one after it.

        Args:
            output: the items as they are spelled there.
            before: what an event has before its response.
            after: what it has after it.
        """
        turn, facts, whole, unix = self._turn, self._turn.facts, self._whole, str(self._unix)
        cut = _CUT.get(turn.choices[0].finish.reason)
        tier = None if self._tier == "auto" else self._tier
        if facts:
            tier = facts.get("service_tier") or tier
        made = self._outline
        if any(type(block) is Opaque for block in turn.choices[0].blocks) and self._call.form != AZURE:
            from mockllm_core.protocols.openai_responses.spent import spent

            made = outline(self._call, turn, whole=whole, spent=spent(turn))
        text = made.filled(
            (
                self.ids.response,
                unix,
                "incomplete" if cut else "completed",
                "null" if cut else unix,
                *((_filters(turn, whole=whole),) if self._call.form == AZURE else ()),
                "null",
                self._spelled({"reason": cut}) if cut else "null",
                self._instructions,
                self._moderated(),
                spell.listed(output, whole=whole, depth=1),
                self._previous,
                '"default"' if tier is None else self._spelled(tier),
                self._counts(),
            ),
            before,
            after,
        )
        return spell.ascii_only(text) if whole else text

    def _moderated(self) -> str:
        """Return ``moderation``, told when all is said: as documented in 2026, for no public recording has it."""
        asked = self._call.body.get("moderation")
        if "moderation" in self._turn.facts:
            return self._spelled(self._turn.facts["moderation"])
        if not asked:
            return "null"
        model = asked["model"]
        return self._spelled(
            {side: moderated.result(model, self._stamp, side) for side in ("input", "output")}
        )

    def _counts(self) -> str:
        """Return ``usage``; Azure tells no writes into a cache."""
        usage, azure = self._turn.usage, self._call.form == AZURE
        written = () if azure else (usage.cache_write,)
        return (_azure_usage if azure else _usage)[self._whole] % (
            usage.input_tokens,
            *written,
            usage.cache_read,
            usage.output_tokens,
            usage.reasoning,
            usage.input_tokens + usage.output_tokens,
        )

    def _spelled(self, value: Json) -> str:
        return (
            jsontext.quote(value) if isinstance(value, str) else spell.text(value, whole=self._whole, depth=1)
        )


_CUT = {"length": "max_output_tokens", "content_filter": "content_filter"}


def _usage_of(input_details: dict[str, Json]) -> tuple[str, str]:
    return spell.template(
        {
            "input_tokens": HOLE,
            "input_tokens_details": input_details,
            "output_tokens": HOLE,
            "output_tokens_details": {"reasoning_tokens": HOLE},
            "total_tokens": HOLE,
        },
        1,
    )


_usage = _usage_of({"cache_write_tokens": HOLE, "cached_tokens": HOLE})
_azure_usage = _usage_of({"cached_tokens": HOLE})


# -- what Azure adds ----------------------------------------------------------------------------------------------

_SAFE = {"filtered": False, "severity": "safe"}
_ABSENT = {"detected": False, "filtered": False}
_HARMS = {"hate": _SAFE, "sexual": _SAFE, "violence": _SAFE, "self_harm": _SAFE}
_SAID = {**_HARMS, "protected_material_text": _ABSENT, "protected_material_code": _ABSENT}
_BLOCKED = {**_SAID, "violence": {"filtered": True, "severity": "medium"}}
"""What ended an answer: which harm it was is made up, as nothing said is one."""


def _filter(source: str, found: Json, *, blocked: bool = False) -> Json:
    return {
        "blocked": blocked,
        "source_type": source,
        "content_filter_raw": [],
        "content_filter_results": found,
        "content_filter_offsets": {"start_offset": 0, "end_offset": HOLE, "check_offset": 0},
    }


_ASKED = _filter("prompt", {"jailbreak": _ABSENT, **_HARMS})
_found = spell.template([_ASKED, _filter("completion", _SAID)], 1)
_stopped = spell.template([_ASKED, _filter("completion", _BLOCKED, blocked=True)], 1)


def _filters(turn: Turn, *, whole: bool) -> str:
    """Return what Azure's content filters found in the end, in the prompt and in the answer."""
    said = sum(len(getattr(block, "text", "")) for block in turn.blocks)
    found = _stopped if turn.finish.reason == "content_filter" else _found
    return found[whole] % (turn.usage.input_tokens * tokens.CHARS_PER_TOKEN, said)
