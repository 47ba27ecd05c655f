"""JSON text as the providers spell it."""

import json
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockllm_core import jsontext
from mockllm_core.frame import Json

VALUE = {"b": [1, 2.0, None], "a": {"é": "x"}}
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters()), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("spell", "text"),
    [
        (jsontext.compact, '{"b":[1,2.0,null],"a":{"é":"x"}}'),
        (jsontext.sorted_compact, '{"a":{"é":"x"},"b":[1,2.0,null]}'),
        (jsontext.spaced, '{"b": [1, 2.0, null], "a": {"é": "x"}}'),
        (jsontext.airy, '{"b": [1,2.0,null],"a": {"é": "x"}}'),
        (jsontext.pretty, '{\n  "b": [\n    1,\n    2.0,\n    null\n  ],\n  "a": {\n    "é": "x"\n  }\n}'),
    ],
)
def test_each_spelling(spell: Callable[[Json], str], text: str) -> None:
    assert spell(VALUE) == text


@given(
    values,
    st.sampled_from(
        [jsontext.compact, jsontext.sorted_compact, jsontext.spaced, jsontext.airy, jsontext.pretty]
    ),
)
def test_every_spelling_is_utf8_and_reads_back(value: Json, spell: Callable[[Json], str]) -> None:
    text = spell(value)
    text.encode("utf-8")
    assert json.loads(text) == value
    assert len(text.splitlines()) == 1 + text.count("\n")


@given(st.text(st.characters()))
def test_a_quoted_text_is_the_text_that_compact_writes(text: str) -> None:
    assert jsontext.quote(text) == jsontext.compact(text)


@given(st.lists(st.text(st.characters()) | st.text('ab "\\\0')))
def test_many_texts_are_quoted_as_each_is(texts: list[str]) -> None:
    assert jsontext.quotes(texts) == [jsontext.quote(text) for text in texts]


def test_no_json_is_deeper_than_the_limit_on_any_interpreter() -> None:
    assert jsontext.parse("[" * 512 + "]" * 512)
    assert jsontext.parse("[" + '{"a":[]},' * 600 + "0]")
    for depth in (513, 900, 100_000):
        with pytest.raises(ValueError, match=r"^the JSON is nested too deeply$"):
            jsontext.parse('{"a":' * depth + "1" + "}" * depth)


@given(st.lists(st.text(st.characters()) | st.text('ab "\\\0\x7f')))
def test_many_texts_are_escaped_as_each_is(texts: list[str]) -> None:
    assert list(jsontext.escaped(texts)) == [jsontext.quote(text)[1:-1] for text in texts]


@given(values, st.sampled_from([2, 4]))
def test_indented_json_is_that_of_the_plain_encoder(value: Json, indent: int) -> None:
    plain = json.dumps(value, ensure_ascii=False, indent=indent)
    escaped = re.sub("[\u0085\u2028\u2029\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", plain)
    assert jsontext.pretty(value, indent) == escaped


@given(values)
def test_equal_values_have_one_canonical_text(value: Json) -> None:
    assert jsontext.canonical(value) == json.dumps(value, sort_keys=True, separators=(",", ":"))


def test_line_separators_and_lone_surrogates_are_escaped() -> None:
    assert jsontext.quote("a\u2028b\u2029c\u0085d\ud800e\n") == '"a\\u2028b\\u2029c\\u0085d\\ud800e\\n"'


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"NaN",
        b"[Infinity]",
        b'{"a":-Infinity}',
        b"\xff\xfe",
        b"[" * 100_000,
        b"1" * 5_000,
        "\ufeff{}".encode(),
    ],
    ids=["empty", "open", "nan", "infinity", "minus", "utf16", "deep", "long-number", "bom"],
)
def test_what_is_not_json_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        jsontext.parse(data)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"\xef\xbb\xbf{}", "unexpected byte order mark: line 1 column 1 (char 0)"),
        (b'{"a":' + b"9" * 6000 + b"}", "a number has too many digits"),
        (b"[NaN]", "NaN is not JSON"),
        (b"[" * 100_000, "the JSON is nested too deeply"),
    ],
    ids=["mark", "digits", "NaN", "deep"],
)
def test_what_is_wrong_is_told_without_a_word_of_python(data: bytes, told: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
        jsontext.parse(data)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("{}", dict),
        ("[1]", list),
        ('"a"', str),
        ("1", int),
        ("", None),
        ('{"a":', None),
        ("[" * 100_000, None),
    ],
)
def test_the_kind_of_json_text_is_told_each_time(text: str, kind: type | None) -> None:
    assert jsontext.kind(text) is jsontext.kind(text) is kind
    if kind is not None:
        assert jsontext.kind(f"{text}{' ' * 5000}") is kind
