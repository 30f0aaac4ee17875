"""Bodies of OTLP requests → spans, bounded, and never an exception but `Undecodable`.

Both encodings (https://opentelemetry.io/docs/specs/otlp/#otlphttp): protobuf (`protobuf.py`) and its JSON form (`json_form.py`).
"""

from sensor.sources.otlp import json_form, protobuf
from sensor.sources.otlp.decoded import Decoded, Signal


def decode(body: bytes, *, signal: Signal, json: bool) -> Decoded:
    """Return the spans of one request body. Raises `Undecodable` where the body as a whole is no OTLP."""
    return json_form.decode(body, signal) if json else protobuf.decode(body, signal)
