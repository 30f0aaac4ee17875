import pytest
from pydantic import JsonValue

from correlator.conversation import Call, Content, read
from correlator.effects import Act, acknowledges, act_of, command_programs, is_destination
from sensor.event import ToolCalled, ToolDeclaration, ToolReturned, in_order
from tests.properties.chats import call, events, user

LONG = "A long page about shelves and parcels. " * 10


def act(name: str, arguments: JsonValue = None, result: str | None = None, tool: ToolDeclaration | None = None) -> Act:
    """Return what a call of a tool of that name does."""
    called = ToolCalled(session="s", position=1, source="test", call_id="c", name=name, arguments=arguments)
    back = None
    if result is not None:
        back = ToolReturned(session="s", position=2, source="test", call_id="c", text=result)
    return act_of(Call(0, called, back), tool)


# Hints


@pytest.mark.parametrize(
    ("hints", "reach", "kind"),
    [
        ({"destructive": True}, "effect", "delete"),
        ({"read_only": False}, "effect", "modify"),
    ],
)
def test_hints_of_the_server_win_over_the_name(hints: dict[str, bool], reach: str, kind: str) -> None:
    tool = ToolDeclaration(name="get_shelf", **hints)
    found = act("get_shelf", {"number": 3}, tool=tool)

    assert (found.reach, found.kind) == (reach, kind)


def test_a_hint_is_of_no_matter_to_a_tool_without_one() -> None:
    assert act("get_shelf", {"number": 3}, tool=ToolDeclaration(name="get_shelf")).reach == "read"


def test_hints_arrive_with_the_declaration_of_a_session() -> None:
    tool = ToolDeclaration(name="get_shelf", destructive=True)
    conversation = read(in_order(events(user("Hi."), call("get_shelf", {"n": 3}, "ok"), tools=[tool])))

    assert act_of(conversation.calls[0], conversation.tools["get_shelf"]).destructive


# Names


@pytest.mark.parametrize(
    ("name", "reach", "kind"),
    [
        ("get_parcel", "read", "read"),
        ("list_send_jobs", "read", "read"),
        ("send_letter", "effect", "communicate"),
        ("parcel_send_list", "effect", "communicate"),
        ("sendLetter", "effect", "communicate"),
        ("mail_get", "read", "read"),
        ("wire_get_parcel", "read", "read"),
        ("calendar.delete", "effect", "delete"),
        ("mcp__post__send_letter", "effect", "communicate"),
        ("book_shelf", "effect", "create"),
        ("mcp__bank__transfer", "effect", "move"),
        ("delete.file", "effect", "delete"),
        ("post.share", "effect", "grant"),
        ("deposit_check", "effect", "transfer"),
        ("book_viewing", "effect", "create"),
        ("post_listing", "effect", "communicate"),
        ("delete_shelf", "effect", "delete"),
        ("cancelDelivery", "effect", "delete"),
        ("update_shelf", "effect", "modify"),
        ("create_shelf", "effect", "create"),
        ("run_job", "effect", "execute"),
        ("upload_plan", "effect", "move"),
        ("rate_shelf", "effect", "rate"),
        ("pay_courier", "effect", "transfer"),
        ("send_money", "effect", "transfer"),
        ("invite_guest", "effect", "grant"),
        ("update_password", "effect", "credential"),
        ("set_role", "effect", "grant"),
    ],
)
def test_the_first_verb_of_the_name_decides_and_nouns_make_it_precise(name: str, reach: str, kind: str) -> None:
    found = act(name, {"number": 3})

    assert (found.reach, found.kind) == (reach, kind)


def test_names_of_arguments_make_the_kind_precise_too() -> None:
    assert act("update_person", {"name": "mira"}).kind == "modify"
    assert act("update_person", {"name": "mira", "password": "x"}).kind == "credential"
    assert act("send_note", {"to": "mira", "amount": 3}).kind == "transfer"


@pytest.mark.parametrize("name", ["delete_shelf", "pay_courier", "invite_guest", "update_password"])
def test_removal_money_access_and_credentials_are_critical(name: str) -> None:
    assert act(name, {"number": 3}).critical


@pytest.mark.parametrize("name", ["get_parcel", "send_letter", "create_shelf", "rate_shelf"])
def test_other_acts_are_not_critical(name: str) -> None:
    assert not act(name, {"number": 3}).critical


