"""How two public APIs of models put a reply: chat completions (whole or streamed) and messages."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from examples.recorder.scenario import Reply

Object = dict[str, Any]

_CREATED = 1_780_000_000
"""Seconds since the Unix epoch of every reply: 28 May 2026, invented."""


@dataclass(frozen=True)
class Named:
    """What a reply is called."""

    model: str
    reply: str
    """Tells it from all other replies."""


class Api(Protocol):
    """The form of one API."""

    def results(self, messages: list[Object]) -> list[str]:
        """Return the tool results that a request holds, oldest first."""

    def message(self, reply: Reply, named: Named) -> Object:
        """Return a reply as a message."""

    def envelope(self, message: Object, named: Named) -> Object:
        """Return the answer that holds a message."""

    def stream(self, message: Object, named: Named) -> Iterator[str]:
        """Yield the events that tell a message piece by piece."""


class _ChatCompletions:
    def results(self, messages: list[Object]) -> list[str]:
        return [message["content"] for message in messages if message["role"] == "tool"]

    def message(self, reply: Reply, named: Named) -> Object:
        calls = [
            {
                "id": f"call_{named.reply}_{place}",
                "type": "function",
                "function": {"name": call.tool, "arguments": json.dumps(dict(call.arguments))},
            }
            for place, call in enumerate(reply.calls, start=1)
        ]
        message: Object = {"role": "assistant", "content": reply.text or None}
        return {**message, "tool_calls": calls} if calls else message

    def envelope(self, message: Object, named: Named) -> Object:
        choice = {"index": 0, "message": message, "finish_reason": self._finish(message), "logprobs": None}
        return {**self._about(named), "object": "chat.completion", "choices": [choice]}

    def stream(self, message: Object, named: Named) -> Iterator[str]:
        about = {**self._about(named), "object": "chat.completion.chunk"}
        for delta in self._deltas(message):
            finish = None if delta else self._finish(message)
            choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
            yield f"data: {json.dumps({**about, 'choices': [choice]})}\n\n"
        yield "data: [DONE]\n\n"

    def _deltas(self, message: Object) -> Iterator[Object]:
        """Yield what is new with each event; nothing at the end."""
        yield {"role": "assistant", "content": None}
        yield from ({"content": piece} for piece in _pieces(message["content"] or ""))
        for index, call in enumerate(message.get("tool_calls", ())):
            function = call["function"]
            yield {"tool_calls": [{**call, "index": index, "function": {**function, "arguments": ""}}]}
            for piece in _pieces(function["arguments"]):
                yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}
        yield {}

    def _about(self, named: Named) -> Object:
        return {"id": f"chatcmpl-scripted-{named.reply}", "created": _CREATED, "model": named.model}

    def _finish(self, message: Object) -> str:
        return "tool_calls" if message.get("tool_calls") else "stop"


class _Messages:
    def results(self, messages: list[Object]) -> list[str]:
        return [
            block["content"]
            for message in messages
            if isinstance(message["content"], list)
            for block in message["content"]
            if block["type"] == "tool_result"
        ]

    def message(self, reply: Reply, named: Named) -> Object:
        text = [{"type": "text", "text": reply.text}] if reply.text else []
        calls = [
            {
                "type": "tool_use",
                "id": f"toolu_{named.reply}_{place}",
                "name": call.tool,
                "input": dict(call.arguments),
            }
            for place, call in enumerate(reply.calls, start=1)
        ]
        return {"role": "assistant", "content": [*text, *calls]}

    def envelope(self, message: Object, named: Named) -> Object:
        asks = any(block["type"] == "tool_use" for block in message["content"])
        return {
            "id": f"msg_scripted_{named.reply}",
            "type": "message",
            "model": named.model,
            **message,
            "stop_reason": "tool_use" if asks else "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": 0, "output_tokens": 0},
        }

    def stream(self, message: Object, named: Named) -> Iterator[str]:
        raise NotImplementedError("no example streams this API")


def _pieces(text: str, size: int = 24) -> Iterator[str]:
    return (text[start : start + size] for start in range(0, len(text), size))


APIS: dict[str, Api] = {"/v1/chat/completions": _ChatCompletions(), "/v1/messages": _Messages()}
"""Path → API."""
