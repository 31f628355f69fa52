"""Tells tokens from words: which texts are made like a credential, and which subprotocols carry one."""

from __future__ import annotations

import re

_UUID = r"(?i)[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
_ANNOUNCING = r"(?i:access[_-]?token|auth(?:orization)?|bearer|token|jwt|api[_-]?key|key|secret|password|session|ticket)"
_WITHIN = rf"{_ANNOUNCING}[._:=~-]+(?:authorization\.k8s\.io\.)?(?P<secret>.+)"
"""A name and its credential in one item, such as `base64url.bearer.authorization.k8s.io.TOKEN` of Kubernetes."""
_VERSION = r"(?i)(?:v?[0-9.]+|[a-z]{1,4})"
"""What follows such a word in the name of a protocol: `auth-v2`, `token.ws`."""
_TELLING = 128
_SHORT_TOKEN = 10


def secret_subprotocols(offered: list[str]) -> list[str]:
    """Return the credentials among subprotocols: pages can set no other field, so they travel here, by themselves or
    behind a name such as `bearer`, as the next item or in the same one."""
    items = [item for item in offered if item]
    found = []
    for name, item in zip(["", *items], items, strict=False):
        if re.fullmatch(_ANNOUNCING, name):
            # Together with its name, because a short one would not be masked by itself in a list.
            found += [f"{name}, {item}", item]
        else:
            found += _credential_in(item)
    return found


def _credential_in(item: str) -> list[str]:
    """Return what of a subprotocol is a credential: what follows its name, or all of it, or nothing."""
    name, secret = item, ""
    if within := re.search(rf"(?:^|[._:=~-]){_WITHIN}", item):
        name, secret = item[: within.start("secret")], within["secret"]
    if looks_random(name) or _mixed(name) or re.search(_UUID, name):
        return [item]
    if not secret or re.fullmatch(_VERSION, secret):
        return []
    # A short one would not be masked by itself behind its name.
    return [secret if len(secret) >= _SHORT_TOKEN else item]


def looks_random(text: str) -> bool:
    """Say whether text is made like a token and not of words: `graphql-transport-ws` and `base64.channel.k8s.io` are not."""
    return any(map(_random_word, re.split(r"[-._~]", text)))


def _random_word(word: str) -> bool:
    # The peer may send a word of any length, and its beginning tells.
    begin = word[:_TELLING]
    if len(begin) < 16 or not re.search("[A-Za-z]", begin):
        return False
    return bool(re.search("[0-9]", begin)) or len(re.findall("[a-z][A-Z]", begin)) >= 4


def _mixed(item: str) -> bool:
    """Whether a word of a subprotocol mixes letters and digits as no name does; a year or a version at its end is none."""
    return any(
        len(word) >= _SHORT_TOKEN
        and len(re.findall(r"[A-Za-z](?=[0-9])|[0-9](?=[A-Za-z])", word[:_TELLING])) >= 3
        for word in re.split(r"[-._~]", item)
    )
