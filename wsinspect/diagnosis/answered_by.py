"""Which hop wrote the answer to our upgrade, and which ones only passed it on.

Told by what a product's own pages look like, by the shape of its head (fields, their order, their case), and by the
fields that it adds. What an answer means is asked afterwards: a page that nginx wrote itself says nothing of the
application, and a refusal that only a WebSocket library writes proves that the proxies in front did pass it on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from msgspec import Struct

from wsinspect.diagnosis.evidence import Evidence
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.products import Hop, Product, once
from wsinspect.diagnosis.quoting import known, quote_body, quote_field, quote_status
from wsinspect.diagnosis.replies import writer_of


class AnsweredBy(Struct, frozen=True, kw_only=True):
    """Who wrote the answer and who passed it on, as far as the bytes tell."""

    writer: Product | None
    """None where several could have."""
    passed_on_by: tuple[Product, ...] = ()
    """Products whose fields stand on an answer that they did not write."""

    @property
    def words(self) -> str:
        """`nginx 1.22.1 itself`, `node's ws, behind nginx 1.22.1`, `a server behind nginx`, or `the server`."""
        front = " and ".join(str(product) for product in self.passed_on_by)
        if self.writer is None:
            return f"{front}, or a server behind it," if front else "the server"
        return f"{self.writer}, behind {front}," if front else f"{self.writer} itself"

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """What told it."""
        products = (self.writer, *self.passed_on_by)
        return tuple(piece for product in products if product is not None for piece in product.evidence)

    def is_intermediary(self) -> bool:
        """Say whether the writer is an edge or a proxy."""
        return self.writer is not None and self.writer.hop in (Hop.EDGE, Hop.PROXY)


@once
def answered_by(facts: Facts) -> AnsweredBy:
    """Work out who wrote the answer; `writer` is None without a head and where the bytes do not tell."""
    if facts.head is None:
        return AnsweredBy(writer=None)
    marks = tuple(_marks(facts))
    writer = next(filter(None, (tell(facts) for tell in _TELLERS)), None)
    if writer is None and marks and marks[-1].hop in (Hop.SERVER, Hop.FRAMEWORK):
        writer = marks[-1]
    passed_on = tuple(mark for mark in marks if writer is None or mark.name != writer.name)
    return AnsweredBy(writer=writer, passed_on_by=passed_on)


_SIGNED_PAGE = re.compile(r"<hr><center>([A-Za-z][\w.\-]*)(?:/([\w.\-]+))?(?: \([^)]*\))?</center>")
"""nginx and what is made from it sign their pages: openresty, Tengine, cloudflare, awselb."""
_APACHE_PAGE = re.compile(r"<address>Apache(?:/([\d.]+))?[^<]*</address>")
_HAPROXY_PAGE = re.compile(
    r"<html><body><h1>\d{3} [^<]*</h1>\n(?:No server is available to handle this request\."
    r"|The server didn't respond in time\.|You have sent too many requests in a given amount of time\."
    r"|Request forbidden by administrative rules\.|Your browser sent an invalid request\."
    r"|Your browser didn't send a complete request in time\."
    r"|The server returned an invalid or incomplete response\."
    r"|You need a valid user and password to access this content\.)"
)
_ENVOY_BODY = re.compile(r"upstream connect error or disconnect/reset before headers|no healthy upstream")
_EDGES = {
    "cloudflare": "Cloudflare",
    "awselb": "AWS ALB",
    "Microsoft-Azure-Application-Gateway": "Azure Application Gateway",
}


def _by_page(facts: Facts) -> Product | None:
    """Tell by a page that only the product itself writes."""
    text = facts.body_text
    signed = _SIGNED_PAGE.search(text)
    if signed:
        hop = Hop.EDGE if signed[1] in _EDGES else Hop.PROXY
        # A backend nginx behind another one can't be told from a single one.
        return Product(
            name=_EDGES.get(signed[1], signed[1]),
            version=signed[2] or "",
            hop=hop,
            evidence=known(quote_body(facts, signed)),
        )
    rows: tuple[tuple[re.Pattern[str], str], ...] = (
        (_APACHE_PAGE, "Apache"),
        (_HAPROXY_PAGE, "haproxy"),
        (re.compile(r"Guru Meditation"), "Varnish"),
    )
    for pattern, name in rows:
        found = pattern.search(text)
        if found:
            version = found[1] or "" if pattern.groups else ""
            return Product(
                name=name, version=version, hop=Hop.PROXY, evidence=known(quote_body(facts, found))
            )
    return None


def _by_envoy(facts: Facts) -> Product | None:
    """Envoy answers itself with an empty body or a sentence of its own; what it passes on has an upstream time."""
    if facts.header("Server") not in ("envoy", "istio-envoy") or facts.has_header(
        "X-Envoy-Upstream-Service-Time"
    ):
        return None
    found = _ENVOY_BODY.search(facts.body_text)
    if found is None and facts.body:
        return None
    quoted = quote_body(facts, found) if found else None
    return Product(name="Envoy", hop=Hop.PROXY, evidence=known(quote_field(facts, "Server"), quoted))


def _by_squid(facts: Facts) -> Product | None:
    error = quote_field(facts, "X-Squid-Error")
    return Product(name="squid", hop=Hop.PROXY, evidence=(error,)) if error is not None else None


def _by_shape(facts: Facts) -> Product | None:
    """Tell by fields, their order and their case: node's `ws` and engine.io write heads that nobody else does."""
    head = facts.head
    if head is None:
        return None
    names = [line.name for line in head.fields if line.name not in ("Server", "Date", "Via")]
    if (
        names == ["Connection", "Content-Type", "Content-Length"]
        and facts.header("Content-Type") == "text/html"
    ):
        return Product(name="node's ws", hop=Hop.FRAMEWORK, evidence=(quote_status(facts),))
    if "Content-type" in names and names[:2] == ["Connection", "Content-type"]:
        return Product(name="engine.io", hop=Hop.FRAMEWORK, evidence=(quote_status(facts),))
    if not head.fields and head.reason_phrase == "Access denied" and facts.status == 403:
        return Product(name="daphne", hop=Hop.SERVER, evidence=(quote_status(facts),))
    engine = re.fullmatch(r'\{"code":[0-5],"message":"[^"]*"\}', facts.body_text)
    if engine:
        return Product(name="engine.io", hop=Hop.FRAMEWORK, evidence=known(quote_body(facts, engine)))
    gorilla = (
        facts.header("Sec-WebSocket-Version") == "13" and facts.header("X-Content-Type-Options") == "nosniff"
    )
    if gorilla:
        evidence = known(quote_field(facts, "Sec-WebSocket-Version"))
        return Product(name="Go's gorilla/websocket", hop=Hop.FRAMEWORK, evidence=evidence)
    return None


