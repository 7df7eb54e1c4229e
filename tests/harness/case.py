"""What the integration tests share: a server a class, its log shown when a test fails, and at the
end an audit: the log verifies, and every session that the tests made replays without a difference."""

import asyncio
import unittest

from harness.native import Native
from harness.server import PATIENCE_SECONDS, Server, report


class ServerCase(unittest.IsolatedAsyncioTestCase):
    config = {}
    environment = {}
    audited = True  # False where a class breaks its server for good

    @classmethod
    def setUpClass(cls):
        cls.server = Server(cls.config, cls.environment)
        cls.addClassCleanup(cls.server.close)
        try:
            cls.server.start()
        except AssertionError:
            report(cls.server)
            raise

    @classmethod
    def tearDownClass(cls):
        server = cls.server
        if server.process.poll() is None and server.terminate() != 0:
            report(server)
            raise AssertionError(f"the server ended with {server.process.returncode}")
        if cls.audited:
            server.audit()

    async def asyncSetUp(self):
        asyncio.get_running_loop().set_debug(False)  # unittest's default, several times slower

    async def asyncTearDown(self):
        await Native.abandon_all()

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            report(self.server)
        return result

    async def eventually(self, condition, what):
        """Waits until `condition()` is true; it is asked again and again up to the deadline."""
        deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while not condition():
            if asyncio.get_running_loop().time() > deadline:
                self.fail(f"{what}: not within {PATIENCE_SECONDS} s")
            await asyncio.sleep(0.02)
