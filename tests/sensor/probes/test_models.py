"""Where processes have their models."""

from collections.abc import Sequence

import pytest

from sensor.event import ProcessExited, ProcessId, ProcessStarted
from sensor.probes import models
from sensor.probes.lineage import Lineage
from sensor.probes.models import ModelServers

AGENT, TOOL, DEEPER = (ProcessId(boot_id="b", pid=pid, started_ns=pid) for pid in (1, 2, 3))


class Seen:
    """What is known after some births and ends."""

    def __init__(self, named: Sequence[str] = ()) -> None:
        self.lineage = Lineage()
        self.models = ModelServers(self.lineage, named)

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
    assert seen.models.is_its(AGENT, "a")
    assert seen.models.is_its(AGENT, "a")
    assert not seen.models.is_its(AGENT, "b")
    assert seen.models.is_its(TOOL, "b")  # which is nobody's child


def test_a_host_is_the_same_however_it_is_written() -> None:
    seen = Seen()
    seen.models.is_its(AGENT, "api.example.com")
    assert seen.models.is_its(AGENT, "API.example.com:443")
    assert seen.models.is_its(AGENT, "api.example.com.")
    assert not seen.models.is_its(AGENT, "api.example.com:80")
    assert seen.models.is_its(AGENT, "api.example.com:80", secured=False)
    assert not seen.models.is_its(AGENT, "evil@api.example.com")


def test_a_host_that_is_named_as_a_models_is_anybodys() -> None:
    seen = Seen(named=["LLM.example.com:8443"])
    seen.models.is_its(AGENT, "a")
    assert seen.models.is_its(AGENT, "llm.example.com:8443")
    assert seen.models.is_its(AGENT, "a")


def test_who_refuses_or_sends_elsewhere_is_not_the_model_for_ever() -> None:
    seen = Seen()
    assert not seen.models.is_its(AGENT, "a", answered=False)
    assert seen.models.is_its(AGENT, "b")
    assert seen.models.is_its(AGENT, "b", answered=False)


def test_a_child_has_its_model_where_who_started_it_has_whoever_talked_first() -> None:
    seen = Seen()
    seen.born(TOOL, AGENT)
    assert not seen.models.is_its(TOOL, "b")  # the first that a child says is looked through
    assert seen.models.is_its(TOOL, "b")
    assert seen.models.is_its(AGENT, "a")
    assert not seen.models.is_its(TOOL, "b")
    assert seen.models.is_its(TOOL, "a")


@pytest.mark.parametrize("talks", ["before", "after"])
@pytest.mark.parametrize("gone", [(TOOL,), (TOOL, AGENT)])
def test_who_is_born_of_a_child_that_is_gone_has_it_there_too(gone: tuple[ProcessId, ...], talks: str) -> None:
    seen = Seen()
    if talks == "before":
        seen.models.is_its(AGENT, "a")
    seen.born(TOOL, AGENT)
    seen.born(DEEPER, TOOL)
    if talks == "after":
        seen.models.is_its(AGENT, "a")
    for process in gone:
        seen.ended(process)
    assert not seen.models.is_its(DEEPER, "b")
    assert seen.models.is_its(DEEPER, "a")


def test_of_what_is_remembered_those_go_first_that_have_ended_or_said_nothing_for_longest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(models, "MOST", 3)
    seen = Seen()
    seen.models.is_its(AGENT, "a")
    for pid in range(100, 110):
        child = ProcessId(boot_id="b", pid=pid, started_ns=pid)
        seen.born(child, AGENT)
        seen.ended(child)
    assert not seen.models.is_its(AGENT, "b")
