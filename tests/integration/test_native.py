"""chartroom.v1 as a foreign client sees it: names, messages, answers, pages, cancels."""

import unittest

from harness.case import ServerCase
from harness.native import Native
from harness.streams import QUESTION, builtin_chat


class Opening(ServerCase):
    async def test_a_new_session_is_named_empty_and_live(self):
        client = await Native.open(self.server)
        self.assertRegex(client.session, r"^[0-9a-f-]{36}$")
        self.assertEqual(client.opened["head"], 0)
        self.assertTrue(client.epoch)
        self.assertTrue(client.opened["participant"])
        self.assertGreater(client.opened["limits"]["frame_bytes"], 1024)
        self.assertEqual((await client.expect("session.live"))["offset"], 0)

    async def test_the_subprotocol_is_answered(self):
        client = await Native.open(self.server)
        self.assertEqual(client.socket.subprotocol, "chartroom.v1")

    async def test_a_message_before_session_open_is_refused(self):
        client = await Native.connect(self.server)
        await client.post("echo", {"content": "early"}, "e-1")
        self.assertIn((await client.expect("error"))["code"], ("malformed", "validation_error"))

    async def test_an_unwritten_session_resumes_as_complete(self):
        first = await Native.open(self.server)
        again = await Native.open(self.server, first.session, after=0, epoch=first.epoch)
        self.assertTrue(again.opened["resumed"])
        self.assertEqual(again.session, first.session)


