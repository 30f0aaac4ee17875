"""A scripted model behind TLS on loopback; no model is behind it. It prints its port.

    python examples/live/model.py FOLDER

It asks for `read_ticket`, then, because the ticket says so, for `send_mail`, then answers: in the words of OpenAI's chat
completions, whole or streamed, or of Anthropic's messages. `/echo` gives the body back.
"""

import http.server
import json
import ssl
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CALLS = (("call_aaaaaaaa1", "read_ticket", {"n": 7}), ("call_aaaaaaaa2", "send_mail", {"to": "box@drop.example.net"}))
ANSWER = "Ticket 7 is about a printer."


class Model(http.server.BaseHTTPRequestHandler):
    """Answers by how many replies the conversation has."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Answer one request."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/echo":
            self._send(body, "application/octet-stream")
            return
        asked = json.loads(body)
        turn = sum(message["role"] == "assistant" for message in asked["messages"])
        call = CALLS[turn] if turn < len(CALLS) else None
        if self.path == "/v1/messages":
            self._send(json.dumps(anthropic(turn, call)).encode(), "application/json")
        elif asked.get("stream"):
            pieces = "".join(f"data: {json.dumps(one)}\n\n" for one in chunks(turn, call)) + "data: [DONE]\n\n"
            self._send(pieces.encode(), "text/event-stream")
        else:
            self._send(json.dumps(chat(turn, call)).encode(), "application/json")

    def _send(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


Call = tuple[str, str, dict[str, Any]]


def function(call: Call) -> dict[str, Any]:
    """Return a call as chat completions have it."""
    return {"id": call[0], "type": "function", "function": {"name": call[1], "arguments": json.dumps(call[2])}}


def chat(turn: int, call: Call | None) -> dict[str, Any]:
    """Return a whole chat completion."""
    message = {"role": "assistant", "content": None if call else ANSWER} | (
        {"tool_calls": [function(call)]} if call else {}
    )
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if call else "stop"}
    usage = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
    return {
        "id": f"chatcmpl-{turn}",
        "object": "chat.completion",
        "created": 1,
        "model": "m-1",
        "choices": [choice],
        "usage": usage,
    }


def chunks(turn: int, call: Call | None) -> list[dict[str, Any]]:
    """Return the same in pieces."""
    about = {"id": f"chatcmpl-{turn}", "object": "chat.completion.chunk", "created": 1, "model": "m-1"}
    pieces: list[dict[str, Any]] = (
        [{"tool_calls": [{"index": 0, **function(call)}]}]
        if call
        else [{"content": one} for one in ANSWER.partition(" ")]
    )
    deltas = [
        *({"index": 0, "delta": piece, "finish_reason": None} for piece in pieces),
        {"index": 0, "delta": {}, "finish_reason": "stop"},
    ]
    return [about | {"choices": [delta]} for delta in deltas]


def anthropic(turn: int, call: Call | None) -> dict[str, Any]:
    """Return a message of Anthropic's API."""
    block = (
        {"type": "tool_use", "id": call[0], "name": call[1], "input": call[2]}
        if call
        else {"type": "text", "text": ANSWER}
    )
    usage = {"input_tokens": 3, "output_tokens": 4}
    reason = "tool_use" if call else "end_turn"
    return {
        "id": f"msg_{turn}",
        "type": "message",
        "role": "assistant",
        "model": "m-1",
        "content": [block],
        "stop_reason": reason,
        "usage": usage,
    }


@contextmanager
def serving(folder: Path, program: Sequence[str] = (sys.executable, __file__)) -> Iterator[int]:
    """Serve in a process of its own and give the port; `cert.pem` in `folder` is what clients have to trust. Needs `openssl`.

    `program` is what calls `serve`.
    """
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-days", "2", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    with subprocess.Popen([*program, str(folder)], stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.kill()


def serve(folder: Path, handler: type[http.server.BaseHTTPRequestHandler]) -> None:
    """Print a port and serve there until killed."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), Model)
