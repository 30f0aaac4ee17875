"""What a client span says was sent: an HTTP request, or a statement for a database.

Names: https://opentelemetry.io/docs/specs/semconv/http/http-spans/ and …/db/database-spans/, with those that they had before they
were stable. Any instrumentation writes them; OpenTelemetry eBPF Instrumentation, once Beyla, for programs that have none.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from sensor.sources.otlp.dialect import Names
from sensor.sources.otlp.span import Span

_METHOD: Names = ("http.request.method", "http.method")
_URL: Names = ("url.full", "http.url")
_SCHEME: Names = ("url.scheme", "http.scheme")
_HOST: Names = ("server.address", "net.peer.name")
_PORT: Names = ("server.port", "net.peer.port")
_STATUS: Names = ("http.response.status_code", "http.status_code")
_SENT: Names = ("http.request.body.size", "http.request_content_length")
_RECEIVED: Names = ("http.response.body.size", "http.response_content_length")
_SERVER: Names = ("client.address", "http.client_ip", "http.server_name", "net.host.name", "net.host.port")
"""Attributes that only spans of servers have, some of which wrote `http.url`, too."""
_SYSTEM: Names = ("db.system.name", "db.system")
_STATEMENT: Names = ("db.query.text", "db.statement", "db.query.summary")
_OPERATION: Names = ("db.operation.name", "db.operation")
_COLLECTION: Names = ("db.collection.name", "db.sql.table", "db.mongodb.collection")
_ROWS: Names = ("db.response.returned_rows",)


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request and what came back."""

    method: str
    url: str
    host: str
    status: int | None = None
    sent: int | None = None
    """Bytes of its body."""
    received: int | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """A statement that was sent to a database."""

    system: str
    statement: str
    rows: int | None = None


Sent = Request | Query


def sent(span: Span) -> Sent | None:
    """Return what a client span sent; `None` for any other span."""
    method, url, system = span.text(*_METHOD), _url(span), span.text(*_SYSTEM)
    if embeds(span):
        return None
    if method and url and not any(name in span.attributes for name in _SERVER):
        host = server(span) or host_of(url)
        return Request(method, url, host, _number(span, _STATUS), _number(span, _SENT), _number(span, _RECEIVED))
    statement = span.text(*_STATEMENT) or f"{span.text(*_OPERATION)} {span.text(*_COLLECTION)}".strip()
    return Query(system, statement, _number(span, _ROWS)) if system and statement else None


def embeds(span: Span) -> bool:
    """Return whether a span asks a model for embeddings, which is no step of a conversation."""
    return span.text("gen_ai.operation.name") == "embeddings" or "embedding.model_name" in span.attributes


def server(span: Span) -> str:
    """Return the name or address of the server that a client span speaks of; empty where it is not told."""
    told = span.text(*_HOST)
    return host_of(told) or told


def _url(span: Span) -> str:
    """Return the URL; where only its path was seen, put together with the server's name."""
    url, host, port = span.text(*_URL), span.text(*_HOST), span.text(*_PORT)
    if not url.startswith("/") or not host:
        return url
    return f"{span.text(*_SCHEME) or 'http'}://{host}{f':{port}' if port else ''}{url}"


def host_of(url: str) -> str:
    """Return the host of a URL; empty where it is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # hostile, such as an unclosed bracket
        return ""


def _number(span: Span, names: Names) -> int | None:
    text = span.text(*names)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None
