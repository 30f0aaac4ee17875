"""What did not fit is counted by type, exactly, and told as an event."""

from collections import Counter
from pathlib import Path

import pytest

from sensor.event import EventsLost, ProcessExited, ProcessStarted
from sensor.probes.observation import gaps, observed
from sensor.probes.origin import Origin
from sensor.probes.record import Count, Type
from sensor.probes.sensor import Sensor
from sensor.probes.source import Sizes
from tests.kernel.conftest import python

OPENS = 20_000
FLOOD = f"""
import os, sys
for number in range({OPENS}):
    os.close(os.open(f"{{sys.argv[1]}}{{number}}", os.O_WRONLY | os.O_CREAT))
"""


@pytest.mark.usefixtures("sensor")
def test_read_and_lost_are_together_what_was_done(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.write_text("")
    with Sensor(sizes=Sizes(bulk_pages=16)) as small:
        process = small.launch(python(FLOOD, str(place)))
        process.wait()
        records = small.records()
        attempted, lost = (small.count(Type.OPENED, what) for what in (Count.ATTEMPTED, Count.LOST))
        events = list(gaps(small, Origin.here()))
        again = list(gaps(small, Origin.here()))

    read = Counter(Type(record.type) for record in records)
    assert lost > 0
    assert read[Type.OPENED] + lost == attempted
    # The start of the interpreter opens some files more, which are what is left without the flood.
    assert OPENS < attempted < OPENS + 500
    assert [(event.where, event.count) for event in events] == [("kernel ring (opened)", lost)]
    assert again == []
    # The other ring had room: life-cycle is not lost with the rest.
    assert read[Type.EXECUTED] == read[Type.EXITED] == 1


@pytest.mark.usefixtures("sensor")
def test_a_gap_in_the_numbers_of_a_processor_is_a_loss(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.write_text("")
    with Sensor(sizes=Sizes(bulk_pages=16)) as small:
        small.launch(python(FLOOD, str(place))).wait()
        records = small.records()
        counted = {kind: small.count(kind, Count.LOST) for kind in Type}
        attempted = sum(small.count(kind, Count.ATTEMPTED) for kind in Type)
    processors = {record.processor: 0 for record in records}
    for record in records:
        processors[record.processor] = max(processors[record.processor], record.sequence + 1)

    gaps = sum(processors.values()) - len(records)
    # What was lost behind the last record that was read leaves no gap.
    assert 0 < gaps <= sum(counted.values()) == attempted - len(records)


@pytest.mark.usefixtures("sensor")
def test_children_for_which_the_scope_has_no_room_are_counted() -> None:
    script = "for i in 1 2 3 4 5 6; do sleep 0.2 & done; wait"
    with Sensor(sizes=Sizes(scope=4)) as small:
        small.launch(["/bin/sh", "-c", script]).wait()
        events = list(gaps(small, Origin.here()))

    (scope,) = (event for event in events if event.where == "kernel scope (processes)")
    assert isinstance(scope, EventsLost)
    assert 2 <= scope.count <= 3


def test_a_command_is_observed_until_it_ends(sensor: Sensor) -> None:
    list(gaps(sensor, Origin.here()))  # what other tests have left
    events = list(observed(sensor, sensor.launch(["/bin/sh", "-c", "sleep 0.3; /bin/true"]), Origin.here()))

    assert isinstance(events[0], ProcessStarted)
    assert isinstance(events[-1], ProcessExited)
    assert [one.executable.rpartition("/")[2] for one in events if isinstance(one, ProcessStarted) and one.executable] == [
        "sh", "sleep", "true"
    ]  # fmt: skip
