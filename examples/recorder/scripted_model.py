"""A model server that is scripted: it says what the scenario tells it to, in order, in the form of the API that asks.

Ids count up and times are fixed, so that a recording can be made again. It decides nothing; no language model is involved.
"""

import json
from collections.abc import Sequence

from examples.recorder.loopback import STREAM, Request, Response
from examples.recorder.scenario import Turn
from examples.recorder.wire import APIS, Named, Object

MODEL = "scripted-model-1"
MODEL_URL = "http://model.example"
"""Where clients take the model to be. They reach it over the loopback as their HTTP proxy, so that no port is recorded."""


class ScriptedModel:
    """Answers requests with the turns of a script and keeps the last exchange."""

    def __init__(self, script: Sequence[Turn], mark: str = "") -> None:
        """`mark` is part of all ids, so that those of different recordings are not the same."""
        self._script = list(script)
        self._mark = mark
        self._replies = 0
        self.last_request: Object = {}
        """Body of the last request as the client library wrote it."""

        self.last_message: Object = {}
        """The last reply as a message of the same API."""

    def respond(self, request: Request) -> Response:
        """Answer one request of either API. A request after the end of the script is answered with status 500."""
        if not self._script:
            return _failure(500, "the script is over")
        self.last_request = json.loads(request.body)
        api = APIS[request.path]
        reply = self._script.pop(0)(api.results(self.last_request["messages"]))
        if reply.status != 200:
            return _failure(reply.status, "overloaded, try again")
        self._replies += 1
        named = Named(MODEL, f"{self._mark}{self._replies:02}")
        self.last_message = api.message(reply, named)
        if self.last_request.get("stream"):
            return Response(200, "".join(api.stream(self.last_message, named)), STREAM)
        return Response(200, json.dumps(api.envelope(self.last_message, named)))


def _failure(status: int, text: str) -> Response:
    body = json.dumps({"error": {"type": "server_error", "message": text}})
    # At once: the recording need not wait.
    return Response(status, body, headers={"retry-after-ms": "1"})
