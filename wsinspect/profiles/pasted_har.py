"""A pasted HAR entry, as browsers copy it, read as options of ours."""

from __future__ import annotations

from wsinspect.connection.har_entry import read_har
from wsinspect.errors import UsageError
from wsinspect.options import ConnectOptions


def parse_har(text: str) -> ConnectOptions:
    """Read an entry, or a whole HAR whose WebSockets all have one URL; of several the last is taken.

    The fields of the handshake are made anew; Origin, Cookie, User-Agent, Sec-WebSocket-Protocol and the offer of compression
    become the options of the same meaning, all others headers.

    Raises:
        UsageError: it is no HAR, holds no WebSocket, or holds different ones.
    """
    entries = read_har(text.encode(), "HAR").entries
    urls = {entry.request.url for entry in entries}
    if len(urls) > 1:
        raise UsageError(
            f"holds {len(urls)} different WebSockets",
            where="HAR",
            allowed="one",
            hint="copy one entry, or save the HAR and open the file as a recording",
        )
    return entries[-1].options()
