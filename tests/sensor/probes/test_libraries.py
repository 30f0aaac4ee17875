"""Which files are attached to, whatever a process puts in their place; nothing is attached to for real."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sensor.probes.inside import opened_inside
from sensor.probes.record import HEADER, Record, Type
from sensor.probes.tls.libraries import MOST, Libraries

LIBRARY = next(iter(sorted(Path("/usr/lib").glob("*/libssl.so.3"))), None)
PLACES = {("tls_call_ex", False), ("tls_wrote", True), ("tls_read", True), ("tls_freed", False)}
needs_library = pytest.mark.skipif(LIBRARY is None, reason="no libssl.so.3 here")


def opened(path: Path) -> Record:
    payload = str(path).encode() + b"\0"
    return Record.read(HEADER.pack(500, 400, 0, 0, 3, os.getpid(), 8, 0, Type.OPENED, 0, 0, len(payload)) + payload)


def copied(place: Path) -> Path:
    assert LIBRARY is not None
    place.write_bytes(LIBRARY.read_bytes())
    return place


def never(*_: object) -> int:
    raise AssertionError


@contextmanager
def loose(_: Record) -> Iterator[None]:
    """Hold nobody."""
    yield


@needs_library
def test_a_library_is_attached_to_once(tmp_path: Path) -> None:
    attached: list[tuple[str, bool, int]] = []

    def attach(_file: int, program: str, at_end: bool, offset: int) -> int:
        attached.append((program, at_end, offset))
        return len(attached)

    libraries = Libraries(attach, never, loose)
    for _ in range(3):
        libraries.take(opened(copied(tmp_path / "libssl.so.3") if not attached else tmp_path / "libssl.so.3"))

    assert len(attached) == len(set(attached))
    assert {(program, at_end) for program, at_end, _ in attached} >= PLACES


@needs_library
def test_what_was_looked_at_is_what_is_attached_to(tmp_path: Path) -> None:
    place = copied(tmp_path / "libssl.so.3")
    (tmp_path / "other").write_bytes(b"another file")
    looked_at = place.stat().st_ino
    inodes = set()

    def attach(file: int, *_: object) -> int:
        if (tmp_path / "other").exists():
            (tmp_path / "other").replace(place)
        inodes.add(os.fstat(file).st_ino)
        return 1

    Libraries(attach, never, loose).take(opened(place))

    assert inodes == {looked_at}


def test_a_pipe_in_the_place_of_a_library_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "libssl.so.3")
    libraries = Libraries(never, never, loose)
    libraries.take(opened(tmp_path / "libssl.so.3"))

    assert libraries.unseen == 0


@needs_library
def test_of_too_many_libraries_those_give_way_that_nobody_opened_for_longest(tmp_path: Path) -> None:
    held: dict[int, int] = {}
    """What holds a program → the file that it is in."""
    gone: list[int] = []

    def attach(file: int, *_: object) -> int:
        held[len(held)] = os.fstat(file).st_ino
        return len(held) - 1

    libraries = Libraries(attach, gone.extend, loose)
    files = [copied(tmp_path / f"libssl.so.{number}") for number in range(MOST + 1)]
    for file in (*files[:MOST], files[0], files[MOST]):
        libraries.take(opened(file))

    given_up = {held[one] for one in gone}
    assert given_up == {file.stat().st_ino for file in files[1 : 1 + len(given_up)]}
    assert len(gone) == len(given_up) * len(held) // len(files)
    assert libraries.unseen == 0


@needs_library
def test_a_library_that_the_kernel_refuses_is_counted_and_left(tmp_path: Path) -> None:
    def refuse(*_: object) -> int:
        raise OSError(24, "too many")

    libraries = Libraries(refuse, never, loose)
    for _ in range(2):
        libraries.take(opened(copied(tmp_path / "libssl.so.3") if libraries.unseen == 0 else tmp_path / "libssl.so.3"))

    assert libraries.unseen == 1


def test_links_stay_below_the_root_of_the_process(tmp_path: Path) -> None:
    (tmp_path / "inner").write_text("inner")
    (tmp_path / "link").symlink_to("/inner")
    (tmp_path / "out").symlink_to("../../../../../../etc/hostname")
    descriptor = opened_inside(str(tmp_path), "/link")

    assert os.read(descriptor, 9) == b"inner"
    os.close(descriptor)
    with pytest.raises(FileNotFoundError):
        opened_inside(str(tmp_path), "/out")
