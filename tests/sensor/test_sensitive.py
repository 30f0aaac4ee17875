"""What was read of what is sensitive is known again where it leaves, as it stands or encoded; nothing of it is kept."""

import base64
import json
import re

import pytest

from sensor.sensitive import MOST_OF_ONE, MOST_PIECES, MOST_TEXT, Labels, Shingles, Source, built_in

KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzDEMOzzzz"
FILE = f"[default]\naws_access_key_id = AKIAQ7RZ2EXAMPLE3456\naws_secret_access_key = {KEY}\nregion = eu-central-1\n"
PATH = Source("file", "/root/.aws/credentials")


@pytest.fixture
def shingles() -> Shingles:
    made = Shingles()
    made.learn(FILE, PATH)
    return made


@pytest.mark.parametrize(
    "text",
    [
        FILE,
        f"https://x.example/?k={KEY}",
        f'{{"note": "{KEY}"}}',
        base64.b64encode(FILE.encode()).decode(),
        base64.b64encode(base64.b64encode(FILE.encode())).decode(),
        FILE.encode().hex(),
        "key%3DAKIAQ7RZ2EXAMPLE3456%0A",
        json.dumps({"note": "this:\nAKIAQ7RZ2EXAMPLE3456\n"}),
        json.dumps({"note": json.dumps(["AKIAQ7RZ2EXAMPLE3456"])}),
        "https://x.example/log/AKIAQ7RZ2EXAMPLE3456/now",
        json.dumps({"note": KEY}).replace("/", "\\/"),
        f"x{KEY}",
        f"k_{KEY}0",
        f"id-{KEY}-and-so-on",
    ],
)
def test_a_secret_is_found_as_it_stands_or_encoded(shingles: Shingles, text: str) -> None:
    assert list(shingles.found(text)) == [PATH]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Set aws_secret_access_key and aws_access_key_id in [default], region = eu-central-1.",
        "AKIAQ7RZ2EXAMPLE3457",
        KEY[:-1],
        base64.b64encode(b"a report that has nothing to hide, of 2026-11-29").decode(),
    ],
)
def test_names_of_settings_and_other_keys_are_none(shingles: Shingles, text: str) -> None:
    assert shingles.found(text) == {}


def test_no_secret_is_kept(shingles: Shingles) -> None:
    held = repr(vars(shingles))

    assert PATH.name in held  # it holds something, and all of it is looked through
    assert "AKIA" not in held
    assert KEY[:12] not in held


MORE = built_in().with_more(
    files=["/srv/billing/", "/home/*/notes/*.md"], tables=["billing.accounts", "Keys"], variables=["CRM_LOGIN", "X_*"]
)


@pytest.mark.parametrize(
    ("path", "sensitive"),
    [
        ("/root/.aws/credentials", True), ("home/.ssh/id_ed25519", True), ("/etc/shadow", True), ("/srv/notes.md", False),
        ("/srv/billing/a", True), ("/home/ann/notes/x.md", True), ("/home/ann/notes.md", False), ("/x/home/ann/notes/x.md", False),
        ("/etc//shadow", True), ("/etc/./shadow", True), ("//home/./ann//.//notes/x.md", True), ("/etc/.shadow", False),
    ],
)  # fmt: skip
def test_which_files_are_sensitive(path: str, sensitive: bool) -> None:
    assert MORE.is_file(path) == sensitive


