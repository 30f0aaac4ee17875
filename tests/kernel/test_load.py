"""Programs into a real kernel: what it says of those that it does not take."""

import pytest

from sensor.errors import ProbesUnusable
from sensor.probes import load
from sensor.probes.btf import VMLINUX
from sensor.probes.built import Built, Map, built, place
from sensor.probes.kernel import tracepoints
from sensor.probes.sensor import Sensor
from sensor.probes.source import order
from sensor.probes.table import PROBES, Hook

EXIT = b"\x95" + bytes(7)
RING = 27
"""BPF_MAP_TYPE_RINGBUF (linux/bpf.h)."""


@pytest.mark.usefixtures("sensor")
def test_the_words_of_the_verifier_are_told() -> None:
    with pytest.raises(ProbesUnusable, match=r"program bad: .*\n(.*\n)*.*R0 !read_ok"):
        load.programs(Built({}, {"bad": EXIT}), [Hook("bad", "here", "raw")], [], [])


@pytest.mark.usefixtures("sensor")
def test_a_map_that_cannot_be_made_is_told() -> None:
    with pytest.raises(ProbesUnusable, match="map narrow"):
        load.maps(Built({"narrow": Map(RING, 0, 0, 7, 0)}, {}), {})


def test_one_compilation_serves_kernels_with_other_tracepoints(sensor: Sensor) -> None:
    here = order(PROBES, VMLINUX.read_bytes(), tracepoints())
    other = order(PROBES, VMLINUX.read_bytes(), ["syscalls:sys_exit_openat"])

    assert place(other) == place(here)
    assert len(other.hooks) < len(here.hooks)
    assert set(built(here).programs) == {hook.function for probe in PROBES for hook in probe.hooks}
    assert sensor.unobserved == here.missing
