"""Privileged calls, made for real, harmlessly: in a mount namespace and a folder of their own, by a process that then ends."""

import socket
from pathlib import Path

from sensor.event import PrivilegeUsed
from sensor.probes.sensor import Sensor
from tests.kernel.conftest import python
from tests.kernel.test_events import told

PRELUDE = """
import ctypes, os, socket, sys
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    libc.syscall(number, *(one if isinstance(one, bytes) else ctypes.c_ulong(one) for one in arguments))
"""


def used(
    sensor: Sensor, program: str, *arguments: str, **more: object
) -> list[tuple[str, tuple[str, ...], str | None]]:
    found = told(sensor, python(PRELUDE + program, *arguments), PrivilegeUsed, **more)
    return [(one.syscall, one.arguments, one.error) for one in found]


def test_who_a_process_becomes(sensor: Sensor) -> None:
    program = """
os.setgroups([7, 8]); os.setresgid(5, 6, 7); os.setregid(-1, 7); os.setgid(7)
os.setresuid(65534, 65534, 0); os.setuid(65534)
"""

    assert used(sensor, program) == [
        ("setgroups", ("2",), None), ("setresgid", ("5", "6", "7"), None), ("setregid", ("-1", "7"), None),
        ("setgid", ("7",), None), ("setresuid", ("65534", "65534", "0"), None), ("setuid", ("65534",), None),
    ]  # fmt: skip


def test_what_was_refused_is_told_with_its_error(sensor: Sensor) -> None:
    program = (
        "os.setresuid(65534, 65534, 65534); call(105, 0); call(165, b'none', b'/', b'tmpfs', 0, 0); call(161, b'/tmp')"
    )

    assert used(sensor, program)[1:] == [
        ("setuid", ("0",), "EPERM"), ("mount", ("none", "/", "0x0"), "EPERM"), ("chroot", ("/tmp",), "EPERM"),
    ]  # fmt: skip


def test_the_steps_out_of_a_container(sensor: Sensor, tmp_path: Path) -> None:
    program = """
CLONE_NEWNS, MS_REC_PRIVATE = 0x20000, 0x44000
call(272, CLONE_NEWNS)
call(165, b"none", b"/", b"none", MS_REC_PRIVATE, 0)
folder = sys.argv[1].encode()
call(165, b"none", folder, b"tmpfs", 0, 0)
call(166, folder, 2)
call(308, os.open("/proc/self/ns/mnt", os.O_RDONLY), CLONE_NEWNS)
call(155, folder, folder)
os.chroot(folder)
"""
    found = used(sensor, program, str(tmp_path))
    folder = str(tmp_path)

    assert found[:4] == [
        ("unshare", ("CLONE_NEWNS",), None), ("mount", ("none", "/", "0x44000"), None),
        ("mount", ("none", folder, "0x0"), None), ("umount2", (folder, "0x2"), None),
    ]  # fmt: skip
    assert found[4][0] == "setns"
    assert found[4][1][1:] == ("CLONE_NEWNS",)
    assert found[5][:2] == ("pivot_root", (folder, folder))
    assert found[5][2] in {"EINVAL", "EBUSY"}  # what is in the way first depends on the kernel
    assert found[6] == ("chroot", (folder,), None)


def test_reaching_into_processes_and_the_kernel(sensor: Sensor) -> None:
    program = """
me = os.getpid()
call(310, me, 0, 0, 0, 0, 0)
call(311, me, 0, 0, 0, 0, 0)
call(101, 1, 0, 0, 0)
call(101, 0, 0, 0, 0)
call(321, 99, 0, 0)
call(313, 2**32 - 1, b"option", 0)
call(319, b"hidden", 1)
call(323, 2**31)
call(425, 4096, 0)
call(250, 0, 2**32 - 3, 0)
call(126, 0, 0)
"""
    found = used(sensor, program)

    absent = {place.removeprefix("syscalls:sys_exit_") for place in sensor.unobserved}
    names = [
        "process_vm_readv", "process_vm_writev", "ptrace", "bpf", "finit_module", "memfd_create", "userfaultfd", "io_uring_setup",
        "keyctl", "capset",
    ]  # fmt: skip
    assert [name for name, _, _ in found] == [name for name in names if name not in absent]
    told_of = {name: (arguments, error) for name, arguments, error in found}
    assert told_of["ptrace"] == (("PTRACE_TRACEME", *told_of["ptrace"][0][1:]), None)  # looking (PEEKTEXT) is not told
    assert "finit_module" in absent or told_of["finit_module"] == (("-1", "option"), "EBADF")
    assert told_of["memfd_create"] == (("hidden", "0x1"), None)
    assert told_of["bpf"] == (("99",), "EINVAL")
    assert told_of["capset"] == (("0x0",), "EFAULT")


def test_a_socket_of_the_internet_in_the_place_of_standard_input(sensor: Sensor) -> None:
    program = """
import tempfile
listening, there, local, file = socket.socket(), socket.socket(), socket.socket(socket.AF_UNIX), tempfile.TemporaryFile()
with listening, there, local, file:
    listening.bind(("127.0.0.1", 0)); listening.listen(); there.connect(listening.getsockname())
    os.dup2(file.fileno(), 0); os.dup2(local.fileno(), 0); os.dup2(there.fileno(), 9)
    os.dup2(there.fileno(), 0); os.dup2(there.fileno(), 2, inheritable=False)
    print(there.fileno())
"""
    ran: list[tuple[str, tuple[str, ...], str | None]] = []
    read, write = socket.socketpair()
    with read, write:
        ran = used(sensor, program, stdout=write)
        number = read.recv(16).decode().strip()

    assert ran == [("dup2", (number, "0"), None), ("dup2", (number, "2"), None)]
