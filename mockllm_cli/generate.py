"""``mockllm generate``: values for a schema, without a request."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mockllm_cli.errors import CliError
from mockllm_cli.files import read_json
from mockllm_core.record import record

if TYPE_CHECKING:
    from mockllm_core.frame import Json

__all__ = ["Options", "generate", "values"]

Style = Literal["plausible", "fuzz", "near-miss"]
Output = Literal["json", "table"]


def generate(
    schema: Annotated[str, typer.Argument(help="JSON Schema, a file; - is stdin.", metavar="SCHEMA.json|-")],
    seed: Annotated[str, typer.Option(metavar="TEXT", help="Same schema and seed, same values.")] = "0",
    style: Annotated[
        Style, typer.Option(help="Believable, any legal value, or wrong in exactly one place.")
    ] = "plausible",
    count: Annotated[
        int, typer.Option("-n", "--count", min=1, max=10_000, metavar="N", help="Values to make.")
    ] = 1,
    output: Annotated[
        Output, typer.Option("--format", help="One JSON value a line, or a table for a person.")
    ] = "json",
) -> None:
    """Print values for a JSON Schema: what the mock would send as a tool's arguments.

    Takes JSON Schema of any draft, OpenAPI 3.0 and Gemini schemas, and most of what people write by hand. A value
    that does not satisfy the schema is named on stderr, and the command exits 1; a near-miss is meant to fail and
    only says what it broke.

    **Examples**

    `mockllm generate weather.json`

    `mockllm generate weather.json -n 5 --seed demo --format table`

    `mockllm generate - --style near-miss < weather.json`
    """
    values(Options(schema=schema, seed=seed, style=style, count=count, output=output))


@record(kw_only=True)
class Options:
    """What the command line says.

    Attributes:
        schema: a file with JSON Schema; ``-`` is stdin.
        seed: same schema, same values; the second value on comes from ``seed/1``, ``seed/2``, ...
        style: plausible, fuzz or near-miss.
        count: values to make.
        output: ``json`` one value a line, ``table`` for a person.
    """

    schema: str
    seed: str = "0"
    style: Style = "plausible"
    count: int = 1
    output: Output = "json"


def values(options: Options) -> None:
    """Print values for a schema; near-misses go out as they are, cut JSON text included.

    Raises:
        CliError: the schema cannot be read, or a value that should be valid is not (said on stderr, one line each).
    """
    from mockllm_core.arguments import generate as make

    schema = read_json(options.schema)
    made = [
        make(schema, f"{options.seed}/{nth}" if nth else options.seed, style=options.style)
        for nth in range(options.count)
    ]
    if options.output == "table":
        from mockllm_cli.console import values_table

        values_table((_shown(each.value), each.valid, "; ".join(each.notes)) for each in made)
    else:
        for each in made:
            sys.stdout.write(f"{_shown(each.value)}\n")
        for nth, each in enumerate(made, 1):
            for note in each.notes:
                sys.stderr.write(f"value {nth}: {note}\n")
    wrong = 0 if options.style == "near-miss" else sum(not each.valid for each in made)
    if wrong:
        raise CliError(f"{wrong} of {len(made)} values do not satisfy the schema")


def _shown(value: Json) -> str:
    from mockllm_core.arguments import CutText
    from mockllm_core.jsontext import spaced

    return str(value) if isinstance(value, CutText) else spaced(value)
