"""A TCP connection that can be cut, frozen and listened to: the network between a client and its server."""

import socket
import threading


class Proxy:
    """Forwards connections on `port` to `target_port`, both of 127.0.0.1, until `close`."""

    def __init__(self, target_port: int) -> None:
        self._target = target_port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._pairs: dict[socket.socket, socket.socket] = {}
        self._lock = threading.Lock()
        self._frozen = threading.Event()
        self._cut = threading.Event()
        self._closing = threading.Event()
        self.connections = 0
        self.sent = bytearray()  # what clients sent
        self.forbidden: bytes | None = None  # a client that sends this is cut off
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def cut(self) -> None:
        """End every connection and refuse new ones."""
        self._cut.set()
        self._drop()

    def freeze(self) -> None:
        """Swallow nothing, forward nothing: as if a cable were unplugged."""
        self._frozen.set()

    def restore(self) -> None:
        """Everything works again; frozen connections are gone."""
        if self._frozen.is_set():
            self._drop()
        self._cut.clear()
        self._frozen.clear()

    def close(self) -> None:
        self._closing.set()
        self._server.close()
        self._drop()
        for thread in self._threads:
            thread.join(5)

    def _drop(self) -> None:
        with self._lock:
            for sock in self._pairs:
                sock.close()
            self._pairs.clear()

    def _accept(self) -> None:
        self._server.settimeout(0.1)
        while not self._closing.is_set():
            try:
                client, _ = self._server.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            server = None if self._cut.is_set() else self._reach()
            if server is None:
                client.close()
                continue
            self.connections += 1
            with self._lock:
                self._pairs |= {client: server, server: client}
            for source, sink in ((client, server), (server, client)):
                thread = threading.Thread(target=self._forward, args=(source, sink, source is client), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _reach(self) -> socket.socket | None:
        """A connection to the server; None while it is away."""
        try:
            return socket.create_connection(("127.0.0.1", self._target))
        except OSError:
            return None

    def _forward(self, source: socket.socket, sink: socket.socket, from_client: bool) -> None:
        """One direction: who does not read must not keep the other from being heard."""
        try:
            source.settimeout(0.05)
            while source.fileno() >= 0:
                if self._frozen.is_set():
                    self._closing.wait(0.02)
                    continue
                try:
                    data = source.recv(65536)
                except TimeoutError:
                    continue
                if not data:
                    return
                if from_client and self.forbidden is not None and self.forbidden in data:
                    return
                if from_client:
                    self.sent += data
                _send_all(sink, data)
        except (OSError, ValueError):
            pass
        finally:
            self._forget(source, sink)

    def _forget(self, *sockets: socket.socket) -> None:
        with self._lock:
            for sock in sockets:
                self._pairs.pop(sock, None)
                sock.close()


def _send_all(sink: socket.socket, data: bytes) -> None:
    """However long the other side takes to read."""
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[sink.send(rest) :]
        except TimeoutError:
            continue
