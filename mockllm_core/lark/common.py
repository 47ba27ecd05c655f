"""What ``%import common.X`` brings: Lark's own terminals, as llguidance spells them (parser/src/lark/common.rs)."""

from __future__ import annotations

__all__ = ["COMMON", "PLAIN"]

_FLOAT = r"([0-9]+\.[0-9]*|\.[0-9]+)([eE](\+|-)?[0-9]+)?|[0-9]+[eE](\+|-)?[0-9]+"

COMMON = {
    "common.DIGIT": "[0-9]",
    "common.HEXDIGIT": "[a-fA-F0-9]",
    "common.INT": "[0-9]+",
    "common.SIGNED_INT": r"(\+|-)?[0-9]+",
    "common.DECIMAL": r"([0-9]+\.[0-9]*)|(\.[0-9]+)",
    "common._EXP": r"[eE](\+|-)?[0-9]+",
    "common.FLOAT": _FLOAT,
    "common.SIGNED_FLOAT": rf"(\+|-)?({_FLOAT})",
    "common.NUMBER": rf"([0-9]+)|{_FLOAT}",
    "common.SIGNED_NUMBER": rf"(\+|-)?(([0-9]+)|{_FLOAT})",
    "common.ESCAPED_STRING": r"\"([^\"\\]|\\.)*\"",
    "common.LCASE_LETTER": "[a-z]",
    "common.UCASE_LETTER": "[A-Z]",
    "common.LETTER": "[A-Za-z]",
    "common.WORD": "[A-Za-z]+",
    "common.CNAME": "[_A-Za-z][_A-Za-z0-9]*",
    "common.WS_INLINE": "[ \\t]+",
    "common.WS": "[ \\t\\f\\r\\n]+",
    "common.CR": "\\r",
    "common.LF": "\\n",
    "common.NEWLINE": r"(\r?\n)+",
    "common.SH_COMMENT": r"#[^\n]*",
    "common.CPP_COMMENT": r"//[^\n]*",
    "common.C_COMMENT": r"\/\*[^*]*\*+(?:[^\/*][^*]*\*+)*\/",
    "common.SQL_COMMENT": r"--[^\n]*",
}

_NUMBER = "[1-9][0-9]{0,2}"
_TENTHS = r"[1-9][0-9]?\.[1-9]"
PLAIN = {
    COMMON[f"common.{name}"]: pattern
    for name, pattern in {
        "INT": _NUMBER,
        "SIGNED_INT": f"-?{_NUMBER}",
        "DECIMAL": _TENTHS,
        "FLOAT": _TENTHS,
        "SIGNED_FLOAT": f"-?{_TENTHS}",
        "NUMBER": _NUMBER,
        "SIGNED_NUMBER": f"-?{_NUMBER}",
        "ESCAPED_STRING": '"[a-z]{3,}"',
        "WS": " ",
        "NEWLINE": "\\n",
    }.items()
}
"""A part of what some of them match, to write: without ``+007`` and ``.5e+3``."""
