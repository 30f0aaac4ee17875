"""A text that is kept in part holds no credential that redaction can know no more."""

import pytest

from sensor.cut import LONGEST, cut
from sensor.redact import PUBLISHED_TEST_KEY, redacted

SECRETS = (
    ("postgres://app:hunter2pw@db.example/x", "hunter2"),
    (
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
        "eyJzdWIiOiIx",
    ),
    ("sk-ant-" + "a1b2" * 12, "a1b2a1b2"),
)


@pytest.mark.parametrize(("secret", "part"), SECRETS)
def test_wherever_it_is_cut_nothing_of_a_secret_is_left_that_is_not_replaced(secret: str, part: str) -> None:
    text = f'words before {{"key": "{secret}"}} and behind'
    beginning = text.index(secret)
    for limit in range(beginning + 1, len(text)):
        assert part not in redacted(cut(text, limit), PUBLISHED_TEST_KEY)


def test_what_fits_is_whole_and_a_text_without_an_end_loses_its_last_part() -> None:
    assert cut("two words", 9) == "two words"
    assert cut("two words", 5) == "two "
    assert len(cut("x" * 99_000, 50_000)) == 50_000 - LONGEST
