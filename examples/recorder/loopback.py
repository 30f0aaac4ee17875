"""HTTP on 127.0.0.1 that answers for many invented host names, so that recordings hold names and no ports.

Nothing leaves the machine: a name that is not served here cannot be reached.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Request:
    """What a service was asked."""

    method: str
    url: str
    body: str = ""

    @property
    def path(self) -> str:
        """The path without the query."""
        return urlsplit(self.url).path


@dataclass(frozen=True)
class Response:
    """What a service answers."""

    status: int
    text: str
    kind: str = ""
    """Content type; told by the text where it is empty."""

    headers: Mapping[str, str] = field(default_factory=dict)


STREAM = "text/event-stream"
"""Content type of an answer that is sent event by event."""

Service = Callable[[Request], Response]

ANY_HOST = "*"
"""Name of the service that answers for every other host."""


@dataclass
class Loopback:
    """A running server and all that reached it."""

    port: int
    services: Mapping[str, Service]
    """Host name → service. Other names do not exist."""

    received: list[Request] = field(default_factory=list)
    """In the order of the answers: of requests at the same time nobody knows which one comes first."""

    @property
    def address(self) -> str:
        """Where it listens; as the HTTP proxy of a client it answers for every host name."""
        return f"http://127.0.0.1:{self.port}"

    def request(self, request: Request) -> Response:
        """Send a real HTTP request to the service of the URL's host; an unknown host is an error text, status 0."""
        parts = urlsplit(request.url)
        if parts.hostname not in self.services:
            return Response(0, f"cannot resolve {parts.hostname}")
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            target = parts.path or "/"
            target = f"{target}?{parts.query}" if parts.query else target
            body = request.body.encode() if request.body else None
            connection.request(request.method, target, body=body, headers={"Host": parts.netloc})
            answer = connection.getresponse()
            return Response(answer.status, answer.read().decode())
        finally:
            connection.close()


@contextmanager
def serve(services: Mapping[str, Service]) -> Iterator[Loopback]:
    """Serve these hosts on a free port of 127.0.0.1 until the block ends."""
    loopback: Loopback | None = None

    class Handler(BaseHTTPRequestHandler):
        def respond(self) -> None:
            assert loopback is not None
            host = self.headers["Host"]
            length = int(self.headers.get("Content-Length") or 0)
            # A client that takes this server for its proxy names the whole URL.
            url = self.path if self.path.startswith("http://") else f"http://{host}{self.path}"
            request = Request(self.command, url, self.rfile.read(length).decode())
            response = services[host if host in services else ANY_HOST](request)
            loopback.received.append(request)
            told = "application/json" if response.text[:1] in "{[" else "text/plain"
            self.send_response(response.status)
            self.send_header("Content-Type", response.kind or told)
            self.send_header("Content-Length", str(len(response.text.encode())))
            for name, value in response.headers.items():
                self.send_header(name, value)
            self.end_headers()
            for piece in response.text.splitlines(keepends=True) if response.kind == STREAM else [response.text]:
                self.wfile.write(piece.encode())

        do_GET = do_POST = do_PUT = do_DELETE = respond  # noqa: N815  names of the base class

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  name of the base class
            """Say nothing; `received` is the log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    loopback = Loopback(server.server_address[1], services)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield loopback
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def accepts(_: Request) -> Response:
    """Take anything, as a receiver for posts and images does."""
    return Response(200, "accepted")


def page(text: str, delay: float = 0) -> Service:
    """Return a service that shows one page, after so many seconds."""

    def respond(_: Request) -> Response:
        time.sleep(delay)
        return Response(200, text)

    return respond


def admin_api() -> Service:
    """Return an internal administration interface with state of its own: members of accounts and their roles."""
    members = {"acc-1077": {"holder-12": "owner"}, "acc-1078": {"holder-13": "owner"}}

    def respond(request: Request) -> Response:
        _, kind, account, *what = request.path.split("/")
        if kind != "accounts" or account not in members:
            return Response(404, json.dumps({"error": "no such account"}))
        if request.method == "POST" and what == ["members"]:
            wanted = json.loads(request.body)
            members[account][wanted["user"]] = wanted["role"]
        return Response(200, json.dumps({"account": account, "owner": "holder-12", "members": members[account]}))

    return respond
