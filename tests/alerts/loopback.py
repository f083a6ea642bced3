"""Small real servers on loopback at the ends of an alert's way: a page of metrics, a mailbox, a place for requests."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from harness.ports import free_port


class Web:
    """Serves `page` as text to every GET, and keeps the JSON of every POST by its path."""

    def __init__(self, port: int) -> None:
        self.address = f"127.0.0.1:{port}"
        self.url = f"http://{self.address}"
        self.page = ""
        self.posts: list[tuple[str, dict[str, Any]]] = []

    def to(self, path: str) -> list[dict[str, Any]]:
        """What was posted to that path."""
        return [content for where, content in self.posts if where == path]


@contextmanager
def web() -> Iterator[Web]:
    """A web server until the end of the block."""
    served = Web(free_port())

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer("text/plain; version=0.0.4", served.page)

        def do_POST(self) -> None:
            served.posts.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            # What Slack answers.
            self._answer("application/json", '{"ok": true}')

        def _answer(self, content_type: str, text: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    host, port = served.address.split(":")
    server = ThreadingHTTPServer((host, int(port)), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Mailbox:
    """Takes every mail, to whomever it is; each is its recipients and the message."""

    def __init__(self, port: int) -> None:
        self.address = f"127.0.0.1:{port}"
        self.mails: list[tuple[list[str], EmailMessage]] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.mails.append((envelope.rcpt_tos, message))
        return "250 OK"

    @property
    def recipients(self) -> set[str]:
        """Everybody who was written to."""
        return {recipient for recipients, _ in self.mails for recipient in recipients}


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """An SMTP server until the end of the block."""
    port = free_port()
    box = Mailbox(port)
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()
