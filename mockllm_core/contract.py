"""Check a request body against its contract: a JSON Schema derived ahead of time from an SDK's request types.

The contracts are the files ``contracts/*.json``; ``mockllm_cli.derive`` makes them. ``mockllm_core.explain`` walks a
body and says what a person would say about it, in tenths of a millisecond. A process that has many requests to check
asks jsonschema-rs first, "is this body valid?", which takes about a microsecond, and walks only those that are not.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from mockllm_core import jsontext
from mockllm_core.record import record

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockllm_core.frame import Json

__all__ = ["Complaint", "check", "load", "names"]


@record(kw_only=True)
class Complaint:
    """What is wrong with a request body, in no provider's words.

    Attributes:
        path: where, keys and indices from the root: ``("messages", 0, "content")``. For ``missing`` it names the
            key that is not there; for ``unknown`` the key that should not be.
        kind: ``json`` (not JSON at all, or nested too deeply; ``expected`` holds the sentence), ``type``,
            ``missing``, ``value`` (not one of the allowed values), ``range`` (a number), ``length`` (a text, list
            or object too short or too long), ``unknown`` (an unknown key under strict), ``union`` (none or
            several of members of which one must be there) or ``pattern``.
        expected: for people: ``a string``, ``one of 'user', 'assistant'``, ``at least 1``.
        found: the offending value itself; None for ``missing``.
        among: for ``value``, the allowed values; for ``union``, the members; for ``unknown``, the known keys
            that are not there.
        limit: for ``range`` and ``length``, the bound that was broken.
        whole: the body: a provider may have something to say of it first.
    """

    path: tuple[str | int, ...]
    kind: Literal["json", "type", "missing", "value", "range", "length", "unknown", "union", "pattern"]
    expected: str
    found: Json = None
    among: tuple[Json, ...] = ()
    limit: float | None = None
    whole: Json = field(default=None, compare=False, repr=False)

    @property
    def place(self) -> str:
        """The path as people write it: ``messages[0].content``; ``""`` for the root."""
        text = ""
        for step in self.path:
            text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
        return text


#: so many bodies are walked before jsonschema-rs is loaded (35 ms) and the contract built (up to 3 ms): a command that
#: checks one request never pays for it
_WALKED = 3


@dataclass(slots=True)
class _Contract:
    schema: Json
    depth: int
    walked: int = 0
    is_valid: Callable[[Json], bool] | None = None


_contracts: dict[tuple[str, bool], _Contract] = {}


def check(contract: str, body: Json, *, strict: bool = False, text: bytes | None = None) -> Complaint | None:
    """Return the first thing wrong with a body, or None.

    ``strict`` also refuses keys that the contract does not know, at every depth where the provider's type is closed
    (not in JSON schemas, metadata or a tool's input). ``text`` is the body's JSON, if it is at hand: with few
    brackets in it nothing is deep.

    Raises:
        LookupError: no contract of that name.
    """
    made = _contracts.get((contract, strict)) or _opened(contract, strict=strict)
    depth = made.depth
    if (
        depth
        and (text is None or text.count(b"{") + text.count(b"[") > depth)
        and jsontext.deeper(body, depth)
    ):
        return Complaint(path=(), kind="json", expected=f"the JSON is nested deeper than {depth} levels")
    is_valid = made.is_valid
    if is_valid is None and made.walked >= _WALKED:
        is_valid = _build(made)
    if is_valid is not None:
        try:
            if is_valid(body):
                return None
        except UnicodeEncodeError:
            # a key with a lone surrogate, which Rust's strings cannot hold; Python's can
            pass
    from mockllm_core.explain import explain

    made.walked += 1
    found = explain(made.schema, body)
    return None if found is None else replace(found, whole=body)


def names() -> tuple[str, ...]:
    """Return the names of all contracts."""
    from importlib.resources import files

    found = (entry.name for entry in (files("mockllm_core") / "contracts").iterdir())
    return tuple(sorted(name[:-5] for name in found if name.endswith(".json") and name != "sources.json"))


def load(contract: str) -> Json:
    """Return a contract's JSON Schema.

    Raises:
        LookupError: no contract of that name.
    """
    import json
    import pkgutil

    try:
        text = pkgutil.get_data("mockllm_core", f"contracts/{contract}.json")
    except OSError:
        text = None
    if text is None:
        raise LookupError(f"no contract is called {contract!r}; there are {', '.join(names())}")
    return json.loads(text)


def _opened(contract: str, *, strict: bool) -> _Contract:
    schema = load(contract)
    if strict:
        _close(schema)
    made = _contracts[contract, strict] = _Contract(schema, schema.get("x-max-depth", 0))
    return made


def _build(made: _Contract) -> Callable[[Json], bool]:
    from jsonschema_rs import validator_for

    made.is_valid = validator_for(made.schema).is_valid
    return made.is_valid


def _close(schema: Json) -> None:
    """Let every object that lists its keys take no others, in place."""
    if isinstance(schema, list):
        for one in schema:
            _close(one)
    elif isinstance(schema, dict):
        if "properties" in schema and "object" in schema.get("type", ()):
            schema.setdefault("additionalProperties", False)
        for key, inner in schema.items():
            if key in {"properties", "$defs"}:
                for one in inner.values():
                    _close(one)
            elif key in {"items", "additionalProperties", "anyOf"}:
                _close(inner)
