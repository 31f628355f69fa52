"""The commands about files: recordings in other formats, profiles, and the keys of one's own."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from wsinspect.cli_options import OUT, SECRETS, SETTINGS, Command, option, was_said
from wsinspect.cli_types import FILE, whole_number
from wsinspect.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


@click.command("export", cls=Command, context_settings=SETTINGS, short_help="Write a recording as HAR, JSON Lines, packets, a bug report, or raw.")  # fmt: skip
@click.argument("recording")
@option(OUT, "--to", type=click.Choice(["har", "jsonl", "pcapng", "markdown", "raw"]), required=True, help="The format.")  # fmt: skip
@option(OUT, "-o", "--output", type=FILE, metavar="FILE", help="Write to FILE, 0600. Default: standard output.")  # fmt: skip
@option(OUT, "--show-secrets", is_flag=True, help="Do not mask credentials, cookies and tokens.")
@option("What of it (raw)", "--frame", type=whole_number(1), metavar="N", help="The payload of frame N, counted from 1 as in findings.")  # fmt: skip
@option("What of it (raw)", "--message", type=whole_number(1), metavar="N", help="The whole message that frame N belongs to.")  # fmt: skip
@option("What of it (raw)", "--direction", type=click.Choice(["sent", "received"]), default="received", help="All data of one direction. Default: received.")  # fmt: skip
def export(
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
    from wsinspect.safe_text import shortened, visible
    from wsinspect.wire.opcode import Direction

    chosen = [name for name in ("frame", "message", "direction") if was_said(name)]
    if chosen and to != "raw":
        raise UsageError("goes with --to raw", where=f"--{chosen[0]}", hint="leave it out")
    if len(chosen) > 1:
        raise UsageError(f"--{chosen[0]} and --{chosen[1]} exclude each other", hint="leave one out")
    found = read_target(recording, stdin=sys.stdin)
    if not isinstance(found, Recording):
        raise UsageError(
            "is not a recording",
            where=shortened(visible(recording), 200),
            allowed="a file made with -o, or a browser's HAR",
        )
    selection = Selection(
        frame=None if frame is None else frame - 1,
        message=None if message is None else message - 1,
        direction=Direction[direction.upper()],
    )
    export_recording(found.path, to, output, show_secrets=show_secrets, selection=selection)


@click.command("keys", cls=Command, context_settings=SETTINGS, short_help="List the keys of the UI, and where to set your own.")  # fmt: skip
@click.argument("action", type=click.Choice(["list", "path", "write"]), default="list")
def keys(action: str) -> None:
    """List every action of the UI with its id and keys, print the file that sets keys of your own, or write one to begin with.

    The file's table [keys] has an action's id = a key, a list of keys, or [] for none, e.g. reconnect = "ctrl+r".
    """
    from wsinspect.check.output import write_out
    from wsinspect.profiles.locations import config_file

    path = config_file()
    if action == "path":
        write_out(f"{path}\n")
        return
    # Only the UI has keys: this loads it, unlike what the other commands do.
    from wsinspect.tui.key_list import key_list, write_template
    from wsinspect.tui.keymap import read_keymap

    if action == "list":
        write_out(key_list(read_keymap(path), path))
    elif write_template(path):
        write_out(f"{path}\n")
    else:
        raise UsageError("is there already", where=str(path), hint="`wsinspect keys` says what it sets")


@click.command("profiles", cls=Command, context_settings=SETTINGS)
@click.argument("action", type=click.Choice(["list", "show", "path"]), default="list")
@click.argument("name", required=False)
@SECRETS
def profiles(action: str, name: str | None, show_secrets: bool) -> None:
    """List the saved profiles, show one, or print where they are kept."""
    from wsinspect.check.output import write_out
    from wsinspect.check.profiles import profile_list, profile_text
    from wsinspect.profiles.locations import profiles_file, project_file

    if action != "show" and show_secrets:
        raise UsageError("goes with `profiles show NAME`", where="--show-secrets", hint="leave it out")
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
    files = [profiles_file(), *filter(None, [project_file()])]
    write_out("".join(f"{file}\n" for file in files) if action == "path" else profile_list())
