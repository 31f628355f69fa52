"""The command line: words in, options out, a front end called. No logic of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from msgspec.structs import replace

from wsinspect import __version__
from wsinspect.errors import UsageError, WsinspectError
from wsinspect.profiles.rules import parse_connect_to, parse_header, parse_resolve, seconds, with_step_timeout

_EPILOG = """\b
Exit codes of check: 0 opened, and ended as asked; 1 opened, then ended early or uncleanly; 2 wrong usage;
3 never reached HTTP (resolve, TCP, proxy, TLS); 4 the upgrade was refused or invalid; 130 interrupted."""


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
_HEADER = _Typed("'Name: value'", parse_header)

_OPTIONS: tuple[Callable[..., Any], ...] = (
    click.option("-H", "--header", "headers", type=_HEADER, multiple=True, help="Add a request field; 'Name:' removes one of ours, 'Name;' sends it empty. Repeatable."),
    click.option("-b", "--cookie", "cookies", metavar="NAME=VALUE", multiple=True, help="Send a cookie. Repeatable."),
    click.option("--origin", metavar="ORIGIN", help="Send Origin, as a browser on that page would."),
    click.option("-s", "--subprotocol", "subprotocols", metavar="NAME", multiple=True, help="Offer a subprotocol. Repeatable, the best first."),
    click.option("-u", "--user", "basic_auth", metavar="USER:PASSWORD", help="Authorization: Basic."),
    click.option("--bearer", metavar="TOKEN", help="Authorization: Bearer."),
    click.option("-A", "--user-agent", metavar="TEXT", help="User-Agent; empty sends none."),
    click.option("-L", "--location", "follow_redirects", is_flag=True, help="Follow redirects; credentials never go to another origin."),
    click.option("--no-compression", "compression", flag_value=False, default=True, help="Do not offer permessage-deflate."),
    click.option("-x", "--proxy", metavar="URL", help="Go through http://[user:password@]host:port or socks5://…; '' goes direct. Default: the environment."),
    click.option("--resolve", type=_Typed("HOST:PORT:ADDRESS", parse_resolve), multiple=True, help="Use this address for that name. Repeatable."),
    click.option("--connect-to", type=_Typed("HOST1:PORT1:HOST2:PORT2", parse_connect_to), multiple=True, help="Connect there instead; Host and SNI stay. Repeatable."),
    click.option("-4", "family", flag_value="ipv4", help="IPv4 only."),
    click.option("-6", "family", flag_value="ipv6", help="IPv6 only."),
    click.option("-k", "--insecure", is_flag=True, help="Accept any certificate; it is still described."),
    click.option("--cacert", "ca_file", metavar="FILE", help="Trust these certificates (PEM) instead of the system's."),
    click.option("--cert", "cert_file", metavar="FILE", help="Client certificate (PEM)."),
    click.option("--key", "key_file", metavar="FILE", help="Its private key, if it is not in the same file."),
    click.option("--sni", "server_name", metavar="NAME", help="Name to send as SNI and to check in the certificate."),
    click.option("--connect-timeout", type=_SECONDS, help="Limit for each step up to the answer of the upgrade."),
    click.option("--ping-interval", "ping_interval_s", type=_SECONDS, help="Send keepalive pings this often. Default: none."),
    click.option("--ping-timeout", "ping_timeout_s", type=_SECONDS, help="Give up when a pong takes longer. Default: 20."),
    click.option("--no-pong", "auto_pong", flag_value=False, default=True, help="Do not answer the server's pings."),
)  # fmt: skip
_OUTPUT = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Record the session to FILE (JSON Lines, 0600).",
)
_SECRETS = click.option(
    "--show-secrets", is_flag=True, help="Do not mask credentials, cookies and tokens in what is printed."
)


def _connection_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def _changes(given: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of ConnectOptions that the command line sets, leaving out what was not said."""
    context = click.get_current_context()
    said = {
        name: value
        for name, value in given.items()
        if (source := context.get_parameter_source(name)) is not None and source.name != "DEFAULT"
    }
    timeout = said.pop("connect_timeout", None)
    if timeout is not None:
        said |= with_step_timeout(timeout)
    return said


