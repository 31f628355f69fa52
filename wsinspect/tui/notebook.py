"""Profiles and templates as the screen sees them: listed, saved, duplicated, deleted and brought back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from wsinspect.export.redact import Redactor, secrets_of_url
from wsinspect.options import ConnectOptions
from wsinspect.profiles import store
from wsinspect.profiles.schema import Profile, check_name
from wsinspect.tui.key_hints import hint
from wsinspect.tui.screens.pick import Choice


class Profiles:
    """What the list of profiles does. Every method may raise a UsageError, said where it was asked for."""

    def __init__(self, *, show_secrets: bool = False) -> None:
        self._show_secrets = show_secrets
        self._deleted: list[tuple[Profile, int]] = []
        """With the number of those before each in its file."""

    def choices(self) -> list[Choice]:
        """Return the profiles with their targets and files."""
        hidden = store.hidden_profiles()
        out = []
        for name, profile in store.load_profiles().items():
            url = str(profile.table.get("url", ""))
            shown = Redactor(secrets_of_url(url), show=self._show_secrets)(url)
            note = ", hides the personal one" if name in hidden else ""
            out.append(Choice(name, name, f"{shown}  ({profile.where}{note})"))
        return out

    def delete(self, name: str) -> list[Choice]:
        """Delete one and return what is left."""
        place = store.place_of(name)
        self._deleted.append((store.delete_profile(name), place))
        return self.choices()

    @property
    def can_undo(self) -> bool:
        """Whether one was deleted here that is not back yet."""
        return bool(self._deleted)

    def undo(self) -> list[Choice]:
        """Bring back the one deleted last, to its place in its file."""
        profile, place = self._deleted[-1]
        store.save_profile(profile.name, dict(profile.table), profile.path, replace=False, place=place)
        self._deleted.pop()
        return self.choices()

    def duplicate(self, name: str, new_name: str) -> Path:
        """Save a copy, into the same file."""
        profile = store.load_profile(name)
        return store.save_profile(new_name, dict(profile.table), profile.path, replace=False)

    def free_name(self, name: str) -> str:
        """Return a name that is not taken, made of `name`."""
        taken = store.load_profiles()
        number = 2
        while f"{name}-{number}" in taken:
            number += 1
        return f"{name}-{number}"


class Templates:
    """What can be sent, by name: in the profile that is open, else kept until the program ends."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}
        self._profile = ""
        self._removed: list[tuple[str, str, int]] = []
        """Names, what was typed, and the number of those before each."""

    def of(self, profile: str) -> Templates:
        """Turn to a profile, empty for none."""
        if profile != self._profile:
            self._profile, self._removed = profile, []
        return self

    @property
    def where(self) -> str:
        """Say where they are kept."""
        if self._profile:
            return f"profile {self._profile!r}"
        return "this run" + hint("; {save-profile} saves them with a profile")

    def all(self) -> dict[str, str]:
        """Return them by name."""
        return store.load_profile(self._profile).templates if self._profile else dict(self._kept)

    def variables(self) -> dict[str, str]:
        """Return the profile's variables."""
        return store.load_profile(self._profile).variables if self._profile else {}

    def choices(self) -> list[Choice]:
        """Return them as choices."""
        return [Choice(name, name, " ".join(typed.split("\n"))) for name, typed in self.all().items()]

    def keep(self, name: str, typed: str) -> str:
        """Keep a template, in place of one of the same name, and say where."""
        check_name(name)
        self._write(self.all() | {name: typed})
        return self.where

    def remove(self, name: str) -> list[Choice]:
        """Remove one and return what is left."""
        templates = self.all()
        place = list(templates).index(name)
        removed = (name, templates.pop(name), place)
        self._write(templates)
        self._removed.append(removed)
        return self.choices()

    @property
    def can_undo(self) -> bool:
        """Whether one of the profile that is open was removed and is not back yet."""
        return bool(self._removed)

    def undo(self) -> list[Choice]:
        """Bring back the one removed last, to its place."""
        name, typed, place = self._removed[-1]
        self._write(store.with_at(self.all(), name, typed, place))
        self._removed.pop()
        return self.choices()

    def save_with(self, name: str, options: ConnectOptions, environ: Mapping[str, str]) -> Path:
        """Save a new profile, with the templates and variables that are open, and `${NAME}` where the open one says so."""
        extras = {"templates": self.all(), "variables": self.variables()}
        if self._profile:
            options = store.load_profile(self._profile).as_written(options, environ)
        return store.save_profile(name, options, replace=False, extras=extras)

    def _write(self, templates: dict[str, str]) -> None:
        if not self._profile:
            self._kept = templates
            return
        profile = store.load_profile(self._profile)
        table = {key: value for key, value in profile.table.items() if key != "templates"}
        if templates:
            table["templates"] = templates
        store.save_profile(self._profile, table, profile.path)
