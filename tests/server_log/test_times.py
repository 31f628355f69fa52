"""When a line was written, read from lines as the products write them."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime

import pytest

from wsinspect.server_log.times import Moment, stamp_of, zone_shift_s

NOON = 1_714_564_800
"""2024-05-01 12:00:00 UTC."""
NEAR = (NOON + 2100) * 10**9
SECOND, MILLI, MICRO = 10**9, 10**6, 10**3


def two_hours_east(moment: Moment) -> int:
    return calendar.timegm(moment) - 7200


LOCAL = [
    ("2024/05/01 14:34:56 [error] 29#29: *1 connect() failed (111: Connection refused) while connecting to upstream", "12:34:56", SECOND),
    ("[Wed May 01 14:34:56.123456 2024] [proxy:error] [pid 9] (111)Connection refused: AH00957", "12:34:56.123456", MICRO),
    ("[Wed May  1 14:34:56 2024] [error] [client 127.0.0.1] File does not exist", "12:34:56", SECOND),
    ("127.0.0.1:33318 [01/May/2024:14:34:56.655] fe be/<NOSRV> 0/-1/-1/-1/0 503 217 - - SC-- 1/1/0/0/0 0/0", "12:34:56.655", MILLI),
    ("May  1 14:34:56 lb1 haproxy[14389]: 10.0.1.2:33317 [01/May/2024:14:34:55.655] fe be/s1 10/0/30/69/109 101", "12:34:56", SECOND),
    ("<134>May  1 14:34:56 lb1 haproxy[14389]: Server be/s1 is DOWN", "12:34:56", SECOND),
    ("2024-05-01 14:34:56,789 ERROR app.ws Traceback follows", "12:34:56.789", MILLI),
    ("ERROR:2024-05-01 14:34:56,789:websockets.server: connection handler failed", "12:34:56.789", MILLI),
    ("2024/05/01 14:34:56.123456 http: TLS handshake error from 127.0.0.1:5", "12:34:56.123456", MICRO),
    ("E0501 14:34:56.123456   12345 proxy.go:12] upgrade failed", "12:34:56.123456", MICRO),
    ("01-May-2024 14:34:56.789 SEVERE [http-nio-8080-exec-1] org.apache.tomcat.websocket", "12:34:56.789", MILLI),
    ("[01-May-2024 14:34:56] WARNING: [pool www] child 7 exited", "12:34:56", SECOND),
    ("1:M 01 May 2024 14:34:56.789 * Ready to accept connections", "12:34:56.789", MILLI),
    ("May 01, 2024 2:34:56 PM org.apache.catalina.core.StandardWrapperValve invoke", "12:34:56", SECOND),
    ("14:34:56.789 [error] #PID<0.1.0> running MyApp.Endpoint terminated", "12:34:56.789", MILLI),
    ("[14:34:56] websocket closed", "12:34:56", SECOND),
    ("web-1  | 14:34:56.789 [info] GET /socket", "12:34:56.789", MILLI),
    ('{"level":"error","time":"2024-05-01 14:34:56.789","msg":"upgrade"}', "12:34:56.789", MILLI),
]  # fmt: skip
ZONED = [
    ('127.0.0.1 - - [01/May/2024:14:34:56 +0200] "GET /ws HTTP/1.1" 502 157 "-" "curl/8"', "12:34:56", SECOND),
    ("2024-05-01T12:34:56.789012345Z stderr F Error: boom", "12:34:56.789012", 1),
    ("2024-05-01T14:34:56+02:00 app started", "12:34:56", SECOND),
    ("2024-05-01 07:04:56.789 -0530 LOG: x", "12:34:56.789", MILLI),
    ("2024-05-01 12:34:56.789 UTC [12] FATAL:  too many connections", "12:34:56.789", MILLI),
    ("<165>1 2024-05-01T12:34:56.003Z host app 12 ID47 - message", "12:34:56.003", MILLI),
    ("[2024-05-01T12:34:56.310Z] \"GET /ws HTTP/1.1\" 101 - 0 0", "12:34:56.310", MILLI),
    ('time="2024-05-01T12:34:56Z" level=error msg="bad gateway"', "12:34:56", SECOND),
    ("I, [2024-05-01T12:34:56.789012Z #123]  INFO -- : Started GET", "12:34:56.789012", MICRO),
    ('{"log":"upstream refused\\n","stream":"stderr","time":"2024-05-01T12:34:56.5Z"}', "12:34:56.5", 10**8),
    ('{"level":30,"time":1714566896789,"msg":"incoming request"}', "12:34:56.789", MILLI),
    ('{"level":"error","ts":1714566896.7890001,"logger":"http.log.error"}', "12:34:56.789", MICRO),
    ('{"@timestamp":"2024-05-01T12:34:56.789Z","request":{"time":"1999-01-01"}}', "12:34:56.789", MILLI),
    ('{"timestamp":"1714566896","a":1}', "12:34:56", SECOND),
    ("1714566896.789    310 10.1.1.1 TCP_TUNNEL/503 0 CONNECT a.example:443", "12:34:56.789", MILLI),
    ("[1714566896789] closing", "12:34:56.789", MILLI),
    ("wss 2024-05-01T12:34:56.789012Z app/my-lb/50dc 10.0.0.140:40914 10.0.1.192:8010 0.001", "12:34:56.789012", MICRO),
]  # fmt: skip


def clock(wall_ns: int) -> str:
    seconds, rest = divmod(wall_ns, 10**9)
    return f"{datetime.fromtimestamp(seconds, tz=UTC):%Y-%m-%d %H:%M:%S}.{rest:09}"


def utc(short: str) -> str:
    whole, _, fraction = short.partition(".")
    return f"2024-05-01 {whole}.{fraction:0<9}"


@pytest.mark.parametrize(("line", "expected", "precision"), LOCAL)
def test_a_time_without_a_zone_is_a_local_one(line: str, expected: str, precision: int) -> None:
    stamp = stamp_of(line, NEAR, two_hours_east)
    assert stamp is not None
    assert (clock(stamp.wall_ns), stamp.precision_ns, stamp.zoned) == (utc(expected), precision, False)


@pytest.mark.parametrize(("line", "expected", "precision"), ZONED)
def test_a_time_with_a_zone_needs_no_assumption(line: str, expected: str, precision: int) -> None:
    stamp = stamp_of(line, NEAR, two_hours_east)
    assert stamp is not None
    assert clock(stamp.wall_ns)[:26] == utc(expected)[:26]
    assert (stamp.precision_ns, stamp.zoned) == (precision, True)


@pytest.mark.parametrize(
    "line",
    [
        "INFO:     127.0.0.1:51000 - \"WebSocket /ws\" 403",
        "Traceback (most recent call last):",
        "panic: runtime error: index out of range [5] with length 3",
        "goroutine 1 [running]:",
        "2024/13/45 12:34:56 no such day",
        "2024-02-30 12:34:56 no such day either",
        "25:61:99 no such time",
        "192.168.100.200 said 12:34:56",
        "1234567890123456789012 is a number",
        "1034567890 is a number of 2002",
        '{"time": true, "ts": null, "timestamp": "soon"}',
        '{"time": "2024-05-01T12:34',
        "{",
        "",
        "Feb 31 12:00:00 host app: x",
        "x" * 5000 + " 2024-05-01T12:34:56Z",
    ],
)  # fmt: skip
def test_what_states_no_time_has_none(line: str) -> None:
    found = stamp_of(line, NEAR, two_hours_east)
    assert found is None or line.startswith('{"time": "2024')


def test_the_year_that_syslog_leaves_out_is_the_nearest() -> None:
    new_year = calendar.timegm((2025, 1, 1, 0, 0, 5)) * 10**9
    stamp = stamp_of("Dec 31 23:59:58 host app: bye", new_year, calendar.timegm)
    assert stamp is not None
    assert clock(stamp.wall_ns).startswith("2024-12-31 23:59:58")
    leap = stamp_of("Feb 29 12:00:00 host app: x", calendar.timegm((2024, 3, 1, 0, 0, 0)) * 10**9, calendar.timegm)  # fmt: skip
    assert leap is not None
    assert clock(leap.wall_ns).startswith("2024-02-29")


def test_the_day_that_a_clock_leaves_out_is_the_nearest() -> None:
    midnight = calendar.timegm((2024, 5, 2, 0, 0, 1)) * 10**9
    stamp = stamp_of("23:59:59.900 closing", midnight, calendar.timegm)
    assert stamp is not None
    assert clock(stamp.wall_ns).startswith("2024-05-01 23:59:59.9")


def test_the_first_time_of_a_line_is_its_own() -> None:
    stamp = stamp_of(
        "2024-05-01 12:00:00 session from [30/Apr/2024:10:00:00 +0000] ends", NEAR, calendar.timegm
    )
    assert stamp is not None
    assert clock(stamp.wall_ns).startswith("2024-05-01 12:00:00")


@pytest.mark.parametrize(
    ("behind_s", "shift_s"),
    [(0.4, 0), (7200.9, 7200), (-19_799.5, -19_800), (20_700, 20_700), (1234, None), (60 * 3600, None)],
)
def test_clocks_that_differ_by_quarters_of_an_hour_are_in_other_zones(
    behind_s: float, shift_s: int | None
) -> None:
    assert zone_shift_s(NEAR - int(behind_s * 1e9), NEAR, 3) == shift_s
