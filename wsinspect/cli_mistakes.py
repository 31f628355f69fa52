"""What is wrong with a command line that click could not read, in one line and in our own order."""

from __future__ import annotations

import click

from wsinspect.errors import nearest


def usage_line(error: click.ClickException) -> str:
    """Say what click found in the order of our own messages: where, what, what is allowed or what to do."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    path = context.command_path.replace(" open", "") if context is not None else "wsinspect"
    if isinstance(error, click.NoSuchOption):
        known = {opt.lstrip("-"): opt for p in (context.command.params if context else ()) for opt in p.opts}
        guess = nearest(error.option_name.lstrip("-"), known)
        hint = guess and f"did you mean {known[guess.split(chr(39))[1]]}?"
        return f"there is no option {error.option_name}; {hint or f'`{path} --help` lists them'}"
    if isinstance(error, click.MissingParameter) and isinstance(error.param, click.Option):
        allowed = f"; allowed: {', '.join(error.param.type.choices)}" if isinstance(error.param.type, click.Choice) else ""  # fmt: skip
        return f"{path.removeprefix('wsinspect ')}: {error.param.opts[-1]} is missing{allowed}; `{path} --help` explains it"
    if isinstance(error, click.MissingParameter) and error.param is not None:
        name = (error.param.human_readable_name or "").upper()
        return f"{path.removeprefix('wsinspect ')}: {name} is missing; `{path} --help` says what it may be"
    if isinstance(error, click.BadParameter) and error.param is not None:
        where = (
            error.param.opts[-1] if isinstance(error.param, click.Option) else path.removeprefix("wsinspect ")
        )
        return f"{where}: {error.message.removeprefix(f'{where}: ').rstrip('.')}"
    message = error.format_message().rstrip(".")
    return f"{message[:1].lower()}{message[1:]}; see `{path} --help`"
