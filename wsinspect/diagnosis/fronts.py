"""Which products stand between: told by the answers of this session at the same host, by cookies and by the host's name.

An idle cut or a lifetime says nothing about who made it; a product that has shown itself is a hint.
"""

from __future__ import annotations

import re

from wsinspect.diagnosis.evidence import Evidence, at_seq
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.products import once
from wsinspect.session.attempt import Attempt

_FIELDS: tuple[tuple[str, str, str], ...] = (
    ("Server", r"^nginx\b", "nginx"),
    ("Server", r"^openresty\b", "nginx"),
    ("Server", r"^Apache\b", "Apache"),
    ("Server", r"^(?:istio-)?envoy", "Envoy"),
    ("X-Envoy-Upstream-Service-Time", r".", "Envoy"),
    ("Server", r"^Caddy", "Caddy"),
    ("Via", r"\bCaddy\b", "Caddy"),
    ("Server", r"^lighttpd", "lighttpd"),
    ("Via", r"varnish", "Varnish"),
    ("X-Varnish", r".", "Varnish"),
    ("Server", r"^cloudflare", "Cloudflare"),
    ("CF-RAY", r".", "Cloudflare"),
    ("Via", r"\(CloudFront\)", "CloudFront"),
    ("X-Amz-Cf-Id", r".", "CloudFront"),
    ("Server", r"^awselb/", "AWS ALB"),
    ("Set-Cookie", r"^(?:AWSALB|AWSALBCORS|AWSALBTG|AWSALBAPP-\d)=", "AWS ALB"),
    ("Set-Cookie", r"^AWSELB=", "AWS classic ELB"),
    ("x-amz-apigw-id", r".", "AWS API Gateway"),
    ("x-amzn-RequestId", r".", "AWS API Gateway"),
    ("Via", r"vegur|heroku-router", "Heroku"),
    ("Server", r"^heroku", "Heroku"),
    ("Via", r"^1\.1 google\b", "Google's load balancer"),
    ("Server", r"^Google Frontend", "Cloud Run"),
    ("X-Cloud-Trace-Context", r".", "Google Cloud"),
    ("Set-Cookie", r"^ARRAffinity", "Azure App Service"),
    ("Server", r"^Microsoft-Azure-Application-Gateway", "Azure Application Gateway"),
    ("Set-Cookie", r"^ApplicationGatewayAffinity", "Azure Application Gateway"),
    ("X-Azure-Ref", r".", "Azure Front Door"),
    ("Server", r"^Fly/", "Fly"),
    ("Fly-Request-Id", r".", "Fly"),
    ("x-render-origin-server", r".", "Render"),
    ("Server", r"^Jetty\b", "Jetty"),
    ("Server", r"^daphne", "daphne"),
    ("Server", r"^uvicorn", "uvicorn"),
    ("Server", r"^gunicorn", "gunicorn"),
    ("Server", r"^TornadoServer", "tornado"),
    ("Server", r"^Kestrel", "Kestrel"),
    ("Server", r"^Cowboy$", "Cowboy"),
    ("X-Powered-By", r"^Express$", "Express"),
    ("X-Powered-By", r"^Ratchet", "Ratchet"),
    ("Server", r"^TwistedWeb|autobahn|crossbar", "Autobahn"),
)
_HOSTS: tuple[tuple[str, str], ...] = (
    (r"\.elb\.(?:[\w-]+\.)?amazonaws\.com$", "an AWS load balancer"),
    (r"\.execute-api\.[\w-]+\.amazonaws\.com(?:\.cn)?$", "AWS API Gateway"),
    (r"\.appsync-realtime-api\.[\w-]+\.amazonaws\.com$", "AWS AppSync"),
    (r"\.cloudfront\.net$", "CloudFront"),
    (r"\.herokuapp\.com$", "Heroku"),
    (r"\.run\.app$", "Cloud Run"),
    (r"\.appspot\.com$", "App Engine"),
    (r"\.(?:web\.app|firebaseapp\.com)$", "Firebase Hosting"),
    (r"\.azurewebsites\.net$", "Azure App Service"),
    (r"\.azurefd\.net$", "Azure Front Door"),
    (r"\.service\.signalr\.net$", "Azure SignalR"),
    (r"\.workers\.dev$", "Cloudflare"),
    (r"\.(?:vercel\.app|now\.sh)$", "Vercel"),
    (r"\.netlify\.app$", "Netlify"),
    (r"\.onrender\.com$", "Render"),
    (r"\.fly\.dev$", "Fly"),
    (r"\.up\.railway\.app$", "Railway"),
    (r"\.ondigitalocean\.app$", "DigitalOcean App Platform"),
    (r"\.(?:ngrok\.io|ngrok\.app|ngrok\.dev|ngrok-free\.app|ngrok-free\.dev)$", "ngrok"),
    (r"\.loca\.lt$", "localtunnel"),
    (r"\.trycloudflare\.com$", "cloudflared"),
    (r"\.(?:app\.github\.dev|githubpreview\.dev)$", "Codespaces"),
    (r"\.gitpod\.io$", "Gitpod"),
    (r"\.supabase\.(?:co|in)$", "Supabase"),
    (r"\.livekit\.cloud$", "LiveKit"),
)


@once
def hints(facts: Facts) -> dict[str, Evidence]:
    """Return the products that showed themselves at this host in this session, each with what shows it."""
    found: dict[str, Evidence] = {}
    target = facts.attempt.target
    for attempt in (facts.attempt, *reversed(facts.session.attempts)):
        if attempt.target is not None and target is not None and attempt.target.host == target.host:
            _of_answer(attempt, found)
    host = target.host.lower().rstrip(".") if target is not None else ""
    for pattern, product in _HOSTS:
        if product not in found and re.search(pattern, host):
            found[product] = at_seq(target.seq if target is not None else 0, f"the host is {host}")
    return found


def _of_answer(attempt: Attempt, found: dict[str, Evidence]) -> None:
    head = attempt.handshake.head
    if head is None:
        return
    for name, pattern, product in _FIELDS:
        if product in found:
            continue
        for line in head.lines(name):
            if re.search(pattern, line.value, re.IGNORECASE):
                shown = line.value if name != "Set-Cookie" else f"{line.value.partition('=')[0]}=…"
                text = f"the answer of attempt {attempt.number} carries '{line.name}: {shown}'"
                found[product] = at_seq(attempt.handshake.response_seq, text)
                break


def hint(facts: Facts, *products: str) -> Evidence | None:
    """Return what shows the first of these products, or None where none of them did."""
    known = hints(facts)
    return next((known[product] for product in products if product in known), None)
