"""``mockllm serve``: options to a running server."""

from __future__ import annotations

import contextlib
import errno
import gc
import signal
import sys
from typing import TYPE_CHECKING, Literal

from mockllm_cli.errors import CliError
from mockllm_cli.memory import BoundedMemory
from mockllm_cli.mock_server import environment
from mockllm_cli.server import Server
from mockllm_cli.signals import unheard
from mockllm_cli.talk import Talk
from mockllm_cli.times import instant
from mockllm_core.engine import FIXED_NOW, Settings
from mockllm_core.record import record

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from types import FrameType

    from mockllm_cli.server.workers import Parent

__all__ = ["Options", "serve"]

_DESCRIPTORS = 8192


@record(kw_only=True)
class Options:
    """What the command line said; see ``mockllm serve --help``."""

    host: str = "127.0.0.1"
    port: int = 8080
    seed: str | None = None
    now: str | None = None
    reply: str | None = None
    args: Literal["plausible", "fuzz", "near-miss"] = "plausible"
    strict: bool = False
    stateless: bool = False
    delay: float = 0.0
    piece: int | None = None
    workers: int = 1
    compress: Literal["whole", "all", "none"] = "whole"
    cors: bool = False
    ascii: bool = False
    tls_cert: str | None = None
    tls_key: str | None = None
    tls_self_signed: bool = False
    log_level: str = "info"
    log_format: Literal["text", "json"] = "text"
    quiet: bool = False
    verbose: bool = False


def serve(options: Options) -> None:
    """Answer until SIGINT or SIGTERM.

    Raises:
        CliError: the address cannot be bound, or an option makes no sense.
    """
    talk = Talk(options.log_level, options.log_format, quiet=options.quiet, verbose=options.verbose)
    if options.now is not None:
        instant(options.now)
    if not options.host:
        raise CliError("--host is empty, which would mean every address: say 0.0.0.0 when that is meant", 2)
    if not options.host.isascii():
        _check_name(options.host)
    tls, certificate = _tls(options)
    _allow_descriptors()
    _keep_memory()
    _take_short_turns()
    with contextlib.ExitStack() as leaving:
        _serve(options, tls, talk, _Announcement(options, certificate, leaving))


def _check_name(host: str) -> None:
    """Refuse what cannot be spelled as a host's name; the socket would raise a TypeError."""
    try:
        host.encode("idna")
    except UnicodeError:
        raise CliError(f"--host {host[:80]!r} is neither an address nor the name of a host", 2) from None


def _serve(options: Options, tls: ssl.SSLContext | None, talk: Talk, announcement: _Announcement) -> None:
    if options.workers == 1:
        server = _bound(options, options.port, tls, talk)
        try:
            _until_signal(server, lambda: announcement.make(server.port), over=announcement.take_back)
        finally:
            server.server_close()
        talk.farewell()
        return
    from mockllm_cli.server.workers import reserve, supervise

    try:
        reserved = reserve(options.host, options.port)
    except OSError as error:
        raise CliError(_unbound(options, error)) from None
    port = int(reserved.getsockname()[1])

    def work(parent: Parent) -> None:
        server = _bound(options, port, tls, talk)
        parent.when_gone(server.shutdown)
        try:
            # a second signal is the parent's to judge: the first may come from it and from whoever stops the group
            _until_signal(server, parent.tell_ready, signals=(signal.SIGTERM,), then=signal.SIG_IGN)
        finally:
            server.server_close()
        talk.farewell()

    supervise(options.workers, work, lambda: announcement.make(port))
    reserved.close()


def _allow_descriptors() -> None:
    """Raise the soft limit of open files to what our cap of connections needs, as far as the system lets us."""
    try:
        import resource
    except ImportError:
        return  # Windows has no such limit
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


_KEPT = 4 << 20
"""Bytes of free memory that stay with the process, and of an allocation that is made there."""


def _keep_memory() -> None:
    """Keep what glibc would give back after each long answer, and take anew for the next: pages cost more than text."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    options = getattr(ctypes.CDLL(None), "mallopt", None)
    if options is not None:
        for option in (_TRIM_THRESHOLD, _MMAP_THRESHOLD):
            options(option, _KEPT)


_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Options of https://man7.org/linux/man-pages/man3/mallopt.3.html."""


_TURN = 0.0005
"""Seconds after which a thread that makes a long answer lets the loop go on."""


