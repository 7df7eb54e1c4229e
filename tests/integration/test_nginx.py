"""The nginx site that ships, with another address and certificate, in front of a real server."""

import asyncio
import json
import pathlib
import ssl
import subprocess
import unittest
import urllib.error
import urllib.request

import websockets

from harness.case import ServerCase
from harness.server import PATIENCE_SECONDS, free_port

SITE = pathlib.Path(__file__).resolve().parents[2] / "config/nginx.conf"
NAME = "chat.example.org"


class Nginx(ServerCase):
    config = {"server": {"server_names": [NAME], "trusted_proxies": ["127.0.0.1"]}}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = cls.server.folder
        cls.port, cls.plain_port = free_port(), free_port()
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
             "-days", "2", "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}",
             "-keyout", folder / "key.pem", "-out", folder / "chain.pem"], check=True, capture_output=True)
        site = SITE.read_text()
        for theirs, ours in (
                ("server 127.0.0.1:8000;", f"server 127.0.0.1:{cls.server.port};"),
                ("listen 443 ssl;", f"listen 127.0.0.1:{cls.port} ssl;"),
                ("listen 80;", f"listen 127.0.0.1:{cls.plain_port};"),
                ("/etc/ssl/chartroom/fullchain.pem", f"{folder}/chain.pem"),
                ("/etc/ssl/chartroom/key.pem", f"{folder}/key.pem"),
                ("/var/log/nginx/chartroom.log", f"{folder}/access.log")):
            assert site.count(theirs) == 1, theirs
            site = site.replace(theirs, ours)
        (folder / "site.conf").write_text(site)
        temporary = "\n".join(f"{kind}_temp_path {folder}/nginx-{kind};"
                              for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (folder / "nginx.conf").write_text(
            f"daemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/nginx.log;\nworker_processes 1;\n"
            f"events {{}}\nhttp {{\n{temporary}\ninclude {folder}/site.conf;\n}}\n")
        cls.nginx = subprocess.Popen(["/usr/sbin/nginx", "-p", folder, "-e", folder / "nginx.log",
                                      "-c", folder / "nginx.conf"])
        cls.addClassCleanup(cls.end_nginx)
        cls.trust = ssl.create_default_context(cafile=folder / "chain.pem")

    @classmethod
    def end_nginx(cls):
        cls.nginx.terminate()
        cls.nginx.wait()

    async def asyncSetUp(self):
        await super().asyncSetUp()
        await self.eventually(lambda: (self.server.folder / "nginx.pid").exists(), "nginx runs")

    async def connect(self, path):
        return await websockets.connect(f"wss://{NAME}:{self.port}{path}", ssl=self.trust,
                                        host="127.0.0.1", server_hostname=NAME)

    def status_of(self, path):
        request = urllib.request.Request(f"https://127.0.0.1:{self.port}{path}", headers={"Host": NAME})
        context = ssl.create_default_context(cafile=self.server.folder / "chain.pem")
        context.check_hostname = False
        try:
            with urllib.request.urlopen(request, context=context) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    async def test_a_conversation_goes_through_and_the_query_is_not_logged(self):
        socket = await self.connect("/v1/session?after=0&hint=s3cret")
        self.addAsyncCleanup(socket.close)
        await socket.send('{"type":"session.open"}')
        self.assertEqual(json.loads(await socket.recv())["type"], "session.opened")
        await socket.send('{"type":"echo","id":"e-1","since":0,"data":{"content":"hi"}}')
        while json.loads(await asyncio.wait_for(socket.recv(), PATIENCE_SECONDS))["type"] != "echo":
            pass
        await socket.close()
        log = self.server.folder / "access.log"
        await self.eventually(lambda: "/v1/session" in log.read_text(), "the access is logged")
        self.assertNotIn("s3cret", log.read_text())

    def test_the_page_is_there_and_metrics_are_not(self):
        self.assertEqual(self.status_of("/"), 200)
        self.assertEqual(self.status_of("/metrics"), 403)


if __name__ == "__main__":
    unittest.main()
