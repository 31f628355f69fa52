"""TLS as rows: what was asked for and agreed on, the certificates as sent, verification, alerts."""

from __future__ import annotations

from wsinspect.events import Direction
from wsinspect.session.attempt import Attempt
from wsinspect.tui.panes.check_signs import BESIDE, FAILED, NOTE, OK, at_event
from wsinspect.tui.rows import BAD, MUTED, STRONG, WARNING, EventPlace, Row, heading, row, text
from wsinspect.wire.certificate_chain import analyse_chain, chain_notes, validity_note
from wsinspect.wire.tls_records import alert_meaning, alert_name


def tls_rows(attempt: Attempt) -> list[Row]:
    """Return what was asked for and agreed on, the certificates, and the alerts; nothing without TLS."""
    tls = attempt.tls
    if tls.started is None:
        return []
    started = tls.started
    rows = [
        at_event(
            heading("TLS", f"trust: {started.trust}" if started.verify else "not verified (-k)"), started.seq
        )
    ]
    rows.append(
        _pair("asked for", f"SNI {started.server_name or 'none'}, ALPN {', '.join(started.alpn) or 'none'}")
    )
    if tls.established is not None:
        made = tls.established
        rows.append(_pair("agreed on", f"{made.version}, {made.cipher}, ALPN {made.alpn or 'none'}"))
    if tls.certificate_requested is not None:
        sent = tls.established is not None and tls.established.client_certificate_sent
        rows.append(_pair("client cert", f"asked for, {'sent' if sent else 'none sent'}"))
    if tls.certificates is not None:
        rows += _certificates(attempt, tls.certificates.chain, tls.certificates.seq)
    if tls.verification is not None:
        rows.append(
            row((tls.verification.message, BAD), gutter=FAILED, place=EventPlace(tls.verification.seq))
        )
    elif tls.established is not None and started.verify:
        rows.append(row("certificate verified", gutter=OK))
    for alert in tls.alerts:
        word = "received" if alert.direction is Direction.RECEIVED else "sent"
        bad = alert.code != 0
        rows.append(
            Row(
                FAILED if bad else BESIDE,
                text(
                    (f"alert {word}: {alert_name(alert.code)} ({alert.code})", BAD if bad else MUTED),
                    f" {alert_meaning(alert.code)}",
                ),
                EventPlace(alert.seq),
                (alert.seq,),
            )
        )
    return rows


def _pair(name: str, value: str) -> Row:
    return row(value, gutter=text("  ", (f"{name:<12}", MUTED)))


def _certificates(attempt: Attempt, chain: tuple[bytes, ...], seq: int) -> list[Row]:
    host = attempt.options.server_name or (attempt.target.host if attempt.target is not None else None)
    at_unix_s = attempt.started.wall_time_ns / 1e9
    report = analyse_chain(chain, host, at_unix_s)
    rows: list[Row] = []
    for index, one in enumerate(report.certificates):
        rows.append(
            Row(
                text("  ", (f"{'certificate' if index == 0 else 'issuer':<12}", MUTED)),
                text((one.common_name or one.subject or "no subject", STRONG), (f"  {one.key}", MUTED)),
                EventPlace(seq),
                (seq,),
            )
        )
        if index == 0 and one.names:
            rows.append(_pair("names", ", ".join(one.names[:12]) + (" …" if len(one.names) > 12 else "")))
        rows.append(_pair("issued by", one.issuer))
        rows.append(_pair("validity", validity_note(one, at_unix_s)))
    rows += [row((note, WARNING), gutter=NOTE) for note in chain_notes(report, host, at_unix_s)]
    return rows
