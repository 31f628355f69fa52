"""The application's part about profiles: opening, saving, editing them, and the templates that they hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from textual import on

from wsinspect.errors import UsageError, WsinspectError
from wsinspect.options import ConnectOptions
from wsinspect.safe_text import visible
from wsinspect.tui.discretion import DiscreetApp
from wsinspect.tui.notebook import Profiles, Templates
from wsinspect.tui.preferences import Preferences
from wsinspect.tui.screens.inspector import InspectorScreen
from wsinspect.tui.variables import Variables

_KEEP = "\n"
"""Stands for what is written; no template has such a name."""


class ProfileKeepingApp(DiscreetApp):
    """What `WsinspectApp` does with profiles."""

    def __init__(self, preferences: Preferences, *, environ: Mapping[str, str], show_secrets: bool) -> None:
        super().__init__(preferences, environ=environ, show_secrets=show_secrets)
        self._templates = Templates()

    def _connect(self, options: ConnectOptions, profile: str | None, *, chosen: bool = False) -> None:
        raise NotImplementedError

    def _take_profile(self, profile: str) -> None:
        """Fill in variables and offer templates of this profile from now on, empty for none."""
        try:
            own = self._templates.of(profile).variables()
        except WsinspectError as error:
            self.tell(str(error), bad=True)
            own = {}
        composer = self.inspector.composer
        if composer.variables.environ is not self._environ:
            composer.variables = Variables(self._environ)
        composer.variables.own = own

    @on(InspectorScreen.SaveWanted)
    def _save_wanted(self) -> None:
        options = self.session.options
        if options is None:
            self.tell("there is nothing to save yet", bad=True)
            return
        from wsinspect.export.redact import secrets_of_options
        from wsinspect.profiles.store import load_profile
        from wsinspect.tui.screens.save_profile import SaveProfileScreen

        named: list[str] = []

        def save(name: str) -> Path:
            path = self._templates.save_with(name, options, self._environ)
            named.append(name)
            return path

        def saved(path: Path | str | None) -> None:
            if path is not None:
                self.inspector.about = replace(self.inspector.about, profile=named[-1])
                self._take_profile(named[-1])
                plain = load_profile(named[-1]).holds_secrets(secrets_of_options)
                note = "; its secrets stand in it as they are, ${NAME} takes them from the environment"
                self.tell(f"saved in {path}{note if plain else ''}")

        host = re.sub(r"^[a-z+]+://|/.*$", "", options.url.lower())
        suggestion = re.sub(r"[^A-Za-z0-9._-]+", "-", host).strip("-.")
        self.push_screen(SaveProfileScreen(save, visible(suggestion)), saved)

    @on(InspectorScreen.ProfilesWanted)
    def _profiles_wanted(self) -> None:
        from wsinspect.profiles.store import load_profile
        from wsinspect.tui.screens.profiles import ProfilesScreen

        def usable(name: str) -> ConnectOptions:
            return load_profile(name).options(self._environ)

        try:
            screen = ProfilesScreen(Profiles(show_secrets=self._show_secrets), usable)
        except WsinspectError as error:
            self.tell(str(error), bad=True)
            return
        self.push_screen(screen, self._profile_chosen)

    def _profile_chosen(self, name: str | None) -> None:
        from wsinspect.profiles.store import load_profile

        try:
            if name is not None:
                self._connect(load_profile(name).options(self._environ), name)
            else:
                # It may have been edited.
                self._take_profile(self.inspector.about.profile)
        except WsinspectError as error:
            self.tell(str(error), bad=True)

    @on(InspectorScreen.TemplatesWanted)
    def _templates_wanted(self, event: InspectorScreen.TemplatesWanted) -> None:
        from wsinspect.tui.screens.pick import Choice, PickScreen

        templates = self._templates.of(self.inspector.about.profile)
        keep = [Choice(_KEEP, "keep what is written", "under a name of its own")] if event.typed else []

        def chosen(name: str | None) -> None:
            if name == _KEEP:
                self._keep_template(event.typed)
            elif name is not None and (typed := templates.all().get(name)) is not None:
                self.inspector.composer.write(typed)

        def remove(name: str) -> list[Choice]:
            if name == _KEEP:
                raise UsageError("this is no template yet")
            return [*templates.remove(name), *keep]

        try:
            choices = [*templates.choices(), *keep]
        except WsinspectError as error:
            self.tell(str(error), bad=True)
            return
        screen = PickScreen(
            f"Templates of {templates.where}",
            choices,
            nothing="no templates yet; write a message first, then keep it here",
            remove=remove,
            undo=lambda: [*templates.undo(), *keep],
            can_undo=lambda: templates.can_undo,
        )
        self.push_screen(screen, chosen)

    def _keep_template(self, typed: str) -> None:
        from wsinspect.tui.screens.save_profile import SaveProfileScreen

        def kept(where: Path | str | None) -> None:
            if where is not None:
                self.tell(f"kept in {where}")

        screen = SaveProfileScreen(
            lambda name: self._templates.keep(name, typed), "", title="Keep as template"
        )
        self.push_screen(screen, kept)
