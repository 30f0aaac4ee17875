"""The doors over HTTP, as an ASGI application: OTLP (https://opentelemetry.io/docs/specs/otlp/#otlphttp), alerts, events.

Answers 200 only after what came is kept. What is refused is told: 400 cannot be read, 401 no token, 413 too large, 415 another
encoding, 429 and 503 come again (with `Retry-After`).
"""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sensor.receive import alerts, events, otlp
from sensor.receive.otlp import JSON, PROTOBUF, SIGNALS
from sensor.receive.receiver import Bounds, Receiver, Refusal

if TYPE_CHECKING:
    from google.protobuf.message import Message

_JSON_LINES = frozenset(
    {
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
        "application/x-jsonlines",
        "application/jsonlines",
    }
)
Door = Callable[[Receiver, Request], Awaitable[Response]]


def application(receiver: Receiver, *, sensors: bool = True) -> Starlette:
    """Return the ASGI application that answers for a receiver; `sensors`: whether it takes what our own sensors send."""
    doors = {f"/v1/{signal}": _otlp(signal) for signal in SIGNALS} | {"/v1/alerts": _alerts}
    if sensors:
        doors["/v1/events"] = _events
    routes = [Route(path, _endpoint(receiver, door), methods=["POST"]) for path, door in doors.items()]
    return Starlette(routes=[*routes, Route("/healthz", _healthy)])


def _endpoint(receiver: Receiver, door: Door) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            receiver.admit(request.headers.get("authorization", ""), sensor=door is _events)
            return await door(receiver, request)
        except Refusal as refusal:
            return _refused(refusal, PROTOBUF if _type(request) == PROTOBUF else JSON)
        except ClientDisconnect:
            return Response(status_code=400)

    return answer


def _otlp(signal: str) -> Door:
    async def door(receiver: Receiver, request: Request) -> Response:
        if _type(request) not in (PROTOBUF, JSON):
            raise Refusal(415, f"content type {_type(request)[:80]!r}; send {PROTOBUF} or {JSON}")
        sent = await _body(request, receiver.bounds)
        headers, json = dict(request.headers), _type(request) == JSON
        found = await otlp.accept(receiver, signal, sent, headers, encoding=_encoding(request), json=json)
        return _message(found, _type(request), 200)

    return door


async def _alerts(receiver: Receiver, request: Request) -> Response:
    # A web page can have a browser send text, but no JSON, to loopback without being asked first.
    if _type(request) not in (JSON, *_JSON_LINES):
        raise Refusal(415, f"content type {_type(request)[:80]!r}; send {JSON} or application/x-ndjson")
    outcome = await alerts.accept(receiver, await _body(request, receiver.bounds), encoding=_encoding(request))
    return JSONResponse(asdict(outcome), outcome.status)


async def _events(receiver: Receiver, request: Request) -> Response:
    if _type(request) not in _JSON_LINES:
        raise Refusal(415, f"content type {_type(request)[:80]!r}; send application/x-ndjson")
    outcome = await events.accept(receiver, await _body(request, receiver.bounds), encoding=_encoding(request))
    return JSONResponse(asdict(outcome), outcome.status)


async def _healthy(_: Request) -> Response:
    return Response("ok\n", media_type="text/plain")


def _type(request: Request) -> str:
    return request.headers.get("content-type", "").split(";")[0].strip().lower()


def _encoding(request: Request) -> str:
    return request.headers.get("content-encoding", "")


async def _body(request: Request, bounds: Bounds) -> bytes:
    """Return the body as it was sent; one that is too large is not read to its end."""
    declared = request.headers.get("content-length", "")
    most = bounds.packed if _encoding(request) else bounds.body
    if declared.isdecimal() and int(declared) > most:
        raise Refusal(413, f"{declared} bytes; at most {most} are taken, send smaller batches")
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > most:
            raise Refusal(413, f"more than {most} bytes; send smaller batches")
        pieces.append(piece)
    return b"".join(pieces)


def _refused(refusal: Refusal, wanted: str) -> Response:
    from google.rpc.status_pb2 import Status

    headers = {} if refusal.retry_after_s is None else {"Retry-After": str(refusal.retry_after_s)}
    return _message(Status(code=refusal.code, message=str(refusal)), wanted, refusal.status, headers)


def _message(message: "Message", wanted: str, status: int, headers: dict[str, str] | None = None) -> Response:
    from google.protobuf.json_format import MessageToJson

    body = MessageToJson(message, indent=None) if wanted == JSON else message.SerializeToString()
    return Response(body, status, headers, media_type=wanted)
