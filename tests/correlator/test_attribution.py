"""Which call did what the kernel saw: by a key, by data, by an argument; never by time, and of two equals neither."""

import json
from typing import Any

import pytest
from pydantic import JsonValue

from correlator.attribution import Attribution, attribute
from graph.schema import Grade
from sensor.event import (
    ConnectionOpened,
    DatabaseQueried,
    Event,
    EventsLost,
    FileOpened,
    HttpRequested,
    HttpResponded,
    InputWritten,
    ModelResponded,
    NameResolved,
    OutputWritten,
    PrivilegeUsed,
    ProcessId,
    ProcessStarted,
    RequestedCall,
    ToolCalled,
    ToolReturned,
    ToolServed,
)
from sensor.identity import digest

AGENT = ProcessId(boot_id="b", pid=100, started_ns=1)
OTHER_AGENT = ProcessId(boot_id="b", pid=200, started_ns=1)
SECOND = 10**9


def process(pid: int) -> ProcessId:
    return ProcessId(boot_id="b", pid=pid, started_ns=pid)


def at(second: float, part: int = 0) -> dict[str, Any]:
    moment = int(second * SECOND)
    return {"session": "", "source": "kernel", "position": moment, "part": part, "at_ns": moment}


def session(
    name: str, *calls: tuple[float, float, str, JsonValue, str], agent: ProcessId | None = AGENT
) -> tuple[list[Event], list[Event]]:
    """Return what is said in a session, and the requests to the model as the kernel saw them.

    `calls`: when the model was asked, when its result was sent back, tool, arguments, result.
    """
    said, seen = list[Event](), list[Event]()
    for number, (begun, ended, tool, arguments, result) in enumerate(calls):
        call_id, trace_id = f"{name}-{number}", f"{name}{number}".ljust(32, "0")
        place = {"session": name, "source": "kernel:tls", "position": 2 * number}
        asked = (RequestedCall(call_id=call_id, name=tool, arguments=arguments),)
        said += [
            ModelResponded(**place, at_ns=int((begun + 0.1) * SECOND), calls=asked, trace_id=trace_id),
            ToolCalled(
                **place, at_ns=int((begun + 0.1) * SECOND), call_id=call_id, name=tool, arguments=arguments
            ),
            ToolReturned(
                **(place | {"position": 2 * number + 1}), at_ns=int(ended * SECOND), call_id=call_id, text=result
            ),
        ]  # fmt: skip
        if agent is not None:
            seen.append(
                HttpRequested(
                    **at(begun), process=agent, method="POST", url="https://m/v1/chat/completions", trace_id=trace_id
                )
            )
    return said, seen


def ran(pid: int, second: float, *argv: str, parent: ProcessId = AGENT) -> list[Event]:
    started = {"process": process(pid), "parent": parent}
    return [
        ProcessStarted(**at(second), **started, executable=""),
        ProcessStarted(**at(second + 0.001), **started, executable=f"/bin/{argv[0]}", argv=argv),
    ]


def found(sessions: dict[str, list[Event]], *seen: list[Event]) -> dict[str, Attribution]:
    return attribute(sessions, [event for events in seen for event in events])


def links(attribution: Attribution) -> list[tuple[str, int, Grade, str]]:
    """Return call id, process, grade and proof of each work."""
    return [
        (work.call.call_id or "", work.process.pid, work.evidence.grade, work.evidence.proof)
        for work in attribution.works
    ]


@pytest.mark.parametrize(
    ("arguments", "argv"),
    [
        ({"command": "ls -l /srv | wc"}, ("bash", "-c", "ls -l /srv | wc")),
        ({"command": "ls -l /srv"}, ("sh", "-lc", "ls -l /srv")),
        ({"command": "git log --oneline"}, ("/usr/bin/git", "log", "--oneline")),
        ({"argv": ["git", "log"]}, ("git", "log")),
    ],
)
def test_what_was_executed_is_an_argument_of_the_call(arguments: JsonValue, argv: tuple[str, ...]) -> None:
    said, seen = session("a", (1, 2, "run", arguments, "done"))

    assert links(found({"a": said}, seen, ran(7, 1.5, *argv))["a"]) == [("a-0", 7, Grade.E1, "command")]


