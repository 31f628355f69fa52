"""Frames that need not follow the rules: how they are described, which rules they break, and ready-made ones."""

from __future__ import annotations

import re
from dataclasses import dataclass

from wsinspect.connection.sending import frame_of_bits
from wsinspect.errors import UsageError, nearest
from wsinspect.tui.outgoing import Bits, Kind, Outgoing
from wsinspect.tui.payloads import parse_hex, utf8
from wsinspect.wire.decoder import FrameDecoder
from wsinspect.wire.inflate import DeflateParams
from wsinspect.wire.opcode import Direction

_OPCODES = {"continuation": 0, "text": 1, "binary": 2, "close": 8, "ping": 9, "pong": 10}
_WORDS = ("fin=0", "rsv1", "rsv2", "rsv3", "op=", "unmasked", "code=", "size=", "hex", *_OPCODES)
WORDS_SHOWN = "fin=0 rsv1 rsv2 rsv3 op=N text ping … unmasked code=N size=N hex, then the payload"
_MOST_BYTES = 1 << 20


def parse_raw(typed: str) -> Outgoing:
    """Read `[fin=0] [rsv1] [op=N or its name] [unmasked] [code=N] [size=N] [hex] PAYLOAD`; `--` ends the words.

    `code=N` is a Close with any code, `size=N` a payload of that many bytes.

    Raises:
        UsageError: a number that doesn't fit its bits, bad hex.
    """
    fin, rsv, opcode, mask = True, 0, 1, True
    begin, as_hex, rest = b"", False, typed.lstrip()
    while rest:
        word, _, after = rest.partition(" ")
        match word.lower():
            case "fin=0" | "fin=1":
                fin = word.endswith("1")
            case "rsv1" | "rsv2" | "rsv3":
                rsv |= 8 >> int(word[-1])
            case "unmasked":
                mask = False
            case "hex":
                rest, as_hex = after, True
                break
            case "--":
                rest = after
                break
            case name if name in _OPCODES:
                opcode = _OPCODES[name]
            case numbered if found := re.fullmatch(r"(op|code|size)=(\d*)", numbered):
                number = _number(found[1], found[2])
                if found[1] == "op":
                    opcode = number
                elif found[1] == "code":
                    opcode, begin = 8, number.to_bytes(2, "big")
                else:
                    begin += b"x" * number
            case almost if "=" in almost and nearest(
                almost.partition("=")[0] + "=", ("op=", "code=", "size=", "fin=")
            ):
                raise UsageError(
                    f"{word!r} is no part of a frame", allowed=WORDS_SHOWN, hint="-- ends the words"
                )
            case _:
                break
        rest = after.lstrip()
    payload = begin + (parse_hex(rest) if as_hex else utf8(rest))
    return Outgoing(Kind.RAW, payload, bits=Bits(fin=fin, rsv=rsv, opcode=opcode, mask=mask))


def _number(name: str, digits: str) -> int:
    most = {"op": 15, "code": 65535, "size": _MOST_BYTES}[name]
    if not digits or len(digits) > 8 or int(digits) > most:
        raise UsageError(f"{name}={digits} does not fit", allowed=f"{name}=0 to {name}={most}")
    return int(digits)


def broken_rules(outgoing: Outgoing, deflate: DeflateParams | None = None) -> list[str]:
    """Return the rules that a raw frame breaks as the first frame of a connection, a line each; `deflate` is what was
    negotiated."""
    bits = outgoing.bits
    if bits is None:
        return []
    first = (0x80 if bits.fin else 0) | bits.rsv << 4 | bits.opcode
    batch = FrameDecoder(Direction.SENT, deflate=deflate).feed(
        frame_of_bits(first, outgoing.payload, mask=bits.mask)
    )
    found = [violation.text for _, violation in batch.violations]
    if not bits.fin and bits.opcode < 8:
        found.append("without FIN the message stays open: only continuation and control frames may follow")
    return found


@dataclass(frozen=True, slots=True)
class Breach:
    """A ready-made frame that breaks a rule."""

    id: str
    title: str
    typed: str
    source: str
    """The section of RFC 6455 that forbids it."""


BREACHES = (
    Breach("rsv1", "RSV1 without an extension", "/raw rsv1 hello", "section 5.2"),
    Breach("rsv2", "RSV2 without an extension", "/raw rsv2 hello", "section 5.2"),
    Breach("rsv3", "RSV3 without an extension", "/raw rsv3 hello", "section 5.2"),
    Breach("reserved-data", "A reserved data opcode", "/raw op=3 hello", "section 5.2"),
    Breach("reserved-control", "A reserved control opcode", "/raw op=11 hello", "section 5.2"),
    Breach("unmasked", "An unmasked text frame", "/raw unmasked hello", "section 5.1"),
    Breach("oversized-ping", "A ping of 126 bytes", "/raw ping size=126", "section 5.5"),
    Breach("fragmented-ping", "A ping without FIN", "/raw fin=0 ping hello", "section 5.5"),
    Breach("bad-utf8", "A text message that is not UTF-8", "/raw hex 68 69 ff fe", "section 8.1"),
    Breach("surrogate", "A text message with half a surrogate pair", "/raw hex ed a0 80", "section 8.1"),
    Breach("continuation", "A continuation of nothing", "/raw continuation hello", "section 5.4"),
    Breach("open-message", "A first fragment, left open", "/raw fin=0 hello", "section 5.4"),
    Breach("close-1005", "A Close with 1005", "/raw code=1005", "section 7.4.1"),
    Breach("close-1006", "A Close with 1006", "/raw code=1006", "section 7.4.1"),
    Breach("close-1015", "A Close with 1015", "/raw code=1015", "section 7.4.1"),
    Breach("close-999", "A Close with 999", "/raw code=999", "section 7.4.2"),
    Breach("close-1-byte", "A Close with a payload of one byte", "/raw close hex 03", "section 5.5.1"),
    Breach("close-bad-utf8", "A Close whose reason is not UTF-8", "/raw close hex 03 e8 ff", "section 5.5.1"),
    Breach("close-long", "A Close of 126 bytes", "/raw code=1000 size=124", "section 5.5"),
)
