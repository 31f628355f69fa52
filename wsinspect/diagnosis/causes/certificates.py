"""Causes of certificates: what was refused, and which link is missing."""

from __future__ import annotations

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.certificates import (
    ADDRESS_MISMATCH,
    EXPIRED,
    HOST_MISMATCH,
    NO_ISSUER,
    NOT_YET_VALID,
    SELF_SIGNED_IN_CHAIN,
    SELF_SIGNED_LEAF,
    UNVERIFIED_LEAF,
    chain,
    day,
    interceptor,
    names,
    verification_code,
)
from wsinspect.diagnosis.evidence import Evidence, Match, at_event
from wsinspect.diagnosis.facts import Facts
from wsinspect.events import FailureKind, Step


def _refused(facts: Facts, *codes: int) -> tuple[Evidence, ...] | None:
    """Return the evidence where we refused the certificate for one of these reasons."""
    failed = facts.attempt.tls.verification
    if failed is None or failed.code not in codes or not facts.failed(Step.TLS, FailureKind.TLS_VERIFICATION):
        return None
    found = [at_event(failed, f"verification failed with code {failed.code}: {failed.message}")]
    sent = facts.attempt.tls.certificates
    for position, description in enumerate(chain(facts)):
        assert sent is not None
        found.append(
            at_event(
                sent,
                f"certificate {position}: {description.subject or 'unreadable'}, issued by {description.issuer},"
                f" for {names(description)}, valid {day(description.not_before_unix_s)} to {day(description.not_after_unix_s)}",
            )
        )
    return tuple(found)


def _values(facts: Facts) -> dict[str, str]:
    sent = chain(facts)
    name = facts.attempt.options.server_name or facts.values["host"]
    if not sent:
        return {
            "name": name,
            "names": "unknown",
            "issuer": "unknown",
            "until": "unknown",
            "since": "unknown",
            "aia": "",
        }
    leaf = sent[0]
    return {
        "name": name,
        "names": names(leaf),
        "issuer": sent[-1].issuer or "an unreadable name",
        "until": day(leaf.not_after_unix_s),
        "since": day(leaf.not_before_unix_s),
        "aia": ", ".join(leaf.issuer_urls),
    }


@cause(
    id="tls-self-signed",
    stage=Stage.TLS,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="The certificate of {host} is vouched for by nobody but itself",
    explanation="""The chain ends in a certificate that signed itself and is not among those that this machine trusts. Browsers show no
    "proceed anyway" for a WebSocket: they fail it without a word, even where the page itself was let through on another port.""",
    fix=(
        "For development, make a certificate of a local authority that the system trusts: `mkcert {name}`.",
        "In a browser, open https://{host}:{port}/ once and accept the certificate there.",
        "For everybody else, use a certificate of a public authority, e.g. Let's Encrypt.",
        "Where it is your own authority, trust it: `--cacert ca.pem`.",
    ),
    next_test="wsinspect check '{url}' -k: opens, if the certificate is all that is wrong",
    sources=("RFC 5280 section 6.1", "https://github.com/Ylianst/MeshCentral/issues/2025"),
    console=(
        r"net::ERR_CERT_AUTHORITY_INVALID",
        r"self[- ]signed certificate",
        r"DEPTH_ZERO_SELF_SIGNED_CERT",
        r"SELF_SIGNED_CERT_IN_CHAIN",
        r"certificate is not trusted",
        r"The certificate for this server is invalid",
        r"OSStatus Error -98(?:07|12|13)",
    ),
)
def tls_self_signed(facts: Facts) -> Match | None:
    evidence = _refused(facts, SELF_SIGNED_LEAF, SELF_SIGNED_IN_CHAIN)
    return Match(evidence=evidence, values=_values(facts)) if evidence else None


