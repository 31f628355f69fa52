"""squid as an explicit forward proxy: one instance, a port for each answer to CONNECT."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from tests.peers.process import HOST, Peer, PeerError, find_program, running_peer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SquidSite = Literal["allow", "deny", "authenticate"]
"""`allow`: CONNECT to any loopback port. `deny`: 403. `authenticate`: 407 unless `SQUID_USER` and `SQUID_PASSWORD`."""

Squid = Peer[SquidSite]

SQUID_USER = "inspector"
SQUID_PASSWORD = "open sesame"
AUTHENTICATORS = (Path("/usr/lib/squid/basic_ncsa_auth"), Path("/usr/lib64/squid/basic_ncsa_auth"))


def _configuration(folder: Path, ports: Mapping[SquidSite, int]) -> str:
    authenticator = next((each for each in AUTHENTICATORS if each.exists()), None)
    if authenticator is None:
        raise PeerError(f"squid's basic_ncsa_auth is in none of {', '.join(map(str, AUTHENTICATORS))}")
    listeners = "".join(f"http_port {HOST}:{port} name={site}\n" for site, port in ports.items())
    return (
        f"{listeners}"
        f"auth_param basic program {authenticator} {folder}/users\n"
        "auth_param basic realm wsinspect tests\n"
        "auth_param basic children 1 startup=0 idle=1\n"
        "acl at_deny myportname deny\n"
        "acl at_authenticate myportname authenticate\n"
        "acl known_user proxy_auth REQUIRED\n"
        f"acl to_loopback dst {HOST}/32\n"
        "http_access deny at_deny\n"
        "http_access deny at_authenticate !known_user\n"
        "http_access allow to_loopback\n"
        "http_access deny all\n"
        "visible_hostname squid.test\n"
        f"pid_filename {folder}/squid.pid\n"
        f"coredump_dir {folder}\n"
        "cache deny all\ncache_mem 8 MB\naccess_log none\ncache_store_log none\n"
        f"cache_log {folder}/cache.log\n"
        "logfile_rotate 0\npinger_enable off\nnetdb_filename none\nshutdown_lifetime 0 seconds\n"
    )


def _password_line() -> str:
    openssl = [find_program("openssl"), "passwd", "-apr1", "-stdin"]
    hashed = subprocess.run(
        openssl, input=SQUID_PASSWORD, capture_output=True, text=True, check=True
    ).stdout.strip()
    return f"{SQUID_USER}:{hashed}\n"


@contextmanager
def squid_proxy(log_folder: Path) -> Iterator[Squid]:
    """squid with all of `SquidSite`, in a folder of its own; what it prints goes to `log_folder`."""
    # Started by root, squid becomes the user "proxy", who may not enter the tests' own temporary folders.
    folder = Path(tempfile.mkdtemp(prefix="wsinspect-squid-"))
    try:
        (folder / "users").write_text(_password_line())
        if os.geteuid() == 0:
            folder.chmod(0o755)
            shutil.chown(folder, "proxy", "proxy")

        def command(ports: Mapping[SquidSite, int]) -> list[str]:
            configuration = folder / "squid.conf"
            configuration.write_text(_configuration(folder, ports))
            # The service name keeps shared memory and locks apart from any other squid on the machine.
            service = f"wsinspect{ports['allow']}"
            return [find_program("squid"), "-N", "-n", service, "-d", "1", "-f", str(configuration)]

        with running_peer("squid", get_args(SquidSite), command, log_folder / "squid.log") as peer:
            yield peer
    finally:
        shutil.rmtree(folder)
