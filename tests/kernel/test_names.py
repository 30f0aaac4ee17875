"""Names that processes look up, from the kernel alone: real resolvers, a stub of one on loopback in a network of its own."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from sensor.event import NameResolved
from sensor.probes.observation import observed
from sensor.probes.origin import Origin
from sensor.probes.sensor import Sensor

SERVED = {"files.example": {"A": "203.0.113.7", "AAAA": "2001:db8::7"}}
# Our own loopback interface is brought up, a stub resolver answers there, and where glibc looks for it is said in a mount
# namespace of our own; then the rest of the arguments is run.
INSIDE = f"""
import fcntl, os, socket, struct, subprocess, sys, threading
import dns.message, dns.rrset
with socket.socket() as there:
    fcntl.ioctl(there, 0x8914, struct.pack("16sh14x", b"lo", 1))  # SIOCSIFFLAGS, IFF_UP
served = {SERVED!r}
def answer(data):
    query = dns.message.from_wire(data)
    name, kind = query.question[0].name.to_text(True), query.question[0].rdtype.name
    response = dns.message.make_response(query)
    if found := served.get(name, {{}}).get(kind):
        response.answer.append(dns.rrset.from_text(name + ".", 60, "IN", kind, found))
    return response.to_wire()
udp, tcp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), socket.create_server(("127.0.0.1", 53))
udp.bind(("127.0.0.1", 53))
def serve():
    while True:
        data, who = udp.recvfrom(4096)
        udp.sendto(answer(data), who)
def serve_streams():
    while True:
        with tcp.accept()[0] as there:
            size = int.from_bytes(there.recv(2), "big")
            whole = answer(there.recv(size))
            there.sendall(len(whole).to_bytes(2, "big") + whole)
for one in (serve, serve_streams):
    threading.Thread(target=one, daemon=True).start()
with open(sys.argv[1], "w") as file:
    file.write("nameserver 127.0.0.1\\noptions timeout:1 attempts:1\\n")
subprocess.run(["mount", "--bind", sys.argv[1], "/etc/resolv.conf"], check=True)
subprocess.run(sys.argv[2:])
os._exit(0)
"""
GLIBC = "import socket; socket.getaddrinfo('files.example', 80)"
SENDTO = "import dns.query, dns.message; dns.query.udp(dns.message.make_query('files.example', 'A'), '127.0.0.1')"
STREAM = "import dns.query, dns.message; dns.query.tcp(dns.message.make_query('files.example', 'A'), '127.0.0.1')"
MISSING = "import socket\ntry: socket.getaddrinfo('nowhere.example', 80)\nexcept OSError: pass"
CALLS = """
import dns.message, socket
there = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); there.connect(("127.0.0.1", 53))
for number, send in enumerate((lambda data: there.sendmsg([data[:5], data[5:]]), lambda data: there.send(data))):
    send(dns.message.make_query("files.example", "A", id=number).to_wire())
    there.recv(4096, socket.MSG_PEEK)
    there.recvmsg(4096) if number else there.recv_into(bytearray(4096))
"""


@pytest.fixture(scope="module")
def own_network() -> None:
    if subprocess.run(["unshare", "--net", "--mount", "/bin/true"], capture_output=True).returncode:
        pytest.skip("no namespaces of our own here")


@pytest.mark.usefixtures("own_network")
@pytest.mark.parametrize(
    ("program", "wanted"),
    [
        (GLIBC, {("files.example", ("203.0.113.7",)): 1, ("files.example", ("2001:db8::7",)): 1}),
        (SENDTO, {("files.example", ("203.0.113.7",)): 1}),
        (STREAM, {("files.example", ("203.0.113.7",)): 1}),
        (CALLS, {("files.example", ("203.0.113.7",)): 2}),
        (MISSING, {("nowhere.example", ()): 2}),
    ],
    ids=["glibc", "sendto", "stream", "calls", "missing"],
)
def test_names_are_told_with_their_addresses_and_who_asked(
    program: str, wanted: dict[tuple[str, tuple[str, ...]], int], sensor: Sensor, tmp_path: Path
) -> None:
    run = [sys.executable, "-c", INSIDE, str(tmp_path / "resolv.conf"), sys.executable, "-c", program]
    sensor.records()
    process = sensor.launch(["unshare", "--net", "--mount", *run])
    found = [one for one in observed(sensor, process, Origin.here()) if isinstance(one, NameResolved)]

    assert Counter((one.name, one.addresses) for one in found) == wanted
    # The stub itself resolves nothing.
    assert len({one.process for one in found}) == 1
