"""Conversations written by this project as YAML, read as plain data: OpenAI-chat messages and who speaks in them."""

import json
from pathlib import Path
from typing import Any

import yaml

Message = dict[str, Any]
"""One message in OpenAI's chat form: role, content, `tool_calls`, `tool_call_id`."""


def read(path: Path) -> dict[str, Any]:
    """Return the document of one YAML file. Raises `ValueError` if a message of it is not in chat form."""
    document: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    for session in document.get("pairs") or document.get("sessions") or [document]:
        check(session["messages"], f"{path.name}: {session['name']}")
    return document


def check(messages: list[Message], where: str) -> None:
    """Raise `ValueError` unless roles are known, each result answers a call before it and arguments are JSON."""
    open_calls: set[str] = set()
    for message in messages:
        if message["role"] not in {"system", "user", "assistant", "tool"}:
            raise ValueError(f"{where}: role {message['role']!r} is none of the chat form")
        if message["role"] == "tool":
            if message["tool_call_id"] not in open_calls:
                raise ValueError(f"{where}: a result for {message['tool_call_id']!r}, which was not called")
            open_calls.remove(message["tool_call_id"])
        for call in message.get("tool_calls", ()):
            if not isinstance(json.loads(call["function"]["arguments"]), dict):
                raise ValueError(f"{where}: arguments of {call['id']!r} are no object")
            open_calls.add(call["id"])
    if open_calls:
        raise ValueError(f"{where}: no result for {sorted(open_calls)}")
