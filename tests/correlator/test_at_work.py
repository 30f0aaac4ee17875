"""Which calls come into question for what was done at a moment."""

from hypothesis import given
from hypothesis import strategies as st

from correlator.attributing.at_work import Asked, AtWork
from correlator.conversation import Call
from sensor.event import FileChanged, FileOpened, HttpRequested, ProcessId, ToolCalled

PROCESS = ProcessId(boot_id="b", pid=1, started_ns=1)
PLACE = {"session": "", "source": "kernel", "position": 1, "process": PROCESS}
MOMENT = st.integers(0, 20)


def asked(begun: int, ended: int, path: str = "") -> Asked:
    event = ToolCalled(session="a", source="x", position=begun, call_id="", name="read", arguments={"path": path})
    return Asked(Call(0, event, None), begun, ended, frozenset())


@given(st.lists(st.tuples(MOMENT, MOMENT)), st.lists(MOMENT))
def test_those_whose_span_has_the_moment(spans: list[tuple[int, int]], moments: list[int]) -> None:
    everybody = [asked(*span) for span in spans]
    at_work = AtWork(everybody)
    request = HttpRequested(**PLACE, method="GET", url="https://example.org/")

    for moment in sorted(moments):
        at_work.move_to(moment)

        found = sorted((one.begun_ns, one.ended_ns) for one in at_work.candidates(request))
        assert found == sorted(span for span in spans if span[0] <= moment <= span[1])


def test_of_files_those_that_name_one_like_it() -> None:
    at_work = AtWork([asked(0, 9, path) for path in ("/srv/a.csv", "~/a.csv", "file:///x/b.csv", "./c.csv", "/srv/")])
    at_work.move_to(5)

    def named(event: FileOpened | FileChanged) -> list[object]:
        return sorted(str(one.call.event.arguments) for one in at_work.candidates(event))

    assert named(FileOpened(**PLACE, path="/home/a.csv")) == ["{'path': '~/a.csv'}"]
    assert named(FileOpened(**PLACE, path="/srv/a.csv")) == ["{'path': '/srv/a.csv'}", "{'path': '~/a.csv'}"]
    assert named(FileOpened(**PLACE, path="/x/b.csv")) == ["{'path': 'file:///x/b.csv'}"]
    assert named(FileChanged(**PLACE, change="rename", path="d.csv", to_path="/srv/c.csv")) == ["{'path': './c.csv'}"]
    assert named(FileOpened(**PLACE, path="/srv/")) == ["{'path': '/srv/'}"]
    assert named(FileOpened(**PLACE, path="/srv/other")) == []
