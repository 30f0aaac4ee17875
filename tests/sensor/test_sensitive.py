"""What was read from files of credentials is known again where it leaves, as it stands or encoded; nothing of it is kept."""

import base64

import pytest

from sensor.sensitive import Shingles, is_sensitive

KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzDEMOzzzz"
FILE = f"[default]\naws_access_key_id = AKIAQ7RZ2EXAMPLE3456\naws_secret_access_key = {KEY}\nregion = eu-central-1\n"
PATH = "/root/.aws/credentials"


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

    assert PATH in held  # it holds something, and all of it is looked through
    assert "AKIA" not in held
    assert KEY[:12] not in held


@pytest.mark.parametrize(
    ("path", "sensitive"),
    [("/root/.aws/credentials", True), ("home/.ssh/id_ed25519", True), ("/etc/shadow", True), ("/srv/notes.md", False)],
)
def test_which_files_hold_credentials(path: str, sensitive: bool) -> None:
    assert is_sensitive(path) == sensitive
