"""An installation stands by itself: binary, plugins, pages and configuration under one prefix, none of
which points back at the build tree."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from harness import server as harness


class Installation(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.prefix = pathlib.Path(tempfile.mkdtemp(prefix="chartroom-install-"))
        cls.addClassCleanup(shutil.rmtree, cls.prefix)
        subprocess.run([os.environ["CMAKE"], "--install", os.environ["CHARTROOM_BUILD"],
                        "--prefix", cls.prefix], check=True, stdout=subprocess.DEVNULL)
        cls.binary = cls.prefix / "bin/chartroom"
        built, harness.BINARY = harness.BINARY, str(cls.binary)
        cls.addClassCleanup(setattr, harness, "BINARY", built)

    def test_everything_is_where_the_binary_looks(self):
        for path in ("bin/chartroom", "lib/chartroom/plugins/echo.so", "lib/chartroom/plugins/chat.so",
                     "lib/chartroom/plugins/typing.so", "share/chartroom/pages/chat/index.html",
                     "share/chartroom/pages/client/index.js", "share/chartroom/sdk/js/package.json",
                     "etc/chartroom/chartroom.toml", "share/doc/chartroom/examples/nginx.conf"):
            self.assertTrue((self.prefix / path).is_file(), path)

    def test_its_configuration_is_found_without_being_named(self):
        with tempfile.TemporaryDirectory() as elsewhere:
            done = subprocess.run([self.binary, "check"], cwd=elsewhere, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(str(self.prefix / "lib/chartroom/plugins"), done.stdout)
        self.assertIn(str(self.prefix / "share/chartroom/pages"), done.stdout)

    def test_it_serves_pages_and_answers(self):
        server = harness.Server()
        self.addCleanup(server.close)
        server.start()
        status, _, body = server.get("/")
        self.assertEqual(status, 200)
        self.assertIn(b"<html", body)
        done = server.command("bench", "--url", server.url("/v1/session"), "--connections", "2",
                              "--messages", "20", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        maps = pathlib.Path(f"/proc/{server.process.pid}/maps").read_text()
        self.assertNotIn(os.environ["CHARTROOM_BUILD"], maps)
        self.assertEqual(server.terminate(), 0)


if __name__ == "__main__":
    unittest.main()
