"""A page that frames the app as the Hub frames a Space, with the app behind a reverse proxy.

One port serves both: as 127.0.0.1 the page, as looks.localhost the app. To browsers these are two
sites, as huggingface.co and hf.space are, and both are trusted enough for a camera.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator

HOST = "looks.localhost"
_PAGE = """<!doctype html><title>A Space</title>
<style>body {{ margin: 0 }} iframe {{ border: 0; width: 100vw; height: 100vh }}</style>
<iframe src="http://{host}:{port}/" allow="camera; clipboard-read; clipboard-write; fullscreen"
  sandbox="allow-downloads allow-forms allow-modals allow-popups allow-popups-to-escape-sandbox
  allow-same-origin allow-scripts allow-storage-access-by-user-activation"></iframe>"""


@contextlib.contextmanager
def framed(app_port: int) -> Iterator[str]:
    """The address of the page, while the app listens on a port of 127.0.0.1."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    proxy = _Proxy(app_port)
    starting = asyncio.start_server(proxy.handle, "127.0.0.1", 0)
    server = asyncio.run_coroutine_threadsafe(starting, loop).result()
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{proxy.port}/"
    finally:
        asyncio.run_coroutine_threadsafe(_stop(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _stop(server: asyncio.Server) -> None:
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


class _Proxy:
    """Every request has a connection of its own, and its path unchanged."""

    def __init__(self, app_port: int) -> None:
        self.app_port = app_port
        self.port = 0

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request, or pass it on."""
        ended = (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError)
        with contextlib.suppress(*ended):
            head = await reader.readuntil(b"\r\n\r\n")
            if f"\r\nHost: {HOST}".encode() in head:
                await self._forward(head, reader, writer)
            else:
                page = _PAGE.format(host=HOST, port=self.port).encode()
                fields = f"Content-Type: text/html\r\nContent-Length: {len(page)}"
                writer.write(f"HTTP/1.1 200 OK\r\n{fields}\r\n\r\n".encode() + page)
        writer.close()

    async def _forward(
        self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Add what a reverse proxy adds to the head, then pass on bytes both ways until the end."""
        app_reader, app_writer = await asyncio.open_connection("127.0.0.1", self.app_port)
        request, *fields = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
        if b"\r\nupgrade: websocket" not in head.lower():
            fields = [field for field in fields if not field.lower().startswith(b"connection:")]
            fields.append(b"Connection: close")
        fields.append(b"X-Forwarded-For: 203.0.113.7")
        fields.append(b"X-Forwarded-Proto: http")
        fields.append(f"X-Forwarded-Host: {HOST}:{self.port}".encode())
        app_writer.write(b"\r\n".join([request, *fields, b"", b""]))
        try:
            await asyncio.gather(_pipe(reader, app_writer), _pipe(app_reader, writer))
        finally:
            app_writer.close()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
