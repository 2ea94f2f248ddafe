"""Parallel: the same call on many pieces, side by side, answers in order."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

One = TypeVar("One")
Answer = TypeVar("Answer")

_here = threading.local()


def in_threads(call: Callable[[One], Answer], pieces: Iterable[One]) -> Iterator[Answer]:
    """Yield ``call`` of each piece, in order; as many at a time as there are processors.

    It pays where the call leaves the interpreter, as large numpy operations do. No more answers
    than twice the processors wait to be taken. A call from inside one of these threads makes no
    more of them: its pieces follow one another.
    """
    waiting = list(pieces)
    n = 1 if hasattr(_here, "is_busy") else min(_processors(), len(waiting))
    if n < 2:
        yield from map(call, waiting)
        return
    with ThreadPoolExecutor(n, initializer=_begin) as pool:
        ahead = [pool.submit(call, piece) for piece in waiting[: 2 * n]]
        for piece in [*waiting[2 * n :], *[None] * len(ahead)]:
            first = ahead.pop(0)
            if piece is not None:
                ahead.append(pool.submit(call, piece))
            yield first.result()


@contextmanager
def one_openmp_thread() -> Iterator[None]:
    """Let the OpenMP loops that this thread begins run in it alone, once their library is loaded.

    Loops of some milliseconds lose more by waiting for each other than they win, many times more
    where the processors have other work; several of them go side by side with ``in_threads``.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="openmp"):
        yield


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let linear algebra run in one thread, whose idle others would spin while they wait.

    For matrices of some thousand rows the second thread costs more than it gives.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):
        yield


def _begin() -> None:
    """Mark the thread as one of several that are at work."""
    _here.is_busy = True


def _processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
