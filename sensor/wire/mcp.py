"""Exchanges of HTTP that are calls of tools (Model Context Protocol, "Streamable HTTP"). Pure.

A call is the body of a POST; its result is the body of the response, or one of the events of which that consists.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sensor.wire.body import Unreadable, decoded
from sensor.wire.exchange import Exchange, Headers, Response, header
from sensor.wire.jsonrpc import Result, Spoken, ToolCall, spoken
from sensor.wire.sse import data


@dataclass(frozen=True, slots=True)
class Served:
    """A call, and what came of it."""

    call: ToolCall
    result: Result | None
    ended_ns: int | None = None


def served_by(exchange: Exchange) -> Iterator[Served]:
    """Yield the calls of tools that a request makes, with their results."""
    request, response = exchange.request, exchange.response
    if request.method != "POST":
        return
    calls = [one for one in _messages(request.body, request.headers) if isinstance(one, ToolCall)]
    if not calls:
        return
    results = {one.id: one for one in _answers(response) if isinstance(one, Result)} if response else {}
    for call in calls:
        result = results.get(call.id)
        yield Served(call, result, response.ended_ns if response and result else None)


def _answers(response: Response) -> Iterator[Spoken]:
    if "text/event-stream" not in header(response.headers, "content-type"):
        yield from _messages(response.body, response.headers)
        return
    try:
        text = decoded(response.body, response.headers).decode("utf-8", "surrogateescape")
    except Unreadable:
        return
    for event in data(text):
        yield from spoken(event.encode("utf-8", "surrogateescape"))


def _messages(body: bytes, headers: Headers) -> Iterator[Spoken]:
    try:
        yield from spoken(decoded(body, headers))
    except Unreadable:
        return