def test_a_tool_that_gets_all_arguments_as_json() -> None:
    said, seen = session("a", (1, 2, "pay", {"to": "x", "n": 3}, "done"))

    links_ = links(found({"a": said}, seen, ran(7, 1.5, "python3", "tool.py", '{"n": 3, "to": "x"}'))["a"])

    assert links_ == [("a-0", 7, Grade.E1, "arguments")]


@pytest.mark.parametrize(
    ("given", "grade", "proof"),
    [
        ('{"n": 3, "to": "x"}', Grade.E1, "arguments"),
        ("pay to\nacct-20417-z\n", Grade.E2, "value"),
        ("a note that somebody wrote", Grade.E2, "value"),
    ],
)
def test_a_tool_that_is_handed_its_arguments_on_its_input(given: str, grade: Grade, proof: str) -> None:
    arguments: JsonValue = {"n": 3, "to": "x"}
    if proof == "value":
        arguments = {"account": "acct-20417-z", "note": "a note that somebody wrote"}
    said, seen = session("a", (1, 2, "pay", arguments, "done"))
    handed = InputWritten(**at(3), process=process(7), text=given, size=len(given))

    assert links(found({"a": said}, seen, ran(7, 1.5, "tool", "-"), [handed])["a"]) == [("a-0", 7, grade, proof)]


@pytest.mark.parametrize(
    ("result", "grade"),
    [
        ("total 12 files in a folder", Grade.E1),
        ('{"stdout": "total 12 files in a folder\\n", "code": 0}', Grade.E2),
    ],
)
def test_what_a_child_wrote_is_the_result_or_a_part_of_it(result: str, grade: Grade) -> None:
    said, seen = session("a", (1, 2, "look", {}, result))
    wrote = OutputWritten(**at(3), process=process(7), stream="stdout", text="total 12 files in a folder\n", size=27)

    assert links(found({"a": said}, seen, ran(7, 1.5, "tool"), [wrote])["a"]) == [("a-0", 7, grade, "output")]


def test_a_short_word_that_many_tools_write_is_no_key() -> None:
    said, seen = session("a", (1, 2, "look", {}, "ok"))
    wrote = OutputWritten(**at(3), process=process(7), stream="stdout", text="ok\n", size=3)

    assert links(found({"a": said}, seen, ran(7, 1.5, "tool"), [wrote])["a"]) == []


def test_time_alone_links_nothing() -> None:
    said, seen = session("a", (1, 2, "look", {"q": "weather in Oslo today"}, "It rains."))

    attribution = found({"a": said}, seen, ran(7, 1.5, "tool", "--fast"))["a"]

    assert (attribution.works, attribution.ambiguous, attribution.observed) == ((), (), True)


def test_the_same_command_outside_the_span_of_the_call_is_not_its_work() -> None:
    said, seen = session("a", (1, 2, "run", {"command": "ls -l /srv"}, "done"))

    assert links(found({"a": said}, seen, ran(7, 2.5, "bash", "-c", "ls -l /srv"))["a"]) == []


def test_all_that_a_process_starts_is_the_work_of_its_call() -> None:
    said, seen = session("a", (1, 2, "run", {"command": "./go"}, "done"))
    tree = [*ran(7, 1.5, "bash", "-c", "./go"), *ran(8, 1.6, "curl", "https://x", parent=process(7))]
    late = ConnectionOpened(**at(5), process=process(8), remote="203.0.113.9:443")
    stranger = [*ran(9, 1.6, "tar", "c"), FileOpened(**at(1.7), process=process(9), path="/etc/passwd")]

    (work,) = found({"a": said}, seen, tree, [late], stranger)["a"].works

    assert late in work.acts
    assert {getattr(event, "process", None) for event in work.acts} == {process(7), process(8)}


def test_the_unit_begins_with_what_the_agent_started_in_the_span_of_the_call() -> None:
    said, seen = session("a", (1, 2, "run", {"path": "/srv/report-2026.csv"}, "done"))
    tree = [*ran(7, 1.5, "wrapper"), *ran(8, 1.6, "cat", "/srv/report-2026.csv", parent=process(7))]

    assert links(found({"a": said}, seen, tree)["a"]) == [("a-0", 7, Grade.E2, "value")]


