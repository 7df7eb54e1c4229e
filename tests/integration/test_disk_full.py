"""A log on a disk that fills up: messages are refused as `unavailable`, nothing that was accepted is
lost, and the server recovers by itself once there is space again.

The disk is a tmpfs of a few megabytes, which only root may mount; others skip this."""

import asyncio
import os
import pathlib
import subprocess
import tempfile
import unittest

from harness.case import ServerCase
from harness.native import Native
from harness.server import Server

DISK_BYTES = 6 * 1024 * 1024
PAYLOAD = "x" * 8_000


@unittest.skipUnless(os.geteuid() == 0, "mounting a small disk needs root")
class DiskFull(ServerCase):
    @classmethod
    def setUpClass(cls):
        cls.disk = pathlib.Path(tempfile.mkdtemp(prefix="chartroom-disk-"))
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", cls.disk],
                                 capture_output=True, text=True)
        if mounted.returncode != 0:
            os.rmdir(cls.disk)
            raise unittest.SkipTest(f"no small disk here: {mounted.stderr.strip()}")
        cls.addClassCleanup(os.rmdir, cls.disk)
        cls.addClassCleanup(subprocess.run, ["umount", "-l", cls.disk], check=True)
        cls.filler = cls.disk / "filler"
        cls.filler.write_bytes(b"\0" * (3 * 1024 * 1024))
        cls.server = Server({"log": {"path": str(cls.disk / "chartroom.db")}})
        cls.addClassCleanup(cls.server.close)
        cls.server.start()

    async def test_nothing_accepted_is_lost_and_it_recovers(self):
        client = await Native.open(self.server)
        accepted, waiting = await self._fill(client)
        self.assertGreater(len(accepted), 10)
        self.assertEqual(self.server.get("/healthz")[0], 200)
        await client.post("echo", {"content": "refused for now"}, "later", since=0)
        self.assertEqual((await client.expect("error", id="later"))["code"], "unavailable")

        self.filler.unlink()
        await self.eventually(lambda: self.server.get("/readyz")[0] == 200, "ready again")
        accepted[waiting] = (await client.expect("accepted", id=waiting))["offset"]
        await client.post("echo", {"content": "refused for now"}, "later", since=0)
        accepted["later"] = (await client.expect("accepted", id="later"))["offset"]

        again = await client.again(self.server, after=0)
        self.assertTrue(again.opened["resumed"])
        await again.expect("session.live")
        self.assertEqual([event["cause"] for event in again.events()], sorted(accepted.values()))

    async def _fill(self, client):
        """Sends until the log takes no more; returns ({id: offset} of what it took, the id that it
        has taken in hand but could not write)."""
        accepted = {}
        for number in range(2_000):
            id = f"e-{number}"
            await client.post("echo", {"content": f"{number:<12}{PAYLOAD}"}, id, since=0)
            answer = asyncio.create_task(client.expect("accepted", id=id))
            await self.eventually(lambda: answer.done() or self.server.get("/readyz")[0] == 503, id)
            if not answer.done():
                answer.cancel()
                await asyncio.wait([answer])
                return accepted, id
            accepted[id] = answer.result()["offset"]
        self.fail("the disk never filled up")


if __name__ == "__main__":
    unittest.main()
