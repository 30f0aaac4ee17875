"""Files of credentials that observed processes open, as they are read, or not."""

import os
from pathlib import Path
from threading import Event

import pytest

from sensor.probes import secrets
from sensor.probes.record import HEADER, Record, Type
from sensor.probes.secrets import MOST_HANGING, Secrets

KEY = "AKIAQ7RZ2EXAMPLE3456"


def opened(path: Path) -> Record:
    payload = str(path).encode() + b"\0"
    return Record.read(HEADER.pack(500, 400, 0, 0, 3, os.getpid(), 8, 0, Type.OPENED, 0, 0, len(payload)) + payload)


def test_what_is_read_is_known_again(tmp_path: Path) -> None:
    place = tmp_path / ".aws" / "credentials"
    place.parent.mkdir()
    place.write_text(f"aws_access_key_id = {KEY}\n")
    known = Secrets()
    known.take(opened(place))

    assert set(known.shingles.found(f"key={KEY}")) == {str(place)}
    assert known.unread == 0


def test_a_file_that_is_gone_is_counted(tmp_path: Path) -> None:
    known = Secrets()
    known.take(opened(tmp_path / ".aws" / "credentials"))

    assert known.unread == 1


def test_files_that_never_come_are_waited_for_a_few_times_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "PATIENCE_S", 0.05)
    never, asked = Event(), list[str]()

    def hangs(_pid: int, path: str) -> str:
        asked.append(path)
        never.wait()
        return ""

    known = Secrets(hangs)
    for _ in range(10 * MOST_HANGING):
        known.take(opened(Path("/home/a/.aws/credentials")))
    never.set()

    assert known.unread == 10 * MOST_HANGING
    assert len(asked) == MOST_HANGING
