"""An exchange with a language model → the span that an instrumentation would have sent of it.

So what is seen on the wire goes the way of telemetry: the same bundles, threads and sessions, and the same story.
"""

from pydantic import JsonValue

from sensor.errors import UnreadableJsonError
from sensor.identity import digest
from sensor.sources.bounded_json import loads
from sensor.sources.otlp.span import Span
from sensor.wire.apis import APIS, Api, Object
from sensor.wire.body import Unreadable, decoded
from sensor.wire.exchange import MESSAGE, Exchange, Headers, header
from sensor.wire.sse import data

SCOPE = "clew.wire"
UNREAD = "clew.unread"
"""Attribute that says what of an exchange could not be read."""
_ASKING = ("POST", MESSAGE)
FAILED = 400
"""Status from which on a response is an error."""


def api_of(exchange: Exchange) -> Api | None:
    """Return the interface that a request is made to, if it is one that is known."""
    request = exchange.request
    path = request.target.partition("?")[0]
    return next((api for api in APIS if request.method in _ASKING and api.path.search(path)), None)


def span_of(exchange: Exchange, connection: str, number: int, source: str) -> Span | None:
    """Return the span of an exchange with a model, `None` for any other.

    `connection` and `number` name the exchange, `source` is that of its events. Each is a trace of its own, because agents share
    connections. What cannot be read is left out, as by an exporter that keeps content back, and `UNREAD` says why.
    """
    api = api_of(exchange)
    if api is None:
        return None
    request, response = exchange.request, exchange.response
    attributes: Object = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": api.provider}
    unread = []
    try:
        body = _json(request.body, request.headers, request.missing)
        attributes |= {"gen_ai.request.model": body.get("model") or _model_of(request.target)} | api.sent(body)
    except (Unreadable, UnreadableJsonError) as error:
        unread.append(f"request: {error}")
    if response is not None and response.status < FAILED:
        try:
            came = _response(api, response.body, response.headers, response.missing)
            attributes |= {"gen_ai.response.id": came.get("id"), "gen_ai.response.model": came.get("model")} | {
                name: value for name, value in api.came(came).items() if value is not None
            }
        except (Unreadable, UnreadableJsonError) as error:
            unread.append(f"response: {error}")
    if response is not None and response.missing:
        unread.append(f"response: {response.missing} bytes are missing")
    if response is None or response.cut_off:
        unread.append("response: the connection ended before it did")
    if unread:
        attributes[UNREAD] = "; ".join(unread)
    trace_id = exchange_id(connection, number)
    return Span(
        trace_id=trace_id,
        span_id=trace_id[16:],
        name=f"chat {attributes.get('gen_ai.request.model') or ''}".strip(),
        start_ns=request.begun_ns,
        end_ns=response.ended_ns if response else 0,
        attributes={key: value for key, value in attributes.items() if value is not None},
        failed=response is None or response.status >= FAILED,
        scope=SCOPE,
        source=source,
    )


def exchange_id(connection: str, number: int) -> str:
    """Return the id of the trace that one exchange is, 32 hexadecimal digits."""
    return digest("exchange", connection, number)


def _json(body: bytes, headers: Headers, missing: int) -> Object:
    if missing:
        raise Unreadable(f"{missing} bytes are missing")
    found = loads(decoded(body, headers).decode("utf-8", "surrogateescape"))
    if not isinstance(found, dict):
        raise Unreadable("no JSON object")
    return found


def _response(api: Api, body: bytes, headers: Headers, missing: int) -> Object:
    """Return a response as a whole, whether it came as one, as events, or as a list of pieces."""
    if "text/event-stream" not in header(headers, "content-type"):
        if missing:
            raise Unreadable(f"{missing} bytes are missing")
        found = loads(decoded(body, headers).decode("utf-8", "surrogateescape"))
        if isinstance(found, list):
            return api.joined(one for one in found if isinstance(one, dict))
        if not isinstance(found, dict):
            raise Unreadable("no JSON object")
        return found
    events: list[Object] = []
    for event in data(decoded(body, headers).decode("utf-8", "surrogateescape")):
        if event.strip() == "[DONE]":
            break
        try:
            found = loads(event)
        except UnreadableJsonError:  # cut off: what came before it counts
            break
        if isinstance(found, dict):
            events.append(found)
    return api.joined(events)


def _model_of(target: str) -> JsonValue:
    """Return the model that a path names (`/models/NAME:generateContent`)."""
    _, _, rest = target.partition("?")[0].rpartition("/models/")
    return rest.partition(":")[0] or None
