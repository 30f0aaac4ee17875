"""Messages on the pipes of a tool server → calls, with who asked and who answered."""

from sensor.event import Event, ToolServed
from sensor.probes.record import Record, Type
from sensor.probes.streams.tools import Tools
from tests.sensor.probes.traffic import ORIGIN, executed, passed, told
from tests.sensor.wire.test_jsonrpc import answer, call, line

IN, OUT = 201, 202
SERVER, CLIENT = 9, 7


def asks(data: bytes, *, offset: int = 0, at_ns: int = 500, tgid: int = CLIENT) -> Record:
    return passed(Type.WRITTEN, data, stream=IN, tgid=tgid, offset=offset, at_ns=at_ns)


def answers(data: bytes, *, offset: int = 0, at_ns: int = 600, tgid: int = SERVER) -> Record:
    return passed(Type.WRITTEN, data, stream=OUT, tgid=tgid, offset=offset, at_ns=at_ns)


def served(found: list[Event]) -> list[ToolServed]:
    return [one for one in found if isinstance(one, ToolServed)]


def test_a_call_and_its_answer_are_one_event() -> None:
    found = told(
        executed(SERVER, IN, OUT, 0), asks(line(id=1, method="initialize")), answers(line(id=1, result={})),
        asks(call(2, "pay", {"to": "Ann"}), offset=len(line(id=1, method="initialize"))),
        answers(answer(2, "paid"), offset=len(line(id=1, result={})), at_ns=700),
    )  # fmt: skip

    (one,) = served(found)
    assert one.process is not None
    assert one.client is not None
    assert (one.process.pid, one.client.pid, one.request_id, one.name, one.arguments) == (
        SERVER,
        CLIENT,
        "2",
        "pay",
        {"to": "Ann"},
    )
    assert (one.text, one.failed, one.at_ns, one.ended_ns) == ("paid", False, 1_500, 1_700)


def test_behind_a_wrapper_the_server_is_who_answers() -> None:
    found = told(
        executed(8, IN, OUT, 0), executed(SERVER, IN, OUT, 0), asks(call(1, "a")), answers(answer(1, "b"), tgid=SERVER)
    )

    assert [one.process and one.process.pid for one in served(found)] == [SERVER]


def test_an_answer_may_be_told_a_moment_before_its_request() -> None:
    found = told(executed(SERVER, IN, OUT, 0), answers(answer(1, "b")), asks(call(1, "a"), at_ns=601))

    assert [(one.name, one.text) for one in served(found)] == [("a", "b")]


def test_an_unanswered_call_is_told_at_the_end() -> None:
    found = told(executed(SERVER, IN, OUT, 0), asks(call(1, "a")))

    assert [(one.name, one.text, one.ended_ns, one.process and one.process.pid) for one in served(found)] == [
        ("a", None, None, SERVER)
    ]


def test_two_servers_with_the_same_ids_are_kept_apart() -> None:
    found = told(
        executed(SERVER, IN, OUT, 0), executed(19, 301, 302, 0), asks(call(1, "first")),
        passed(Type.WRITTEN, call(1, "second"), stream=301), answers(answer(1, "of the first")),
        passed(Type.WRITTEN, answer(1, "of the second"), stream=302, tgid=19),
    )  # fmt: skip

    assert [(one.name, one.text) for one in served(found)] == [("first", "of the first"), ("second", "of the second")]


def test_pairs_of_sockets_are_read_at_the_other_end() -> None:
    found = told(
        executed(SERVER, IN, OUT, 0),
        passed(Type.WRITTEN, call(1, "a"), stream=901, reader=IN, tgid=CLIENT),
        passed(Type.WRITTEN, answer(1, "b"), stream=OUT, reader=902, tgid=SERVER),
    )

    assert [(one.name, one.text, one.client and one.client.pid) for one in served(found)] == [("a", "b", CLIENT)]


def test_lines_that_miss_bytes_are_passed_over_and_the_next_is_read() -> None:
    whole = call(1, "lost") + call(2, "read")
    found = told(executed(SERVER, IN, OUT, 0), asks(whole[:20]), asks(whole[30:], offset=30), answers(answer(2, "b")))

    assert [one.name for one in served(found)] == ["read"]


def test_what_is_held_is_bounded() -> None:
    tools = Tools(ORIGIN, lambda at_ns: {"session": "", "source": "kernel", "position": at_ns})
    waiting = [one for number in range(5_000) for record in (
        executed(number, 2 * number + 1, 2 * number + 2, 0), passed(Type.WRITTEN, call(1, "a"), stream=2 * number + 1),
    ) for one in tools.take(record)]  # fmt: skip

    assert len(waiting) + len(list(tools.end())) == 5_000
    assert len(waiting) > 3_000
