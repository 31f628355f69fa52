"""What to connect to and how: every default is declared here once, units in the names."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

AddressFamily = Literal["any", "ipv4", "ipv6"]


class Limits(Struct, frozen=True, kw_only=True):
    """What a peer may make us keep. What is beyond is counted, said and dropped."""

    head_bytes: int = 64 * 1024
    """Longest HTTP response head, the proxy's reply included."""
    tls_handshake_bytes: int = 1024 * 1024
    """What a peer may send until the TLS handshake is done; long certificate chains have some ten thousand."""
    body_bytes: int = 16 * 1024
    """How much of a refusal's body is read."""
    body_wait_s: float = 2.0
    """How long a refusal's body may take."""
    memory_bytes: int = 32 * 1024 * 1024
    """Payload bytes kept in memory; older ones live in the spool file."""
    spool_bytes: int = 8 * 1024 * 1024 * 1024
    """Size of the spool file at which older payloads are dropped and counted."""
    message_bytes: int = 64 * 1024 * 1024
    """Inflated bytes of one message that are kept."""
    control_payload_bytes: int = 4096
    """Payload of an oversized control frame that is looked into."""
    events: int = 200_000
    """Lifecycle events of one session that are kept."""
    server_log_bytes: int = 4 * 1024 * 1024
    """Memory for lines of the server's log; older ones are dropped and counted."""
    addresses: int = 64
    """Addresses of one name that are tried."""
    redirects: int = 5
    """Redirects that are followed with `follow_redirects`."""


LIMITS_TABLE = "[NAME.limits] in profiles.toml"
"""Where a person says other limits than these."""


class ResolveRule(Struct, frozen=True, kw_only=True):
    """`--resolve HOST:PORT:ADDRESS[,ADDRESS]`: what this name resolves to; `*` matches any host, port 0 any port."""

    host: str
    port: int
    addresses: tuple[str, ...]


class ConnectToRule(Struct, frozen=True, kw_only=True):
    """`--connect-to HOST1:PORT1:HOST2:PORT2`: where to connect instead; empty strings and 0 match or keep anything."""

    host: str
    port: int
    to_host: str
    to_port: int


class ReconnectPolicy(Struct, frozen=True, kw_only=True):
    """Exponential backoff with full jitter; `attempts` 0 is off."""

    attempts: int = 0
    first_delay_s: float = 1.0
    factor: float = 2.0
    max_delay_s: float = 60.0


class ConnectOptions(Struct, frozen=True, kw_only=True):
    """One target and how to reach it. Frozen: an attempt keeps the one that it was made with."""

    url: str
    """As typed; `connection.url` normalises and checks it."""
    headers: tuple[tuple[str, str], ...] = ()
    """Extra request fields in order; one that names a field of ours replaces it, an empty value removes it."""
    cookies: tuple[str, ...] = ()
    """`name=value`, joined into one Cookie field."""
    origin: str | None = None
    basic_auth: str | None = None
    """`user:password` for Authorization: Basic; user-info in the URL is the same thing."""
    bearer: str | None = None
    subprotocols: tuple[str, ...] = ()
    compression: bool = True
    """Whether permessage-deflate is offered (RFC 7692)."""
    compression_offer: str = "permessage-deflate; client_max_window_bits"
    user_agent: str | None = None
    """None sends `wsinspect/VERSION`, an empty string none."""
    field_order: tuple[str, ...] = ()
    """Names of request fields in the order in which they are sent; the others follow in ours."""
    follow_redirects: bool = False

    proxy: str | None = None
    """`http://[user:password@]host:port`, `socks5://…`, `socks5h://…`; None asks the environment, empty is none."""
    resolve: tuple[ResolveRule, ...] = ()
    connect_to: tuple[ConnectToRule, ...] = ()
    family: AddressFamily = "any"

    insecure: bool = False
    """Accept any certificate; it is still described."""
    ca_file: str | None = None
    """PEM file that replaces the system's trust."""
    cert_file: str | None = None
    key_file: str | None = None
    server_name: str | None = None
    """Name sent as SNI and checked in the certificate instead of the URL's host."""
    min_tls: Literal["1.0", "1.1", "1.2", "1.3"] | None = None
    max_tls: Literal["1.0", "1.1", "1.2", "1.3"] | None = None
    alpn: tuple[str, ...] = ("http/1.1",)

    resolve_timeout_s: float = 10.0
    tcp_timeout_s: float = 10.0
    """For all addresses together (RFC 8305)."""
    address_delay_s: float = 0.25
    """Head start of one address over the next (RFC 8305 section 5, Connection Attempt Delay)."""
    proxy_timeout_s: float = 10.0
    tls_timeout_s: float = 10.0
    upgrade_timeout_s: float = 20.0
    close_timeout_s: float = 5.0
    """How long our Close frame may stay unanswered, and then the peer's FIN."""

    ping_interval_s: float | None = None
    """Keepalive pings; None sends none."""
    ping_timeout_s: float = 20.0
    auto_pong: bool = True

    reconnect: ReconnectPolicy = field(default_factory=ReconnectPolicy)
    limits: Limits = field(default_factory=Limits)
