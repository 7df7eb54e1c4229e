"""`/api/v1/chat/ws` as its front ends use it: a first frame that shows a token, then conversations of
several people and an assistant over one connection."""

import asyncio
import json
import unittest

from harness.native import Native
from harness.routes import Routes
from harness.streams import QUESTION, builtin_chat

PATH = "/api/v1/chat/ws"


class ConversationRoutes(Routes):
    config = {**builtin_chat(token_delay_ms=5), "access": {"conversations": "open"}}

    async def enter(self, user, *claims):
        """A connection that has shown its token; it is closed at the end of the test."""
        socket = await self.connect(PATH)
        self.addAsyncCleanup(socket.close)
        await self.say(socket, "auth", token=self.token(user, *claims))
        self.assertEqual(await self.receive(socket), {"type": "auth_success", "data": {"user_id": self.shown(user)}})
        return socket

    def shown(self, user):
        return int(user) if user.isdigit() else user

    async def say(self, socket, type, token=None, **data):
        await socket.send(json.dumps({"type": type, "token": token} if token else {"type": type, "data": data}))

    async def next(self, socket, *types):
        """The data of the next frame of one of these types."""
        while True:
            frame = await self.receive(socket)
            if frame["type"] in types:
                return frame["data"]

    async def answer(self, socket):
        """The frames of the next answer, from its start to its end."""
        return await self.until(socket, "stream_complete")

    def text(self, frames):
        return "".join(f["data"]["content"] for f in frames if f["type"] == "stream_content")


class Authentication(ConversationRoutes):
    async def test_a_number_is_a_number(self):
        await self.enter("42")
        await self.enter("anna")

    async def test_frames_right_behind_auth_wait_for_it(self):
        async with self.connect(PATH) as socket:
            await self.say(socket, "auth", token=self.token("quick"))
            await self.say(socket, "send_message", conversation_id="quick", content=QUESTION)
            await self.say(socket, "typing", conversation_id="quick", is_typing=False)
            kinds = [(await self.receive(socket))["type"] for _ in range(3)]
        self.assertEqual(kinds, ["auth_success", "message_received", "stream_start"])

    async def test_a_first_frame_that_shows_nothing_ends_the_connection(self):
        cases = [("{", "Invalid token"), ("hello", "Invalid token"), ('{"type":"auth"}', "Invalid token"),
                 ('{"type":"auth","token":"not.a.token"}', "Invalid token"),
                 ('{"type":"auth","token":5}', "Invalid token"), ("x" * 9_000, "Invalid token"),
                 ('{"type":"typing_start","data":{"conversation_id":1}}', "Authentication required")]
        for frame, reason in cases:
            with self.subTest(frame=frame[:40]):
                async with self.connect(PATH) as socket:
                    await socket.send(frame)
                    self.assertEqual((await self.close_of(socket))[:2], (4001, reason))

    async def test_a_later_auth_refreshes_and_another_user_may_not(self):
        socket = await self.enter("anna")
        await self.say(socket, "auth", token=self.token("anna", "conversation:9"))
        self.assertEqual((await self.receive(socket))["type"], "auth_success")
        await self.say(socket, "auth", token=self.token("ben"))
        self.assertEqual((await self.close_of(socket))[0], 4003)

    async def test_a_token_of_the_upgrade_is_enough(self):
        async with self.connect(PATH, bearer=self.token("42")) as socket:
            self.assertEqual((await self.receive(socket))["data"], {"user_id": 42})


