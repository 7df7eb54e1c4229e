"""The routes that existing front ends speak, with plain clients that know nothing of offsets, and
resume by URL for those that do."""

import asyncio
import json
import unittest

from harness.native import within
from harness.routes import Routes
from harness.streams import QUESTION, builtin_chat


class Simple(Routes):
    async def nothing_more(self, socket):
        """What this asks is a promise about silence: a later question's answer is the next frame."""
        await socket.send("marker that is no JSON")
        self.assertEqual(await self.receive(socket), "Echo: marker that is no JSON")


class Plain(Simple):
    async def test_content_gets_one_reply(self):
        async with self.connect("/ws") as socket:
            await socket.send(json.dumps({"role": "user", "content": QUESTION}))
            frame = await self.receive(socket)
            self.assertGreater(len(frame["reply"]), 20)
            self.assertNotIn("error", frame)
            await self.nothing_more(socket)

    async def test_status_is_sent_where_it_is_asked_for(self):
        async with self.connect("/ws", status=1) as socket:
            await socket.send(json.dumps({"content": QUESTION}))
            self.assertEqual((await self.receive(socket))["status"], "processing")
            self.assertIn("reply", await self.receive(socket))

    async def test_text_and_broken_json_are_echoed(self):
        async with self.connect("/ws") as socket:
            for text in ("hello", '{"content": "no end', "[1, 2]", "héllo 🌊"):
                await socket.send(text)
                self.assertEqual(await within(socket.recv()), f"Echo: {text}")

    async def test_an_echo_in_an_envelope_has_an_offset(self):
        async with self.connect("/ws", envelope=1) as socket:
            await socket.send("hello")
            frame = await self.receive(socket)
            self.assertEqual(frame["text"], "Echo: hello")
            self.assertGreater(frame["offset"], 0)

    async def test_a_wrong_field_is_an_error_for_a_person_too(self):
        async with self.connect("/ws") as socket:
            await socket.send(json.dumps({"content": 5}))
            frame = await self.receive(socket)
            self.assertEqual(frame["error"]["code"], "validation_error")
            self.assertEqual(frame["reply"], frame["error"]["message"])
            self.assertIn("content", frame["reply"])
            await self.nothing_more(socket)

    async def test_symptoms_are_a_question(self):
        async with self.connect("/ws") as socket:
            await socket.send(json.dumps({"symptoms": "a cough", "doctor_id": 7}))
            self.assertIn("reply", await self.receive(socket))

    async def test_resume_by_url_gives_the_reply_again(self):
        async with self.connect("/ws") as socket:
            await socket.send(json.dumps({"content": QUESTION}))
            reply = await self.receive(socket)
        async with self.connect("/ws", session=reply["session"], after=0, epoch=reply["epoch"]) as socket:
            again = await self.receive(socket)
            self.assertEqual((again["reply"], again["offset"]), (reply["reply"], reply["offset"]))

    async def test_a_resume_that_cannot_be_complete_says_so(self):
        async with self.connect("/ws") as socket:
            await socket.send(json.dumps({"content": QUESTION}))
            reply = await self.receive(socket)
        async with self.connect("/ws", session=reply["session"], after=9_999, epoch=reply["epoch"]) as socket:
            self.assertEqual((await self.receive(socket))["error"]["code"], "resume_impossible")
            self.assertEqual((await self.receive(socket))["reply"], reply["reply"])


class PlainShared(Simple):
    """Names as the original systems had them: whoever says a patient's id is in the room."""

    config = {"access": {"anonymous": "named"}}

    async def test_followers_of_a_patient_get_question_and_reply(self):
        def frame(text, doctor):
            return json.dumps({"symptoms": text, "doctor_id": doctor, "patient_id": 42})

        async with self.connect("/ws") as asking, self.connect("/ws") as other:
            await other.send(frame("none yet", 2))
            await self.receive(other)
            await asking.send(frame("a cough", 1))
            reply = await self.receive(asking)
            self.assertIn("reply", reply)
            question = await self.receive(other)
            self.assertEqual((question["question"], question["doctor_id"]), ("a cough", 1))
            self.assertEqual((await self.receive(other))["reply"], reply["reply"])


