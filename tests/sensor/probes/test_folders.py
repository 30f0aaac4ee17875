"""Relative paths → those that they mean, as far as it is known where a process is."""

import struct

import pytest

from sensor.event import FileChanged, FileOpened
from sensor.probes.process.decode import EXECUTED
from sensor.probes.record import Change, Record, Type
from tests.sensor.probes.traffic import born, exited, record, told

HERE = -100 & 0xFFFFFFFFFFFFFFFF


def executed(*above: bytes, whole: bool = True) -> Record:
    names = b"".join(name + b"\0" for name in above)
    return record(Type.EXECUTED, EXECUTED.pack(*[0] * 13, len(names), whole) + names + b"/bin/x\0x\0")


def moved(*above: bytes) -> Record:
    names = b"".join(name + b"\0" for name in above)
    return record(Type.MOVED, struct.pack("<II", len(names), 1) + names)


def opened(path: bytes, *, folder: int = HERE, tgid: int = 7) -> Record:
    return record(Type.OPENED, path + b"\0", first=folder, tgid=tgid)


def paths(*records: Record) -> list[tuple[str, str | None]]:
    return [
        (one.path, one.to_path if isinstance(one, FileChanged) else None)
        for one in told(*records)
        if isinstance(one, FileOpened | FileChanged)
    ]


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        (b"a/b", "/srv/home/a/b"), (b"./a", "/srv/home/a"), (b"../a", "/srv/home/../a"), (b"/etc/a", "/etc/a"), (b"", ""),
    ],
)  # fmt: skip
def test_a_relative_path_is_behind_the_working_folder(path: bytes, wanted: str) -> None:
    assert paths(executed(b"home", b"srv"), opened(path)) == [(wanted, None)]


def test_a_process_that_moves_and_its_children_are_where_they_are() -> None:
    found = paths(
        executed(b"home"), born(8, 7), opened(b"a", tgid=8), moved(), opened(b"b"), opened(b"c", tgid=8), exited(8),
        opened(b"d", tgid=8),
    )  # fmt: skip

    assert [path for path, _ in found] == ["/home/a", "/b", "/home/c", "d"]


def test_what_is_relative_to_a_descriptor_or_to_an_unknown_folder_stays() -> None:
    assert paths(executed(b"home"), opened(b"a", folder=5)) == [("a", None)]
    assert paths(executed(b"deep", whole=False), opened(b"a")) == [("a", None)]
    assert paths(opened(b"a")) == [("a", None)]


def test_both_names_of_a_change_are_made_absolute_and_what_a_symbolic_link_says_is_not() -> None:
    renamed = record(Type.CHANGED, b"a\0b\0", first=HERE, second=HERE, ret=Change.RENAME)
    to_folder = record(Type.CHANGED, b"a\0b\0", first=HERE, second=4, ret=Change.RENAME)
    link = record(Type.CHANGED, b"a\0b\0", first=HERE, second=HERE, ret=Change.LINK)
    symbolic = link._replace(number=88)

    assert paths(executed(b"home"), renamed, to_folder, link, symbolic) == [
        ("/home/a", "/home/b"), ("/home/a", "b"), ("/home/a", "/home/b"), ("a", "/home/b")
    ]  # fmt: skip
