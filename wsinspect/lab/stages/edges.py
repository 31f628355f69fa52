"""Pages that something in front writes in place of the server: firewalls, tunnels, appliances, runtimes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from wsinspect.lab.resolver import NOT_KNOWN, failing_name
from wsinspect.lab.scenario import LabEndpoint, LabSettings, Scenario
from wsinspect.lab.storied import Approach, answering, storied

STAGE = "intermediary"
_intermediary = partial(storied, STAGE)


@asynccontextmanager
async def _name_of_a_container(_: LabSettings) -> AsyncIterator[LabEndpoint]:
    with failing_name("backend", NOT_KNOWN):
        yield LabEndpoint(url="ws://backend:8000/ws", overrides={"proxy": ""})


SCENARIOS = (
    Scenario(
        id="docker-compose-name-from-browser",
        stage=STAGE,
        title="The name of a container, asked for outside of its network",
        cause="docker-compose-name-from-browser",
        serve=_name_of_a_container,
        likelier="dns-nxdomain",
    ),
    _intermediary(
        "waf-block",
        "F5's firewall rejects the request",
        answering(
            "HTTP/1.1 403 Forbidden\nCache-Control: no-cache\nConnection: close\nContent-Type: text/html; charset=utf-8\n"
            "Pragma: no-cache\nContent-Length: {length}",
            "<html><head><title>Request Rejected</title></head><body>The requested URL was rejected. Please consult with your"
            " administrator.<br><br>Your support ID is: 13729440123456789012<br><br>"
            "<a href='javascript:history.back();'>[Go Back]</a></body></html>",
        ),
        approach=Approach(path="/ws"),
    ),
    _intermediary(
        "waf-block-aws",
        "AWS WAF wants a captcha solved",
        answering(
            "HTTP/1.1 405 Not Allowed\nDate: {date}\nContent-Type: text/html; charset=UTF-8\nContent-Length: {length}\n"
            "Connection: close\nx-amzn-waf-action: captcha",
            '<!DOCTYPE html>\n<html lang="en">\n<head><title>Human Verification</title></head>\n<body></body>\n</html>\n',
        ),
        cause="waf-block",
        approach=Approach(path="/ws"),
    ),
    _intermediary(
        "tunnel-services",
        "ngrok has no agent for this name",
        answering(
            "HTTP/1.1 404 Not Found\nContent-Type: text/html\nNgrok-Error-Code: ERR_NGROK_3200\nDate: {date}\n"
            "Content-Length: {length}",
            '<!DOCTYPE html>\n<html><body><div id="root" data-payload="">The endpoint chat.ngrok-free.app is offline.'
            " ERR_NGROK_3200</div></body></html>\n",
        ),
        approach=Approach(host="chat.ngrok-free.app", path="/ws"),
    ),
    _intermediary(
        "bluecoat-cacheflow",
        "A Blue Coat appliance forwards the request without its Upgrade",
        answering(
            "HTTP/1.1 400 Bad Request\nVia: 1.1 proxy.corp.example (Bluecoat ProxySG)\nContent-Type: text/plain\n"
            "Content-Length: {length}\nConnection: close",
            "Bad Request",
        ),
        approach=Approach(path="/ws"),
    ),
    _intermediary(
        "pingora",
        "A proxy made of pingora has no answer from its origin",
        answering(
            "HTTP/1.1 502 Bad Gateway\nServer: pingora\nDate: {date}\nContent-Length: 0\nCache-Control: private, no-store\n"
            "Connection: close"
        ),
        likelier="http-502",
        approach=Approach(path="/ws"),
    ),
    _intermediary(
        "miniflare",
        "A Worker answers an upgrade with an ordinary response",
        answering(
            "HTTP/1.1 500 Internal Server Error\nContent-Type: text/plain;charset=UTF-8\nDate: {date}\n"
            "Content-Length: {length}",
            "Error: Web Socket request did not return status 101 Switching Protocols response with Web Socket",
        ),
        approach=Approach(path="/ws"),
    ),
)