class OpenConversations(ConversationRoutes):
    async def test_a_message_reaches_everybody_and_is_answered_by_itself(self):
        anna, ben = await self.enter("1"), await self.enter("ben")
        await self.say(ben, "join_conversation", conversation_id=100)
        await self.say(ben, "typing_stop", conversation_id=100)
        await self.say(anna, "send_message", conversation_id="100", content=QUESTION, message_type="user")
        seen = []
        for socket in (anna, ben):
            message = (await self.next(socket, "message_received"))["message"]
            self.assertEqual({k: message[k] for k in ("content", "message_type", "sender_id", "conversation_id")},
                             {"content": QUESTION, "message_type": "user", "sender_id": 1, "conversation_id": 100})
            self.assertRegex(message["created_at"], r"^\d{4}-\d\d-\d\dT")
            frames = [f for f in await self.answer(socket) if not f["type"].startswith(("message", "conv"))]
            start = frames[0]["data"]
            self.assertEqual((start["in_reply_to"], start["conversation_id"]), (message["id"], 100))
            self.assertTrue(all(f["data"]["message_id"] == start["message_id"] for f in frames))
            self.assertEqual([f["data"]["is_complete"] for f in frames if f["type"] == "stream_content"][-2:],
                             [False, True])
            self.assertEqual(frames[-2]["data"]["content"], "")
            usage = frames[-1]["data"]["usage"]
            self.assertEqual({k: type(v) for k, v in usage.items()},
                             dict.fromkeys(("prompt_tokens", "completion_tokens", "total_tokens"), int))
            self.assertGreater(len(self.text(frames)), 20)
            seen.append((message, self.text(frames)))
        self.assertEqual(seen[0], seen[1])

    async def test_a_note_is_for_people(self):
        anna = await self.enter("anna")
        await self.say(anna, "send_message", conversation_id="notes", content="only a note", message_type="note")
        await self.say(anna, "send_message", conversation_id="notes", content=QUESTION)
        first = await self.next(anna, "message_received", "stream_start")
        self.assertEqual(first["message"]["message_type"], "note")
        self.assertEqual((await self.next(anna, "message_received", "stream_start"))["message"]["content"], QUESTION)

    async def test_other_types_of_message_are_forbidden(self):
        anna = await self.enter("anna")
        await self.say(anna, "send_message", conversation_id="types", content="I am the model", message_type="assistant")
        self.assertEqual((await self.next(anna, "error"))["code"], "FORBIDDEN")

    async def test_typing_is_for_the_others_only(self):
        anna, ben = await self.enter("anna"), await self.enter("ben")
        await self.say(ben, "join_conversation", conversation_id=7)
        await self.say(ben, "typing_stop", conversation_id=7)
        for frame in ({"type": "typing", "is_typing": True}, {"type": "typing_stop"}, {"type": "typing_start"}):
            await self.say(anna, **frame, conversation_id=7)
        told = [await self.next(ben, "typing_indicator") for _ in range(3)]
        self.assertEqual(told, [{"conversation_id": 7, "user_id": "anna", "is_typing": on}
                                for on in (True, False, True)])
        await self.say(anna, "send_message", conversation_id=7, content="a note", message_type="note")
        await self.next(anna, "message_received")  # and nothing about typing before it
        self.assertNotIn("typing_indicator", self.seen_types(anna))
        off = await self.next(ben, "typing_indicator")  # by itself, after six seconds
        self.assertFalse(off["is_typing"])

    def seen_types(self, socket):
        return [json.loads(text)["type"] for text in list(socket.messages)]

    async def test_stream_response_attaches_and_never_answers_twice(self):
        anna, ben = await self.enter("anna"), await self.enter("ben")
        await self.say(anna, "send_message", conversation_id="once", content=QUESTION)
        message = (await self.next(anna, "message_received"))["message"]
        await self.say(anna, "stream_response", conversation_id="once", message_id=message["id"], assistant_id=1)
        first = await self.answer(anna)
        # Somebody who comes later asks for the answer, and gets that one, whole.
        await self.say(ben, "stream_response", conversation_id="once", message_id=message["id"])
        again = await self.answer(ben)
        self.assertEqual(self.text(again), self.text(first))
        await self.say(anna, "stream_response", conversation_id="once", message_id=message["id"])
        await self.say(anna, "send_message", conversation_id="once", content="a note", message_type="note")
        self.assertEqual((await self.next(anna, "message_received", "stream_start"))["message"]["content"], "a note")

    async def test_stream_response_inside_an_answer_gives_all_of_it(self):
        anna, ben = await self.enter("anna"), await self.enter("ben")
        await self.say(anna, "send_message", conversation_id="inside", content=QUESTION)
        message = (await self.next(anna, "message_received"))["message"]
        seen = await self.until(anna, "stream_content")
        await self.say(ben, "stream_response", conversation_id="inside", message_id=message["id"])
        first, second = await asyncio.gather(self.answer(anna), self.answer(ben))
        self.assertEqual(self.text(second), self.text(seen + first))

    async def test_cancel_still_completes_the_answer(self):
        anna = await self.enter("anna")
        await self.say(anna, "send_message", conversation_id="stop", content=QUESTION)
        await self.until(anna, "stream_content")
        await self.say(anna, "cancel")
        frames = await self.answer(anna)
        self.assertTrue(all(isinstance(count, int) for count in frames[-1]["data"]["usage"].values()))
        self.assertEqual(frames[-2]["data"]["is_complete"], True)

    async def test_other_tabs_keep_their_lists(self):
        anna, other = await self.enter("dora"), await self.enter("dora")
        await self.say(other, "leave_conversation", conversation_id=55)  # both are there by now
        await self.say(anna, "send_message", conversation_id=55, content="a note", message_type="note")
        added = await self.next(other, "message_added")
        self.assertEqual((added["message"]["conversation_id"], added["message"]["content"]), (55, "a note"))
        updated = (await self.next(other, "conversation_updated"))["conversation"]
        self.assertEqual((updated["id"], updated["participants"]), (55, ["dora"]))
        self.assertEqual(updated["last_message"]["content"], "a note")
        # Where the conversation is followed, the message is not told twice.
        await self.next(anna, "conversation_updated")
        self.assertNotIn("message_added", self.seen_types(anna))

    async def test_join_with_after_resumes_and_without_is_live(self):
        anna = await self.enter("anna")
        await self.say(anna, "send_message", conversation_id="again", content=QUESTION)
        seen = await self.until(anna, "stream_content")
        place = next(f for f in seen if "epoch" in f and f["session"] == "conversation:again")
        cut = seen[-1]["offset"]
        anna.transport.abort()
        back = await self.enter("anna")
        await self.say(back, "join_conversation", conversation_id="again", after=cut, epoch=place["epoch"])
        rest = await self.answer(back)
        starts = [next(f["data"] for f in frames if f["type"] == "stream_start") for frames in (seen, rest)]
        self.assertEqual(starts[0], starts[1])
        native = await Native.open(self.server, token=self.token("anna"), session="conversation:again", after=0,
                                   epoch=place["epoch"])
        end = await native.expect("stream_end")
        self.assertEqual(self.text(seen) + self.text(rest), end["data"]["content"])

        live = await self.enter("anna")
        await self.say(live, "join_conversation", conversation_id="again")
        await self.say(live, "send_message", conversation_id="again", content="a note", message_type="note")
        self.assertEqual((await self.next(live, "message_received", "stream_content"))["message"]["content"], "a note")

    async def test_a_resume_that_cannot_be_complete_says_so(self):
        anna = await self.enter("anna")
        await self.say(anna, "join_conversation", conversation_id="ahead", after=99)
        self.assertEqual((await self.next(anna, "error"))["code"], "RESUME_IMPOSSIBLE")

    async def test_bad_input_is_an_error_in_upper_case_and_the_connection_stays(self):
        cases = [("{", "MALFORMED"), ("[]", "MALFORMED"), ({}, "VALIDATION_ERROR"), ({"type": 5}, "VALIDATION_ERROR"),
                 ({"type": "dance", "data": {}}, "UNKNOWN_TYPE"),
                 ({"type": "send_message"}, "VALIDATION_ERROR"),
                 ({"type": "send_message", "data": "x"}, "VALIDATION_ERROR"),
                 ({"type": "send_message", "data": {"conversation_id": 1}}, "VALIDATION_ERROR"),
                 ({"type": "send_message", "data": {"conversation_id": 1, "content": ""}}, "VALIDATION_ERROR"),
                 ({"type": "send_message", "data": {"conversation_id": "a b", "content": "x"}}, "VALIDATION_ERROR"),
                 ({"type": "send_message", "data": {"conversation_id": {}, "content": "x"}}, "VALIDATION_ERROR"),
                 ({"type": "send_message", "data": {"token": "x", "content": "x"}}, "VALIDATION_ERROR"),
                 ({"type": "typing", "data": {"conversation_id": 1, "is_typing": "yes"}}, "VALIDATION_ERROR"),
                 ({"type": "stream_response", "data": {"conversation_id": 1}}, "VALIDATION_ERROR"),
                 ("x" * 70_000, "MESSAGE_TOO_LONG")]
        anna = await self.enter("anna")
        for frame, code in cases:
            with self.subTest(frame=str(frame)[:60]):
                await anna.send(frame if isinstance(frame, str) else json.dumps(frame))
                self.assertEqual((await self.next(anna, "error"))["code"], code)
        await self.say(anna, "send_message", conversation_id="fine", content="a note", message_type="note")
        await self.next(anna, "message_received")


