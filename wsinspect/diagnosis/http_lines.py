"""How browsers and clients word a refused upgrade: one regular expression a client for each status."""

from __future__ import annotations


def lines_for(status: str) -> tuple[str, ...]:
    """Return patterns of the lines printed for a status; `status` is a number or alternatives, `40[26]|410`."""
    code = f"(?:{status})"
    return (
        rf"Unexpected response code: {code}\b",
        rf"Unexpected server response: {code}\b",
        rf"server rejected WebSocket connection: HTTP {code}\b",
        rf"Handshake status {code}\b",
        rf"WSServerHandshakeError: {code}\b",
        rf"Expected HTTP 101 response but was '{code}\b",
        rf"status code '{code}' when status code '101' was expected",
        rf"HTTP error: {code}\b",
        rf"[Rr]eceived unexpected status code \({code}\b",
        rf"unexpected HTTP response status: {code}\b",
    )
