"""Measure generated arguments on files of schemas.

    python tests/benchmarks/arguments.py SCHEMAS.jsonl... [--style plausible|fuzz|near-miss] [--seed S] [--slowest N]

One JSON object a line: ``{"id", "family", "dialect": "json-schema|openapi|gemini", "schema"}``. Times are CPU milliseconds of
this process; cold is the first call for a schema, warm the same schema and seed again, new seed another seed. Valid means
that jsonschema-rs takes the value under the schema as given, where the dialect is JSON Schema, and that the value is not
marked. ``plausible`` and ``fuzz`` are also targets for other measuring tools: (schema, seed) -> value, raising
``Marked`` for a value that says it is not valid.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from mockllm_core.arguments import CutText, Generated, generate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.arguments import Style


class Marked(Exception):
    """The value is marked as not valid; the notes say why."""


def plausible(schema: Any, seed: object) -> Any:
    """Return a believable value."""
    return _taken(generate(schema, str(seed)))


def fuzz(schema: Any, seed: object) -> Any:
    """Return any legal value."""
    return _taken(generate(schema, str(seed), style="fuzz"))


def _taken(made: Generated) -> Any:
    if not made.valid:
        raise Marked("; ".join(made.notes))
    return made.value


def main() -> None:
    """Print one row for each family and for all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--style", choices=("plausible", "fuzz", "near-miss"), default="plausible")
    parser.add_argument("--seed", default="7")
    parser.add_argument("--slowest", type=int, default=0)
    options = parser.parse_args()
    generate({"type": "string", "pattern": "a"}, style=options.style)  # imports are not a schema's fault
    rows = [
        _measured(json.loads(line), options.seed, options.style)
        for path in options.files
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    families = sorted({row["family"] for row in rows})
    _print(("family", "n", "valid %", "marked", "unmarked wrong", "{}", "varies %", "readable %", *_TIMES))
    for family in ("all", *families):
        _print(_row(family, [row for row in rows if family in ("all", row["family"])]))
    for row in sorted(rows, key=lambda row: -row["cold"])[: options.slowest]:
        sys.stdout.write(f"{row['cold']:9.2f} ms  {row['id']}\n")


_TIMES = ("cold p50", "p95", "max", "warm p50", "new p50", "new p95")


def _measured(row: dict[str, Any], seed: str, style: Style) -> dict[str, Any]:
    schema = row["schema"]
    found: dict[str, Any] = {"id": row["id"], "family": row["family"]}
    made, found["cold"] = _timed(schema, seed, style)
    again, found["warm"] = _timed(schema, seed, style)
    other, found["new"] = _timed(schema, f"{seed}+", style)
    assert made == again, row["id"]
    found["varies"] = made.value != other.value
    found["marked"] = not made.valid
    found["wrong"] = made.valid and row["dialect"] == "json-schema" and not _accepted(schema, made.value)
    properties = schema.get("properties") if isinstance(schema, dict) else None
    found["hollow"] = made.value == {} and bool(properties)
    found["texts"] = Counter(map(_readable, _texts(made.value)))
    return found


def _timed(schema: Any, seed: str, style: Style) -> tuple[Generated, float]:
    start = time.process_time()
    made = generate(schema, seed, style=style)
    return made, (time.process_time() - start) * 1000


def _accepted(schema: Any, value: Any) -> bool:
    if isinstance(value, CutText):
        return False
    try:
        return jsonschema_rs.is_valid(schema, value, validate_formats=True)
    except (ValueError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError):
        return True  # the schema itself is not valid: nobody can judge


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(item)


def _readable(text: str) -> bool:
    return len(text.strip()) > 0 and len(text) <= 200 and text.isascii() and text.isprintable()


def _row(family: str, rows: list[dict[str, Any]]) -> tuple[object, ...]:
    texts: Counter[bool] = sum((row["texts"] for row in rows), Counter())
    marked, wrong = sum(row["marked"] for row in rows), sum(row["wrong"] for row in rows)
    return (
        family,
        len(rows),
        _percent(len(rows) - marked - wrong, len(rows)),
        marked,
        wrong,
        sum(row["hollow"] for row in rows),
        _percent(sum(row["varies"] for row in rows), len(rows)),
        _percent(texts[True], texts.total()),
        *(_at(rows, "cold", share) for share in (0.5, 0.95, 1)),
        _at(rows, "warm", 0.5),
        *(_at(rows, "new", share) for share in (0.5, 0.95)),
    )


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / max(whole, 1):.2f}"


def _at(rows: list[dict[str, Any]], key: str, share: float) -> str:
    values = sorted(row[key] for row in rows)
    return f"{values[min(len(values) - 1, int(share * len(values)))]:.3f}"


def _print(cells: tuple[object, ...]) -> None:
    sys.stdout.write("  ".join(str(cell).rjust(10) for cell in cells) + "\n")


if __name__ == "__main__":
    main()
