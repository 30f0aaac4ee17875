"""`clew story narrate` and what it leaves, with litellm and a scripted peer on loopback: no model is behind it."""

import itertools
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from correlator.cli.app import app
from correlator.cli.desk import opened
from correlator.ingest import ingest
from correlator.settings import Settings
from sensor.event import ToolReturned
from sensor.sources import read_any
from sensor.sources.replay import write
from tests.correlator.models import speaking
from tests.correlator.models.speaking import echo

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((*(ROOT / "examples").glob("*/session.json"), *(ROOT / "examples").glob("*/spans.jsonl")))


@dataclass(frozen=True)
class Ended:
    returncode: int
    stdout: str
    stderr: str


Clew = Callable[..., Ended]


@pytest.fixture
def clew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clew:
    """Return the program with a store that has the story of the shipped example.

    It runs within this process: litellm takes seconds to load.
    """
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("CLEW_", "COLUMNS", "LINES"))]:
        monkeypatch.delenv(name)

    def run(*arguments: str, **more: str) -> Ended:
        found = CliRunner().invoke(app, arguments, env={"CLEW_STORE": str(tmp_path / "store")} | more)
        return Ended(found.exit_code, found.stdout, found.stderr)

    assert run("replay", str(ROOT / "examples/billing_ticket/session.json")).returncode in (0, 3)
    return run


@pytest.fixture
def story(clew: Clew) -> str:
    (found,) = json.loads(clew("story", "list", "--json").stdout)
    return str(found["id"])


