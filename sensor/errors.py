"""Everything that the sensor raises.

    SensorError
    ├── SourceError                 a whole file or stream; carries its `path`
    │   ├── SourceUnavailableError  it cannot be opened
    │   ├── UnknownFormatError      it can, but no source knows its content
    │   ├── UnknownSourceError      a source was asked for by a name that is not in the table
    │   └── MappingError            a mapping of alert fields is not valid (`sensor.sources.alerts.mapping`)
    ├── TraceError                  a line of the trace notation; carries `line` and `column`
    ├── UnreadableJsonError         one JSON value; sources turn it into an `Unparsed` event
    ├── SpoolUnusable               the file of kept spans cannot be used
    ├── ProbesUnusable              the kernel sensor cannot run here
    ├── UnknownTarget               what is to be observed is not there, or is more than may be named
    ├── RecordInvalid               bytes are no record of a probe
    └── Undecodable                 one message of a protocol; sources and receivers say so and go on

Unreadable lines and records are no errors: they become `Unparsed` events, and reading goes on.
"""

from pathlib import Path


class SensorError(Exception):
    """Root of all errors of this package. The message says what to do next."""


class SourceError(SensorError):
    """A file or stream as a whole cannot be used."""

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path


class SourceUnavailableError(SourceError):
    """The file is missing, is a folder, or may not be read."""


class UnknownFormatError(SourceError):
    """No source knows the content of the file."""


class UnknownSourceError(SourceError):
    """The source asked for is not in `sensor.sources.SOURCES`."""


class TraceError(SensorError):
    """A line does not follow the trace notation (docs/reference/trace.md). Lines and columns count from 1."""

    def __init__(self, line: int, column: int, message: str) -> None:
        super().__init__(f"line {line}, column {column}: {message}")
        self.line = line
        self.column = column


class UnreadableJsonError(SensorError):
    """The text is no JSON that can be kept. The message is the reason on one line, without the text itself."""


class Undecodable(SensorError):
    """A message as a whole is not of the protocol it claims. The message is the reason on one line."""


class SpoolUnusable(SensorError):
    """The file in which spans are kept cannot be read or written."""


class ProbesUnusable(SensorError):
    """The kernel, its headers, BCC or the rights that the probes need are missing. The message says which and what to do."""


class UnknownTarget(SensorError):
    """What is to be observed is not there, or is more than may be named."""


class RecordInvalid(SensorError):
    """Bytes that should be a record of a probe are none."""
