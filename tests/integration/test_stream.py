"""`/api/v1/ws/chat` as its front ends use it: one frame says who one talks to, then status, tokens, end."""

import json
import unittest
import uuid

import websockets

from harness.native import Native, within
from harness.routes import Routes
from harness.streams import QUESTION, builtin_chat

PATH = "/api/v1/ws/chat"


class StreamRoutes(Routes):
    config = builtin_chat(token_delay_ms=5)

    async def first(self, socket, status="connected"):
        frame = await self.receive(socket)
        self.assertEqual((frame["type"], frame["status"]), ("connection", status))
        self.assertEqual(str(uuid.UUID(frame["session_id"])), frame["session_id"])
        self.assertIn("timestamp", frame)
        return frame

    def text(self, frames):
        return "".join(f["content"] for f in frames if f["type"] == "token")


class Stream(StreamRoutes):
    async def test_an_answer(self):
        async with self.connect(PATH) as socket:
            opened = await self.first(socket)
            self.assertEqual(uuid.UUID(opened["session_id"]).version, 4)
            await self.send(socket, message=QUESTION, enable_agents=False)
            frames = await self.until(socket, "stream_end")
        self.assertEqual(frames[0]["type"], "stream_start")
        self.assertEqual(frames[0]["metadata"], {"workflow": "single", "agents": []})
        states = [f["status"] for f in frames if f["type"] == "status"]
        self.assertEqual(states, ["validating", "checking_emergency", "processing", "retrieving_context",
                                  "generating_response"])
        self.assertTrue(all(f["details"] == {} for f in frames if f["type"] == "status"))
        self.assertGreater(len(self.text(frames)), 20)
        self.assertEqual(frames[-1]["metadata"], {"agents_completed": [], "finish": "stop",
                                                  "session_id": opened["session_id"]})
        self.assertTrue(all("timestamp" in f for f in frames))

    async def test_agents_work_one_after_the_other(self):
        async with self.connect(PATH) as socket:
            await self.first(socket)
            await self.send(socket, message=QUESTION, session_id=None)
            frames = await self.until(socket, "stream_end")
        agents = ["triage", "diagnostic", "treatment"]
        self.assertEqual(frames[0]["metadata"], {"workflow": "multi_agent", "agents": agents})
        running = [f for f in frames if f["type"] == "status" and f["status"].startswith("running_")]
        self.assertEqual([f["status"] for f in running], [f"running_{agent}" for agent in agents])
        self.assertEqual([f["details"]["current_agent"] for f in running], agents)
        self.assertEqual(frames[-1]["metadata"]["agents_completed"], agents)

    async def test_an_emergency_comes_before_the_first_token(self):
        async with self.connect(PATH) as socket:
            await self.first(socket)
            await self.send(socket, message="I have crushing chest pain and I sweat", enable_agents=False)
            frames = await self.until(socket, "stream_end")
        kinds = [f["type"] for f in frames]
        emergency = frames[kinds.index("emergency")]
        self.assertLess(kinds.index("emergency"), kinds.index("token"))
        self.assertTrue(emergency["matched"])
        self.assertTrue(self.text(frames).startswith(emergency["message"]))

    async def test_quick_frames_are_answered_in_order_after_the_connection_frame(self):
        async with self.connect(PATH) as socket:
            for _ in range(2):
                await self.send(socket, message=QUESTION, enable_agents=False)
            await self.first(socket)
            for _ in range(2):
                frames = await self.until(socket, "stream_end")
                self.assertEqual(frames[0]["type"], "stream_start")

    async def test_bad_input_is_an_error_and_the_connection_stays(self):
        cases = [("{", "malformed", None), ("[]", "malformed", None),
                 ({"message": ""}, "validation_error", "Message cannot be empty"),
                 ({"message": "  \n"}, "validation_error", "Message cannot be empty"),
                 ({}, "validation_error", "Message cannot be empty"),
                 ({"message": 5}, "validation_error", None),
                 ({"message": "a", "enable_agents": "yes"}, "validation_error", None),
                 ({"message": "a", "patient_profile": "old"}, "validation_error", None),
                 ({"message": "a", "patient_profile": {"age": "old"}}, "validation_error", None),
                 ({"message": "a", "session_id": [1]}, "validation_error", None),
                 ({"message": "a", "session_id": "a b"}, "validation_error", None),
                 ({"message": "a", "token": "x"}, "validation_error", None),
                 ("x" * 70_000, "message_too_long", None)]
        async with self.connect(PATH) as socket:
            await self.first(socket)
            for frame, kind, message in cases:
                with self.subTest(frame=str(frame)[:60]):
                    await socket.send(frame if isinstance(frame, str) else json.dumps(frame))
                    error = await self.receive(socket)
                    self.assertEqual((error["type"], error["error_type"]), ("error", kind))
                    self.assertIn(message or "", error["message"])
            await self.send(socket, message=QUESTION, enable_agents=False)
            self.assertEqual((await self.until(socket, "stream_end"))[0]["type"], "stream_start")

    async def test_cancel_still_ends_the_stream(self):
        async with self.connect(PATH) as socket:
            await self.first(socket)
            await self.send(socket, message=QUESTION)
            await self.until(socket, "token")
            await self.send(socket, type="cancel")
            frames = await self.until(socket, "stream_end")
            self.assertEqual(frames[-1]["metadata"]["finish"], "cancelled")

    async def test_a_frames_session_goes_on_after_a_reconnect(self):
        async with self.connect(PATH) as socket:
            session = (await self.first(socket))["session_id"]
            await self.send(socket, message=QUESTION, enable_agents=False)
            await self.until(socket, "stream_end")
        async with self.connect(PATH) as socket:
            self.assertNotEqual((await self.first(socket))["session_id"], session)
            await self.send(socket, message=QUESTION, session_id=session, enable_agents=False)
            frames = await self.until(socket, "stream_end")
            self.assertEqual(frames[-1]["metadata"]["session_id"], session)
        native = await Native.open(self.server, session, after=0, epoch=frames[0]["epoch"])
        for _ in range(2):
            await native.expect("stream_end")

    async def test_resume_by_url_comes_after_the_connection_frame(self):
        async with self.connect(PATH) as socket:
            opened = await self.first(socket)
            await self.send(socket, message=QUESTION)
            seen = await self.until(socket, "token")
            socket.transport.abort()
        place = dict(session=opened["session_id"], after=seen[-1]["offset"], epoch=opened["epoch"])
        async with self.connect(PATH, **place) as socket:
            await self.first(socket, "resumed")
            rest = await self.until(socket, "stream_end")
        self.assertEqual({k: rest[0][k] for k in ("type", "metadata", "timestamp")},
                         {k: seen[0][k] for k in ("type", "metadata", "timestamp")})
        self.assertEqual(rest[0]["metadata"]["workflow"], "multi_agent")
        native = await Native.open(self.server, opened["session_id"], after=0, epoch=opened["epoch"])
        whole = (await native.expect("stream_end"))["data"]["content"]
        self.assertEqual(self.text(seen) + self.text(rest), whole)

    async def test_a_resume_that_cannot_be_complete_says_so_second(self):
        async with self.connect(PATH) as socket:
            opened = await self.first(socket)
            await self.send(socket, message=QUESTION, enable_agents=False)
            await self.until(socket, "stream_end")
        async with self.connect(PATH, session=opened["session_id"], after=9_999) as socket:
            await self.first(socket)
            self.assertEqual((await self.receive(socket))["error_type"], "resume_impossible")

    async def test_a_conversation_begun_here_is_read_on_other_routes(self):
        async with self.connect(PATH) as socket:
            session = (await self.first(socket))["session_id"]
            await self.send(socket, message=QUESTION, enable_agents=False)
            text = self.text(await self.until(socket, "stream_end"))
        async with self.connect(f"/ws/chat/{session}", after=0) as question:
            frames = await self.until(question, "end")
            self.assertEqual(self.text(frames), text)
        async with self.connect("/ws/anna", session=session, after=0) as clinical:
            frames = await self.until(clinical, "complete")
            self.assertEqual(frames[-1]["result"]["reply"], text)


