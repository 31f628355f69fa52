"""Who may use the page: only a browser on this machine that was given the link.

The page can send anything to anywhere and save files, and any site that the browser has open may talk to loopback.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " font-src 'self' data:; connect-src 'self' {socket}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


class Guard:
    """Lets requests through that carry the secret of the link and come from the page itself.

    Args:
        authority: `host:port` under which the page is served.
        secret: what the link carries; a first visit turns it into a cookie.
    """

    def __init__(self, authority: str, secret: str) -> None:
        self._authority = authority
        self._secret = secret
        # Cookies don't know of ports: two servers of one machine would overwrite each other's.
        self._cookie = f"wsinspect-{authority.rpartition(':')[2]}"
        self._policy = _POLICY.format(socket=f"ws://{authority}")

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer, or refuse with 403 and a line that says what to do."""
        if request.host != self._authority:
            # A name that an attacker's DNS points at loopback.
            raise web.HTTPForbidden(text=f"open http://{self._authority}/, not {request.host}\n")
        origin = request.headers.get("Origin")
        if origin not in (None, f"http://{self._authority}"):
            raise web.HTTPForbidden(text="another site's page asks for this one\n")
        if self._matches(request.query.get("token", "")):
            # The token leaves the address bar, and with it the browser's history.
            answer: web.StreamResponse = web.Response(status=303, headers={"Location": request.path})
            answer.set_cookie(self._cookie, self._secret, httponly=True, samesite="Strict")
            return answer
        if not self._matches(request.cookies.get(self._cookie, "")):
            raise web.HTTPForbidden(text="open the link that `wsinspect serve` printed, with its token\n")
        answer = await handler(request)
        if not answer.prepared:
            answer.headers["Content-Security-Policy"] = self._policy
            answer.headers["Referrer-Policy"] = "no-referrer"
            answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer

    def _matches(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self._secret.encode())
