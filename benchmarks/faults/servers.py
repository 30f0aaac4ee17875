"""Servers of a fleet that can be killed and started again, on the same port and the same data; and a network that can be cut."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, suppress
from pathlib import Path
from typing import Any

from examples.fleet import brokers
from examples.live import postgres

PATIENCE_S = 60.0


class Server:
    """One of which the end of its context is an end by force."""

    def __init__(self, made: Callable[[], AbstractContextManager[Any]]) -> None:
        """`made`: starts it, each time on the same port and data."""
        self._made = made
        self._stack = ExitStack()
        self.value = self._stack.enter_context(made())

    def kill(self) -> None:
        """End it by force."""
        self._stack.close()

    def start(self) -> None:
        """Start it again."""
        self.value = self._stack.enter_context(self._made())


class Postgres(Server):
    """PostgreSQL, killed with SIGKILL."""

    def __init__(self, folder: Path) -> None:
        """Make a database in a folder, and serve it."""
        postgres.make(folder)
        self._folder, port = folder, brokers.free_port()
        super().__init__(lambda: postgres.running(folder, port))

    def kill(self) -> None:
        """End the first of its processes by SIGKILL; the others end when they see it."""
        pid = int((self._folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
        super().kill()

    def start(self) -> None:
        """Start it again, as soon as the last of those others is gone."""
        enough = time.monotonic() + PATIENCE_S
        while True:
            try:
                return super().start()
            except subprocess.CalledProcessError:
                if time.monotonic() > enough:
                    raise
                time.sleep(0.2)


class SmallDisk:
    """PostgreSQL on a disk of its own that can be full: a mount that only its processes see."""

    def __init__(self, folder: Path, mebibytes: int) -> None:
        """Make the disk and a database on it, and serve it."""
        self._folder = folder
        self._port = brokers.free_port()
        self._holder = subprocess.Popen(
            [
                "unshare",
                "--mount",
                "sh",
                "-c",
                f'mount -t tmpfs -o size={mebibytes}m tmpfs "$0" && exec sleep infinity',
                str(folder),
            ]
        )
        self._inside = ["nsenter", f"--mount=/proc/{self._holder.pid}/ns/mnt"]
        self._await(
            lambda: subprocess.run([*self._inside, "mountpoint", "-q", str(folder)], check=False).returncode == 0
        )
        found = postgres.programs()
        assert found is not None
        self._programs = found
        owner = postgres.as_owner()
        subprocess.run([*self._inside, "chmod", "777", str(folder)], check=True)
        subprocess.run(
            [*self._inside, *owner, found / "initdb", "-D", folder / "data", "-A", "trust", "-N", "--wal-segsize=1"],
            check=True, capture_output=True, cwd="/",
        )  # fmt: skip
        self._process = self._served()

    @property
    def value(self) -> dict[str, str]:
        """Return the environment by which `psql` finds it."""
        return {"PGHOST": "127.0.0.1", "PGPORT": str(self._port), "PGUSER": "postgres", "PGDATABASE": "postgres"}

    def fill(self) -> None:
        """Use up what is left of the disk."""
        with suppress(OSError), self._filler.open("wb") as file:
            while True:
                file.write(bytes(1 << 16))
                file.flush()

    def empty(self) -> None:
        """Give it back; and start PostgreSQL again where it has given up."""
        self._filler.unlink(missing_ok=True)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(0.5)
            self._process = self._served()

    def close(self) -> None:
        """End all."""
        for process in (self._process, self._holder):
            process.kill()
            process.wait()

    @property
    def _filler(self) -> Path:
        return Path(f"/proc/{self._holder.pid}/root{self._folder}/filler")

    def _served(self) -> "subprocess.Popen[bytes]":
        options = {
            "listen_addresses": "127.0.0.1", "port": self._port, "unix_socket_directories": "", "fsync": "off",
            "max_wal_size": "8MB", "min_wal_size": "2MB",
        }  # fmt: skip
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        server = [*self._inside, *postgres.as_owner(), self._programs / "postgres", "-D", self._folder / "data", *words]
        process = subprocess.Popen(server, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
        self._await(lambda: process.poll() is not None or answers(self._port))
        return process

    @staticmethod
    def _await(met: Callable[[], bool]) -> None:
        enough = time.monotonic() + PATIENCE_S
        while not met():
            if time.monotonic() > enough:
                raise TimeoutError("a server does not start")
            time.sleep(0.1)


def answers(port: int) -> bool:
    """Return whether somebody listens at a port."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


class Network:
    """A way to a port that can be slow, and cut: connections end in the middle, and no new one comes through."""

    def __init__(self, to: int) -> None:
        """`to`: port on loopback."""
        self._to = to
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._is_cut = False
        self.delay_s = 0.0
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Cut it."""
        self._is_cut = True
        with self._lock:
            for one in self._open:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """Let through again what comes."""
        self._is_cut = False

    def close(self) -> None:
        """Cut it for ever."""
        self.cut()
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                here, _ = self._listening.accept()
                threading.Thread(target=self._pass, args=(here,), daemon=True).start()

    def _pass(self, here: socket.socket) -> None:
        with here, suppress(OSError):
            if self._is_cut:
                return
            with socket.create_connection(("127.0.0.1", self._to)) as there:
                with self._lock:
                    self._open |= {here, there}
                try:
                    back = threading.Thread(target=self._copy, args=(there, here), daemon=True)
                    back.start()
                    self._copy(here, there)
                    back.join()
                finally:
                    with self._lock:
                        self._open -= {here, there}

    def _copy(self, of: socket.socket, to: socket.socket) -> None:
        with suppress(OSError):
            while data := of.recv(1 << 14):
                time.sleep(self.delay_s)
                to.sendall(data)
        for one in (of, to):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
