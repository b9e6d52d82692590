"""A wire to the server that can be cut: before a commit reaches it, or before its answer comes back."""

import contextlib
import select
import socket
import threading
import time
from urllib.parse import urlsplit, urlunsplit

BEFORE, AFTER = "before the commit", "after the commit"


class Proxy:
    """Listens on a free port of this machine and passes everything on to `dsn`, until it is told to cut."""

    def __init__(self, dsn: str) -> None:
        parts = urlsplit(dsn)
        self._target = (parts.hostname or "127.0.0.1", parts.port or 5432)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._cut = ""
        self.cuts = 0
        port = self._listening.getsockname()[1]
        user = f"{parts.username}@" if parts.username else ""
        self.dsn = urlunsplit(parts._replace(netloc=f"{user}127.0.0.1:{port}"))
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self, when: str) -> None:
        """Cut the next connection that commits."""
        self._cut = when

    def close(self) -> None:
        """Take no more connections."""
        self._listening.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _address = self._listening.accept()
                threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client, socket.create_connection(self._target) as server:
            while True:
                ready, _w, _x = select.select([client, server], [], [])
                for one in ready:
                    data = one.recv(1 << 16)
                    if not data or (one is client and self._end(data, client, server)):
                        return
                    (server if one is client else client).sendall(data)

    def _end(self, data: bytes, client: socket.socket, server: socket.socket) -> bool:
        if not self._cut or b"COMMIT\x00" not in data:
            return False
        when, self._cut = self._cut, ""
        self.cuts += 1
        if when == AFTER:
            server.sendall(data)
            _one_way(client, server)
        return True


def _one_way(client: socket.socket, server: socket.socket) -> None:
    """For a moment pass on what the client says, and keep back what the server says."""
    until = time.monotonic() + 0.4
    while time.monotonic() < until:
        if select.select([client], [], [], 0.05)[0]:
            server.sendall(client.recv(1 << 16))
