"""A model server that is scripted: it speaks two public APIs and says what the scenario tells it to, in order.

Chat completions (`POST /v1/chat/completions`) and messages (`POST /v1/messages`), without streaming. Ids count up and
times are fixed, so that a recording can be made again byte for byte. It decides nothing; no language model is involved.
"""

import json
from collections.abc import Sequence
from typing import Any

from examples.recorder.loopback import Request, Response
from examples.recorder.scenario import Reply, Turn

MODEL = "scripted-model-1"
_CREATED = 1_780_000_000
"""Seconds since the Unix epoch of every reply: 28 May 2026, invented."""


class ScriptedModel:
    """Answers requests with the turns of a script and keeps the last exchange."""

    def __init__(self, script: Sequence[Turn]) -> None:
        self._script = list(script)
        self.last_request: dict[str, Any] = {}
        """Body of the last request as the client library wrote it."""

        self.last_message: dict[str, Any] = {}
        """The last reply as a message of the same API."""

    def respond(self, request: Request) -> Response:
        """Answer one request of either API. A request after the end of the script is answered with status 500."""
        if not self._script:
            return Response(500, json.dumps({"error": {"message": "the script is over"}}))
        self.last_request = json.loads(request.body)
        api = _APIS[request.path]
        reply = self._script.pop(0)(api.results(self.last_request["messages"]))
        self.last_message = api.message(reply, sum(m["role"] == "assistant" for m in self.last_request["messages"]))
        return Response(200, json.dumps(api.envelope(self.last_message)))


class _ChatCompletions:
    @staticmethod
    def results(messages: list[dict[str, Any]]) -> list[str]:
        return [message["content"] for message in messages if message["role"] == "tool"]

    @staticmethod
    def message(reply: Reply, turn: int) -> dict[str, Any]:
        calls = [
            {
                "id": f"call_{turn + 1:02}_{place + 1}",
                "type": "function",
                "function": {"name": call.tool, "arguments": json.dumps(dict(call.arguments))},
            }
            for place, call in enumerate(reply.calls)
        ]
        message: dict[str, Any] = {"role": "assistant", "content": reply.text or None}
        return {**message, "tool_calls": calls} if calls else message

    @staticmethod
    def envelope(message: dict[str, Any]) -> dict[str, Any]:
        finish = "tool_calls" if message.get("tool_calls") else "stop"
        return {
            "id": "chatcmpl-scripted",
            "object": "chat.completion",
            "created": _CREATED,
            "model": MODEL,
            "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
        }


class _Messages:
    @staticmethod
    def results(messages: list[dict[str, Any]]) -> list[str]:
        return [
            block["content"]
            for message in messages
            if isinstance(message["content"], list)
            for block in message["content"]
            if block["type"] == "tool_result"
        ]

    @staticmethod
    def message(reply: Reply, turn: int) -> dict[str, Any]:
        text = [{"type": "text", "text": reply.text}] if reply.text else []
        calls = [
            {
                "type": "tool_use",
                "id": f"toolu_{turn + 1:02}_{place + 1}",
                "name": call.tool,
                "input": dict(call.arguments),
            }
            for place, call in enumerate(reply.calls)
        ]
        return {"role": "assistant", "content": [*text, *calls]}

    @staticmethod
    def envelope(message: dict[str, Any]) -> dict[str, Any]:
        asks = any(block["type"] == "tool_use" for block in message["content"])
        return {
            "id": "msg_scripted",
            "type": "message",
            "model": MODEL,
            **message,
            "stop_reason": "tool_use" if asks else "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": 0, "output_tokens": 0},
        }


_APIS: dict[str, type[_ChatCompletions] | type[_Messages]] = {
    "/v1/chat/completions": _ChatCompletions,
    "/v1/messages": _Messages,
}
