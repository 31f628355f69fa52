"""The command line: words in, options out, a front end called. No logic of its own."""

from __future__ import annotations

import errno
import sys
from typing import TYPE_CHECKING, Any, NoReturn

import click
from msgspec.structs import replace

from wsinspect import __version__
from wsinspect.check.output import complain, drop_stdout
from wsinspect.cli_files import export, keys, profiles
from wsinspect.cli_mistakes import usage_line
from wsinspect.cli_options import (
    EPILOG,
    JSON,
    OUTPUT,
    SECRETS,
    SERVER_LOG,
    SETTINGS,
    SPEED,
    THEME,
    Command,
    Main,
    changes,
    connection_options,
    option,
    refuse_with_recording,
    was_said,
)
from wsinspect.cli_types import SECONDS, Typed, number, whole_number
from wsinspect.errors import UsageError, WsinspectError
from wsinspect.profiles.rules import one_line_or_nothing

if TYPE_CHECKING:
    from pathlib import Path


@click.group(cls=Main, context_settings=SETTINGS, epilog=EPILOG)
@click.version_option(__version__, "-V", "--version", message="wsinspect %(version)s")
def _cli() -> None:
    """Say why a WebSocket closes before the connection is established, and watch it when it does not.

    Without a command, opens the terminal UI on TARGET, or on its connect screen where none is given; `check` does the
    same without a screen. Every command has its own --help.

    TARGET is a URL (ws://, wss://, http://, https://, ws+unix://, or just host:port), the name of a saved profile,
    a recording made with -o, a curl command in quotes, or - to read one of these from standard input.
    """


@_cli.command("open", cls=Command, hidden=True, context_settings=SETTINGS)
@click.argument("target", required=False)
@connection_options
@OUTPUT
@SERVER_LOG
@SPEED
@THEME
@SECRETS
def _open(
    target: str | None,
    output: Path | None,
    server_log: Path | None,
    speed: float | None,
    show_secrets: bool,
    theme: str | None,
    **given: Any,
) -> None:
    """Open the terminal UI."""
    if not (_is_terminal(sys.stdout) and (_is_terminal(sys.stdin) or target == "-")):
        raise UsageError(
            "the terminal UI needs a terminal, and this is none",
            hint="`wsinspect check URL` does the same without one",
        )
    from wsinspect.profiles.target import Recording, read_target
    from wsinspect.profiles.usable import check_usable
    from wsinspect.tui.run import run_app

    said = changes(given)
    _check_log(server_log)
    found = None if target is None else read_target(target, stdin=sys.stdin)
    if speed is not None and not isinstance(found, Recording):
        raise UsageError("plays a recording, and this is none", where="--speed", hint="leave it out")
    if found is None:
        sys.exit(
            run_app(
                changes=said, output=output, server_log=server_log, show_secrets=show_secrets, theme=theme
            )
        )
    if isinstance(found, Recording):
        refuse_with_recording("show_secrets", "speed", "theme", "server_log")
        sys.exit(
            run_app(
                recording=found.path,
                speed=speed,
                server_log=server_log,
                show_secrets=show_secrets,
                theme=theme,
            )
        )
    options = replace(found.options, **said)
    check_usable(options)
    sys.exit(
        run_app(
            options=options,
            profile=found.profile,
            output=output,
            server_log=server_log,
            show_secrets=show_secrets,
            theme=theme,
        )
    )