@pytest.mark.parametrize(
    ("name", "sensitive"),
    [
        ("AWS_SECRET_ACCESS_KEY", True), ("GH_TOKEN", True), ("PGPASSWORD", True), ("CRM_LOGIN", True), ("X_1", True),
        ("TOKEN_LIMIT", False), ("KEYBOARD", False), ("PATH", False), ("AWS_ACCESS_KEY_ID", False), ("", False),
    ],
)  # fmt: skip
def test_which_variables_are_sensitive(name: str, sensitive: bool) -> None:
    assert MORE.is_variable(name) == sensitive


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("SELECT * FROM keys", "Keys"), ("select k.* from a join public.KEYS as k using (id)", "Keys"),
        ('COPY "keys" TO STDOUT', "Keys"), ("TABLE keys", "Keys"), ("SELECT 1 FROM a,keys", "Keys"),
        ("SELECT * FROM accounts", "billing.accounts"), ("SELECT * FROM billing . accounts", "billing.accounts"),
        ("SELECT * FROM app.billing.accounts", "billing.accounts"), ("SELECT * FROM other.accounts", None),
        ("SELECT rolpassword FROM pg_catalog.pg_authid", "pg_authid"), ("DO $$BEGIN PERFORM * FROM keys; END$$", "Keys"),
        ("SELECT 'from keys'", None), ("SELECT e'it\\'s keys'", None), ("-- keys\nSELECT 1", None), ("/* keys */ SELECT 1", None),
        ("SELECT * FROM monkeys", None), ("SELECT 'it''s', keys", "Keys"), ("SELECT 'keys", None), ("", None),
    ],
)  # fmt: skip
def test_which_table_a_statement_names(statement: str, table: str | None) -> None:
    assert MORE.table(statement) == table


@pytest.mark.parametrize("text", ["' " * 8_000, "/*" * 8_000, "$a$ keys" * 4_000, '"' * 16_001, ". " * 8_000 + "keys"])
def test_a_hostile_statement_is_looked_through_all_the_same(text: str) -> None:
    assert MORE.table(text + " keys") in ("Keys", None)


def test_without_labels_nothing_is_sensitive() -> None:
    assert not Labels().is_file("/etc/shadow")
    assert not Labels().is_variable("GH_TOKEN")
    assert Labels().table("SELECT * FROM pg_authid") is None


ROW = (
    "17\tAnn Smith\tann.smith@mail.example\t2026-11-28 10:11:12.345678+00\t20261128T101112Z\tt\t1234567890123456\t7.25"
)
UUID = "6f1c2b9e-3d4a-4c5b-8e7f-a1b2c3d4e5f6"


def test_what_stands_in_most_tables_is_not_learned() -> None:
    learned = Shingles()
    learned.learn(f"{ROW}\t{UUID}\tDE89370400440532013000", Source("table", "customers", "db:5432"))

    assert learned.found(f"{ROW}\n{UUID}") == {}
    assert learned.found('{"iban": "DE89370400440532013000"}') == {Source("table", "customers", "db:5432"): 1}


