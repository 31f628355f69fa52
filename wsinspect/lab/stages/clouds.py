"""Cloudflare, Google and Azure: what they write is replayed; their names lead to loopback."""

from __future__ import annotations

from functools import partial

from wsinspect.lab.storied import Approach, answering, storied
from wsinspect.lab.telling import SWITCHING, WELCOME, Act, behind, opening, silent, ticking

_cloud = partial(storied, "cloud")

_CLOUDFLARE = "Server: cloudflare\nCF-RAY: 8a1b2c3d4e5f6789-FRA"
_CLOUDFLARE_101 = (
    "HTTP/1.1 101 Switching Protocols\nDate: {date}\nConnection: upgrade\nUpgrade: websocket\n"
    f"Sec-WebSocket-Accept: {{accept}}\nCF-Cache-Status: DYNAMIC\n{_CLOUDFLARE}"
)
_GOOGLE_502 = (
    '<html><head>\n<meta http-equiv="content-type" content="text/html;charset=utf-8">\n<title>502 Server Error</title>\n'
    "</head>\n<body text=#000000 bgcolor=#ffffff>\n<h1>Error: Server Error</h1>\n<h2>The server encountered a temporary error"
    " and could not complete your request.<p>Please try again in 30 seconds.</h2>\n<h2></h2>\n</body></html>\n"
)
_GOOGLE_403 = (
    '<html><head>\n<meta http-equiv="content-type" content="text/html;charset=utf-8">\n<title>403 Forbidden</title>\n'
    "</head>\n<body text=#000000 bgcolor=#ffffff>\n<h1>Error: Forbidden</h1>\n<h2>Your client does not have permission to get"
    " URL <code>/ws</code> from this server.</h2>\n<h2></h2>\n</body></html>\n"
)
_ARR = "Set-Cookie: ARRAffinity=6f1c2b7d;Path=/;HttpOnly;Secure;Domain=chat.azurewebsites.net"
_AZURE_404 = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
    "<hr><center>Microsoft-Azure-Application-Gateway/v2</center>\r\n</body>\r\n</html>\r\n"
)

CLOUDFLARE = (
    _cloud(
        "cloudflare-ws-off",
        "Cloudflare's switch WebSockets is off",
        behind(
            f"Date: {{date}}\nContent-Type: text/plain\nContent-Length: {{length}}\nConnection: keep-alive\n"
            f"CF-Cache-Status: DYNAMIC\n{_CLOUDFLARE}"
        ),
        approach=Approach(path="/ws"),
    ),
    _cloud(
        "cloudflare-52x",
        "Cloudflare can't connect to the origin (521)",
        answering(
            f"HTTP/1.1 521 \nDate: {{date}}\nContent-Type: text/plain; charset=UTF-8\nContent-Length: {{length}}\n"
            f"Connection: keep-alive\nCache-Control: private, no-store\n{_CLOUDFLARE}",
            "error code: 521",
        ),
        approach=Approach(path="/ws"),
    ),
    _cloud(
        "cloudflare-52x-challenge",
        "Cloudflare wants a browser challenge solved",
        answering(
            "HTTP/1.1 403 Forbidden\nDate: {date}\nContent-Type: text/html; charset=UTF-8\nContent-Length: {length}\n"
            f"Connection: close\ncf-mitigated: challenge\n{_CLOUDFLARE}",
            '<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title></head><body></body></html>',
        ),
        cause="cloudflare-52x",
        approach=Approach(path="/ws"),
    ),
    _cloud(
        "cloudflare-idle-100",
        "Cloudflare: FIN after 100 s of silence",
        silent(_CLOUDFLARE_101, for_s=100.0),
        takes_s=100.0,
        approach=Approach(path="/ws", hold_s=110.0),
    ),
)

