"""What OpenAI's own engine says: the same faults of the same grammars, and each text that we write is one that it takes.

Needs the package ``llguidance`` (of the extra ``test``); 1.8 and later take ``~2..5``, which OpenAI did not in 2026.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from core.lark.grammars import TAKEN, UNWRITTEN
from core.lark.test_refusals import REFUSED

from mockllm_core.arguments.dice import Dice
from mockllm_core.lark import read

llguidance: Any = pytest.importorskip("llguidance")
BYTES = llguidance.LLTokenizer("byte")
PIECES = [
    '"a"', "/b+/", "A", "b", "(", ")", "[", "]", "{2}", "{1,3}", "~3", "~", "|", "&", "->", ":", "\n", "..", ".",
    ",", "%ignore", "%import common.WS", "%lark {", "}", "%if", "::_", "::1", "?", "*", "+", "!", "=", "#c", "//c",
    "@y", "0x1", "'", "start", " ", 'B: "x"\n', 'b: "y"\n', "[lazy]", "incr(_)", "eq(_,1)", '"i', "\\", "/", "%",
    "-", "\r\n", "\t", "é", "(?i)", "\\d", "[^a]", "\\b", "^", "$", "&&", "--", "(?P<n>", "(?=", "*?",
]  # fmt: skip
UNLIKE = ("failed to parse", "failed to compile", "invalid UTF-8", "special token")
"""Faults of which we know the kind, and not each word."""


def fault(definition: str) -> str:
    # as JSON, for the package takes a text that begins with a brace for JSON
    grammar = json.dumps({"grammars": [{"lark_grammar": definition}]})
    refused, told = llguidance.LLMatcher.validate_grammar_with_warnings(grammar, BYTES)
    return str(told[0]) if refused else ""


def takes(definition: str, text: str) -> bool:
    matcher = llguidance.LLMatcher(BYTES, llguidance.grammar_from("lark", definition))
    said = BYTES.tokenize_str(text)
    return bool(matcher.try_consume_tokens(said) == len(said) and matcher.is_accepting())


@pytest.mark.parametrize("name", TAKEN)
def test_it_takes_what_we_write(name: str) -> None:
    definition = TAKEN[name]
    assert not fault(definition)
    texts = {read(definition).text("\a", str(seed)) for seed in range(20)}
    for text in texts:
        assert text is not None
        # what ``stop`` ends is not part of the text, and the bytes of it are hidden by the engine
        assert "stop=" in definition or takes(definition, text)


@pytest.mark.parametrize("name", TAKEN)
def test_we_take_what_it_takes(name: str) -> None:
    """A text of one grammar, sent to all others: we say yes where it does."""
    text = read(TAKEN[name]).text("\a", "0")
    assert text is not None
    for definition in TAKEN.values():
        if "stop=" not in definition and "%json" not in definition:
            assert (read(definition).text(text, "0") == text) == takes(definition, text), definition


@pytest.mark.parametrize("name", UNWRITTEN)
def test_it_takes_what_we_cannot_write(name: str) -> None:
    assert name == "a special token" or not fault(UNWRITTEN[name])
    assert read(UNWRITTEN[name]).text("what the user said", "0") is None


@pytest.mark.parametrize(("definition", "told"), REFUSED)
def test_it_tells_each_fault_as_we_do(definition: str, told: str) -> None:
    assert fault(definition) == told


WHOLE = [*TAKEN.values(), *(one for one, _ in REFUSED)]


def broken(nth: int) -> str:
    """Return one of the grammars with something put into it, or in place of some of it: the same for the same number."""
    dice = Dice("broken", str(nth))
    whole = dice.pick(WHOLE)
    cut = dice.between(0, len(whole))
    return whole[:cut] + dice.pick(PIECES) + whole[cut + dice.between(0, 6) :]


@pytest.mark.parametrize("begin", range(0, 600, 50))
def test_a_broken_grammar_is_refused_in_the_same_words(begin: int) -> None:
    for definition in map(broken, range(begin, begin + 50)):
        theirs, held = fault(definition), read(definition)
        if any(one in theirs for one in UNLIKE) or re.search(r"%json|%regex|%llguidance", definition):
            loose = not theirs or "oneOf" in theirs or "UTF-8" in theirs
            assert held.fault or held.grammar is None or loose, definition
        else:
            assert held.fault == theirs or (held.grammar is None and not held.fault), definition
