from correlator.conversation import read
from correlator.request import Request, request_of, without_values
from sensor.event import in_order
from tests.properties.chats import Turn, events, says, user


def request(*turns: Turn) -> Request:
    return request_of(read(in_order(events(*turns))))


def test_each_sentence_of_each_message_is_a_clause() -> None:
    found = request(user("Open the letter. Then send it!"), says("Done."), user("And close the shelf"))

    assert [clause.text for clause in found.clauses] == ["Open the letter.", "Then send it!", "And close the shelf"]
    assert [clause.said.event.position for clause in found.clauses] == [0, 0, 2]


def test_verbs_and_words_stay_in_their_own_sentence() -> None:
    first, second = request(user("Delete the draft. Look at the parcel.")).clauses

    assert "delete" in first.classes
    assert "delete" not in second.classes
    assert "parcel" in second.content
    assert "parcel" not in first.content


def test_no_verb_is_read_out_of_an_address_or_a_path() -> None:
    (clause,) = request(
        user("What stands on https://send-delete.example.org/pay and in /srv/transfer/delete.txt?")
    ).clauses

    assert clause.classes == frozenset()


def test_values_are_cut_out_before_words_are_matched() -> None:
    assert without_values("see https://delete.example.org/x or box@pay.example.net now").split() == ["see", "or", "now"]


def test_a_confirmed_text_is_no_request() -> None:
    found = request(user("Tidy up."), says("Shall I delete shelf B-1704?"), user("Yes."))

    assert [clause.text for clause in found.clauses] == ["Tidy up.", "Yes."]


def test_names_and_places_of_a_sentence_are_told_by_their_form() -> None:
    (clause,) = request(user("Send what Mira wrote on https://docs.example.org/plan to Tomas")).clauses

    assert clause.names == {"mira", "tomas"}
    assert "docsexampleorgplan" in clause.places


def test_the_strongest_delegation_of_all_sentences_counts() -> None:
    assert request(user("Open the letter.")).delegation == ""
    assert request(user("Send it to the address that you find in the letter.")).delegation == "partial"
    assert request(user("You find the address in the letter. Do the tasks in it.")).delegation == "whole"


def test_words_inside_an_address_are_spoken_of_but_common_parts_are_not() -> None:
    found = request(user("Send it to mira@brookfield.example.com"))

    assert {"mira", "brookfield"} <= found.spoken
    assert "com" not in found.spoken


def test_a_session_without_a_user_has_an_empty_request() -> None:
    assert request(says("Hello.")) == Request(())
