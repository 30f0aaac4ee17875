"""Verdicts of prompt filters and other products without a format of their own here: a TOML file says which field is what.

product = "Bouncer"
rule = "verdict.detector"              # a path as in `walk`; a list of steps where a name holds a dot
severity = "verdict.action"
text = "verdict.reason"
time = "created"
time_unit = "ms"                       # for numbers: s, ms, us or ns; texts are ISO 8601
conversation = "context.thread"
tool_call = ["context", "tool.id"]
levels = { block = "high", pass = "informational" }

[named]
url = ["input.links.*"]
"""

import tomllib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path as FilePath
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, ValidationError

from sensor.errors import SourceError
from sensor.event import AlertLevel, AlertReceived, Event, NamedAs, Unparsed
from sensor.identity import DEFAULT_TENANT
from sensor.sources.alerts.alert import Alert, Origin, received, trace_of
from sensor.sources.alerts.level import level_of
from sensor.sources.alerts.moment import Unit, either
from sensor.sources.alerts.naming import named
from sensor.sources.alerts.unknown import cleaned, unknown
from sensor.sources.alerts.walk import Path, at, text, texts
from sensor.sources.lines import LIMITS, Broken, Limits
from sensor.sources.records import records
from sensor.sources.unreadable import unparsed

_LOOKED_AT = 20
"""Records that decide whether a mapping is meant for a file."""


class MappingError(SourceError):
    """A mapping file cannot be used. The message names the field and what it takes."""


def _steps(value: object) -> object:
    steps = value.split(".") if isinstance(value, str) else value
    if not isinstance(steps, list) or not steps or not all(isinstance(step, str) and step for step in steps):
        raise ValueError('takes the path of a field, such as "verdict.rule", or a list of steps')
    return tuple(steps)


Steps = Annotated[tuple[str, ...], BeforeValidator(_steps)]


class Mapping(BaseModel):
    """Which field of a product's record is what."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    product: str = Field(min_length=1, max_length=100)
    rule: Steps
    severity: Steps | None = None
    text: Steps | None = None
    time: Steps | None = None
    time_unit: Unit = "s"
    uid: Steps | None = None
    conversation: Steps | None = None
    tool_call: Steps | None = None
    trace: Steps | None = None
    levels: dict[str, AlertLevel] = {}
    """Word of the product, in any case → level; other words are told as in `level`."""
    named: dict[NamedAs, tuple[Steps, ...]] = {}


def load(path: FilePath) -> Mapping:
    """Return the mapping of a TOML file. Raises `MappingError`, with all that is wrong in it."""
    try:
        return Mapping.model_validate(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise MappingError(path, f"{error.strerror or 'cannot be read'}; name a readable TOML file") from error
    except ValidationError as error:
        raise MappingError(path, "; ".join(_wrong(error))) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise MappingError(path, f"is no TOML: {error}") from error


def fits(path: FilePath, mapping: Mapping) -> bool:
    """Return whether one of the first records of a file has the rule where the mapping says."""
    first = (record for record in islice(records(path), _LOOKED_AT) if not isinstance(record, Broken))
    return any(finds(mapping, record.value) for record in first)


def finds(mapping: Mapping, record: JsonValue) -> bool:
    """Return whether a record has the rule where the mapping says."""
    return bool(text(cleaned(record), mapping.rule))


def read(
    path: FilePath,
    mapping: Mapping,
    *,
    session: str | None = None,
    tenant: str = DEFAULT_TENANT,
    limits: Limits = LIMITS,
) -> Iterator[Event]:
    """Yield one event per record of a file of JSON records. Raises `SourceUnavailableError` if it cannot be opened."""
    for record in records(path, limits=limits):
        if isinstance(record, Broken):
            yield unparsed(record, "alerts", tenant)
        else:
            yield mapped(record.value, mapping, number=record.number, tenant=tenant, session=session)


def mapped(
    record: JsonValue, mapping: Mapping, *, number: int, tenant: str = DEFAULT_TENANT, session: str | None = None
) -> AlertReceived | Unparsed:
    """Return the alert of one record; one whose rule is not where the mapping says becomes `Unparsed`. Never raises."""
    origin = Origin(tenant, number, session=session)
    clean = cleaned(record)
    rule = text(clean, mapping.rule) if clean is not None else ""
    if not rule:
        return unknown(record, "the mapping finds no rule", origin)
    return received(_alert(clean, rule, mapping), clean, "alerts:mapped", origin)


def _alert(record: JsonValue, rule: str, mapping: Mapping) -> Alert:
    def said(place: Path | None) -> str:
        return text(record, place) if place else ""

    severity = said(mapping.severity)
    levels = {word.lower(): level for word, level in mapping.levels.items()}
    pairs = [
        (what, value) for what, places in mapping.named.items() for place in places for value in texts(record, place)
    ]
    return Alert(
        product=mapping.product, rule=rule, severity=severity, level=levels.get(severity.lower()) or level_of(severity),
        text=said(mapping.text), uid=said(mapping.uid), named=named(None, {}, first=pairs),
        at_ns=either(at(record, mapping.time), mapping.time_unit) if mapping.time else None,
        trace_id=trace_of(said(mapping.trace)), tool_call=said(mapping.tool_call), conversation=said(mapping.conversation),
    )  # fmt: skip


def _wrong(error: ValidationError) -> list[str]:
    found = error.errors(include_url=False, include_input=False)
    return [
        f"{'.'.join(str(step) for step in one['loc'])}: {one['msg'].removeprefix('Value error, ')}" for one in found
    ]
