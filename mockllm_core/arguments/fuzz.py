"""Any legal value, hostile ones included: what hypothesis-jsonschema draws, the same for the same seed.

One lock covers every run. Within it hypothesis has no home folder to write to and leaves the process-wide ``random``
alone; both are put back. A schema that hypothesis-jsonschema cannot take quickly (large, recursive without end, with
a pattern that Python could hang on) is built like a plausible one, with other numbers and texts.
"""

from __future__ import annotations

import json
from contextlib import contextmanager, nullcontext, suppress
from threading import Lock
from typing import TYPE_CHECKING, Any

from mockllm_core.arguments.chance import NASTY, ROLL, Enough, Many
from mockllm_core.arguments.dialect import clean
from mockllm_core.arguments.dice import Dice
from mockllm_core.arguments.draft7 import TooLarge, draft7
from mockllm_core.arguments.formats import FORMATS
from mockllm_core.arguments.generated import Generated
from mockllm_core.arguments.library import library

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mockllm_core.arguments.prepared import Prepared
    from mockllm_core.frame import Json

__all__ = ["fuzz", "fuzzed"]

_PARTS = 120
"""Schemas, references written out, that hypothesis-jsonschema is asked to take."""
_FORMATS = [
    "uuid",
    "email",
    "idn-email",
    "duration",
    "hostname",
    "idn-hostname",
    "iri",
    "iri-reference",
    "uri",
    "uri-reference",
    "uri-template",
    "json-pointer",
    "relative-json-pointer",
]
_BACKEND = "mockllm"
_NOWHERE = "/dev/null/mockllm"
_LOCK = Lock()
_DRAWS = 1_500
"""Draws for one value, failed tries included."""
_MEMO: dict[str, Any] = {}


def fuzz(prepared: Prepared, seed: str, otherwise: Callable[[Prepared, str], Generated]) -> Generated:
    """Return any legal value, or ``otherwise``'s where hypothesis-jsonschema has none."""
    value = fuzzed(prepared, seed)
    if value is None:
        return otherwise(prepared, seed)
    return Generated(value[0], valid=not prepared.normal.lossy, notes=prepared.normal.notes)


def fuzzed(prepared: Prepared, seed: str, *, parts: int = _PARTS, tries: int = 4) -> tuple[Json] | None:
    """Return a value that the judge accepts, or None when there is none in a few tries or the schema is too large."""
    try:
        schema = draft7(prepared.normal.definitions, parts)
    except TooLarge:
        return None
    try:
        with _LOCK, _alone(prepared.strategies):
            for nth in range(tries):
                for value in reversed(_drawn(schema, Dice(prepared.text, seed, "fuzz", str(nth)))):
                    if clean(value) and prepared.judge.accepts(value):
                        return (value,)
    except (ImportError, KeyError, AttributeError):
        return (
            None  # a release without backends, or not the library known here: there is another way to a value
        )
    return None


def _drawn(schema: Json, dice: Dice) -> list[Json]:
    """Return two values: hypothesis' first, always its simplest, and one drawn with the dice."""
    from hypothesis import HealthCheck, Phase, Verbosity, given, settings
    from hypothesis_jsonschema import from_schema

    found: list[Json] = []
    ROLL.dice, ROLL.left = dice, _DRAWS
    # what the library cannot serve ends in one of a dozen errors; what was drawn before still counts
    with suppress(Exception, Enough):

        @settings(
            max_examples=2,
            backend=_BACKEND,
            database=None,
            verbosity=Verbosity.quiet,
            print_blob=False,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(from_schema(schema, allow_x00=False, codec=None))
        def draw(value: Json) -> None:
            found.append(value)

        draw()
    return found


@contextmanager
def _alone(memo: dict[str, Any]) -> Iterator[None]:
    """Run hypothesis without a folder to write to and without reseeding ``random``; put all back afterwards.

    Args:
        memo: the library's strategies for parts of the schema, by their JSON text; it forgets them itself, and would
            work each out again for every value drawn.
    """
    from hypothesis import configuration

    home = getattr(configuration, "__hypothesis_home_directory", None)
    configuration.set_hypothesis_home_dir(_NOWHERE)
    before: list[tuple[Any, str, Any]] = []
    try:
        for owner, name, value in _swaps(memo):
            before.append((owner, name, vars(owner)[name]))
            setattr(owner, name, value)
        yield
    finally:
        configuration.set_hypothesis_home_dir(home)
        for owner, name, value in before:
            setattr(owner, name, value)


def _swaps(memo: dict[str, Any]) -> list[tuple[Any, str, Any]]:
    """Return what to change for a while: (module, name, value)."""
    import hypothesis.core
    from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS

    if _BACKEND not in AVAILABLE_PROVIDERS:
        AVAILABLE_PROVIDERS[_BACKEND] = "mockllm_core.arguments.chance.Provider"
    source = library()
    if not _MEMO:
        _MEMO["anything"], _MEMO["formats"] = _anything(), source.STRING_FORMATS | _formats()
    make = vars(source)["__from_schema"]

    def remembered(schema: Json, **options: Any) -> Any:
        key = json.dumps(schema)
        if key not in memo:
            memo[key] = make(schema, **options)
        return memo[key]

    swaps: list[tuple[Any, str, Any]] = [
        (source, "__from_schema", remembered),
        (source, "JSON_STRATEGY", _MEMO["anything"]),
        (source, "STRING_FORMATS", _MEMO["formats"]),
    ]
    if hasattr(hypothesis.core, "deterministic_PRNG"):
        swaps.append((hypothesis.core, "deterministic_PRNG", _as_it_is))
    if not hasattr(
        vars(source)["cu"].many, "more"
    ):  # hypothesis from 6.170.10 on, hypothesis-jsonschema 0.23.1
        swaps.append((source, "cu", _Utilities))
    return swaps


class _Utilities:
    """The one name that the library takes from hypothesis' private module."""

    many = Many


def _as_it_is(*_: object) -> nullcontext[None]:
    """Stand in for what reseeds ``random`` for a test; nothing drawn here comes from it."""
    return nullcontext()


def _anything() -> Any:
    """Return a strategy for any JSON; the library's own has hypothesis count all of Unicode, which takes a second."""
    from hypothesis import strategies

    text = strategies.text(NASTY)
    leaf: Any = strategies.none() | strategies.booleans() | strategies.integers() | text
    leaf |= strategies.floats(allow_nan=False, allow_infinity=False).map(_positive_zero)
    return strategies.recursive(
        leaf,
        lambda inner: strategies.lists(inner, max_size=3) | strategies.dictionaries(text, inner, max_size=3),
    )


def _positive_zero(value: float) -> float:
    return value or 0.0


def _formats() -> dict[str, Any]:
    """Return strategies for the formats that the library does not know, or knows slowly."""
    from hypothesis import strategies

    def texts(make: Callable[[Dice], str]) -> Any:
        return strategies.integers(0, 10**6).map(lambda number: make(Dice(str(number))))

    return {name: texts(FORMATS[name]) for name in _FORMATS}
