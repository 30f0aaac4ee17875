"""A TLS server on loopback that answers every request alike; it prints its port. Scripted: no model is behind it.

python benchmarks/speed/sensor_server.py FOLDER
"""

import http.server
import sys
from pathlib import Path
from typing import Any

from examples.live.model import serve


class Answer(http.server.BaseHTTPRequestHandler):
    """Reads the request and sends 1.5 kB."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Answer."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "1500")
        self.end_headers()
        self.wfile.write(b"y" * 1_500)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


if __name__ == "__main__":
    serve(Path(sys.argv[1]), Answer)
