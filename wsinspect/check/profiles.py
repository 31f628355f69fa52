"""Profiles as text for the command line."""

from __future__ import annotations

import re

import tomli_w

from wsinspect.export.redact import Redactor, secrets_of_options, secrets_of_url
from wsinspect.profiles.locations import profiles_file
from wsinspect.profiles.store import hidden_profiles, load_profile, load_profiles
from wsinspect.safe_text import visible


def profile_list() -> str:
    """Return the names and URLs of all profiles, a line each."""
    profiles = load_profiles()
    if not profiles:
        return f"no profiles yet; they are kept in {profiles_file()}\n"
    hidden = hidden_profiles()
    several = len({profile.path for profile in profiles.values()}) > 1 or hidden
    width = max(len(name) for name in profiles)
    lines = []
    file = None
    for name, profile in profiles.items():
        if several and profile.path != file:
            file = profile.path
            lines.append(f"# {visible(str(file))}")
        url = str(profile.table.get("url", ""))
        note = "  (hides the personal one)" if name in hidden else ""
        lines.append(
            f"{visible(name):<{width}}  {visible(Redactor(secrets_of_url(url))(url))}{note}".rstrip()
        )
    return "\n".join(lines) + "\n"


def profile_text(name: str, *, show_secrets: bool = False) -> str:
    """Return one profile as TOML, secrets masked, environment references as written.

    Raises:
        UsageError: there is none of that name, or it has a mistake.
    """
    profile = load_profile(name)
    text = tomli_w.dumps({name: dict(profile.table)})
    # A reference is no secret; what is written around it may be.
    secrets = [
        part for whole in secrets_of_options(profile.unexpanded()) for part in re.split(r"\$\{\w+\}", whole)
    ]
    return visible(Redactor(secrets, show=show_secrets)(text), keep_newlines=True)