@contextmanager
def peer(asked: list[dict[str, Any]], old: str = "", new: str = "") -> Iterator[dict[str, str]]:
    """Give settings with a model that says what it is asked to word, with some words changed."""

    def reply(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        echo(handler, body, old, new)

    with speaking.server(itertools.repeat(reply), asked) as url:
        yield {"CLEW_MODEL": "openai/scripted-peer", "CLEW_MODEL_URL": url}


def test_a_worded_story_is_kept_and_shown_and_asked_for_once(clew: Clew, story: str, tmp_path: Path) -> None:
    asked = list[dict[str, Any]]()
    with peer(asked, "the agent called", "the agent used") as model:
        told = clew("story", "narrate", story, **model)
        number = len(asked)
        second = clew("story", "narrate", story, **model)
        once = len(asked)
        clew("story", "narrate", story, "--again", **model)

    assert told.returncode == 0
    assert "the agent used" in told.stdout
    assert "openai/scripted-peer, reword:2: " in told.stdout
    assert "sentences worded; " in told.stderr
    assert (number, once, len(asked)) == (number, number, 2 * number)
    assert number > 0
    assert "was asked for this version already" in second.stderr
    assert second.stdout == told.stdout

    assert clew("story", "show", story).stdout == told.stdout
    assert "the agent used" not in clew("story", "show", story, "--template").stdout
    assert clew("story", "export", "out.md", "--story", story).returncode == 0
    assert "the agent used" in (tmp_path / "out.md").read_text()


def test_what_the_evidence_does_not_carry_is_told_by_the_template(clew: Clew, story: str) -> None:
    before = clew("story", "show", story).stdout
    asked = list[dict[str, Any]]()
    with peer(asked, ".", ", to hand the customer's passwords to a competitor.") as model:
        told = clew("story", "narrate", story, **model)
        number = len(asked)
        again = clew("story", "narrate", story, **model)

    assert told.returncode == again.returncode == 1
    assert told.stdout == again.stdout == before
    for one in (told, again):
        assert "0 of " in one.stderr
        assert "The template stands for the others: " in one.stderr
    assert len(asked) == number


def test_a_model_that_is_not_there_leaves_the_template_and_the_reason(clew: Clew, story: str) -> None:
    before = clew("story", "show", story).stdout
    with peer([]) as model:
        pass

    told = clew("story", "narrate", story, **model)

    assert told.returncode == 1
    assert told.stdout == before
    assert "openai/scripted-peer cannot be reached" in told.stderr
    with peer(asked := []) as model:
        assert clew("story", "narrate", story, **model).returncode == 0
    assert asked


def test_what_was_left_when_a_model_stopped_is_asked_for_the_next_time_alone(clew: Clew, story: str) -> None:
    asked = list[dict[str, Any]]()
    replies = itertools.chain([echo, echo], itertools.repeat(speaking.failing(401), 1), itertools.repeat(echo))
    with speaking.server(replies, asked) as url:
        model = {"CLEW_MODEL": "openai/scripted-peer", "CLEW_MODEL_URL": url}
        first = clew("story", "narrate", story, **model)
        second = clew("story", "narrate", story, **model)
        sentences = (
            len(json.loads(clew("story", "show", story, "--json").stdout)["sentences"]) - 1
        )  # one is a conclusion

    assert "2 of " in first.stderr
    assert "openai/scripted-peer refuses" in first.stderr
    assert f"{sentences} of {sentences} sentences worded" in second.stderr
    assert len(asked) == sentences + 2  # once more for what was refused, and for the title


def test_a_strong_model_writes_the_whole_story_with_one_question(clew: Clew, story: str) -> None:
    def write(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        lines = body["messages"][-1]["content"].splitlines()
        facts = [text for number, _, text in (line.partition(". ") for line in lines) if number.isdecimal()]
        said = [{"text": text.replace("the agent called", "the agent used"), "cites": [number]}
                for number, text in enumerate(facts, 1)]  # fmt: skip
        reply = {"number": 2} if "Titles:" in lines else {"sentences": said}
        speaking.chat(json.dumps(reply))(handler, body)

    before = json.loads(clew("story", "show", story, "--json").stdout)
    asked = list[dict[str, Any]]()
    with speaking.server(itertools.repeat(write), asked) as url:
        model = {"CLEW_MODEL": "openai/scripted-peer", "CLEW_MODEL_URL": url, "CLEW_NARRATOR": "compose"}
        told = clew("story", "narrate", story, **model)

    assert told.returncode == 0, told.stderr
    assert len(asked) == 2
    assert "the agent used" in told.stdout
    assert "openai/scripted-peer, compose:1: " in told.stdout
    assert before["titles"][1]["text"] in " ".join(clew("story", "show", story).stdout.split())
    assert json.loads(clew("story", "show", story, "--template", "--json").stdout) == before


def test_fewer_words_do_not_take_the_place_of_more(clew: Clew, story: str) -> None:
    with peer([]) as model:
        clew("story", "narrate", story, **model)
    before, asked = clew("story", "show", story).stdout, list[dict[str, Any]]()
    with speaking.server(itertools.repeat(speaking.chat("Sure!")), asked) as url:
        other = clew("story", "narrate", story, CLEW_MODEL="openai/other", CLEW_MODEL_URL=url)
        number = len(asked)
        again = clew("story", "narrate", "--new", CLEW_MODEL="openai/other", CLEW_MODEL_URL=url)

    assert (again.returncode, len(asked)) == (0, number)  # what has not changed is not asked for again
    assert other.returncode == 1
    assert "openai/scripted-peer had worded more of it" in other.stderr
    assert clew("story", "show", story).stdout == before


def test_neither_a_key_nor_what_is_no_unicode_comes_out_of_an_error(clew: Clew, story: str) -> None:
    before = clew("story", "show", story).stdout

    def saying(handler: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
        said = f"x\ud800y {handler.headers['Authorization']}"
        speaking.send(handler, 401, json.dumps({"error": {"message": said}}).encode())

    with speaking.server(iter((echo, saying))) as url:
        there = {"CLEW_MODEL": "openai/scripted-peer", "CLEW_MODEL_URL": url, "CLEW_MODEL_KEY": "sk-hidden-123"}
        told = clew("story", "narrate", story, **there)
    misspelt = clew("story", "list", CLEW_MODEL_KEY="sk-hidden-123 ")

    assert "1 of " in told.stderr
    assert "x?y" in told.stderr
    assert told.stdout.splitlines()[0] == before.splitlines()[0]
    assert "sk-hidden" not in told.stderr + told.stdout + misspelt.stderr
    assert misspelt.returncode == 2


def test_without_a_model_it_says_what_to_set(clew: Clew, story: str) -> None:
    told = clew("story", "narrate", story)

    assert told.returncode == 2
    assert "CLEW_MODEL" in told.stderr
    assert told.stdout == ""


@pytest.mark.parametrize(("result_of", "kept"), [("http_post", False), ("reply_ticket", True)])
def test_a_story_of_which_a_fact_has_changed_is_told_by_templates_again(
    clew: Clew, tmp_path: Path, result_of: str, kept: bool
) -> None:
    # Of the other call only a gap is told: no word depends on it.
    store = {"CLEW_STORE": str(tmp_path / "other")}
    seen = list(read_any(ROOT / "examples/billing_ticket/session.json"))
    last = next(event for event in reversed(seen) if isinstance(event, ToolReturned) and event.name == result_of)
    write([event for event in seen if event is not last], tmp_path / "first.jsonl")
    write([last], tmp_path / "rest.jsonl")
    clew("replay", str(tmp_path / "first.jsonl"), **store)
    (before,) = json.loads(clew("story", "list", "--json", **store).stdout)
    with peer([], "the agent called", "the agent used") as model:
        assert "the agent used" in clew("story", "narrate", before["id"], **model, **store).stdout
    clew("replay", str(tmp_path / "rest.jsonl"), **store)

    (after,) = json.loads(clew("story", "list", "--json", **store).stdout)
    shown = clew("story", "show", after["id"], **store).stdout

    assert (after["id"], after["version"]) == (before["id"], 2)
    assert ("the agent used" in shown) == kept
    assert (shown == clew("story", "show", after["id"], "--template", **store).stdout) != kept


def test_doctor_asks_the_model_that_is_set(clew: Clew) -> None:
    with peer(asked := []) as model:
        fine = clew("doctor", **model)
    gone = clew("doctor", **model)
    with speaking.server(itertools.repeat(speaking.chat("Sure! Here it is."))) as url:
        chatty = clew("doctor", CLEW_MODEL="openai/scripted-peer", CLEW_MODEL_URL=url)

    assert fine.returncode == 0
    assert "openai/scripted-peer replies with JSON: one sentence 7 + 5 tokens" in fine.stdout
    assert len(asked) == 1
    assert gone.returncode == chatty.returncode == 1
    assert "FAIL  model          openai/scripted-peer cannot be reached" in gone.stdout
    assert "does not reply with the JSON that is asked for" in chatty.stdout


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_each_event_that_a_story_cites_is_at_hand(path: Path, tmp_path: Path) -> None:
    with opened(Settings(store=tmp_path / "store")) as desk:
        ingest([(path.name, path)], desk)
        for record in desk.casebook.stories("local"):
            session = desk.casebook.session("local", record.story.session)
            known = {event.entity for event in desk.judge(session).spoken_of}
            cited = {cite.event for sentence in record.story.sentences for cite in sentence.cites}
            assert cited
            assert cited <= known


def test_whether_a_model_can_be_talked_into_something_is_counted(clew: Clew) -> None:
    asked = list[dict[str, Any]]()
    with peer(asked, "the agent called", "the agent used") as model:
        done = clew("narrator", "test", "--orders", "3", "--json", **model)
        shown = clew("narrator", "test", "--orders", "1", **model)
    found = json.loads(done.stdout)

    assert (done.returncode, found["trials"], found["changed"], found["escaped"], found["wrong"]) == (0, 3, 0, 0, [])
    assert 0 < found["worded"] <= found["sentences"]
    assert found["mutations"]["caught"] == found["mutations"]["of"] > 1_000
    assert asked
    assert "openai/scripted-peer: 1 stories with an order in them" in shown.stdout
    assert "CLEW_MODEL" in clew("narrator", "test").stderr


def test_all_that_are_not_worded_yet_are_asked_for_once(clew: Clew, story: str) -> None:
    assert clew("replay", str(ROOT / "examples/encoded_secret/session.json")).returncode in (0, 3)
    asked = list[dict[str, Any]]()
    with peer(asked) as model:
        one = clew("story", "narrate", story, **model)
        number = len(asked)
        done = clew("story", "narrate", "--new", **model)
        both = len(asked)
        again = clew("story", "narrate", "--new", "--json", **model)

    assert one.returncode == done.returncode == again.returncode == 0, done.stderr
    assert done.stdout == "openai/scripted-peer was asked for 2 of 2 open stories to the end\n"
    assert json.loads(again.stdout) == {"stories": 2, "done": 2}
    assert len(asked) == both > number
    assert clew("story", "narrate", **model).returncode == 2
    assert clew("story", "narrate", story, "--new", **model).returncode == 2


def test_what_a_day_may_cost_is_not_spent_twice(clew: Clew, story: str) -> None:
    before = clew("story", "show", story).stdout
    asked = list[dict[str, Any]]()
    with peer(asked) as model:
        few = clew("story", "narrate", story, CLEW_MODEL_TOKENS_A_DAY="20", **model)
        number = len(asked)
        none = clew("story", "narrate", story, "--again", CLEW_MODEL_TOKENS_A_DAY="20", **model)
        new = clew("story", "narrate", "--new", "--again", CLEW_MODEL_TOKENS_A_DAY="20", **model)

    assert "the budget (20 tokens) is used up" in few.stderr
    assert 0 < number < 5
    assert len(asked) == number
    for ended in (none, new):
        assert ended.returncode == 1
        assert "CLEW_MODEL_TOKENS_A_DAY" in ended.stderr
    assert none.stdout == before
