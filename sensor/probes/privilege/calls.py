"""The privileged system calls: how each is named, and what of its arguments is told."""

from dataclasses import dataclass
from enum import IntEnum


class Privilege(IntEnum):
    """The calls. The numbers go to the compiler as `PRIVILEGE_…` and into recordings: one that was used never changes."""

    SETUID = 1
    SETGID = 2
    SETREUID = 3
    SETREGID = 4
    SETRESUID = 5
    SETRESGID = 6
    SETFSUID = 7
    SETFSGID = 8
    SETGROUPS = 9
    CAPSET = 10
    SETNS = 11
    UNSHARE = 12
    MOUNT = 13
    UMOUNT = 14
    MOVE_MOUNT = 15
    OPEN_TREE = 16
    FSOPEN = 17
    PIVOT_ROOT = 18
    CHROOT = 19
    PTRACE = 20
    PROCESS_VM_READV = 21
    PROCESS_VM_WRITEV = 22
    BPF = 23
    INIT_MODULE = 24
    FINIT_MODULE = 25
    DELETE_MODULE = 26
    MEMFD_CREATE = 27
    USERFAULTFD = 28
    IO_URING_SETUP = 29
    KEYCTL = 30
    ADD_KEY = 31
    PERF_EVENT_OPEN = 32
    OPEN_BY_HANDLE_AT = 33
    SETXATTR = 34
    DUP = 35
    """A socket of the internet put in the place of standard input or output."""


@dataclass(frozen=True, slots=True)
class Call:
    """One system call."""

    name: str
    arguments: tuple[str, ...] = ()
    """What is told: `d0` is the first argument as a number, `x0` in hexadecimal, `t0` the first text that was read; or a table of
    `FLAGS` or `NAMES` and the number of the argument, such as `clone1`."""


CALLS: dict[Privilege, Call] = {
    Privilege.SETUID: Call("setuid", ("d0",)),
    Privilege.SETGID: Call("setgid", ("d0",)),
    Privilege.SETREUID: Call("setreuid", ("d0", "d1")),
    Privilege.SETREGID: Call("setregid", ("d0", "d1")),
    Privilege.SETRESUID: Call("setresuid", ("d0", "d1", "d2")),
    Privilege.SETRESGID: Call("setresgid", ("d0", "d1", "d2")),
    Privilege.SETFSUID: Call("setfsuid", ("d0",)),
    Privilege.SETFSGID: Call("setfsgid", ("d0",)),
    Privilege.SETGROUPS: Call("setgroups", ("d0",)),
    Privilege.CAPSET: Call("capset", ("x3",)),
    Privilege.SETNS: Call("setns", ("d0", "clone1")),
    Privilege.UNSHARE: Call("unshare", ("clone0",)),
    Privilege.MOUNT: Call("mount", ("t0", "t1", "x3")),
    Privilege.UMOUNT: Call("umount2", ("t0", "x1")),
    Privilege.MOVE_MOUNT: Call("move_mount", ("t0", "t1")),
    Privilege.OPEN_TREE: Call("open_tree", ("t0", "x2")),
    Privilege.FSOPEN: Call("fsopen", ("t0",)),
    Privilege.PIVOT_ROOT: Call("pivot_root", ("t0", "t1")),
    Privilege.CHROOT: Call("chroot", ("t0",)),
    Privilege.PTRACE: Call("ptrace", ("ptrace0", "d1")),
    Privilege.PROCESS_VM_READV: Call("process_vm_readv", ("d0",)),
    Privilege.PROCESS_VM_WRITEV: Call("process_vm_writev", ("d0",)),
    Privilege.BPF: Call("bpf", ("bpf0",)),
    Privilege.INIT_MODULE: Call("init_module", ("t0",)),
    Privilege.FINIT_MODULE: Call("finit_module", ("d0", "t0")),
    Privilege.DELETE_MODULE: Call("delete_module", ("t0",)),
    Privilege.MEMFD_CREATE: Call("memfd_create", ("t0", "x1")),
    Privilege.USERFAULTFD: Call("userfaultfd", ("x0",)),
    Privilege.IO_URING_SETUP: Call("io_uring_setup", ("d0",)),
    Privilege.KEYCTL: Call("keyctl", ("d0",)),
    Privilege.ADD_KEY: Call("add_key", ("t0", "t1")),
    Privilege.PERF_EVENT_OPEN: Call("perf_event_open", ("d1",)),
    Privilege.OPEN_BY_HANDLE_AT: Call("open_by_handle_at", ("d0",)),
    Privilege.SETXATTR: Call("setxattr", ("t0", "t1")),
    Privilege.DUP: Call("dup2", ("d0", "d1")),
}

FLAGS: dict[str, dict[int, str]] = {
    "clone": {
        0x00000080: "CLONE_NEWTIME", 0x00020000: "CLONE_NEWNS", 0x02000000: "CLONE_NEWCGROUP", 0x04000000: "CLONE_NEWUTS",
        0x08000000: "CLONE_NEWIPC", 0x10000000: "CLONE_NEWUSER", 0x20000000: "CLONE_NEWPID", 0x40000000: "CLONE_NEWNET",
    },
}  # fmt: skip
"""Bits of an argument → their names (linux/sched.h)."""
NAMES: dict[str, dict[int, str]] = {
    "ptrace": {0: "PTRACE_TRACEME", 4: "PTRACE_POKETEXT", 5: "PTRACE_POKEDATA", 16: "PTRACE_ATTACH", 0x4206: "PTRACE_SEIZE"},
    "bpf": {0: "BPF_MAP_CREATE", 5: "BPF_PROG_LOAD", 8: "BPF_PROG_ATTACH", 28: "BPF_LINK_CREATE"},
}  # fmt: skip
"""An argument → its name (linux/ptrace.h, linux/bpf.h)."""
