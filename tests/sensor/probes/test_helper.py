"""The helper that attaches, as a process; it is given nothing to attach."""

import os
import signal
from pathlib import Path

import pytest

from sensor.probes.helper import Helper


def test_that_it_has_ended_is_known() -> None:
    helper = Helper()
    assert not helper.ended
    os.kill(helper.pid, signal.SIGKILL)
    os.waitid(os.P_PID, helper.pid, os.WEXITED | os.WNOWAIT)

    assert helper.unseen == 0
    assert helper.ended
    helper.close()


def test_that_it_hangs_is_known_and_late_answers_are_not_taken_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.probes.helper._PATIENCE_S", 0.2)
    helper = Helper()
    os.kill(helper.pid, signal.SIGSTOP)

    assert helper.unseen == 0
    assert helper.ended
    os.kill(helper.pid, signal.SIGCONT)
    assert helper.unseen == 0
    assert helper.ended
    helper.close()
    assert not Path(f"/proc/{helper.pid}").exists()


def test_it_ends_when_it_is_let_go() -> None:
    helper = Helper()
    helper.close()

    assert not Path(f"/proc/{helper.pid}").exists()
