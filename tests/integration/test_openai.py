"""The assistant over an OpenAI-compatible service that streams, stalls, breaks and refuses."""

import json
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


class Agents(ServerCase):
    """Triage, diagnostic and treatment: three requests to the service, one answer."""

    names = ["triage", "diagnostic", "treatment"]

    @classmethod
    def setUpClass(cls):
        cls.model = OpenAiServer(token_delay_ms=10)
        cls.addClassCleanup(cls.model.close)
        cls.config = cls.model.chat_config(retries=1)
        super().setUpClass()

    async def ask(self, question, **more):
        client = await Native.open(self.server)
        await client.post("chat", {"content": question, "agents": True, **more}, "c-1", since=0)
        return client, (await client.expect("accepted", id="c-1"))["offset"]

    @staticmethod
    def whole(question):
        asked = [question, *(f"Now the {step} step on my message above." for step in ("diagnostic", "treatment"))]
        headings = ("Triage", "Diagnostic", "Treatment")
        return "\n\n".join(f"{heading}:\n{answer_to(text)}" for heading, text in zip(headings, asked))

    async def test_each_has_its_status_and_its_part(self):
        client, cause = await self.ask("My knee hurts.")
        text, end = await client.answer(cause)
        self.assertEqual(text, self.whole("My knee hurts."))
        self.assertEqual(end["data"]["agents_completed"], self.names)
        start = await client.expect("stream_start", cause=cause)
        self.assertEqual((start["data"]["workflow"], start["data"]["agents"]), ("multi_agent", self.names))
        statuses = [f["data"] for f in client.events() if f["type"] == "status"]
        self.assertEqual([s["status"] for s in statuses],
                         ["validating", "checking_emergency", "processing", "retrieving_context",
                          *(f"running_{name}" for name in self.names)])
        self.assertEqual([s["details"].get("current_agent") for s in statuses[4:]], self.names)
        words = len(text.split()) - 3  # without the headings
        self.assertEqual(end["data"]["usage"]["completion_tokens"], words)

    async def test_an_emergency_is_told_before_any_of_them(self):
        client, cause = await self.ask("I have chest pain and I am sweating.")
        emergency = await client.expect("emergency", cause=cause)
        text, end = await client.answer(cause)
        self.assertTrue(text.startswith(emergency["data"]["message"]))
        self.assertEqual(end["data"]["agents_completed"], self.names)
        self.assertLess(emergency["offset"], next(f["offset"] for f in client.events() if f["type"] == "token"))

    async def test_a_cancel_within_any_of_them_keeps_what_was_said(self):
        for done, name in enumerate(self.names):
            with self.subTest(agent=name):
                client, cause = await self.ask(f"Stopped in {name}?")
                running = await client.until(
                    lambda f: f["type"] == "status" and f["data"]["status"] == f"running_{name}")
                await client.until(lambda f: f["type"] == "token" and f["offset"] > running["offset"] + 2)
                await client.put(type="cancel", session=client.session, cause=cause)
                text, end = await client.answer(cause)
                self.assertEqual(end["data"]["finish"], "cancelled")
                self.assertEqual(end["data"]["agents_completed"], self.names[:done])
                self.assertTrue(self.whole(f"Stopped in {name}?").startswith(text))

    async def test_a_failure_of_one_ends_the_rest(self):
        self.model.fail_next({}, {"status": 401})
        client, cause = await self.ask("Refused?")
        text, end = await client.answer(cause)
        self.assertEqual((end["data"]["finish"], end["data"]["agents_completed"]), ("error", ["triage"]))
        self.assertTrue(text.endswith("Diagnostic:\n"))
        self.assertEqual((await client.expect("error", cause=cause))["data"]["code"], "provider_error")

    async def test_a_retry_after_is_waited_for(self):
        self.model.fail_next({"status": 429, "retry_after": 1})
        client, cause = await self.ask("Later?")
        text, end = await client.answer(cause)
        self.assertEqual(text, self.whole("Later?"))
        log = self.server.command("log", f"open/{client.session}", "-c", str(self.server.config_path),
                                  "--format", "jsonl")
        rows = [json.loads(line) for line in log.stdout.splitlines()]
        self.assertEqual([r["payload"]["delay_us"] for r in rows if r["type"] == "timer"], [1_000_000])

    async def test_kill_9_within_any_of_them_loses_and_doubles_nothing(self):
        for name in self.names:
            with self.subTest(agent=name):
                question = f"Killed in {name}?"
                client, cause = await self.ask(question)
                running = await client.until(
                    lambda f: f["type"] == "status" and f["data"]["status"] == f"running_{name}")
                await client.until(lambda f: f["type"] == "token" and f["offset"] > running["offset"] + 4)
                self.server.kill()
                self.server.restart()
                again = await client.again(self.server, after=0)
                text, end = await again.answer(cause)
                check_stream(again.events())
                self.assertEqual(text, self.whole(question))
                self.assertEqual((end["data"]["finish"], end["data"]["agents_completed"]), ("stop", self.names))


if __name__ == "__main__":
    unittest.main()
