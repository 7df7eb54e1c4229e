"""Everything that a broken or hostile client sends: the answer that the protocol names, and a server
that goes on. Each test ends with an echo over a fresh connection."""

import asyncio
import json
import os
import unittest

import websockets
from websockets.frames import Opcode

from harness.case import ServerCase
from harness.native import Native, within

HANDSHAKE = ("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: {upgrade}\r\n"
             "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
             "Sec-WebSocket-Version: 13\r\n{more}\r\n")


class BadInput(ServerCase):
    async def asyncTearDown(self):
        await self.goes_on()
        await super().asyncTearDown()

    async def goes_on(self):
        client = await Native.open(self.server)
        await client.post("echo", {"content": "still here"}, "e-1", since=0)
        await client.expect("echo")
        await client.close()

    async def raw(self, data, read_to_end=True):
        """What the server answers to bytes on a fresh socket, up to its close."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
        try:
            writer.write(data)
            return await within(reader.read() if read_to_end else reader.readuntil(b"\r\n\r\n"))
        except (ConnectionResetError, asyncio.IncompleteReadError):
            return b""
        finally:
            writer.close()

    def handshake(self, path="/v1/session", upgrade="websocket", more=""):
        return HANDSHAKE.format(path=path, port=self.server.port, upgrade=upgrade, more=more).encode()

    async def closed_with(self, socket):
        """Reads to the close; returns its code."""
        try:
            while True:
                await within(socket.recv())
        except websockets.ConnectionClosed as closed:
            return closed.code


class Frames(BadInput):
    async def refused(self, text, code, field=None):
        client = await Native.open(self.server)
        await client.socket.send(text)
        error = await client.expect("error")
        self.assertEqual(error["code"], code, error)
        if field:
            self.assertEqual(error["field"], field)
        await client.post("echo", {"content": "same connection"}, "e-1", since=0)
        await client.expect("echo")

    async def test_malformed_json(self):
        for text in ("{", "", "nonsense", '{"type":"echo",}', '{"type":"echo"}{', "\0"):
            with self.subTest(text=text):
                await self.refused(text, "malformed")

    async def test_json_nested_too_deep(self):
        await self.refused('{"type":"echo","data":' + "[" * 30_000 + "]" * 30_000 + "}", "malformed")

    async def test_json_that_is_no_object(self):
        for text in ("[]", "5", "null", '"text"', "true"):
            with self.subTest(text=text):
                await self.refused(text, "malformed")

    async def test_wrong_types_name_the_field(self):
        cases = [({"type": 5}, "type"), ({"id": "x", "data": {}}, "type"),
                 ({"type": "echo", "id": 7, "data": {}}, "id"),
                 ({"type": "echo", "id": "x" * 65, "data": {}}, "id"),
                 ({"type": "echo", "id": "x", "since": "1", "data": {}}, "since"),
                 ({"type": "echo", "id": "x", "since": -1, "data": {}}, "since"),
                 ({"type": "session.history", "limit": "many"}, "limit"),
                 ({"type": "cancel", "cause": "first"}, "cause"),
                 ({"type": "ack", "offset": 1.5}, "offset")]
        for frame, field in cases:
            with self.subTest(field=field, frame=str(frame)[:60]):
                await self.refused(json.dumps(frame), "validation_error", field)

    async def test_a_wrong_payload_of_a_plugin_is_its_error(self):
        client = await Native.open(self.server)
        await client.post("chat", {"content": 5}, "c-1", since=0)
        error = await client.expect("error")
        self.assertIn(error["code"] if "code" in error else error["data"]["code"],
                      ("validation_error", "plugin_failed"))

    async def test_twenty_in_a_row_close_1008_and_a_good_one_between_does_not(self):
        client = await Native.open(self.server)
        for _ in range(2):
            for _ in range(15):
                await client.socket.send("{")
            await client.post("echo", {"content": "good"}, os.urandom(4).hex(), since=0)
        for _ in range(2):
            await client.expect("echo")
        for _ in range(20):
            await client.socket.send("{")
        self.assertEqual(await self.closed_with(client.socket), 1008)

    async def test_invalid_utf8_closes_1007(self):
        for payload in (b"\xff", b'{"type":"\xc3("}', b"\xed\xa0\x80"):
            with self.subTest(payload=payload):
                client = await Native.open(self.server)
                await client.socket.write_frame(True, Opcode.TEXT, payload)
                self.assertEqual(await self.closed_with(client.socket), 1007)

    async def test_utf8_split_over_fragments_is_whole(self):
        client = await Native.open(self.server)
        text = json.dumps({"type": "echo", "id": "e-1", "since": 0, "data": {"content": "🌊"}},
                          ensure_ascii=False).encode()
        cut = text.index("🌊".encode()) + 2
        await client.socket.write_frame(False, Opcode.TEXT, text[:cut])
        await client.socket.write_frame(True, Opcode.CONT, text[cut:])
        self.assertEqual((await client.expect("echo"))["data"]["content"], "🌊")

    async def test_many_fragments_are_joined(self):
        client = await Native.open(self.server)
        text = json.dumps({"type": "echo", "id": "e-1", "since": 0, "data": {"content": "x" * 5_000}})
        await client.socket.send(iter([text[i:i + 7] for i in range(0, len(text), 7)]))
        self.assertEqual(len((await client.expect("echo"))["data"]["content"]), 5_000)

    async def test_a_long_frame_is_refused_and_the_connection_stays(self):
        client = await Native.open(self.server)
        limit = client.opened["limits"]["frame_bytes"]
        for send in (client.socket.send, lambda text: client.socket.send(iter([text[:9], text[9:]]))):
            await send("x" * (limit + 1))
            self.assertEqual((await client.expect("error"))["code"], "message_too_long")
        await client.post("echo", {"content": "x" * (limit - 200)}, "e-1", since=0)
        await client.expect("echo")

    async def test_a_huge_frame_closes_1009(self):
        client = await Native.open(self.server)
        huge = "x" * (4 * client.opened["limits"]["frame_bytes"] + 1)
        try:
            await client.socket.send(huge)
        except websockets.ConnectionClosed:
            pass
        self.assertEqual(await self.closed_with(client.socket), 1009)

    async def test_binary_closes_1003(self):
        for path in ("/v1/session", "/ws", "/ws/chat", "/ws/broadcast", "/ws/anna", "/api/v1/ws/chat",
                     "/api/v1/chat/ws"):
            with self.subTest(path=path):
                async with websockets.connect(self.server.url(path)) as socket:
                    await socket.send(b"\x01\x02")
                    self.assertEqual(await self.closed_with(socket), 1003)

    async def test_a_token_in_a_message_never_reaches_the_log(self):
        client = await Native.open(self.server)
        await client.post("echo", {"content": "x", "token": "sesame-secret"}, "e-1", since=0)
        await client.expect("error")
        await client.post("echo", {"content": "y"}, "e-2", since=0)
        await client.expect("echo")
        stored = b"".join(p.read_bytes() for p in self.server.state.rglob("chartroom.db*"))
        self.assertNotIn(b"sesame-secret", stored)
        self.assertNotIn("sesame-secret", self.server.log_text())


class Handshakes(BadInput):
    async def test_headers_over_the_cap_get_no_upgrade(self):
        answer = await self.raw(self.handshake(more=f"X-Long: {'x' * 32_000}\r\n"))
        self.assertNotIn(b" 101 ", answer.split(b"\r\n")[0])

    async def test_a_url_over_the_cap_gets_no_upgrade(self):
        answer = await self.raw(self.handshake(path="/v1/session?x=" + "y" * 32_000))
        self.assertNotIn(b" 101 ", answer.split(b"\r\n")[0])

    async def test_an_unknown_upgrade_is_refused(self):
        for upgrade in ("foo", "h2c", "websocket2", "TLS/1.0", ""):
            with self.subTest(upgrade=upgrade):
                answer = await self.raw(self.handshake(upgrade=upgrade), read_to_end=False)
                self.assertNotIn(b" 101 ", answer.split(b"\r\n")[0])
                await self.goes_on()

    async def test_an_unknown_subprotocol_gets_no_upgrade_of_that_name(self):
        answer = await self.raw(self.handshake(more="Sec-WebSocket-Protocol: nobody.knows.v9\r\n"
                                                    "Connection: close\r\n"))
        self.assertNotIn(b"nobody.knows", answer)

    async def test_no_handshake_at_all(self):
        for noise in (b"\0" * 64, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GARBAGE\r\n\r\n", b"GET"):
            with self.subTest(noise=noise):
                await self.raw(noise)
                await self.goes_on()

    async def test_an_unknown_path_is_404(self):
        self.assertEqual(self.server.get("/no/such/path")[0], 404)
        self.assertIn(b" 404 ", await self.raw(self.handshake("/no/such/socket"), read_to_end=False))

    async def test_a_foreign_origin_is_403(self):
        answer = await self.raw(self.handshake(more="Origin: https://evil.example\r\n"), read_to_end=False)
        self.assertIn(b" 403 ", answer.split(b"\r\n")[0])

    async def test_a_foreign_host_is_refused(self):
        request = self.handshake().replace(b"Host: 127.0.0.1", b"Host: evil.example")
        answer = await self.raw(request, read_to_end=False)
        self.assertRegex(answer.split(b"\r\n")[0], rb" 4\d\d ")

    async def test_a_bad_token_is_401(self):
        answer = await self.raw(self.handshake(more="Authorization: Bearer not.a.token\r\n"),
                                read_to_end=False)
        self.assertIn(b" 401 ", answer.split(b"\r\n")[0])

    async def test_slow_headers_are_dropped(self):
        await self.raw(b"GET /v1/session HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")

    async def test_a_slow_body_is_dropped(self):
        await self.raw(b"POST /chat HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                       b"Content-Length: 1000\r\n\r\n{")

    async def test_connections_that_never_speak_cost_the_others_nothing(self):
        idle = [await asyncio.open_connection("127.0.0.1", self.server.port) for _ in range(50)]
        await self.goes_on()
        for _, writer in idle:
            writer.close()


class TooMany(BadInput):
    config = {"limits": {"connections": 8}}

    async def asyncTearDown(self):
        await ServerCase.asyncTearDown(self)  # the test looks itself, once there is room again

    async def test_one_too_many_is_503_until_there_is_room(self):
        clients = [await Native.open(self.server) for _ in range(8)]
        answer = await self.raw(self.handshake(), read_to_end=False)
        self.assertNotIn(b" 101 ", answer.split(b"\r\n")[0])
        self.assertIn(b" 503 ", answer.split(b"\r\n")[0])
        await clients[0].post("echo", {"content": "the others go on"}, "e-1", since=0)
        await clients[0].expect("echo")
        for client in clients:
            await client.close()
        for _ in range(200):
            try:
                return await self.goes_on()
            except websockets.InvalidHandshake:
                await asyncio.sleep(0.02)
        self.fail("no room after everyone left")


class Flooding(BadInput):
    config = {"limits": {"messages_per_second": 5, "burst": 10}}

    async def test_a_flood_is_rate_limited_with_a_time_to_wait(self):
        client = await Native.open(self.server)
        for number in range(20):
            await client.post("echo", {"content": number}, f"e-{number}", since=0)
        error = await client.expect("error", code="rate_limited")
        self.assertGreater(error["retry_after_ms"], 0)
        await client.expect("echo")

    async def test_a_sustained_flood_closes_4429(self):
        client = await Native.open(self.server)
        try:
            for number in range(5_000):
                await client.post("echo", {"content": number}, f"e-{number}", since=0)
        except websockets.ConnectionClosed:
            pass
        self.assertEqual(await self.closed_with(client.socket), 4429)


if __name__ == "__main__":
    unittest.main()