@_cli.command(
    "check",
    cls=Command,
    context_settings=SETTINGS,
    epilog=EPILOG,
    short_help="Connect without a screen and say what happened, and why.",
)
@click.argument("target")
@connection_options
@option(
    "Once open", "--hold", type=SECONDS, default="2", metavar="SECONDS", help="Stay open this long, then close with 1000. Default: 2; with --echo, until the server closes."
)  # fmt: skip
@option("Once open", "--send", type=Typed("text", one_line_or_nothing), metavar="TEXT", multiple=True, help="Send a text message. Repeatable.")  # fmt: skip
@option("Once open", "--echo", is_flag=True, help="Answer every message with itself.")
@JSON
@OUTPUT
@SERVER_LOG
@SECRETS
def _check(
    target: str,
    output: Path | None,
    server_log: Path | None,
    show_secrets: bool,
    hold: float,
    send: tuple[str, ...],
    echo: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Connect without a screen and say what happened, and why.

    TARGET is a URL (ws://, wss://, http://, https://, ws+unix://, or just host:port), the name of a saved profile,
    a curl command in quotes, or - to read one of these from standard input. A recording made with -o is diagnosed
    again without connecting.
    """
    from wsinspect.check.main import check_recording, check_target
    from wsinspect.check.run import CheckPlan
    from wsinspect.profiles.target import Recording, read_target
    from wsinspect.profiles.usable import check_usable

    said = changes(given)
    found = read_target(target, stdin=sys.stdin)
    if isinstance(found, Recording):
        refuse_with_recording("as_json", "show_secrets", "server_log")
        _check_log(server_log)
        sys.exit(
            check_recording(found.path, as_json=as_json, show_secrets=show_secrets, server_log=server_log)
        )
    options = replace(found.options, **said)
    check_usable(options)
    _check_log(server_log)
    hold_s = None if echo and not was_said("hold") else hold
    plan = CheckPlan(hold_s=hold_s, send=send, echo=echo, output=output, server_log=server_log)
    sys.exit(check_target(options, plan, as_json=as_json, show_secrets=show_secrets))


@_cli.command("explain", cls=Command, context_settings=SETTINGS, short_help="Explain a cause, a close code, an HTTP status, or a console's line.")  # fmt: skip
@click.argument("what", nargs=-1)
@option(
    "Output",
    "--list",
    "list_all",
    is_flag=True,
    help="Name every cause by stage; with WHAT, those that match.",
)
def _explain(what: tuple[str, ...], list_all: bool) -> None:
    """Explain a cause id, a close code, an HTTP status, or a line pasted from a browser's console or a client's error.

    \b
    wsinspect explain 1006
    wsinspect explain 403
    wsinspect explain upgrade-stripped
    wsinspect explain "WebSocket is closed before the connection is established."
    wsinspect explain --list tls

    Without WHAT, or with -, the line is read from standard input.
    """
    from wsinspect.check.explain import explain, listing
    from wsinspect.check.output import colour_wanted, text_width, write_out

    text = " ".join(what)
    if list_all:
        write_out(listing(text, width=text_width()))
        return
    if text in ("", "-"):
        if sys.stdin is None or (text == "" and _is_terminal(sys.stdin)):
            raise UsageError(
                "nothing to explain",
                where="explain",
                allowed="a cause id, a close code, an HTTP status, or a console line",
                hint="`wsinspect explain --list` names the causes",
            )
        text = sys.stdin.read(100_000)
    write_out(explain(text, colour=colour_wanted(), width=text_width()))


@_cli.command("lab", cls=Command, context_settings=SETTINGS, short_help="Reproduce a cause on loopback and look at it.")  # fmt: skip
@click.argument("scenario", required=False)
@option("How", "--list", "list_all", is_flag=True, help="List the scenarios by stage.")
@option("How", "--stage", metavar="STAGE", help="List the scenarios of one stage only.")
@option("How", "--check", "headless", is_flag=True, help="Run the headless check on it instead of the UI.")
@option("How", "--serve", is_flag=True, help="Only serve it and print its URL, until interrupted.")
@option(
    "How", "--time-scale", type=number(0.01, 100), default=1.0, metavar="FACTOR", help="Multiply every delay of the scenario, by 0.01 to 100. Default: 1."
)  # fmt: skip
@JSON
@OUTPUT
@THEME
def _lab(
    scenario: str | None,
    list_all: bool,
    stage: str | None,
    headless: bool,
    serve: bool,
    time_scale: float,
    as_json: bool,
    output: Path | None,
    theme: str | None,
) -> None:
    """Reproduce a cause on loopback: serve SCENARIO and open the UI on it. Without SCENARIO, lists them.

    \b
    wsinspect lab upgrade-stripped
    wsinspect lab tls-expired --check
    """
    from wsinspect.check.lab import check_scenario, scenario_list, serve_scenario
    from wsinspect.check.output import write_out
    from wsinspect.lab.registry import scenario as find_scenario
    from wsinspect.lab.scenario import LabSettings

    if as_json and not headless:
        raise UsageError("goes with --check", where="--json", hint="add --check")
    if theme is not None and (headless or serve):
        raise UsageError(
            "goes with the UI", where="--theme", hint=f"leave out {'--check' if headless else '--serve'}"
        )
    if serve and (headless or output is not None):
        raise UsageError("only serves", where="--serve", hint=f"leave out {'--check' if headless else '-o'}")
    if scenario is None or list_all or stage is not None:
        unused = [name for name in ("headless", "serve", "output", "theme", "time_scale") if was_said(name)]
        if unused:
            word = next(p.opts[-1] for p in click.get_current_context().command.params if p.name == unused[0])
            raise UsageError("goes with a SCENARIO", where=word, hint="`wsinspect lab --list` names them")
        if scenario is not None:
            raise UsageError(
                f"{scenario!r} is one word too many", where="lab", hint="leave out --list and --stage, or it"
            )
        write_out(scenario_list(stage))
        return
    found = find_scenario(scenario)
    settings = LabSettings(time_scale=time_scale)
    if serve:
        sys.exit(serve_scenario(found, settings))
    if headless:
        sys.exit(check_scenario(found, settings, as_json=as_json, output=output))
    if not (_is_terminal(sys.stdout) and _is_terminal(sys.stdin)):
        raise UsageError(
            "the terminal UI needs a terminal, and this is none",
            hint=f"`wsinspect lab {found.id} --check` does the same without one",
        )
    from wsinspect.tui.run import run_app

    sys.exit(run_app(lab=found, lab_settings=settings, output=output, theme=theme))


@_cli.command("serve", cls=Command, context_settings=SETTINGS, short_help="Open the UI in a browser on this machine (extra: web).")  # fmt: skip
@click.argument("target", required=False)
@connection_options
@option("Page", "--port", type=whole_number(0, 65535), default=8000, metavar="PORT", help="Listen on this port of loopback; 0 takes a free one. Default: 8000.")  # fmt: skip
@SECRETS
def _serve(target: str | None, port: int, show_secrets: bool, **given: Any) -> None:
    """Open the UI in a browser on this machine: serves it on loopback and prints the link.

    TARGET is what `wsinspect TARGET` takes; without it every page begins with the connect screen. Every page that is
    opened is a session of its own.
    """
    from pathlib import Path

    from wsinspect.profiles.target import Recording, read_target
    from wsinspect.profiles.usable import check_usable
    from wsinspect.web.begun import Begun

    try:
        from wsinspect.web.serve import serve
    except ModuleNotFoundError as error:
        raise UsageError(
            f"needs {error.name}, which is not installed",
            where="serve",
            hint="`pip install 'wsinspect[web]'` brings it",
        ) from error

    said = changes(given)
    if target is None:
        if said:
            raise UsageError("these options go with a target", where="serve", hint="name what to connect to")
        wanted = Begun(show_secrets=show_secrets)
    elif isinstance(found := read_target(target, stdin=sys.stdin), Recording):
        refuse_with_recording("show_secrets", "port")
        wanted = Begun(recording=str(Path(found.path).absolute()), show_secrets=show_secrets)
    else:
        options = replace(found.options, **said)
        check_usable(options)
        wanted = Begun(options=options, profile=found.profile, show_secrets=show_secrets)
    sys.exit(serve(wanted, port))


for _command in (export, keys, profiles):
    _cli.add_command(_command)


def _check_log(path: Path | None) -> None:
    if path is not None:
        from wsinspect.server_log.follow import check_log

        check_log(path)


def _is_terminal(stream: Any) -> bool:
    """Whether it is one; Python has None for a stream that was closed before it began."""
    return stream is not None and bool(stream.isatty())


def _stop(message: str) -> NoReturn:
    complain(" ".join(message.split()))
    sys.exit(2)


def _crashed(error: Exception, arguments: list[str] | None) -> NoReturn:
    from wsinspect.check.crash import tell_crash

    sys.exit(tell_crash(error, arguments))


def main(arguments: list[str] | None = None) -> None:
    """Run the program and exit. Every mistake is one line on stderr; exit code 2 for a person's, 70 for our own."""
    try:
        _cli.main(args=arguments, prog_name="wsinspect", standalone_mode=False)
    except click.ClickException as error:
        _stop(usage_line(error))
    except WsinspectError as error:
        _stop(str(error))
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE):
            _stop(
                f"{error.strerror}: no socket or file can be opened; raise the limit (`ulimit -n`) and try again"
            )
        # Only click's own help is printed past `write_out`.
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
            _crashed(error, arguments)
        drop_stdout()
        _stop(f"standard output: can't be written: {error.strerror}")
    except Exception as error:  # noqa: BLE001 - the last resort: nobody above could tell it without secrets
        _crashed(error, arguments)
