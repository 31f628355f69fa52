"""Exceptions that nobody awaits come to one place, those of ours apart from those of the world."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading

import pytest

from wsinspect.stray_errors import StrayErrors


def boom(error: Exception) -> None:
    raise error


class Caught:
    """What was told."""

    def __init__(self) -> None:
        self.strays = StrayErrors()
        self.mistakes: list[Exception] = []
        self.troubles: list[Exception] = []
        self.strays.on_mistake = self.mistakes.append
        self.strays.on_trouble = self.troubles.append


async def test_of_a_loop() -> None:
    caught = Caught()
    caught.strays.watch()
    loop = asyncio.get_running_loop()
    loop.call_soon(boom, KeyError("a"))
    loop.call_soon(boom, ConnectionResetError(104, "reset"))
    loop.call_exception_handler({"message": "no exception with it"})

    async def later() -> None:
        raise ValueError("b")

    forgotten = loop.create_task(later())
    await asyncio.wait({forgotten})
    del forgotten
    gc.collect()
    await asyncio.sleep(0)
    assert [repr(one) for one in caught.mistakes] == [
        *("RuntimeError('no exception with it')", "KeyError('a')", "ValueError('b')")
    ]
    assert [type(one) for one in caught.troubles] == [ConnectionResetError]
    assert caught.strays.mistake is caught.mistakes[0]
    with pytest.raises(RuntimeError, match="no exception with it"):
        caught.strays.raise_mistake()


async def test_of_a_thread_are_told_in_the_loops_own() -> None:
    caught = Caught()
    told_in: list[int] = []
    happened = asyncio.Event()

    def told(error: Exception) -> None:
        told_in.append(threading.get_ident())
        happened.set()

    caught.strays.on_mistake = told
    with caught.strays:
        caught.strays.watch()
        threading.Thread(target=boom, args=(KeyError("a"),)).start()
        await asyncio.wait_for(happened.wait(), 60)
    assert told_in == [threading.get_ident()]


def test_of_threads_and_finalisers_and_the_hooks_are_put_back() -> None:
    before = threading.excepthook, sys.unraisablehook
    caught = Caught()

    class Finalised:
        def __del__(self) -> None:
            boom(ValueError("b"))

    with caught.strays:
        for error in (KeyError("a"), EOFError("c")):
            thread = threading.Thread(target=boom, args=(error,))
            thread.start()
            thread.join()
        leaves = threading.Thread(target=sys.exit)
        leaves.start()
        leaves.join()
        Finalised()
    assert [type(one) for one in caught.mistakes] == [KeyError, ValueError]
    assert [type(one) for one in caught.troubles] == [EOFError]
    assert (threading.excepthook, sys.unraisablehook) == before


def test_nothing_to_raise() -> None:
    Caught().strays.raise_mistake()