class _Main(click.Group):
    """`wsinspect TARGET` is `wsinspect open TARGET`: what is no command's name is a target."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = ("--help", "-h", "--version", "-V")
        if not args or (args[0] not in self.commands and args[0] not in own):
            args = ["open", *args]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return ["check", "explain", "lab", "profiles"]

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage("wsinspect", "[OPTIONS] [URL | PROFILE | FILE | -]", "Usage: ")
        formatter.write_usage("wsinspect", "check|explain|lab|profiles …", "   or: ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        command = self.commands["open"]
        records = [
            r
            for p in command.get_params(ctx)
            if (r := p.get_help_record(ctx)) is not None and p.name != "help"
        ]
        records += [r for p in self.get_params(ctx) if (r := p.get_help_record(ctx)) is not None]
        with formatter.section("Options"):
            formatter.write_dl(records)
        self.format_commands(ctx, formatter)


_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


@click.group(cls=_Main, context_settings=_SETTINGS, epilog=_EPILOG)
@click.version_option(__version__, "-V", "--version", message="wsinspect %(version)s")
def _cli() -> None:
    """Say why a WebSocket closes before the connection is established, and watch it when it does not.

    Opens the terminal UI on a URL, a saved profile, a recording, or, without an argument, on its connect
    screen; `-` reads a URL, a curl command or a recording from standard input. `check` does the same without
    a screen.
    """


@_cli.command("open", hidden=True, context_settings=_SETTINGS)
@click.argument("target", required=False)
@_connection_options
@_OUTPUT
@_SECRETS
def _open(target: str | None, output: Path | None, show_secrets: bool, **given: Any) -> None:
    """Open the terminal UI."""
    if not (sys.stdout.isatty() and (sys.stdin.isatty() or target == "-")):
        raise UsageError(
            "the terminal UI needs a terminal, and this is none",
            hint="`wsinspect check URL` does the same without one",
        )
    from wsinspect.profiles.target import Recording, read_target
    from wsinspect.tui.run import run_app

    changes = _changes(given)
    if target is None:
        sys.exit(run_app(changes=changes, output=output, show_secrets=show_secrets))
    found = read_target(target, stdin=sys.stdin)
    if isinstance(found, Recording):
        sys.exit(run_app(recording=found.path, show_secrets=show_secrets))
    options = replace(found.options, **changes)
    sys.exit(run_app(options=options, profile=found.profile, output=output, show_secrets=show_secrets))


@_cli.command("check", context_settings=_SETTINGS, epilog=_EPILOG)
@click.argument("target")
@_connection_options
@_OUTPUT
@_SECRETS
@click.option(
    "--hold", type=_SECONDS, default="2", show_default=True, help="Stay open this long, then close with 1000."
)
@click.option("--send", metavar="TEXT", multiple=True, help="Send a text message once open. Repeatable.")
@click.option("--echo", is_flag=True, help="Answer every message with itself until the server closes.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object (schema 1) instead of text.")
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

    TARGET is a URL, a saved profile, or `-` to read one of them from standard input; a recording is diagnosed
    again without connecting.
    """
    from wsinspect.check.main import check_recording, check_target
    from wsinspect.check.run import CheckPlan
    from wsinspect.profiles.target import Recording, read_target

    found = read_target(target, stdin=sys.stdin)
    if isinstance(found, Recording):
        sys.exit(check_recording(found.path, as_json=as_json, show_secrets=show_secrets))
    options = replace(found.options, **_changes(given))
    plan = CheckPlan(hold_s=hold, send=send, echo=echo, output=output)
    sys.exit(check_target(options, plan, as_json=as_json, show_secrets=show_secrets))


