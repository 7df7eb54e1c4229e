"""Resume: complete, or it says that it is not; over reconnects, kill -9 and foreign epochs."""

import unittest

from harness.case import ServerCase
from harness.native import Native, check_stream
from harness.streams import QUESTION, builtin_chat


async def say(client, first, last):
    for number in range(first, last):
        await client.post("broadcast", {"content": number}, f"b-{number}", since=0)
    await heard(client, last - 1)


async def heard(client, number):
    await client.until(lambda f: f["type"] == "broadcast" and f["data"]["content"] == number)


def contents(events):
    return [e["data"]["content"] for e in events]


class Resume(ServerCase):
    config = builtin_chat(token_delay_ms=10)

    async def test_what_was_missed_comes_once_and_in_order(self):
        writer = await Native.open(self.server)
        reader = await Native.open(self.server, writer.session)
        await say(writer, 0, 5)
        await heard(reader, 4)
        last = reader.events()[-1]["offset"]
        await reader.close()
        await say(writer, 5, 300)
        again = await Native.open(self.server, writer.session, after=last, epoch=writer.epoch)
        self.assertTrue(again.opened["resumed"])
        live = await again.expect("session.live")
        self.assertEqual(contents(again.events()), list(range(5, 300)))
        self.assertEqual(live["offset"], again.opened["head"])
        await say(writer, 300, 301)
        await heard(again, 300)

    async def test_after_0_gives_the_beginning(self):
        writer = await Native.open(self.server)
        await say(writer, 0, 10)
        again = await Native.open(self.server, writer.session, after=0, epoch=writer.epoch)
        await again.expect("session.live")
        self.assertEqual(contents(again.events()), list(range(10)))

    async def test_without_after_only_what_is_new(self):
        writer = await Native.open(self.server)
        await say(writer, 0, 3)
        follower = await Native.open(self.server, writer.session)
        await follower.expect("session.live")
        await say(writer, 3, 4)
        await follower.expect("broadcast")
        self.assertEqual(contents(follower.events()), [3])

    async def test_after_beyond_the_head_is_a_reset(self):
        await self._expect_reset("ahead", lambda c: {"after": 1_000, "epoch": c.epoch})

    async def test_a_foreign_epoch_is_a_reset(self):
        foreign = await self._foreign_epoch()
        await self._expect_reset("epoch", lambda c: {"after": 2, "epoch": foreign})

    async def test_after_without_epoch_is_a_reset(self):
        await self._expect_reset("epoch", lambda c: {"after": 2})

    async def _foreign_epoch(self):
        epoch = (await Native.open(self.server)).epoch
        if isinstance(epoch, int):
            return epoch + 1
        return ("0" if epoch[0] != "0" else "1") + epoch[1:]

    async def _expect_reset(self, reason, position):
        writer = await Native.open(self.server)
        await say(writer, 0, 3)
        again = await Native.open(self.server, writer.session, **position(writer))
        self.assertFalse(again.opened["resumed"])
        reset = await again.expect("session.reset", reason=reason)
        self.assertEqual((reset["epoch"], reset["head"]), (writer.epoch, 6))
        await again.expect("session.live")
        self.assertEqual(contents(again.events()), [0, 1, 2])

    async def test_inside_a_stream_the_rest_of_it_comes(self):
        client = await Native.open(self.server)
        await client.post("chat", {"content": QUESTION}, "c-1", since=0)
        cause = (await client.expect("accepted", id="c-1"))["offset"]
        for _ in range(3):
            last = await client.expect("token", cause=cause)
        await client.close()
        again = await Native.open(self.server, client.session, after=last["offset"], epoch=client.epoch)
        await again.answer(cause)
        check_stream([f for f in client.events() if f["offset"] <= last["offset"]] + again.events())


class Killed(ServerCase):
    """kill -9 in the middle; the same port and the same state folder afterwards."""

    config = builtin_chat(token_delay_ms=30)

    async def test_a_half_streamed_answer_goes_on_after_kill_9(self):
        client = await Native.open(self.server)
        await client.post("chat", {"content": QUESTION}, "c-1", since=0)
        cause = (await client.expect("accepted", id="c-1"))["offset"]
        for _ in range(3):
            await client.expect("token", cause=cause)
        self.server.kill()
        last = await self._drained(client)
        self.server.restart()
        again = await client.again(self.server, last)
        self.assertTrue(again.opened["resumed"])
        _, end = await again.answer(cause)
        self.assertEqual(end["data"]["finish"], "stop")
        check_stream(client.events() + again.events())

    async def test_a_repeat_after_kill_9_runs_nothing(self):
        client = await Native.open(self.server)
        await client.post("echo", {"content": "once"}, "e-1", since=0)
        await client.expect("accepted", id="e-1")
        self.server.kill()
        last = await self._drained(client)
        self.server.restart()
        again = await client.again(self.server, last)
        await again.post("echo", {"content": "once"}, "e-1", since=0)
        self.assertTrue((await again.expect("accepted", id="e-1"))["duplicate"])
        await again.post("echo", {"content": "end"}, "e-2", since=0)
        await again.until(lambda f: f["type"] == "echo" and f["data"]["content"] == "end")
        self.assertEqual(contents(client.events() + again.events()), ["once", "end"])

    async def _drained(self, client):
        """Reads what still was on the way; returns the last offset that the client holds."""
        try:
            while True:
                await client.frame()
        except Exception as error:  # whichever way the connection broke
            self.assertNotIsInstance(error, AssertionError)
        return client.events()[-1]["offset"] if client.events() else 0


if __name__ == "__main__":
    unittest.main()
