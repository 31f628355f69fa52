"""What a service says about itself that speaks no HTTP: in its first bytes, or on the page that it has for browsers."""

from __future__ import annotations

import re

_TELLING = (
    (rb"SSH-\d\.\d+-", "an SSH server"),
    (rb"220[ -][^\r\n]*(?:SMTP|ESMTP|Postfix|Exim|Sendmail)", "a mail server (SMTP)"),
    (rb"220[ -][^\r\n]*FTP", "an FTP server"),
    (rb"220[ -]", "a mail or FTP server"),
    (rb"\* OK", "an IMAP server"),
    (rb"\+OK", "a POP3 server or Redis"),
    (rb"-ERR ", "Redis"),
    (rb"-DENIED ", "Redis in protected mode"),
    (rb".\x00\x00[\x00\x01]\x0a[0-9]", "MySQL or MariaDB"),
    (rb".{2}\x00\x00[\x00\x01]\xff.{2}[#\w]", "MySQL or MariaDB"),
    (rb"[EN]\x00\x00\x00.S?(?:FATAL|ERROR)", "PostgreSQL"),
    (rb"\x20\x02\x00", "an MQTT broker without WebSocket"),
    (rb"\x00\x00[\x00-\xff]\x04\x00\x00\x00\x00\x00", "an HTTP/2 server that does not speak HTTP/1.1"),
    (rb"AMQP", "an AMQP broker"),
    (rb"RFB \d{3}\.\d{3}\n", "a VNC server without WebSocket"),
    (rb"INFO \{", "a NATS server without WebSocket"),
    (rb"\x05[\x00\xff]\Z", "a SOCKS5 proxy"),
    # A byte order mark of UTF-16 begins like one such command, and is followed by text.
    (rb"\xff[\xfb-\xfe][\x00-\x31](?:\xff|\Z)", "a Telnet server"),
    (rb"<\?xml[^>]*\?>\s*<stream:", "an XMPP server without WebSocket"),
    (rb"RTSP/1\.0 ", "an RTSP server"),
    (rb"SIP/2\.0 ", "a SIP server"),
    (rb"ICY \d{3}", "a streaming (ICY) server"),
    (rb"(?:ERROR\r\n){2}", "memcached"),
    (rb"(?:UNKNOWN_COMMAND\r\n){2}", "a beanstalkd queue"),
    (rb"[\x83-\x86].{3}\x00.{8}..[^\x00]*[Ii]nvalid or unsupported protocol version", "Cassandra"),
    (rb"ERROR\r?\n(?:[a-z-]+:[^\n]*\n)*(?:message|content-type):", "a STOMP broker without WebSocket"),
    (rb"This is not an? HTTP port", "the transport port of Elasticsearch or OpenSearch"),
    (rb"@RSYNCD: \d", "an rsync server"),
    (rb":\S+ NOTICE (?:AUTH|\*) ", "an IRC server"),
    (rb"Asterisk Call Manager/", "Asterisk's manager"),
)
"""Patterns, in the order in which they are tried; compiled when there are bytes to look at."""

_PAGES = (
    (r"It looks like you are trying to access MongoDB over HTTP", "MongoDB"),
    (r"Port \d+ is for clickhouse-client program", "ClickHouse's own protocol"),
)


def other_protocol(data: bytes) -> str | None:
    """Return what service begins with these bytes, in words, or None where they are HTTP or unknown."""
    for pattern, name in _TELLING:
        if re.match(pattern, data, re.DOTALL):
            return name
    return None


def other_service_page(body: str) -> tuple[str, re.Match[str]] | None:
    """Return what service tells browsers that they came to the wrong place, and its words; None for any other body."""
    for pattern, name in _PAGES:
        if found := re.match(pattern, body):
            return name, found
    return None
