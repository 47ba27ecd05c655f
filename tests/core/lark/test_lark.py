"""Lark grammars of custom tools: what is written is accepted by the grammar, by the lark package's own word."""

from __future__ import annotations

import json
import re
from time import process_time
from typing import Any

import pytest
from core.lark.grammars import TAKEN, UNWRITTEN
from hypothesis import given, settings
from hypothesis import strategies as st

from mockllm_core import render
from mockllm_core.grammar import schema_of, written
from mockllm_core.lark import read

CALC = r"""
start: expr
expr: term (SP ADD SP term)* -> add
term: factor (SP MUL SP factor)* -> mul
factor: INT
SP: " "
ADD: "+"
MUL: "*"
%import common.INT
"""
SQL = r"""
// ---------- punctuation ----------
SP: " "
COMMA: ","
start: "SELECT" SP columns SP "FROM" SP NAME SP "WHERE" SP NAME SP ">" SP DATE ";"
columns: NAME (COMMA SP NAME)*
NAME: /[A-Za-z_][A-Za-z0-9_]*/
DATE: /'[0-9]{4}-[0-9]{2}-[0-9]{2}'/
"""
PATCH = r"""
start: "*** Begin Patch" LF hunk+ "*** End Patch" LF?

hunk: add_hunk | delete_hunk
add_hunk: "*** Add File: " filename LF add_line+
delete_hunk: "*** Delete File: " filename LF
filename: /(.+)/
add_line: "+" /(.+)/ LF -> line

%import common.LF
"""
VALUE = r"""
?start: value
?value: object
      | array
      | string
      | SIGNED_NUMBER -> number
      | "true" | "false" | "null"
array  : "[" [value ("," value)*] "]"
object : "{" [pair ("," pair)*] "}"
pair   : string ":" value
string : ESCAPED_STRING
%import common (ESCAPED_STRING, SIGNED_NUMBER)
%import common.WS
%ignore WS
"""
MIXED = r"""
start: _item~2 .. 3 [tail] ("x".."z")+
_item: NAME "=" (HEX | ESC)   // a comment
tail: "END"i
NAME: ("a".."f")~3 DIGIT
HEX: "0x" HEXDIGIT+
ESC: /\/[a-z]+\//i
%import common.DIGIT
%import common.HEXDIGIT
%ignore /[ \t]+/
"""
GRAMMARS = {"calc": CALC, "sql": SQL, "patch": PATCH, "value": VALUE, "mixed": MIXED}


def said_by(definition: str, seed: str, said: str = "what the user said") -> str:
    return written(schema_of({"type": "grammar", "syntax": "lark", "definition": definition}), said, seed)[0]


@pytest.mark.parametrize("name", GRAMMARS)
def test_what_is_written_is_accepted_by_the_grammar(name: str) -> None:
    judge = pytest.importorskip("lark").Lark(GRAMMARS[name])
    texts = {said_by(GRAMMARS[name], str(seed)) for seed in range(60)}
    assert len(texts) > 20
    for text in texts:
        judge.parse(text)


def test_texts_are_of_the_form_that_the_rules_have() -> None:
    for seed in map(str, range(40)):
        assert re.fullmatch(r"\d+( [+*] \d+)*", said_by(CALC, seed))
        assert re.fullmatch(r"SELECT \w+(, \w+)* FROM \w+ WHERE \w+ > '\d{4}-\d\d-\d\d';", said_by(SQL, seed))
        json.loads(said_by(VALUE, seed))


def test_the_same_seed_gives_the_same_text() -> None:
    assert said_by(PATCH, "a") == said_by(PATCH, "a")


def test_a_grammar_that_nests_without_end_is_written_the_shortest_way_in_the_end() -> None:
    nested = 'start: "(" start start ")" | "a"'
    assert all(len(said_by(nested, str(seed))) < 10_000 for seed in range(20))


def test_what_can_be_left_out_and_never_ends_is_left_out() -> None:
    assert said_by('start: "a" endless?\nendless: "b" endless', "0") == "a"


@settings(deadline=None, max_examples=150)
@given(st.text(alphabet='startbX:|()[]{}?*+~&." /\\n%ignore19', max_size=40))
def test_no_grammar_is_too_odd(rest: str) -> None:
    for definition in (
        rest,
        f"start: {rest}",
        f'start: "a" b\nb: {rest}\n%ignore {rest}',
        f"start: /{rest}/",
    ):
        held = read(definition)
        assert held.fault or isinstance(held.text("said", "0"), str | None)


