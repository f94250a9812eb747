"""A page that frames the app as the Hub frames a Space, with the app behind a reverse proxy.

One port serves both: as 127.0.0.1 the page, as looks.localhost the app. To browsers these are two
sites, as huggingface.co and hf.space are, and both are trusted enough for a camera.
"""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from typing import cast

HOST = "looks.localhost"
_PAGE = """<!doctype html><title>A Space</title>
<style>body {{ margin: 0 }} iframe {{ border: 0; width: 100vw; height: 100vh }}</style>
<iframe src="http://{host}:{port}/" allow="camera; clipboard-read; clipboard-write; fullscreen"
  sandbox="allow-downloads allow-forms allow-modals allow-popups allow-popups-to-escape-sandbox
  allow-same-origin allow-scripts allow-storage-access-by-user-activation"></iframe>"""


@contextlib.contextmanager
def framed(app_port: int) -> Iterator[str]:
    """The address of the page, while the app listens on a port of 127.0.0.1."""
    with _Proxy(app_port) as proxy:
        threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.05}).start()
        try:
            yield f"http://127.0.0.1:{proxy.port}/"
        finally:
            proxy.shutdown()


class _Proxy(socketserver.ThreadingTCPServer):
    """A thread for each connection; none is waited for at the end."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 50

    def __init__(self, app_port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.app_port = app_port
        self.port = int(self.socket.getsockname()[1])


class _Connection(socketserver.StreamRequestHandler):
    """One request: answered with the page, or passed on with its path unchanged."""

    def handle(self) -> None:
        proxy = cast(_Proxy, self.server)
        request, *fields = [line.rstrip(b"\r\n") for line in iter(self.rfile.readline, b"\r\n")]
        if f"Host: {HOST}:{proxy.port}".encode() not in fields:
            page = _PAGE.format(host=HOST, port=proxy.port).encode()
            head = f"Content-Type: text/html\r\nContent-Length: {len(page)}\r\nConnection: close"
            self.wfile.write(f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode() + page)
            return
        if b"upgrade: websocket" not in [field.lower() for field in fields]:
            fields = [field for field in fields if not field.lower().startswith(b"connection:")]
            fields.append(b"Connection: close")
        fields.append(b"X-Forwarded-For: 203.0.113.7")
        fields.append(b"X-Forwarded-Proto: http")
        fields.append(f"X-Forwarded-Host: {HOST}:{proxy.port}".encode())
        with socket.create_connection(("127.0.0.1", proxy.app_port)) as app:
            app.sendall(b"\r\n".join([request, *fields, b"", b""]))
            answers = threading.Thread(target=_pass_on, args=(app.recv, self.connection))
            answers.start()
            _pass_on(self.rfile.read1, app)
            answers.join()


def _pass_on(read: Callable[[int], bytes], to: socket.socket) -> None:
    """Pass on bytes as they come, until one side has no more or is gone."""
    with contextlib.suppress(OSError):
        while data := read(1 << 16):
            to.sendall(data)
        to.shutdown(socket.SHUT_WR)
