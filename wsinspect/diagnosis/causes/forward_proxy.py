"""A forward proxy that was asked as if it were the server."""

from __future__ import annotations

from wsinspect.diagnosis.cause import Certainty, Side, Stage, describe
from wsinspect.diagnosis.on_reply import on_reply

describe(
    id="forward-proxy-as-server",
    stage=Stage.PROXY,
    side=Side.CLIENT,
    certainty=Certainty.CERTAIN,
    headline="{host}:{port} is a forward proxy, and we asked it for {path} as if it were the server",
    explanation="""A forward proxy wants CONNECT, or a whole URL in the request's first line, because it has to learn from the
    request where it is to go. Ours names a path alone, as a server is asked. So either the proxy's address stands where
    the server's belongs, or the proxy was meant to stand in front of the server and is not set up for that.""",
    fix=(
        "Let the URL name the server, and the client's proxy setting this address: -x http://{host}:{port} here; agent: new "
        "HttpsProxyAgent('http://{host}:{port}') in Node's ws; connect(url, proxy='http://{host}:{port}') in Python's websockets.",
        "If it is to stand in front of the server, set it up for that: in squid\n"
        "http_port {port} accel defaultsite=chat.example.com\n"
        "cache_peer 127.0.0.1 parent 8000 0 no-query originserver\n"
        "http_upgrade_request_protocols websocket allow all\n"
        "in tinyproxy ReversePath, in mitmproxy --mode reverse:http://127.0.0.1:8000",
    ),
    next_test="wsinspect check 'ws://SERVER:PORT{path}' -x http://{host}:{port}",
    sources=("RFC 9112 section 3.2", "http://www.squid-cache.org/Doc/config/http_port/"),
    supersedes=(
        "http-400-generic",
        "http-500",
        "http-502",
        "transparent-middlebox-strips-upgrade",
        "upgrade-stripped",
    ),
    check=on_reply(
        *("tinyproxy-itself", "mitmproxy-no-destination", "goproxy-no-destination"),
        likely=("squid-invalid-url", "privoxy-invalid-header"),
    ),
)