def test_a_server_that_ran_before_is_not_the_work_of_a_call_but_what_it_starts_is() -> None:
    said, seen = session("a", (2, 3, "run", {"path": "/srv/report-2026.csv"}, "done"))
    tree = [*ran(7, 1, "server"), *ran(8, 2.5, "cat", "/srv/report-2026.csv", parent=process(7))]

    assert links(found({"a": said}, seen, tree)["a"]) == [("a-0", 8, Grade.E2, "value")]


def test_a_short_argument_that_stands_there_as_a_whole_is_consistent_with_the_call() -> None:
    said, seen = session("a", (1, 2, "open", {"n": 42}, "done"))

    assert links(found({"a": said}, seen, ran(7, 1.5, "tool", "42"))["a"]) == [("a-0", 7, Grade.E3, "argument")]
    assert links(found({"a": said}, seen, ran(7, 1.5, "tool", "421"))["a"]) == []


def test_of_a_call_without_arguments_the_name_of_the_tool_stands_there_as_a_whole() -> None:
    said, seen = session("a", (1, 2, "get_balance", {}, "12.5"))
    other, also = session("b", (1, 2, "get_balance", {"of": "C-1"}, "12.5"))
    asked = requested(1.5, "https://bank.example/tools/get_balance?x=1", None, "12.5")

    assert links(found({"a": said}, seen, asked)["a"]) == [("a-0", 100, Grade.E3, "argument")]
    assert links(found({"b": other}, also, asked)["b"]) == []
    assert links(found({"a": said}, seen, requested(1.5, "https://bank.example/get_balances", None, "12.5"))["a"]) == []


def test_two_calls_with_equal_evidence_get_nothing_and_it_is_said() -> None:
    first, one = session("a", (1, 2, "run", {"command": "ls -l /srv"}, "done"))
    second, two = session("b", (1, 2, "run", {"command": "ls -l /srv"}, "done"))

    attribution = found({"a": first, "b": second}, one, two, ran(7, 1.5, "bash", "-c", "ls -l /srv"))

    assert attribution["a"].works == attribution["b"].works == ()
    assert len(attribution["a"].ambiguous) == len(attribution["b"].ambiguous) == 1


def test_the_agent_that_started_it_decides_between_two_sessions() -> None:
    first, one = session("a", (1, 2, "run", {"command": "ls -l /srv"}, "done"))
    second, two = session("b", (1, 2, "run", {"command": "ls -l /srv"}, "done"), agent=OTHER_AGENT)

    attribution = found(
        {"a": first, "b": second}, one, two, ran(7, 1.5, "bash", "-c", "ls -l /srv", parent=OTHER_AGENT)
    )

    assert links(attribution["a"]) == []
    assert links(attribution["b"]) == [("b-0", 7, Grade.E1, "command")]


def test_more_in_common_decides_between_calls_at_work_together() -> None:
    both = (
        (1, 3, "copy", {"from": "/srv/archive-77", "to": "host-one.example"}, "x"),
        (1, 3, "copy", {"from": "/srv/archive-77", "to": "host-two.example"}, "x"),
    )
    said, seen = session("a", *both)

    attribution = found({"a": said}, seen, ran(7, 1.5, "scp", "/srv/archive-77", "host-two.example:/"))["a"]

    assert links(attribution) == [("a-1", 7, Grade.E2, "value")]


def test_a_tree_of_one_call_is_not_cut_for_a_weaker_claim_of_another() -> None:
    said, seen = session(
        "a", (1, 4, "run", {"command": "make report"}, "x"), (2, 4, "read", {"path": "/srv/report-2026.csv"}, "y")
    )
    tree = [*ran(7, 1.5, "bash", "-c", "make report"), *ran(8, 2.5, "cat", "/srv/report-2026.csv", parent=process(7))]

    assert links(found({"a": said}, seen, tree)["a"]) == [("a-0", 7, Grade.E1, "command")]


def requested(second: float, url: str, body: str | None, answer: str | None, pid: ProcessId = AGENT) -> list[Event]:
    trace_id = digest(url, int(second * SECOND))
    asked = HttpRequested(**at(second), process=pid, method="POST", url=url, body=body, trace_id=trace_id)
    if answer is None:
        return [asked]
    return [asked, HttpResponded(**at(second + 0.1), process=pid, status=200, body=answer, trace_id=trace_id)]


