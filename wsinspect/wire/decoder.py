"""The tolerant frame decoder: bytes of one direction in, frames and their violations out (RFC 6455 section 5).

Nothing that a peer sends raises. Payloads are not kept: what a frame means is worked out while its bytes pass, in
whatever chunks they come. Ordinary unmasked frames are handled by the thousand; all others, and a frame that is
spread over chunks, by the careful `FrameReader`.
"""

from __future__ import annotations

import re
from array import array

from wsinspect.options import Limits
from wsinspect.wire.boundaries import Boundaries, find_boundaries, headers_column
from wsinspect.wire.compressed_frames import SHORTEST_RUN, CompressedFrames
from wsinspect.wire.frame_batch import FrameBatch, PendingFrame
from wsinspect.wire.frame_reader import FrameReader
from wsinspect.wire.frames import HEADER_SIZES, MAX_HEADER_SIZE, Header, parse_header, unmask
from wsinspect.wire.heartbeat_frames import RUN as HEARTBEATS
from wsinspect.wire.heartbeat_frames import HeartbeatFrames
from wsinspect.wire.inflate import DeflateParams
from wsinspect.wire.opcode import Direction, opcode_name
from wsinspect.wire.plain_frames import PlainFrames
from wsinspect.wire.unmasked import unmasked
from wsinspect.wire.violations import Violation, ViolationKind

__all__ = ["FrameBatch", "FrameDecoder", "PendingFrame"]

_TEXT = 0x81
_NOT_WHOLE = {
    False: re.compile(rb"[\x89\x8a]+|[^\x81\x82]"),
    True: re.compile(rb"[\x89\x8a]+|[^\x81\x82\xc1\xc2]"),
}
"""First bytes other than that of a whole text or binary message, by whether permessage-deflate was negotiated; those of
pings and pongs that follow each other at once."""
_PLAIN_RUN = re.compile(rb"[\x81\x82]+")
_COMPRESSED_RUN = re.compile(rb"[\xc1\xc2]+")
_MASKED = re.compile(rb"[\x80-\xff]")
_UNMASKED = re.compile(rb"[\x00-\x7f]")


