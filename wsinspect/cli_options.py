"""The options that commands share, and how the help of commands is laid out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import click

from wsinspect.cli_types import FILE, FILE_NAME, LINE, LINE_OR_NOTHING, SECONDS, TIMES_AS_FAST, Typed
from wsinspect.errors import UsageError, nearest
from wsinspect.profiles.rules import parse_connect_to, parse_header, parse_resolve, with_step_timeout

EPILOG = """\b
Exit codes of check: 0 opened, and ended as asked; 1 opened, then ended early or uncleanly;
2 wrong usage, profile or file; 3 never reached HTTP (resolve, TCP, proxy, TLS);
4 the upgrade was refused or invalid; 130 interrupted."""


class _Option(click.Option):
    """An option that help shows under a heading."""

    def __init__(self, *args: Any, section: str = "Other", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.section = section


def option(section: str, *names: str, **settings: Any) -> Callable[..., Any]:
    """Return click's decorator for an option that the help lists under `section`; the rest is what `click.option` takes."""
    return click.option(*names, cls=_Option, section=section, **settings)


class Command(click.Command):
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


REQUEST, WHERE, TLS, TIME, OUT = "Request", "Where to connect", "TLS", "Time", "Output"
_OPTIONS: tuple[Callable[..., Any], ...] = (
    option(REQUEST, "-H", "--header", "headers", type=Typed("'Name: value'", parse_header), metavar="'Name: value'", multiple=True, help="Add a field; 'Name:' removes one of ours. Repeatable."),
    option(REQUEST, "-b", "--cookie", "cookies", type=LINE, metavar="NAME=VALUE", multiple=True, help="Send a cookie. Repeatable."),
    option(REQUEST, "--origin", type=LINE, metavar="ORIGIN", help="Send Origin, as a browser on a page of that site would."),
    option(REQUEST, "-s", "--subprotocol", "subprotocols", type=LINE, metavar="NAME", multiple=True, help="Offer a subprotocol. Repeatable, the best first."),
    option(REQUEST, "-u", "--user", "basic_auth", type=LINE, metavar="USER:PASSWORD", help="Send Authorization: Basic."),
    option(REQUEST, "--bearer", type=LINE, metavar="TOKEN", help="Send Authorization: Bearer."),
    option(REQUEST, "-A", "--user-agent", type=LINE_OR_NOTHING, metavar="TEXT", help="Send this User-Agent; '' sends none."),
    option(REQUEST, "-L", "--location", "follow_redirects", is_flag=True, help="Follow redirects; credentials never go to another origin."),
    option(REQUEST, "--no-compression", "compression", flag_value=False, default=True, help="Do not offer permessage-deflate."),
    option(WHERE, "-x", "--proxy", type=LINE_OR_NOTHING, metavar="URL", help="Go through http://[user:password@]host:port or socks5h://…; '' goes direct. Default: what the environment says."),
    option(WHERE, "--resolve", type=Typed("rule", parse_resolve), metavar="HOST:PORT:ADDRESS", multiple=True, help="Use this address for that name. Repeatable."),
    option(WHERE, "--connect-to", type=Typed("rule", parse_connect_to), metavar="HOST1:PORT1:HOST2:PORT2", multiple=True, help="Connect to the second in place of the first; Host and SNI stay. Repeatable."),
    option(WHERE, "-4", "only_ipv4", is_flag=True, help="Use IPv4 addresses only."),
    option(WHERE, "-6", "only_ipv6", is_flag=True, help="Use IPv6 addresses only."),
    option(TLS, "-k", "--insecure", is_flag=True, help="Accept any certificate; it is still described."),
    option(TLS, "--cacert", "ca_file", type=FILE_NAME, metavar="FILE", help="Trust these certificates (PEM) instead of the system's."),
    option(TLS, "--cert", "cert_file", type=FILE_NAME, metavar="FILE", help="Show this client certificate (PEM)."),
    option(TLS, "--key", "key_file", type=FILE_NAME, metavar="FILE", help="Its private key, if it is in another file."),
    option(TLS, "--sni", "server_name", type=LINE, metavar="NAME", help="Name to ask for (SNI) and to find in the certificate."),
    option(TIME, "--connect-timeout", type=SECONDS, metavar="SECONDS", help="Limit for each step up to the answer to the upgrade. Default: 10, and 20 for that answer."),
    option(TIME, "--ping-interval", "ping_interval_s", type=SECONDS, metavar="SECONDS", help="Send keepalive pings this often. Default: none."),
    option(TIME, "--ping-timeout", "ping_timeout_s", type=SECONDS, metavar="SECONDS", help="Give up when a pong takes longer. Default: 20."),
    option(TIME, "--no-pong", "auto_pong", flag_value=False, default=True, help="Do not answer the server's pings."),
)  # fmt: skip
OUTPUT = option(
    OUT,
    "-o",
    "--output",
    type=FILE,
    metavar="FILE",
    help="Record the session to FILE, for `wsinspect FILE`.",
)
SERVER_LOG = option(
    OUT,
    "--server-log",
    type=FILE,
    metavar="FILE",
    help="Follow the server's log, and show its lines among what happens here, by time.",
)
SPEED = option(
    OUT,
    "--speed",
    type=TIMES_AS_FAST,
    metavar="N",
    help="Play a recording N times as fast as it was, or `step` by step. Default: show it whole.",
)
SECRETS = option(
    OUT,
    "--show-secrets",
    is_flag=True,
    help="Do not mask credentials, cookies and tokens in what is printed.",
)
THEME = option(
    "Screen",
    "--theme",
    type=LINE,
    metavar="NAME",
    help="Show it in this theme: dark, light, high-contrast, ansi, or one of Textual's. Default: the one chosen last.",
)
JSON = option(
    OUT, "--json", "as_json", is_flag=True, help="Print one JSON object (schema 1) instead of text."
)


def connection_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give `command` every option about what to connect to and how; `changes` makes fields of ConnectOptions of them."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def was_said(name: str) -> bool:
    """Say whether the parameter `name` of the running command stands on the command line, and is no default."""
    source = click.get_current_context().get_parameter_source(name)
    return source is not None and source.name != "DEFAULT"


def changes(given: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of ConnectOptions that the command line sets, leaving out what was not said."""
    said = {name: value for name, value in given.items() if was_said(name)}
    families = [said.pop(name, False) for name in ("only_ipv4", "only_ipv6")]
    if all(families):
        raise UsageError("-4 and -6 exclude each other", hint="leave one out, or both to use every address")
    if any(families):
        said["family"] = "ipv4" if families[0] else "ipv6"
    timeout = said.pop("connect_timeout", None)
    if timeout is not None:
        said |= with_step_timeout(timeout)
    return said


def refuse_with_recording(*but: str) -> None:
    """A recording is diagnosed as it was made: every other option would be passed over in silence."""
    for parameter in click.get_current_context().command.params:
        name = parameter.name or ""
        if isinstance(parameter, click.Option) and name not in but and was_said(name):
            raise UsageError(
                "has no effect on a recording, which is shown as it was made",
                where=parameter.opts[-1],
                hint="leave it out",
            )


class Main(click.Group):
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
        return ["check", "explain", "export", "keys", "lab", "profiles", "serve"]

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage("wsinspect", "[OPTIONS] [TARGET]", "Usage: ")
        formatter.write_usage("wsinspect", "check|explain|export|keys|lab|profiles|serve …", "   or: ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self.format_commands(ctx, formatter)
        opening = [p for p in self.commands["open"].get_params(ctx) if "--help" not in p.opts]
        _write_sections([*opening, *self.get_params(ctx)], ctx, formatter)


SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 110}