class Claims(ConversationRoutes):
    config = builtin_chat(token_delay_ms=0)

    async def test_only_who_has_the_claim_is_in_the_conversation(self):
        anna, ben = await self.enter("anna", "conversation:5"), await self.enter("ben", "conversation:*")
        carl = await self.enter("carl")
        for socket in (ben, carl):
            await self.say(socket, "join_conversation", conversation_id=5)
            await self.say(socket, "typing_stop", conversation_id=5)
        await self.say(anna, "send_message", conversation_id=5, content="for us", message_type="note")
        self.assertEqual((await self.next(ben, "message_received"))["message"]["content"], "for us")
        # Who has no claim has a conversation of that name to himself.
        await self.say(carl, "send_message", conversation_id=5, content="alone", message_type="note")
        self.assertEqual((await self.next(carl, "message_received"))["message"]["content"], "alone")

    async def test_a_claim_that_is_gone_ends_the_following(self):
        anna = await self.enter("anna", "conversation:6")
        await self.say(anna, "join_conversation", conversation_id=6)
        await self.say(anna, "auth", token=self.token("anna"))
        self.assertEqual((await self.next(anna, "error"))["code"], "FORBIDDEN")


class AcrossRoutes(ConversationRoutes):
    async def test_a_session_of_another_route_is_resumed_here(self):
        token = self.token("erin")
        async with self.connect("/api/v1/ws/chat/erin", bearer=token) as stream:
            session = (await self.receive(stream))["session_id"]
            await self.send(stream, message=QUESTION, enable_agents=False)
            tokens = await self.until(stream, "stream_end")
        async with self.connect(PATH, bearer=token, session=session, after=0) as socket:
            frames = await self.answer(socket)
            message = next(f["data"]["message"] for f in frames if f["type"] == "message_received")
            self.assertEqual((message["content"], message["conversation_id"]), (QUESTION, session))
            self.assertEqual(self.text(frames), "".join(f["content"] for f in tokens if f["type"] == "token"))

    async def test_a_conversation_is_read_on_another_route(self):
        anna = await self.enter("anna")
        await self.say(anna, "send_message", conversation_id="shown", content=QUESTION)
        frames = await self.answer(anna)
        async with self.connect("/ws/chat", token=self.token("anna"), session="conversation:shown", after=0) as question:
            told = await self.until(question, "end")
        self.assertEqual("".join(f["content"] for f in told if f["type"] == "token"), self.text(frames))


if __name__ == "__main__":
    unittest.main()
