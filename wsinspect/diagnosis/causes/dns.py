"""Causes of the name: section DNS of the catalogue."""

from __future__ import annotations

from msgspec.structs import replace

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.evidence import Match, at_event, at_seq
from wsinspect.diagnosis.facts import Facts
from wsinspect.events import FailureKind, Step


def _failed(facts: Facts, *kinds: FailureKind) -> Match | None:
    if not facts.failed(Step.RESOLVE, *kinds):
        return None
    failure = facts.attempt.failure
    assert failure is not None
    asked = facts.attempt.proxy.host if facts.attempt.proxy is not None else facts.values["host"]
    return Match(evidence=(at_seq(failure.seq, failure.message),), values={"asked": asked})


@cause(
    id="dns-nxdomain",
    stage=Stage.DNS,
    side=Side.CLIENT,
    certainty=Certainty.CERTAIN,
    headline="The name {asked} does not exist for this machine's resolver",
    explanation="""No packet ever went towards a server: the resolver answered that there is no such name. Usually it is
    misspelt, is a name that only exists inside a private network or among containers, or its record was never published.
    A browser reports all of these as close code 1006.""",
    fix=(
        "Compare the name letter by letter with the one that is published; `dig {asked}` and `dig {asked} @1.1.1.1` show whether only your resolver lacks it.",
        "A container or service name such as `backend` resolves only beside that container: give the browser a public name.",
        "For a name that is meant to be private, join the VPN or network whose resolver knows it.",
    ),
    next_test="wsinspect check '{url}' --resolve '{host}:{port}:ADDRESS' with the address that it should have: opens, if only the name is wrong",
    sources=(
        "RFC 2308 section 2.1",
        "getaddrinfo(3): EAI_NONAME",
        "WHATWG WebSockets: fail the WebSocket connection",
    ),
    console=(
        r"net::ERR_NAME_NOT_RESOLVED",
        r"\bENOTFOUND\b",
        r"server with the specified hostname could not be found",
        r"Name or service not known",
        r"nodename nor servname provided",
        r"No such host is known",
        r"no such host",
        r"Could not resolve host",
        r"UnknownHostException",
        r"failed to lookup address information",
    ),
)
def dns_nxdomain(facts: Facts) -> Match | None:
    return _failed(facts, FailureKind.NAME_NOT_FOUND)


@cause(
    id="dns-temporary-failure",
    stage=Stage.DNS,
    side=Side.NETWORK,
    certainty=Certainty.CERTAIN,
    headline="The resolver gave no answer for {asked}",
    explanation="""The name was never answered, so nothing is known about the server itself. Either the resolver can't be
    reached from here, or it failed on its way to the zone's own servers, as it does when a zone's DNSSEC signatures are broken.""",
    fix=(
        "See whether any name resolves: `getent hosts example.com`. If none does, mend /etc/resolv.conf, the VPN or the network.",
        "If only {asked} fails, ask another resolver (`dig {asked} @1.1.1.1`) and `dig {asked} +cd`: an answer with +cd means broken DNSSEC.",
    ),
    next_test="dig {asked} +cd, beside dig {asked}: which of the two answers?",
    sources=("RFC 1035 section 4.1.1 (SERVFAIL)", "getaddrinfo(3): EAI_AGAIN"),
    console=(
        r"net::ERR_DNS_TIMED_OUT",
        r"net::ERR_NAME_RESOLUTION_FAILED",
        r"net::ERR_NAME_NOT_RESOLVED",
        r"\bEAI_AGAIN\b",
        r"Temporary failure in name resolution",
    ),
)
def dns_temporary_failure(facts: Facts) -> Match | None:
    return _failed(facts, FailureKind.NAME_TEMPORARY_FAILURE, FailureKind.TIMED_OUT)


@cause(
    id="dns-no-address-records",
    stage=Stage.DNS,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="The name {asked} exists but has no address that can be used here",
    explanation="""The zone knows the name and has no address record of the wanted kind: it has neither A nor AAAA, or only the
    family that this connection was not allowed to use.""",
    fix=("Publish an A record (and AAAA where the server speaks IPv6) for {asked}.",),
    next_test="dig {asked} A and dig {asked} AAAA: which of them is empty?",
    sources=("RFC 2308 section 2.2 (NODATA)", "getaddrinfo(3): EAI_NODATA, EAI_ADDRFAMILY"),
    console=(
        r"No address associated with hostname",
        r"Address family for hostname not supported",
        r"net::ERR_NAME_NOT_RESOLVED",
    ),
)
def dns_no_address_records(facts: Facts) -> Match | None:
    match = _failed(facts, FailureKind.NAME_WITHOUT_ADDRESS)
    family = facts.attempt.options.family
    if match is None or family == "any":
        return match
    option, kind = ("-4", "IPv4") if family == "ipv4" else ("-6", "IPv6")
    # Whether the name has addresses of the other kind, which nobody asked for, is not known for sure.
    return replace(
        match,
        side=Side.CLIENT,
        headline=f"{{asked}} has no {kind} address, and no other is asked for ({option})",
        first_fix=(f"Leave out {option}, so that addresses of both kinds are used.",),
    )


