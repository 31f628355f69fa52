"""The details of a mistake of our own, in a file for its owner alone, secrets masked."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from wsinspect.export.redact import (
    Redactor,
    mask,
    secrets_of_field,
    secrets_of_options,
    secrets_of_url,
)
from wsinspect.export.token_words import looks_random
from wsinspect.options import ConnectOptions

ASK = "WSINSPECT_TRACEBACK"
"""This environment variable has the details printed as they are."""
_WHOLE_SECRETS = {"-u", "--user", "--bearer", "-b", "--cookie"}
_WORD = re.compile(r"[\w\-+/=~]{16,}")


class CrashedError(Exception):
    """A mistake of ours ended what ran; `mistake` is what happened, `secrets` what must not be told of it."""

    def __init__(self, mistake: Exception, secrets: Iterable[str]) -> None:
        super().__init__(mistake)
        self.mistake = mistake
        self.secrets = tuple(secrets)


def crash_note(
    error: BaseException, *, secrets: Iterable[str] = (), arguments: Sequence[str] | None = None
) -> str:
    """Write the details to a file and return the one line that says so.

    `secrets` are those known to the caller, `arguments` those of the command line.
    """
    import traceback

    if isinstance(error, CrashedError):
        secrets = (*secrets, *error.secrets)
        error = error.mistake
    given = sys.argv[1:] if arguments is None else arguments
    text = "".join(traceback.format_exception(error))
    known = [*secrets, *_secrets_of_arguments(given), *_secrets_of_frames(error)]
    masked = Redactor(known)(text)
    masked = _WORD.sub(lambda word: mask(word[0]) if looks_random(word[0]) else word[0], masked)
    where = _written(f"{_about()}\n\n{masked}")
    name = type(error).__name__
    return f"this is a mistake of wsinspect's own ({name}), not of the server; {where}; please report it"


def _about() -> str:
    from wsinspect import __version__

    return f"wsinspect {__version__}, Python {sys.version.split()[0]}, {sys.platform}"


def _written(text: str) -> str:
    import tempfile

    try:
        handle, name = tempfile.mkstemp(prefix="wsinspect-crash-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except OSError:
        return f"no file could be written, {ASK}=1 prints the details"
    return f"the details, secrets masked, are in {Path(name)}"


def _secrets_of_arguments(arguments: Sequence[str]) -> Iterator[str]:
    before = ""
    for argument in arguments:
        option, equals, value = argument.partition("=")
        if before in _WHOLE_SECRETS:
            yield argument
            yield from (argument.partition(sign)[2] for sign in ":=")
        elif equals and option in _WHOLE_SECRETS:
            yield value
        name, colon, field_value = argument.partition(":")
        if colon:
            yield from secrets_of_field(name.strip(), field_value.strip())
        yield from secrets_of_url(value if equals and option.startswith("--") else argument)
        before = argument


def _secrets_of_frames(error: BaseException) -> Iterator[str]:
    """Yield the secrets of everything that was being connected to, wherever in the call stack it stands."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        waiting += [one.__cause__, one.__context__]
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions
        step = one.__traceback__
        while step is not None:
            for value in step.tb_frame.f_locals.values():
                options = value if isinstance(value, ConnectOptions) else getattr(value, "options", None)
                if isinstance(options, ConnectOptions):
                    yield from secrets_of_options(options)
            step = step.tb_next
