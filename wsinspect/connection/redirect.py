"""Following a redirect: the next attempt's options, and what must not travel with it (RFC 9110 section 15.4)."""

from __future__ import annotations

from urllib.parse import urljoin

from msgspec import Struct
from msgspec.structs import replace

from wsinspect.connection.url import Target, UrlError, parse_url
from wsinspect.options import ConnectOptions
from wsinspect.wire.http import ResponseHead

STATUS_CODES = frozenset({301, 302, 303, 307, 308})

_HARMLESS = frozenset({"accept", "accept-language", "cache-control", "pragma", "user-agent"})
"""Extra fields that another origin may see. Every other one can carry a key: `X-Api-Key` is as good as a cookie."""


class Redirect(Struct, frozen=True):
    """Where a refusal points to."""

    options: ConnectOptions | None
    """What the next attempt is made with; None if it is not followed."""
    note: str
    """What was left behind, or why it is not followed."""


def redirect_of(options: ConnectOptions, target: Target, response: ResponseHead) -> Redirect | None:
    """Read a redirect from a refusal's head; None if it is none, or redirects are not followed at all.

    Within one origin (scheme, host, port) everything is kept. To another one no credential goes along:
    Authorization, cookies, client certificate, and every extra field that is not known to be harmless. From wss to
    ws, and to a Unix socket, nothing is followed.
    """
    location = response.get("Location")
    if not options.follow_redirects or response.status_code not in STATUS_CODES or not location:
        return None
    try:
        new = parse_url(_joined(target, location))
    except UrlError as error:
        return Redirect(None, f"the redirect is not followed: {error}")
    except ValueError:  # urljoin's, for brackets that hold no address
        return Redirect(None, "the redirect is not followed: its Location is not a URL")
    if target.secure and not new.secure:
        return Redirect(None, "the redirect from wss to ws is not followed")
    if new.unix_path is not None:
        return Redirect(None, "the redirect to a Unix socket is not followed")
    if _origin(target) == _origin(new):
        kept = options.basic_auth if options.basic_auth is not None else target.user_info
        return Redirect(replace(options, url=new.url, basic_auth=kept), "")
    left = _left_behind(options, target)
    stripped = replace(
        options,
        url=new.url,
        headers=tuple((name, value) for name, value in options.headers if name.lower() in _HARMLESS),
        cookies=(),
        basic_auth=None,
        bearer=None,
        cert_file=None,
        key_file=None,
        server_name=None,
    )
    return Redirect(stripped, f"not sent to another origin: {', '.join(left)}" if left else "")


def _joined(target: Target, location: str) -> str:
    # urljoin resolves relative references for the schemes it knows; ws and wss are the same thing with another name.
    base = target.url.replace("ws", "http", 1)
    return urljoin(base, location)


def _origin(target: Target) -> tuple[bool, str, int, str | None]:
    return target.secure, target.host.lower(), target.port, target.unix_path


def _left_behind(options: ConnectOptions, target: Target) -> list[str]:
    left: list[str] = []
    if options.basic_auth is not None or options.bearer is not None or target.user_info is not None:
        left.append("Authorization")
    if options.cookies:
        left.append("Cookie")
    left += [name for name, _ in options.headers if name.lower() not in _HARMLESS]
    if options.cert_file is not None:
        left.append("client certificate")
    return left
