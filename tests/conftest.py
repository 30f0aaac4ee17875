"""What all tests share: where the recorded data lies, and what was skipped."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from examples.fleet import brokers, neo4j
from examples.live import postgres
from sensor.identity import digest

ROOT = Path(__file__).resolve().parent.parent
# A machine that is busy is no fault of the code.
hypothesis.settings.register_profile("clew", deadline=None)
hypothesis.settings.load_profile("clew")
GROUPS = ("data", "kernel", "model", "neo4j", "rabbitmq", "redis", "postgres")
"""Markers that say what a test needs; pyproject.toml describes them."""
NEEDS = {
    "shared_data": "data", "postgres_address": "postgres", "neo4j_server": "neo4j", "redis_address": "redis",
    "rabbitmq_address": "rabbitmq",
}  # fmt: skip
"""Fixture → marker."""


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of recorded data; `CLEW_SHARED` names its parent where it is not beside the checkout."""
    shared = Path(os.environ.get("CLEW_SHARED", ROOT.parent / "shared"))
    data = shared / "data"
    if not data.is_dir():
        pytest.skip(f"no recorded data at {data}; set CLEW_SHARED to the folder that holds data/")
    return data


@pytest.fixture(scope="session")
def postgres_address() -> Iterator[str]:
    """Serve a PostgreSQL of the tests' own and give its address."""
    if postgres.programs() is None:
        pytest.skip("PostgreSQL is not installed; make system")
    with postgres.serving("") as found:
        yield postgres.address(found)


@pytest.fixture
def postgres_database(postgres_address: str, tmp_path: Path) -> str:
    """Return the address of a database of the test's own, which is empty: a schema of that server."""
    return postgres.schema(postgres_address, f"test_{digest(str(tmp_path))}")


@pytest.fixture(scope="session")
def redis_address() -> Iterator[str]:
    """Serve a Redis of the tests' own and give its address."""
    if not brokers.has_redis():
        pytest.skip("Redis is not installed; make system")
    with brokers.redis() as address:
        yield address


@pytest.fixture(scope="session")
def rabbitmq_address() -> Iterator[str]:
    """Serve a RabbitMQ of the tests' own and give its address."""
    if not brokers.has_rabbitmq():
        pytest.skip("RabbitMQ is not installed; make system")
    with brokers.rabbitmq() as address:
        yield address


@pytest.fixture(scope="session")
def neo4j_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[neo4j.Neo4j]:
    """Serve a Neo4j of the tests' own."""
    if neo4j.jars() is None:
        pytest.skip("Neo4j's jars or Java are missing; make system")
    with neo4j.serving(tmp_path_factory.mktemp("neo4j") / "graph") as server:
        yield server


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses recorded data or a server, so that nobody has to say it twice."""
    for item in items:
        names = getattr(item, "fixturenames", ())
        for fixture, group in NEEDS.items():
            if fixture in names:
                item.add_marker(group)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Name each skipped group in the very last lines, so that nobody takes a skipped test for a passed one."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(config, "workerinput"):
        return
    skipped: Counter[tuple[str, str]] = Counter()
    for report in reporter.stats.get("skipped", ()):
        group = next((name for name in GROUPS if name in report.keywords), "other")
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        skipped[group, reason.removeprefix("Skipped: ")] += 1
    for (group, reason), count in sorted(skipped.items()):
        reporter.write_line(f"skipped {group} ({count}): {reason}")
    if not skipped:
        reporter.write_line("skipped: nothing")