_TELLERS: tuple[Callable[[Facts], Product | None], ...] = (
    _by_page,
    _by_envoy,
    _by_squid,
    writer_of,
    _by_shape,
)

_SERVER_FIELDS: tuple[tuple[str, str, Hop], ...] = (
    (r"cloudflare", "Cloudflare", Hop.EDGE),
    (r"CloudFront", "CloudFront", Hop.EDGE),
    (r"awselb", "AWS ALB", Hop.EDGE),
    (r"Vercel", "Vercel", Hop.EDGE),
    (r"Netlify", "Netlify", Hop.EDGE),
    (r"Heroku", "Heroku", Hop.EDGE),
    (r"Google Frontend", "Google Frontend", Hop.EDGE),
    (r"Fly/", "Fly", Hop.EDGE),
    (r"nginx(?:/([\d.]+))?", "nginx", Hop.PROXY),
    (r"openresty(?:/([\d.]+))?", "openresty", Hop.PROXY),
    (r"Apache(?:/([\d.]+))?", "Apache", Hop.PROXY),
    (r"(?:istio-)?envoy", "Envoy", Hop.PROXY),
    (r"Caddy", "Caddy", Hop.PROXY),
    (r"lighttpd(?:/([\d.]+))?", "lighttpd", Hop.PROXY),
    (r"h2o(?:/([\d.]+))?", "h2o", Hop.PROXY),
    (r"nghttpx", "nghttpx", Hop.PROXY),
    (r"WebSockify", "websockify", Hop.SERVER),
    (r"squid(?:/([\d.]+))?", "squid", Hop.PROXY),
    (r"Microsoft-IIS(?:/([\d.]+))?", "IIS", Hop.SERVER),
    (r"Kestrel", "Kestrel", Hop.SERVER),
    (r"uvicorn", "uvicorn", Hop.SERVER),
    (r"hypercorn", "hypercorn", Hop.SERVER),
    (r"granian", "granian", Hop.SERVER),
    (r"[Dd]aphne", "daphne", Hop.SERVER),
    (r"gunicorn(?:/([\d.]+))?", "gunicorn", Hop.SERVER),
    (r"Werkzeug(?:/([\d.]+))?", "Werkzeug", Hop.SERVER),
    (r"WSGIServer(?:/([\d.]+))?", "Django's runserver", Hop.SERVER),
    (r"TornadoServer(?:/([\d.]+))?", "tornado", Hop.SERVER),
    (r"aiohttp/([\d.]+)", "aiohttp", Hop.SERVER),
    (r"websockets/([\d.]+)", "Python's websockets", Hop.FRAMEWORK),
    (r"Jetty\(?(?:([\d.]+))?", "Jetty", Hop.SERVER),
    (r"Cowboy", "Cowboy", Hop.SERVER),
    (r"CherryPy/([\d.]+)", "CherryPy", Hop.SERVER),
    (r"AutobahnPython/([\d.]+)", "Python's autobahn", Hop.FRAMEWORK),
    (r"mitmproxy(?: ([\d.]+))?", "mitmproxy", Hop.PROXY),
    (r"proxy\.py(?: v([\d.]+))?", "proxy.py", Hop.PROXY),
)
_SERVERS = tuple((re.compile(pattern), name, hop) for pattern, name, hop in _SERVER_FIELDS)
_OWN_FIELDS = (
    ("CF-RAY", "Cloudflare", Hop.EDGE),
    ("X-Amz-Cf-Id", "CloudFront", Hop.EDGE),
    ("X-Vercel-Id", "Vercel", Hop.EDGE),
    ("X-NF-Request-ID", "Netlify", Hop.EDGE),
    ("Fly-Request-Id", "Fly", Hop.EDGE),
    ("X-Varnish", "Varnish", Hop.PROXY),
    ("X-Envoy-Upstream-Service-Time", "Envoy", Hop.PROXY),
)


