"""What is run under the sensor by `benchmarks.speed.sensor`; standard library only. Each prints its own seconds, or what it did.

python benchmarks/speed/sensor_work.py WHAT FOLDER NUMBER [PORT]
"""

import ctypes
import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path


def agent(folder: Path, loops: int, port: int) -> dict[str, float]:
    """Do as an agent does: a model call over TLS, ten files read, a subprocess, a TLS request of a tool."""
    files = [folder / f"file{number}" for number in range(10)]
    for file in files:
        file.write_text("x" * 2_000)
    context = ssl.create_default_context(cafile=str(folder / "cert.pem"))
    begun = time.perf_counter()
    for _ in range(loops):
        asked(context, port, 4_000)
        for file in files:
            file.read_bytes()
        subprocess.run(["/bin/true"], check=True)
        asked(context, port, 1_000)
    return {"seconds": time.perf_counter() - begun, "asked": 2 * loops}


def asked(context: ssl.SSLContext, port: int, size: int) -> None:
    """Make one request on a connection of its own."""
    there = http.client.HTTPSConnection("localhost", port, context=context)
    there.request("POST", "/v1/chat/completions", b"x" * size)
    there.getresponse().read()
    there.close()


def stress(folder: Path, loops: int, port: int) -> dict[str, float]:
    """Start 600 processes, open and close 60,000 files, make 4,000 TLS requests on one connection: `loops` hundredths of it."""
    place = str(folder / "place")
    Path(place).write_text("")
    context = ssl.create_default_context(cafile=str(folder / "cert.pem"))
    there = http.client.HTTPSConnection("localhost", port, context=context)
    begun = time.perf_counter()
    for _ in range(6 * loops):
        subprocess.run(["/bin/true"], check=True)
    for _ in range(600 * loops):
        os.close(os.open(place, os.O_RDONLY))
    for _ in range(40 * loops):
        there.request("POST", "/", b"x" * 2_000)
        there.getresponse().read()
    return {"seconds": time.perf_counter() - begun, "asked": 40 * loops}


def outside(folder: Path, loops: int, _port: int) -> dict[str, float]:
    """Return the nanoseconds of an open and close, of a system call that has no probe, and of a call of a TLS library."""
    place = str(folder / "place")
    Path(place).write_text("")
    begun = time.perf_counter_ns()
    for _ in range(loops):
        os.close(os.open(place, os.O_RDONLY))
    opened = time.perf_counter_ns()
    for _ in range(loops):
        os.getppid()
    called = time.perf_counter_ns()
    # Nobody answers: each try to read is one call of `SSL_read_ex`, which finds nothing.
    there = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="localhost")
    tries = loops // 10
    tried = time.perf_counter_ns()
    for _ in range(tries):
        with suppress(ssl.SSLWantReadError):
            there.read(1)
    read = time.perf_counter_ns()
    return {
        "open_close_ns": (opened - begun) / loops, "call_ns": (called - opened) / loops, "tls_call_ns": (read - tried) / tries
    }  # fmt: skip


def plaintext(folder: Path, loops: int, port: int) -> dict[str, float]:
    """Send so many bodies of a megabyte over one TLS connection."""
    context = ssl.create_default_context(cafile=str(folder / "cert.pem"))
    there = http.client.HTTPSConnection("localhost", port, context=context)
    body = bytes(range(32, 96)) * (1_000_000 // 64)
    begun = time.perf_counter()
    for _ in range(loops):
        there.request("POST", "/", body)
        there.getresponse().read()
    return {"seconds": time.perf_counter() - begun, "asked": loops}


def paced(folder: Path, seconds: int, port: int) -> dict[str, float]:
    """Send a hundred bodies of 100 kB a second over one TLS connection."""
    context = ssl.create_default_context(cafile=str(folder / "cert.pem"))
    there = http.client.HTTPSConnection("localhost", port, context=context)
    body = bytes(range(32, 96)) * (100_000 // 64)
    begun = time.perf_counter()
    for number in range(100 * seconds):
        time.sleep(max(0.0, begun + number / 100 - time.perf_counter()))
        there.request("POST", "/", body)
        there.getresponse().read()
    return {"seconds": time.perf_counter() - begun, "asked": 100 * seconds}


def distinct(folder: Path, rate: int, seconds: int) -> dict[str, int]:
    """Do the same, and make and open a file of its own each time, so that no opens are told as one."""
    return steady(folder, rate, seconds, files=0)


def steady(folder: Path, rate: int, seconds: int, files: int = 1_000) -> dict[str, int]:
    """Do so many acts a second, of five kinds, and return how many of each were done: 0 seconds means 50,000 as fast as can be."""
    many = 50_000 if not seconds else rate * seconds
    done = {"opened": 0, "changed": 0, "connected": 0, "privileged": 0, "forked": 0}
    libc = ctypes.CDLL(None)
    place, other = str(folder / "place"), str(folder / "other")
    Path(place).write_text("")
    names = [str(folder / f"file{number}") for number in range(files)]
    for name in names:
        Path(name).write_text("")
    unix = socket.socket(socket.AF_UNIX)
    unix.bind(str(folder / "socket"))
    unix.listen(64)
    before = os.open(place, os.O_RDONLY)
    begun = time.perf_counter()
    for number in range(many):
        if seconds and number % 50 == 0:
            time.sleep(max(0.0, begun + number / rate - time.perf_counter()))
        kind = number % 100
        if kind < 90:
            name = names[number % files] if files else str(folder / f"new{number}")
            os.close(os.open(name, os.O_RDONLY | os.O_CREAT))
            done["opened"] += 1
        elif kind < 94:
            os.rename(place, other)  # noqa: PTH104 - the system call is what is wanted
            os.rename(other, place)  # noqa: PTH104 - as above
            done["changed"] += 2
        elif kind < 97:
            with socket.socket(socket.AF_UNIX) as there:
                there.connect(str(folder / "socket"))
                unix.accept()[0].close()
            done["connected"] += 1
        elif kind < 99:
            libc.umount2(b"/nothing", 0)
            done["privileged"] += 1
        elif number % 1_000 == 99:
            os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)
            done["forked"] += 1
    os.close(before)
    return done | {"milliseconds": round(1000 * (time.perf_counter() - begun))}


def main() -> None:
    """Run what was asked for."""
    what, folder, number, *more = sys.argv[1:]
    work = {
        "agent": agent, "stress": stress, "outside": outside, "plaintext": plaintext, "paced": paced, "steady": steady,
        "distinct": distinct,
    }[what]  # fmt: skip
    print(json.dumps(work(Path(folder), int(number), int(more[0]) if more else 0)), flush=True)


if __name__ == "__main__":
    main()
