"""A scripted model behind TLS on loopback, and a service that tools inside an agent ask; no model is behind it. It prints its port.

    python -m benchmarks.reenact.server FOLDER

Which play is meant is said by the key of the interface (`Authorization`), which the sensor does not keep. `/tools/CALL` gives the
result of a call, `/sink` takes anything.
"""

import http.server
import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

from examples.live.model import serve


@cache
def replies(folder: str, key: str) -> list[dict[str, Any]]:
    """Return the replies of a play."""
    steps = json.loads((Path(folder) / "plays" / f"{key}.json").read_text("utf-8"))["steps"]
    return [step for step in steps if "calls" in step]


class Server(http.server.BaseHTTPRequestHandler):
    """Answers by how many replies the conversation has."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    folder = ""

    def do_POST(self) -> None:
        """Answer one request."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        key = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        if self.path.startswith("/v1/chat/completions"):
            asked = json.loads(body)
            turn = sum(message["role"] == "assistant" for message in asked["messages"])
            self._send(json.dumps(completion(key, turn, replies(self.folder, key)[turn])))
        elif self.path.startswith("/tools/"):
            call_id = self.headers["X-Call"]
            found = [
                call for reply in replies(self.folder, key) for call in reply["calls"] if call["call_id"] == call_id
            ]
            self._send(found[0]["result"], "text/plain; charset=utf-8")
        else:
            self._send("taken", "text/plain")

    def _send(self, text: str, kind: str = "application/json") -> None:
        body = text.encode("utf-8", "replace")
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def completion(key: str, turn: int, reply: dict[str, Any]) -> dict[str, Any]:
    """Return a whole chat completion (OpenAI API reference)."""
    calls = [
        {"id": call["call_id"], "type": "function", "function": {"name": call["name"], "arguments": json.dumps(call["arguments"])}}
        for call in reply["calls"]
    ]  # fmt: skip
    message = {"role": "assistant", "content": reply["text"] or None} | ({"tool_calls": calls} if calls else {})
    return {
        "id": f"chatcmpl-{key}-{turn}", "object": "chat.completion", "created": 1, "model": "scripted",
        "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls" if calls else "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7},
    }  # fmt: skip


if __name__ == "__main__":
    Server.folder = sys.argv[1]
    serve(Path(sys.argv[1]), Server)