def test_tools_inside_the_agent_s_process_are_told_apart_by_what_they_send_and_get() -> None:
    first, one = session("a", (1, 3, "lookup", {"customer": "C-20417"}, "Ann Smith, gold"))
    second, two = session("b", (1, 3, "lookup", {"customer": "C-77310"}, "Bob Jones, basic"))
    third, three = session("c", (1, 3, "lookup", {"name": "short"}, '{"id": 7, "name": "Carla Muster"}'))

    attribution = found(
        {"a": first, "b": second, "c": third},
        one,
        two,
        three,
        requested(1.5, "https://crm.example/customers/C-77310", None, "{}"),
        requested(1.6, "https://crm.example/find", '{"q": "C-20417"}', "{}"),
        requested(1.7, "https://crm.example/find", '{"q": 1}', '{"id": 7, "name": "Carla Muster"}'),
        requested(1.8, "https://crm.example/health", None, "fine, thank you"),
    )

    assert [one.root.position for one in attribution["a"].works] == [int(1.6 * SECOND)]
    assert [one.root.position for one in attribution["b"].works] == [int(1.5 * SECOND)]
    assert links(attribution["c"]) == [("c-0", 100, Grade.E1, "response")]


def test_a_value_is_found_in_an_encoding() -> None:
    said, seen = session("a", (1, 2, "send", {"text": "the quarterly figures are in"}, "sent"))

    attribution = found(
        {"a": said}, seen, requested(1.5, "https://x.example/?t=the%20quarterly%20figures%20are%20in", None, None)
    )

    assert links(attribution["a"]) == [("a-0", 100, Grade.E2, "value")]


def test_files_connections_names_statements_and_tool_servers() -> None:
    said, seen = session(
        "a",
        (1, 2, "read", {"path": "notes/plan.md"}, "x"),
        (3, 4, "fetch", {"url": "https://docs.example:8443/a"}, "x"),
        (5, 6, "bill", {"customer": "4711"}, "x"),
        (7, 8, "mcp__mail__send", {"to": "ann@example.org"}, "queued"),
    )
    place: dict[str, Any] = {"process": AGENT}
    attribution = found(
        {"a": said},
        seen,
        [
            ProcessStarted(**at(0), **place, executable="agent", argv=("agent",), cwd="/work"),
            FileOpened(**at(1.5), **place, path="/work/notes/plan.md"),
            FileOpened(**at(1.6), **place, path="/elsewhere/notes/plan.md"),
            NameResolved(**at(3.4), **place, name="docs.example", addresses=("203.0.113.9",)),
            ConnectionOpened(**at(3.5), **place, remote="203.0.113.9:8443"),
            ConnectionOpened(**at(3.6), **place, remote="203.0.113.9:9999"),
            DatabaseQueried(
                **at(5.5), **place, system="postgresql", statement="SELECT * FROM b WHERE c = $1", parameters=("4711",)
            ),
            ToolServed(
                **at(7.5), process=process(9), client=AGENT, request_id="1", name="send",
                arguments={"to": "ann@example.org"},
            ),
        ],
    )["a"]  # fmt: skip

    assert [(one.call.call_id, one.root.position, one.evidence.grade) for one in attribution.works] == [
        ("a-0", int(1.5 * SECOND), Grade.E2),
        ("a-1", int(3.4 * SECOND), Grade.E2),
        ("a-1", int(3.5 * SECOND), Grade.E2),
        ("a-2", int(5.5 * SECOND), Grade.E3),
        ("a-3", int(7.5 * SECOND), Grade.E1),
    ]


def test_a_session_known_by_telemetry_only_competes_with_clocks_that_differ() -> None:
    said, _ = session("a", (1, 2, "run", {"command": "ls -l /srv/archive"}, "done"), agent=None)
    elsewhere = [event.model_copy(update={"source": "otlp:openinference"}) for event in said]

    assert links(found({"a": elsewhere}, ran(7, 2.5, "bash", "-c", "ls -l /srv/archive"))["a"]) == [
        ("a-0", 7, Grade.E1, "command")
    ]
    assert links(found({"a": elsewhere}, ran(7, 2.5, "bash", "-c", "ls"))["a"]) == []


def test_what_was_lost_meanwhile_is_kept_beside() -> None:
    said, seen = session("a", (1, 2, "run", {}, "done"))
    lost = EventsLost(**at(1.5), where="kernel ring (opened)", count=3)

    assert found({"a": said}, seen, [lost])["a"].gaps == (lost,)
    assert found({"a": said}) == {}