def _take_short_turns() -> None:
    """Delay others little while a thread works: the loop waits a turn behind it at each step of an answer.

    The collector looks at what is loaded now no more. It may begin in any thread and holds up all: the first use of
    hypothesis, thousands of new objects, had it go through everything.
    """
    sys.setswitchinterval(_TURN)
    gc.freeze()


def _bound(options: Options, port: int, tls: ssl.SSLContext | None, talk: Talk) -> Server:
    settings = Settings(
        seed="0" if options.seed is None else options.seed,
        reply=options.reply,
        strict=options.strict,
        args=options.args,
        delay=options.delay,
        piece=options.piece,
    )
    fixed = FIXED_NOW if options.seed is not None else None
    try:
        return Server(
            (options.host, port),
            settings,
            deterministic=options.seed is not None,
            now=fixed if options.now is None else instant(options.now),
            memory=None if options.stateless else BoundedMemory(),
            observer=talk.observer,
            after_turn=talk.turn,
            tap=talk.tap,
            tls=tls,
            compress=options.compress,
            cors=options.cors,
            ascii_only=options.ascii,
            share_port=options.workers > 1,
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


def _tls(options: Options) -> tuple[ssl.SSLContext | None, bytes]:
    """Return how to encrypt, and the certificate if it is one that nobody has yet."""
    if options.tls_self_signed and (options.tls_cert is not None or options.tls_key is not None):
        raise CliError(
            "--tls-self-signed makes a certificate and its key: leave out --tls-cert and --tls-key", 2
        )
    if options.tls_cert is None and not options.tls_self_signed:
        if options.tls_key is not None:
            raise CliError("--tls-key needs --tls-cert", 2)
        return None, b""
    from mockllm_cli.server.tls import context, made_for

    if options.tls_cert is not None:
        return context(options.tls_cert, options.tls_key), b""
    return made_for(options.host)


class _Announcement:
    """What is told of a server that listens.

    A certificate that was made for the run is written for clients to read, once signals are ours to hear: neither
    one nor two of them leave it behind.
    """

    def __init__(self, options: Options, certificate: bytes, leaving: contextlib.ExitStack) -> None:
        self._options = options
        self._certificate = certificate
        self._leaving = leaving

    def make(self, port: int) -> None:
        """Tell where the server is found."""
        options = self._options
        if self._certificate:
            self._write()
        scheme = "https" if options.tls_cert or options.tls_self_signed else "http"
        host = f"[{options.host}]" if ":" in options.host else options.host
        url = f"{scheme}://{host}:{port}"
        if options.quiet:
            return
        if sys.stdout.isatty():
            from mockllm_cli.console import welcome

            print(welcome(url, environment(url)), end="", flush=True)  # noqa: T201 - the product
        else:
            print(f"mockllm listening on {url}", flush=True)  # noqa: T201 - the product

    def take_back(self) -> None:
        """Take away what clients that come now have no use for."""
        self._leaving.close()

    def _write(self) -> None:
        import tempfile
        from pathlib import Path

        with unheard():
            folder = tempfile.TemporaryDirectory(prefix="mockllm-", ignore_cleanup_errors=True)
            path = Path(self._leaving.enter_context(folder)) / "mockllm-cert.pem"
            path.write_bytes(self._certificate)
        print(f"mockllm: trust the certificate with SSL_CERT_FILE={path}", file=sys.stderr)  # noqa: T201 - for a person
        print("mockllm: boto3 reads AWS_CA_BUNDLE instead, Node.js NODE_EXTRA_CA_CERTS", file=sys.stderr)  # noqa: T201


def _until_signal(
    server: Server,
    ready: Callable[[], None],
    signals: tuple[signal.Signals, ...] = (signal.SIGINT, signal.SIGTERM),
    then: signal.Handlers = signal.SIG_DFL,
    over: Callable[[], None] = lambda: None,
) -> None:
    """Serve; the first signal stops gracefully, the second at once, whichever of them it is.

    ``ready`` is called when a signal would be heard: who reads the announcement may send one right then. ``over`` is
    called at the first one, before a second would be the end.
    """

    def stop(_: int, __: FrameType | None) -> None:
        server.shutdown()
        with unheard():
            over()
            for number in signals:
                signal.signal(number, then)

    for number in signals:
        signal.signal(number, stop)
    ready()
    server.serve_forever()
