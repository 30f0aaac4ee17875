"""Bodies without their encodings; with what is broken, cut off, or spells far more than it is."""

import gzip
import random
import zlib
from contextlib import suppress

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from sensor.wire.body import MOST, Unreadable, decoded

TEXT = b"The same words, again and again. " * 40
NOISE = random.Random(7).randbytes(3_000)
SKIPPED = b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc"
"""A frame of zstd that holds nothing to be read (RFC 8878, 3.1.2)."""


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


def far_back(data: bytes) -> bytes:
    """Return a frame that asks for 128 MiB to look back."""
    chosen = zstandard.ZstdCompressionParameters(window_log=27)
    machine = zstandard.ZstdCompressor(compression_params=chosen).compressobj()
    return machine.compress(data) + machine.flush()


MADE = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda data: brotli.compress(data, quality=5),
    "zstd": zstd,
}


def read(body: bytes, encoding: str) -> bytes:
    return decoded(body, (("content-encoding", encoding),))


@pytest.mark.parametrize("encoding", MADE)
@pytest.mark.parametrize("text", [b"", TEXT, NOISE])
def test_what_was_encoded_is_read(encoding: str, text: bytes) -> None:
    assert read(MADE[encoding](text), encoding) == text
    assert read(MADE[encoding](text), f" {encoding.upper()} ,identity") == text


def test_encodings_within_each_other_are_undone_from_the_outside() -> None:
    assert read(brotli.compress(zstd(gzip.compress(TEXT))), "gzip, zstd, br") == TEXT


def test_deflate_may_come_without_its_header() -> None:
    assert read(zlib.compress(TEXT)[2:-4], "deflate") == TEXT


def test_parts_in_a_row_are_one_body() -> None:
    assert read(gzip.compress(b"one, ") + gzip.compress(b"two"), "gzip") == b"one, two"
    assert read(SKIPPED + zstd(b"one, ") + SKIPPED + zstd(b"two"), "zstd") == b"one, two"


def test_padding_behind_gzip_is_left() -> None:
    assert read(gzip.compress(TEXT) + bytes(8), "gzip") == TEXT


@pytest.mark.parametrize("encoding", MADE)
@given(st.data())
def test_what_is_cut_off_is_not_read(encoding: str, given_data: st.DataObject) -> None:
    whole = MADE[encoding](NOISE)
    with pytest.raises(Unreadable, match=r"too early|broken"):
        read(whole[: given_data.draw(st.integers(0, len(whole) - 1))], encoding)


@pytest.mark.parametrize("encoding", MADE)
def test_exactly_so_much_is_read_and_no_more(encoding: str) -> None:
    assert len(read(MADE[encoding](bytes(MOST)), encoding)) == MOST
    with pytest.raises(Unreadable, match="more than 64 MiB"):
        read(MADE[encoding](bytes(MOST + 1)), encoding)


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(bytes(MOST)) + gzip.compress(b"x"), "gzip"), (zstd(bytes(MOST)) + zstd(b"x"), "zstd"),
        (gzip.compress(b"") * 10_000, "gzip"), (zstd(b"") * 10_000, "zstd"), (SKIPPED * 10_000, "zstd"),
        (far_back(NOISE), "zstd"), (zstd(TEXT) + b"behind", "zstd"), (brotli.compress(TEXT) + b"behind", "br"),
        (gzip.compress(TEXT) + gzip.compress(TEXT)[:-9], "gzip"), (b"no", "gzip"), (b"no", "br"), (b"no", "zstd"),
        (TEXT, "br-of-mars"), (TEXT, "gzip, br-of-mars"),
    ],
)  # fmt: skip
def test_what_is_broken_or_too_much_is_not_read(body: bytes, encoding: str) -> None:
    with pytest.raises(Unreadable):
        read(body, encoding)


@given(st.binary(max_size=300), st.sampled_from(sorted(MADE)))
def test_arbitrary_bytes_are_read_or_said_to_be_unreadable(body: bytes, encoding: str) -> None:
    for given_body in (body, MADE[encoding](TEXT)[:20] + body):
        with suppress(Unreadable):
            read(given_body, encoding)
