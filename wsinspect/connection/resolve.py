"""A host -> the addresses to try, in the resolver's order, after the rules that the user gave."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import threading
from collections.abc import Iterable

from msgspec import Struct

from wsinspect.connection.emitter import Emitter
from wsinspect.connection.host import check_name, literal_family
from wsinspect.connection.step import StepError
from wsinspect.connection.url_error import UrlError
from wsinspect.events import Address, FailureKind, LimitReached, NameResolved
from wsinspect.options import AddressFamily, ConnectOptions, ResolveRule

_FAMILIES = {"any": socket.AF_UNSPEC, "ipv4": socket.AF_INET, "ipv6": socket.AF_INET6}
_SAID = {"ipv4": "IPv4", "ipv6": "IPv6"}

_KINDS = {
    "EAI_NONAME": FailureKind.NAME_NOT_FOUND,
    "EAI_AGAIN": FailureKind.NAME_TEMPORARY_FAILURE,
    "EAI_NODATA": FailureKind.NAME_WITHOUT_ADDRESS,
    "EAI_ADDRFAMILY": FailureKind.NAME_WITHOUT_ADDRESS,
}
_GETADDRINFO_CODES = {
    getattr(socket, name): name
    for name in (*_KINDS, "EAI_FAIL", "EAI_FAMILY", "EAI_MEMORY", "EAI_SYSTEM")
    if hasattr(socket, name)
}


class Found(Struct, frozen=True, kw_only=True):
    """What a name resolved to."""

    host: str
    """The host that was looked up, after `--connect-to`."""
    port: int
    source: str
    """`resolver`, `literal`, `--resolve` or `--connect-to`."""
    addresses: tuple[Address, ...]
    """At least one, of the family that is asked for, at most `Limits.addresses`."""
    dropped: int
    """How many more there were."""


async def resolve(
    emit: Emitter, options: ConnectOptions, host: str, port: int, *, apply_rules: bool = True
) -> list[Address]:
    """Return the addresses to try for `host:port`, and record them as NameResolved.

    Raises:
        StepError: see `find_addresses`.
    """
    found = await find_addresses(options, host, port, apply_rules=apply_rules)
    emit(
        NameResolved(
            *emit.stamp(),
            host=found.host,
            port=found.port,
            source=found.source,
            addresses=found.addresses,
            dropped=found.dropped,
        )
    )
    if found.dropped:
        what = f"{found.dropped} more addresses of {found.host} are not tried"
        emit(LimitReached(*emit.stamp(), limit="addresses", allowed=options.limits.addresses, what=what))
    return list(found.addresses)


async def find_addresses(options: ConnectOptions, host: str, port: int, *, apply_rules: bool = True) -> Found:
    """Resolve `host:port` without recording it.

    `--connect-to` replaces host and port, `--resolve` replaces the resolver for what is looked up then, unless
    `apply_rules` is off, as it is for a proxy's own name. The family option leaves out the other family. It may be
    cancelled at any moment: the system's resolver can't be stopped, so its late answer is thrown away.

    Raises:
        StepError: NAME_NOT_FOUND, NAME_TEMPORARY_FAILURE, NAME_WITHOUT_ADDRESS, NAME_INVALID, OS_ERROR, or
            LOCAL_CONFIGURATION for a rule that is not usable. `code` is getaddrinfo's name for it.
    """
    source = ""
    if apply_rules:
        asked = host, port
        host, port = destination(options, host, port)
        if (host, port) != asked:
            source = "--connect-to"
        rule = _matching_resolve(options.resolve, host, port)
        if rule is not None:
            addresses = [_address_of_rule(text, port, rule) for text in rule.addresses]
            return _settled(options, host, port, "--resolve", addresses)
    family = literal_family(host)
    if family is not None:
        return _settled(options, host, port, source or "literal", [Address(family, host, port)])
    try:
        check_name(host.lower())
    except UrlError as error:
        raise StepError(FailureKind.NAME_INVALID, error.what, code=error.problem) from error
    return _settled(options, host, port, source or "resolver", await _looked_up(host, port, options.family))


def destination(options: ConnectOptions, host: str, port: int) -> tuple[str, int]:
    """Return where to connect for `host:port`: the first `--connect-to` rule that matches decides, as in curl."""
    for rule in options.connect_to:
        if (rule.host in ("", "*") or _same(rule.host, host)) and rule.port in (0, port):
            return _bare(rule.to_host) or host, rule.to_port or port
    return host, port


def _bare(host: str) -> str:
    return host.removeprefix("[").removesuffix("]")


def _same(rule_host: str, host: str) -> bool:
    return _bare(rule_host).lower().removesuffix(".") == host.lower().removesuffix(".")


def _matching_resolve(rules: Iterable[ResolveRule], host: str, port: int) -> ResolveRule | None:
    """The last rule that names the host, else the last with `*`, as in curl."""
    wildcard = named = None
    for rule in rules:
        if rule.port in (0, port):
            if rule.host == "*":
                wildcard = rule
            elif _same(rule.host, host):
                named = rule
    return named or wildcard


def _address_of_rule(text: str, port: int, rule: ResolveRule) -> Address:
    host = _bare(text)
    family = literal_family(host)
    if family is None:
        raise StepError(
            FailureKind.LOCAL_CONFIGURATION,
            f"--resolve {rule.host}:{rule.port}: {text!r} is not an IP address",
            code="resolve-rule",
        )
    return Address(family, host, port)


def _settled(options: ConnectOptions, host: str, port: int, source: str, found: Iterable[Address]) -> Found:
    """Apply the family and the limit."""
    unique = tuple(dict.fromkeys(found))
    wanted = tuple(address for address in unique if options.family in ("any", address.family))
    if not unique:
        raise StepError(FailureKind.NAME_WITHOUT_ADDRESS, f"{host} has no address", code="EAI_NODATA")
    if not wanted:
        raise StepError(
            FailureKind.NAME_WITHOUT_ADDRESS,
            f"{host} has {_SAID[unique[0].family]} addresses, and only {_SAID[options.family]} is asked for",
            code="family",
        )
    kept = wanted[: options.limits.addresses]
    return Found(host=host, port=port, source=source, addresses=kept, dropped=len(wanted) - len(kept))


async def _looked_up(host: str, port: int, family: AddressFamily) -> list[Address]:
    """Ask the system's resolver in a thread of its own.

    The event loop's executor is no place for it: its threads are joined when the program ends, and a resolver that
    waits for a dead name server would hold up every cancel and every exit.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[Address]] = loop.create_future()

    def settle(addresses: list[Address] | None, error: OSError | None) -> None:
        if answer.done():
            return
        if error is not None:
            answer.set_exception(_step_error(host, error))
        else:
            answer.set_result(addresses or [])

    def ask() -> None:
        addresses: list[Address] | None = None
        failure: OSError | None = None
        try:
            # Bytes, because a str would be encoded once more by the slow IDNA codec.
            found = socket.getaddrinfo(host.encode("ascii"), port, _FAMILIES[family], socket.SOCK_STREAM)
            addresses = [address for entry in found if (address := _address_of_entry(entry[0], entry[4]))]
        except OSError as error:
            failure = error
        # The loop may be closed by now: nobody waits for the answer any more.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, addresses, failure)

    try:
        threading.Thread(target=ask, name=f"resolve {host}", daemon=True).start()
    except RuntimeError as error:
        raise StepError(FailureKind.LOCAL_CONFIGURATION, f"no thread for the resolver: {error}") from error
    return await answer


