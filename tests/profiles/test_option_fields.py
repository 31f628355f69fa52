"""Every option stands in the form, and what the form shows reads back as what it was."""

from __future__ import annotations

from typing import Any

import pytest

from wsinspect.errors import UsageError
from wsinspect.options import ConnectOptions, ConnectToRule, ReconnectPolicy, ResolveRule
from wsinspect.profiles.option_fields import FIELDS, OptionField, changed

NOT_EDITED = {"limits", "alpn", "address_delay_s"}
FULL = ConnectOptions(
    url="wss://example.com/x",
    headers=(("X-A", "1"), ("X-A", "2"), ("X-Gone", "")),
    cookies=("a=b", "c=d"),
    origin="https://example.com",
    basic_auth="u:p",
    bearer="t",
    subprotocols=("a", "b"),
    compression=False,
    compression_offer="permessage-deflate",
    user_agent="",
    field_order=("Host", "Origin"),
    follow_redirects=True,
    proxy="",
    resolve=(ResolveRule(host="h", port=0, addresses=("192.0.2.1", "2001:db8::1")),),
    connect_to=(ConnectToRule(host="", port=443, to_host="2001:db8::1", to_port=0),),
    family="ipv6",
    insecure=True,
    ca_file="/ca.pem",
    cert_file="/c.pem",
    key_file="/k.pem",
    server_name="other",
    min_tls="1.0",
    max_tls="1.3",
    resolve_timeout_s=1.5,
    ping_interval_s=20,
    auto_pong=False,
    reconnect=ReconnectPolicy(attempts=4, first_delay_s=0.5, factor=3, max_delay_s=9),
)


@pytest.mark.parametrize("options", [ConnectOptions(url="ws://h"), FULL])
def test_what_is_shown_reads_back(options: ConnectOptions) -> None:
    values: dict[str, Any] = {field.key: field.value(field.lines(options)) for field in FIELDS}
    assert changed(ConnectOptions(url="ws://other"), values) == options


def test_every_option_has_a_field() -> None:
    edited = {field.key.partition(".")[0] for field in FIELDS}
    assert edited == set(ConnectOptions.__struct_fields__) - NOT_EDITED
    labels = [field.label for field in FIELDS]
    assert len(set(labels)) == len(labels)
    assert all(field.help for field in FIELDS)


def _field(key: str) -> OptionField:
    return next(field for field in FIELDS if field.key == key)


@pytest.mark.parametrize(
    ("key", "typed", "said"),
    [
        ("url", " ", "URL: nothing is typed"),
        ("headers", "no colon", "header: header 'no' … has no colon"),
        ("compression", "maybe", "compression: 'maybe' is neither yes nor no"),
        ("min_tls", "2", "allowed: 1.0, 1.1, 1.2, 1.3"),
        ("tcp_timeout_s", "soon", "TCP within: 'soon' is not a time"),
        ("reconnect.attempts", "-1", "allowed: 0 to 100000"),
        ("reconnect.factor", "0.5", "allowed: 1 to 100"),
        ("bearer", "a\nb", "control character"),
        ("connect_to", "a:b", "HOST1:PORT1:HOST2:PORT2"),
    ],
)
def test_mistakes(key: str, typed: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        _field(key).value([typed])
    assert said in str(caught.value)
