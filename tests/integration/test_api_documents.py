"""openapi.json and asyncapi.json: valid to public validators, and true: what the server answers and
sends on every route is what they say. The page that shows them reads them in one piece."""

import json
import os
import pathlib
import re
import subprocess
import unittest

from harness.case import ServerCase
from harness.http_api import mint
from harness.streams import builtin_chat

CHECKER = pathlib.Path(__file__).with_name("api_documents.mjs")


class ApiDocuments(ServerCase):
    config = builtin_chat(token_delay_ms=0)

    def test_they_are_valid_and_true(self):
        done = subprocess.run(
            ["node", CHECKER, f"http://127.0.0.1:{self.server.port}", mint(self.server, "reader")],
            capture_output=True, text=True, timeout=120, env=os.environ)
        self.assertEqual(done.returncode, 0, done.stderr)
        checked = json.loads(done.stdout)
        self.assertGreaterEqual(checked["answers"], 15)
        self.assertGreaterEqual(checked["channels"], 7)

    def test_every_route_and_endpoint_is_in_them(self):
        openapi = json.loads(self.server.get("/openapi.json")[2])
        for path in openapi["paths"]:
            for method in openapi["paths"][path]:
                self.assertNotEqual(openapi["paths"][path][method]["summary"], "", path)
        named = set(re.findall(r"\{(\w+)\}", " ".join(openapi["paths"])))
        self.assertEqual(named, {"session"})
        asyncapi = json.loads(self.server.get("/asyncapi.json")[2])
        routes = self.server.command("check", "-c", str(self.server.config_path)).stdout
        configured = re.findall(r'\[\[route\]\]\s+path = "(/[^"]+)"', routes)
        self.assertGreaterEqual(len(configured), 5)
        self.assertEqual(sorted(c["address"] for c in asyncapi["channels"].values()), sorted(configured))

    def test_the_page_that_shows_them_has_a_strict_policy(self):
        status, headers, body = self.server.get("/api/docs")
        self.assertEqual(status, 200)
        self.assertNotIn("unsafe", headers["Content-Security-Policy"])
        self.assertNotIn(b"<script>", body)
        self.assertNotIn(b"https://", body)
        for name in re.findall(rb'(?:src|href)="(/[^"]+)"', body):
            self.assertEqual(self.server.get(name.decode())[0], 200, name)


if __name__ == "__main__":
    unittest.main()
