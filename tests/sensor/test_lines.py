import gzip
from pathlib import Path

import pytest

from sensor.errors import SourceUnavailableError
from sensor.sources.lines import Broken, Limits, Line, lines


def read(path: Path, data: bytes, limits: Limits | None = None) -> list[Line | Broken]:
    path.write_bytes(data)
    return list(lines(path, limits or Limits()))


def texts(found: list[Line | Broken]) -> list[str]:
    return [line.text for line in found if isinstance(line, Line)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"])
def test_every_common_encoding_gives_the_same_lines(tmp_path: Path, encoding: str) -> None:
    found = read(tmp_path / "f", '{"name": "Müller"}\r\n\n{"b": 2}'.encode(encoding))
    assert found == [Line(1, '{"name": "Müller"}'), Line(3, '{"b": 2}')]


def test_compression_shows_in_the_content_and_not_in_the_name(tmp_path: Path) -> None:
    assert texts(read(tmp_path / "plain.txt", gzip.compress(b"one\ntwo\n"))) == ["one", "two"]


def test_a_truncated_archive_keeps_its_lines_and_says_that_it_breaks_off(tmp_path: Path) -> None:
    data = gzip.compress(b"one\n" * 100_000, compresslevel=0)
    found = read(tmp_path / "f", data[:-2000])
    assert len(texts(found)) > 90_000
    assert next(broken.reason for broken in found if isinstance(broken, Broken)).startswith("file breaks off")


def test_a_gzip_bomb_ends_in_one_counted_mark(tmp_path: Path) -> None:
    found = read(tmp_path / "f", gzip.compress(b"one\n" + b"\0" * (8 << 20)), Limits(line=1 << 16, total=1 << 20))
    assert texts(found) == ["one"]
    assert any("unpacks to more than" in broken.reason for broken in found if isinstance(broken, Broken))


def test_a_line_longer_than_the_limit_is_counted_and_its_neighbours_stay(tmp_path: Path) -> None:
    found = read(tmp_path / "f", b"one\n" + b"x" * 300_000 + b"\nthree", Limits(line=1000))
    assert texts(found) == ["one", "three"]
    [broken] = [line for line in found if isinstance(line, Broken)]
    assert (broken.number, broken.size) == (2, 300_000)


def test_half_a_character_at_the_end_costs_no_line(tmp_path: Path) -> None:
    assert len(texts(read(tmp_path / "f", "one\nzwö".encode()[:-1]))) == 2


def test_a_file_that_cannot_be_opened_is_an_error_with_its_path(tmp_path: Path) -> None:
    for path in (tmp_path / "missing", tmp_path):
        with pytest.raises(SourceUnavailableError) as refused:
            list(lines(path))
        assert refused.value.path == path
