"""An HTTP proxy between a client and a server that does to chosen requests what networks and servers do on bad days."""

import http.client
import socket
import struct
import threading
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import urlsplit

# What can be done to a request. `at` is a number of bytes of the body, or a number of seconds, or a status.
FAULTS = {
    "none": "nothing, so that the next fault meets the request after this one",
    "delay": "the answer comes `at` seconds late",
    "reset request": "the connection is reset when `at` bytes of the request's body have come; nothing is forwarded",
    "reset answer": "the connection is reset after `at` bytes of the answer's body",
    "truncate": "the connection is closed in good order after `at` bytes of the answer's body",
    "flip request": "a bit is flipped in byte `at` of the request's body, which is forwarded",
    "flip answer": "a bit is flipped in byte `at` of the answer's body",
    "drop": "the request is forwarded, its answer thrown away, the connection closed",
    "status": "the answer is an error of S3 with status `at`; nothing is forwarded",
    "silence": "no answer ever comes; nothing is forwarded",
    "drip": "the answer's body comes byte by byte, `at` seconds apart",
}
CODES = {403: "AccessDenied", 500: "InternalError", 502: "BadGateway", 503: "SlowDown", 504: "GatewayTimeout"}


@dataclass(frozen=True)
class Fault:
    """Done to the next request whose method is one of ``methods`` (all of them, if empty)."""

    kind: str
    at: float = 0
    methods: tuple[str, ...] = ()


@dataclass
class Chaos:
    """The switches, and what came: ``faults`` are used up in order, each by the first request that it fits."""

    url: str
    faults: deque = field(default_factory=deque)
    requests: list = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def set(self, *faults):
        with self.lock:
            assert all(fault.kind in FAULTS for fault in faults)
            self.faults = deque(faults)
            self.requests.clear()

    def meet(self, method, path):
        """The fault for a request that has just come, if there is one."""
        with self.lock:
            self.requests.append(f"{method} {path}")
            if self.faults and (not self.faults[0].methods or method in self.faults[0].methods):
                return self.faults.popleft()
            return None


@contextmanager
def chaos(url):
    """A proxy in front of ``url``."""
    target = urlsplit(url)

    class Handler(_Handler):
        upstream = (target.hostname, target.port)

    server = _Server(("127.0.0.1", 0), Handler)
    server.chaos = Chaos(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server.chaos
    server.chaos.ended.set()
    server.shutdown()
    server.server_close()
    thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, request, client_address):
        """A client that went away is what this is for."""


class _Gone(Exception):
    """The connection is to be closed."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    upstream: ClassVar[tuple]
    disable_nagle_algorithm = True
    wbufsize = -1

    def _serve(self):
        fault = self.server.chaos.meet(self.command, self.path) or Fault("none")
        try:
            body = self._body(fault)
            self._before(fault)
            status, headers, answer = self._forward(body)
            if fault.kind == "drop":
                raise _Gone
            self._after(fault, status, headers, answer)
        except (_Gone, OSError, http.client.HTTPException):
            self.close_connection = True

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _serve  # noqa: N815 - names of the library

    def handle_expect_100(self):
        super().handle_expect_100()
        self.wfile.flush()
        return True

    def log_message(self, *_):
        """Nobody reads it."""

    def _body(self, fault):
        length = int(self.headers.get("Content-Length") or 0)
        if fault.kind == "reset request":
            self.rfile.read(min(length, int(fault.at)))
            self._reset()
        body = bytearray(self.rfile.read(length))
        if fault.kind == "flip request":
            _flip(body, fault.at)
        return bytes(body)

    def _before(self, fault):
        if fault.kind == "delay":
            time.sleep(fault.at)
        if fault.kind == "silence":
            self.server.chaos.ended.wait(30)
            raise _Gone
        if fault.kind == "status":
            code = CODES.get(int(fault.at), "Error")
            text = (
                b"" if self.command == "HEAD" else b"<Error><Code>%s</Code><Message>m</Message></Error>" % code.encode()
            )
            self._answer(int(fault.at), [("Content-Type", "application/xml")], len(text))
            self.wfile.write(text)
            self.wfile.flush()
            raise _Gone

    def _forward(self, body):
        connection = http.client.HTTPConnection(*self.upstream, timeout=30)
        try:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():  # signed: as they came, also the name of the host
                if name.lower() not in {"expect", "connection"}:
                    connection.putheader(name, value)
            connection.endheaders(body or None)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def _after(self, fault, status, headers, answer):
        # The answer to a HEAD has a length and no body.
        length = next((value for name, value in headers if name.lower() == "content-length"), len(answer))
        self._answer(status, headers, length)
        data = bytearray(answer)
        if fault.kind == "flip answer":
            _flip(data, fault.at)
        if fault.kind in {"truncate", "reset answer"}:
            self.wfile.write(data[: int(fault.at)])
            self.wfile.flush()
            if fault.kind == "reset answer":
                self._reset()
            raise _Gone
        if fault.kind == "drip":
            for byte in data:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(fault.at)
        else:
            self.wfile.write(data)
        self.wfile.flush()

    def _answer(self, status, headers, length):
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in {"connection", "transfer-encoding", "content-length"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def _reset(self):
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        raise _Gone


def _flip(data, at):
    if data:
        data[min(int(at), len(data) - 1)] ^= 0x10
