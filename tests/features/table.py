"""What each API can be asked, once: the rows that test_table.py runs and that make docs/support.md.

A row is a feature; a cell is one API's request for it and what its answer must show. A cell that is not there means
that the API has no such thing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from features import openai_tools, short
from features.asks import (
    AZURE,
    AZURE_RESPONSES,
    CHAT,
    COMPLETIONS,
    CONVERSE,
    GEMINI,
    HELLO,
    HOSTS,
    INVOKE,
    MESSAGES,
    PROTOCOLS,
    RESPONSES,
    VERTEX,
    Ask,
    hello,
    structured,
    tools,
    with_media,
)
from features.bodies import (
    THINKING,
    answered,
    lengthy,
    limited,
    marked,
    named,
    prompted,
    stop,
    thinking,
    twice,
)
from features.cells import Cell, Row
from features.checks import (
    blocked,
    calls,
    counts_media,
    counts_reasoning,
    cut_short,
    declines,
    ends,
    reads_cache,
    redacted,
    satisfies,
    sealed,
    stops,
    text_is,
    thinks,
    thinks_then_calls,
    thinks_unseen,
    two,
    writes_cache,
)
from features.own import OWN

from mockllm_core.protocols.anthropic_messages.shape import MAGIC_REDACTED
from mockllm_core.tokens import MEDIA_TOKENS

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.seen import Seen

CHATS = (CHAT, AZURE)
CLAUDES = (MESSAGES, VERTEX, INVOKE)
TALKERS = (CHAT, RESPONSES, MESSAGES, CONVERSE, GEMINI, AZURE, AZURE_RESPONSES, VERTEX, INVOKE)
EVERYONE = (*PROTOCOLS, *HOSTS)


def _cells(
    columns: tuple[str, ...], make: Callable[[str], Any], check: Callable[[Seen], None], **more: Any
) -> dict[str, Cell]:
    """Return a cell for each column; ``make`` returns its body, or an Ask."""
    made: dict[str, Cell] = {}
    for column in columns:
        asked = make(column)
        ask = asked if isinstance(asked, Ask) else Ask(column=column, body=asked)
        made[column] = Cell(ask=ask, check=check, **more)
    return made


def _heard(column: str, kind: str) -> Ask:
    # few models of Chat Completions listen, and those do nothing else
    model = "gpt-audio" if (column, kind) == (CHAT, "audio") else ""
    return Ask(column=column, body=with_media(column, kind), model=model)


def _media_row(kind: str) -> Row:
    columns = tuple(one for one in TALKERS if with_media(one, kind))
    return Row(
        group="Images and documents in",
        name=f"{kind}, counted as {MEDIA_TOKENS[kind]} tokens",
        cells=_cells(columns, lambda column: _heard(column, kind), counts_media(kind)),
    )


SHARED: tuple[Row, ...] = (
    Row(group="Text", name="the last user text comes back", cells=_cells(EVERYONE, hello, text_is(HELLO))),
    Row(
        group="Text",
        name="stop sequences",
        cells=_cells((*CHATS, *CLAUDES, CONVERSE, GEMINI, COMPLETIONS), stop, stops),
    ),
    Row(group="Text", name="a cap on the answer's tokens", cells=_cells(EVERYONE, limited, cut_short)),
    Row(group="Text", name="several answers", cells=_cells((*CHATS, COMPLETIONS, GEMINI), twice, two)),
    Row(
        group="Text",
        name="a refusal (`mock-finish-refusal`)",
        cells=_cells(EVERYONE, named("refusal"), declines),
    ),
    Row(
        group="Text",
        name="a content filter (`mock-finish-content_filter`)",
        cells=_cells(
            tuple(one for one in EVERYONE if one != GEMINI), named("content_filter"), ends("content_filter")
        )
        | _cells(
            (GEMINI,),
            named("content_filter"),
            blocked,
        ),
    ),
    Row(
        group="Text",
        name="cut in the middle (`mock-finish-length`)",
        cells=_cells(EVERYONE, named("length"), ends("length")),
    ),
    Row(
        group="Structured output",
        name="a JSON schema",
        cells=_cells(TALKERS, lambda column: hello(column) | structured(column), satisfies),
    ),
    Row(
        group="Structured output",
        name="JSON mode, with a schema in the prompt",
        cells=_cells((CHAT, RESPONSES, GEMINI, AZURE, AZURE_RESPONSES), prompted, satisfies),
    ),
    Row(
        group="Tools",
        name="a call with valid arguments",
        cells=_cells(TALKERS, lambda column: hello(column) | tools(column), calls("weather")),
    ),
    Row(
        group="Tools",
        name="several calls at once (`x-mockllm-tool-calls`)",
        cells=_cells(
            TALKERS,
            lambda column: Ask(
                column=column, body=hello(column) | tools(column), headers={"x-mockllm-tool-calls": "3"}
            ),
            calls("weather", "weather", "weather"),
        ),
    ),
    Row(
        group="Tools",
        name="one call at most, when the request says so",
        cells=_cells(
            tuple(one for one in TALKERS if one != GEMINI),
            lambda column: Ask(
                column=column,
                body=hello(column) | tools(column, parallel=False),
                headers={"x-mockllm-tool-calls": "3"},
            ),
            calls("weather"),
        ),
    ),
    Row(
        group="Tools",
        name="some tool must be called",
        cells=_cells(TALKERS, lambda column: hello(column) | tools(column, choice="any"), calls("weather")),
    ),
    Row(
        group="Tools",
        name="one named tool must be called",
        cells=_cells(
            TALKERS,
            lambda column: hello(column) | tools(column, "weather", "forecast", choice="forecast"),
            calls("forecast"),
        ),
    ),
    Row(
        group="Tools",
        name="no tool may be called",
        cells=_cells(
            tuple(one for one in TALKERS if one != CONVERSE),
            lambda column: hello(column) | tools(column, choice="none"),
            text_is(HELLO),
        ),
    ),
    Row(
        group="Tools",
        name="a tool's result is followed by text",
        cells=_cells(TALKERS, answered, text_is(HELLO)),
    ),
    Row(
        group="Reasoning",
        name="shown (a summary on Responses)",
        cells=_cells(
            (RESPONSES, MESSAGES, CONVERSE, GEMINI, AZURE_RESPONSES, VERTEX, INVOKE), thinking, thinks
        ),
    ),
    Row(
        group="Reasoning",
        name="counted in usage",
        cells=_cells(
            (CHAT, RESPONSES, MESSAGES, GEMINI, AZURE_RESPONSES, VERTEX, INVOKE), thinking, counts_reasoning
        ),
    ),
    Row(
        group="Reasoning",
        name="before a tool call",
        cells=_cells(
            (RESPONSES, MESSAGES, CONVERSE, GEMINI, AZURE_RESPONSES, VERTEX, INVOKE),
            lambda column: replace(thinking(column), body=thinking(column).body | tools(column)),
            thinks_then_calls,
        ),
    ),
    Row(
        group="Reasoning",
        name="kept back, only its signature sent",
        cells=_cells(
            CLAUDES,
            lambda column: hello(column, thinking=THINKING | {"display": "omitted"}),
            thinks_unseen,
        )
        | _cells(
            (CONVERSE,),
            lambda column: hello(
                column, additionalModelRequestFields={"thinking": THINKING | {"display": "omitted"}}
            ),
            thinks_unseen,
        ),
    ),
    Row(
        group="Reasoning",
        name="redacted (the provider's test string)",
        cells=_cells((*CLAUDES, CONVERSE), lambda column: thinking(column, MAGIC_REDACTED), redacted),
    ),
    Row(
        group="Reasoning",
        name="sealed, to be sent back",
        cells=_cells((*CLAUDES, CONVERSE), thinking, sealed)
        | _cells(
            (RESPONSES, AZURE_RESPONSES),
            lambda column: Ask(
                column=column, model="gpt-5.5", body=hello(column, include=["reasoning.encrypted_content"])
            ),
            sealed,
        ),
    ),
    *(_media_row(kind) for kind in MEDIA_TOKENS),
    Row(
        group="Prompt cache",
        name="the first request writes",
        cells=_cells((*CLAUDES, CONVERSE), marked, writes_cache)
        | _cells((CHAT, RESPONSES, AZURE), lengthy, writes_cache),
    ),
    Row(
        group="Prompt cache",
        name="the same prefix is read later",
        cells={
            column: replace(cell, before=(cell.ask,))
            for column, cell in (
                _cells((*CLAUDES, CONVERSE), marked, reads_cache)
                | _cells((CHAT, RESPONSES, AZURE, AZURE_RESPONSES), lengthy, reads_cache)
            ).items()
        },
    ),
)


def _joined(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """Return the rows with those of one name made one."""
    made: dict[tuple[str, str], Row] = {}
    for row in rows:
        held = made.get((row.group, row.name))
        made[row.group, row.name] = row if held is None else replace(held, cells={**held.cells, **row.cells})
    return tuple(made.values())


ROWS: tuple[Row, ...] = _joined(
    (*SHARED, *short.TOOLS, *openai_tools.ROWS, *OWN, *short.ANTHROPIC, *short.OTHERS)
)
