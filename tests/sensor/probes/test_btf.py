"""Offsets from type information: a small one that is written here, and that of the running kernel."""

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor.probes.btf import VMLINUX, BtfInvalid, offsets


def btf() -> bytes:
    """Return the type information of `struct inner {int x; int y;}; typedef struct inner alias;
    struct outer {int a; struct {int b; alias c;}; };`.
    """
    names = b"\0int\0inner\0x\0y\0alias\0outer\0a\0b\0c\0"
    at = {
        name: names.index(b"\0" + name.encode() + b"\0") + 1
        for name in ("int", "inner", "x", "y", "alias", "outer", "a", "b", "c")
    }

    def record(name: str, size: int, *members: tuple[str, int, int]) -> bytes:
        told = struct.pack("<III", at.get(name, 0), 4 << 24 | len(members), size)
        return told + b"".join(struct.pack("<III", at.get(one, 0), kind, bits) for one, kind, bits in members)

    types = (
        struct.pack("<IIII", at["int"], 1 << 24, 4, 32)
        + record("inner", 8, ("x", 1, 0), ("y", 1, 32))
        + struct.pack("<III", at["alias"], 8 << 24, 2)
        + record("", 12, ("b", 1, 0), ("c", 3, 32))
        + record("outer", 16, ("a", 1, 0), ("", 4, 32))
    )
    return struct.pack("<HBBIIIII", 0xEB9F, 1, 0, 24, 0, len(types), len(types), len(names)) + types + names


def test_fields_within_fields_and_within_nameless_ones_are_found() -> None:
    found = offsets(btf(), ["inner.y", "outer.a", "outer.b", "outer.c", "outer.c.y"])

    assert found == {"inner.y": 4, "outer.a": 0, "outer.b": 4, "outer.c": 8, "outer.c.y": 12}


@pytest.mark.parametrize("name", ["nothing.x", "inner.z", "inner.x.z"])
def test_what_is_not_there_is_named(name: str) -> None:
    with pytest.raises(BtfInvalid, match=r"no (structure|field)"):
        offsets(btf(), [name])


@given(st.data())
def test_broken_type_information_is_refused_and_nothing_else(data: st.DataObject) -> None:
    whole = bytearray(btf())
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    with suppress(BtfInvalid):
        offsets(cut, ["outer.c.y"])


@pytest.mark.skipif(not VMLINUX.exists(), reason="this kernel has no type information")
def test_the_running_kernel_has_what_is_fixed_by_its_interface() -> None:
    assert offsets(VMLINUX.read_bytes(), ["pt_regs.di", "pt_regs.r9", "list_head.prev"]) == {
        "pt_regs.di": 112, "pt_regs.r9": 64, "list_head.prev": 8
    }  # fmt: skip