def _marks(facts: Facts) -> Iterator[Product]:
    """Yield the products that the fields name, the outermost first, each once."""
    seen: set[str] = set()
    for field_name, name, hop in _OWN_FIELDS:
        found = quote_field(facts, field_name)
        if found is not None and name not in seen:
            seen.add(name)
            yield Product(name=name, hop=hop, evidence=(found,))
    via = quote_field(facts, "Via")
    if via is not None:
        yield from _via(facts, via, seen)
    server = facts.header("Server")
    for pattern, name, hop in _SERVERS:
        match = pattern.search(server)
        if match and name not in seen:
            seen.add(name)
            version = (match[1] or "") if pattern.groups else ""
            yield Product(name=name, hop=hop, version=version, evidence=known(quote_field(facts, "Server")))
            break
    if facts.header("X-Powered-By") == "Express":
        yield Product(name="Express", hop=Hop.FRAMEWORK, evidence=known(quote_field(facts, "X-Powered-By")))


def _via(facts: Facts, evidence: Evidence, seen: set[str]) -> Iterator[Product]:
    for member in reversed(facts.header("Via").split(",")):
        lowered = member.lower()
        rows = (
            ("squid", "squid"),
            ("tinyproxy", "tinyproxy"),
            ("varnish", "Varnish"),
            ("cloudfront", "CloudFront"),
        )
        more = (("google", "Google's load balancer"), ("vegur", "Heroku"), ("heroku", "Heroku"))
        name = next(
            (name for word, name in (*rows, *more) if word in lowered), f"the proxy '{member.strip()}'"
        )
        if name not in seen:
            seen.add(name)
            edge = name in ("CloudFront", "Google's load balancer", "Heroku")
            yield Product(name=name, hop=Hop.EDGE if edge else Hop.PROXY, evidence=(evidence,))
