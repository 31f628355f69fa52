"""The terminal UI in a browser, served on loopback through textual-serve."""