class Users(StreamRoutes):
    async def test_the_path_must_name_the_tokens_user(self):
        async with self.connect(PATH + "/anna", bearer=self.token("anna")) as socket:
            await self.first(socket)
        with self.assertRaises(websockets.InvalidStatusCode) as refused:
            await within(self.connect(PATH + "/ben", token=self.token("anna")))
        self.assertEqual(refused.exception.status_code, 403)

    async def test_a_profile_is_kept_for_the_users_next_connection(self):
        token = self.token("carla")
        path = PATH + "/carla"
        async with self.connect(path, bearer=token) as socket:
            await self.first(socket)
            await self.send(socket, message=QUESTION, enable_agents=False, patient_profile={"age": 41})
            await self.until(socket, "stream_end")
        async with self.connect(path, bearer=token) as socket:
            await self.send(socket, message=QUESTION, enable_agents=False)
            opened = await self.first(socket)
            await self.until(socket, "stream_end")
        self.assertEqual(self.profiles(f"user/carla/{opened['session_id']}"), [{"age": 41}])
        async with self.connect(path, bearer=token) as socket:
            opened = await self.first(socket)
            await self.send(socket, message=QUESTION, enable_agents=False, patient_profile={"age": 42})
            await self.send(socket, message=QUESTION, enable_agents=False)
            for _ in range(2):
                await self.until(socket, "stream_end")
        self.assertEqual(self.profiles(f"user/carla/{opened['session_id']}"), [{"age": 42}] * 2)

    async def test_somebody_anonymous_finds_the_profile_in_the_session(self):
        async with self.connect(PATH) as socket:
            session = (await self.first(socket))["session_id"]
            await self.send(socket, message=QUESTION, enable_agents=False, patient_profile={"age": 7})
            await self.until(socket, "stream_end")
        async with self.connect(PATH) as socket:
            await self.first(socket)
            await self.send(socket, message=QUESTION, session_id=session, enable_agents=False)
            await self.until(socket, "stream_end")
        self.assertEqual(self.profiles(f"open/{session}"), [{"age": 7}] * 2)

    def profiles(self, session):
        """What rode on the chats of a session, by its log."""
        done = self.server.command("log", session, "-c", str(self.server.config_path), "--format", "jsonl")
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        return [row["payload"].get("profile") for row in rows if (row["kind"], row["type"]) == ("in", "chat")]


class Drain(StreamRoutes):
    async def test_the_server_hangs_up_so_that_its_clients_come_back(self):
        async with self.connect(PATH) as socket, self.connect("/ws") as plain:
            await self.first(socket)
            self.server.terminate()
            code, _, _ = await self.close_of(socket)
            self.assertEqual(code, 1006)
            self.assertEqual((await self.close_of(plain))[0], 1012)


if __name__ == "__main__":
    unittest.main()
