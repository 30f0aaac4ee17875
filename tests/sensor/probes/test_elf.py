"""Functions of programs and libraries: real files, and broken ones."""

import ctypes
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor.probes.elf import ElfInvalid, functions

LIBRARY = next(iter(sorted(Path("/usr/lib").glob("*/libssl.so.3"))), None)
NAMES = ("SSL_read", "SSL_write_ex", "no_such_function")


@contextmanager
def opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


@pytest.mark.skipif(LIBRARY is None, reason="no libssl.so.3 here")
def test_exported_functions_are_where_the_linker_of_the_system_says() -> None:
    assert LIBRARY is not None
    with opened(LIBRARY) as descriptor:
        found = functions(descriptor, NAMES)
    library = ctypes.CDLL(str(LIBRARY))
    addresses = {name: ctypes.cast(getattr(library, name), ctypes.c_void_p).value or 0 for name in found}

    assert set(found) == {"SSL_read", "SSL_write_ex"}
    assert addresses["SSL_read"] - addresses["SSL_write_ex"] == found["SSL_read"] - found["SSL_write_ex"]


def test_a_program_with_openssl_inside_has_its_functions() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    with opened(Path(node)) as descriptor:
        assert set(functions(descriptor, NAMES)) == {"SSL_read", "SSL_write_ex"}


@pytest.mark.parametrize("path", [Path(sys.executable).resolve(), Path(__file__), Path("/dev/null")])
def test_a_file_without_them_has_none(path: Path) -> None:
    with opened(path) as descriptor:
        assert functions(descriptor, NAMES) == {}


@pytest.mark.skipif(LIBRARY is None, reason="no libssl.so.3 here")
@given(
    st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 255)), min_size=1, max_size=20), st.integers(6, 800_000)
)
def test_a_broken_file_is_refused_and_nothing_else(changes: list[tuple[int, int]], size: int) -> None:
    assert LIBRARY is not None
    data = bytearray(LIBRARY.read_bytes()[:size])
    for at, value in changes:
        if at < len(data):
            data[at] = value
    descriptor = os.memfd_create("library")
    os.write(descriptor, data)
    with suppress(ElfInvalid):
        functions(descriptor, NAMES)
    os.close(descriptor)
