"""Name resolution that fails on demand.

Breaking the machine's resolver is not the lab's to do, and what a name server would say depends on the network the
lab runs in. So while such a scenario is served, `getaddrinfo` of this process fails for one name under `.invalid`
(RFC 6761 section 6.4: it never exists) exactly as glibc makes it fail. Every other name goes to the system.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

NOT_KNOWN = (socket.EAI_NONAME, "Name or service not known")
TRY_AGAIN = (socket.EAI_AGAIN, "Temporary failure in name resolution")
NO_ADDRESS = (socket.EAI_NODATA, "No address associated with hostname")


@contextmanager
def failing_name(name: str, failure: tuple[int, str]) -> Iterator[None]:
    """Make `getaddrinfo` fail for `name` with this code and text, until the context ends."""
    system = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        asked = host.decode() if isinstance(host, bytes) else host
        if isinstance(asked, str) and asked.rstrip(".").lower() == name:
            raise socket.gaierror(*failure)
        return system(host, *args, **kwargs)

    vars(socket)["getaddrinfo"] = getaddrinfo
    try:
        yield
    finally:
        vars(socket)["getaddrinfo"] = system
