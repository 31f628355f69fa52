"""How the application ends by a mistake of ours: the terminal is put back, and whoever runs it tells what happened."""

from __future__ import annotations

from textual.app import App
from textual.worker import WorkerFailed

from wsinspect.export.redact import secrets_of_attempt, secrets_of_options
from wsinspect.options import ConnectOptions
from wsinspect.session.record import SessionRecord


class EndingApp(App[None]):
    """What `WsinspectApp` does when something of ours goes wrong, wherever that is."""

    def __init__(self) -> None:
        super().__init__()
        self._connected_with: list[ConnectOptions] = []

    @property
    def crash(self) -> Exception | None:
        """The exception, a mistake of ours, that ended the app."""
        return self._exception

    def secrets_of(self, record: SessionRecord) -> list[str]:
        """Return everything secret that this run was given or told, `record` being what is shown."""
        found = [secret for attempt in record.attempts for secret in secrets_of_attempt(attempt)]
        return found + [secret for options in self._connected_with for secret in secrets_of_options(options)]

    def end_by_mistake(self, error: Exception) -> None:
        """End the app: this exception is a mistake of ours, in a callback or a thread that nobody waits for."""
        self._handle_exception(error)

    def tell_trouble(self, error: Exception) -> None:
        """Say what failed in the background for a reason outside of us."""
        if self.is_running:
            self.tell(f"in the background: {error}", bad=True)

    def tell(self, message: str, *, bad: bool = False, timeout_s: float = 5) -> None:
        """Show a notification."""
        raise NotImplementedError

    def _handle_exception(self, error: Exception) -> None:
        """Called by Textual with what was raised in a handler, a timer or a worker."""
        if isinstance(error, WorkerFailed) and isinstance(error.error, Exception):
            error = error.error
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """Leave. Textual would print every local variable, secrets among them."""
        self._close_messages_no_wait()
