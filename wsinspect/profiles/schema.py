"""What a profile may say: the keys of `ConnectOptions`, checked one by one with a clear line for each mistake."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, structs

from wsinspect.errors import UsageError, nearest
from wsinspect.options import ConnectOptions
from wsinspect.profiles.layout import PaneSizes, read_sizes
from wsinspect.profiles.rules import one_line_or_nothing, parse_header
from wsinspect.profiles.tables import check_tables

_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
KEYS = ConnectOptions.__struct_fields__
EXTRA_KEYS = ("templates", "variables", "layout")
"""What a profile keeps beside the options: messages to send, values for their variables, how the screen is laid out."""
_TEXTS = (
    "cookies",
    "origin",
    "basic_auth",
    "bearer",
    "subprotocols",
    "compression_offer",
    "user_agent",
    "proxy",
    "server_name",
)


def _no_line(_key: str) -> int | None:
    return None


class Profile(Struct, frozen=True, kw_only=True):
    """A saved target: its table as written, `${ENV_VAR}` references unexpanded."""

    name: str
    table: Mapping[str, Any]
    where: str = ""
    """The file that it came from, for messages."""
    line: Callable[[str], int | None] = _no_line
    """Finds the line of a key, for messages."""
    path: Path | None = None
    """The file itself."""

    @property
    def templates(self) -> dict[str, str]:
        """What can be sent, by name, as it would be typed. Raises UsageError."""
        return self._texts("templates")

    @property
    def variables(self) -> dict[str, str]:
        """Values for `${NAME}` in what is sent. Raises UsageError."""
        return self._texts("variables")

    @property
    def sizes(self) -> PaneSizes:
        """How much room the panes have. Raises UsageError."""
        found = self.table.get("layout", {})
        if not isinstance(found, dict):
            raise UsageError("layout has the wrong form", where=self.place("layout"), allowed="a table")
        try:
            return read_sizes(found)
        except UsageError as error:
            raise UsageError(
                error.what, where=self.place("layout"), allowed=error.allowed, hint=error.hint
            ) from error

    @property
    def extras(self) -> dict[str, Any]:
        """What the profile keeps beside the options."""
        return {key: value for key, value in self.table.items() if key in EXTRA_KEYS}

    def _texts(self, key: str) -> dict[str, str]:
        found = self.table.get(key, {})
        if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
            raise UsageError(
                f"{key} has the wrong form", where=self.place(key), allowed='a table such as hello = "text"'
            )
        return dict(found)

    def options(self, environ: Mapping[str, str] | None = None) -> ConnectOptions:
        """Return what to connect to, with environment references expanded.

        Raises:
            UsageError: an unknown key, a value of the wrong type, or a variable that is not set.
        """
        expanded = {
            k: self._expand(k, v, os.environ if environ is None else environ)
            for k, v in self.table.items()
            if k not in EXTRA_KEYS
        }
        return self._convert(expanded)

    def unexpanded(self) -> ConnectOptions:
        """Return the options as written, `${ENV_VAR}` references left alone; so this checks keys and types.

        Raises:
            UsageError: an unknown key or a value of the wrong type.
        """
        return self._convert(dict(self.table))

    def as_written(self, options: ConnectOptions, environ: Mapping[str, str] | None = None) -> ConnectOptions:
        """Return options with this profile's `${ENV_VAR}` references put back wherever their values stand unchanged, so that
        saving them writes no secret down. Raises UsageError as `options`."""
        written, expanded = self.unexpanded(), self.options(environ)
        changes: dict[str, Any] = {}
        for key in KEYS:
            value, was, reference = getattr(options, key), getattr(expanded, key), getattr(written, key)
            if value == was:
                changes[key] = reference
            elif isinstance(value, tuple):
                back = dict(zip(was, reference, strict=True))
                changes[key] = tuple(back.get(item, item) for item in value)
        restored: ConnectOptions = structs.replace(options, **changes)
        return restored

    def holds_secrets(self, secrets_of: Callable[[ConnectOptions], list[str]]) -> bool:
        """Whether a secret is written down as it is, not as `${NAME}`. Raises UsageError as `unexpanded`."""
        written: list[str] = []

        def gather(value: Any) -> None:
            if isinstance(value, str):
                written.append(value)
            elif isinstance(value, dict | list | tuple):
                for item in value.values() if isinstance(value, dict) else value:
                    gather(item)

        gather(dict(self.table))
        found = (one for one in secrets_of(self.unexpanded()) if one and not _REFERENCE.search(one))
        return any(secret in text for secret in found for text in written)

    def place(self, key: str = "") -> str:
        """Return `profiles.toml: line 4: profile 'staging'` for messages about `key`."""
        line = self.line(key)
        parts = [self.where, f"line {line}" if line else "", f"profile {self.name!r}"]
        return ": ".join(part for part in parts if part)

    def _expand(self, key: str, value: Any, environ: Mapping[str, str]) -> Any:
        if isinstance(value, str):

            def replace(match: re.Match[str]) -> str:
                if match[1] not in environ:
                    raise UsageError(
                        f"{key} refers to ${{{match[1]}}}, and no such environment variable is set",
                        where=self.place(key),
                        hint=f"set it, e.g. `export {match[1]}=…`",
                    )
                return environ[match[1]]

            return _REFERENCE.sub(replace, value)
        if isinstance(value, list):
            return [self._expand(key, item, environ) for item in value]
        if isinstance(value, dict):
            return {name: self._expand(key, item, environ) for name, item in value.items()}
        return value

    def _convert(self, table: dict[str, Any]) -> ConnectOptions:
        known = (*KEYS, *EXTRA_KEYS)
        for key in table:
            if key not in known:
                raise UsageError(
                    f"unknown key {key!r}",
                    where=self.place(key),
                    hint=nearest(key, known) or f"known keys: {', '.join(known)}",
                )
        self._check_extras()
        if not isinstance(table.get("url"), str) or not table["url"].strip():
            raise UsageError(
                "the key 'url' is missing or empty",
                where=self.place("url"),
                allowed="a ws:// or wss:// URL as a string",
            )
        values = {key: value for key, value in table.items() if key not in EXTRA_KEYS}
        if "headers" in values:
            values["headers"] = self._headers(values["headers"])
        try:
            check_tables(values)
        except UsageError as error:
            where = self.place(error.where)
            raise UsageError(error.what, where=where, allowed=error.allowed, hint=error.hint) from error
        try:
            options: ConnectOptions = msgspec.convert(values, ConnectOptions)
        except msgspec.ValidationError as error:
            key = _key_of(str(error))
            raise UsageError(_reworded(str(error)), where=self.place(key)) from error
        self._check_texts(options)
        for name in KEYS:
            value = getattr(options, name)
            if name.endswith("_s") and isinstance(value, float) and not 0 <= value < 1e7:
                raise UsageError(f"{name} is {value:g}", where=self.place(name), allowed="seconds, 0 or more")
        return options

    def _check_extras(self) -> None:
        self._texts("templates")
        for name in self._texts("variables"):
            if not _VARIABLE.match(name):
                raise UsageError(
                    f"{name!r} can't be a variable's name",
                    where=self.place("variables"),
                    allowed="letters, digits and '_', not beginning with a digit",
                )
        _ = self.sizes

    def _check_texts(self, options: ConnectOptions) -> None:
        """Hold texts to what the command line allows, without quoting them: they may be secret."""
        for key in _TEXTS:
            value = getattr(options, key)
            for text in value if isinstance(value, tuple) else (value or "",):
                try:
                    one_line_or_nothing(text)
                except UsageError as error:
                    raise UsageError(
                        f"{key}: {error.what}", where=self.place(key), allowed=error.allowed
                    ) from error
        for field in options.headers:
            try:
                parse_header(": ".join(field))
            except UsageError as error:
                raise UsageError(error.what, where=self.place("headers"), allowed=error.allowed) from error

    def _headers(self, value: Any) -> list[tuple[str, str]]:
        if isinstance(value, dict) and all(isinstance(v, str) for v in value.values()):
            return list(value.items())
        if isinstance(value, list) and all(isinstance(v, str) and ":" in v for v in value):
            return [(v.partition(":")[0].strip(), v.partition(":")[2].strip()) for v in value]
        raise UsageError(
            "headers has the wrong form",
            where=self.place("headers"),
            allowed='a table `Name = "value"` or an array of "Name: value"',
        )


def _key_of(message: str) -> str:
    found = re.search(r"\$\.([A-Za-z_]+)", message)
    return found[1] if found else ""


def _reworded(message: str) -> str:
    """Turn msgspec's `Expected `float`, got `str` - at `$.key`` into the order that our messages have."""
    found = re.match(r"(?P<what>.*?)(?: - at `\$\.?(?P<path>.*?)`)?\Z", message)
    what = (found["what"] if found else message).replace("`", "")
    what = what[:1].lower() + what[1:]
    path = found["path"] if found else ""
    return f"{path}: {what}" if path else what


def check_name(name: str) -> None:
    """Refuse a profile name that can't be typed on a command line.

    Raises:
        UsageError: with what is allowed.
    """
    if not _NAME.match(name) or "://" in name:
        raise UsageError(
            f"{name!r} can't be a profile's name",
            allowed="letters, digits, '.', '_' and '-', beginning with a letter or digit",
        )


def to_table(options: ConnectOptions) -> dict[str, Any]:
    """Return the TOML table of `options`: only what differs from the defaults."""
    table: dict[str, Any] = {}
    default = ConnectOptions(url="")
    for key in KEYS:
        value = getattr(options, key)
        if value == getattr(default, key) and key != "url":
            continue
        if key == "headers":
            names = [name for name, _ in value]
            unique = len({n.lower() for n in names}) == len(names)
            table[key] = dict(value) if unique else [f"{name}: {text}" for name, text in value]
        elif value is not None:
            table[key] = msgspec.to_builtins(value)
    return table