def test_all_arguments_weigh_more_than_some_that_two_calls_share() -> None:
    result = "Transaction to US133000000121212121212 is scheduled."
    first, one = session(
        "a", (1, 3, "pay", {"to": "US133000000121212121212", "for": "a long enough subject", "n": 5}, result)
    )
    second, two = session(
        "b", (1, 3, "pay", {"to": "US133000000121212121212", "for": "a long enough subject", "n": 6}, result)
    )

    sent = '{"to": "US133000000121212121212", "for": "a long enough subject", "n": 6}'
    attribution = found({"a": first, "b": second}, one, two, requested(1.5, "https://bank.example/pay", sent, result))

    assert links(attribution["a"]) == []
    assert [grade for _, _, grade, _ in links(attribution["b"])] == [Grade.E1]


def test_of_two_calls_with_the_same_arguments_each_gets_what_brought_its_result() -> None:
    asked: JsonValue = {"url": "www.example.com"}
    first, one = session("a", (1, 3, "get", asked, "A page about hiking, as one saw it."))
    second, two = session("b", (1, 3, "get", asked, "A page about hiking, as another saw it."))

    attribution = found(
        {"a": first, "b": second}, one, two,
        requested(1.5, "https://x.example/1", '{"url": "www.example.com"}', "A page about hiking, as another saw it."),
        requested(1.6, "https://x.example/2", '{"url": "www.example.com"}', "A page about hiking, as one saw it."),
    )  # fmt: skip

    assert [one.root.position for one in attribution["a"].works] == [int(1.6 * SECOND)]
    assert [one.root.position for one in attribution["b"].works] == [int(1.5 * SECOND)]


def test_a_whole_result_weighs_more_than_one_that_is_a_part_of_what_came() -> None:
    asked: JsonValue = {"url": "www.example.com"}
    first, one = session("a", (1, 3, "get", asked, "A page about hiking."))
    second, two = session("b", (1, 3, "get", asked, "A page about hiking. And about swimming."))

    attribution = found(
        {"a": first, "b": second}, one, two,
        requested(1.5, "https://x.example/1", '{"url": "www.example.com"}', "A page about hiking. And about swimming."),
    )  # fmt: skip

    assert links(attribution["a"]) == []
    assert links(attribution["b"]) == [("b-0", 100, Grade.E1, "arguments")]


def test_what_came_after_the_result_was_told_is_none_of_it() -> None:
    asked: JsonValue = {"about": "hiking"}
    first, one = session("a", (1, 1.55, "get", asked, "A page about hiking."))

    late = requested(1.5, "https://x.example/1", "{}", "A page about hiking.")

    assert links(found({"a": first}, one, late)["a"]) == []


def test_a_message_for_another_tool_is_no_work_of_a_call_though_its_arguments_are() -> None:
    said, seen = session("a", (1, 2, "read_file", {"n": 4, "path": "/srv/x.csv"}, "done"))
    body = '{{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {{"name": "{}", "arguments": {}}}}}'
    arguments = '{"n": 4, "path": "/srv/x.csv"}'

    def tied(tool: str) -> list[Grade]:
        asked = requested(1.5, "http://127.0.0.1:9/mcp", body.format(tool, arguments), None)
        return [grade for _, _, grade, _ in links(found({"a": said}, seen, asked)["a"])]

    assert (tied("read_file"), tied("delete_file")) == ([Grade.E1], [Grade.E2])


# What a reader of the first version broke


def used(pid: int, second: float, call: str = "setns") -> list[Event]:
    return [PrivilegeUsed(**at(second), process=process(pid), syscall=call)]


def test_a_tool_that_talks_with_a_model_itself_is_the_work_of_its_call_all_the_same() -> None:
    said, seen = session("a", (1, 3, "run", {"command": "python x.py"}, "done"))
    forged, own = session("f", (1.6, 1.9, "noop", {"q": "zzzz"}, "nothing"), agent=process(7))

    attribution = found({"a": said, "f": forged}, seen, own, ran(7, 1.5, "bash", "-c", "python x.py"), used(7, 1.8))

    assert links(attribution["a"]) == [("a-0", 7, Grade.E1, "command")]


