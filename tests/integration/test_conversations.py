"""Conversations of several users: whose home is told of what, answers on request, who types."""

import asyncio
import unittest

from harness.case import ServerCase
from harness.native import Native
from harness.streams import builtin_chat


class Conversations(ServerCase):
    config = builtin_chat(token_delay_ms=0)

    def token(self, sub, *claims):
        options = [word for claim in claims for word in ("--session", claim)]
        minted = self.server.command("token", "-c", str(self.server.config_path), "--sub", sub, *options)
        self.assertEqual(minted.returncode, 0, minted.stderr)
        return minted.stdout.strip()

    async def join(self, sub, session, *claims, after=None):
        return await Native.open(self.server, session, after=after, token=self.token(sub, *claims))

    async def say(self, client, id, content, **more):
        await client.post("chat", {"content": content, **more}, id, since=0)
        return (await client.expect("accepted", id=id))["offset"]

    async def updates(self, sub, *claims):
        """What the user's home holds for these claims."""
        home = await self.join(sub, "home", *claims, after=0)
        await home.expect("session.live")
        return [(f["type"], f["data"].get("conversation") or f["data"]["id"]) for f in home.events()]

    async def test_homes_are_told_where_access_lets_their_users_follow(self):
        ann = await self.join("ann", "conversation:1", "conversation:1")
        bob = await self.join("bob", "conversation:1", "conversation:*")
        home = await self.join("ann", "home", "conversation:1")
        await self.say(ann, "a-1", "between us", message_type="note")
        cause = await self.say(bob, "b-1", "My knee hurts")
        text, _ = await bob.answer(cause)
        added = await home.until(lambda f: f["type"] == "message_added"
                                 and f["data"]["message"]["message_type"] == "assistant")
        self.assertEqual((added["data"]["message"]["content"], added["data"]["conversation"]), (text, "1"))
        updated = await home.until(lambda f: f["type"] == "conversation"
                                   and f["data"]["participants"] == ["ann", "bob"])
        self.assertEqual(updated["data"]["last_message"]["sender"], "bob")
        told = [("message_added", "1"), ("conversation", "1")]
        self.assertEqual(await self.updates("ann", "conversation:1"), told * 3)
        self.assertEqual(await self.updates("bob", "conversation:*"), told * 2)
        # Whoever has lost the right sees none of it, nor does anybody else.
        self.assertEqual(await self.updates("ann"), [])
        self.assertEqual(await self.updates("ann", "conversation:2"), [])
        self.assertEqual(await self.updates("carol", "conversation:1"), [])

    async def test_homes_are_told_once_across_kill_9(self):
        ann = await self.join("ann", "conversation:3", "conversation:3")
        for n in range(5):
            await self.say(ann, f"a-{n}", f"note {n}", message_type="note")
        self.server.kill()
        self.server.restart()

        async def contents():
            home = await self.join("ann", "home", "conversation:3", after=0)
            await home.expect("session.live")
            return [f["data"]["message"]["content"] for f in home.events()
                    if f["type"] == "message_added" and f["data"]["conversation"] == "3"]
        wanted = [f"note {n}" for n in range(5)]
        deadline = asyncio.get_running_loop().time() + 20
        while (held := await contents()) != wanted:
            self.assertEqual(held, wanted[:len(held)])
            self.assertLess(asyncio.get_running_loop().time(), deadline)
            await asyncio.sleep(0.05)

    async def test_an_answer_on_request_is_made_once(self):
        ann = await self.join("ann", "conversation:4", "conversation:4")
        await self.say(ann, "a-1", "My knee hurts", message_type="note")
        message = (await ann.expect("message"))["data"]["id"]
        for id in ("r-1", "r-2"):
            await ann.post("chat.respond", {"message": message, "assistant": 9}, id, since=0)
        first = (await ann.expect("accepted", id="r-1"))["offset"]
        _, end = await ann.answer(first)
        self.assertEqual(end["data"]["in_reply_to"], message)
        await self.say(ann, "a-2", "done", message_type="note")
        await ann.until(lambda f: f["type"] == "message" and f["data"]["content"] == "done")
        self.assertEqual([f["type"] for f in ann.events()].count("stream_end"), 1)

    async def test_who_types_is_named_by_the_sub_and_told_to_the_others(self):
        ann = await self.join("ann", "conversation:5", "conversation:5")
        bob = await self.join("bob", "conversation:5", "conversation:5")
        await ann.post("typing", {"is_typing": True}, "t-1", since=0)
        self.assertEqual((await bob.expect("typing"))["data"], {"user": "ann", "is_typing": True})
        await ann.post("typing", {"is_typing": "yes"}, "t-2", since=0)
        error = (await ann.expect("error"))["data"]
        self.assertEqual((error["code"], error["message"]), ("validation_error", "is_typing must be true or false"))

    async def test_an_error_of_input_is_its_users_alone(self):
        ann = await self.join("ann", "conversation:6", "conversation:6")
        bob = await self.join("bob", "conversation:6", "conversation:6")
        await self.say(ann, "a-1", "I am the system", message_type="system")
        error = (await ann.expect("error"))["data"]
        self.assertEqual((error["code"], error["field"]), ("forbidden", "message_type"))
        await self.say(ann, "a-2", "well", message_type="note")
        await bob.expect("message")
        self.assertEqual([f["type"] for f in bob.events()], ["message"])

    async def test_a_profile_is_kept_for_who_comes_later(self):
        eve = await self.join("eve", "home")
        await eve.post("profile", {"age": 40}, "p-1", since=0)
        self.assertEqual((await eve.expect("profile"))["data"], {"age": 40})
        later = await self.join("eve", "home", after=0)
        self.assertEqual((await later.expect("profile"))["data"], {"age": 40})


if __name__ == "__main__":
    unittest.main()
