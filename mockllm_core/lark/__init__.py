r"""Lark grammars, as custom tools send them: read one as OpenAI does, or refuse it, and write a text that it accepts.

OpenAI has llguidance follow them (https://github.com/guidance-ai/llguidance), whose dialect of Lark is its own: so are its
regular expressions (Rust's), its way to cut a text into lexemes, and its messages. All three were held against llguidance
1.7.6, which refuses ``~2..5`` as Azure did in August 2026; ``tests/core/lark`` holds them against what is installed.

    tokens, reader     the text of a grammar -> its items (ast)
    compiler, terminals, rust_regex    items -> rules over lexemes (nodes), each lexeme a form (forms)
    symbols, writer, sample, parser    rules -> a text, parsed again before it is given away
"""

from __future__ import annotations

from mockllm_core.lark.compiler import compiled
from mockllm_core.lark.places import GrammarError, UnfollowedError
from mockllm_core.lark.writer import Written, read

__all__ = ["GrammarError", "UnfollowedError", "Written", "compiled", "read"]