def test_what_is_said_twice_weighs_once_and_other_programs_options_are_no_commands() -> None:
    first, one = session("a", (1, 3, "run_command", {"command": "./x.sh"}, "done"))
    second, two = session("b", (1, 3, "list_files", {"path": "."}, "README.md"))
    decoys = [*ran(8, 1.6, "env", "-e", ".", parent=process(7)), *ran(9, 1.7, "env", "-e", ".", parent=process(7))]

    attribution = found({"a": first, "b": second}, one, two, ran(7, 1.5, "bash", "-c", "./x.sh"), decoys, used(7, 1.8))

    assert links(attribution["a"]) == [("a-0", 7, Grade.E1, "command")]
    assert links(attribution["b"]) == []


def test_the_command_itself_outranks_what_it_starts() -> None:
    said, seen = session(
        "a", (1, 3, "run", {"command": "make all the things"}, "x"), (1, 3, "run", {"command": "echo of another"}, "y")
    )
    tree = [
        *ran(7, 1.5, "bash", "-c", "make all the things"),
        *ran(8, 1.6, "bash", "-c", "echo of another", parent=process(7)),
    ]

    assert links(found({"a": said}, seen, tree)["a"]) == [("a-0", 7, Grade.E1, "command")]


def test_who_was_started_by_somebody_else_beside_the_agent_is_a_stranger() -> None:
    said, seen = session("a", (1, 3, "run", {"command": "ls"}, "done"), (4, 6, "get", {"city": "Rome"}, "x"))
    shell = process(40)
    others = [
        ProcessStarted(**at(0.1), process=AGENT, parent=shell, executable=""),
        *ran(50, 0.5, "otheragent", parent=shell),
        *ran(51, 1.5, "bash", "-c", "ls", parent=process(50)),
        *ran(52, 4.5, "weather", "Rome", parent=process(50)),
        *ran(53, 1.6, "tool", '{"command": "ls"}', parent=process(50)),
    ]

    assert links(found({"a": said}, seen, others)["a"]) == []


def test_of_whom_nothing_is_known_only_what_proves_by_itself_is_tied() -> None:
    said, seen = session("a", (1, 3, "run", {"command": "ls"}, "done"), (4, 6, "get", {"city": "Rome"}, "x"))
    unknown = [
        *ran(51, 1.5, "bash", "-c", "ls", parent=process(50)),
        *ran(52, 4.5, "weather", "Rome", parent=process(50)),
    ]

    assert links(found({"a": said}, seen, unknown)["a"]) == []
    handed = ran(53, 4.6, "tool", '{"city": "Rome"}', parent=process(50))
    assert links(found({"a": said}, seen, unknown, handed)["a"]) == [("a-1", 53, Grade.E1, "arguments")]


def test_a_call_without_a_result_is_not_at_work_for_ever() -> None:
    said, seen = session("a", (1, 3, "run", {"command": "ls -l /srv"}, "done"))
    open_ended = [event for event in said if not isinstance(event, ToolReturned)]

    assert links(found({"a": open_ended}, seen, ran(7, 90_000, "bash", "-c", "ls -l /srv"))["a"]) == []


def test_of_a_server_that_ran_before_only_what_it_did_for_the_call_is_its_work() -> None:
    said, seen = session(
        "a", (1, 3, "send", {"to": "bob@corp.example"}, "sent"), (4, 6, "pay", {"to": "DE89370400440532013000"}, "paid")
    )
    server = ran(20, 0.5, "server")
    first = requested(1.5, "https://x.example/1", '{"to": "bob@corp.example"}', None, process(20))
    second = requested(4.5, "https://x.example/2", '{"to": "DE89370400440532013000"}', None, process(20))

    works = found({"a": said}, seen, server, used(20, 0.7), first, second)["a"].works

    assert [(work.call.call_id, work.tree, len(work.acts)) for work in works] == [("a-0", False, 1), ("a-1", False, 1)]


@pytest.mark.parametrize(
    ("arguments", "argv"),
    [
        ({"query": "python3"}, ("/tmp/evil/python3",)),
        ({"command": "/usr/bin/backup --all"}, ("/tmp/evil/backup", "--all")),
        ({"n": True}, ("tool", '{"n": 1}')),
        ({"count": 4}, ("gcc", "-c", "4")),
    ],
)
def test_what_only_looks_like_a_key_is_none(arguments: JsonValue, argv: tuple[str, ...]) -> None:
    said, seen = session("a", (1, 2, "run", arguments, "done"))

    assert [grade for _, _, grade, _ in links(found({"a": said}, seen, ran(7, 1.5, *argv))["a"])] in ([], [Grade.E3])


