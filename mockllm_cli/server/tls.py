"""TLS: the same loop over encrypted sockets."""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
from typing import TYPE_CHECKING

from mockllm_cli.errors import CliError
from mockllm_cli.server.connection import WantsRead
from mockllm_cli.signals import unheard

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["TlsSocket", "context", "made_for", "self_signed"]


log = logging.getLogger("mockllm")

_PLAIN = b"""HTTP/1.1 400 Bad Request\r
content-type: application/json\r
content-length: 77\r
connection: close\r
\r
{"error":{"message":"This port speaks TLS: use https:// instead of http://"}}"""


class TlsSocket:
    """A non-blocking TLS socket that says ``BlockingIOError`` as plain ones do.

    Attributes:
        over: the client has said, right behind what was read last, that it sends no more.
    """

    def __init__(self, sock: socket.socket, tls: ssl.SSLContext) -> None:
        self.over = False
        self._sock = tls.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)

    def recv(self, most: int) -> bytes:
        """Return what can be decrypted; whatever the layer below holds already is not announced by a selector."""
        parts: list[bytes] = []
        try:
            # what is decrypted already is taken beyond ``most``: a record, which is 16 KiB at most
            data = b""
            while (most > 0 or self._sock.pending()) and (data := self._sock.recv(max(most, 16_384))):
                parts.append(data)
                most -= len(data)
            self.over = not data
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            if not parts:
                raise BlockingIOError from None
        except ssl.SSLError as error:
            log.debug("no TLS with a client: %s", error.reason)
            if error.reason == "HTTP_REQUEST":
                self._answer_plainly()
            raise
        return b"".join(parts)

    def send(self, data: bytes | memoryview) -> int:
        """Send bytes; returns how many."""
        try:
            return self._sock.send(data)
        except ssl.SSLWantReadError:
            raise WantsRead from None
        except ssl.SSLWantWriteError:
            raise BlockingIOError from None

    def _answer_plainly(self) -> None:
        """Tell a client that forgot the s of https, in words that it can read."""
        with contextlib.suppress(OSError):
            socket.socket.recv(self._sock, 65_536)  # what is left unread would take the answer with it
            socket.socket.send(self._sock, _PLAIN)

    def fileno(self) -> int:
        """The descriptor."""
        return self._sock.fileno()

    def shutdown(self, how: int) -> None:
        """Say the end of the encrypted text, then shut one side of the TCP connection."""
        with contextlib.suppress(OSError):
            self._sock.unwrap()
        self._sock.shutdown(how)

    def setsockopt(self, level: int, option: int, value: bytes) -> None:
        """Set an option of the TCP connection."""
        self._sock.setsockopt(level, option, value)

    def close(self) -> None:
        """Give the descriptor back."""
        self._sock.close()


def context(cert: str, key: str | None) -> ssl.SSLContext:
    """Return a server context that offers HTTP/2 and HTTP/1.1.

    Raises:
        CliError: the files cannot be read or do not belong together.
    """
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.set_alpn_protocols(["h2", "http/1.1"])
    try:
        for option, path in (("--tls-cert", cert), ("--tls-key", key or cert)):
            _check_readable(option, path)
        # without a password OpenSSL would ask the terminal for one, and wait
        tls.load_cert_chain(cert, key, password=lambda: "")
    except ssl.SSLError as error:
        raise CliError(_unusable(cert, key, error)) from None
    return tls


def _check_readable(option: str, path: str) -> None:
    """Say which of the two files cannot be read; OpenSSL does not."""
    try:
        with open(path, "rb"):  # noqa: PTH123 - only to see that it can be
            pass
    except OSError as error:
        sentence = f"cannot use {path or 'an empty name'}: {error.strerror or error}"
        raise CliError(f"{sentence}; {option} takes a PEM file that you may read") from None


def _unusable(cert: str, key: str | None, error: ssl.SSLError) -> str:
    """Return what is wrong with two files that can be read; OpenSSL tells a number of its own source."""
    if error.reason == "KEY_VALUES_MISMATCH":
        return f"cannot use the certificate {cert}: it is not that of the key {key or cert}"
    if key is None:
        return f"cannot use the certificate {cert}: it is no PEM file of a certificate and, without --tls-key, its key"
    return f"cannot use the certificate {cert} with the key {key}: each must be a PEM file, the key without a password"


def made_for(host: str) -> tuple[ssl.SSLContext, bytes]:
    """Return a context with a certificate made for that host, and the certificate; its key is left nowhere.

    Raises:
        CliError: the library that makes certificates is not installed.
    """
    import tempfile
    from pathlib import Path

    # OpenSSL reads files only, and a signal must not leave them behind
    with unheard(), tempfile.TemporaryDirectory(prefix="mockllm-") as folder:
        cert, key = self_signed(Path(folder), host)
        return context(str(cert), str(key)), cert.read_bytes()


def self_signed(folder: Path, host: str) -> tuple[Path, Path]:
    """Write a certificate for that host, localhost and the loopback addresses, and its key; return both paths.

    Raises:
        CliError: the library that makes certificates is not installed.
    """
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
    except ImportError:
        raise CliError("--tls-self-signed needs one more package: pip install 'mockllm-cli[tls]'") from None
    import ipaddress
    from datetime import UTC, datetime, timedelta

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mockllm")])
    names: list[x509.GeneralName] = [x509.DNSName("localhost")]
    names += [x509.IPAddress(ipaddress.ip_address(address)) for address in ("127.0.0.1", "::1")]
    if host not in ("localhost", "127.0.0.1", "::1"):
        try:
            names.append(x509.IPAddress(ipaddress.ip_address(host)))
        except ValueError:
            names.append(x509.DNSName(host))
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert_path, key_path = folder / "mockllm-cert.pem", folder / "mockllm-key.pem"
    cert_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_path.touch(mode=0o600)
    key_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return cert_path, key_path
