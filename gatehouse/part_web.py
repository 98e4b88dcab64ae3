"""The web server as a part of Gatehouse."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from api.services import Services
from core.hosts import from_here, in_url
from core.settings import Settings
from gatehouse.parts import Base
from web.app import create_web

# Open event streams are cut after this long when the server stops.
_GRACE_SECONDS = 2


def listen_http(settings: Settings) -> socket.socket:
    """The web server's socket, taken early so that a port in use is told before anything is started."""
    sock = socket.socket(socket.AF_INET6 if ":" in settings.http_host else socket.AF_INET)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((settings.http_host, settings.http_port))
    except OSError as error:
        sock.close()
        raise SystemExit(
            f"GATEHOUSE_HTTP_PORT: {settings.http_host}:{settings.http_port} cannot be used ({error.strerror}); set another one."
        ) from None
    return sock


def http_address(sock: socket.socket) -> str:
    """The address a browser on this machine opens."""
    host, port = sock.getsockname()[:2]
    return f"http://{in_url(from_here(host))}:{port}"


@contextmanager
def web(parts: Base, sock: socket.socket) -> Iterator[str]:
    """The web server, answering while the block runs; the address for a browser on this machine."""
    services = Services(settings=parts.settings, db=parts.db, clock=parts.clock, listener=parts.listener)
    server = uvicorn.Server(
        uvicorn.Config(
            create_web(services),
            log_config=None,
            access_log=False,
            forwarded_allow_ips=[str(proxy) for proxy in parts.settings.http_proxies],
            timeout_graceful_shutdown=_GRACE_SECONDS,
            server_header=False,
        )
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, name="web", daemon=True)
    thread.start()
    while thread.is_alive() and not server.started:
        thread.join(0.01)
    try:
        yield http_address(sock)
    finally:
        server.should_exit = True
        thread.join()