class Messages(ServerCase):
    async def test_an_echo_is_accepted_and_answered(self):
        client = await Native.open(self.server)
        await client.post("echo", {"content": "héllo 🌊"}, "e-1", since=0)
        accepted = await client.expect("accepted", id="e-1")
        self.assertEqual((accepted["offset"], accepted["duplicate"]), (1, False))
        event = await client.expect("echo")
        self.assertEqual((event["offset"], event["cause"], event["prev"]), (2, 1, 0))
        self.assertEqual(event["data"], {"content": "héllo 🌊"})
        self.assertRegex(event["at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

    async def test_a_repeat_is_answered_as_the_first_and_runs_nothing(self):
        client = await Native.open(self.server)
        for _ in range(3):
            await client.post("echo", {"content": "once"}, "e-1", since=0)
        await client.post("echo", {"content": "last"}, "e-2", since=0)
        answers = [await client.expect("accepted", id="e-1") for _ in range(3)]
        self.assertEqual([(a["offset"], a["duplicate"]) for a in answers],
                         [(1, False), (1, True), (1, True)])
        await client.until(lambda f: f["type"] == "echo" and f["data"]["content"] == "last")
        self.assertEqual([e["data"]["content"] for e in client.events()], ["once", "last"])

    async def test_a_repeat_after_a_reconnect_runs_nothing(self):
        first = await Native.open(self.server)
        await first.post("echo", {"content": "once"}, "e-1", since=0)
        await first.expect("echo")
        await first.close()
        again = await first.again(self.server, after=0)
        await again.post("echo", {"content": "once"}, "e-1", since=0)
        self.assertTrue((await again.expect("accepted", id="e-1"))["duplicate"])
        await again.post("echo", {"content": "end"}, "e-2", since=0)
        await again.until(lambda f: f["type"] == "echo" and f["data"]["content"] == "end")
        self.assertEqual([e["data"]["content"] for e in again.events()], ["once", "end"])

    async def test_an_id_with_another_payload_is_id_reused(self):
        client = await Native.open(self.server)
        await client.post("echo", {"content": "one"}, "e-1", since=0)
        await client.expect("accepted", id="e-1")
        await client.post("echo", {"content": "two"}, "e-1", since=0)
        self.assertEqual((await client.expect("error", id="e-1"))["code"], "id_reused")

    async def test_an_unhandled_type_is_unknown_type(self):
        client = await Native.open(self.server)
        await client.post("no.such.type", {}, "e-1")
        self.assertEqual((await client.expect("error", id="e-1"))["code"], "unknown_type")

    async def test_many_in_flight_come_back_in_order(self):
        client = await Native.open(self.server)
        for number in range(500):
            await client.post("echo", {"content": number}, f"e-{number}", since=0)
        while len(client.events()) < 500:
            await client.frame()
        self.assertEqual([e["data"]["content"] for e in client.events()], list(range(500)))

    async def test_two_followers_see_one_conversation(self):
        one = await Native.open(self.server)
        two = await Native.open(self.server, one.session)
        await one.post("broadcast", {"content": "for both"}, "b-1", since=0)
        first, second = await one.expect("broadcast"), await two.expect("broadcast")
        self.assertEqual(first["offset"], second["offset"])
        self.assertEqual(first["data"], second["data"])

    async def test_an_echo_is_for_its_sender_only(self):
        one = await Native.open(self.server)
        two = await Native.open(self.server, one.session)
        await one.post("echo", {"content": "for one"}, "e-1", since=0)
        await one.expect("echo")
        await one.post("broadcast", {"content": "for both"}, "b-1", since=0)
        self.assertEqual((await two.expect("broadcast"))["prev"], 0)
        self.assertEqual([e["type"] for e in two.events()], ["broadcast"])


class Stale(ServerCase):
    config = {"log": {"durability": "process_crash"}}

    async def test_a_since_too_far_back_is_stale_and_a_near_one_is_run(self):
        client = await Native.open(self.server)
        total = 33_000  # two offsets each: more than the 65,536 that are searched
        window, answered = 512, 0
        for number in range(total + window):
            if number < total:
                await client.post("echo", {}, f"e-{number}", since=max(0, 2 * (number - window)))
            while answered < min(number - window, total):
                answered += (await client.frame())["type"] == "echo"
        head = 2 * total
        await client.post("echo", {}, "fresh-1", since=0)
        self.assertEqual((await client.expect("error", id="fresh-1"))["code"], "stale_message")
        await client.post("echo", {}, "fresh-1", since=head)
        self.assertFalse((await client.expect("accepted", id="fresh-1"))["duplicate"])
        await client.post("echo", {}, "e-10000", since=20_000 - 1)
        self.assertTrue((await client.expect("accepted", id="e-10000"))["duplicate"])


class Sessions(ServerCase):
    async def test_join_and_leave_follow_a_second_session(self):
        other = await Native.open(self.server)
        await other.post("broadcast", {"content": "before"}, "o-1", since=0)
        await other.expect("broadcast")
        client = await Native.open(self.server)
        await client.put(type="session.join", session=other.session, after=0)
        joined = await client.expect("session.joined", session=other.session)
        self.assertEqual(joined["head"], 2)
        await client.expect("broadcast", session=other.session)
        await client.post("broadcast", {"content": "by name"}, "c-1", session=other.session)
        await client.expect("accepted", id="c-1", session=other.session)
        await other.until(lambda f: f["type"] == "broadcast" and f["data"]["content"] == "by name")
        await client.put(type="session.leave", session=other.session)
        await client.expect("session.left", session=other.session)
        await other.post("broadcast", {"content": "unheard"}, "o-2", since=0)
        await other.until(lambda f: f["type"] == "broadcast" and f["data"]["content"] == "unheard")
        await client.post("broadcast", {"content": "own"}, "c-2", since=0)
        await client.expect("broadcast", session=client.session)
        self.assertEqual([e["data"]["content"] for e in client.events(other.session)],
                         ["before", "by name"])

    async def test_history_comes_in_pages(self):
        client = await Native.open(self.server)
        for number in range(10):
            await client.post("echo", {"content": number}, f"e-{number}", since=0)
        while len(client.events()) < 10:
            await client.frame()
        await client.put(type="session.history", session=client.session, after=0, limit=4)
        page = await client.expect("session.page")
        self.assertEqual([e["data"]["content"] for e in page["events"]], [0, 1, 2, 3])
        self.assertTrue(page["more"])
        last = page["events"][-1]["offset"]
        await client.put(type="session.history", session=client.session, after=last, limit=100)
        page = await client.expect("session.page")
        self.assertEqual([e["data"]["content"] for e in page["events"]], [4, 5, 6, 7, 8, 9])
        self.assertFalse(page["more"])
        await client.put(type="session.history", session=client.session, before=last, limit=2)
        page = await client.expect("session.page")
        self.assertEqual([e["data"]["content"] for e in page["events"]], [1, 2])
        self.assertTrue(page["more"])

    async def test_an_ack_is_taken_silently(self):
        client = await Native.open(self.server)
        await client.post("echo", {"content": "x"}, "e-1", since=0)
        event = await client.expect("echo")
        await client.put(type="ack", session=client.session, offset=event["offset"])
        await client.post("echo", {"content": "y"}, "e-2", since=0)
        await client.until(lambda f: f["type"] == "echo" and f["data"]["content"] == "y")
        self.assertNotIn("error", [f["type"] for f in client.frames])


class Streams(ServerCase):
    config = builtin_chat(token_delay_ms=10)

    async def test_a_stream_is_whole_and_ends_once(self):
        client = await Native.open(self.server)
        await client.post("chat", {"content": QUESTION}, "c-1", since=0)
        cause = (await client.expect("accepted", id="c-1"))["offset"]
        start = await client.expect("stream_start", cause=cause)
        text, end = await client.answer(cause)
        self.assertGreater(len(text), 40)
        self.assertEqual(text, end["data"]["content"])
        self.assertEqual(end["data"]["finish"], "stop")
        self.assertEqual(end["data"]["message_id"], start["data"]["message_id"])
        self.assertLess(start["data"]["message_id"], 2**53)

    async def test_cancel_ends_the_stream_with_what_there_is(self):
        client = await Native.open(self.server)
        await client.post("chat", {"content": QUESTION}, "c-1", since=0)
        cause = (await client.expect("accepted", id="c-1"))["offset"]
        await client.expect("token", cause=cause)
        await client.put(type="cancel", session=client.session, cause=cause)
        text, end = await client.answer(cause)
        self.assertEqual(end["data"]["finish"], "cancelled")
        self.assertEqual(text, end["data"]["content"])
        await client.post("echo", {"content": "goes on"}, "e-1", since=0)
        await client.expect("echo")

    async def test_a_stranger_in_the_session_cannot_cancel(self):
        client = await Native.open(self.server)
        stranger = await Native.open(self.server, client.session)
        await client.post("chat", {"content": QUESTION}, "c-1", since=0)
        cause = (await client.expect("accepted", id="c-1"))["offset"]
        await stranger.expect("token", cause=cause)
        await stranger.put(type="cancel", session=client.session, cause=cause)
        self.assertEqual((await stranger.expect("error"))["code"], "forbidden")
        _, end = await client.answer(cause)
        self.assertEqual(end["data"]["finish"], "stop")

    async def test_a_dropped_connection_does_not_cancel(self):
        client = await Native.open(self.server)
        await client.post("chat", {"content": QUESTION}, "c-1", since=0)
        cause = (await client.expect("accepted", id="c-1"))["offset"]
        token = await client.expect("token", cause=cause)
        client.socket.transport.abort()
        again = await Native.open(self.server, client.session, after=token["offset"], epoch=client.epoch)
        end = await again.expect("stream_end", cause=cause)
        seen = [f for f in client.events() if f["offset"] <= token["offset"]] + again.events()
        text = "".join(f["data"]["content"] for f in seen if f["type"] == "token")
        self.assertEqual(text, end["data"]["content"])
        self.assertEqual(end["data"]["finish"], "stop")

    async def test_two_questions_never_interleave(self):
        client = await Native.open(self.server)
        await client.post("chat", {"content": QUESTION}, "c-1", since=0)
        await client.post("chat", {"content": "And my back hurts."}, "c-2", since=0)
        causes = [(await client.expect("accepted", id=f"c-{n}"))["offset"] for n in (1, 2)]
        for cause in causes:
            await client.answer(cause)
        order = [f["cause"] for f in client.events() if f["type"] in ("token", "stream_end")]
        self.assertEqual(order, sorted(order))

    async def test_red_flags_are_an_emergency_before_the_first_token(self):
        client = await Native.open(self.server)
        await client.post("chat", {"content": "I have crushing chest pain and I cannot breathe"}, "c-1", since=0)
        cause = (await client.expect("accepted", id="c-1"))["offset"]
        emergency = await client.expect("emergency", cause=cause)
        text, _ = await client.answer(cause)
        first = next(f for f in client.events() if f["type"] == "token")
        self.assertLess(emergency["offset"], first["offset"])
        self.assertTrue(emergency["data"]["message"])
        self.assertTrue(text.startswith(emergency["data"]["message"]), text[:200])


class Typing(ServerCase):
    async def test_typing_goes_to_the_others_and_ends_by_itself(self):
        one = await Native.open(self.server)
        two = await Native.open(self.server, one.session)
        await one.put(type="typing", data={"is_typing": True})
        self.assertTrue((await two.expect("typing"))["data"]["is_typing"])
        self.assertFalse((await two.expect("typing"))["data"]["is_typing"])
        await one.post("echo", {"content": "after"}, "e-1")
        await one.expect("echo")
        self.assertNotIn("typing", [e["type"] for e in one.events()])

    async def test_typing_off_is_passed_on(self):
        one = await Native.open(self.server)
        two = await Native.open(self.server, one.session)
        await one.put(type="typing", data={"is_typing": True})
        await one.put(type="typing", data={"is_typing": False})
        self.assertTrue((await two.expect("typing"))["data"]["is_typing"])
        self.assertFalse((await two.expect("typing", seconds=3))["data"]["is_typing"])


if __name__ == "__main__":
    unittest.main()
