"""OTLP in JSON: 64-bit integers are text, ids are hexadecimal, enumerations are numbers or names, every span is wrapped twice."""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from sensor.errors import Undecodable, UnreadableJsonError
from sensor.sources.bounded_json import loads
from sensor.sources.otlp.decoded import (
    DEPTH,
    DROPPED,
    MAX_ATTRIBUTES,
    MAX_EVENTS,
    Decoded,
    Refused,
    Resource,
    Signal,
    event_name,
    gathered,
    log,
    valid_id,
    valid_time,
)
from sensor.sources.otlp.logged import LoggedAlert
from sensor.sources.otlp.span import Span, SpanEvent

_HEX = re.compile(r"[0-9a-fA-F]+")
_WRAPPERS = {"traces": ("resourceSpans", "scopeSpans", "spans"), "logs": ("resourceLogs", "scopeLogs", "logRecords")}


def decode(body: bytes, signal: Signal) -> Decoded:
    """Return the spans of one request body. Raises `Undecodable`."""
    try:
        value = loads(body.decode("utf-8"))
    except (UnreadableJsonError, UnicodeDecodeError) as error:
        raise Undecodable(f"no OTLP {signal} in JSON: {error}") from error
    return from_json(value, signal)


def from_json(value: JsonValue, signal: Signal) -> Decoded:
    """Return the spans of a parsed OTLP/JSON message. Raises `Undecodable` where it is none."""
    if signal_of(value) != signal:
        raise Undecodable(f"no OTLP {signal} in JSON: {_WRAPPERS[signal][0]} is missing")
    return gathered(_items(_object(value), signal), _span if signal == "traces" else _log)


def signal_of(value: JsonValue) -> Signal | None:
    """Return which OTLP/JSON message a parsed record is, `None` for any other record."""
    if isinstance(value, dict):
        for signal in ("traces", "logs"):
            if _field(value, _WRAPPERS[signal][0]) is not None:
                return signal
    return None


def _items(value: Mapping[str, JsonValue], signal: Signal) -> Iterator[tuple[JsonValue, Resource, str]]:
    outer, inner, items = _WRAPPERS[signal]
    for resourced in _objects(_field(value, outer)):
        resource = _pairs(_field(_object(_field(resourced, "resource")), "attributes"))
        # Before 0.15 the inner wrapper had another name.
        for scoped in _objects(_field(resourced, inner) or resourced.get("instrumentationLibrarySpans")):
            listed = _field(scoped, items)
            scope = _string(_object(_field(scoped, "scope")).get("name"))
            yield from ((item, resource, scope) for item in (listed if isinstance(listed, list) else []))


def _span(value: JsonValue, resource: Resource, scope: str) -> Span:
    if not isinstance(value, dict):
        raise Refused("span is no object")
    status = _object(_field(value, "status"))
    return Span(
        _id(_field(value, "traceId"), 32, "trace"), _id(_field(value, "spanId"), 16, "span"),
        _parent(_field(value, "parentSpanId")), _string(value.get("name")),
        _time(_field(value, "startTimeUnixNano")), _time(_field(value, "endTimeUnixNano")),
        _pairs(_field(value, "attributes")), tuple(map(_event, _objects(_field(value, "events"))))[:MAX_EVENTS],
        status.get("code") in (2, "2", "STATUS_CODE_ERROR"), resource, scope,
    )  # fmt: skip


def _event(value: dict[str, JsonValue]) -> SpanEvent:
    return SpanEvent(
        _string(value.get("name")), _time(_field(value, "timeUnixNano")), _pairs(_field(value, "attributes"))
    )


def _log(value: JsonValue, resource: Resource, scope: str) -> Span | LoggedAlert:
    if not isinstance(value, dict):
        raise Refused("log record is no object")
    attributes = _pairs(_field(value, "attributes"))
    event = SpanEvent(
        event_name(_string(_field(value, "eventName")), attributes),
        _time(_field(value, "timeUnixNano")) or _time(_field(value, "observedTimeUnixNano")),
        attributes,
        _value(_field(value, "body"), DEPTH),
    )
    return log(_hex(_field(value, "traceId"), 32), _hex(_field(value, "spanId"), 16), event, resource, scope)


def _field(value: Mapping[str, JsonValue], name: str) -> JsonValue:
    """Return a field by its JSON name, or by its name in the .proto file, which parsers must accept as well."""
    found = value.get(name)
    return found if found is not None else value.get(re.sub(r"(?=[A-Z])", "_", name).lower())


def _pairs(value: JsonValue) -> dict[str, JsonValue]:
    pairs = _objects(value)
    found = {_string(pair.get("key")): _value(pair.get("value"), DEPTH) for pair in pairs[:MAX_ATTRIBUTES]}
    if len(pairs) > MAX_ATTRIBUTES:
        found[DROPPED] = len(pairs) - MAX_ATTRIBUTES
    return found


def _value(value: JsonValue, levels: int) -> JsonValue:
    if not isinstance(value, dict) or not levels:
        return None
    for name, item in value.items():
        match re.sub(r"_(\w)", lambda match: match[1].upper(), name):
            case "stringValue" | "bytesValue" if isinstance(item, str):
                return item
            case "boolValue" if isinstance(item, bool):
                return item
            case "intValue":
                return _integer(item)
            case "doubleValue" if isinstance(item, int | float | str):
                return item
            case "arrayValue":
                listed = _object(item).get("values")
                return [_value(one, levels - 1) for one in listed] if isinstance(listed, list) else []
            case "kvlistValue":
                pairs = _objects(_object(item).get("values"))
                return {_string(pair.get("key")): _value(pair.get("value"), levels - 1) for pair in pairs}
    return None


def _id(value: JsonValue, digits: int, what: str) -> str:
    return valid_id(_hex(value, digits), digits, what)


def _hex(value: JsonValue, digits: int) -> str:
    """Return an id in hexadecimal digits; empty where it is none."""
    text = _string(value)
    if len(text) != digits or not _HEX.fullmatch(text):
        # Generic protobuf printers write bytes in base64, against the rule of OTLP.
        try:
            text = base64.b64decode(text, validate=True).hex()
        except (binascii.Error, ValueError):
            text = ""
    return text.lower()


def _parent(value: JsonValue) -> str:
    if not value:
        return ""
    try:
        return _id(value, 16, "parent")
    except Refused:
        return ""


def _time(value: JsonValue) -> int:
    number = _integer(value)
    return valid_time(number) if isinstance(number, int) else 0


def _integer(value: JsonValue) -> JsonValue:
    """Return a 64-bit integer, which the JSON form writes as text."""
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,19}", value.strip()):
        return int(value)
    return value if isinstance(value, int | str) and not isinstance(value, bool) else None


def _string(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""


def _object(value: JsonValue) -> dict[str, JsonValue]:
    return value if isinstance(value, dict) else {}


def _objects(value: JsonValue) -> list[dict[str, JsonValue]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
