"""What the server listens on besides a plain port: TLS, whose certificate changes while clients are
connected, and a Unix socket for a proxy on the same machine."""

import asyncio
import http.client
import pathlib
import shutil
import signal
import socket
import ssl
import stat
import tempfile

import websockets

from harness.case import ServerCase
from harness.native import Native, within
from harness.tokens import make_certificate


class Listening(ServerCase):
    """Both at once: TLS is for the port, and the proxy that uses the socket speaks it itself."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="chartroom-tls-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.first = make_certificate(cls.folder, "first")
        cls.second = make_certificate(cls.folder, "second")
        cls.certificate, cls.key = cls.folder / "served.crt", cls.folder / "served.key"
        cls.serve(cls.first)
        cls.unix_path = cls.folder / "chartroom.sock"
        cls.config = {"server": {"listen": ["127.0.0.1:{port}", f"unix:{cls.unix_path}"],
                                 "tls_cert": str(cls.certificate), "tls_key": str(cls.key)}}
        super().setUpClass()

    @classmethod
    def serve(cls, pair):
        shutil.copy(pair[0], cls.certificate)
        shutil.copy(pair[1], cls.key)

    def reload(self, says):
        before = self.server.log_text().count(says)
        self.server.process.send_signal(signal.SIGHUP)
        return self.eventually(lambda: self.server.log_text().count(says) > before, f"the log says {says}")

    async def echo(self, client, id, content):
        await client.post("echo", {"content": content}, id, since=0)
        await client.until(lambda f: f["type"] == "echo" and f["data"] == {"content": content})

    async def connect_trusting(self, certificate):
        return await Native.connect(self.server, ssl=ssl.create_default_context(cafile=certificate))

    # ---- TLS

    async def test_a_session_over_tls_and_no_plain_text_on_its_port(self):
        client = await Native.open(self.server)
        await self.echo(client, "e-1", "x" * 50_000)  # more than a record
        with self.assertRaises((websockets.WebSocketException, OSError, EOFError)):
            await within(websockets.connect(f"ws://127.0.0.1:{self.server.port}/v1/session"))

    async def test_many_frames_each_way_come_whole_and_in_order(self):
        client = await Native.open(self.server)
        texts = [f"{n} " + "é" * (n * 37 % 3000) for n in range(300)]
        async def send():
            for n, text in enumerate(texts):
                await client.post("echo", {"content": text}, f"e-{n}", since=0)
        sending = asyncio.ensure_future(send())
        await client.until(lambda f: f["type"] == "echo" and f["data"]["content"] == texts[-1])
        await sending
        self.assertEqual([e["data"]["content"] for e in client.events()], texts)

    async def test_a_new_certificate_is_served_and_nobody_is_dropped(self):
        here = await Native.open(self.server)
        await self.echo(here, "e-1", "before")
        self.serve(self.second)
        await self.reload("server.reloaded what=certificate")
        await self.eventually_trusted(self.second[0])
        with self.assertRaises(ssl.SSLError):
            await self.connect_trusting(self.first[0])
        await self.echo(here, "e-2", "after")
        # One that does not fit its key, and one that is none, are said and not taken.
        shutil.copy(self.first[0], self.certificate)
        await self.reload("server.reload_refused")
        self.certificate.write_text("nothing")
        await self.reload("server.reload_refused")
        await self.connect_trusting(self.second[0])
        await self.echo(here, "e-3", "still")
        self.serve(self.first)
        await self.reload("server.reloaded what=certificate")
        await self.eventually_trusted(self.first[0])

    async def eventually_trusted(self, certificate):
        """The log says that the order was given; the loop takes it a moment later."""
        while True:
            try:
                return await self.connect_trusting(certificate)
            except ssl.SSLError:
                await asyncio.sleep(0.02)

    # ---- the Unix socket

    async def test_a_session_over_a_unix_socket_without_tls(self):
        stream = await within(websockets.unix_connect(
            str(self.unix_path), uri="ws://localhost/v1/session", subprotocols=["chartroom.v1"], close_timeout=2))
        client = Native(stream)
        await client.put(type="session.open")
        client.opened = await client.expect("session.opened")
        await self.echo(client, "e-1", "over the socket")

    async def test_http_over_a_unix_socket(self):
        connection = http.client.HTTPConnection("localhost")
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.sock.settimeout(20)
        connection.sock.connect(str(self.unix_path))
        try:
            connection.request("GET", "/healthz")
            self.assertEqual(connection.getresponse().status, 200)
        finally:
            connection.close()

    async def test_only_owner_and_group_reach_it(self):
        self.assertEqual(stat.S_IMODE(self.unix_path.stat().st_mode), 0o660)
