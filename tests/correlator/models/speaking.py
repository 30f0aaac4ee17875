"""A scripted peer on loopback that speaks OpenAI's chat completions; no model is behind it."""

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Reply = Callable[[http.server.BaseHTTPRequestHandler, dict[str, Any]], None]


def chat(text: str) -> Reply:
    """Return what answers with this text."""

    def reply(handler: http.server.BaseHTTPRequestHandler, asked: dict[str, Any]) -> None:
        message = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
        usage = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}
        whole = {"id": "x", "object": "chat.completion", "created": 1, "model": asked["model"]}
        send(handler, 200, json.dumps(whole | {"choices": [message], "usage": usage}).encode())

    return reply


def failing(status: int) -> Reply:
    """Return what answers with an error."""
    return lambda handler, _: send(handler, status, b'{"error": {"message": "no", "type": "x", "code": null}}')


def send(handler: http.server.BaseHTTPRequestHandler, status: int, body: bytes) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@contextmanager
def server(replies: Iterator[Reply], asked: list[dict[str, Any]] | None = None) -> Iterator[str]:
    """Give the address of a server that answers so, one after the other, and then with 404."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if asked is not None:
                asked.append(body)
            next(replies, failing(404))(self, body)

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as found:
        found.daemon_threads = True
        thread = threading.Thread(target=found.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{found.server_address[1]}/v1"
        finally:
            found.shutdown()
            thread.join()


def echo(handler: http.server.BaseHTTPRequestHandler, body: dict[str, Any], old: str = "", new: str = "") -> None:
    """Say what is to be worded, with some words changed."""
    text = body["messages"][-1]["content"].splitlines()[0].removeprefix("Sentence: ").replace(old, new)
    chat(json.dumps({"sentence": text}))(handler, body)
