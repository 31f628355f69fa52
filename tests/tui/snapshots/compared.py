"""Pictures beside those that are kept: what differs, or the kept ones made anew."""

from __future__ import annotations

from difflib import unified_diff
from pathlib import Path

KEPT = Path(__file__).parent / "pictures"
COMMAND = "python -m tests.tui.snapshots"


class Pictures:
    """The pictures that are kept; while `rewrites`, they are replaced by those that are handed in."""

    rewrites = False

    @classmethod
    def difference(cls, name: str, picture: str) -> str:
        """Return what is different about a picture, nothing where it is the same."""
        path = KEPT / f"{name}.txt"
        kept = path.read_text("utf-8") if path.is_file() else ""
        if kept == picture:
            return ""
        if cls.rewrites:
            path.write_text(picture, "utf-8")
            return ""
        lines = unified_diff(
            kept.splitlines(), picture.splitlines(), f"{name} as kept", "now", lineterm="", n=1
        )
        return "\n".join(lines)

    @staticmethod
    def what_next(scene: str) -> str:
        """Say what to do about pictures that differ."""
        return f"\nLook at it; if it is right, `{COMMAND} {scene}` keeps it."
