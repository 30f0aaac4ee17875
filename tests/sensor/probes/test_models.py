"""Where processes have their models."""

import pytest

from sensor.event import ProcessExited, ProcessId, ProcessStarted
from sensor.probes import models
from sensor.probes.lineage import Lineage
from sensor.probes.models import ModelServers

AGENT, TOOL, DEEPER = (ProcessId(boot_id="b", pid=pid, started_ns=pid) for pid in (1, 2, 3))


class Seen:
    """What is known after some births and ends."""

    def __init__(self) -> None:
        self.lineage = Lineage()
        self.models = ModelServers(self.lineage)

    def born(self, process: ProcessId, parent: ProcessId) -> None:
        self.take(
            ProcessStarted(session="", source="kernel", position=1, process=process, parent=parent, executable="")
        )

    def ended(self, process: ProcessId) -> None:
        self.take(ProcessExited(session="", source="kernel", position=2, process=process))

    def take(self, event: ProcessStarted | ProcessExited) -> None:
        self.lineage.take(event)
        self.models.take(event)


def test_the_first_server_that_a_process_talks_with_as_with_a_model_has_its_model() -> None:
    seen = Seen()
    assert seen.models.is_its(AGENT, "https://a")
    assert seen.models.is_its(AGENT, "https://a")
    assert not seen.models.is_its(AGENT, "https://b")
    assert seen.models.is_its(TOOL, "https://b")  # which is nobody's child


def test_a_child_has_its_model_where_who_started_it_has_whoever_talked_first() -> None:
    seen = Seen()
    seen.born(TOOL, AGENT)
    assert seen.models.is_its(TOOL, "https://b")
    assert seen.models.is_its(AGENT, "https://a")
    assert not seen.models.is_its(TOOL, "https://b")
    assert seen.models.is_its(TOOL, "https://a")


def test_who_is_born_of_a_child_that_is_gone_has_it_there_too() -> None:
    seen = Seen()
    seen.models.is_its(AGENT, "https://a")
    seen.born(TOOL, AGENT)
    seen.born(DEEPER, TOOL)
    seen.ended(TOOL)
    assert not seen.models.is_its(DEEPER, "https://b")


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "MOST", 1)
    seen = Seen()
    assert seen.models.is_its(AGENT, "https://a")
    assert seen.models.is_its(TOOL, "https://b")
    assert seen.models.is_its(AGENT, "https://b")
