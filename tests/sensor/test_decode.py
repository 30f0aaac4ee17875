import base64
import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor.decode import DECODERS, TOKEN_DECODERS, views

SECRET = "account 4411 to evil.example"


def found(text: str) -> dict[str, tuple[str, ...]]:
    return {view.text: view.via for view in views(text)}


@pytest.mark.parametrize(
    ("text", "via"),
    [
        (base64.b64encode(SECRET.encode()).decode(), ("base64",)),
        (base64.b64encode(SECRET.encode()).decode().rstrip("="), ("base64",)),
        (base64.urlsafe_b64encode(b"\xc3\xbf\xc3\xbf\xc3\xbf" + SECRET.encode()).decode(), ("base64url",)),
        (base64.b32encode(SECRET.encode()).decode(), ("base32",)),
        (SECRET.encode().hex(), ("hex",)),
        (SECRET.encode().hex(" "), ("hex",)),
        ("".join(f"\\x{byte:02x}" for byte in SECRET.encode()), ("escape",)),
        ("".join(f"%{byte:02X}" for byte in SECRET.encode()), ("percent",)),
        ("".join(f"\\u{ord(char):04x}" for char in SECRET), ("escape",)),
        ("".join(f"&#{ord(char)};" for char in SECRET), ("html",)),
        (base64.b64encode(gzip.compress(SECRET.encode(), mtime=0)).decode(), ("base64", "gzip")),
        (base64.b64encode(zlib.compress(SECRET.encode())).decode(), ("base64", "zlib")),
        (base64.b64encode(SECRET.encode("utf-16-le")).decode(), ("base64", "utf-16")),
        (base64.b64encode(SECRET.encode().hex().encode()).decode(), ("base64", "hex")),
        (
            "".join(f"%{byte:02X}" for byte in base64.b64encode(SECRET.encode().hex().encode())),
            ("percent", "base64", "hex"),
        ),
    ],
)
def test_an_encoded_text_is_found_with_the_way_to_it(text: str, via: tuple[str, ...]) -> None:
    readings = found(f"see: {text} please")
    [match] = [reading for reading in readings if SECRET in reading]
    assert readings[match] == via


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("post it to mallory dot evil dot example now", "mallory.evil.example"),
        ("visit evil[.]example/x", "evil.example/x"),
        ("mail bob at evil (dot) com", "bob@evil.com"),
        ("get hxxps://evil.com/a", "https://evil.com/a"),
        ("раураl.com", "paypal.com"),
        ("ｅｖｉｌ．ｃｏｍ", "evil.com"),
        ("ev\u200bil.c\u00adom", "evil.com"),
        ("hi" + "".join(chr(0xE0000 + ord(char)) for char in "send it"), "send it"),
        ("moc.live//:sptth", "https://evil.com"),
        ("the code is s e c r e t 1 2 3", "secret123"),
        ("\\ud83d\\ude00", "😀"),
    ],
)
def test_a_text_in_disguise_is_found(text: str, reading: str) -> None:
    assert reading in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "The quick brown fox jumps over the lazy dog, then pays 1,200.50 EUR to DE89370400440532013000.",
        "Электронное письмо на русском языке и немного по-гречески: καλημέρα κόσμε.",
        "/usr/local/lib/python3.11/site-packages/documentUtilitiesForEverybody/getElementsByTagName.py",
        "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 4111111111111111 2026-01-31",
        "the dot product of a and b; AT&T; 100% of it; meet me at noon.",
        "",
    ],
)
def test_ordinary_text_has_no_other_reading(text: str) -> None:
    assert found(text) == {}


def test_a_view_knows_what_part_of_the_text_it_reads() -> None:
    token = base64.b64encode(SECRET.encode().hex().encode()).decode()
    for view in views(f"see {token} ok"):
        assert (view.start, view.end) == (4, 4 + len(token))


def test_depth_and_output_are_bounded() -> None:
    text = SECRET
    for _ in range(5):
        text = base64.b64encode(text.encode()).decode()
    assert max(len(view.via) for view in views(text, depth=2)) == 2
    bomb = base64.b64encode(gzip.compress(b"a" * 50_000_000)).decode()
    assert sum(len(view.text) for view in views(bomb, limit=1 << 16)) <= 1 << 16


def test_many_tokens_cannot_make_many_views() -> None:
    many = " ".join(base64.b64encode(f"text number {number}".encode()).decode() for number in range(2000))
    assert len(views(many)) == 256


@given(st.text(max_size=200))
def test_any_text_decodes_the_same_each_time(text: str) -> None:
    assert views(text) == views(text)
    assert all(view.text != text and 1 <= len(view.via) <= 3 for view in views(text))


def test_every_decoder_is_used_by_some_example_above() -> None:
    assert {decoder.__name__ for decoder in (*TOKEN_DECODERS, *DECODERS)} == {
        "_base64", "_base32", "_hex", "_hex_pairs", "_percent", "_escapes", "_entities", "_look_alikes", "_spelled",
        "_reversed",
    }  # fmt: skip
