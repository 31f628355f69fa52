"""A form over everything that can be asked of a connection: the next attempt, or a profile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widget import Widget
from textual.widgets import Input, Static

from wsinspect.connection.request import check_request_options
from wsinspect.errors import UsageError, WsinspectError
from wsinspect.export.redact import secrets_of_field, secrets_of_url
from wsinspect.options import ConnectOptions
from wsinspect.profiles.option_fields import FIELDS, OptionField, changed
from wsinspect.profiles.presets import PRESETS, as_browser, as_ourselves, preset
from wsinspect.profiles.usable import check_usable
from wsinspect.safe_text import visible
from wsinspect.tui.actions import Scope, bindings
from wsinspect.tui.after_typing import after_typing
from wsinspect.tui.key_hints import dialog_keys
from wsinspect.tui.panes.key_footer import KeyFooter
from wsinspect.tui.panes.text_field import LineField
from wsinspect.tui.screens.pick import Choice, PickScreen
from wsinspect.tui.wording import FAILED_SIGN

Accept = Callable[[ConnectOptions], None]
_OURSELVES = "ourselves"


class _Completing(Suggester):
    """Asks a field what is likely to follow."""

    def __init__(self, field: OptionField) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._field = field

    async def get_suggestion(self, value: str) -> str | None:
        found = self._field.complete(value) if self._field.complete is not None else None
        # The names of variables are anybody's; one that isn't plain is no offer.
        return found if found is None or visible(found) == found else None


class FieldInput(LineField):
    """One line of a field. A secret is covered until somebody is about to change it."""

    def __init__(self, field: OptionField, value: str) -> None:
        suggester = _Completing(field) if field.complete is not None else None
        super().__init__(value, compact=True, suggester=suggester, select_on_focus=False)
        self.field = field
        self.password = self._secret

    @property
    def _secret(self) -> bool:
        value = self.value
        if "${" in value or not value:
            return False
        match self.field.key:
            case "bearer" | "basic_auth" | "cookies":
                return True
            case "headers":
                name, _, rest = value.partition(":")
                return bool(secrets_of_field(name.strip(), rest.strip()))
            case "subprotocols":
                return bool(secrets_of_field("sec-websocket-protocol", value))
            case "url" | "proxy":
                return bool(secrets_of_url(value))
            case _:
                return False

    def on_focus(self, _event: events.Focus) -> None:
        """Show what is to be changed."""
        self.password = False

    def on_blur(self, _event: events.Blur) -> None:
        """Cover it again."""
        self.password = self._secret


class OptionsForm(ModalScreen[ConnectOptions | None]):
    """Dismissed with the options, or None. `accept` may refuse them with a WsinspectError, which is said in place."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.DIALOG), *bindings(Scope.FORM)]

    def __init__(
        self,
        title: str,
        options: ConnectOptions,
        verb: str,
        *,
        accept: Accept | None = None,
        at: str = "url",
        references: bool = False,
    ) -> None:
        super().__init__()
        self._title = title
        self._options = options
        self._verb = verb
        """What Enter does, e.g. `connects`."""
        self._accept = accept
        self._references = references
        """Whether `${NAME}` may stand for what is only known when it is connected to."""
        self._at = at
        """Key of the field that has the focus first."""

    def compose(self) -> ComposeResult:
        """Sections of fields, and a line for help and mistakes."""
        with Vertical(id="form-box", classes="dialog"):
            yield VerticalScroll(id="form-fields", can_focus=False)
            yield Static("", id="form-note", markup=False)
        yield KeyFooter()

    async def on_mount(self) -> None:
        """Fill it in."""
        box = self.query_one("#form-box")
        box.border_title = Content(visible(self._title))
        box.border_subtitle = Content(dialog_keys(f"{{accept}} {self._verb}", "Tab goes on", "→ completes"))
        await self._fill(self._options)
        first = next((one for one in self._inputs() if one.field.key == self._at), None)
        if first is not None:
            first.focus()

    async def _fill(self, options: ConnectOptions) -> None:
        rows: list[Static | Horizontal] = []
        section = ""
        for field in FIELDS:
            if field.section != section:
                section = field.section
                rows.append(Static(Content(section), classes="form-section", markup=False))
            lines = field.lines(options)
            if field.listed:
                lines.append("")
            rows += [_line(field, value, first=number == 0) for number, value in enumerate(lines)]
        fields = self.query_one("#form-fields")
        async with self.batch():
            await fields.remove_children()
            await fields.mount_all(rows)

    def _inputs(self) -> list[FieldInput]:
        return list(self.query(FieldInput))

    @property
    def options(self) -> ConnectOptions:
        """What the form says.

        Raises:
            UsageError: a field is wrong.
        """
        values: dict[str, Any] = {}
        for field in FIELDS:
            values[field.key] = field.value(self._lines_of(field))
        options = changed(self._options, values)
        check_request_options(options)
        if not self._references:
            check_usable(options)
        return options

    def _lines_of(self, field: OptionField) -> Sequence[str]:
        return [one.value for one in self._inputs() if one.field is field]

    def _note(self, note: str, *, bad: bool = False) -> None:
        line = self.query_one("#form-note", Static)
        line.update(Content(visible(f"{FAILED_SIGN} {note}" if bad else note)))
        line.set_class(bad, "-bad")

    @on(events.DescendantFocus)
    def _explain(self, event: events.DescendantFocus) -> None:
        if isinstance(event.widget, FieldInput):
            self._note(event.widget.field.help)

    @on(Input.Changed)
    def _check(self, event: Input.Changed) -> None:
        line = event.input
        if not isinstance(line, FieldInput):
            return
        try:
            line.field.value([line.value])
        except UsageError as error:
            line.add_class("-error")
            if line.has_focus:
                self._note(str(error), bad=True)
        else:
            line.remove_class("-error")
            if line.has_focus:
                self._note(line.field.help)
        if line.field.listed and line.value and line is self._last_of(line.field):
            self.query_one("#form-fields").mount(_line(line.field, "", first=False), after=_row_of(line))

    def _last_of(self, field: OptionField) -> FieldInput:
        return [one for one in self._inputs() if one.field is field][-1]

    def action_accept(self) -> None:
        """Take what is written, if it is right."""
        after_typing(self, self._take)

    def _take(self) -> None:
        if not self.is_current:
            return
        try:
            options = self.options
            if self._accept is not None:
                self._accept(options)
        except WsinspectError as error:
            self._note(str(error), bad=True)
            where = error.where if isinstance(error, UsageError) else ""
            wrong = next((one for one in self._inputs() if one.field.label == where), None)
            if wrong is not None:
                wrong.add_class("-error")
            return
        self.dismiss(options)

    def action_presets(self) -> None:
        """Choose a browser to be like."""
        choices = [Choice(one.id, one.name, one.source) for one in PRESETS]
        choices.append(Choice(_OURSELVES, "as wsinspect", "our own fields in our own order"))
        self.app.push_screen(PickScreen("Send the opening handshake", choices), self._preset_chosen)

    async def _preset_chosen(self, chosen: str | None) -> None:
        if chosen is None:
            return
        try:
            options = self.options
        except UsageError as error:
            self._note(f"first mend this: {error}", bad=True)
            return
        made = as_ourselves(options) if chosen == _OURSELVES else as_browser(options, preset(chosen))
        await self._fill(made)
        self._inputs()[0].focus()

    def action_move_field(self, by: int) -> None:
        """Go to another field."""
        if by > 0:
            self.focus_next(FieldInput)
        else:
            self.focus_previous(FieldInput)

    def action_dismiss_dialog(self) -> None:
        """Leave everything as it was."""
        self.dismiss(None)


def _row_of(line: FieldInput) -> Widget:
    row = line.parent
    assert isinstance(row, Widget)
    return row


def _line(field: OptionField, value: str, *, first: bool) -> Horizontal:
    label = Static(Content(field.label if first else ""), classes="form-label", markup=False)
    return Horizontal(label, FieldInput(field, value), classes="form-line")