@cause(
    id="tls-untrusted-ca-or-missing-intermediate",
    stage=Stage.TLS,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline='No trusted authority vouches for the certificate of {host}: the issuer "{issuer}" is not known here',
    explanation="""The last certificate that the server sent was issued by somebody whom this machine does not know. Either the server left out an
    intermediate certificate (browsers often have it cached, so pages work and clients fail), or it comes from a private authority.""",
    fix=(
        "Serve the whole chain, in nginx: `ssl_certificate /etc/letsencrypt/live/{name}/fullchain.pem;` (not cert.pem).",
        "For a private authority, trust it on this machine, or give it: `--cacert ca.pem`.",
    ),
    next_test="openssl s_client -connect {host}:{port} -servername {name} -showcerts: is the intermediate among them?",
    sources=("RFC 8446 section 4.4.2", "RFC 5280 section 4.2.2.1"),
    console=(
        r"net::ERR_CERT_AUTHORITY_INVALID",
        r"unable to get local issuer certificate",
        r"UNABLE_TO_VERIFY_LEAF_SIGNATURE",
        r"unable to verify the first certificate",
        r"certificate signed by unknown authority",
        r"UnknownIssuer",
        r"The certificate for this server is invalid",
        r"OSStatus Error -98(?:07|12|13)",
        r"unable to find valid certification path",
    ),
)
def tls_untrusted_ca_or_missing_intermediate(facts: Facts) -> Match | None:
    evidence = _refused(facts, NO_ISSUER, UNVERIFIED_LEAF)
    if not evidence:
        return None
    sent = chain(facts)
    headline = None
    first_fix: tuple[str, ...] = ()
    if len(sent) == 1 and sent[0].issuer_urls:
        headline = 'The server of {host} sends its certificate without the intermediate "{issuer}"'
        first_fix = (
            "The missing certificate can be fetched from {aia}; append it to the server's certificate file.",
        )
    return Match(evidence=evidence, values=_values(facts), headline=headline, first_fix=first_fix)


@cause(
    id="tls-expired",
    stage=Stage.TLS,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="The certificate of {host} expired on {until}",
    explanation="""By this machine's clock, the certificate (or one above it in the chain) is no longer valid. Often it was renewed on disk, and the
    server was never told to read it again. If this machine's clock is wrong, the clock is to be mended instead.""",
    fix=(
        "Renew it, and reload what serves it: `certbot renew && nginx -s reload`.",
        "Compare this machine's clock: `date -u`.",
    ),
    next_test="openssl s_client -connect {host}:{port} -servername {name} </dev/null | openssl x509 -noout -dates",
    sources=("RFC 5280 section 4.1.2.5",),
    console=(
        r"net::ERR_CERT_DATE_INVALID",
        r"certificate has expired",
        r"CERT_HAS_EXPIRED",
        r"certificate expired",
        r"OSStatus Error -9814",
    ),
)
def tls_expired(facts: Facts) -> Match | None:
    evidence = _refused(facts, EXPIRED)
    return Match(evidence=evidence, values=_values(facts)) if evidence else None


@cause(
    id="tls-not-yet-valid",
    stage=Stage.TLS,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="The certificate of {host} is not valid before {since}",
    explanation="""By this machine's clock, the certificate's time has not begun. A clock that is behind, on this machine or on the one that issued the
    certificate, is the usual reason; a freshly started virtual machine or device often has one.""",
    fix=(
        "Set this machine's clock: `date -u`, then `timedatectl set-ntp true`.",
        "If the clock is right, issue the certificate again.",
    ),
    next_test="date -u, beside the true time",
    sources=("RFC 5280 section 4.1.2.5", "X509_verify_cert_error_string(3): code 9"),
    console=(
        r"net::ERR_CERT_DATE_INVALID",
        r"certificate is not yet valid",
        r"CERT_NOT_YET_VALID",
        r"OSStatus Error -9815",
    ),
)
def tls_not_yet_valid(facts: Facts) -> Match | None:
    evidence = _refused(facts, NOT_YET_VALID)
    return Match(evidence=evidence, values=_values(facts)) if evidence else None


