"""Keys of one's own: what the file may say, that it holds everywhere, and one clear line where it is wrong."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.tui.stage import staged
from tests.tui.test_inspector import CHATTY
from wsinspect.cli import main
from wsinspect.errors import UsageError
from wsinspect.profiles.locations import config_file
from wsinspect.tui.action import Scope
from wsinspect.tui.actions import ACTIONS, BY_ID
from wsinspect.tui.actions_now import possible
from wsinspect.tui.key_clashes import TOGETHER, clashes
from wsinspect.tui.key_list import key_list, key_template, write_template
from wsinspect.tui.keymap import Keymap, read_keymap
from wsinspect.tui.panes.key_footer import KeyFooter
from wsinspect.tui.preferences import Preferences, load_preferences
from wsinspect.tui.screens.help import HelpScreen


def _written(text: str) -> Path:
    path = config_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def _read(table: str) -> Keymap:
    return read_keymap(_written(f"[keys]\n{table}\n"))


def test_without_a_file_nothing_is_changed() -> None:
    assert read_keymap(config_file()) == {}


@pytest.mark.parametrize(
    ("table", "keymap"),
    [
        ('reconnect = "ctrl+r"', {"reconnect": ("ctrl+r",)}),
        ('reconnect = ["F5", "ctrl+r", "f5"]', {"reconnect": ("f5", "ctrl+r")}),
        ("quit = []", {"quit": ()}),
        ('pause = "r"\nreconnect = "p"', {"pause": ("r",), "reconnect": ("p",)}),
        ('"show-frames" = "7"', {"show-frames": ("7",)}),
    ],
)
def test_an_id_has_a_key_or_a_list_or_none(table: str, keymap: Keymap) -> None:
    assert _read(table) == keymap


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '[keys]\nreconect = "x"',
            "config.toml: line 2: no action is called 'reconect'; did you mean 'reconnect'?",
        ),
        ('[keys]\nzzz = "x"', "no action is called 'zzz'; `wsinspect keys` lists them"),
        (
            '[keys]\n\nreconnect = "ctr+r"',
            "config.toml: line 3: reconnect: 'ctr+r' is no key; allowed: a character",
        ),
        ('[keys]\nreconnect = "a,b"', 'several keys are a list: ["a", "b"]'),
        (
            "[keys]\nreconnect = 3",
            'config.toml: line 2: reconnect: has the wrong form; allowed: a key such as "ctrl+r"',
        ),
        (
            '[keyz]\na = "b"',
            "config.toml: line 1: unknown table or key 'keyz'; allowed: [keys]; did you mean 'keys'?",
        ),
        ('reconnect = "x"', "unknown table or key 'reconnect'; allowed: [keys]; put it under [keys]"),
        ("keys = 3", "config.toml: line 1: 'keys' is no table"),
        ("[keys", "config.toml: is not TOML"),
        ("[keys]\npalette = []", "palette: must have a key"),
        (
            '[keys]\nsend = "s"',
            "send: 's' would be typed as text where this works; allowed: a key that types nothing",
        ),
        ('[keys]\nquit-always = "q"', "quit-always: 'q' would be typed as text"),
    ],
)
def test_a_mistake_is_one_clear_line(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=r".") as caught:
        read_keymap(_written(text))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_can_not_be_read_is_named() -> None:
    path = _written("")
    path.write_bytes(b"\xff")
    with pytest.raises(UsageError, match=r"config\.toml: is not UTF-8 at byte 0"):
        read_keymap(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(UsageError, match=r"config\.toml: can't be read: Is a directory"):
        read_keymap(path)


@pytest.mark.parametrize(
    ("table", "line", "names"),
    [
        ('pause = "r"', 2, ("pause", "reconnect")),
        ('theme = "x"', 2, ("theme", "disconnect")),
        ('pause = "space"', 2, ("pause", "row-choose")),
        ('# a note\nfilter = "7"\nmark = "7"', 3, ("filter", "mark")),
        ('kind = "ctrl+g"', 2, ("kind", "stop-repeating")),
        ('kind = "f1"', 2, ("kind", "help")),
        ('theme = "ctrl+p"', 2, ("theme", "palette")),
        ('detail-close = "f"', 2, ("detail-close", "filter")),
    ],
)
def test_two_actions_that_are_active_together_may_not_share_a_key(
    table: str, line: int, names: tuple[str, str]
) -> None:
    with pytest.raises(UsageError, match=f"line {line}: the key") as caught:
        _read(table)
    assert all(f"'{name}'" in str(caught.value) for name in names)
    assert "give one of them another key, or [] for none" in str(caught.value)


@pytest.mark.parametrize(
    "table",
    [
        'reconnect = "ctrl+r"',
        'connect = "ctrl+r"\nkind = "ctrl+y"',
        'take = "ctrl+t"',
        'pause = "y"\ncopy = []',
    ],
)
def test_what_is_never_active_together_may_share_one(table: str) -> None:
    assert _read(table)


def test_the_table_itself_has_no_clash_that_would_be_refused_in_a_file() -> None:
    assert list(clashes(ACTIONS, {})) == []
    assert {scope for scopes in TOGETHER for scope in scopes} == set(Scope)


def test_the_template_names_every_action_and_changes_nothing() -> None:
    assert read_keymap(_written(key_template())) == {}
    without = re.sub(r"(?m)^# ([a-z0-9-]+ = )", r"\1", key_template())
    assert read_keymap(_written(without)) == {action.id: action.keys for action in ACTIONS}
    assert set(tomllib.loads(without)["keys"]) == set(BY_ID)


def test_the_template_is_written_for_its_owner_alone_and_never_over_a_file() -> None:
    path = config_file()
    assert write_template(path)
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text("mine")
    assert not write_template(path)
    assert path.read_text() == "mine"


def test_the_list_says_what_is_changed() -> None:
    lines = key_list({"reconnect": ("f5",), "quit": ()}, config_file()).splitlines()
    assert f"# keys of your own: {config_file()}" in lines
    assert next(line for line in lines if " reconnect " in line).startswith("* reconnect ")
    assert "F5" in next(line for line in lines if " reconnect " in line)
    assert "none" in next(line for line in lines if line.startswith("* quit "))
    assert next(line for line in lines if " pause " in line).startswith("  pause ")


def test_the_command_lists_names_the_file_and_writes_it(capsys: pytest.CaptureFixture[str]) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        code = 0
        try:
            main(["keys", *arguments])
        except SystemExit as ended:
            code = int(ended.code or 0)
        out = capsys.readouterr()
        return code, out.out + out.err

    assert run("path") == (0, f"{config_file()}\n")
    assert run("write") == (0, f"{config_file()}\n")
    assert run("write")[0] == 2
    assert "reconnect " in run()[1]
    _written('[keys]\npause = "r"\n')
    code, said = run("list")
    assert code == 2
    assert said.startswith("wsinspect: config.toml: line 2: the key r is on 'pause' and on 'reconnect'")


def test_a_mistake_keeps_nobody_from_starting() -> None:
    _written('[keys]\npause = "r"\nmark = "7"\n')
    preferences = load_preferences(None, {})
    assert preferences.keymap == {}
    assert preferences.problem.endswith("The usual keys are in effect")


async def test_a_problem_is_said_at_the_start() -> None:
    async with staged(
        CHATTY, preferences=Preferences(problem="config.toml: line 2: no [b]action[/b]")
    ) as stage:
        assert "config.toml: line 2: no [b]action[/b]" in stage.told()


async def test_another_key_does_it_and_is_shown_everywhere() -> None:
    keymap: Keymap = {"maximise": ("f6",), "help": ("f2",), "open": (), "quit-always": ("ctrl+x",)}
    async with staged(CHATTY, preferences=Preferences(keymap=keymap)) as stage:
        footer = stage.app.screen.query_one(KeyFooter)
        shown = {key.id: key.shown for key in footer.keys}
        assert shown["maximise"] == "F6"
        assert shown["help"] == "F2"
        assert "open" not in shown
        # The order is the table's, whatever the keys are.
        assert [key.id for key in footer.keys][:3] == ["compose", "reconnect", "disconnect"]
        await stage.press("z")
        assert not stage.app.inspector.one_pane
        await stage.press("f6")
        assert stage.app.inspector.has_class("-one-pane")
        await stage.press("o")
        assert stage.app.screen is stage.app.inspector
        open_again = next(one for one in possible(stage.app.screen) if one.action.id == "open")
        assert stage.app.keys_of(open_again.action.id) == ""
        await stage.press("f2")
        assert isinstance(stage.app.screen, HelpScreen)
        told = "\n".join(line.plain for line in stage.app.screen.rows)
        assert re.search(r"F6 +zoom", told)
        assert re.search(r"no key +open", told)
        assert not re.search(r"\bz +zoom", told)
        await stage.press("f2")
        assert stage.app.screen is stage.app.inspector
        await stage.press("ctrl+x")
        assert stage.app._exit


async def test_the_palette_writes_the_file_and_says_where() -> None:
    async with staged(CHATTY) as stage:
        one = next(one for one in possible(stage.app.screen) if one.action.id == "keys-file")
        await one.run()
        await stage.settle()
        assert f"written, every action in it: {config_file()}" in stage.told()
        assert config_file().exists()
        await one.run()
        await stage.settle()
        assert f"keys of your own: {config_file()}" in stage.told()


async def test_the_palette_writes_a_file_to_begin_with_once_and_says_where() -> None:
    async with staged() as stage:
        stage.app.action_show_keys_file()
        await stage.settle()
        assert "written, every action in it" in stage.told()
        assert str(config_file()) in stage.told()
        config_file().write_text("# mine\n", "utf-8")
        stage.app.action_show_keys_file()
        await stage.settle()
        assert "keys of your own: " in stage.told()
        assert config_file().read_text("utf-8") == "# mine\n"
