"""``mockllm serve``: options to a running server."""

from __future__ import annotations

import errno
import logging
import signal
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mockllm_cli.errors import CliError
from mockllm_cli.mock_server import FIXED_NOW, environment
from mockllm_cli.secrets import redacted, redacted_query
from mockllm_cli.server import Server
from mockllm_cli.times import instant
from mockllm_core.engine import Settings

if TYPE_CHECKING:
    from types import FrameType

    from mockllm_cli.server import Exchange

__all__ = ["Options", "serve"]

log = logging.getLogger("mockllm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line said; see ``mockllm serve --help``."""

    host: str
    port: int
    seed: str | None
    now: str | None
    reply: str | None
    args: Literal["plausible", "fuzz", "near-miss"]
    strict: bool
    delay: float
    piece: int | None
    log_level: str


def serve(options: Options) -> None:
    """Answer until SIGINT or SIGTERM.

    Raises:
        CliError: the address cannot be bound.
    """
    logging.basicConfig(
        level=options.log_level.upper(), stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s"
    )
    server = _server(options)
    try:
        _announce(options.host, server.port)
        _until_signal(server)
    finally:
        server.server_close()


def _server(options: Options) -> Server:
    settings = Settings(
        seed="0" if options.seed is None else options.seed,
        reply=options.reply,
        strict=options.strict,
        args=options.args,
        delay=options.delay,
        piece=options.piece,
    )
    fixed = FIXED_NOW if options.seed is not None else None
    now = fixed if options.now is None else instant(options.now)
    try:
        return Server(
            (options.host, options.port),
            settings,
            deterministic=options.seed is not None,
            now=now,
            observer=_log if log.isEnabledFor(logging.INFO) else None,
        )
    except OSError as error:
        raise CliError(_unbound(options, error)) from None


def _unbound(options: Options, error: OSError) -> str:
    where = f"{options.host}:{options.port}"
    if error.errno == errno.EADDRINUSE:
        return f"{where} is taken by another process: stop it, or choose another with --port (0 picks a free one)"
    if error.errno == errno.EACCES:
        return f"{where} is not allowed for this user: choose a port above 1023 with --port"
    return f"cannot listen on {where}: {error.strerror or error}; choose another with --host and --port"


def _announce(host: str, port: int) -> None:
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    if sys.stdout.isatty():
        from mockllm_cli.console import welcome

        welcome(url, environment(url))
    else:
        print(f"mockllm listening on {url}", flush=True)  # noqa: T201 - the product


def _until_signal(server: Server) -> None:
    """Serve; the first signal stops gracefully, the second at once."""

    def stop(number: int, _: FrameType | None) -> None:
        server.shutdown()
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    server.serve_forever()


def _log(exchange: Exchange) -> None:
    request, response = exchange.request, exchange.response
    if request is None:
        log.info("bad request %d", response.status)
        return
    level = logging.INFO if exchange.complete else logging.DEBUG
    log.log(
        level,
        "%s %s %s %d %d frames %d bytes %.1f ms%s",
        request.method,
        request.path,
        response.note.model or "-",
        response.status,
        exchange.frames,
        exchange.size,
        exchange.seconds * 1000,
        "" if exchange.complete else " (client left)",
    )
    for remark in response.note.remarks:
        log.warning("%s", remark)
    if log.isEnabledFor(logging.DEBUG):
        log.debug("query %s headers %s", redacted_query(request.query), redacted(request.headers))
