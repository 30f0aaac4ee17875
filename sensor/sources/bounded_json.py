"""JSON from hostile files: bounded depth, and only values that every later station can store.

Python's reader lets through what JSON has no form for (NaN, infinity, half of a surrogate pair) and what breaks later
stations (nesting that overflows their stack). Here each of these has one defined outcome.
"""

import json
import math
import re

from pydantic import JsonValue

from sensor.errors import UnreadableJsonError

DEPTH = 64
"""Levels of nesting that are read. Recordings of real agents stay below 15; storage and comparison recurse."""

_HALF_PAIR = re.compile("[\ud800-\udfff]")
_MAY_HOLD_HALF_PAIR = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")


def loads(text: str) -> JsonValue:
    """Return the value. Half surrogate pairs become U+FFFD; numbers that overflow stay as their text.

    Raises `UnreadableJsonError` for anything that is not JSON, or is nested deeper than `DEPTH`.
    """
    try:
        value: JsonValue = _DECODER.decode(text)
    except RecursionError as error:
        raise UnreadableJsonError("nested too deeply") from error
    except ValueError as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise UnreadableJsonError(f"not JSON: {reason[:80]}") from error
    if text.count("{") + text.count("[") > DEPTH and _deeper(value, DEPTH):
        raise UnreadableJsonError("nested too deeply")
    return scrubbed(value) if _MAY_HOLD_HALF_PAIR.search(text) else value


def argument(value: JsonValue) -> JsonValue:
    """Return the arguments of a tool call, which many formats keep as JSON inside a string. Other text stays text."""
    if not isinstance(value, str):
        return value
    try:
        return loads(value)
    except UnreadableJsonError:
        return value


def scrubbed(value: JsonValue) -> JsonValue:
    """Return `value` with U+FFFD for each half surrogate pair, for which UTF-8 has no form."""
    if isinstance(value, str):
        return _HALF_PAIR.sub("\ufffd", value)
    if isinstance(value, list):
        return [scrubbed(item) for item in value]
    if isinstance(value, dict):
        return {_HALF_PAIR.sub("\ufffd", key): scrubbed(item) for key, item in value.items()}
    return value


def _deeper(value: JsonValue, levels: int) -> bool:
    if isinstance(value, dict):
        return levels == 0 or any(_deeper(item, levels - 1) for item in value.values())
    if isinstance(value, list):
        return levels == 0 or any(_deeper(item, levels - 1) for item in value)
    return False


def _constant(name: str) -> str:
    return name


def _float(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits


def _int(digits: str) -> int | str:
    # Beyond 64 bits other readers disagree; Python itself refuses 4,300 digits.
    return int(digits) if len(digits) <= 18 else digits


_DECODER = json.JSONDecoder(parse_constant=_constant, parse_float=_float, parse_int=_int)
