"""What is connected to and how: ending it, reconnecting by itself."""

from __future__ import annotations

from textual.message import Message

from wsinspect.errors import UsageError
from wsinspect.options import ConnectOptions, ReconnectPolicy
from wsinspect.tui.key_hints import hint
from wsinspect.tui.screens.composing import ComposingScreen

AUTO = ReconnectPolicy(attempts=20)
"""What the key switches on where nothing else was asked for: 1 s at most before the first, 60 s at most in the end."""


class ConnectingScreen(ComposingScreen):
    """Turns keys into calls on the connection."""

    class ProfilesWanted(Message):
        """Show the list of profiles."""

    _policy = AUTO
    """What the key switches on again."""

    @property
    def reconnects(self) -> bool:
        """Whether an attempt follows by itself after a failure."""
        options = self._session.options
        return self._session.live and options is not None and options.reconnect.attempts > 0

    def action_disconnect(self) -> None:
        """Close, or abort."""
        self.post_message(self.Notice(self._session.disconnect()))

    def action_profiles(self) -> None:
        """Show the list of profiles."""
        self.post_message(self.ProfilesWanted())

    def action_edit_next(self, at: str = "url") -> None:
        """Edit what the next attempt is made with."""
        from wsinspect.tui.screens.options_form import OptionsForm

        options = self._session.options
        if options is None:
            self.post_message(self.Notice("there is nothing to connect to yet", bad=True))
            return
        form = OptionsForm("The next attempt", options, "connects", at=at)
        self.app.push_screen(form, self._edited)

    def _edited(self, options: ConnectOptions | None) -> None:
        if options is not None:
            self.connect_with(options)

    def connect_with(self, options: ConnectOptions) -> None:
        """Make an attempt with these options."""
        raise NotImplementedError

    def action_auto_reconnect(self) -> None:
        """Reconnect by itself, or no longer."""
        options = self._session.options
        if options is None or not self._session.live:
            self.post_message(self.Notice("there is no connection of ours yet", bad=True))
            return
        policy = options.reconnect
        if policy.attempts:
            self._policy, policy = policy, ReconnectPolicy()
        else:
            policy = self._policy
        try:
            self._session.set_reconnect(policy)
        except UsageError as error:
            self.post_message(self.Notice(str(error), bad=True))
            return
        current = self._session.record.current
        idle = current is not None and current.ended and self._session.retry_at_ns is None
        # A failure that is over is not waited for any more.
        first = hint("; {reconnect} makes the first") if policy.attempts and idle else ""
        self.post_message(self.Notice(policy_told(policy) + first))
        self.look()


def policy_told(policy: ReconnectPolicy) -> str:
    """Say what a policy does."""
    if not policy.attempts:
        return "reconnecting by itself is off"
    return (
        f"reconnecting by itself is on: up to {policy.attempts} attempts, each after a random wait of at most "
        f"{policy.first_delay_s:g} s, then {policy.factor:g} times as long, up to {policy.max_delay_s:g} s"
    )
