"""Phoenix, Rails' Action Cable, and PHP's servers."""

from __future__ import annotations

from functools import partial

from wsinspect.lab import frames
from wsinspect.lab.storied import Approach, answering, storied
from wsinspect.lab.telling import opening

_framework = partial(storied, "framework")

_FROM_PAGE = {"origin": "https://app.example.com"}
_PUSHER = "/app/wsinspect-lab?protocol=7&client=js&version=8.4.0"
_LARAVEL_404 = (
    '<!DOCTYPE html>\n<html lang="en">\n    <head>\n        <title>Not Found</title>\n        <style>/*! normalize.css */'
    '</style>\n    </head>\n    <body class="antialiased">\n        <div>404</div>\n        <div>Not Found</div>\n'
    "    </body>\n</html>\n"
)

SCENARIOS = (
    _framework(
        "cowboy-phoenix",
        "Phoenix: check_origin refuses the page",
        answering(
            "HTTP/1.1 403 Forbidden\ncache-control: max-age=0, private, must-revalidate\ncontent-length: 0\ndate: {date}\n"
            "server: Cowboy"
        ),
        approach=Approach(path="/socket/websocket?vsn=2.0.0", options=_FROM_PAGE),
    ),
    _framework(
        "cowboy-phoenix-426",
        "Cowboy got a plain request",
        answering(
            "HTTP/1.1 426 Upgrade Required\nconnection: upgrade\ncontent-length: 0\nupgrade: websocket"
        ),
        cause="cowboy-phoenix",
        approach=Approach(path="/socket/websocket"),
    ),
    _framework(
        "actioncable-origin-404",
        "Action Cable hides a refused Origin behind a 404",
        answering(
            "HTTP/1.1 404 Not Found\nContent-Type: text/plain; charset=utf-8\nX-Request-Id: 6d1f0c3a-7a4e-4f0a-8f31-1a7d5d0b2c9e\n"
            "X-Runtime: 0.002113\nContent-Length: {length}",
            "Page not found",
        ),
        approach=Approach(path="/cable", options=_FROM_PAGE),
    ),
    _framework(
        "actioncable-disconnect",
        "Action Cable: reject_unauthorized_connection, said in a message and then closed",
        opening(
            frames.text('{"type":"disconnect","reason":"unauthorized","reconnect":false}'),
            frames.close(1000),
            head="HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\nConnection: Upgrade\n"
            "Sec-WebSocket-Accept: {accept}\nSec-WebSocket-Protocol: actioncable-v1-json",
        ),
        approach=Approach(
            path="/cable", options={"subprotocols": ("actioncable-v1-json", "actioncable-unsupported")}
        ),
    ),
    _framework(
        "ratchet-php",
        "Ratchet says in its status line that Upgrade is missing",
        answering(
            "HTTP/1.1 426 Upgrade header MUST be provided\nConnection: close\nSec-WebSocket-Version: 13\n"
            "X-Powered-By: Ratchet/0.4.4"
        ),
    ),
    _framework(
        "swoole",
        "A Swoole server that was not made for WebSockets",
        answering(
            "HTTP/1.1 400 Bad Request\nServer: swoole-http-server\nDate: {date}\nConnection: keep-alive\n"
            "Content-Type: text/html\nContent-Length: {length}",
            "<h1>400 Bad Request</h1>",
        ),
        likelier="http-400-generic",
    ),
    _framework(
        "workerman",
        "Workerman got a request without Upgrade",
        answering("HTTP/1.1 400 Bad Request", "<b>400 Bad Request</b><br>Upgrade header missing"),
        likelier="http-400-generic",
    ),
    _framework(
        "laravel-reverb",
        "nginx sends /app to Laravel, and not to Reverb's port",
        answering(
            "HTTP/1.1 404 Not Found\nServer: nginx/1.22.1\nContent-Type: text/html; charset=UTF-8\n"
            "Transfer-Encoding: chunked\nConnection: keep-alive\nCache-Control: no-cache, private\nDate: {date}",
            _LARAVEL_404,
        ),
        approach=Approach(path=_PUSHER),
    ),
    _framework(
        "laravel-reverb-key",
        "Reverb does not know the application's key",
        opening(
            frames.text(
                r'{"event":"pusher:error","data":"{\"code\":4001,\"message\":\"Application does not exist\"}"}'
            ),
            frames.close(4001, "Application does not exist"),
            head="HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\nConnection: Upgrade\n"
            "Sec-WebSocket-Accept: {accept}\nX-Powered-By: Laravel Reverb",
        ),
        cause="laravel-reverb",
        approach=Approach(path=_PUSHER),
    ),
)
