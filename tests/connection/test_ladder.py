"""The whole ladder: which rungs are climbed, in which order, and that no rung leaves anything behind."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory

from tests.connection.peer import (
    Seen,
    accept,
    close_frame,
    hang_up_soon,
    opened,
    peer,
    read_frame,
    request_of,
    reset,
)
from tests.connection.test_manager import ENDS, holds_promises, others
from tests.connection.tls_peers import server_context
from tests.peers.certificates import Certificates
from wsinspect.connection.manager import ConnectionManager
from wsinspect.events import (
    AddressConnected,
    BytesReceived,
    Event,
    FailureKind,
    Layer,
    NameResolved,
    ProxyBypassed,
    ProxyChosen,
    ReadyState,
    Step,
    StepFailed,
    StepStarted,
    StepSucceeded,
    StreamEnded,
    StreamReset,
    TargetParsed,
)
from wsinspect.options import ConnectOptions

Reader = asyncio.StreamReader
Writer = asyncio.StreamWriter


async def run(options: ConnectOptions, environ: dict[str, str] | None = None) -> Seen:
    seen = Seen()
    async with asyncio.timeout(60):
        await ConnectionManager(options, seen, environ=environ or {}).run()
    holds_promises(seen)
    return seen


def rungs(seen: Seen) -> list[Step]:
    return [event.step for event in seen.of(StepStarted)]


async def proxied(reader: Reader, writer: Writer) -> None:
    """A proxy that is its own target."""
    assert (await request_of(reader)).startswith(b"CONNECT target.invalid:80 HTTP/1.1\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    await accept(reader, writer)
    writer.write(close_frame())
    await read_frame(reader)


async def test_a_plain_connection_climbs_neither_proxy_nor_tls() -> None:
    async with peer(opened(close_frame(), then="fin")) as port:
        seen = await run(ConnectOptions(url=f"ws://127.0.0.1:{port}/a"))
    assert rungs(seen) == [Step.URL, Step.RESOLVE, Step.TCP, Step.UPGRADE, Step.OPEN]
    assert seen.one(TargetParsed).request_target == "/a"
    names = seen.names()
    assert names[:4] == ["AttemptStarted", "StepStarted", "TargetParsed", "StepSucceeded"]
    opening = names.index("ReadyStateChanged")
    assert names[opening - 1 : opening + 2] == ["StepSucceeded", "ReadyStateChanged", "StepStarted"]


@pytest.mark.parametrize("source", ["-x", "http_proxy"])
async def test_through_a_proxy(source: str) -> None:
    async with peer(proxied) as port:
        proxy = f"http://127.0.0.1:{port}"
        seen = await run(
            ConnectOptions(url="ws://target.invalid/", proxy=proxy if source == "-x" else None),
            {} if source == "-x" else {source: proxy},
        )
    assert rungs(seen) == [Step.URL, Step.RESOLVE, Step.TCP, Step.PROXY, Step.UPGRADE, Step.OPEN]
    chosen = seen.one(ProxyChosen)
    assert (chosen.source, chosen.port) == (source, port)
    assert seen.one(NameResolved).host == "127.0.0.1"
    names = seen.names()
    assert names.index("TargetParsed") < names.index("ProxyChosen") < names.index("NameResolved")
    assert seen.of(StepSucceeded)[-1].step is Step.OPEN


async def test_an_exception_from_the_proxy_is_recorded() -> None:
    async with peer(opened(close_frame(), then="fin")) as port:
        environ = {"http_proxy": "http://127.0.0.1:1", "no_proxy": "127.0.0.1"}
        seen = await run(ConnectOptions(url=f"ws://127.0.0.1:{port}/"), environ)
        assert seen.one(ProxyBypassed).rule == "127.0.0.1"
        none = await run(ConnectOptions(url=f"ws://127.0.0.1:{port}/", proxy=""), environ)
    assert not none.of(ProxyBypassed)
    assert seen.of(StepSucceeded)[-1].step is none.of(StepSucceeded)[-1].step is Step.OPEN


async def test_a_proxy_that_is_none_is_our_configuration() -> None:
    seen = await run(ConnectOptions(url="ws://target.invalid/", proxy="gopher://x"))
    failed = seen.one(StepFailed)
    assert (failed.step, failed.kind, failed.code) == (Step.URL, FailureKind.LOCAL_CONFIGURATION, "proxy")


async def test_a_proxys_end_is_recorded_before_its_step_fails() -> None:
    async with peer(hang_up_soon) as port:
        seen = await run(ConnectOptions(url="ws://target.invalid/", proxy=f"http://127.0.0.1:{port}"))
    assert (seen.one(StepFailed).step, seen.one(StepFailed).kind) == (Step.PROXY, FailureKind.STREAM_ENDED)
    assert seen.one(StreamEnded).seq < seen.one(StepFailed).seq


async def test_a_unix_socket(tmp_path: Path) -> None:
    async def script(reader: Reader, writer: Writer) -> None:
        await opened(close_frame(), then="fin")(reader, writer)
        writer.close()

    server = await asyncio.start_unix_server(script, tmp_path / "s")
    async with server:
        seen = await run(
            ConnectOptions(url=f"ws+unix://{tmp_path}/s:/a"), {"http_proxy": "http://127.0.0.1:1"}
        )
    assert seen.one(AddressConnected).address.family == "unix"
    assert seen.of(StepSucceeded)[-1].step is Step.OPEN


async def secured(
    script: Callable[[Reader, Writer], Awaitable[None]], context: ssl.SSLContext
) -> asyncio.Server:
    async def serve_one(reader: Reader, writer: Writer) -> None:
        try:
            await script(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    return await asyncio.start_server(serve_one, "127.0.0.1", 0, ssl=context)


async def test_over_tls(certificates: Certificates) -> None:
    async def script(reader: Reader, writer: Writer) -> None:
        await accept(reader, writer)
        writer.write(close_frame())
        await read_frame(reader)

    async with await secured(script, server_context(certificates.leaf)) as server:
        port = server.sockets[0].getsockname()[1]
        seen = await run(
            ConnectOptions(
                url=f"wss://127.0.0.1:{port}/", server_name="localhost", ca_file=str(certificates.root)
            )
        )
    assert rungs(seen) == [Step.URL, Step.RESOLVE, Step.TCP, Step.TLS, Step.UPGRADE, Step.OPEN]
    assert seen.of(StepSucceeded)[-1].step is Step.OPEN


async def test_a_reset_during_tls_is_recorded_before_its_step_fails() -> None:
    async def script(reader: Reader, writer: Writer) -> None:
        await reader.read(100)
        reset(writer)

    async with peer(script) as port:
        seen = await run(ConnectOptions(url=f"wss://127.0.0.1:{port}/"))
    assert (seen.one(StepFailed).step, seen.one(StepFailed).kind) == (Step.TLS, FailureKind.RESET)
    assert seen.one(StreamReset).seq < seen.one(StepFailed).seq


async def test_a_plain_answer_to_tls_fails_and_frees_the_socket() -> None:
    left = asyncio.Event()

    async def script(reader: Reader, writer: Writer) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        try:
            await reader.read()
        finally:
            left.set()

    async with peer(script) as port, asyncio.timeout(60):
        seen = await run(ConnectOptions(url=f"wss://127.0.0.1:{port}/"))
        await left.wait()
    assert (seen.one(StepFailed).step, seen.one(StepFailed).kind) == (Step.TLS, FailureKind.TLS_PLAINTEXT)


@pytest.mark.parametrize("end", ENDS)
async def test_an_end_at_any_event_of_a_tls_connection_through_a_proxy(
    end: str, certificates: Certificates
) -> None:
    """The wish to end it comes after each event in turn, also while the tunnel and TLS are being made."""

    async def target(reader: Reader, writer: Writer) -> None:
        await accept(reader, writer)
        writer.write(close_frame())
        await read_frame(reader)

    async with await secured(target, server_context(certificates.leaf)) as server:

        async def tunnel(reader: Reader, writer: Writer) -> None:
            await request_of(reader)
            port = server.sockets[0].getsockname()[1]
            below, above = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            try:
                await asyncio.gather(relay(reader, above), relay(below, writer))
            finally:
                above.close()

        async with peer(tunnel) as port, asyncio.timeout(30):
            options = ConnectOptions(
                url="wss://localhost/",
                proxy=f"http://127.0.0.1:{port}",
                ca_file=str(certificates.root),
                close_timeout_s=0.2,
            )
            whole = await run(options)
            assert whole.of(StepSucceeded)[-1].step is Step.OPEN
            for position in range(1, len(whole), 2):
                await ended_after(position, options, end)


async def relay(reader: Reader, writer: Writer) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
    except ConnectionError:
        return
    finally:
        writer.close()


async def ended_after(position: int, options: ConnectOptions, end: str) -> None:
    seen = Seen()

    def sink(event: Event) -> None:
        seen(event)
        if len(seen) == position:
            ENDS[end](manager, running)

    manager = ConnectionManager(options, sink, environ={})
    running: asyncio.Future[None] = asyncio.ensure_future(manager.run())
    await asyncio.wait({running})
    await manager.shutdown()
    holds_promises(seen)
    assert manager.ready_state is ReadyState.CLOSED
    assert not others(), f"after event {position}"


@pytest.mark.parametrize("bits", [None, 9, 12, 15])
@pytest.mark.parametrize("takeover", [True, False])
async def test_compression_with_a_real_server(bits: int | None, takeover: bool) -> None:
    factory = ServerPerMessageDeflateFactory(
        server_no_context_takeover=not takeover,
        client_no_context_takeover=not takeover,
        server_max_window_bits=bits,
        client_max_window_bits=bits,
    )
    texts = ["", "x" * 200_000, "ελληνικά" * 5000, "ελληνικά" * 5000]
    got: list[bool] = []

    async def ask(server: ServerConnection) -> None:
        for text in texts:
            await server.send([text[: len(text) // 2], text[len(text) // 2 :]])
            got.append(await server.recv() == text)

    async with serve(ask, "127.0.0.1", 0, compression=None, extensions=[factory]) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        seen = Seen()
        manager = ConnectionManager(
            ConnectOptions(url=f"ws://127.0.0.1:{port}/"),
            seen,
            environ={},
            on_message=lambda _, payload: manager.send_text(payload.decode(), fragments=3),
        )
        async with asyncio.timeout(60):
            await manager.run()
    assert got == [True] * len(texts)
    head = b"".join(event.data for event in seen.of(BytesReceived) if event.layer is Layer.HTTP)
    assert b"permessage-deflate" in head
    assert seen.of(StepSucceeded)[-1].step is Step.OPEN


async def test_refused_urls_are_one_step() -> None:
    seen = await run(ConnectOptions(url="ws://host/#x"))
    assert (seen.one(StepFailed).step, seen.one(StepFailed).code) == (Step.URL, "fragment")