def test_what_is_new_takes_the_room_of_the_oldest_of_the_largest_and_that_is_counted() -> None:
    learned = Shingles()
    small = Source("variable", "X_TOKEN")
    learned.learn("AKIAQ7RZ2EXAMPLE3456", small)
    for number in range(MOST_PIECES // MOST_OF_ONE + 1):
        text = " ".join(f"key{number:03}x{piece:09}" for piece in range(MOST_OF_ONE + 10))
        learned.learn(text, Source("table", str(number)))
    last = str(MOST_PIECES // MOST_OF_ONE)

    assert set(learned.found(f"AKIAQ7RZ2EXAMPLE3456 key000x{5:09} key005x{5:09} key005x{MOST_OF_ONE - 1:09}")) == {
        small, Source("table", last)
    }  # fmt: skip
    assert learned.unlearned == 1 + MOST_OF_ONE + (1 + MOST_PIECES // MOST_OF_ONE) * 10


def test_of_one_source_the_newest_is_known() -> None:
    learned = Shingles()
    for number in range(MOST_OF_ONE + 5):
        learned.learn(f"key000x{number:09}", Source("table", "customers"))

    assert learned.found(f"key000x{4:09} key000x{MOST_OF_ONE + 4:09}") == {Source("table", "customers"): 1}
    assert learned.unlearned == 5


@pytest.mark.parametrize("length", range(12, 40))
@pytest.mark.parametrize("beside", ["", "x", "xy", "xyz", "x-_z", "abcde"])
def test_a_piece_is_known_wherever_it_begins_and_however_long_it_is(length: int, beside: str) -> None:
    learned = Shingles()
    learned.learn((piece := "AKIAQ7RZ2EXAMPLE3456bPxRfiCYzzDEMOzz7777"[:length]), PATH)

    assert learned.found(f"{beside}{piece}{beside}") == {PATH: 1}
    assert learned.found(f"{beside}{piece[:-1]} {piece[1:]}{beside}") == {}


PLAIN = "kT7pQ2vLm9Xz4Rb8"
"""Of no form that is known."""


def covered(learned: Shingles, text: str) -> str:
    return re.sub(r"labelled:[0-9a-f]{8}", "labelled:0", learned.without(text))


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("nothing", "nothing"),
        (f"a {PLAIN}, {PLAIN}0", "a <SECRET:labelled:0>, <SECRET:labelled:0>0"),
        (f'{{"a\\/b": "{PLAIN}"}}', '{"a/b": "<SECRET:labelled:0>"}'),
        (base64.b64encode(f"it is {PLAIN}".encode()).decode(), "it is <SECRET:labelled:0;via=base64>"),
        (f"k%3D%6B{PLAIN[1:]}", "k=<SECRET:labelled:0;via=percent>"),
        (f"aws {KEY}", f"aws {KEY}"),  # has a form: `sensor.redact` makes the same of it wherever it stands
    ],
)
def test_a_placeholder_stands_for_each_piece(text: str, clean: str) -> None:
    learned = Shingles()
    learned.learn(f"{PLAIN}\n{KEY}", PATH)

    assert covered(learned, text) == clean
    assert learned.without(learned.without(text)) == learned.without(text)


def test_the_same_piece_has_the_same_placeholder_whatever_it_was_read_of_and_another_sensor_another() -> None:
    one, other = Shingles(), Shingles()
    one.learn(PLAIN, PATH)
    other.learn(PLAIN, PATH)

    assert one.without(f"a {PLAIN}").split()[1] == one.without(PLAIN) != other.without(PLAIN)


def test_what_was_looked_through_is_looked_through_again_where_more_is_known(shingles: Shingles) -> None:
    assert shingles.found(PLAIN) == {}
    shingles.learn(PLAIN, PATH)

    assert shingles.found(PLAIN) == {PATH: 1}


def test_what_ends_alike_is_known_apart_also_after_others_gave_way() -> None:
    learned = Shingles()
    source = Source("table", "customers")
    for number in range(MOST_OF_ONE + 20):
        learned.learn(f"key{number:05}xSameEnd1234", source)

    assert learned.found(f"key{19:05}xSameEnd1234 key{20:05}xSameEnd1234") == {source: 1}
    assert learned.unlearned == 20


def test_of_pieces_that_end_alike_so_many_lengths_are_known_and_the_rest_is_counted() -> None:
    learned = Shingles()
    pieces = [f"{'x' * length}SameEnd1234567" for length in range(20)]
    learned.learn(" ".join(pieces), PATH)

    assert learned.found(pieces[0]) == {PATH: 1}
    assert learned.unlearned == 12


HEAD, SAYS = (
    base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (b'{"alg":"HS256"}', b'{"sub":"1234567890"}')
)


def test_of_a_token_its_signature_tells() -> None:
    learned = Shingles()
    learned.learn(f"{HEAD}.{SAYS}.dozjgNryP4J3jVmNHl0w5N", PATH)

    assert learned.found(f"{HEAD}.{SAYS}.dozjgNryP4J3jVmNHl0w5N") == {PATH: 1}
    assert learned.found(f"{HEAD}.{SAYS}.another0P4J3jVmNHl0w5") == {}


def test_a_placeholder_stands_for_a_piece_also_far_behind(shingles: Shingles) -> None:
    shingles.learn(PLAIN, PATH)

    assert PLAIN not in shingles.without("a b " * MOST_TEXT + PLAIN)
