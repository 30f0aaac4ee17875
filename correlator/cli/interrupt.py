"""Ctrl-C that does not get lost.

Where Python code is called back from C (a serialiser, a subclass check, a destructor), a `KeyboardInterrupt` may be swallowed
there, and the work would go on. So it is raised again until it has arrived.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

AGAIN_S = 0.5
"""Seconds after which an interrupt that did not arrive is raised again."""


@contextmanager
def interruptible() -> Iterator[None]:
    """Let SIGINT end the block. For the main thread."""
    before = signal.signal(signal.SIGINT, _interrupt)
    try:
        yield
    finally:
        heard()
        signal.signal(signal.SIGINT, before)


def heard() -> None:
    """Tell that the interrupt has arrived, so that it is not raised again."""
    if signal.getsignal(signal.SIGALRM) is _interrupt:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGALRM, _interrupt)
    signal.setitimer(signal.ITIMER_REAL, AGAIN_S)
    raise KeyboardInterrupt
