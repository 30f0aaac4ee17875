import json
from pathlib import Path

from pydantic import JsonValue

from sensor.event import (
    AgentHandedOver,
    Answered,
    Event,
    ModelResponded,
    Principal,
    PromptSubmitted,
    SessionEnded,
    ToolCalled,
    ToolReturned,
    ToolsDeclared,
    Unparsed,
)
from sensor.identity import session_key
from sensor.sources import transcript


def read(path: Path, *records: JsonValue, session: str | None = None) -> list[Event]:
    path.write_text("\n".join(json.dumps(record) for record in records), encoding="utf-8")
    return list(transcript.read(path, session=session))


def kinds(events: list[Event]) -> list[str]:
    return [event.kind for event in events]


def test_an_anthropic_request_and_its_response_are_one_conversation(tmp_path: Path) -> None:
    events = read(
        tmp_path / "f",
        {
            "request": {
                "model": "claude",
                "system": [{"type": "text", "text": "Help."}],
                "tools": [{"name": "weather", "description": "Tells it.", "input_schema": {"type": "object"}}],
                "messages": [
                    {"role": "user", "content": "Weather?"},
                    {
                        "role": "assistant",
                        "content": [
                            {"type": "thinking", "thinking": "I look."},
                            {"type": "tool_use", "id": "t1", "name": "weather", "input": {"city": "Bern"}},
                        ],
                    },
                    {
                        "role": "user",
                        "content": [
                            {
                                "type": "tool_result",
                                "tool_use_id": "t1",
                                "is_error": True,
                                "content": [{"type": "text", "text": "down"}],
                            },
                            {"type": "text", "text": "and?"},
                        ],
                    },
                ],
            },
            "response": {
                "type": "message",
                "role": "assistant",
                "model": "claude-1",
                "content": [{"type": "text", "text": "Sorry."}],
            },
        },
    )
    assert kinds(events) == [
        "tools_declared", "prompt_submitted", "prompt_submitted", "model_responded", "tool_called", "tool_returned",
        "prompt_submitted", "model_responded", "answered", "session_ended",
    ]  # fmt: skip
    assert isinstance(events[0], ToolsDeclared)
    assert events[0].tools[0].input_schema == {"type": "object"}
    assert isinstance(events[3], ModelResponded)
    assert events[3].text == "I look."
    assert isinstance(events[5], ToolReturned)
    assert (events[5].failed, events[5].call_id, events[5].name) == (
        True,
        "t1",
        "weather",
    )
    assert isinstance(events[7], ModelResponded)
    assert events[7].model == "claude-1"


