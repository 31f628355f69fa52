"""Variables in what is typed: `${counter}`, `${uuid}`, times, the profile's own and the environment's."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from wsinspect.errors import UsageError, nearest

_REFERENCE = re.compile(r"\$(\$?)\{([A-Za-z_][A-Za-z0-9_]*)\}")
BUILT_IN = ("counter", "timestamp", "timestamp_ms", "time", "uuid")
EXPLAINED = (
    "${counter} counts what was sent with it, ${timestamp} Unix seconds, ${timestamp_ms} milliseconds, "
    "${time} ISO 8601, ${uuid} a random one; else the profile's variables, then the environment's"
)


def mentions_variables(text: str) -> bool:
    """Say whether there is anything to fill in."""
    return "${" in text and _REFERENCE.search(text) is not None


class Variables:
    """Fills variables in. `$${NAME}` stands for a literal `${NAME}`."""

    def __init__(
        self,
        environ: Mapping[str, str],
        own: Mapping[str, str] | None = None,
        *,
        now_s: Callable[[], float] = time.time,
        new_uuid: Callable[[], object] = uuid.uuid4,
    ) -> None:
        self.environ = environ
        self.own: Mapping[str, str] = own or {}
        """The profile's."""
        self._now_s = now_s
        self._new_uuid = new_uuid
        self._counter = 1

    def fill(self, text: str) -> str:
        """Return `text` with its variables filled in; `sent` makes the counter go on.

        Raises:
            UsageError: a variable that nothing gives a value, with the nearest name.
        """
        if not mentions_variables(text):
            return text
        return _REFERENCE.sub(self._value, text)

    def sent(self, text: str) -> None:
        """Count `text` as sent."""
        if any(not escaped and name == "counter" for escaped, name in _REFERENCE.findall(text)):
            self._counter += 1

    def _value(self, match: re.Match[str]) -> str:
        escaped, name = match.groups()
        if escaped:
            return match[0][1:]
        match name:
            case "counter":
                return str(self._counter)
            case "timestamp":
                return str(int(self._now_s()))
            case "timestamp_ms":
                return str(int(self._now_s() * 1000))
            case "time":
                return datetime.fromtimestamp(self._now_s(), UTC).isoformat().replace("+00:00", "Z")
            case "uuid":
                return str(self._new_uuid())
        if name in self.own:
            # A profile's value may point at the environment, so that a secret is not written down.
            return _REFERENCE.sub(self._from_environment, self.own[name])
        return self._from_environment(match)

    def _from_environment(self, match: re.Match[str]) -> str:
        name = match[2]
        if name not in self.environ:
            close = nearest(name, (*BUILT_IN, *self.own, *self.environ))
            raise UsageError(
                f"no variable is called ${{{name}}}", hint=close or f"$${{{name}}} sends it as it is typed"
            )
        return self.environ[name]
