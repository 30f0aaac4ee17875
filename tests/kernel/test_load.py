"""Programs into a real kernel: what it says of those that it does not take."""

from pathlib import Path

import pytest

from sensor.errors import ProbesUnusable
from sensor.probes import load
from sensor.probes.btf import VMLINUX
from sensor.probes.built import Built, Map, built, kept_at, place
from sensor.probes.compiler import PLACE
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


@pytest.mark.usefixtures("sensor")
def test_what_was_compiled_is_kept_and_what_is_broken_is_compiled_again(tmp_path: Path) -> None:
    if not PLACE.exists():
        pytest.skip("no BCC here")
    here = order(PROBES, VMLINUX.read_bytes(), tracepoints())
    (tmp_path / "probes-of-another-version.json").touch()
    assert kept_at(here, tmp_path) is None

    first = built(here, tmp_path)
    assert kept_at(here, tmp_path) == place(here, tmp_path)
    assert built(here, tmp_path) == first
    place(here, tmp_path).write_text("{")
    assert kept_at(here, tmp_path) is None
    assert built(here, tmp_path) == first
    assert [one.name for one in tmp_path.iterdir()] == [place(here, tmp_path).name]
