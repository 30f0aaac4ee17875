"""Ctrl-C arrives, also where something swallows it the first time."""

import signal
import time
from contextlib import suppress

import pytest

from correlator.cli.interrupt import AGAIN_S, heard, interruptible


def test_an_interrupt_that_was_swallowed_is_raised_again() -> None:
    def swallows() -> None:
        with suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        time.sleep(10)

    with pytest.raises(KeyboardInterrupt), interruptible():
        swallows()


def test_one_that_was_heard_is_not() -> None:
    before = signal.getsignal(signal.SIGINT)
    with interruptible():
        with suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        heard()
        time.sleep(AGAIN_S * 1.5)

    assert signal.getsignal(signal.SIGINT) is before
    assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
