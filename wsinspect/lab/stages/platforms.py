"""Hosting platforms, and services that say in their own protocol why they end a connection."""

from __future__ import annotations

from functools import partial

from wsinspect.lab import frames
from wsinspect.lab.storied import Approach, answering, storied
from wsinspect.lab.telling import SWITCHING, opening, silent

_cloud = partial(storied, "cloud")

_HEROKU_PAGE = (
    '<!DOCTYPE html>\n<html>\n  <head>\n    <meta name="viewport" content="width=device-width, initial-scale=1">\n'
    '    <meta charset="utf-8">\n    <title>Application error</title>\n  </head>\n  <body>\n'
    '    <iframe src="//www.herokucdn.com/error-pages/application-error.html"></iframe>\n  </body>\n</html>'
)
_TWITCH_WELCOME = (
    '{"metadata":{"message_id":"96a3f3b5-5dec-4eed-908e-e11ee657416c","message_type":"session_welcome"},'
    '"payload":{"session":{"id":"AQoQILE98gtqShGmLD7AM6yJThAB","keepalive_timeout_seconds":10}}}'
)

SCENARIOS = (
    _cloud(
        "heroku-h15-55s",
        "Heroku's router ends a silent connection after 55 s",
        silent(f"{SWITCHING}Server: Heroku\nVia: 1.1 heroku-router\n", for_s=55.0),
        takes_s=55.0,
        approach=Approach(path="/ws", hold_s=65.0),
    ),
    _cloud(
        "heroku-h15-55s-crashed",
        "The dyno has crashed: Heroku's page 'Application error'",
        answering(
            "HTTP/1.1 503 Service Unavailable\nServer: Heroku\nDate: {date}\nConnection: keep-alive\nContent-Length: {length}\n"
            "Content-Type: text/html; charset=utf-8\nCache-Control: no-cache, no-store\nVia: 1.1 heroku-router",
            _HEROKU_PAGE,
        ),
        cause="heroku-h15-55s",
        approach=Approach(host="chat-1234.herokuapp.com", path="/ws"),
    ),
    _cloud(
        "vercel-netlify-no-ws",
        "Vercel has functions, and none of them can hold a WebSocket",
        answering(
            "HTTP/1.1 404 Not Found\nCache-Control: public, max-age=0, must-revalidate\n"
            "Content-Type: text/plain; charset=utf-8\nDate: {date}\nServer: Vercel\nX-Vercel-Error: NOT_FOUND\n"
            "X-Vercel-Id: fra1::8xq2m-1732356000000-0f1e2d3c4b5a\nContent-Length: {length}",
            "The page could not be found\n\nNOT_FOUND\n\nfra1::8xq2m-1732356000000-0f1e2d3c4b5a\n",
        ),
        approach=Approach(host="chat.vercel.app", path="/api/ws"),
    ),
    _cloud(
        "render-railway-fly",
        "Railway: the service does not listen on $PORT",
        answering(
            "HTTP/1.1 502 Bad Gateway\nContent-Type: application/json\nServer: railway-edge\n"
            "X-Railway-Fallback: true\nX-Railway-Request-Id: 3pGq0v8mQxS1yq2l5nH0Zw\nDate: {date}\nContent-Length: {length}",
            '{"status":"error","code":502,"message":"Application failed to respond","request_id":"3pGq0v8mQxS1yq2l5nH0Zw"}',
        ),
        approach=Approach(host="chat.up.railway.app", path="/ws"),
    ),
    _cloud(
        "slack-socket-mode",
        "Slack asks for a new connection, and closes this one",
        opening(
            frames.text(
                '{"type":"hello","num_connections":1,"debug_info":{"host":"applink-1"},"connection_info":{}}'
            ),
            0.3,
            frames.text(
                '{"type":"disconnect","reason":"refresh_requested","debug_info":{"host":"applink-1"}}'
            ),
            0.1,
            frames.close(1000),
        ),
        approach=Approach(host="wss-primary.slack.com", path="/link/?ticket=2c9f&app_id=6a1b"),
    ),
    _cloud(
        "twitch-eventsub",
        "Twitch EventSub: no subscription came in time (4003)",
        opening(frames.text(_TWITCH_WELCOME), 1.5, frames.close(4003, "connection unused")),
        approach=Approach(host="eventsub.wss.twitch.tv", path="/ws", hold_s=8.0),
    ),
)
