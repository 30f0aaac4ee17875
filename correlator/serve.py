"""Both transports in one event loop: uvicorn serves HTTP, gRPC runs beside it. They begin and end together."""

import asyncio
from collections.abc import Callable
from socket import socket

import uvicorn

from correlator.errors import PortTaken
from sensor.receive.grpc import server
from sensor.receive.receiver import Receiver

GRACE_S = 5
"""Seconds in which requests under way are answered when it ends."""


class Server(uvicorn.Server):
    """uvicorn with OTLP over gRPC beside it."""

    def __init__(
        self, config: uvicorn.Config, receiver: Receiver, address: str, port: int, listening: Callable[[int], None]
    ) -> None:
        """`address` and `port`: where gRPC listens, port 0 for a free one; `listening` is told the port when both do."""
        super().__init__(config)
        self._receiver = receiver
        self._address = f"[{address}]" if ":" in address else address
        self._port = port
        self._listening = listening

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Begin. Raises `PortTaken`."""
        self._beside = server(self._receiver)
        try:
            port = self._beside.add_insecure_port(f"{self._address}:{self._port}")
        except RuntimeError:
            raise PortTaken(f"{self._address}:{self._port}", "--grpc-port") from None
        await super().startup(sockets)
        await self._beside.start()
        self._listening(port)

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Take nothing new, and end when what is under way was answered."""
        await asyncio.gather(super().shutdown(sockets), self._beside.stop(GRACE_S))
        # Calls that were cut off wind up in the loop's next turns; gRPC prints a traceback where the loop ends before.
        await asyncio.sleep(0.1)
