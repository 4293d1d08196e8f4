"""Real servers on loopback that answer as badly as one likes."""

import contextlib
import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Talk = Callable[[socket.socket], None]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Rogue:
    """A listening server: how many connected, how many of these it closed, and each request as it arrived."""

    port: int
    scheme: str = "http"
    connections: int = 0
    closed: int = 0
    requests: list[bytes] = field(default_factory=list)
    lines: list[socket.socket] = field(default_factory=list)
    gone: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str = "/hook", host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"

    def read_request(self, line: socket.socket) -> bytes:
        """One request with its body; b"" when the client has gone."""
        data = b""
        while b"\r\n\r\n" not in data:
            if not (more := line.recv(65_536)):
                return b""
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        length = next((int(h[15:]) for h in head.split(b"\r\n") if h.lower().startswith(b"content-length:")), 0)
        while len(body) < length:
            body += line.recv(65_536)
        self.requests.append(head + b"\r\n\r\n" + body)
        return self.requests[-1]

    def wait_until_gone(self, line: socket.socket) -> None:
        """Until the client closes the connection, or the test is over."""
        while not self.gone.is_set() and line.recv(65_536):
            pass

    def drip(self, line: socket.socket, piece: bytes, seconds: float = 0.05) -> None:
        """`piece` again and again, until the client has gone."""
        while not self.gone.wait(seconds):
            line.sendall(piece)


@contextlib.contextmanager
def rogue(talk: Callable[[Rogue, socket.socket], None], tls: ssl.SSLContext | None = None) -> Iterator[Rogue]:
    """A server that calls `talk(server, connection)` in a thread of its own for each connection."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = Rogue(listener.getsockname()[1], "https" if tls else "http")
    threads: list[threading.Thread] = []

    def serve(line: socket.socket) -> None:
        with contextlib.suppress(OSError), line:  # the client may go at any time: that is the point
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            line.settimeout(20)
            server.lines.append(tls.wrap_socket(line, server_side=True) if tls else line)
            talk(server, server.lines[-1])
        server.closed += 1

    def accept() -> None:
        with contextlib.suppress(OSError):  # the listener was closed
            while True:
                line, _ = listener.accept()
                server.connections += 1
                threads.append(threading.Thread(target=serve, args=(line,), daemon=True))
                threads[-1].start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield server
    finally:
        server.gone.set()
        for line in (listener, *server.lines):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(5)
        listener.close()


def answers(raw: bytes) -> Callable[[Rogue, socket.socket], None]:
    """Reads each request, sends these bytes and waits for the next."""

    def talk(server: Rogue, line: socket.socket) -> None:
        while server.read_request(line):
            line.sendall(raw)

    return talk


def answers_and_closes(raw: bytes) -> Callable[[Rogue, socket.socket], None]:
    def talk(server: Rogue, line: socket.socket) -> None:
        server.read_request(line)
        line.sendall(raw)

    return talk


@dataclass(frozen=True)
class Authority:
    """A private certificate authority; `file` is its certificate (PEM)."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def make(cls, folder: Path) -> "Authority":
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate("Test authority", key, "Test authority", key, days=1, ca=True)
        (folder / "ca.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return cls(folder, key, certificate)

    @property
    def file(self) -> str:
        return str(self.folder / "ca.pem")

    def context(self, *, name: str = "127.0.0.1", days: int = 1) -> ssl.SSLContext:
        """What a server with a certificate for this name needs; `days` < 0: it has expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate(name, key, "Test authority", self.key, days=days)
        path = self.folder / f"{name}{days}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    days: int,
    ca: bool = False,
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    until = now + datetime.timedelta(days=days)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(now, until) - datetime.timedelta(days=2))
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if not ca:
        builder = builder.add_extension(x509.SubjectAlternativeName([_alternative(name)]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
