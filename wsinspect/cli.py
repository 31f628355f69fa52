"""The command line: words in, options out, a front end called. No logic of its own."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NoReturn

import click
from msgspec.structs import replace

from wsinspect import __version__
from wsinspect.check.output import complain, drop_stdout
from wsinspect.errors import UsageError, WsinspectError, nearest
from wsinspect.profiles.rules import (
    one_line,
    one_line_or_nothing,
    parse_connect_to,
    parse_header,
    parse_resolve,
    seconds,
    with_step_timeout,
)

if TYPE_CHECKING:
    from pathlib import Path

_EPILOG = """\b
Exit codes of check: 0 opened, and ended as asked; 1 opened, then ended early or uncleanly;
2 wrong usage, profile or file; 3 never reached HTTP (resolve, TCP, proxy, TLS);
4 the upgrade was refused or invalid; 130 interrupted."""


class _Typed(click.ParamType[Any]):
    """A value that one of our own parsers reads; its message is the one clear line."""

    def __init__(self, name: str, parse: Callable[[str], Any]) -> None:
        self.name = name
        self._parse = parse

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return self._parse(value)
        except UsageError as error:
            self.fail(str(error), param, ctx)


_SECONDS = _Typed("seconds", seconds)
_LINE = _Typed("text", one_line)
_LINE_OR_NOTHING = _Typed("text", one_line_or_nothing)
_FILE = _Typed("file", lambda text: _path(_not_empty(text)))
_FILE_NAME = _Typed("file", lambda text: _not_empty(text))


def _path(text: str) -> Path:
    # Only a command that takes a file pays for loading it.
    from pathlib import Path

    return Path(text)


def _not_empty(text: str) -> str:
    if not text:
        raise UsageError("is empty", allowed="the name of a file")
    return text


class _Option(click.Option):
    """An option that help shows under a heading."""

    def __init__(self, *args: Any, section: str = "Other", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.section = section


def _option(section: str, *names: str, **settings: Any) -> Callable[..., Any]:
    return click.option(*names, cls=_Option, section=section, **settings)


class _Command(click.Command):
    """A command whose help groups its options."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        _write_sections(self.get_params(ctx), ctx, formatter)


def _write_sections(
    parameters: Iterable[click.Parameter], ctx: click.Context, formatter: click.HelpFormatter
) -> None:
    sections: dict[str, list[tuple[str, str]]] = {}
    for parameter in parameters:
        record = parameter.get_help_record(ctx)
        if record is not None and isinstance(parameter, click.Option):
            sections.setdefault(getattr(parameter, "section", "Other"), []).append(record)
    for heading in sorted(sections, key=lambda name: name == "Other"):
        with formatter.section(heading):
            formatter.write_dl(sections[heading], col_max=26)


