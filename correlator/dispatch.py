"""Who is told that there may be work. A message is only a hint: what there is to do stands in the stores, and is looked for."""

from typing import Literal, Protocol

Task = Literal["judge"]
"""`judge`: sessions of a tenant wait."""


class Dispatcher(Protocol):
    """Passes hints on."""

    def wake(self, task: Task, tenant: str = "") -> None:
        """Say that there may be work, of a tenant if it is somebody's; never waits for it, and loses nothing by failing."""


class Nobody:
    """For one process that looks for work itself."""

    def wake(self, task: Task, tenant: str = "") -> None:
        """Do nothing."""
