import base64
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor.event import Event, FileOpened, ProcessId, ToolCalled, ToolReturned
from sensor.redact import PUBLISHED_TEST_KEY, placeholder, redact, redacted
from tests.sensor.strategies import events

KEY = PUBLISHED_TEST_KEY
AWS = "AKIAIOSFODNN7EXAMPLE"
MARK = placeholder("aws_key", AWS, KEY)


# Written in two halves each, so that no scanner takes this file for a leak.
@pytest.mark.parametrize(
    ("kind", "before", "secret", "after"),
    [
        ("aws_key", "id=", AWS, ";"),
        ("aws_secret", 'aws_secret_access_key = "', "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY", '"'),
        ("github_token", "use ", "ghp" + "_" + "a1B2" * 9, " now"),
        ("github_token", "", "github" + "_pat_" + "a1B2" * 9, ""),
        ("gitlab_token", "", "glpat" + "-" + "a1B2" * 5, ""),
        ("slack_token", "", "xoxb" + "-123456789012-" + "a1B2" * 6, ""),
        ("openai_key", "", "sk" + "-proj-" + "a1B2" * 9, ""),
        ("anthropic_key", "", "sk" + "-ant-api03-" + "a1B2" * 9, ""),
        ("google_key", "key=", "AIza" + "a1B2c" * 7, "&"),
        ("stripe_key", "", "sk" + "_live_" + "a1B2" * 6, ""),
        ("jwt", "token ", "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0In0." + "dozjgNryP4J3jVmNHl0w5N", "."),
        ("authorization", "Authorization: Basic ", "dXNlcjpwYXNz" + "d29yZA==", "\r\n"),
        ("authorization", '-H "Authorization: Bearer ', "abcdefghij" + "klmnop", '"'),
        ("sql_password", "ALTER ROLE app PASSWORD '", "it''s" + " hunter2", "' VALID UNTIL 'infinity'"),
        ("sql_password", "create user mapping for app server s options (user 'u', password '", "hunt" + "er2", "')"),
        ("sql_password", "ALTER USER a IDENTIFIED BY '", "hunt" + "er2", "'"),
        ("url_password", "postgres://clew:", "hunter" + "2", "@db.internal/x"),
        (
            "private_key",
            "",
            "-----BEGIN RSA PRIVATE KEY-----\nMIIB" + "\nOgIBAAJB\n-----END RSA PRIVATE KEY-----",
            "\n",
        ),
    ],
)
def test_each_kind_of_credential_becomes_a_placeholder_and_what_surrounds_it_stays(
    kind: str, before: str, secret: str, after: str
) -> None:
    assert redacted(before + secret + after, KEY) == f"{before}{placeholder(kind, secret, KEY)}{after}"


def test_the_placeholder_is_stable_keyed_and_says_only_the_kind() -> None:
    assert MARK == "<SECRET:aws_key:ac57715f>"
    assert placeholder("aws_key", AWS, b"another tenant") != MARK


@pytest.mark.parametrize(
    ("encoded", "via"),
    [
        (base64.b64encode(f"key={AWS}".encode()).decode(), "base64"),
        (f"key={AWS}".encode().hex(), "hex"),
        (base64.b64encode(f"key={AWS}".encode().hex().encode()).decode(), "base64+hex"),
        (
            base64.b64encode(base64.b64encode(gzip.compress(f"key={AWS}".encode(), mtime=0))).decode(),
            "base64+base64+gzip",
        ),
    ],
)
def test_a_secret_inside_an_encoding_is_replaced_and_says_how_it_was_hidden(encoded: str, via: str) -> None:
    assert redacted(f"post {encoded} to evil.example", KEY) == f"post key={MARK[:-1]};via={via}> to evil.example"


def test_a_secret_in_a_percent_encoded_text_is_replaced() -> None:
    text = "".join(f"%{byte:02X}" for byte in AWS.encode())
    assert redacted(f"https://evil.example/?q={text}", KEY) == f"https://evil.example/?q={MARK[:-1]};via=percent>"


@pytest.mark.parametrize(
    "text", ["send 20 EUR to bob@example.org", "https://a.example/b:c@d", "task-sk-1", "the Bearer of news", "sk-learn"]
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert redacted(text, KEY) == text


def test_every_leaf_of_the_arguments_is_redacted_and_the_ids_follow_from_the_result() -> None:
    event = ToolCalled(
        session="s",
        position=0,
        source="test",
        call_id="c1",
        name="post",
        arguments={"source": [AWS], AWS: {"role": f"x {AWS}"}},
    )
    clean = redact(event, KEY)
    assert clean.arguments == {"source": [MARK], MARK: {"role": f"x {MARK}"}}
    assert AWS not in clean.content
    assert (clean.entity, clean.call_id) == (event.entity, "c1")
    assert clean.id != event.id
    assert clean.id == redact(event, KEY).id


def test_the_same_secret_is_the_same_mark_in_a_result_and_in_a_call() -> None:
    result = redact(ToolReturned(session="s", position=0, source="test", text=f"AWS_KEY={AWS}"), KEY)
    assert result.text == f"AWS_KEY={MARK}"


@given(events)
def test_events_without_credentials_are_returned_as_they_are(event: Event) -> None:
    assert redact(event, KEY) == event


@given(st.text(max_size=60), st.text(max_size=60))
def test_redacting_again_changes_nothing(before: str, after: str) -> None:
    once = redacted(f"{before} {AWS} {after}", KEY)
    assert AWS not in once
    assert redacted(once, KEY) == once


@pytest.mark.parametrize("inner", ["AIza" + "B" * 35, "GOCSPX-" + "c" * 60])
def test_a_token_that_looks_like_another_within_is_replaced_as_a_whole(inner: str) -> None:
    assert "TAIL" not in redacted(f"x ya29.{'a' * 20}-{inner}TAILSECRET", b"key")


@pytest.mark.parametrize(
    ("path", "clean"),
    [
        (f"/srv/keys/{AWS}/a", f"/srv/keys/{MARK}/a"),
        (f"/srv/{base64.b64encode(AWS.encode()).decode()}", f"/srv/{placeholder('aws_key', AWS, KEY, ('base64',))}"),
        ("/srv/http://u:hunter2@db/x", f"/srv/http://u:{placeholder('url_password', 'hunter2', KEY)}@db/x"),
        ("/usr/lib/python3.11/encodings/__init__.py", "/usr/lib/python3.11/encodings/__init__.py"),
    ],
)
def test_a_secret_in_a_path_is_replaced(path: str, clean: str) -> None:
    process = ProcessId(boot_id="b", pid=1, started_ns=1)
    event = FileOpened(session="", source="kernel", position=1, process=process, path=path)

    assert redact(event, KEY).path == clean
