"""Every back end of language models keeps every promise of `LanguageModel`; what servers do wrong becomes an error of ours."""

import http.server
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from correlator.errors import ModelMisnamed, ModelRefused, ModelUnavailable, SettingsInvalid
from correlator.models import LanguageModel, Reach, open_model
from correlator.models.recorded import Recorded, Recorder
from correlator.models.scripted import Scripted
from correlator.models.testing import LanguageModelContract, question
from tests.correlator.models import speaking


class TestScripted(LanguageModelContract):
    def make(self, said: Sequence[str], folder: Path) -> LanguageModel:
        return Scripted.saying(said)


class TestRecorded(LanguageModelContract):
    def make(self, said: Sequence[str], folder: Path) -> LanguageModel:
        file = folder / "replies.jsonl"
        rows = [
            {"asked": question(number).digest, "model": "m", "text": text, "tokens_in": 1, "tokens_out": 1}
            for number, text in enumerate(said, 1)
        ]
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return Recorded(Reach(str(file)))


class TestLiteLLM(LanguageModelContract):
    @pytest.fixture(autouse=True)
    def serving(self) -> Iterator[None]:
        self._said: Sequence[str] = ()
        with speaking.server(self._replies()) as self._url:
            yield

    def _replies(self) -> Iterator[speaking.Reply]:
        yield from map(speaking.chat, self._said)

    def make(self, said: Sequence[str], folder: Path) -> LanguageModel:
        # What is too long is unavailable, and tried once more.
        self._said = [*said, *said] if len(said) == 1 else said
        return open_model("litellm", Reach("openai/scripted-peer", self._url))


def asking(url: str, seconds: float = 20.0) -> str:
    model = open_model("litellm", Reach("openai/scripted-peer", url))
    return model.reply(question(), most_tokens=50, seconds=seconds).text


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_passes_is_tried_once_more(status: int) -> None:
    with speaking.server(iter((speaking.failing(status), speaking.chat("hello")))) as url:
        assert asking(url) == "hello"


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, ModelRefused), (422, ModelRefused), (401, ModelMisnamed), (403, ModelMisnamed), (404, ModelMisnamed)],
)
def test_what_does_not_pass_is_not_tried_again(status: int, error: type[Exception]) -> None:
    asked: list[dict[str, Any]] = []
    with (
        speaking.server(iter((speaking.failing(status), speaking.chat("hello"))), asked) as url,
        pytest.raises(error),
    ):
        asking(url)
    assert len(asked) == 1


def test_a_server_that_sends_a_byte_now_and_then_does_not_hold_anybody_up() -> None:
    def drip(handler: http.server.BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        try:
            for _ in range(200):
                handler.wfile.write(b" ")
                handler.wfile.flush()
                time.sleep(0.1)
        except OSError:
            pass

    with speaking.server(iter((drip,))) as url, pytest.raises(ModelUnavailable, match="within"):
        asking(url, seconds=1.5)


@pytest.mark.parametrize(
    "body",
    [b"", b"no JSON", b"{}", b'{"choices": []}', b'{"choices": [{"message": null}]}', b"[" * 10_000, b"\xff\xfe"],
)
def test_a_reply_that_is_no_reply_is_an_error(body: bytes) -> None:
    def wrong(handler: http.server.BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
        speaking.send(handler, 200, body)

    with speaking.server(iter((wrong, wrong))) as url, pytest.raises((ModelUnavailable, ModelRefused)):
        asking(url)


def test_it_asks_for_the_shape_of_the_reply_and_for_few_tokens_and_sends_no_key_where_there_is_none() -> None:
    asked: list[dict[str, Any]] = []
    with speaking.server(iter((speaking.chat("x"),)), asked) as url:
        asking(url)
    (sent,) = asked
    assert sent["max_tokens"] == 50
    assert sent["response_format"]["json_schema"]["schema"]["required"] == ["sentence"]
    assert [message["role"] for message in sent["messages"]] == ["system", "user"]


@pytest.mark.parametrize("name", ["openai/my-own", "my-own", "ollama/llama3", "hosted_vllm/x"])
def test_a_name_that_could_go_anywhere_needs_an_address(name: str) -> None:
    with pytest.raises(SettingsInvalid, match="CLEW_MODEL_URL"):
        open_model("litellm", Reach(name))


def test_an_unknown_back_end_is_named_with_those_that_are_known() -> None:
    with pytest.raises(SettingsInvalid, match="litellm, recorded, scripted"):
        open_model("oracle", Reach("x"))


def test_what_a_recorder_was_told_is_told_again(tmp_path: Path) -> None:
    recorder = Recorder(Scripted.saying(["one", "two"]), tmp_path / "file")
    for number in (1, 2):
        recorder.reply(question(number), most_tokens=10, seconds=1.0)
    again = Recorded(Reach(str(tmp_path / "file")))

    assert [again.reply(question(number), most_tokens=10, seconds=1.0).text for number in (2, 1)] == ["two", "one"]
    with pytest.raises(ModelRefused):
        again.reply(question(3), most_tokens=10, seconds=1.0)


@pytest.mark.parametrize("text", ["[]\n", "no JSON\n", json.dumps({"asked": "x"})])
def test_a_file_that_has_no_replies_is_an_error(text: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text(text)
    with pytest.raises(SettingsInvalid, match="recorded"):
        Recorded(Reach(str(tmp_path / "file")))
