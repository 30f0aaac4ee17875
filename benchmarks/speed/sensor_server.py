"""A TLS server on loopback that answers every request alike; it prints its port. Scripted: no model is behind it.

python benchmarks/speed/sensor_server.py FOLDER
"""

import http.server
import ssl
import sys
from pathlib import Path
from typing import Any


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


def main(folder: Path) -> None:
    """Serve until killed."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
