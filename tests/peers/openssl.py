"""openssl s_server: the TLS failures that a reverse proxy can't be made to produce."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, get_args

from tests.peers.process import HOST, Peer, PeersOnDemand, find_program, running_peer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.peers.certificates import Certificates

OpensslMode = Literal[
    "tls1_1_only", "cipher_mismatch", "client_certificate_tls1_2", "client_certificate_tls1_3", "alpn_h2_only"
]

OPTIONS: Mapping[OpensslMode, tuple[str, ...]] = {
    # OpenSSL 3 speaks TLS 1.1 at security level 0 only.
    "tls1_1_only": ("-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"),
    # An AES-CCM suite with the short tag: no browser and no default of Python or OpenSSL offers it.
    "cipher_mismatch": ("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-CCM8@SECLEVEL=0"),
    "client_certificate_tls1_2": ("-tls1_2", "-Verify", "3", "-verify_return_error"),
    "alpn_h2_only": ("-alpn", "h2"),
    "client_certificate_tls1_3": ("-tls1_3", "-Verify", "3", "-verify_return_error"),
}

TlsSite = Literal["tls"]
OpensslServer = Peer[TlsSite]
OpensslServers = PeersOnDemand[OpensslMode, TlsSite]


@contextmanager
def openssl_server(mode: OpensslMode, certificates: Certificates, folder: Path) -> Iterator[OpensslServer]:
    """One s_server; after a TLS handshake that works out it answers any GET with its own HTTP/1.0 status page."""

    def command(ports: Mapping[TlsSite, int]) -> list[str]:
        leaf = certificates.leaf
        served = ["-cert", str(leaf.chain), "-cert_chain", str(leaf.chain), "-key", str(leaf.key)]
        trusted = ["-CAfile", str(certificates.root)]
        where = ["-accept", f"{HOST}:{ports['tls']}"]
        return [find_program("openssl"), "s_server", *where, *served, *trusted, "-www", *OPTIONS[mode]]

    with running_peer("openssl", get_args(TlsSite), command, folder / f"openssl-{mode}.log") as peer:
        yield peer
