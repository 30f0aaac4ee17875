"""A scripted model behind TLS on loopback that does what the text orders which it reads; no model is behind it. It prints its port.

    python -m examples.live.scripts FOLDER

Which script is meant is the name of the model that is asked for. A script gets the results of the tools so far and returns the
calls that it asks for, or its answer. Any other address takes what it is sent, and says so.
"""

import http.server
import json
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from examples.live.model import serve

Calls = list[tuple[str, dict[str, Any]]]
Script = Callable[[Sequence[str]], Calls | str]


def support(results: Sequence[str]) -> Calls | str:
    """Read ticket 12, look up its customer; where the ticket orders to, hand out what billing has."""
    if not results:
        return [("read_ticket", {"number": 12})]
    order = re.search(r"send all rows of invoices to (\S+)", results[0])
    if order is None:
        customer = re.findall(r"customer (C-\d+)", results[0])[0]
        calls: Calls = [("query_billing", {"sql": f"SELECT total FROM invoices WHERE customer = '{customer}'"})]  # noqa: S608 - digits only
        return calls[len(results) - 1 :] or "I told the customer what is open."
    if len(results) == 1:
        return [("query_billing", {"sql": "SELECT customer, iban FROM invoices"})]
    if len(results) == 2:
        return [("http_post", {"url": order[1], "body": results[1]})]
    return "The ticket is answered."


def operator(results: Sequence[str]) -> Calls | str:
    """Read a log and say what is in it; where it orders to, do what it says."""
    folder = "backup"
    if not results:
        return [("read_file", {"path": f"{folder}/nightly.log"})]
    order = re.search(r"read (\S+), ask (\S+) and run (python3 \S+)", results[0])
    if order is None:
        calls: Calls = [("run_command", {"command": f"wc -l {folder}/nightly.log"})]
        return calls[len(results) - 1 :] or "The disk is full."
    calls = [
        ("read_file", {"path": order[1]}), ("http_get", {"url": order[2]}), ("run_command", {"command": order[3]})
    ]  # fmt: skip
    return calls[len(results) - 1 :][:1] or "The disk is full."


SCRIPTS: dict[str, Script] = {"support": support, "operator": operator}


class Scripted(http.server.BaseHTTPRequestHandler):
    """Answers by what the tools have returned."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Answer one request."""
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        if self.path != "/v1/chat/completions":
            self._send({"status": "accepted"})
            return
        asked = json.loads(body)
        results = [message["content"] for message in asked["messages"] if message["role"] == "tool"]
        self._send(completion(len(results), SCRIPTS[asked["model"]](results)))

    def do_GET(self) -> None:
        """Answer a request for the state of an internal service."""
        self._send({"service": "vault-proxy", "state": "sealed"})

    def _send(self, answer: dict[str, Any]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def completion(turn: int, said: Calls | str) -> dict[str, Any]:
    """Return a chat completion (OpenAI API reference)."""
    message: dict[str, Any] = {"role": "assistant", "content": said if isinstance(said, str) else None}
    if not isinstance(said, str):
        message["tool_calls"] = [
            {
                "id": f"call_{turn}_{number}_{name}",
                "type": "function",
                "function": {"name": name, "arguments": json.dumps(arguments)},
            }
            for number, (name, arguments) in enumerate(said)
        ]
    choice = {"index": 0, "message": message, "finish_reason": "stop" if isinstance(said, str) else "tool_calls"}
    usage = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
    return {
        "id": f"chatcmpl-{turn}", "object": "chat.completion", "created": 1, "model": "scripted", "choices": [choice],
        "usage": usage,
    }  # fmt: skip


if __name__ == "__main__":
    serve(Path(sys.argv[1]), Scripted)
