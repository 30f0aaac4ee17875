"""An agent without any instrumentation whose tools are real: files, a database, a shell, requests.

    python examples/live/tooled.py SCRIPT PORT WORDS

SCRIPT names what the scripted model plays, WORDS is what the user asks for. It works in the current folder; the database is the one
that the environment of `psql` names.
"""

import http.client
import json
import os
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

KEY = "sk-" + "secret" * 5
CONTEXT = ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE"))


def read_ticket(number: int) -> str:
    """Return a ticket of the help desk."""
    return Path(f"tickets/{number}.txt").read_text("utf-8")


def read_file(path: str) -> str:
    """Return what is in a file."""
    return Path(path).read_text("utf-8")


def query_billing(sql: str) -> str:
    """Ask the billing database."""
    return _output(["psql", "-X", "-A", "-t", "-c", sql])


def run_command(command: str) -> str:
    """Run a command in a shell."""
    return _output(["bash", "-c", command])


def http_get(url: str) -> str:
    """Get an address."""
    return _asked("GET", url)


def http_post(url: str, body: str) -> str:
    """Send something to an address."""
    return _asked("POST", url, body)


TOOLS = {one.__name__: one for one in (read_ticket, read_file, query_billing, run_command, http_get, http_post)}


def _output(command: list[str]) -> str:
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    return ran.stdout + ran.stderr


def _asked(method: str, url: str, body: str | None = None) -> str:
    there = http.client.HTTPSConnection(urlsplit(url).netloc, context=CONTEXT)
    there.request(method, urlsplit(url).path, body and body.encode(), {"Authorization": f"Bearer {KEY}"})
    return there.getresponse().read().decode()


def main(script: str, port: str, words: str) -> str:
    """Ask the model until it answers, and do what it asks for."""
    there = http.client.HTTPSConnection("localhost", int(port), context=CONTEXT)
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": "You are an agent with tools."},
        {"role": "user", "content": words},
    ]
    while True:
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        there.request("POST", "/v1/chat/completions", json.dumps({"model": script, "messages": messages}), headers)
        reply = json.loads(there.getresponse().read())["choices"][0]["message"]
        messages.append(reply)
        if not reply.get("tool_calls"):
            return str(reply["content"])
        for call in reply["tool_calls"]:
            function = call["function"]
            result = TOOLS[function["name"]](**json.loads(function["arguments"]))
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": result})


if __name__ == "__main__":
    print(main(*sys.argv[1:]))
