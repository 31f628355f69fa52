"""The screenshots show what the program looks like now; `python screenshots/make_screenshots.py` makes them anew."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from screenshots.make_screenshots import HERE, RECORDINGS, SCENES, Scene, digest, drawn

README = Path(__file__).parents[2] / "README.md"
TEXT = re.compile(r'<text class="([^"]*)" x="([^"]*)" y="([^"]*)"[^>]*>([^<]*)</text>')
STYLE = re.compile(r"\.(terminal-0-r\d+) \{ ([^}]*) \}")


def shown(svg: str) -> list[tuple[str, str, str, str]]:
    """Return what is written where and how it looks; the frame around it is Textual's and may change with it."""
    styles = dict(STYLE.findall(svg))
    return [
        (y, x, styles.get(name, ""), html.unescape(text))
        for name, x, y, text in TEXT.findall(svg)
        if name in styles
    ]


@pytest.mark.parametrize("scene", SCENES, ids=[scene.name for scene in SCENES])
def test_a_screenshot_shows_what_the_program_shows(scene: Scene) -> None:
    kept = (HERE / f"{scene.name}.svg").read_text("utf-8")
    now = shown(drawn(scene))
    assert len(now) > 20
    assert shown(kept) == now


@pytest.mark.parametrize("scene", SCENES, ids=[scene.name for scene in SCENES])
def test_a_picture_was_made_of_its_drawing(scene: Scene) -> None:
    drawing = (HERE / f"{scene.name}.svg").read_text("utf-8")
    assert f"Source\0{digest(drawing)}".encode() in (HERE / f"{scene.name}.png").read_bytes()


def test_nothing_is_left_of_scenes_that_are_no_more() -> None:
    names = {scene.name for scene in SCENES}
    assert {path.stem for path in (*HERE.glob("*.svg"), *HERE.glob("*.png"))} == names
    recordings = {scene.recording for scene in SCENES if scene.recording is not None}
    assert {path.stem for path in RECORDINGS.iterdir()} == recordings


def test_every_picture_of_the_readme_is_there() -> None:
    pictures = re.findall(r"\]\(screenshots/([^)]*)\)", README.read_text("utf-8"))
    assert len(pictures) > 4
    assert [name for name in pictures if not (HERE / name).is_file()] == []