@_cli.command("explain", context_settings=_SETTINGS)
@click.argument("what", nargs=-1)
@click.option("--list", "list_all", is_flag=True, help="Name every cause, by stage.")
def _explain(what: tuple[str, ...], list_all: bool) -> None:
    """Explain a cause id, a close code, an HTTP status, or a line pasted from a browser's console.

    \b
    wsinspect explain 1006
    wsinspect explain upgrade-stripped
    wsinspect explain "WebSocket is closed before the connection is established."
    """
    from wsinspect.check.explain import explain, listing
    from wsinspect.check.main import colour_wanted

    if list_all:
        click.echo(listing(), nl=False)
        return
    text = " ".join(what)
    if text in ("", "-"):
        if text == "" and sys.stdin.isatty():
            raise UsageError(
                "nothing to explain",
                where="explain",
                allowed="a cause id, a close code, an HTTP status, or a console line",
                hint="`wsinspect explain --list` names the causes",
            )
        text = sys.stdin.read(100_000)
    click.echo(explain(text, colour=colour_wanted()), nl=False)


@_cli.command("lab", context_settings=_SETTINGS)
@click.argument("scenario", required=False)
@click.option("--list", "list_all", is_flag=True, help="List the scenarios, by stage.")
@click.option("--check", "headless", is_flag=True, help="Run the headless check on it instead of the UI.")
@click.option("--serve", is_flag=True, help="Only serve it and print its URL, until interrupted.")
@click.option(
    "--time-scale",
    type=click.FloatRange(0.01, 100),
    default=1.0,
    show_default=True,
    help="Multiply every delay of the scenario.",
)
@click.option("--json", "as_json", is_flag=True, help="With --check: print one JSON object.")
@_OUTPUT
def _lab(
    scenario: str | None,
    list_all: bool,
    headless: bool,
    serve: bool,
    time_scale: float,
    as_json: bool,
    output: Path | None,
) -> None:
    """Reproduce a cause on loopback: serve SCENARIO and open the UI on it.

    Without SCENARIO, lists them.
    """
    from wsinspect.check.lab import check_scenario, scenario_list, serve_scenario
    from wsinspect.lab.registry import scenario as find_scenario
    from wsinspect.lab.scenario import LabSettings

    if scenario is None or list_all:
        click.echo(scenario_list(), nl=False)
        return
    found = find_scenario(scenario)
    settings = LabSettings(time_scale=time_scale)
    if serve:
        sys.exit(serve_scenario(found, settings))
    if headless:
        sys.exit(check_scenario(found, settings, as_json=as_json, output=output))
    if not (sys.stdout.isatty() and sys.stdin.isatty()):
        raise UsageError(
            "the terminal UI needs a terminal, and this is none",
            hint=f"`wsinspect lab {found.id} --check` does the same without one",
        )
    from wsinspect.tui.run import run_app

    sys.exit(run_app(lab=found, lab_settings=settings, output=output))


@_cli.command("profiles", context_settings=_SETTINGS)
@click.argument("action", type=click.Choice(["list", "show", "path"]), default="list")
@click.argument("name", required=False)
@_SECRETS
def _profiles(action: str, name: str | None, show_secrets: bool) -> None:
    """List the saved profiles, show one, or print where they are kept."""
    from wsinspect.check.profiles import profile_list, profile_text
    from wsinspect.profiles.locations import profiles_file

    if action == "path":
        click.echo(profiles_file())
        return
    if action == "show":
        if name is None:
            raise UsageError(
                "which profile?",
                where="profiles show",
                allowed="the name of one",
                hint="`wsinspect profiles list` names them",
            )
        click.echo(profile_text(name, show_secrets=show_secrets), nl=False)
        return
    click.echo(profile_list(), nl=False)


def _say(message: str) -> None:
    click.echo(f"wsinspect: {message}", err=True)


def main(arguments: list[str] | None = None) -> None:
    """Run the program and exit. Every mistake of usage is one line on stderr and exit code 2."""
    try:
        _cli.main(args=arguments, prog_name="wsinspect", standalone_mode=False)
    except click.ClickException as error:
        hint = ""
        if isinstance(error, click.UsageError) and error.ctx is not None:
            hint = f" (see `{error.ctx.command_path.replace(' open', '')} --help`)"
        _say(f"{' '.join(error.format_message().split())}{hint}")
        sys.exit(2)
    except WsinspectError as error:
        _say(str(error))
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