@cause(
    id="dns-idna-label-invalid",
    stage=Stage.DNS,
    side=Side.CLIENT,
    certainty=Certainty.CERTAIN,
    headline="The host in the URL can't be a DNS name",
    explanation="""Part of the name between two dots is empty, longer than 63 bytes, or has characters that no registered name can
    have, so it can't even be asked for. A doubled dot from joining two strings is the usual reason.""",
    fix=(
        "Print the final URL where it is made, and mend the host: no empty part between dots, none longer than 63 bytes.",
    ),
    next_test="wsinspect check with the host corrected by hand",
    sources=("RFC 1035 section 2.3.4", "RFC 5891 section 4"),
    console=(
        r"label empty or too long",
        r"The URL '[^']*\.\.[^']*' is invalid",
        r"Invalid DNS label",
        r"'wss?://(?:[^'/]*\.\.|(?:[^'/]*\.)?[^'/.:]{64})[^']*' failed: .*ERR_NAME_NOT_RESOLVED",
    ),
)
def dns_idna_label_invalid(facts: Facts) -> Match | None:
    failure = facts.attempt.failure
    if failure is None:
        return None
    invalid = failure.step is Step.URL and failure.code == "idna"
    if not invalid and not facts.failed(Step.RESOLVE, FailureKind.NAME_INVALID):
        return None
    return Match(evidence=(at_seq(failure.seq, failure.message),))


_NEVER_PUBLIC = (
    "0.0.0.0/8", "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "::/128", "::1/128", "fc00::/7", "fe80::/10"
)  # fmt: skip
_PRIVATE_SUFFIXES = (
    ".local",
    ".localhost",
    ".internal",
    ".lan",
    ".home",
    ".home.arpa",
    ".corp",
    ".test",
    ".example",
)


def _looks_public(host: str) -> bool:
    return "." in host.strip(".") and not host.endswith(_PRIVATE_SUFFIXES) and host != "localhost"


@cause(
    id="dns-wrong-or-sinkholed-address",
    stage=Stage.DNS,
    side=Side.NETWORK,
    certainty=Certainty.LIKELY,
    headline="The public-looking name {asked} resolves to {answer}, where no public server can be",
    explanation="""A filter that blocks names (an ad-blocking resolver, a company's DNS), a line in the hosts file, or a VPN's own
    view of the name gives an address of this machine or of a private network. This is a guess from the address alone; a name
    that is private on purpose looks the same.""",
    fix=(
        "Compare with another resolver: `dig {asked} @1.1.1.1`. If it differs, allow the name in the filter, or remove the line from the hosts file.",
        "After a migration, wait for the old record's time to live, or flush the resolver's cache.",
    ),
    next_test="dig {asked} @1.1.1.1, and compare the address with {answer}",
    sources=("RFC 1918 section 3", "RFC 6890 section 2.2.2"),
    # Less of the line than a port that refuses accounts for: that is the usual reason.
    console=(r"ERR_CONNECTION_REFUSED",),
)
def dns_wrong_or_sinkholed_address(facts: Facts) -> Match | None:
    resolved = facts.attempt.resolved
    if (
        resolved is None
        or resolved.source in ("literal", "--connect-to")
        or not resolved.addresses
        or facts.opened
    ):
        return None
    if not _looks_public(resolved.host) or facts.failed_step is None or facts.head is not None:
        return None
    # Only a name that failed pays for loading it.
    from ipaddress import ip_address, ip_network

    networks = [ip_network(network) for network in _NEVER_PUBLIC]
    found = [ip_address(address.host.partition("%")[0]) for address in resolved.addresses]
    if not all(any(ip in network for network in networks) for ip in found):
        return None
    answer = ", ".join(address.host for address in resolved.addresses)
    sinkhole = any(ip.is_unspecified for ip in found)
    return Match(
        evidence=(at_event(resolved, f"{resolved.host} resolved to {answer} ({resolved.source})"),),
        certainty=Certainty.LIKELY if sinkhole else Certainty.POSSIBLE,
        values={"asked": resolved.host, "answer": answer},
        supersedes=("tcp-refused", "tcp-timeout-blackhole", "tcp-unreachable") if sinkhole else (),
    )
