"""`/ws/{user_id}` as front ends for work in stages use it: any message type, progress, pieces, a result."""

import asyncio
import json
import os
import pathlib
import unittest

import websockets

from harness.native import Native, within
from harness.routes import Routes
from harness.server import BINARY, TEST_PLUGINS
from harness.streams import QUESTION

SHIPPED = str(pathlib.Path(BINARY).resolve().parent.parent / "lib/chartroom/plugins")


def stages(count, pause_ms=1, fails=False):
    """What the plugin of the test emits, as one that works in stages does."""
    events = []
    for step in range(1, count + 1):
        events += [{"type": "progress", "data": {"stage": f"step_{step}", "progress": 90 * step // count, "message": "Working"}},
                   {"type": "stream_chunk", "data": {"content": {"step": step}}}]
    end = {} if fails else {"type": "complete", "data": {"result": {"steps": count}}}
    return {"pause_ms": pause_ms, "events": [*events, end]}


class Clinical(Routes):
    config = {"plugins": {"directories": [SHIPPED, os.path.join(TEST_PLUGINS, "player")]}}

    def kinds(self, frames):
        return [f["type"] for f in frames]

    async def test_a_computation_is_progress_chunks_and_a_result(self):
        async with self.connect("/ws/anna") as socket:
            await self.send(socket, type="test.play", data=stages(2))
            frames = await self.until(socket, "complete")
        self.assertEqual(self.kinds(frames), ["progress", "stream_chunk"] * 2 + ["progress", "complete"])
        self.assertEqual([f["progress"] for f in frames if f["type"] == "progress"], [45, 90, 100])
        self.assertEqual(frames[1]["content"], {"step": 1})
        self.assertEqual(frames[-1]["result"], {"steps": 2, "medications": []})
        for frame in frames:
            self.assertRegex(frame["timestamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

    async def test_a_chat_has_the_same_shape(self):
        for frame in ({"content": QUESTION}, {"message": QUESTION}, {"data": {"content": QUESTION}},
                      {"data": {"message": QUESTION}}):
            with self.subTest(frame=frame):
                async with self.connect("/ws/anna") as socket:
                    await self.send(socket, type="chat", **frame)
                    frames = await self.until(socket, "complete")
                text = "".join(f["content"]["token"] for f in frames if f["type"] == "stream_chunk")
                self.assertEqual(frames[-1]["result"]["reply"], text)
                self.assertGreater(len(text), 20)
                self.assertEqual(frames[-2]["progress"], 100)

    async def test_an_emergency_is_a_chunk_before_the_first_token(self):
        async with self.connect("/ws/anna") as socket:
            await self.send(socket, type="chat", content="I have crushing chest pain and I sweat")
            frames = await self.until(socket, "complete")
        chunks = [f["content"] for f in frames if f["type"] == "stream_chunk"]
        self.assertIn("message", chunks[0]["emergency"])
        self.assertTrue(frames[-1]["result"]["reply"].startswith(chunks[0]["emergency"]["message"]))

    async def test_bad_input_is_an_error_in_words_and_the_connection_stays(self):
        cases = [("{", "malformed"), ("hello", "malformed"), ("[]", "malformed"),
                 ({"data": {}}, "validation_error"), ({"type": 5}, "validation_error"),
                 ({"type": "test.play", "data": "x"}, "validation_error"),
                 ({"type": "chat"}, "validation_error"), ({"type": "chat", "content": 5}, "validation_error"),
                 ({"type": "test.play", "data": {"token": "x"}}, "validation_error"),
                 ("x" * 70_000, "message_too_long")]
        async with self.connect("/ws/anna") as socket:
            for frame, code in cases:
                with self.subTest(frame=str(frame)[:60]):
                    await socket.send(frame if isinstance(frame, str) else json.dumps(frame))
                    error = await self.receive(socket)
                    self.assertEqual((error["type"], error["code"]), ("error", code))
                    self.assertIsInstance(error["error"], str)
                    self.assertIn("timestamp", error)
            await self.send(socket, type="test.play", data=stages(1))
            await self.until(socket, "complete")

    async def test_an_unknown_type_is_named(self):
        async with self.connect("/ws/anna") as socket:
            await self.send(socket, type="dance", data={})
            self.assertEqual((await self.receive(socket))["error"], "Unknown message type: dance")

    async def test_a_turn_that_fails_ends_in_an_error(self):
        async with self.connect("/ws/anna") as socket:
            await self.send(socket, type="test.play", data=stages(1, fails=True))
            frames = await self.until(socket, "error")
            self.assertEqual(frames[-1]["code"], "plugin_failed")
            await self.send(socket, type="test.play", data=stages(1))
            self.assertEqual((await self.until(socket, "complete"))[0]["stage"], "step_1")

    async def test_cancel_ends_the_turn_once(self):
        async with self.connect("/ws/anna") as socket:
            await self.send(socket, type="test.play", data=stages(100, pause_ms=50))
            await self.receive(socket)
            await self.send(socket, type="cancel")
            self.assertEqual((await self.until(socket, "error"))[-1]["code"], "cancelled")
            await self.send(socket, type="test.play", data=stages(1))
            self.assertEqual(self.kinds(await self.until(socket, "complete")).count("error"), 0)

    async def test_the_tabs_of_a_user_show_the_same(self):
        token = self.token("two-tabs")
        async with self.connect("/ws/two-tabs", bearer=token) as one, \
                self.connect("/ws/two-tabs", token=token) as two:
            await self.send(two, type="test.play", data=stages(1))  # both follow by now
            await asyncio.gather(self.until(one, "complete"), self.until(two, "complete"))
            await self.send(one, type="test.play", data=stages(3))
            first, second = await asyncio.gather(self.until(one, "complete"), self.until(two, "complete"))
        self.assertEqual(first, second)

    async def test_the_path_must_name_the_tokens_user(self):
        for options in ({"bearer": self.token("anna")}, {"token": self.token("anna")}):
            with self.assertRaises(websockets.InvalidStatusCode) as refused:
                await within(self.connect("/ws/ben", **options))
            self.assertEqual(refused.exception.status_code, 403)
        with self.assertRaises(websockets.InvalidStatusCode) as refused:
            await within(self.connect("/ws/anna", bearer="not.a.token"))
        self.assertEqual(refused.exception.status_code, 401)

    async def test_who_is_anonymous_has_nothing_but_a_label(self):
        async with self.connect("/ws/someone") as one, self.connect("/ws/someone") as two:
            await self.send(one, type="test.play", data=stages(1))
            await self.until(one, "complete")
            await self.send(two, type="dance")
            self.assertEqual((await self.receive(two))["code"], "unknown_type")

    async def test_resume_by_url_goes_on_where_the_connection_was_cut(self):
        async with self.connect("/ws/anna") as socket:
            await self.send(socket, type="test.play", data=stages(6, pause_ms=20))
            first = await self.receive(socket)
            socket.transport.abort()
        place = dict(session=first["session"], after=first["offset"], epoch=first["epoch"])
        async with self.connect("/ws/anna", **place) as socket:
            rest = await self.until(socket, "complete")
        chunks = [f["content"]["step"] for f in rest if f["type"] == "stream_chunk"]
        self.assertEqual(chunks, [1, 2, 3, 4, 5, 6])
        offsets = [f["offset"] for f in rest if "offset" in f]
        self.assertEqual(offsets, sorted(offsets))
        self.assertGreater(offsets[0], first["offset"])

    async def test_a_resume_that_cannot_be_complete_says_so(self):
        async with self.connect("/ws/anna") as socket:
            await self.send(socket, type="test.play", data=stages(1))
            first = (await self.until(socket, "complete"))[0]
        async with self.connect("/ws/anna", session=first["session"], after=9_999) as socket:
            self.assertEqual((await self.receive(socket))["code"], "resume_impossible")
            self.assertEqual((await self.receive(socket))["stage"], "step_1")

    async def test_what_was_done_here_is_read_on_other_routes(self):
        async with self.connect("/ws/anna") as socket:
            await self.send(socket, type="chat", content=QUESTION)
            frames = await self.until(socket, "complete")
        place = next(f for f in frames if "session" in f)
        reply = frames[-1]["result"]["reply"]
        async with self.connect("/ws", session=place["session"], after=0) as plain:
            self.assertEqual((await self.receive(plain))["reply"], reply)
        native = await Native.open(self.server, place["session"], after=0, epoch=place["epoch"])
        end = await native.expect("stream_end")
        self.assertEqual(end["data"]["content"], reply)


if __name__ == "__main__":
    unittest.main()
