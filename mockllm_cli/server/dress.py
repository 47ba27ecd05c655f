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
    if server.compress and "accept-encoding" in request.headers:
        from mockllm_cli.server.coding import accepts_gzip, gzipped

        if accepts_gzip(request.headers["accept-encoding"]):
            response = gzipped(response)
    if request.method == "OPTIONS":
        from mockllm_cli.server.cors import options

        response = options(request, response)
    if server.cors:
        from mockllm_cli.server.cors import allowed

        response = allowed(request, response)
    return response
