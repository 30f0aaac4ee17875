"""Machine code of OpenSSL as compilers write it → where programs are attached."""

import os
import platform
from collections.abc import Mapping
from pathlib import Path

import pytest

from sensor.probes.elf import functions
from sensor.probes.tls.places import FUNCTIONS, places

BRANCH_TARGET, SUB, PUSH = b"\xf3\x0f\x1e\xfa", b"\x48\x83\xec\x08", b"\x41\x55"
TEST, JE, XOR = b"\x48\x85\xff", b"\x74\x16", b"\x31\xc9"
PLAIN, EXTENDED, INNER, FREE = 0x1000, 0x1100, 0x2000, 0x3000
FOUND = {"SSL_read": PLAIN, "SSL_read_ex": EXTENDED, "SSL_free": FREE}
EACH = [
    ("tls_call", False, PLAIN), ("tls_read", True, PLAIN), ("tls_call_ex", False, EXTENDED), ("tls_read", True, EXTENDED),
]  # fmt: skip
BEHIND = [("tls_call_ex", False, INNER), ("tls_read", True, INNER)]


def calls(at: int, target: int = INNER) -> bytes:
    """Return a call that stands at an offset."""
    return b"\xe8" + (target - at - 5).to_bytes(4, "little", signed=True)


def plain(target: int = INNER) -> bytes:
    return SUB + XOR + calls(PLAIN + 6, target)


def placed(code: Mapping[int, bytes], machine: str = "x86_64") -> list[tuple[str, bool, int]]:
    def read(offset: int, size: int) -> bytes:
        return code.get(offset, b"")[:size]

    return places(FOUND, read, machine)


def test_what_both_forms_hand_on_to_is_taken_for_them() -> None:
    code = {PLAIN: plain(), EXTENDED: SUB + calls(EXTENDED + 4), INNER: PUSH}

    assert placed(code) == [*BEHIND, ("tls_freed", False, FREE)]


def test_a_mark_of_branch_targets_may_stand_before() -> None:
    code = {
        PLAIN: BRANCH_TARGET + SUB + calls(PLAIN + 8),
        EXTENDED: BRANCH_TARGET + SUB + calls(EXTENDED + 8),
        INNER: b"\x55",
        FREE: BRANCH_TARGET + TEST + b"\x0f\x84\0\0\0\0",
    }

    assert placed(code) == [*BEHIND, ("tls_freed", False, FREE + 7)]


@pytest.mark.parametrize(
    "code",
    [
        {
            PLAIN: plain(),
            EXTENDED: SUB + XOR + calls(EXTENDED + 6),
            INNER: PUSH,
        },  # not the same arguments
        {PLAIN: plain(INNER + 1), EXTENDED: SUB + calls(EXTENDED + 4), INNER: PUSH},  # not the same
        {PLAIN: plain(), EXTENDED: SUB + calls(EXTENDED + 4), INNER: SUB},  # no gain
        {PLAIN: plain(-5), EXTENDED: SUB + calls(EXTENDED + 4, -5), INNER: PUSH},  # outside the file
        {PLAIN: plain(), EXTENDED: SUB + calls(EXTENDED + 4)[:3]},
        {},
    ],
)
def test_where_it_is_not_sure_the_exported_functions_are_taken(code: Mapping[int, bytes]) -> None:
    assert placed(code) == [*EACH, ("tls_freed", False, FREE)]


def test_the_call_of_what_stands_behind_is_not_its_own() -> None:
    near = PLAIN + 16
    code = {PLAIN: SUB + XOR * 6 + SUB + calls(near + 4), near: SUB + calls(near + 4), INNER: PUSH}

    def read(offset: int, size: int) -> bytes:
        return code.get(offset, b"")[:size]

    assert places({"SSL_read": PLAIN, "SSL_read_ex": near}, read, "x86_64")[0] == ("tls_call", False, PLAIN)


def test_on_another_machine_code_says_nothing() -> None:
    code = {PLAIN: plain(), EXTENDED: SUB + calls(EXTENDED + 4), INNER: PUSH, FREE: TEST + JE}

    assert placed(code, "aarch64") == [*EACH, ("tls_freed", False, FREE)]


def test_a_library_with_one_form_only_has_its_places() -> None:
    assert places({"SSL_write": 7}, lambda *_: b"", "x86_64") == [("tls_call", False, 7), ("tls_wrote", True, 7)]


def test_of_the_library_of_this_machine_all_that_is_said_is_heard() -> None:
    library = next(iter(sorted(Path("/usr/lib").glob("*/libssl.so.3"))), None)
    if library is None:
        pytest.skip("no libssl.so.3 here")
    with library.open("rb") as file:
        found = functions(file.fileno(), FUNCTIONS)
        made = places(found, lambda at, size: os.pread(file.fileno(), size, at), platform.machine())

    assert {program for program, at_end, _ in made if at_end} == {"tls_wrote", "tls_read"}
    assert {offset for _, at_end, offset in made if at_end} <= {offset for _, at_end, offset in made if not at_end}
