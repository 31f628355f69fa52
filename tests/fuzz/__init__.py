"""Properties that hold for any bytes: a few seconds each under pytest, `python -m tests.fuzz` for as long as one likes."""
