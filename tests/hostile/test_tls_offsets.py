"""TLS that is cut or bent at every single byte that the server sends, from its hello to its close_notify.

Some thousand connections: so the server is in memory, one certificate long, and without sockets.
"""

from __future__ import annotations

import errno
import ssl
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

from tests.connection.peer import close_frame, server_frame, switching
from tests.connection.tls_peers import server_context
from tests.hostile.test_tls import certificate
from tests.peers.certificates import ServedCertificate
from wsinspect.connection import ladder
from wsinspect.connection.manager import ConnectionManager
from wsinspect.connection.stream import StreamResetError
from wsinspect.options import ConnectOptions
from wsinspect.session.record import SessionRecord
from wsinspect.wire.opcode import Direction

FRAMES = (server_frame(0x81, b"hello"), close_frame(1000))


class Served:
    """A stream to a TLS server that says 101, a message, Close and close_notify, and that loses or bends some of it."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._request = b""
        self._established = False
        self.said = b""
        """What it says, before encryption."""
        self.sent = 0
        """Bytes that it sent, encrypted."""
        self.keep: int | None = None
        """After how many of them the stream ends; None is after all."""
        self.resets = False
        """Whether it ends by RST."""
        self.bend: int | None = None
        """Which of them is changed."""
        self.left = False
        """Whether we have let go of it."""

    def write(self, data: bytes) -> None:
        self._incoming.write(data)
        with suppress(ssl.SSLError):  # it wants more, or we have complained
            if not self._established:
                self._tls.do_handshake()
                self._established = True
            self._request += self._tls.read()
            if not self.said and self._request.endswith(b"\r\n\r\n"):
                for record in (switching(self._request), *FRAMES):
                    self.said += record
                    self._tls.write(record)
                self._tls.unwrap()

    async def read(self) -> bytes:
        data = self._outgoing.read()
        begin, self.sent = self.sent, self.sent + len(data)
        if self.bend is not None and begin <= self.bend < self.sent:
            at = self.bend - begin
            data = data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :]
        if self.keep is not None:
            data = data[: max(0, self.keep - begin)]
        if not data and self.resets:
            raise StreamResetError(errno.ECONNRESET, "Connection reset by peer")
        return data

    async def drain(self) -> None:
        """Nothing waits."""

    async def close(self) -> None:
        self.left = True

    def abort(self) -> None:
        self.left = True


class Run(NamedTuple):
    """How it went."""

    step: str
    """Which step failed; `none` where it was a clean close."""
    kind: str
    heard: int
    """Bytes above TLS."""
    sent: int


class Runs:
    """Connections to a server of one TLS version."""

    def __init__(self, certificate: ServedCertificate, version: ssl.TLSVersion) -> None:
        self._context = server_context(certificate, only=version)
        # Tickets are as long as all the rest, and no more than bytes of a record.
        self._context.options |= ssl.OP_NO_TICKET
        self._context.num_tickets = 0
        self._options = ConnectOptions(
            url="wss://127.0.0.1:1/", server_name="localhost", ca_file=str(certificate.chain)
        )

    async def one(self, *, keep: int | None = None, resets: bool = False, bend: int | None = None) -> Run:
        """Connect, stay to the end, and check what must hold after whatever happened."""
        served = Served(self._context)
        served.keep, served.resets, served.bend = keep, resets, bend

        async def connect(*_: object) -> Served:
            return served

        record = SessionRecord()
        with patch.object(ladder, "connect", connect):
            await ConnectionManager(self._options, record.append, environ={}).run()
        attempt = record.current
        assert attempt is not None
        assert attempt.ended
        assert served.left
        response = bytes(attempt.handshake.response)
        heard = response + record.frames.stream_bytes(0, Direction.RECEIVED, 0, 1000)
        assert served.said.startswith(heard), "nothing that was not said is ever believed"
        failure = attempt.failure
        record.close()
        if failure is None:
            assert attempt.closure.clean
            return Run("none", "none", len(heard), served.sent)
        return Run(failure.step.value, failure.kind.value, len(heard), served.sent)


TLS_1_2, TLS_1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


def runs(folder: Path, version: ssl.TLSVersion) -> Runs:
    # Its signatures are all of one length, so that a byte is at the same place in each run.
    return Runs(certificate(folder, key=ed25519.Ed25519PrivateKey.generate()), version)


@pytest.mark.parametrize(
    ("version", "end"),
    # A reset comes from below TLS, whatever its version.
    [(TLS_1_2, "fin"), (TLS_1_3, "fin"), (TLS_1_3, "rst")],
    ids=["TLSv1_2-fin", "TLSv1_3-fin", "TLSv1_3-rst"],
)
async def test_tls_that_is_cut_off_at_every_byte(version: ssl.TLSVersion, end: str, tmp_path: Path) -> None:
    client = runs(tmp_path, version)
    whole = await client.one()
    cuts = [await client.one(keep=keep, resets=end == "rst") for keep in range(whole.sent)]
    steps = [cut.step for cut in cuts]
    # The further it came, the later the step that failed; behind the peer's Close nothing is missed.
    assert steps == sorted(steps, key=["tls", "upgrade", "open", "none"].index)
    assert set(steps) == {"tls", "upgrade", "open", "none"}
    assert {cut.kind for cut in cuts} == {"none", "stream-ended" if end == "fin" else "reset"}
    heard = [cut.heard for cut in cuts]
    assert heard == sorted(heard)
    assert {heard[0], heard[-1]} == {0, whole.heard}


@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3], ids=lambda version: version.name)
async def test_tls_with_a_wrong_byte_at_every_place(version: ssl.TLSVersion, tmp_path: Path) -> None:
    client = runs(tmp_path, version)
    whole = await client.one()
    bent = [await client.one(bend=bend) for bend in range(whole.sent)]
    harmless = [at for at, run in enumerate(bent) if run.step == "none"]
    # The first record's minor version, which nobody reads (RFC 8446 section 5.1), and all behind the peer's Close.
    assert harmless == [2, *range(harmless[1], whole.sent)]
    assert [(await client.one(keep=harmless[1] - less)).step for less in (0, 1)] == ["none", "open"]
    assert {run.kind for run in bent} <= {
        *("none", "stream-ended"),
        *("tls-error", "tls-alert", "tls-plaintext", "tls-verification"),
    }