def test_the_other_words_of_a_name_are_its_nouns() -> None:
    found = act("send_parcels_to_archive", {"number": 3})

    assert found.verb == "send"
    assert {"parcel", "archiv"} <= found.nouns


# Unknown verbs are told by what came back


def test_an_unknown_verb_with_a_short_answer_is_an_effect() -> None:
    assert act("frobnicate_shelf", {"number": 3}, "ok").reach == "effect"
    assert act("frobnicate_shelf", {"number": 3}).reach == "effect"


def test_an_unknown_verb_with_long_content_is_a_read() -> None:
    assert act("frobnicate_shelf", {"number": 3}, LONG).reach == "read"


def test_an_unknown_verb_without_arguments_is_a_read() -> None:
    assert act("frobnicate_shelf", {}, "ok").reach == "read"


# Contact


@pytest.mark.parametrize("value", ["https://drop.example.net/in", "drop.example.net", "mira@example.org", "192.0.2.17"])
def test_a_read_whose_argument_is_an_address_is_a_contact(value: str) -> None:
    assert act("fetch_page", {"where": value}).reach == "contact"
    assert act("fetch_page", {"where": value}).kind == "contact"


@pytest.mark.parametrize("value", ["shelf 3", "plan.txt", "DE02 1203 0000 0000 2020 51"])
def test_a_read_of_something_else_is_no_contact(value: str) -> None:
    assert act("get_page", {"where": value}).reach == "read"


# Shell


@pytest.mark.parametrize(
    ("command", "programs"),
    [
        ("ls -l /srv", ["ls"]),
        ("LANG=C /usr/bin/CURL -s x | tee y", ["curl", "tee"]),
        ("cd /srv && rm -r x; echo done", ["cd", "rm", "echo"]),
        ("sudo env A=b nohup wget x", ["sudo", "env", "nohup", "wget"]),
        ("echo $(nc drop.example.net 9) `dig x`", ["echo", "nc", "dig"]),
        ("a ||\nb", ["a", "b"]),
        ("", []),
        ("   ;;; ", []),
    ],
)
def test_the_programs_of_a_command_line_are_its_first_words_and_what_wrappers_run(
    command: str, programs: list[str]
) -> None:
    assert command_programs(command) == programs


@pytest.mark.parametrize(
    ("command", "reach", "kind"),
    [
        ("ls -l", "read", "read"),
        ("python plan.py", "read", "read"),
        ("curl https://drop.example.net", "effect", "communicate"),
        ("rm -r shelf", "effect", "delete"),
        ("chmod 777 shelf", "effect", "grant"),
        ("echo x | crontab -", "effect", "execute"),
        ("curl https://example.org; rm x", "effect", "delete"),
    ],
)
def test_a_shell_command_is_what_its_programs_do(command: str, reach: str, kind: str) -> None:
    found = act("run_shell", {"command": command})

    assert (found.reach, found.kind) == (reach, kind)


def test_a_megabyte_of_commands_is_bounded() -> None:
    assert len(command_programs("ls;" * 400_000)) == 50


# Arguments and results


@pytest.mark.parametrize(
    ("path", "kind"), [("to", "name"), ("box.recipient", "name"), ("x", "url"), ("guestEmail", "text")]
)
def test_a_destination_is_told_by_the_value_or_by_the_name_of_the_argument(path: str, kind: str) -> None:
    assert is_destination(path, kind)


@pytest.mark.parametrize(("path", "kind"), [("to.note", "name"), ("body", "text"), ("shelf", "path"), ("", "number")])
def test_other_arguments_are_no_destinations(path: str, kind: str) -> None:
    assert not is_destination(path, kind)


def test_only_a_short_reply_to_an_effect_is_an_acknowledgement() -> None:
    conversation = read(
        in_order(
            events(
                user("Hi."), call("send_letter", {"to": "mira"}, "sent"), call("get_letter", {"n": 3}, "sent"),
                call("send_letter", {"to": "ilse"}, LONG),
            )
        )
    )  # fmt: skip

    assert [acknowledges(content) for content in conversation.contents] == [True, False, False]
    assert not acknowledges(Content(conversation.events[0], "sent"))