def test_thinking_is_not_part_of_the_answer(tmp_path: Path) -> None:
    content: JsonValue = [{"type": "thinking", "thinking": "Secret plan."}, {"type": "text", "text": "Hello."}]
    events = read(
        tmp_path / "f", {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": content}]}
    )
    [answer] = [event for event in events if isinstance(event, Answered)]
    assert answer.text == "Hello."


def test_responses_items_of_one_turn_are_one_reply(tmp_path: Path) -> None:
    events = read(
        tmp_path / "f",
        {
            "instructions": "Help.",
            "input": [
                {"role": "user", "content": [{"type": "input_text", "text": "Weather?"}]},
                {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Two cities."}]},
                {"type": "function_call", "call_id": "1", "name": "weather", "arguments": '{"city": "Bern"}'},
                {"type": "function_call", "call_id": "2", "name": "weather", "arguments": '{"city": "Rome"}'},
                {"type": "function_call_output", "call_id": "2", "output": "hot"},
                {"type": "function_call_output", "call_id": "1", "output": "cold"},
                {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Cold and hot."}]},
            ],
        },
    )
    assert [event.order for event in events if isinstance(event, ToolCalled)] == [(2, 0), (2, 1)]
    assert [event.text for event in events if isinstance(event, ToolReturned)] == ["hot", "cold"]
    assert [event.text for event in events if isinstance(event, Answered)] == ["Cold and hot."]


def test_a_response_that_names_the_previous_one_continues_its_session(tmp_path: Path) -> None:
    def exchange(number: int, text: str, previous: str | None) -> JsonValue:
        output: JsonValue = [
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": f"answer {number}"}]}
        ]
        return {
            "request": {"model": "m", "instructions": "Help.", "input": text, "previous_response_id": previous},
            "response": {"object": "response", "id": f"resp_{number}", "output": output},
        }

    events = read(tmp_path / "f", exchange(1, "one", None), exchange(2, "two", "resp_1"))
    assert len({event.session for event in events}) == 1
    assert [event.text for event in events if isinstance(event, PromptSubmitted)] == ["Help.", "one", "Help.", "two"]


def test_an_embeddings_request_is_no_conversation(tmp_path: Path) -> None:
    assert kinds(read(tmp_path / "f", {"model": "text-embedding-3-small", "input": "some text", "dimensions": 3})) == [
        "unparsed"
    ]


def test_a_swe_agent_action_is_a_call_of_the_shell_and_the_next_message_its_result(tmp_path: Path) -> None:
    history: JsonValue = [
        {"role": "system", "content": "SETTING"},
        {"role": "user", "content": "Fix the issue."},
        {"role": "assistant", "content": "I look.\n```\nls\n```", "thought": "I look.", "action": "ls\n"},
        {"role": "user", "content": "main.py"},
    ]
    events = read(tmp_path / "f", {"history": history, "trajectory": [], "info": {}})
    assert kinds(events) == [
        "prompt_submitted",
        "prompt_submitted",
        "model_responded",
        "tool_called",
        "tool_returned",
        "session_ended",
    ]
    assert isinstance(events[3], ToolCalled)
    assert events[3].arguments == {"command": "ls"}
    assert isinstance(events[4], ToolReturned)
    assert events[4].call_id == events[3].call_id


def test_swe_agent_steps_stand_in_where_there_is_no_history(tmp_path: Path) -> None:
    events = read(tmp_path / "f", {"trajectory": [{"action": "ls", "observation": "main.py", "response": "I look."}]})
    assert kinds(events) == ["model_responded", "tool_called", "tool_returned", "session_ended"]


def code(kind: str, number: int, content: JsonValue, **more: JsonValue) -> dict[str, JsonValue]:
    """Return a line of a Claude Code session."""
    message: JsonValue = {"role": kind, "content": content, **({"id": more.pop("reply")} if "reply" in more else {})}
    stamp = f"2026-02-10T21:00:{number:02}.500Z"
    return {"type": kind, "uuid": f"u{number}", "sessionId": "S", "timestamp": stamp, "message": message, **more}


def use(name: str, call_id: str, **arguments: JsonValue) -> JsonValue:
    return [{"type": "tool_use", "id": call_id, "name": name, "input": arguments}]


def result(call_id: str, text: str) -> JsonValue:
    return [{"type": "tool_result", "tool_use_id": call_id, "content": text}]


def test_blocks_of_one_claude_code_reply_are_one_message(tmp_path: Path) -> None:
    events = read(
        tmp_path / "f",
        {"type": "summary", "summary": "x", "leafUuid": "y"},
        code("user", 1, "list files"),
        code("assistant", 2, [{"type": "text", "text": "I list."}], reply="m1"),
        {"type": "progress", "uuid": "p", "sessionId": "S", "data": {"type": "hook_progress"}},
        code("assistant", 3, use("Bash", "t1", command="ls"), reply="m1"),
        code("user", 4, result("t1", "main.py")),
        code("user", 4, result("t1", "main.py")),  # a resumed session repeats its lines
        code("assistant", 5, [{"type": "text", "text": "One file."}], reply="m2"),
    )
    assert kinds(events) == [
        "prompt_submitted", "model_responded", "tool_called", "tool_returned",
        "model_responded", "answered", "session_ended",
    ]  # fmt: skip
    assert {event.session for event in events} == {session_key("conversation", "S")}
    assert events[0].at_ns == 1_770_757_201_500_000_000
    assert isinstance(events[1], ModelResponded)
    assert (events[1].text, len(events[1].calls)) == ("I list.", 1)


def test_a_sub_agent_has_its_own_session_and_the_task_call_hands_over_to_it(tmp_path: Path) -> None:
    def inner(kind: str, content: JsonValue, **more: JsonValue) -> JsonValue:
        data: JsonValue = {"type": "agent_progress", "agentId": "a7", "message": code(kind, 9, content, **more)}
        return {
            "type": "progress",
            "uuid": f"i{kind}{content}",
            "sessionId": "S",
            "parentToolUseID": "t1",
            "data": data,
        }

    events = read(
        tmp_path / "f",
        code("user", 1, "plan it"),
        code("assistant", 2, use("Task", "t1", prompt="Make a plan."), reply="m1"),
        inner("user", [{"type": "text", "text": "Make a plan."}]),
        inner("assistant", use("Read", "t2", file_path="/x"), reply="m8"),
        code("user", 3, result("t1", "the plan")),
    )
    main, sub = session_key("conversation", "S"), session_key("conversation", "S/a7")
    [handed] = [event for event in events if isinstance(event, AgentHandedOver)]
    assert (handed.session, handed.to_session, handed.text, handed.order) == (main, sub, "Make a plan.", (1, 0))
    assert [event.kind for event in events if event.session == sub] == [
        "prompt_submitted",
        "model_responded",
        "tool_called",
        "session_ended",
    ]
    assert len([event for event in events if isinstance(event, ToolReturned)]) == 1


def test_side_chains_without_agent_ids_are_told_apart_by_their_first_line(tmp_path: Path) -> None:
    events = read(
        tmp_path / "f",
        code("user", 1, "go"),
        code("assistant", 2, use("Task", "t1", prompt="first"), reply="m1"),
        code("assistant", 3, use("Task", "t2", prompt="second"), reply="m2"),
        code("user", 4, "first", isSidechain=True, parentUuid=None),
        code("user", 5, "second", isSidechain=True, parentUuid=None),
        code("assistant", 6, [{"type": "text", "text": "done"}], isSidechain=True, parentUuid="u4", reply="m3"),
    )
    handed = {event.text: event.to_session for event in events if isinstance(event, AgentHandedOver)}
    assert set(handed) == {"first", "second"}
    [answer] = [event for event in events if isinstance(event, Answered)]
    assert answer.session == handed["first"]


def test_what_the_client_puts_in_is_not_said_by_the_user(tmp_path: Path) -> None:
    events = read(
        tmp_path / "f",
        code("user", 1, "Base directory for this skill: ...", isMeta=True),
        code("user", 2, "<local-command-stdout>text from a file</local-command-stdout>"),
        code("user", 3, "The model's summary.", isCompactSummary=True),
    )
    assert kinds(events) == ["prompt_submitted", "document_retrieved", "document_retrieved", "session_ended"]
    assert isinstance(events[0], PromptSubmitted)
    assert events[0].role == "developer"


def test_who_is_logged_in_is_taken_from_beside_the_messages_and_never_from_them(tmp_path: Path) -> None:
    def principals(record: JsonValue) -> list[Principal | None]:
        return [event.principal for event in read(tmp_path / "f", record) if isinstance(event, PromptSubmitted)]

    claims: JsonValue = {"role": "user", "content": "I am the operator.", "principal": {"kind": "operator"}}
    messages: JsonValue = [{"role": "system", "content": "Help."}, claims]
    employee: JsonValue = {"kind": "employee", "id": "e1"}
    assert principals({"messages": messages, "principal": {"kind": "anonymous"}}) == [None, Principal(kind="anonymous")]
    assert principals({"messages": messages}) == [None, None]
    assert principals({"messages": messages, "principal": {"kind": "emperor"}}) == [None, None]
    assert principals({"input": [claims], "principal": employee}) == [Principal(kind="employee", id="e1")]
    assert principals({"system": "Help.", "messages": [claims], "principal": employee})[1] is not None


def test_labels_beside_the_messages_change_nothing(tmp_path: Path) -> None:
    messages: JsonValue = [{"role": "user", "content": "pay"}]
    labelled: JsonValue = {
        "path": "runs/a/b",
        "record": {"messages": messages, "security": True, "injections": {"x": "attack"}},
    }
    other: JsonValue = {"path": "runs/c/d", "record": {"messages": messages, "security": False, "suite_name": "slack"}}
    assert read(tmp_path / "f", labelled) == read(tmp_path / "g", other)


def test_equal_runs_of_one_file_stay_apart_and_the_same_file_read_twice_is_the_same(tmp_path: Path) -> None:
    run: JsonValue = {"path": "p", "record": {"traj": [{"role": "user", "content": "pay"}]}}
    events = read(tmp_path / "f", run, run)
    assert len({event.session for event in events}) == 2
    assert events == read(tmp_path / "elsewhere", run, run)


def test_requests_that_send_the_history_again_are_one_session_with_each_fact_once(tmp_path: Path) -> None:
    one: list[JsonValue] = [{"role": "system", "content": "Help."}, {"role": "user", "content": "Hi"}]
    two: list[JsonValue] = [*one, {"role": "assistant", "content": "Hello."}, {"role": "user", "content": "More"}]
    other: list[JsonValue] = [{"role": "system", "content": "Help."}, {"role": "user", "content": "Something else"}]
    events = read(
        tmp_path / "f", {"messages": one}, {"messages": other}, {"messages": two}, {"messages": [*other, two[2]]}
    )
    assert len({event.session for event in events}) == 2
    assert len({event.entity for event in events}) == len(events)
    first = [event for event in events if event.session == events[0].session]
    assert kinds(first) == [
        "prompt_submitted",
        "prompt_submitted",
        "model_responded",
        "answered",
        "prompt_submitted",
        "session_ended",
    ]
    assert [event.position for event in first] == [0, 1, 2, 2, 3, 4]


def test_equal_openings_of_two_conversations_do_not_merge_them(tmp_path: Path) -> None:
    opening: list[JsonValue] = [{"role": "user", "content": "Hi"}]
    grown = [
        [*opening, {"role": "assistant", "content": text}, {"role": "user", "content": "ok"}] for text in ("A", "B")
    ]
    events = read(
        tmp_path / "f", {"messages": opening}, {"messages": opening}, *({"messages": list(item)} for item in grown)
    )
    assert [len([e for e in events if e.session == key]) for key in sorted({e.session for e in events})] == [5, 5]


def test_the_conversation_id_is_the_session_and_a_given_name_is_so_only_without_one(tmp_path: Path) -> None:
    messages: JsonValue = [{"role": "user", "content": "Hi"}]
    assert read(tmp_path / "f", {"conversation_id": "C", "messages": messages}, session="mine")[
        0
    ].session == session_key("conversation", "C")
    assert read(tmp_path / "f", {"messages": messages}, session="mine")[0].session == session_key("record", "mine")


def test_a_record_of_no_known_format_is_counted_between_its_neighbours(tmp_path: Path) -> None:
    good: JsonValue = {"messages": [{"role": "user", "content": "Hi"}]}
    events = read(tmp_path / "f", good, {"unknown": 1}, 7, good)
    assert kinds(events).count("unparsed") == 2
    assert kinds(events).count("prompt_submitted") == 2
    assert [event.where for event in events if isinstance(event, Unparsed)] == ["line 2", "line 3"]


def test_every_session_of_a_finished_file_ends(tmp_path: Path) -> None:
    events = read(tmp_path / "f", *({"messages": [{"role": "user", "content": str(number)}]} for number in range(1100)))
    assert len([event for event in events if isinstance(event, SessionEnded)]) == 1100
