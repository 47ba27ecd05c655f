"""No option of an SDK is taken in silence: it shows, it is refused, or the docs say why it does nothing."""

from __future__ import annotations

import pytest
from features.options import COLUMNS, NOT_SENT, SAMPLES, WHY, names, silent


@pytest.mark.parametrize("column", COLUMNS)
def test_every_option_of_the_sdk_is_asked_for(column: str) -> None:
    asked = {option.partition(".")[0] for option in SAMPLES[column]}
    assert names(column) - NOT_SENT.get(column, set()) <= asked


def test_what_has_no_effect_has_a_reason_and_every_reason_is_needed() -> None:
    told = silent()
    assert {column: reasons[""] for column, reasons in told.items() if "" in reasons} == {}
    needed = {option for reasons in told.values() for options in reasons.values() for option in options}
    assert {option for options in WHY.values() for option in options} - needed == set()
