"""Events of the network's steps: target, names, addresses, proxy, TLS."""

from __future__ import annotations

from msgspec import Struct

from wsinspect.events.stamped import Event
from wsinspect.events.vocabulary import FailureKind
from wsinspect.wire.opcode import Direction


class Address(Struct, frozen=True):
    """Where a socket can connect to."""

    family: str
    """`ipv4`, `ipv6` or `unix`."""
    host: str
    """IP address, with its zone if it has one, or the path of a Unix socket."""
    port: int = 0

    def __str__(self) -> str:
        if self.family == "unix":
            return self.host
        return f"[{self.host}]:{self.port}" if self.family == "ipv6" else f"{self.host}:{self.port}"


class TargetParsed(Event, frozen=True, kw_only=True, tag="target-parsed"):
    """The URL is understood; what follows is about this target."""

    url: str
    """Normalised, without user-info."""
    secure: bool
    host: str
    """Without brackets, in ASCII (IDNA); empty for a Unix socket."""
    port: int
    request_target: str
    """Path and query, as it goes into the request line."""
    unix_path: str | None = None
    notes: tuple[str, ...] = ()
    """What was changed in understanding it, e.g. `https:// read as wss://`."""


class NameResolved(Event, frozen=True, kw_only=True, tag="name-resolved"):
    """A name, the proxy's where there is one, gave these addresses, in the order in which they are tried."""

    host: str
    port: int
    source: str
    """`resolver`, `literal`, `--resolve` or `--connect-to`."""
    addresses: tuple[Address, ...]
    dropped: int = 0
    """Addresses beyond `Limits.addresses`."""


class AddressAttempted(Event, frozen=True, kw_only=True, tag="address-attempted"):
    """A SYN to this address. Exactly one AddressConnected or AddressFailed follows."""

    address: Address


class AddressConnected(Event, frozen=True, kw_only=True, tag="address-connected"):
    """The three-way handshake is done."""

    address: Address
    local: str


class AddressFailed(Event, frozen=True, kw_only=True, tag="address-failed"):
    """This address is out. CANCELLED means that another address was faster or that we stopped."""

    address: Address
    kind: FailureKind
    message: str
    errno: int | None = None


class ProxyChosen(Event, frozen=True, kw_only=True, tag="proxy-chosen"):
    """The connection goes through this proxy; resolve and TCP are about the proxy then."""

    scheme: str
    """`http`, `socks5` (names resolved by us) or `socks5h` (names resolved by the proxy)."""
    host: str
    port: int
    source: str
    """`-x` or the environment variable's name."""
    with_credentials: bool = False


class ProxyBypassed(Event, frozen=True, kw_only=True, tag="proxy-bypassed"):
    """A proxy is configured in the environment, and an exception applies to this target."""

    variable: str
    """The variable that names the proxy."""
    rule: str
    """The NO_PROXY entry that matched."""


class TlsStarted(Event, frozen=True, kw_only=True, tag="tls-started"):
    """A ClientHello is about to be sent."""

    server_name: str | None
    """SNI; None sends none (an IP address)."""
    alpn: tuple[str, ...]
    verify: bool
    trust: str
    """`system`, the CA file's path, or `none` with `-k`."""


class TlsAlert(Event, frozen=True, kw_only=True, tag="tls-alert"):
    """A TLS alert crossed the wire (RFC 8446 section 6)."""

    direction: Direction
    level: int
    """1 warning, 2 fatal."""
    code: int
    """0 is close_notify."""


class TlsCertificateRequested(Event, frozen=True, kw_only=True, tag="tls-certificate-requested"):
    """The server asked for a client certificate (RFC 8446 section 4.3.2)."""


class TlsPeerCertificates(Event, frozen=True, kw_only=True, tag="tls-peer-certificates"):
    """The server's Certificate message, as sent."""

    chain: tuple[bytes, ...]
    """DER, the leaf first."""


class TlsEstablished(Event, frozen=True, kw_only=True, tag="tls-established"):
    """Our side of the TLS handshake is done. In TLS 1.3 the server may still refuse our certificate."""

    version: str
    cipher: str
    alpn: str | None
    client_certificate_sent: bool = False


class TlsVerificationFailed(Event, frozen=True, kw_only=True, tag="tls-verification-failed"):
    """We refused the peer's certificate."""

    code: int
    """OpenSSL's X509_V_ERR_ number; 0 where the system's own verifier gave none."""
    message: str