_REQUEST, _WHERE, _TLS, _TIME, _OUT = "Request", "Where to connect", "TLS", "Time", "Output"
_OPTIONS: tuple[Callable[..., Any], ...] = (
    _option(_REQUEST, "-H", "--header", "headers", type=_Typed("'Name: value'", parse_header), metavar="'Name: value'", multiple=True, help="Add a field; 'Name:' removes one of ours. Repeatable."),
    _option(_REQUEST, "-b", "--cookie", "cookies", type=_LINE, metavar="NAME=VALUE", multiple=True, help="Send a cookie. Repeatable."),
    _option(_REQUEST, "--origin", type=_LINE, metavar="ORIGIN", help="Send Origin, as a browser on a page of that site would."),
    _option(_REQUEST, "-s", "--subprotocol", "subprotocols", type=_LINE, metavar="NAME", multiple=True, help="Offer a subprotocol. Repeatable, the best first."),
    _option(_REQUEST, "-u", "--user", "basic_auth", type=_LINE, metavar="USER:PASSWORD", help="Send Authorization: Basic."),
    _option(_REQUEST, "--bearer", type=_LINE, metavar="TOKEN", help="Send Authorization: Bearer."),
    _option(_REQUEST, "-A", "--user-agent", type=_LINE_OR_NOTHING, metavar="TEXT", help="Send this User-Agent; '' sends none."),
    _option(_REQUEST, "-L", "--location", "follow_redirects", is_flag=True, help="Follow redirects; credentials never go to another origin."),
    _option(_REQUEST, "--no-compression", "compression", flag_value=False, default=True, help="Do not offer permessage-deflate."),
    _option(_WHERE, "-x", "--proxy", type=_LINE_OR_NOTHING, metavar="URL", help="Go through http://[user:password@]host:port or socks5h://…; '' goes direct. Default: what the environment says."),
    _option(_WHERE, "--resolve", type=_Typed("rule", parse_resolve), metavar="HOST:PORT:ADDRESS", multiple=True, help="Use this address for that name. Repeatable."),
    _option(_WHERE, "--connect-to", type=_Typed("rule", parse_connect_to), metavar="HOST1:PORT1:HOST2:PORT2", multiple=True, help="Connect to the second in place of the first; Host and SNI stay. Repeatable."),
    _option(_WHERE, "-4", "only_ipv4", is_flag=True, help="Use IPv4 addresses only."),
    _option(_WHERE, "-6", "only_ipv6", is_flag=True, help="Use IPv6 addresses only."),
    _option(_TLS, "-k", "--insecure", is_flag=True, help="Accept any certificate; it is still described."),
    _option(_TLS, "--cacert", "ca_file", type=_FILE_NAME, metavar="FILE", help="Trust these certificates (PEM) instead of the system's."),
    _option(_TLS, "--cert", "cert_file", type=_FILE_NAME, metavar="FILE", help="Show this client certificate (PEM)."),
    _option(_TLS, "--key", "key_file", type=_FILE_NAME, metavar="FILE", help="Its private key, if it is in another file."),
    _option(_TLS, "--sni", "server_name", type=_LINE, metavar="NAME", help="Name to ask for (SNI) and to find in the certificate."),
    _option(_TIME, "--connect-timeout", type=_SECONDS, metavar="SECONDS", help="Limit for each step up to the answer to the upgrade. Default: 10, and 20 for that answer."),
    _option(_TIME, "--ping-interval", "ping_interval_s", type=_SECONDS, metavar="SECONDS", help="Send keepalive pings this often. Default: none."),
    _option(_TIME, "--ping-timeout", "ping_timeout_s", type=_SECONDS, metavar="SECONDS", help="Give up when a pong takes longer. Default: 20."),
    _option(_TIME, "--no-pong", "auto_pong", flag_value=False, default=True, help="Do not answer the server's pings."),
)  # fmt: skip
_OUTPUT = _option(
    _OUT,
    "-o",
    "--output",
    type=_FILE,
    metavar="FILE",
    help="Record the session to FILE, for `wsinspect FILE`.",
)
_SECRETS = _option(
    _OUT,
    "--show-secrets",
    is_flag=True,
    help="Do not mask credentials, cookies and tokens in what is printed.",
)
_JSON = _option(
    _OUT, "--json", "as_json", is_flag=True, help="Print one JSON object (schema 1) instead of text."
)


def _connection_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def _said(name: str) -> bool:
    source = click.get_current_context().get_parameter_source(name)
    return source is not None and source.name != "DEFAULT"


