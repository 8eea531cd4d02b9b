"""The HTTP server of the figures: GET /metrics and nothing else, few connections at a time, each for a short while.

What is asked over and over is rendered once a state: a flood of requests costs little, and a newer connection ends the
oldest when there are too many.
"""

import socket
import threading
from collections.abc import Callable, Iterable
from io import StringIO
from socketserver import TCPServer, ThreadingMixIn
from typing import Any, Final, TextIO
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer
from wsgiref.types import StartResponse, WSGIEnvironment

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from otha.interface.metrics.figures import Figures

PATH: Final = "/metrics"
_CONNECTIONS_MAX: Final = 8
_FORMS_MAX: Final = 4
_PATIENCE_S: Final = 5.0
_PLAIN: Final = [("Content-Type", "text/plain; charset=utf-8")]


class _Handler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """What strangers ask is not worth a line each."""

    def get_stderr(self) -> TextIO:
        """Nor is what can't be made of it; it is the supervisor's own standard error."""
        return StringIO()


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, host: str, port: int, patience_s: float) -> None:
        self._patience_s = patience_s
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        """As HTTPServer's, which asks the name service who this address is, and may wait for it."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()

    def process_request(self, request: Any, client_address: Any) -> None:
        request.settimeout(self._patience_s)
        with self._lock:
            self._open.append(request)
            oldest = self._open.pop(0) if len(self._open) > _CONNECTIONS_MAX else None
        if oldest is not None:
            _hang_up(oldest)
        super().process_request(request, client_address)

    def close_request(self, request: Any) -> None:
        with self._lock:
            if request in self._open:
                self._open.remove(request)
        super().close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up or says nonsense is no trouble of ours."""


def _hang_up(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it has hung up itself


class MetricsServer:
    """Serves while its context lasts. Raises OSError when the address can't be had. A client that says or takes
    nothing for `patience_s` is hung up on."""

    def __init__(self, host: str, port: int, figures: Figures, *, patience_s: float = _PATIENCE_S) -> None:
        self._figures = figures
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(figures)
        self._lock = threading.Lock()
        self._rendered: dict[str, tuple[tuple[int, int, int], bytes]] = {}
        self.scrapes = 0
        self._server = _Server(host, port, patience_s)
        self._server.set_app(self._app)
        where = f"[{host}]" if ":" in host else host
        self.url = f"http://{where}:{self._server.server_port}{PATH}"
        self._thread = threading.Thread(target=self._server.serve_forever, name="otha-http", daemon=True)

    def __enter__(self) -> "MetricsServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _app(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            start("405 Method Not Allowed", [*_PLAIN, ("Allow", "GET, HEAD")])
            return [b"GET or HEAD\n"]
        if environ["PATH_INFO"] != PATH:
            start("404 Not Found", [*_PLAIN])  # a copy: the server adds to it
            return [f"the figures are at {PATH}\n".encode()]
        encoder, content_type = choose_encoder(environ.get("HTTP_ACCEPT", ""))
        body = self._body(encoder, content_type)
        start("200 OK", [("Content-Type", content_type), ("Content-Length", str(len(body)))])
        return [body] if environ["REQUEST_METHOD"] == "GET" else []

    def _body(self, encoder: Callable[[Any], bytes], content_type: str) -> bytes:
        with self._lock:
            self.scrapes += 1
            state = self._figures.state()
            if len(self._rendered) > _FORMS_MAX:  # a client may ask for versions without end
                self._rendered.clear()
            if content_type not in self._rendered or self._rendered[content_type][0] != state:
                self._rendered[content_type] = state, encoder(self._registry)
            return self._rendered[content_type][1]