def test_a_served_tool_is_that_of_the_call_by_its_whole_name() -> None:
    said, seen = session("a", (1, 2, "list_accounts", {}, "none"))
    served = [
        ToolServed(**at(1.5, part), process=process(9), client=AGENT, request_id=str(part), name=name, arguments={})
        for part, name in enumerate(("s", "accounts", ""))
    ]

    assert links(found({"a": said}, seen, served)["a"]) == []


def test_a_server_that_answers_several_calls_is_the_work_of_none_even_when_it_was_started_for_one() -> None:
    said, seen = session(
        "a", (1, 3, "pay", {"to": "DE89370400440532013000"}, "x"), (4, 6, "pay", {"to": "DE75512108001245126199"}, "y")
    )
    other, their = session("b", (4, 9, "look", {"at": "the archive of last year"}, "z"))
    server = [*ran(20, 1.5, "server"), *used(20, 1.6)]
    made = [
        *ran(21, 2, "tool", '{"to": "DE89370400440532013000"}', parent=process(20)),
        *ran(22, 5, "tool", '{"to": "DE75512108001245126199"}', parent=process(20)),
        *ran(23, 5, "tool", '{"at": "the archive of last year"}', parent=process(20)),
    ]
    served = [
        ToolServed(
            **at(second), process=process(20), client=AGENT, request_id=str(second), name="pay", arguments={"to": to}
        )
        for second, to in ((1.9, "DE89370400440532013000"), (4.9, "DE75512108001245126199"))
    ]

    links_ = found({"a": said, "b": other}, seen, their, server, made, served)

    assert links(links_["a"]) == [
        ("a-0", 100, Grade.E1, "request"), ("a-0", 21, Grade.E1, "arguments"),
        ("a-1", 100, Grade.E1, "request"), ("a-1", 22, Grade.E1, "arguments"),
    ]  # fmt: skip
    assert links(links_["b"]) == [("b-0", 23, Grade.E1, "arguments")]


def test_the_number_of_a_message_is_no_argument_of_a_call() -> None:
    said, seen = session("a", (1, 3, "list", {"n": 5}, "none"), (4, 6, "show", {"n": 7}, "nothing"))
    asked = '{"jsonrpc": "2.0", "id": 5, "method": "tools/list", "params": {"_meta": {"progressToken": 5}}}'
    meant = '{"jsonrpc": "2.0", "id": 9, "method": "tools/call", "params": {"name": "show", "arguments": {"n": 7}}}'

    works = found(
        {"a": said}, seen, requested(1.5, "http://t/mcp", asked, None), requested(4.5, "http://t/mcp", meant, None)
    )["a"]

    assert links(works) == [("a-1", 100, Grade.E1, "arguments")]


def test_what_the_kernel_heard_says_who_spoke_and_when_also_where_telemetry_tells_of_it() -> None:
    said, seen = session("a", (1, 2, "run", {"command": "ls -l /srv/archive"}, "done"), (3, 4, "end", {}, "over"))
    told = [
        event.model_copy(
            update={"source": "otlp:genai", "trace_id": "1" * 32}
            | ({"heard_in": event.trace_id} if isinstance(event, ModelResponded) else {})
        )
        for event in said
    ]
    agent = [*ran(100, 0, "agent", parent=process(1)), *ran(60, 0.1, "somebody", parent=process(1))]
    birth = [event.model_copy(update={"process": AGENT}) for event in agent[:2]]
    command = ("bash", "-c", "ls -l /srv/archive")
    beside = ran(61, 1.5, *command, parent=process(60))

    assert links(found({"a": told}, seen, birth, agent[2:], beside)["a"]) == []
    assert links(found({"a": told}, seen, birth, agent[2:], beside, ran(7, 1.6, *command))["a"]) == [
        ("a-0", 7, Grade.E1, "command")
    ]
    assert links(found({"a": told}, seen, birth, ran(7, 3.1, *command))["a"]) == []


def test_a_ring_of_parents_ends() -> None:
    said, seen = session("a", (1, 2, "run", {"command": "ls -l /srv"}, "done"))
    ring = [*ran(7, 1.5, "bash", "-c", "ls -l /srv", parent=process(8)), *ran(8, 1.6, "x", parent=process(7))]

    assert "a" in found({"a": said}, seen, ring)


