"""Which modules hold the causes, and from which step on each can have something to say."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module

from wsinspect.diagnosis.cause import Cause, Stage, registered
from wsinspect.events import Step

MODULES: dict[str, Step] = {
    "client": Step.URL,
    "browser": Step.OPEN,
    "dns": Step.URL,
    "compose": Step.RESOLVE,
    "tcp": Step.TCP,
    "proxy": Step.RESOLVE,
    "tls": Step.TLS,
    "tls_refused": Step.TLS,
    "certificates": Step.TLS,
    "tls_broken": Step.TLS,
    "http_page": Step.UPGRADE,
    "http_refused": Step.UPGRADE,
    "http": Step.UPGRADE,
    "http_gateway": Step.UPGRADE,
    "http_cut": Step.UPGRADE,
    "http_broken": Step.UPGRADE,
    "answers": Step.UPGRADE,
    "handshake": Step.UPGRADE,
    "handshake_refused": Step.UPGRADE,
    "negotiation": Step.UPGRADE,
    "foreign_bytes": Step.OPEN,
    "engine_io": Step.OPEN,
    "early_close": Step.OPEN,
    "closing": Step.OPEN,
    "close_codes": Step.OPEN,
    "server_failed": Step.OPEN,
    "protocol": Step.OPEN,
    "protocol_messages": Step.OPEN,
    "our_messages": Step.OPEN,
    "floods": Step.OPEN,
    "asleep": Step.RESOLVE,
    "idle": Step.OPEN,
    "lifetime": Step.OPEN,
    "node": Step.UPGRADE,
    "engineio": Step.UPGRADE,
    "python_socketio": Step.UPGRADE,
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
    "forward_proxy": Step.UPGRADE,
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
"""Modules of `diagnosis.causes`; a module is imported once an attempt has begun its step.

Of findings that are equally sure, the one whose cause stands earlier comes first.
"""

_ORDER = list(Step)
_PLACES = {module: place for place, module in enumerate(MODULES)}
_loaded: dict[str, tuple[str, ...]] = {}
"""The modules imported so far, each with the ids that it brought."""
_in_order: dict[str, Cause] = {}


def load(step: Step | None = None) -> dict[str, Cause]:
    """Import the modules that matter once `step` has begun, all of them for None; return all causes known.

    They stand in the order of `MODULES`, whether they were loaded step by step or all at once.
    """
    missing = [
        module
        for module, first in MODULES.items()
        if module not in _loaded and (step is None or _ORDER.index(first) <= _ORDER.index(step))
    ]
    for module in missing:
        before = set(registered())
        import_module(f"wsinspect.diagnosis.causes.{module}")
        _loaded[module] = tuple(cause for cause in registered() if cause not in before)
    if missing:
        known = registered()
        placed = [cause for module in sorted(_loaded, key=_PLACES.__getitem__) for cause in _loaded[module]]
        _in_order.clear()
        _in_order.update({cause: known[cause] for cause in (*placed, *known)})
    return _in_order


def by_stage(causes: Iterable[Cause]) -> dict[Stage, list[Cause]]:
    """Return causes by stage, the stages in the order in which a connection meets them."""
    found: dict[Stage, list[Cause]] = {stage: [] for stage in Stage}
    for cause in causes:
        found[cause.stage].append(cause)
    return {stage: members for stage, members in found.items() if members}


def find(word: str) -> Cause | None:
    """Return the cause with this id or alias, or None."""
    causes = load()
    return causes.get(word) or next((c for c in causes.values() if word in c.aliases), None)
