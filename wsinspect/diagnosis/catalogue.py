"""Which modules hold the causes, and from which step on each can have something to say."""

from __future__ import annotations

from importlib import import_module

from wsinspect.diagnosis.cause import Cause, registered
from wsinspect.events import Step

MODULES: dict[str, Step] = {
    "client": Step.URL,
    "browser": Step.OPEN,
    "dns": Step.RESOLVE,
    "compose": Step.RESOLVE,
    "tcp": Step.TCP,
    "proxy": Step.TCP,
    "tls": Step.TLS,
    "certificates": Step.TLS,
    "http_page": Step.UPGRADE,
    "http_refused": Step.UPGRADE,
    "http": Step.UPGRADE,
    "http_gateway": Step.UPGRADE,
    "http_cut": Step.UPGRADE,
    "answers": Step.UPGRADE,
    "handshake": Step.UPGRADE,
    "handshake_refused": Step.UPGRADE,
    "negotiation": Step.UPGRADE,
    "foreign_bytes": Step.OPEN,
    "engine_io": Step.OPEN,
    "early_close": Step.OPEN,
    "closing": Step.OPEN,
    "close_codes": Step.OPEN,
    "protocol": Step.OPEN,
    "protocol_messages": Step.OPEN,
    "our_messages": Step.OPEN,
    "idle": Step.OPEN,
    "lifetime": Step.OPEN,
    "node": Step.UPGRADE,
    "engineio": Step.UPGRADE,
    "asgi": Step.UPGRADE,
    "python_servers": Step.UPGRADE,
    "tornado": Step.UPGRADE,
    "go_servers": Step.UPGRADE,
    "rust_servers": Step.UPGRADE,
    "jvm": Step.UPGRADE,
    "dotnet": Step.UPGRADE,
    "php_ruby_elixir": Step.UPGRADE,
    "graphql": Step.UPGRADE,
    "dev_servers": Step.UPGRADE,
    "nextjs": Step.UPGRADE,
    "app_protocols": Step.UPGRADE,
    "nginx": Step.UPGRADE,
    "apache_haproxy": Step.UPGRADE,
    "other_proxies": Step.UPGRADE,
    "edge_pages": Step.UPGRADE,
    "mesh": Step.UPGRADE,
    "aws": Step.UPGRADE,
    "aws_gateways": Step.UPGRADE,
    "cloudflare": Step.UPGRADE,
    "google": Step.UPGRADE,
    "azure": Step.UPGRADE,
    "platforms": Step.UPGRADE,
    "services": Step.OPEN,
}
"""Modules of `diagnosis.causes`; a module is imported once an attempt has begun its step."""

_ORDER = list(Step)
_loaded: set[str] = set()


def load(step: Step | None = None) -> dict[str, Cause]:
    """Import the modules that matter once `step` has begun, all of them for None; return all causes known."""
    for module, first in MODULES.items():
        if module not in _loaded and (step is None or _ORDER.index(first) <= _ORDER.index(step)):
            import_module(f"wsinspect.diagnosis.causes.{module}")
            _loaded.add(module)
    return registered()


def find(word: str) -> Cause | None:
    """Return the cause with this id or alias, or None."""
    causes = load()
    return causes.get(word) or next((c for c in causes.values() if word in c.aliases), None)
