"""What a server's options do to an answer on its way out, in this order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_cli.server.answer import tapped

if TYPE_CHECKING:
    from mockllm_cli.server.loop import Server
    from mockllm_core.exchange import HttpRequest, HttpResponse

__all__ = ["dressed"]


def dressed(server: Server, request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Return the answer escaped, shown, compressed and opened to web pages, as far as that was asked for."""
    if server.ascii_only:
        from mockllm_core.escaped import escaped

        response = escaped(response)
    if server.tap is not None:
        response = tapped(response, server.tap)
    whole = response.body is not None
    wanted = server.compress == "all" or (whole and server.compress == "whole")
    if wanted and "accept-encoding" in request.headers:
        from mockllm_cli.server.coding import coding_of, encoded

        accepted = request.headers["accept-encoding"]
        coding = coding_of(response.note.protocol, accepted, stream=not whole)
        if coding is not None:
            response = encoded(response, coding)
    if request.method == "OPTIONS":
        from mockllm_cli.server.cors import options

        response = options(request, response)
    if server.cors:
        from mockllm_cli.server.cors import allowed

        response = allowed(request, response)
    return response
