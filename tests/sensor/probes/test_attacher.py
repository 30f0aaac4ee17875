"""The helper that attaches, as a process; it is given nothing to attach."""

import os
import signal
from pathlib import Path

from sensor.probes.attacher import Attacher


def test_that_it_has_ended_is_known() -> None:
    attacher = Attacher()
    assert not attacher.ended
    os.kill(attacher.pid, signal.SIGKILL)
    os.waitid(os.P_PID, attacher.pid, os.WEXITED | os.WNOWAIT)

    assert attacher.unseen == 0
    assert attacher.ended
    attacher.close()


def test_it_ends_when_it_is_let_go() -> None:
    attacher = Attacher()
    attacher.close()

    assert not Path(f"/proc/{attacher.pid}").exists()
