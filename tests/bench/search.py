"""What processor time a filter takes to go over a million frames, and to its first ones, beside grep over the same texts.

Processor time, as it is all that either does: what else the machine has to do is left out.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.bench.bench_query import FRAMES, STEP_S, frames_log, text_of
from tests.bench.table import Row, best
from tests.peers.certificates import Certificates
from tests.wire.stream import KEY
from wsinspect.session.frame_log import FrameLog
from wsinspect.session.query import FilterScan, compile_filter
from wsinspect.session.query.expression_process import end_idle

FILTERS = (
    ("a literal that a frame in a million has", '"seq\\": 999999"', ["-F", '"seq": 999999']),
    ("a literal in every frame", "venue", ["-F", "venue"]),
    ("a regular expression that ten have", "/99999\\d,/", ["-P", "99999\\d,"]),
    ("a regular expression that a tenth has", '/"price": \\d*7,/i', ["-iP", '"price": \\d*7,']),
    ("a regular expression that every frame matches", "/^{.*}$/", ["-P", "^{.*}$"]),
)


def rows(_: Certificates, folder: Path) -> Iterator[Row]:
    """Measure what was received, then what was sent."""
    texts = folder / "texts"
    with texts.open("wb") as file:
        file.writelines(text_of(number) + b"\n" for number in range(FRAMES))
    grep = shutil.which("grep")
    if grep is None:
        sys.stderr.write("grep is not installed: searching stands alone\n")
    for title, key in (("received", None), ("sent, masked on the wire", KEY)):
        log = frames_log(key)
        for what, filter_text, options in FILTERS:
            took = best(partial(_all_ms, log, filter_text), smallest=True)
            theirs = None
            if grep is not None:
                command = [grep, "-c", *options, str(texts)]
                theirs = best(partial(_command_ms, command), smallest=True)
            yield Row(f"filter a million frames {title}: {what}", took, "ms", "grep -c", theirs, lower=True)
        took = best(partial(_first_ms, log, "venue"), smallest=True)
        yield Row(f"the first frames found among a million {title}", took, "ms")
        took = best(partial(_all_ms, log, "$.price > 99990"), smallest=True)
        yield Row(f"filter a million frames {title}: a JSON path that decodes each", took, "ms")
        log.close()


def _command_ms(command: list[str]) -> float:
    began_s = _children_s()
    # Not to nowhere: grep notices, and stops at the first match.
    subprocess.run(command, capture_output=True, check=False)
    return (_children_s() - began_s) * 1000


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _all_ms(log: FrameLog, text: str) -> float:
    scan = FilterScan(log, compile_filter(text))
    began, others_s = time.process_time(), _children_s()
    while not scan.step(STEP_S).done:
        pass
    took_s = time.process_time() - began
    # What is matched in a process of its own takes time, too.
    del scan
    end_idle()
    return (took_s + _children_s() - others_s) * 1000


def _first_ms(log: FrameLog, text: str) -> float:
    scan = FilterScan(log, compile_filter(text))
    began = time.process_time()
    while not scan.step(STEP_S).found:
        pass
    return (time.process_time() - began) * 1000
