"""Pictures of every screen as text: compared by tests/tui/test_snapshots.py, made anew by `python -m tests.tui.snapshots`.

A new screen is one line in `scenes.py`.
"""
