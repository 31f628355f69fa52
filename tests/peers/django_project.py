"""The Django project of the tests, as WSGI for gunicorn and as ASGI with Channels for daphne.

Its settings are those of `django_settings`, which the environment has to name.
"""

from __future__ import annotations

from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path


def index(request: object) -> HttpResponse:
    return HttpResponse("hello")


async def echo(scope: object, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": event["text"]})


async def denied(scope: object, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.close"})


async def raises_later(scope: object, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    await receive()
    raise RuntimeError("raised over a message, as the test asked")


async def unrequested_subprotocol(scope: object, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept", "subprotocol": "never-offered"})
    await receive()


urlpatterns = [path("", index)]
wsgi = get_wsgi_application()
asgi = ProtocolTypeRouter(
    {
        "http": get_asgi_application(),
        "websocket": URLRouter(
            [
                path("ws/echo/", echo),
                path("ws/denied/", denied),
                path("ws/raises/", raises_later),
                path("ws/subprotocol/", unrequested_subprotocol),
                path("ws/own-origin/", AllowedHostsOriginValidator(echo)),
            ]
        ),
    }
)