@cause(
    id="tls-hostname-mismatch",
    stage=Stage.TLS,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="The certificate is for {names}, and the URL asks for {name}",
    explanation="""The server proved who it is, and that is somebody else. When the certificate is a default one, the server did not know the name that we
    asked for; when it belongs to another site, the name's DNS record may point at the wrong machine.""",
    fix=(
        "Use a name that the certificate has: {names}.",
        "Or issue a certificate that has {name} among its subject alternative names.",
        "See that `server_name` (or the ingress host) on the server is exactly {name}.",
    ),
    next_test="wsinspect check '{url}' --sni NAME with a name of the certificate",
    sources=("RFC 9525 section 6", "RFC 2818 section 3.1"),
    console=(
        r"net::ERR_CERT_COMMON_NAME_INVALID",
        r"Hostname mismatch",
        r"IP address mismatch",
        r"ERR_TLS_CERT_ALTNAME_INVALID",
        r"does not match certificate's altnames",
        r"certificate is (?:not )?valid for",
        r"No subject alternative (?:DNS )?name",
        r"NotValidForName",
        r"OSStatus Error -9843",
        r"no alternative certificate subject name matches",
    ),
)
def tls_hostname_mismatch(facts: Facts) -> Match | None:
    evidence = _refused(facts, HOST_MISMATCH, ADDRESS_MISMATCH)
    return Match(evidence=evidence, values=_values(facts)) if evidence else None


@cause(
    id="tls-certificate-refused",
    stage=Stage.TLS,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="The certificate of {host} is not acceptable: {why}",
    explanation="""The certificate fails a check that is none of the common ones; the verifier's own words stand in the evidence.""",
    fix=("Issue a certificate without this fault; the verifier's words name it.",),
    next_test="openssl s_client -connect {host}:{port} -servername {name} -showcerts",
    sources=("RFC 5280 section 6", "X509_verify_cert_error_string(3)"),
    console=(
        r"net::ERR_CERT_REVOKED",
        r"net::ERR_CERT_INVALID",
        r"net::ERR_CERT_WEAK_SIGNATURE_ALGORITHM",
        r"CERTIFICATE_VERIFY_FAILED",
    ),
)
def tls_certificate_refused(facts: Facts) -> Match | None:
    code = verification_code(facts)
    known = (
        EXPIRED,
        NOT_YET_VALID,
        SELF_SIGNED_LEAF,
        SELF_SIGNED_IN_CHAIN,
        NO_ISSUER,
        UNVERIFIED_LEAF,
        HOST_MISMATCH,
        ADDRESS_MISMATCH,
    )
    if code is None or code in known:
        return None
    evidence = _refused(facts, code)
    failed = facts.attempt.tls.verification
    if not evidence or failed is None:
        return None
    return Match(evidence=evidence, values={**_values(facts), "why": failed.message})


@cause(
    id="tls-interception-or-antivirus",
    stage=Stage.PROXY,
    side=Side.PROXY,
    certainty=Certainty.CERTAIN,
    headline="The certificate of {host} was made by {product}, which opens the encryption on the way",
    explanation="""The certificate's issuer is a product that stands between and decrypts what passes: a company's web gateway, an antivirus program, or a
    debugging proxy. Many of them let pages through and break WebSockets, by dropping the upgrade or holding back the frames.""",
    fix=(
        "Make an exception for {host} in {product} (often called bypass, exclusion or do-not-decrypt list).",
        "Or turn off its scanning of encrypted connections for this program.",
    ),
    next_test="Compare the issuer from another network: openssl s_client -connect {host}:{port} -servername {name} </dev/null | openssl x509 -noout -issuer",
    sources=(
        "https://github.com/lpinca/binb/issues/2",
        "https://github.com/overleaf/overleaf/issues/401",
        "https://github.com/socketio/engine.io/issues/123",
    ),
    supersedes=("tls-self-signed", "tls-untrusted-ca-or-missing-intermediate"),
    console=(r"ERR_CERT_AUTHORITY_INVALID",),
)
def tls_interception_or_antivirus(facts: Facts) -> Match | None:
    product = interceptor(facts)
    sent = facts.attempt.tls.certificates
    if product is None or sent is None:
        return None
    failure = facts.attempt.failure
    if (
        failure is None
        or failure.kind is FailureKind.CANCELLED
        or failure.step not in (Step.TLS, Step.UPGRADE, Step.OPEN)
    ):
        return None
    return Match(
        evidence=(at_event(sent, f"issuer: {chain(facts)[-1].issuer}"),),
        values={**_values(facts), "product": product},
    )
