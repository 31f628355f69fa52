"""nginx in front of a backend: one instance, a `server` block (and port) for each configuration."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, get_args

from tests.peers.process import HOST, Peer, find_program, refusing_port, running_peer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.peers.certificates import Certificates, ServedCertificate

NginxSite = Literal[
    "proxied",
    "stripped",
    "backend_down",
    "read_timeout",
    "drop",
    "spa",
    "auth_basic",
    "deny",
    "limit",
    "redirect",
    "gateway_timeout",
    "backend_speaks_plain",
    "http10",
    "tls",
    "tls_self_signed",
    "tls_expired",
    "tls_not_yet_valid",
    "tls_wrong_host",
    "tls_missing_intermediate",
    "tls_client_certificate",
]
"""`proxied`: done right. `stripped`: proxy_pass alone, so Upgrade is lost. `backend_down`: 502. `read_timeout`: right, with
proxy_read_timeout 1s. `drop`: `return 444`. `spa`: try_files to index.html. `auth_basic`: 401. `deny`: 403. `limit`: 503 from the second request a minute on.
`redirect`: 301 to https. `gateway_timeout`: 504, the backend never answers. `backend_speaks_plain`: 502, it is asked
for TLS. `http10`: right but for proxy_http_version. `tls…`: right, behind that certificate;
`tls_client_certificate` asks for one. Plain HTTP sent to any `tls…` port gets nginx's 400."""

Nginx = Peer[NginxSite]

UPGRADE = (
    'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";'
)
INDEX_HTML = '<!doctype html><html><body><div id="root"></div></body></html>\n'


def _server(port: int, body: str, *, ssl: bool = False) -> str:
    return f"  server {{ listen {HOST}:{port}{' ssl' if ssl else ''}; server_name localhost; {body} }}\n"


def _configuration(
    folder: Path,
    ports: Mapping[NginxSite, int],
    backend_port: int,
    silent_port: int,
    dead_port: int,
    certificates: Certificates,
) -> str:
    proxied = f"proxy_pass http://{HOST}:{backend_port}; {UPGRADE}"
    location = f"location / {{ {proxied} }}"

    def tls(served: ServedCertificate, more: str = "") -> str:
        return f"ssl_certificate {served.chain}; ssl_certificate_key {served.key}; {more} {location}"

    client_certificate = (
        f"ssl_client_certificate {certificates.root}; ssl_verify_client on; ssl_verify_depth 3;"
    )
    plain: dict[NginxSite, str] = {
        "proxied": location,
        "stripped": f"location / {{ proxy_pass http://{HOST}:{backend_port}; }}",
        "backend_down": f"location / {{ proxy_pass http://{HOST}:{dead_port}; {UPGRADE} }}",
        "read_timeout": f"location / {{ {proxied} proxy_read_timeout 1s; }}",
        "drop": "location / { return 444; }",
        "auth_basic": f'location / {{ auth_basic "tests"; auth_basic_user_file {folder}/users; {proxied} }}',
        "deny": f"location / {{ deny all; {proxied} }}",
        "limit": f"location / {{ limit_req zone=slow; {proxied} }}",
        "redirect": "return 301 https://$http_host$request_uri;",
        "gateway_timeout": f"location / {{ proxy_pass http://{HOST}:{silent_port}; {UPGRADE} proxy_read_timeout 1s; }}",
        "backend_speaks_plain": f"location / {{ proxy_pass https://{HOST}:{backend_port}; {UPGRADE} }}",
        "http10": f"location / {{ {proxied.replace('proxy_http_version 1.1;', '')} }}",
        "spa": f"root {folder}/www; location / {{ try_files $uri /index.html; }}",
    }
    secure: dict[NginxSite, str] = {
        "tls": tls(certificates.leaf),
        "tls_self_signed": tls(certificates.self_signed),
        "tls_expired": tls(certificates.expired),
        "tls_not_yet_valid": tls(certificates.not_yet_valid),
        "tls_wrong_host": tls(certificates.wrong_host),
        "tls_missing_intermediate": tls(certificates.missing_intermediate),
        "tls_client_certificate": tls(certificates.leaf, client_certificate),
    }
    servers = "".join(_server(ports[site], body) for site, body in plain.items())
    servers += "".join(_server(ports[site], body, ssl=True) for site, body in secure.items())
    temporary = "".join(
        f"  {kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    # Started by root, the workers would otherwise turn into a user who may not enter the tests' temporary folders.
    user = "user root;\n" if os.geteuid() == 0 else ""
    return (
        f"{user}daemon off;\nworker_processes 1;\npid {folder}/nginx.pid;\nerror_log {folder}/nginx.log info;\n"
        f"events {{ worker_connections 256; }}\n"
        f"http {{\n  access_log off;\n  limit_req_zone $server_port zone=slow:32k rate=1r/m;\n{temporary}{servers}}}\n"
    )


@contextmanager
def nginx_in_front_of(
    backend_port: int, silent_port: int, certificates: Certificates, folder: Path
) -> Iterator[Nginx]:
    """nginx with all of `NginxSite`, proxying to `backend_port`; configuration and log live in `folder`.

    On `silent_port` a backend takes the upgrade and never answers.
    """
    (folder / "www").mkdir()
    (folder / "www" / "index.html").write_text(INDEX_HTML)
    (folder / "users").write_text("somebody:{PLAIN}password\n")

    with refusing_port() as dead_port:

        def command(ports: Mapping[NginxSite, int]) -> list[str]:
            configuration = folder / "nginx.conf"
            configuration.write_text(
                _configuration(folder, ports, backend_port, silent_port, dead_port, certificates)
            )
            return [find_program("nginx"), "-p", str(folder), "-c", str(configuration), "-e", "stderr"]

        with running_peer("nginx", get_args(NginxSite), command, folder / "nginx.log") as peer:
            yield peer
