"""What is left to a process that gave up its rights; each test in a process of its own, because there is no way back."""

import os
import subprocess
import sys

import pytest

from sensor.probes.rights import BPF, KEPT

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to give up")


def ran(program: str) -> list[str]:
    whole = f"import os, subprocess; from sensor.probes.rights import give_up\n{program}"
    return subprocess.run([sys.executable, "-c", whole], capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.parametrize("asks", [True, False])
def test_the_right_to_ask_maps_is_kept_only_where_it_is_needed(asks: bool) -> None:
    kept = KEPT if asks else KEPT | {BPF}
    status = "print(open('/proc/self/status').read().partition('CapEff:')[2].split()[0])"

    assert ran(f"give_up(lambda: {asks})\n{status}") == [f"{sum(1 << one for one in kept):016x}"]


def test_a_program_that_is_executed_then_has_no_more() -> None:
    (effective,) = ran("give_up(lambda: True)\nsubprocess.run(['sed', '-n', 's/^CapEff:\\t//p', '/proc/self/status'])")

    assert int(effective, 16) == sum(1 << one for one in KEPT)


def test_who_gave_way_may_come_back() -> None:
    assert ran("give_up(lambda: True); os.nice(10); os.setpriority(os.PRIO_PROCESS, 0, 0); print(os.nice(0))") == ["0"]