def test_a_name_that_somebody_else_resolved_is_none_of_the_agents() -> None:
    said, seen = session("a", (1, 2, "fetch", {"url": "https://good.example/a"}, "x"))
    elsewhere = NameResolved(**at(1.2), process=process(60), name="good.example", addresses=("203.0.113.66",))
    there = ConnectionOpened(**at(1.5), process=AGENT, remote="203.0.113.66:443")

    assert 100 not in [pid for _, pid, _, _ in links(found({"a": said}, seen, [elsewhere, there])["a"])]


def test_an_id_that_comes_again_belongs_to_the_call_before_it() -> None:
    said, seen = session(
        "a", (1, 2, "run", {"command": "ls -l /one"}, "x"), (4, 5, "run", {"command": "ls -l /two"}, "y")
    )
    same = [
        event.model_copy(update={"call_id": "again"}) if isinstance(event, ToolCalled | ToolReturned) else event
        for event in said
        if not isinstance(event, ModelResponded)
    ]

    works = found({"a": same}, seen, ran(7, 1.5, "bash", "-c", "ls -l /one"), ran(8, 4.5, "bash", "-c", "ls -l /two"))[
        "a"
    ].works

    assert works == ()  # no speaker is known, and the keys are short
    long = [*ran(7, 1.5, "tool", '{"command": "ls -l /one"}'), *ran(8, 4.5, "tool", '{"command": "ls -l /two"}')]
    assert [pid for _, pid, _, _ in links(found({"a": same}, seen, long)["a"])] == [7, 8]


def test_a_number_is_the_same_however_a_program_writes_it() -> None:
    first, one = session("a", (1, 3, "get", {"n": 10.0}, "the same list of ten"))
    second, two = session("b", (1, 3, "get", {"n": 10}, "the same list of ten"))
    sent = requested(1.5, "https://x.example/", '{"n":10}', "the same list of ten")

    attribution = found({"a": first, "b": second}, one, two, sent)

    assert attribution["a"].works == attribution["b"].works == ()
    assert len(attribution["a"].ambiguous) == 1


def test_what_is_part_of_a_tree_that_several_may_have_started_is_not_given_to_a_third() -> None:
    arguments: JsonValue = {"path": "/srv/report-2291"}
    one, first = session("a", (1, 5, "read", arguments, "Nothing of note."))
    two, second = session("b", (1, 5, "read", arguments, "Nothing of note."))
    # It is at work only when the server runs already, that the other two may have started.
    three, third = session("c", (2, 5, "read", arguments, "Nothing of note."))
    server = ran(7, 1.5, "server")
    child = ran(8, 2.5, "reader", '{"path": "/srv/report-2291"}', parent=process(7))
    attribution = found({"a": one, "b": two, "c": three}, first, second, third, server, child)

    assert [links(attribution[name]) for name in "abc"] == [[], [], []]
    assert [len(attribution[name].undecided) for name in "abc"] == [1, 1, 1]


def test_a_request_over_http_for_a_tool_goes_where_the_tool_that_was_served_goes() -> None:
    # In the body of the response line breaks are escapes: of the right call's result nothing stands there as it is.
    result = "Owner: DE89370400440532013000\nOther: DE02120300000000202051"
    one, first = session("a", (1, 5, "accounts", {}, result))
    two, second = session("b", (1, 5, "iban", {}, "DE89370400440532013000"))
    asked = HttpRequested(
        **at(2), process=AGENT, method="POST", url="http://h/mcp", trace_id="f" * 32,
        body='{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"accounts","arguments":{}}}',
    )  # fmt: skip
    answer = json.dumps({"jsonrpc": "2.0", "id": 3, "result": {"content": [{"type": "text", "text": result}]}})
    came = HttpResponded(**at(3), process=AGENT, status=200, trace_id="f" * 32, body=answer)
    served = ToolServed(
        **at(2, 1), process=None, client=AGENT, request_id="3", name="accounts", arguments={}, text=result,
        trace_id="f" * 32,
    )  # fmt: skip
    attribution = found({"a": one, "b": two}, first, second, [asked, came, served])

    (work,) = attribution["a"].works
    assert (work.evidence.grade, work.evidence.proof) == (Grade.E1, "request")
    assert work.acts == (served, asked, came)
    assert attribution["b"].works == ()
