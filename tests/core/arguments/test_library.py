"""hypothesis-jsonschema is loaded without the grammar of all IRIs."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

SLOW = """
loaded = True

def is_valid_syntax(rule, value):
    return (rule, value) == ("iri", "yes")
"""
CODE = """
import sys
from mockllm_core.arguments import generate

assert generate({"type": "object", "properties": {"a": {"type": "integer"}}}, style="fuzz").valid
assert "hypothesis_jsonschema" in sys.modules
assert "rfc3987_syntax" not in sys.modules

import jsonschema

takes = jsonschema.FormatChecker().conforms
assert [takes("yes", "iri"), takes("no", "iri")] == [True, False]

import rfc3987_syntax

assert rfc3987_syntax.loaded
"""


@pytest.mark.skipif(find_spec("rfc3987") is not None, reason="jsonschema takes rfc3987 before rfc3987_syntax")
def test_the_grammar_is_loaded_when_an_iri_is_checked_and_whoever_asks_gets_the_real_one(
    tmp_path: Path,
) -> None:
    (tmp_path / "rfc3987_syntax.py").write_text(SLOW, encoding="utf-8")
    path = os.pathsep.join((str(tmp_path), *filter(None, (os.environ.get("PYTHONPATH"),))))
    told = subprocess.run(
        [sys.executable, "-c", CODE],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode, told.stderr) == (0, "")
