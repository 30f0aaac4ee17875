"""The helper that attaches, as a process; it is given nothing to attach."""

import os
import signal
from pathlib import Path

import pytest

from sensor.probes.attacher import Attacher


def test_that_it_has_ended_is_known() -> None:
    attacher = Attacher()
    assert not attacher.ended
    os.kill(attacher.pid, signal.SIGKILL)
    os.waitid(os.P_PID, attacher.pid, os.WEXITED | os.WNOWAIT)

    assert attacher.unseen == 0
    assert attacher.ended
    attacher.close()


def test_that_it_hangs_is_known_and_late_answers_are_not_taken_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.probes.attacher._PATIENCE_S", 0.2)
    attacher = Attacher()
    os.kill(attacher.pid, signal.SIGSTOP)

    assert attacher.unseen == 0
    assert attacher.ended
    os.kill(attacher.pid, signal.SIGCONT)
    assert attacher.unseen == 0
    assert attacher.ended
    attacher.close()
    assert not Path(f"/proc/{attacher.pid}").exists()


def test_it_ends_when_it_is_let_go() -> None:
    attacher = Attacher()
    attacher.close()

    assert not Path(f"/proc/{attacher.pid}").exists()
