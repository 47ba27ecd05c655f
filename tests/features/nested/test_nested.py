"""No nested option of an SDK is taken in silence: it shows, it is refused, or its table says why it does nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from features.nested.tables import APIS
from features.nested.walk import contract_of, effect, matches, options, reason, ways

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.nested.walk import Api

_EACH = pytest.mark.parametrize("api", APIS, ids=[api.column for api in APIS])


@_EACH
def test_what_every_option_does_is_as_held(api: Api, snapshot: Callable[[str, bytes], None]) -> None:
    """A new option of an SDK, or one that does something else now, is a line of the difference: decide on it."""
    lines = [f"{option}: {effect(api, option)}\n" for option in options(api.column)]
    assert len(set(lines)) == len(lines)
    snapshot(f"nested/{api.column}.txt", "".join(sorted(lines)).encode())


@_EACH
def test_what_has_no_effect_has_a_reason_and_every_pattern_is_needed(api: Api) -> None:
    silent = [option for option in options(api.column) if effect(api, option) == "silent"]
    assert [option for option in silent if not reason(api, option)] == []
    patterns = [pattern for told in api.silent.values() for pattern in told]
    assert [one for one in patterns if not any(matches(api, option, one) for option in silent)] == []


@_EACH
def test_a_refusal_of_the_mock_is_the_options_own(api: Api) -> None:
    """A request whose frame is refused tells nothing of what is in it: only what is refused whole holds such options."""
    for option in options(api.column):
        if effect(api, option) == "refused with what holds it":
            holder = option if option in ways(api.column) else option.rpartition(".")[0]
            assert effect(api, holder)[:3].isdigit() or effect(api, holder) == "refused with what holds it", (
                option
            )


def test_a_new_option_of_an_sdk_is_found_and_has_no_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    api = APIS[0]
    keys = contract_of(api.column)["$defs"]["FunctionDefinition"]["properties"]
    monkeypatch.setitem(keys, "invented", {"type": ["string", "null"]})
    new = "FunctionDefinition.invented"
    assert new in options(api.column)
    assert (effect(api, new), reason(api, new)) == ("silent", "")
