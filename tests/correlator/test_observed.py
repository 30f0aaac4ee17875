"""What fails while a command is observed leaves the command to its end."""

from collections.abc import Sequence

import pytest

from correlator.cli.observed import _Count, without_ours
from correlator.settings import PREFIX, SECRET, Settings
from sensor.event import Event, EventsLost
from sensor.sources.otlp.span import Span

LOST = EventsLost(session="", position=1, source="kernel", where="ring", count=3)


def test_when_nothing_more_can_be_kept_it_is_said_once_and_all_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    kept: list[Event] = []

    def take(events: Sequence[Event], _spans: Sequence[Span]) -> None:
        if kept:
            raise OSError(28, "No space left on device")
        kept.extend(events)

    count = _Count(take)
    for _ in range(3):
        count([LOST], [])

    assert (count.events, count.lost, kept) == (3, 9, [LOST])
    assert capsys.readouterr().err.count("No space left on device") == 1


def test_a_command_gets_none_of_our_secrets() -> None:
    secret = {name for name, one in Settings.model_fields.items() if "secret" in (one.description or "")}
    names = [PREFIX + name.upper() for name in secret]

    assert secret == SECRET
    assert without_ours(dict.fromkeys([*names, "HOME", "CLEW_STORE"], "x")) == {"HOME": "x", "CLEW_STORE": "x"}