class Question(Routes):
    config = builtin_chat(token_delay_ms=5)

    async def stream(self, socket, first=None):
        """The frames from `start` to `end`."""
        frames = [first or await self.receive(socket)]
        while frames[-1]["type"] != "end":
            frames.append(await self.receive(socket))
        return frames

    def text(self, frames):
        return "".join(f["content"] for f in frames if f["type"] == "token")

    async def test_text_and_a_question_object_stream(self):
        async with self.connect("/ws/chat") as socket:
            for question in (QUESTION, json.dumps({"question": QUESTION})):
                await socket.send(question)
                frames = await self.stream(socket)
                self.assertEqual(frames[0]["type"], "start")
                self.assertEqual({f["type"] for f in frames[1:-1]}, {"token"})
                self.assertGreater(len(self.text(frames)), 20)

    async def test_a_wrong_field_is_an_error(self):
        async with self.connect("/ws/chat") as socket:
            await socket.send(json.dumps({"question": 5}))
            frame = await self.receive(socket)
            self.assertEqual(frame["type"], "error")
            self.assertIn("question", frame["message"])

    async def test_resume_by_url_inside_a_stream_makes_up_the_start(self):
        async with self.connect("/ws/chat") as socket:
            await socket.send(QUESTION)
            start = await self.receive(socket)
            seen = [await self.receive(socket) for _ in range(3)]
        path = dict(session=start["session"], after=seen[-1]["offset"], epoch=start["epoch"])
        async with self.connect("/ws/chat", **path) as socket:
            rest = await self.stream(socket)
        self.assertEqual(rest[0]["type"], "start")
        async with self.connect("/ws/chat", session=start["session"], after=0, epoch=start["epoch"]) as socket:
            whole = await self.stream(socket)
        self.assertEqual(self.text(seen) + self.text(rest), self.text(whole))

    async def test_cancel_still_ends_the_stream(self):
        async with self.connect("/ws/chat") as socket:
            await socket.send(QUESTION)
            frames = [await self.receive(socket) for _ in range(2)]
            await socket.send(json.dumps({"type": "cancel"}))
            frames += await self.stream(socket)
            self.assertEqual([f["type"] for f in frames].count("end"), 1)
            await socket.send("again")
            self.assertEqual((await self.stream(socket))[0]["type"], "start")

    async def test_a_name_that_is_a_uuid_is_a_shared_session(self):
        name = "3f0c2a52-6f0e-4a36-9d0f-0d6f6d1f8c11"
        async with self.connect(f"/ws/chat/{name}") as one, self.connect(f"/ws/chat/{name}") as two:
            await one.send(QUESTION)
            first, second = await asyncio.gather(self.stream(one), self.stream(two))
            self.assertEqual(self.text(first), self.text(second))


class Broadcast(Routes):
    async def test_everyone_hears_it_the_sender_too(self):
        async with self.connect("/ws/broadcast") as one, self.connect("/ws/broadcast") as two:
            await one.send("hello all")
            for socket in (one, two):
                self.assertEqual(await within(socket.recv()), "Someone said: hello all")

    async def test_resume_by_url_gives_what_was_said_meanwhile(self):
        async with self.connect("/ws/broadcast", envelope=1) as one:
            await one.send("first")
            heard = await self.receive(one)
            while heard["text"] != "Someone said: first":
                heard = await self.receive(one)
            epoch = heard["epoch"]
        async with self.connect("/ws/broadcast") as other:
            await other.send("second")
            await within(other.recv())
        async with self.connect("/ws/broadcast", envelope=1, after=heard["offset"], epoch=epoch) as one:
            self.assertEqual((await self.receive(one))["text"], "Someone said: second")


class AcrossDialects(Routes):
    config = builtin_chat(token_delay_ms=0)

    async def test_a_conversation_of_one_route_is_read_on_another(self):
        async with self.connect("/ws/chat") as socket:
            await socket.send(QUESTION)
            frames = [await self.receive(socket)]
            while frames[-1]["type"] != "end":
                frames.append(await self.receive(socket))
        text = "".join(f["content"] for f in frames if f["type"] == "token")
        async with self.connect("/ws", session=frames[0]["session"], after=0) as socket:
            self.assertEqual((await self.receive(socket))["reply"], text)


if __name__ == "__main__":
    unittest.main()