class FrameDecoder:
    """Decodes one direction of one connection's byte stream."""

    def __init__(
        self,
        direction: Direction,
        *,
        deflate: DeflateParams | None = None,
        limits: Limits | None = None,
        collect_messages: bool = False,
    ) -> None:
        self._direction = direction
        limits = limits if limits is not None else Limits()
        self._reader = FrameReader(direction, deflate, limits, collect_messages=collect_messages)
        self._plain = PlainFrames(limits.message_bytes, collect_messages=collect_messages)
        self._heartbeats = HeartbeatFrames(direction, limits.control_payload_bytes)
        self._masked = direction is Direction.SENT
        self._shown: list[bytes] = []
        """What was fed, its payloads unmasked, in parts; only of what we send."""
        inflater = self._reader.inflater
        self._compressed: CompressedFrames | None = None
        if inflater is not None and direction is Direction.RECEIVED:
            self._compressed = CompressedFrames(
                inflater, limits.message_bytes, collect_messages=collect_messages
            )
        self._not_whole = _NOT_WHOLE[self._compressed is not None]
        self._wrong_masking = _MASKED if direction is Direction.RECEIVED else _UNMASKED
        self._one_by_one = direction is Direction.RECEIVED and not collect_messages
        self._offset = 0
        """Bytes of the stream that were fed."""
        self._start = 0
        """Offset in the stream of the frame that is pending."""
        self._head = b""
        """An incomplete header."""
        self._header: Header | None = None
        """The header of the frame that is pending."""
        self._missing = 0
        """Payload bytes that the pending frame still lacks."""

    @property
    def fed_bytes(self) -> int:
        """How many bytes of the stream were taken."""
        return self._offset

    @property
    def pending(self) -> PendingFrame | None:
        """The frame that has begun and not ended, if there is one."""
        header = self._header
        if header is None:
            if not self._head:
                return None
            return PendingFrame(self._start, self._head[:2], None, len(self._head), 0, ())
        received = header.payload_length - self._missing
        return PendingFrame(
            self._start,
            bytes((header.first, header.second)),
            header.payload_length,
            header.size + received,
            received,
            self._reader.violations,
        )

    def feed(self, data: bytes) -> FrameBatch:
        """Take the next bytes of the stream and return the frames that they complete."""
        return self.feed_some(data, len(data))[0]

    def feed_some(self, data: bytes, most_frames: int) -> tuple[FrameBatch, int]:
        """Take the next bytes of the stream up to the end of that many frames, if so many are complete.

        Returns the frames, and how many bytes were taken; the others are to be given again.
        """
        batch = FrameBatch()
        self._shown = []
        base, end = self._offset, len(data)
        position = 0
        if self._header is not None or self._head:
            position = self._continue_frame(data, 0, base, batch)
        elif self._is_one_ascii_text(data):
            self._add_column_entry(batch, _TEXT, end - 2, end - 2, base)
            position = end
        if position < end and self._header is None:
            found = find_boundaries(data, position, most_frames)
            if found.starts:
                self._add(data, found, base, batch)
            position = found.end
            if position < end and len(found.starts) < most_frames:
                position = self._continue_frame(data, position, base, batch)
        self._offset += position
        if self._masked:
            batch.unmasked = b"".join(self._shown)
        if self._header is not None and self._reader.violations:
            batch.broken = self.pending
        return batch, position

    def _is_one_ascii_text(self, data: bytes) -> bool:
        """Whether a chunk is one short unmasked text frame: the usual thing while a server is not in a hurry."""
        return (
            self._one_by_one
            and 2 <= len(data) <= 127
            and data[0] == _TEXT
            and data[1] == len(data) - 2
            and data[1:].isascii()
            and self._reader.between_messages
        )

    def finish(self, ending: str = "the stream ended") -> FrameBatch:
        """The stream is over: return a frame that was cut off, its length being the payload that arrived.

        `ending` says in words how it is over.
        """
        batch = FrameBatch()
        pending = self.pending
        if pending is None:
            return batch
        first, second = (*pending.header, 0)[:2]
        if pending.payload_length is None:
            text = f"{ending} after {pending.received} bytes of a frame's header"
        else:
            text = (
                f"{ending} inside a {opcode_name(first & 0x0F)} frame, "
                f"after {pending.payload_received} of {pending.payload_length} payload bytes"
            )
        self._add_column_entry(batch, first, second, pending.payload_received, self._start)
        batch.violations.extend((0, violation) for violation in pending.violations)
        batch.violations.append((0, Violation(ViolationKind.CUT_OFF, pending.received, text)))
        if self._reader.compressed:
            batch.compressed.append(0)
            if self._reader.context_lost:
                batch.not_inflated.append(0)
        self._head, self._header, self._missing = b"", None, 0
        return batch

    def _continue_frame(self, data: bytes, position: int, base: int, batch: FrameBatch) -> int:
        """Read on in the pending frame, or begin one, from `position`; return where it ends or the data does."""
        header = self._header
        began = position
        if header is None:
            known = len(self._head)
            if not known:
                self._start = base + position
            head = self._head + data[position : position + MAX_HEADER_SIZE - known]
            header = parse_header(head)
            if header is None:
                self._head = head
                self._shown.append(data[began:])
                return len(data)
            self._head = b""
            self._header = header
            self._missing = header.payload_length
            # What we sent is unmasked here, what a server masked, against the rules, where it is read.
            self._reader.begin(header._replace(masking_key=None) if self._masked else header)
            position += header.size - known
        take = min(self._missing, len(data) - position)
        self._missing -= take
        last = not self._missing
        part = b""
        if self._masked:
            part = data[position : position + take]
            if header.masking_key is not None:
                turn = (header.payload_length - self._missing - take) & 3
                part = unmask(part, header.masking_key[turn:] + header.masking_key[:turn])
            self._shown += (data[began:position], part)
        elif self._reader.wants_payload:
            part = data[position : position + take]
        if last or take:
            self._reader.take(part, batch, len(batch), last=last)
        if last:
            self._header = None
            self._add_column_entry(batch, header.first, header.second, header.payload_length, self._start)
        return position + take

    @staticmethod
    def _add_column_entry(batch: FrameBatch, first: int, second: int, length: int, start: int) -> None:
        batch.headers.append(first << 8 | second)
        batch.lengths.append(length)
        batch.starts.append(start)

    def _add(self, data: bytes, found: Boundaries, base: int, batch: FrameBatch) -> None:
        """Add complete frames to the batch and find out what they mean."""
        shift = len(batch)
        count = len(found.starts)
        if self._masked:
            shown = unmasked(data, found)
            self._shown.append(shown)
            # Offsets stay what they are, as only a frame that was begun before comes before these.
            data = data[: found.starts[0]] + shown if found.starts[0] else shown
        batch.headers.extend(headers_column(found.firsts, found.seconds))
        batch.lengths.extend(array("Q", found.lengths))
        batch.starts.extend(array("Q", [base + start for start in found.starts]))
        careful = self._careful(found)
        careful.append(count)
        index = cursor = 0
        while index < count:
            if self._reader.between_messages:
                while careful[cursor] < index:
                    cursor += 1
                stop = careful[cursor]
                if index < stop:
                    index = self._read_run(data, found, index, stop, batch, shift)
                    continue
            heartbeats = HEARTBEATS.match(found.firsts, index)
            if heartbeats is not None and not self._reader.closed:
                index = self._read_heartbeats(data, found, index, heartbeats.end(), batch, shift)
            else:
                self._read_carefully(data, found, index, batch, shift)
                index += 1

    def _read_heartbeats(
        self, data: bytes, found: Boundaries, index: int, stop: int, batch: FrameBatch, shift: int
    ) -> int:
        """Read the pings and pongs from `index` to before `stop`, and return that: `_careful` knows only where they begin."""
        while index < stop:
            index = self._heartbeats.read(data, found, index, stop, batch, shift)
            if index < stop:
                self._read_carefully(data, found, index, batch, shift)
                index += 1
        return stop

    def _read_run(
        self, data: bytes, found: Boundaries, index: int, stop: int, batch: FrameBatch, shift: int
    ) -> int:
        """Read whole messages from `index` on, as far as they are all compressed or all plain; return where they end."""
        firsts = found.firsts
        compressed = firsts[index] & 0x40
        if self._compressed is not None:
            run = (_COMPRESSED_RUN if compressed else _PLAIN_RUN).match(firsts, index, stop)
            stop = stop if run is None else run.end()
        if not compressed:
            careful = self._plain.read(data, found, index, stop, batch, shift)
        elif (
            self._compressed is not None
            and not self._reader.context_lost
            and stop - index >= SHORTEST_RUN
            and self._compressed.read(data, found, index, stop, batch, shift)
        ):
            careful = []
        else:
            careful = list(range(index, stop))
        for at in careful:
            self._read_carefully(data, found, at, batch, shift)
        return stop

    def _careful(self, found: Boundaries) -> list[int]:
        """Return the indices, ascending, of frames that need the careful reader whatever came before them.

        Of pings and pongs that follow each other it may be the first alone.
        """
        places: set[int] = set(found.wasteful)
        if found.firsts.translate(None, b"\x81\x82"):
            places.update(match.start() for match in self._not_whole.finditer(found.firsts))
        if self._direction is Direction.SENT or not found.seconds.isascii():
            places.update(match.start() for match in self._wrong_masking.finditer(found.seconds))
        return sorted(places)

    def _read_carefully(
        self, data: bytes, found: Boundaries, index: int, batch: FrameBatch, shift: int
    ) -> None:
        start, length = found.starts[index], found.lengths[index]
        second = found.seconds[index]
        body = start + HEADER_SIZES[second]
        key = data[body - 4 : body] if second >= 0x80 and not self._masked else None
        self._reader.begin(Header(found.firsts[index], second, body - start, length, key))
        part = data[body : body + length] if self._reader.wants_payload else b""
        self._reader.take(part, batch, shift + index, last=True)
