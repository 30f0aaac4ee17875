"""The child that compiles: it imports BCC, attaches the programs, hands their file descriptors over, and ends.

    python -m sensor.probes.compiler FD

Over the socket FD comes one JSON line (`source.Order.as_json`); back go one JSON line and the descriptors. The programs live as
long as somebody holds these; LLVM's 150 MB end with this process. BCC is Debian's (package python3-bpfcc), made for the system's
Python but written in ctypes, so that any CPython runs it; it is found by its place, because PyPI's `bcc` is another project.
"""

import ctypes
import importlib.util
import json
import os
import socket
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

PLACE = Path("/usr/lib/python3/dist-packages/bcc/__init__.py")
MAPS = (
    "scope", "counts", "unscoped", "jumps", "stream_jumps", "flows", "vital", "bulk", "notices", "tls", "streams_ring"
)  # fmt: skip
"""Maps that are handed over, in this order, before the programs. Those of jumps are emptied when nobody holds them."""
UPROBE_MULTI = 48
"""BPF_TRACE_UPROBE_MULTI (linux/bpf.h): what programs of functions, and what these go on with, are loaded for.

Kernels that do not have it do not look.
"""
MOST_FDS = 250
"""Descriptors in one message (Linux: SCM_MAX_FD is 253)."""


def main(fd: int) -> int:
    """Serve one order."""
    with socket.socket(fileno=fd) as there:
        order = json.loads(there.makefile("r", encoding="utf-8").readline())
        try:
            fds, functions, unattached = _attached(order)
        except Exception as error:  # noqa: BLE001 - BCC raises `Exception` itself; all of it is told
            there.sendall(json.dumps({"error": str(error)}).encode() + b"\n")
            return 1
        answer = {"descriptors": len(fds), "functions": functions, "unattached": unattached}
        there.sendall(json.dumps(answer).encode() + b"\n")
        for begin in range(0, len(fds), MOST_FDS):
            socket.send_fds(there, [b"f"], fds[begin : begin + MOST_FDS])
        there.recv(1)  # until the other side has them
    return 0


def _attached(order: dict[str, Any]) -> tuple[list[int], list[str], dict[str, str]]:
    """Return the descriptors: maps, programs of functions that are attached later, and what keeps the others attached."""
    bcc = bcc_module()
    bpf = bcc.BPF(text=order["text"], cflags=["-Wno-macro-redefined", *order["flags"]])
    kinds = {
        "tracepoint": bcc.BPF.TRACEPOINT, "tracepoint jump": bcc.BPF.TRACEPOINT, "raw": bcc.BPF.RAW_TRACEPOINT
    }  # fmt: skip
    unattached: dict[str, str] = {}
    functions: dict[str, int] = {}
    for hook in order["hooks"]:
        kind = kinds.get(hook["kind"], bcc.BPF.KPROBE)
        program = bpf.load_func(hook["function"], kind, attach_type=UPROBE_MULTI if kind == bcc.BPF.KPROBE else -1)
        try:
            if hook["kind"] == "function":
                functions[hook["function"]] = program.fd
            elif hook["kind"] in ("jump", "tracepoint jump"):
                bpf[hook["place"]][ctypes.c_int(hook["at"])] = ctypes.c_int(program.fd)
            elif hook["kind"] == "raw":
                bpf.attach_raw_tracepoint(tp=hook["place"], fn_name=hook["function"])
            else:
                bpf.attach_tracepoint(tp=hook["place"], fn_name=hook["function"])
        except Exception as error:
            if hook["needed"]:
                raise
            unattached[hook["place"]] = str(error)
    maps = [bpf[name].map_fd for name in MAPS]
    held = [*bpf.raw_tracepoint_fds.values(), *bpf.tracepoint_fds.values()]
    return [*maps, *functions.values(), *held], list(functions), unattached


def bcc_module() -> ModuleType:
    """Return Debian's BCC. Raises `ImportError`, which says what to install."""
    spec = importlib.util.spec_from_file_location("bcc", PLACE, submodule_search_locations=[str(PLACE.parent)])
    if not PLACE.exists() or spec is None or spec.loader is None:
        raise ImportError(f"{PLACE} is not there: apt-get install python3-bpfcc")
    module = importlib.util.module_from_spec(spec)
    sys.modules["bcc"] = module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    code = main(int(sys.argv[1]))
    # BCC's own clean-up detaches what was handed over.
    os._exit(code)