@pytest.mark.parametrize("name", UNWRITTEN)
def test_where_a_grammar_cannot_be_followed_the_users_text_stays_and_a_note_says_so(name: str) -> None:
    schema = schema_of({"type": "grammar", "syntax": "lark", "definition": UNWRITTEN[name]})
    text, notes = written(schema, "hello", "0")
    assert text == "hello"
    assert notes == ("its grammar could not be followed, the input is the user's text",)


def test_what_the_user_says_stays_where_the_grammar_takes_it() -> None:
    assert said_by(CALC, "0", "1 + 2 * 3") == "1 + 2 * 3"
    assert said_by(CALC, "0", "1 +2") != "1 +2"
    assert said_by(PATCH, "0", "*** Begin Patch\n*** Delete File: a b\n*** End Patch\n").endswith(
        "a b\n*** End Patch\n"
    )


@pytest.mark.parametrize("name", TAKEN)
def test_each_grammar_has_a_text_and_takes_it_back(name: str) -> None:
    held = read(TAKEN[name])
    texts = {held.text("\a", str(seed)) for seed in range(10)}
    assert None not in texts
    if "stop=" not in TAKEN[name] and "%json" not in TAKEN[name]:
        assert all(text and held.text(text, "0") == text for text in texts if text)


def test_a_grammar_is_understood_once() -> None:
    assert read(CALC) is read(CALC)


def test_both_apis_follow_the_grammar() -> None:
    grammar = {"syntax": "lark", "definition": CALC}
    custom = {"name": "sum", "format": {"type": "grammar", "grammar": grammar}}
    chat: dict[str, Any] = {
        "model": "gpt-5",
        "messages": [{"role": "user", "content": "Add them."}],
        "tools": [{"type": "custom", "custom": custom}],
    }
    tool = {"type": "custom", "name": "sum", "format": {"type": "grammar", **grammar}}
    (whole,) = render("openai-chat", chat)
    said = json.loads(whole.wire)["choices"][0]["message"]["tool_calls"][0]["custom"]["input"]
    (told,) = render("openai-responses", {"model": "gpt-5", "input": "Add them.", "tools": [tool]})
    assert json.loads(told.wire)["output"][-1]["input"] == said
    assert re.fullmatch(r"\d+( [+*] \d+)*", said)


HEAVY = {
    "optional letters": "start: /" + "a?" * 5000 + "/",
    "letters in a class": "start: /[" + "".join(chr(256 + 2 * nth) for nth in range(5000)) + "]+/",
    "forms that hang together": "start: A\nA: /.*a.{12}/ & /.*b.{11}/ & /.*c.{13}/ & ~/.*d.{9}/",
    "rules in a chain": "start: a0\n"
    + "\n".join(f"a{nth}: a{nth + 1}" for nth in range(3000))
    + '\na3000: "x"',
    "texts that double": "start: a0\n"
    + "\n".join(f"a{nth}: a{nth + 1} a{nth + 1}" for nth in range(60))
    + '\na60: "x"',
    "a parameter with many values": 'start: p::0\np::_: "a" p::incr(_) %if lt(_,100000) | "" %if eq(_,100000)',
    "quotes without end": '"' * 60_001,
}


@pytest.mark.parametrize("name", HEAVY)
def test_no_grammar_takes_for_ever(name: str) -> None:
    begun = process_time()
    held = read(HEAVY[name])
    for seed in ("0", "1"):
        held.text("hello", seed)
    assert process_time() - begun < 8


def test_what_was_made_for_earlier_texts_changes_no_later_one() -> None:
    definition = "start: A\nA: /[a-z ]{20,60}/ & ~/(?s:.*)e(?s:.*)/"
    first = [read(definition).text("\a", str(seed)) for seed in range(3)]
    for nth in range(300):
        read(definition).text(f"{nth} " * 40, "9")
    read.cache_clear()
    assert [read(definition).text("\a", str(seed)) for seed in range(3)] == first


@pytest.mark.parametrize(
    "name", ["Greek", "Han", "L", "Lu", "Emoji", "sc=Cyrillic", "Alphabetic", "White_Space"]
)
def test_properties_of_characters_are_known(name: str) -> None:
    text = read(f"start: /\\p{{{name}}}{{3}}/").text("\a", "0")
    assert text is not None
    assert len(text) == 3


def test_a_property_of_which_nothing_is_known_here_is_not_refused() -> None:
    held = read(r"start: /\p{Dash}/")
    assert (held.fault, held.text("hello", "0")) == ("", None)
    assert "Unicode property not found" in read(r"start: /\p{Dashes}/").fault
