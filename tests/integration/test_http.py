"""What answers over plain HTTP: the page and its policy, health, readiness, metrics."""

import json
import re
import unittest

from harness.case import ServerCase
from harness.native import Native


class Http(ServerCase):
    def test_the_page_is_served_at_both_paths_with_a_strict_policy(self):
        for path in ("/", "/chat"):
            status, headers, body = self.server.get(path)
            self.assertEqual(status, 200)
            self.assertEqual(headers["Content-Type"], "text/html; charset=utf-8")
            policy = headers["Content-Security-Policy"]
            self.assertNotIn("unsafe", policy)
            self.assertIn("frame-ancestors 'none'", policy)
            self.assertEqual(headers["Referrer-Policy"], "no-referrer")
            self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
            self.assertIn(b"<title>Chartroom</title>", body)

    def test_everything_that_the_page_names_is_there(self):
        named = re.findall(rb'(?:src|href)="(/chat/[^"]+)"', self.server.get("/")[2])
        script = self.server.get("/chat/main.mjs")[2]
        named += [b"/chat/" + name for name in re.findall(rb"from '\./([^']+)'", script)]
        self.assertGreaterEqual(len(named), 6)
        types = {"mjs": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
        for path in sorted({name.decode() for name in named}):
            with self.subTest(path=path):
                status, headers, _ = self.server.get(path)
                self.assertEqual(status, 200)
                self.assertIn(types[path.rsplit(".")[-1]], headers["Content-Type"])

    def test_no_path_leads_out_of_the_page_folder(self):
        for path in ("/chat/../README.md", "/chat/..%2fREADME.md", "/chat/%2e%2e/README.md", "/chat/"):
            with self.subTest(path=path):
                self.assertNotIn(b"# Pages", self.server.get(path)[2])

    def test_alive_and_ready(self):
        for path in ("/healthz", "/readyz"):
            status, headers, body = self.server.get(path)
            self.assertEqual(status, 200)
            self.assertIn("application/json", headers["Content-Type"])
            json.loads(body)

    def test_another_host_name_is_refused(self):
        self.assertGreaterEqual(self.server.get("/", headers={"Host": "evil.example"})[0], 400)

    async def test_metrics_count_what_happens(self):
        client = await Native.open(self.server)
        await client.post("echo", {"content": "counted"}, "e-1", since=0)
        await client.expect("echo")
        text = self.server.get("/metrics")[2].decode()
        self.assertRegex(text, r"(?m)^# TYPE chartroom_\w+ counter$")
        self.assertRegex(text, r"(?m)^chartroom_commit_seconds_bucket\{le=\"[^\"]+\"\} [1-9]")
        self.assertRegex(text, r"(?m)^chartroom_connections\S* [1-9]")


if __name__ == "__main__":
    unittest.main()
