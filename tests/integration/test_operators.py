"""`[metrics] listen`: metrics and health on an address of their own, and nothing else there."""

import socket
import unittest

import websockets

from harness.case import ServerCase
from harness.native import Native, within
from harness.server import Server, free_port

FOR_OPERATORS = ("/healthz", "/readyz", "/metrics")


class Operators(ServerCase):
    @classmethod
    def setUpClass(cls):
        cls.port = free_port()
        cls.server = Server({"metrics": {"listen": f"127.0.0.1:{cls.port}"}})
        cls.server.health_port = cls.port
        cls.addClassCleanup(cls.server.close)
        cls.server.start()

    def status(self, path, port=None, **headers):
        return self.server.get(path, headers, port=port)[0]

    async def test_they_stand_on_their_own_address_only(self):
        for path in FOR_OPERATORS:
            self.assertEqual(self.status(path, self.port), 200, path)
            self.assertEqual(self.status(path), 404, path)
        self.assertIn(b"chartroom_connections", self.server.get("/metrics", port=self.port)[2])

    async def test_nothing_else_stands_there(self):
        for path in ("/", "/chat", "/api/docs", "/openapi.json", "/asyncapi.json", "/api/v1/sessions",
                     "/v1/session", "/ws", "/docs/style.css"):
            self.assertEqual(self.status(path, self.port), 404, path)
        for path in ("/v1/session", "/ws"):
            with self.assertRaises(websockets.InvalidStatusCode) as refused:
                await within(websockets.connect(f"ws://127.0.0.1:{self.port}{path}"))
            self.assertEqual(refused.exception.status_code, 404)

    async def test_clients_are_served_as_ever_and_not_told_of_it(self):
        client = await Native.open(self.server)
        await client.post("echo", {"content": "hi"}, "e-1", since=0)
        await client.expect("echo")
        self.assertNotIn(b"/metrics", self.server.get("/openapi.json")[2])

    async def test_a_foreign_host_name_is_refused_there_too(self):
        self.assertEqual(self.status("/metrics", self.port, Host="evil.example"), 421)


class Refused(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.close)

    def test_a_taken_port_is_said_with_its_address(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            self.server.configure({"metrics": {"listen": address}})
            done = self.server.command("serve", "-c", str(self.server.config_path))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(f"cannot listen on {address}", done.stderr)
        self.assertIn("another server has it", done.stderr)

    def test_check_names_what_is_wrong(self):
        for listen, says in (("9100", "is neither ADDRESS:PORT nor unix:PATH"),
                             (f"127.0.0.1:{self.server.port}", "stands in `server.listen` too")):
            self.server.configure({"metrics": {"listen": listen}})
            done = self.server.command("check", "-c", str(self.server.config_path))
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"`metrics.listen`: `{listen}` {says}", done.stdout + done.stderr)

    def test_check_prints_it(self):
        self.server.configure({"metrics": {"listen": "127.0.0.1:9100"}})
        done = self.server.command("check", "-c", str(self.server.config_path))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r'\[metrics\]\s+listen = "127.0.0.1:9100"')


if __name__ == "__main__":
    unittest.main()
