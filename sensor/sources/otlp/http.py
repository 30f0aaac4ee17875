"""OTLP over HTTP (https://opentelemetry.io/docs/specs/otlp/#otlphttp), as an ASGI application.

Answers 200 only after the spans are kept. What is refused is told: 400 no OTLP, 401 no token, 413 too large, 415 another
encoding, 429 and 503 come again (with `Retry-After`).
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from sensor.sources.otlp.receiver import JSON, PROTOBUF, SIGNALS, Bounds, Receiver, Refusal

if TYPE_CHECKING:
    from google.protobuf.message import Message


def application(receiver: Receiver) -> Starlette:
    """Return the ASGI application that answers for a receiver."""
    routes = [Route(f"/v1/{signal}", _endpoint(receiver, signal), methods=["POST"]) for signal in SIGNALS]
    return Starlette(routes=[*routes, Route("/healthz", _healthy)])


def _endpoint(receiver: Receiver, signal: str) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        wanted = JSON if _type(request) == JSON else PROTOBUF
        try:
            return _message(await _export(receiver, signal, request), wanted, 200)
        except Refusal as refusal:
            return _refused(refusal, wanted)
        except ClientDisconnect:
            return Response(status_code=400)

    return answer


async def _export(receiver: Receiver, signal: str, request: Request) -> "Message":
    receiver.admit(request.headers.get("authorization", ""))
    if _type(request) not in (PROTOBUF, JSON):
        raise Refusal(415, f"content type {_type(request)[:80]!r}; send {PROTOBUF} or {JSON}")
    sent = await _body(request, receiver.bounds)
    encoding = request.headers.get("content-encoding", "")
    return await receiver.accept(signal, sent, dict(request.headers), encoding=encoding, json=_type(request) == JSON)


async def _healthy(_: Request) -> Response:
    return Response("ok\n", media_type="text/plain")


def _type(request: Request) -> str:
    return request.headers.get("content-type", "").split(";")[0].strip().lower()


async def _body(request: Request, bounds: Bounds) -> bytes:
    """Return the body as it was sent; one that is too large is not read to its end."""
    declared = request.headers.get("content-length", "")
    most = bounds.packed if request.headers.get("content-encoding") else bounds.body
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
