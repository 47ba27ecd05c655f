"""What h2 keeps of a connection: the server's side, with its settings said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.settings

if TYPE_CHECKING:
    import hyperframe.frame

__all__ = ["begun"]

_WINDOW = 1_048_576
"""Bytes that a client may send unasked, on a stream and in all."""


_SETTINGS = {
    h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: _WINDOW,
    h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: 100,
    h2.settings.SettingCodes.MAX_HEADER_LIST_SIZE: 65_536,
}


class _H2(h2.connection.H2Connection):
    """A connection that outlives the client's farewell.

    After a GOAWAY h2 sends nothing more; by RFC 9113, 6.8, streams under way go on to their end, and Node's
    ``session.close()`` relies on it.
    """

    def _receive_goaway_frame(
        self, frame: hyperframe.frame.GoAwayFrame
    ) -> tuple[list[hyperframe.frame.Frame], list[h2.events.Event]]:
        if frame.error_code:
            return super()._receive_goaway_frame(frame)
        farewell = h2.events.ConnectionTerminated()
        farewell.error_code = h2.errors.ErrorCodes.NO_ERROR
        return [], [farewell]


def begun() -> h2.connection.H2Connection:
    """Return a connection that has something to say: its settings, and how much it takes unasked."""
    state = _H2(config=h2.config.H2Configuration(client_side=False, header_encoding=False))
    state.local_settings = h2.settings.Settings(client=False, initial_values=_SETTINGS)
    state.initiate_connection()
    state.increment_flow_control_window(_WINDOW - 65_535)
    return state
