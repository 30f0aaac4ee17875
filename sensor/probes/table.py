"""The probes: one row each, what the kernel runs of it. A probe is a folder with `probe.c`, `decode.py` and a README."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Hook:
    """Where a function of `probe.c` is attached."""

    function: str
    place: str
    """`group:name` of a tracepoint as tracefs lists it, or the name of a raw one."""
    kind: Literal["tracepoint", "raw", "function", "jump", "tracepoint jump"] = "tracepoint"
    """`function`: attached when a file with the function is found. `jump`: what a program of a function goes on with, in the map
    that `place` names; `tracepoint jump`: one of a tracepoint."""
    at: int = 0
    """Place of a jump in its map."""
    needed: bool = False
    """Whether there is no sensor without it. System calls that a kernel does not have are left out."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What is observed of one thing."""

    name: str
    """Its folder."""
    hooks: tuple[Hook, ...]
    fields: tuple[str, ...] = ()
    """Fields of kernel structures whose offsets `probe.c` asks for."""


def _leaving(function: str, *calls: str) -> tuple[Hook, ...]:
    return tuple(Hook(function, f"syscalls:sys_exit_{call}") for call in calls)


PROBES: tuple[Probe, ...] = (
    Probe(
        "process",
        (
            Hook("process_born", "task_newtask", "raw", needed=True),
            Hook("process_executed", "sched_process_exec", "raw", needed=True),
            Hook("process_exited", "sched_process_exit", "raw", needed=True),
            *_leaving("process_moved", "chdir", "fchdir", "chroot", "setns", "pivot_root"),
        ),
        (
            "task_struct.fs", "fs_struct.pwd.mnt", "fs_struct.pwd.dentry", "fs_struct.root.mnt", "fs_struct.root.dentry",
            "vfsmount.mnt_root", "mount.mnt", "mount.mnt_parent", "mount.mnt_mountpoint", "dentry.d_parent", "dentry.d_name.name",
            "task_struct.tgid", "task_struct.mm", "task_struct.nsproxy", "task_struct.signal", "task_struct.exit_code",
            "mm_struct.arg_start", "mm_struct.arg_end", "mm_struct.exe_file", "signal_struct.live", "signal_struct.group_exit_code",
            "linux_binprm.filename", "nsproxy.mnt_ns", "nsproxy.pid_ns_for_children", "nsproxy.net_ns", "nsproxy.uts_ns",
            "nsproxy.ipc_ns", "nsproxy.cgroup_ns", "mnt_namespace.ns.inum", "pid_namespace.ns.inum", "net.ns.inum",
            "uts_namespace.ns.inum", "ipc_namespace.ns.inum", "cgroup_namespace.ns.inum",
        ),
    ),
    Probe(
        "files",
        (
            *_leaving("file_open", "open"),
            *_leaving("file_creat", "creat"),
            *_leaving("file_openat", "openat"),
            *_leaving("file_openat2", "openat2"),
            *_leaving("file_unlink", "unlink", "rmdir"),
            *_leaving("file_unlink_at", "unlinkat"),
            *_leaving("file_chmod", "chmod"),
            *_leaving("file_chmod_at", "fchmodat", "fchmodat2"),
            *_leaving("file_rename", "rename"),
            *_leaving("file_rename_at", "renameat", "renameat2"),
            *_leaving("file_link", "link", "symlink"),
            *_leaving("file_link_at", "linkat"),
            *_leaving("file_symlink_at", "symlinkat"),
        ),
    ),
    Probe(
        "network",
        (*_leaving("network_connect", "connect"), *_leaving("network_accept", "accept", "accept4")),
        (
            "file.private_data", "sock_common.skc_dport", "sock_common.skc_daddr", "sock_common.skc_v6_daddr",
        ),
    ),
    Probe(
        "privilege",
        (
            *_leaving("privilege_setuid", "setuid"),
            *_leaving("privilege_setgid", "setgid"),
            *_leaving("privilege_setreuid", "setreuid"),
            *_leaving("privilege_setregid", "setregid"),
            *_leaving("privilege_setresuid", "setresuid"),
            *_leaving("privilege_setresgid", "setresgid"),
            *_leaving("privilege_setfsuid", "setfsuid"),
            *_leaving("privilege_setfsgid", "setfsgid"),
            *_leaving("privilege_setgroups", "setgroups"),
            *_leaving("privilege_capset", "capset"),
            *_leaving("privilege_setns", "setns"),
            *_leaving("privilege_unshare", "unshare"),
            *_leaving("privilege_mount", "mount"),
            *_leaving("privilege_umount", "umount"),
            *_leaving("privilege_move_mount", "move_mount"),
            *_leaving("privilege_open_tree", "open_tree"),
            *_leaving("privilege_fsopen", "fsopen"),
            *_leaving("privilege_pivot_root", "pivot_root"),
            *_leaving("privilege_chroot", "chroot"),
            *_leaving("privilege_ptrace", "ptrace"),
            *_leaving("privilege_vm_readv", "process_vm_readv"),
            *_leaving("privilege_vm_writev", "process_vm_writev"),
            *_leaving("privilege_bpf", "bpf"),
            *_leaving("privilege_init_module", "init_module"),
            *_leaving("privilege_finit_module", "finit_module"),
            *_leaving("privilege_delete_module", "delete_module"),
            *_leaving("privilege_memfd_create", "memfd_create"),
            *_leaving("privilege_userfaultfd", "userfaultfd"),
            *_leaving("privilege_io_uring_setup", "io_uring_setup"),
            *_leaving("privilege_keyctl", "keyctl"),
            *_leaving("privilege_add_key", "add_key"),
            *_leaving("privilege_perf_event_open", "perf_event_open"),
            *_leaving("privilege_open_by_handle", "open_by_handle_at"),
            *_leaving("privilege_setxattr", "setxattr"),
            *_leaving("privilege_dup", "dup2", "dup3"),
        ),
    ),
    Probe(
        "tls",
        (
            Hook("tls_chunks", "jumps", "jump"),
            *(Hook(name, "OpenSSL", "function") for name in ("tls_call", "tls_call_ex", "tls_wrote", "tls_read", "tls_freed")),
        ),
    ),
    Probe(
        "streams",
        (
            Hook("streams_passed", "stream_jumps", "tracepoint jump"),
            Hook("streams_looked", "stream_jumps", "tracepoint jump", at=1),
            *(
                hook
                for call in (
                    "write", "writev", "sendto", "sendmsg", "sendmmsg", "read", "readv", "recvfrom", "recvmsg", "recvmmsg"
                )
                for hook in _leaving(f"streams_{call}", call)
            ),
            *_leaving("streams_sendfile", "sendfile64"),
            *_leaving("streams_splice", "splice"),
        ),
        ("unix_sock.peer", "sock.sk_socket", "socket.type", "sock_common.skc_num"),
    ),
)  # fmt: skip
