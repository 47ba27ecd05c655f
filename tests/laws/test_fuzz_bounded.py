"""No input gives an exception, a 5xx or a hang: a few cases of the fuzzer, the same each time."""

from __future__ import annotations

import pytest
from laws.fuzzing import TARGETS

CASES = 500


@pytest.mark.parametrize("target", TARGETS)
def test_no_input_gives_an_exception_a_5xx_or_a_hang(target: str) -> None:
    for number in range(CASES):
        try:
            TARGETS[target](number)
        except Exception as error:
            error.add_note(f"python tests/benchmarks/fuzz.py --case {target}:{number}")
            raise