def _changes(given: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of ConnectOptions that the command line sets, leaving out what was not said."""
    said = {name: value for name, value in given.items() if _said(name)}
    families = [said.pop(name, False) for name in ("only_ipv4", "only_ipv6")]
    if all(families):
        raise UsageError("-4 and -6 exclude each other", hint="leave one out, or both to use every address")
    if any(families):
        said["family"] = "ipv4" if families[0] else "ipv6"
    timeout = said.pop("connect_timeout", None)
    if timeout is not None:
        said |= with_step_timeout(timeout)
    return said


def _refuse_with_recording(*but: str) -> None:
    """A recording is diagnosed as it was made: every other option would be passed over in silence."""
    for parameter in click.get_current_context().command.params:
        name = parameter.name or ""
        if isinstance(parameter, click.Option) and name not in but and _said(name):
            raise UsageError(
                "has no effect on a recording, which is shown as it was made",
                where=parameter.opts[-1],
                hint="leave it out",
            )


class _Main(click.Group):
    """`wsinspect TARGET` is `wsinspect open TARGET`: what is no command's name is a target."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = ("--help", "-h", "--version", "-V")
        if not args or (args[0] not in self.commands and args[0] not in own):
            guess = nearest(args[0], self.list_commands(ctx)) if len(args) > 1 else ""
            if guess and not args[0].startswith("-") and not args[1].startswith("-"):
                raise UsageError(f"there is no command {args[0]!r}", hint=guess)
            args = ["open", *args]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return ["check", "explain", "export", "lab", "profiles"]

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage("wsinspect", "[OPTIONS] [TARGET]", "Usage: ")
        formatter.write_usage("wsinspect", "check|explain|export|lab|profiles …", "   or: ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self.format_commands(ctx, formatter)
        opening = [p for p in self.commands["open"].get_params(ctx) if "--help" not in p.opts]
        _write_sections([*opening, *self.get_params(ctx)], ctx, formatter)


_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


@click.group(cls=_Main, context_settings=_SETTINGS, epilog=_EPILOG)
@click.version_option(__version__, "-V", "--version", message="wsinspect %(version)s")
def _cli() -> None:
    """Say why a WebSocket closes before the connection is established, and watch it when it does not.

    Without a command, opens the terminal UI on TARGET, or on its connect screen where none is given; `check` does the
    same without a screen. Every command has its own --help.

    TARGET is a URL (ws://, wss://, http://, https://, ws+unix://, or just host:port), the name of a saved profile,
    a recording made with -o, a curl command in quotes, or - to read one of these from standard input.
    """


@_cli.command("open", cls=_Command, hidden=True, context_settings=_SETTINGS)
@click.argument("target", required=False)
@_connection_options
@_OUTPUT
@_SECRETS
def _open(target: str | None, output: Path | None, show_secrets: bool, **given: Any) -> None:
    """Open the terminal UI."""
    if not (_is_terminal(sys.stdout) and (_is_terminal(sys.stdin) or target == "-")):
        raise UsageError(
            "the terminal UI needs a terminal, and this is none",
            hint="`wsinspect check URL` does the same without one",
        )
    from wsinspect.profiles.target import Recording, read_target
    from wsinspect.profiles.usable import check_usable
    from wsinspect.tui.run import run_app

    changes = _changes(given)
    if target is None:
        sys.exit(run_app(changes=changes, output=output, show_secrets=show_secrets))
    found = read_target(target, stdin=sys.stdin)
    if isinstance(found, Recording):
        _refuse_with_recording("show_secrets")
        sys.exit(run_app(recording=found.path, show_secrets=show_secrets))
    options = replace(found.options, **changes)
    check_usable(options)
    sys.exit(run_app(options=options, profile=found.profile, output=output, show_secrets=show_secrets))


@_cli.command(
    "check",
    cls=_Command,
    context_settings=_SETTINGS,
    epilog=_EPILOG,
    short_help="Connect without a screen and say what happened, and why.",
)
@click.argument("target")
@_connection_options
@_option(
    "Once open", "--hold", type=_SECONDS, default="2", metavar="SECONDS", help="Stay open this long, then close with 1000. Default: 2; with --echo, until the server closes."
)  # fmt: skip
@_option("Once open", "--send", type=_Typed("text", one_line_or_nothing), metavar="TEXT", multiple=True, help="Send a text message. Repeatable.")  # fmt: skip
@_option("Once open", "--echo", is_flag=True, help="Answer every message with itself.")
@_JSON
@_OUTPUT
@_SECRETS
def _check(
    target: str,
    output: Path | None,
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

    changes = _changes(given)
    found = read_target(target, stdin=sys.stdin)
    if isinstance(found, Recording):
        _refuse_with_recording("as_json", "show_secrets")
        sys.exit(check_recording(found.path, as_json=as_json, show_secrets=show_secrets))
    options = replace(found.options, **changes)
    check_usable(options)
    hold_s = None if echo and not _said("hold") else hold
    plan = CheckPlan(hold_s=hold_s, send=send, echo=echo, output=output)
    sys.exit(check_target(options, plan, as_json=as_json, show_secrets=show_secrets))


@_cli.command("explain", cls=_Command, context_settings=_SETTINGS, short_help="Explain a cause, a close code, an HTTP status, or a console's line.")  # fmt: skip
@click.argument("what", nargs=-1)
@_option(
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


@_cli.command("export", cls=_Command, context_settings=_SETTINGS, short_help="Write a recording as HAR, JSON Lines, packets, a bug report, or raw.")  # fmt: skip
@click.argument("recording")
@_option(_OUT, "--to", type=click.Choice(["har", "jsonl", "pcapng", "markdown", "raw"]), required=True, help="The format.")  # fmt: skip
@_option(_OUT, "-o", "--output", type=_FILE, metavar="FILE", help="Write to FILE, 0600. Default: standard output.")  # fmt: skip
@_option(_OUT, "--show-secrets", is_flag=True, help="Do not mask credentials, cookies and tokens.")
@_option("What of it (raw)", "--frame", type=click.IntRange(0), metavar="N", help="The payload of frame N, counted from 0.")  # fmt: skip
@_option("What of it (raw)", "--message", type=click.IntRange(0), metavar="N", help="The whole message that frame N belongs to.")  # fmt: skip
@_option("What of it (raw)", "--direction", type=click.Choice(["sent", "received"]), default="received", help="All data of one direction. Default: received.")  # fmt: skip
def _export(
    recording: str,
    to: str,
    output: Path | None,
    show_secrets: bool,
    frame: int | None,
    message: int | None,
    direction: str,
) -> None:
    """Write RECORDING, made with -o or a browser's HAR, in another format.

    \b
    har       HAR 1.2, for the Network panel of Chrome's DevTools
    jsonl     JSON Lines: an event or a frame a line, for scripts
    pcapng    packets for Wireshark and tshark, TLS taken off
    markdown  a bug report
    raw       payload bytes alone
    """
    from wsinspect.check.export import export_recording
    from wsinspect.export.raw import Selection
    from wsinspect.profiles.target import Recording, read_target
    from wsinspect.wire.opcode import Direction

    chosen = [name for name in ("frame", "message", "direction") if _said(name)]
    if chosen and to != "raw":
        raise UsageError("goes with --to raw", where=f"--{chosen[0]}", hint="leave it out")
    if len(chosen) > 1:
        raise UsageError(f"--{chosen[0]} and --{chosen[1]} exclude each other", hint="leave one out")
    found = read_target(recording, stdin=sys.stdin)
    if not isinstance(found, Recording):
        raise UsageError(
            "is not a recording", where="export", allowed="a file made with -o, or a browser's HAR"
        )
    selection = Selection(frame=frame, message=message, direction=Direction[direction.upper()])
    export_recording(found.path, to, output, show_secrets=show_secrets, selection=selection)


@_cli.command("lab", cls=_Command, context_settings=_SETTINGS, short_help="Reproduce a cause on loopback and look at it.")  # fmt: skip
@click.argument("scenario", required=False)
@_option("How", "--list", "list_all", is_flag=True, help="List the scenarios by stage.")
@_option("How", "--stage", metavar="STAGE", help="List the scenarios of one stage only.")
@_option("How", "--check", "headless", is_flag=True, help="Run the headless check on it instead of the UI.")
@_option("How", "--serve", is_flag=True, help="Only serve it and print its URL, until interrupted.")
@_option(
    "How", "--time-scale", type=click.FloatRange(0.01, 100), default=1.0, metavar="FACTOR", help="Multiply every delay of the scenario, by 0.01 to 100. Default: 1."
)  # fmt: skip
@_JSON
@_OUTPUT
def _lab(
    scenario: str | None,
    list_all: bool,
    stage: str | None,
    headless: bool,
    serve: bool,
    time_scale: float,
    as_json: bool,
    output: Path | None,
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
    if serve and (headless or output is not None):
        raise UsageError("only serves", where="--serve", hint=f"leave out {'--check' if headless else '-o'}")
    if scenario is None or list_all or stage is not None:
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

    sys.exit(run_app(lab=found, lab_settings=settings, output=output))


@_cli.command("profiles", cls=_Command, context_settings=_SETTINGS)
@click.argument("action", type=click.Choice(["list", "show", "path"]), default="list")
@click.argument("name", required=False)
@_SECRETS
def _profiles(action: str, name: str | None, show_secrets: bool) -> None:
    """List the saved profiles, show one, or print where they are kept."""
    from wsinspect.check.output import write_out
    from wsinspect.check.profiles import profile_list, profile_text
    from wsinspect.profiles.locations import profiles_file

    if action == "show":
        if name is None:
            raise UsageError(
                "which profile?",
                where="profiles show",
                allowed="the name of one",
                hint="`wsinspect profiles list` names them",
            )
        write_out(profile_text(name, show_secrets=show_secrets))
        return
    if name is not None:
        raise UsageError(f"{name!r} is one word too many", where=f"profiles {action}", hint=f"`wsinspect profiles show {name}` shows one")  # fmt: skip
    write_out(f"{profiles_file()}\n" if action == "path" else profile_list())


def _is_terminal(stream: Any) -> bool:
    """Whether it is one; Python has None for a stream that was closed before it began."""
    return stream is not None and bool(stream.isatty())


def _usage_line(error: click.ClickException) -> str:
    """Say what click found in the order of our own messages: where, what, what is allowed or what to do."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    path = context.command_path.replace(" open", "") if context is not None else "wsinspect"
    if isinstance(error, click.NoSuchOption):
        known = {opt.lstrip("-"): opt for p in (context.command.params if context else ()) for opt in p.opts}
        guess = nearest(error.option_name.lstrip("-"), known)
        hint = guess and f"did you mean {known[guess.split(chr(39))[1]]}?"
        return f"there is no option {error.option_name}; {hint or f'`{path} --help` lists them'}"
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


def _stop(message: str) -> NoReturn:
    complain(" ".join(message.split()))
    sys.exit(2)


def main(arguments: list[str] | None = None) -> None:
    """Run the program and exit. Every mistake of usage is one line on stderr and exit code 2."""
    try:
        _cli.main(args=arguments, prog_name="wsinspect", standalone_mode=False)
    except click.ClickException as error:
        _stop(_usage_line(error))
    except WsinspectError as error:
        _stop(str(error))
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except OSError as error:
        # Only click's own help is printed past `write_out`.
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
            raise
        drop_stdout()
        _stop(f"standard output: can't be written: {error.strerror}")