GOOGLE = (
    _cloud(
        "gcp-lb-30s",
        "Google's load balancer ends a busy connection when timeoutSec, 30 s, is over",
        ticking(f"{SWITCHING}Via: 1.1 google\n", for_s=30.0, every_s=2.0),
        takes_s=30.0,
        approach=Approach(path="/ws", hold_s=40.0),
    ),
    _cloud(
        "gcp-lb-30s-502",
        "Google's load balancer got no answer from its backend",
        answering(
            "HTTP/1.1 502 Bad Gateway\nContent-Type: text/html; charset=UTF-8\nReferrer-Policy: no-referrer\n"
            "Content-Length: {length}\nDate: {date}\nVia: 1.1 google",
            _GOOGLE_502,
        ),
        cause="gcp-lb-30s",
        approach=Approach(path="/ws"),
    ),
    _cloud(
        "cloud-run",
        "Cloud Run: the caller may not invoke the service",
        answering(
            "HTTP/1.1 403 Forbidden\nDate: {date}\nContent-Type: text/html; charset=UTF-8\nServer: Google Frontend\n"
            "Content-Length: {length}",
            _GOOGLE_403,
        ),
        approach=Approach(host="chat-ab12cd34ef-ew.a.run.app", path="/ws"),
    ),
    _cloud(
        "cloud-run-timeout",
        "Cloud Run: the request's timeout of 300 s ends a busy connection",
        ticking(f"{SWITCHING}date: {{date}}\nserver: Google Frontend\n", for_s=300.0, every_s=15.0),
        cause="cloud-run",
        takes_s=300.0,
        approach=Approach(path="/ws", hold_s=320.0),
    ),
    _cloud(
        "appengine-firebase-no-ws",
        "Firebase Hosting has no page at this path",
        answering(
            "HTTP/1.1 404 Not Found\nConnection: keep-alive\nContent-Length: {length}\nContent-Type: text/html; charset=utf-8\n"
            "X-Served-By: cache-fra-etou8220101-FRA\nDate: {date}",
            "<!DOCTYPE html>\n<html>\n  <head><title>Page Not Found</title></head>\n  <body></body>\n</html>\n",
        ),
        likelier="http-404",
        approach=Approach(host="chat-12345.web.app", path="/ws"),
    ),
)

AZURE = (
    _cloud(
        "azure-appservice-ws-off",
        "Azure App Service with 'Web sockets' off",
        answering(
            f"HTTP/1.1 400 Bad Request\nContent-Length: 0\nDate: {{date}}\nServer: Microsoft-IIS/10.0\n{_ARR}\n"
            "X-Powered-By: ASP.NET"
        ),
        approach=Approach(host="chat.azurewebsites.net", path="/ws"),
    ),
    _cloud(
        "azure-signalr-404",
        "Azure SignalR gets a client that skipped negotiation",
        answering(
            "HTTP/1.1 404 Not Found\nServer: nginx\nDate: {date}\nContent-Length: 0\nConnection: keep-alive"
        ),
        approach=Approach(host="chat.service.signalr.net", path="/client/?hub=chat"),
    ),
    _cloud(
        "azure-appgw",
        "Application Gateway has no healthy member in its backend pool",
        answering(
            "HTTP/1.1 502 Bad Gateway\nServer: Microsoft-Azure-Application-Gateway/v2\nDate: {date}\nContent-Type: text/html\n"
            "Content-Length: {length}\nConnection: keep-alive",
            _AZURE_404,
        ),
        approach=Approach(path="/ws"),
    ),
    _cloud(
        "azure-appgw-timeout",
        "Application Gateway: FIN after its request timeout, 20 s of silence",
        silent(f"{SWITCHING}Set-Cookie: ApplicationGatewayAffinity=6f1c2b7d; Path=/\n", for_s=20.0),
        cause="azure-appgw",
        takes_s=20.0,
        approach=Approach(path="/ws", hold_s=30.0),
    ),
    _cloud(
        "frontdoor",
        "Azure Front Door passes a 404 of its origin on",
        answering(
            "HTTP/1.1 404 Not Found\nDate: {date}\nContent-Length: 0\nConnection: keep-alive\n"
            "x-azure-ref: 20261123T100000Z-15d8b9c5f6b7d8e9hC1FRA\nX-Cache: CONFIG_NOCACHE"
        ),
        likelier="http-404",
        approach=Approach(path="/ws"),
    ),
    _cloud(
        "lb",
        "Azure Load Balancer with TCP reset: RST after 240 s of silence",
        opening(WELCOME, 240.0, Act.RESET),
        likelier="idle-timeout-intermediary",
        takes_s=240.0,
        approach=Approach(path="/ws", hold_s=250.0),
    ),
)

SCENARIOS = (*CLOUDFLARE, *GOOGLE, *AZURE)