def _address_of_entry(family: int, sockaddr: tuple[object, ...]) -> Address | None:
    host, port = str(sockaddr[0]), sockaddr[1]
    if family == socket.AF_INET and isinstance(port, int):
        return Address("ipv4", host, port)
    if family == socket.AF_INET6 and isinstance(port, int):
        scope = sockaddr[3] if len(sockaddr) > 3 else 0
        if isinstance(scope, int) and scope and "%" not in host:
            host = f"{host}%{_interface(scope)}"
        return Address("ipv6", host, port)
    return None


def _interface(scope: int) -> str:
    try:
        return socket.if_indextoname(scope)
    except OSError:
        return str(scope)


def _step_error(host: str, error: OSError) -> StepError:
    number = error.errno
    said = error.strerror or str(error)
    if not isinstance(error, socket.gaierror):
        return StepError(FailureKind.OS_ERROR, f"{host}: {said}", errno=number)
    if (short := _short_of_files()) is not None:
        # The resolver could not even open its configuration, and says that there is no such name.
        what = f"{host}: {short.strerror}: the resolver could not open its files; raise the limit with `ulimit -n`"
        return StepError(FailureKind.LOCAL_CONFIGURATION, what, errno=short.errno)
    code = _GETADDRINFO_CODES.get(number, "") if number is not None else ""
    kind = _KINDS.get(code, FailureKind.OS_ERROR)
    return StepError(kind, f"{host}: {said}", code=code, errno=number)


def _short_of_files() -> OSError | None:
    """Return why no further file can be opened, None if one can."""
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return error if error.errno in (errno.EMFILE, errno.ENFILE) else None
    return None
