"""The assistant over an OpenAI-compatible service that streams, stalls, breaks and refuses."""

import unittest

from fakes.openai_server import OpenAiServer, answer_to
from harness.case import ServerCase
from harness.native import Native, check_stream


class OpenAi(ServerCase):
    @classmethod
    def setUpClass(cls):
        cls.model = OpenAiServer(token_delay_ms=10)
        cls.addClassCleanup(cls.model.close)
        cls.config = cls.model.chat_config()
        super().setUpClass()

    async def ask(self, question):
        client = await Native.open(self.server)
        await client.post("chat", {"content": question}, "c-1", since=0)
        return client, (await client.expect("accepted", id="c-1"))["offset"]

    async def test_the_answer_is_what_the_service_said(self):
        client, cause = await self.ask("My knee hurts.")
        text, end = await client.answer(cause)
        self.assertEqual(text, answer_to("My knee hurts."))
        self.assertEqual(end["data"]["finish"], "stop")
        self.assertGreater(end["data"]["usage"]["completion_tokens"], 0)

    async def test_a_service_that_is_busy_once_is_asked_again(self):
        question = "Busy? [[status=503]]"
        client, cause = await self.ask(question)
        self.assertEqual((await client.answer(cause))[0], answer_to(question))

    async def test_an_answer_that_breaks_off_is_continued(self):
        question = "Cut short? [[cut_after=5]]"
        client, cause = await self.ask(question)
        text, end = await client.answer(cause)
        self.assertEqual(text, answer_to(question))
        self.assertEqual(end["data"]["finish"], "stop")

    async def test_pieces_cut_inside_characters_are_whole(self):
        question = "Grüße? [[split=3]]"
        client, cause = await self.ask(question)
        self.assertEqual((await client.answer(cause))[0], answer_to(question))

    async def test_a_refusal_is_one_error_and_one_end(self):
        client, cause = await self.ask("Allowed? [[status=401 times=9]]")
        text, end = await client.answer(cause)
        self.assertEqual((text, end["data"]["finish"]), ("", "error"))
        self.assertTrue((await client.expect("error", cause=cause))["data"]["message"])

    async def test_a_cancel_stops_it(self):
        client, cause = await self.ask("Endless? [[words=2000]]")
        await client.expect("token", cause=cause)
        await client.put(type="cancel", session=client.session, cause=cause)
        text, end = await client.answer(cause)
        self.assertEqual((text, end["data"]["finish"]), (end["data"]["content"], "cancelled"))

    async def test_an_answer_goes_on_after_kill_9(self):
        question = "Killed? [[words=120]]"
        client, cause = await self.ask(question)
        for _ in range(3):
            await client.expect("token", cause=cause)
        self.server.kill()
        self.server.restart()
        again = await client.again(self.server, after=0)
        text, end = await again.answer(cause)
        check_stream(again.events())
        self.assertEqual(end["data"]["finish"], "stop")
        self.assertTrue(text)


if __name__ == "__main__":
    unittest.main()
