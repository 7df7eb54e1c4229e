"""The assistant speaks from the clinical engine: by itself, in steps, and over a model's shoulder. That all of it
replays byte for byte is checked at the end of each class."""

import base64
import json

from fakes.openai_server import OpenAiServer
from harness.case import ServerCase
from harness.native import Native, check_stream
from harness.streams import builtin_chat


class Asking(ServerCase):
    async def ask(self, content, client=None, id="c-1", **more):
        client = client or await Native.open(self.server)
        await client.post("chat", {"content": content, **more}, id)
        cause = (await client.expect("accepted", id=id))["offset"]
        text, end = await client.answer(cause)
        return client, cause, text, end["data"]

    def notes(self, client):
        """What the plugin kept of the session, state by state."""
        log = self.server.command("log", f"open/{client.session}", "-c", str(self.server.config_path),
                                  "--format", "jsonl")
        rows = [json.loads(line) for line in log.stdout.splitlines()]
        # Eight bytes that name the state before, then what was set.
        return [json.loads(base64.b64decode(row["payload_base64"])[8:]) for row in rows if row["type"] == "state"]


class Builtin(Asking):
    config = builtin_chat(0)

    async def test_messages_and_the_profile_add_up(self):
        client, _, text, _ = await self.ask("It burns when I pee and I am peeing often.", profile={
            "age": 30, "sex": "female", "allergies": {"drug": ["penicillin"]}})
        self.assertIn("- about the person: age 30 years, female", text)
        self.assertIn("- allergic to: penicillin", text)
        self.assertIn("1. Cystitis", text)
        _, _, text, _ = await self.ask("No fever, but now my back hurts.", client, "c-2")
        self.assertIn("pain on passing urine", text)
        self.assertIn("- there is not: fever", text)

    async def test_an_emergency_that_two_messages_make_is_told_once(self):
        client, _, text, _ = await self.ask("My chest hurts.")
        self.assertNotIn("emergency number now", text)
        client, cause, text, _ = await self.ask("I am pouring with sweat now.", client, "c-2")
        warning = await client.expect("emergency", cause=cause)
        self.assertTrue(text.startswith(warning["data"]["message"]))
        first = next(f for f in client.events() if f["type"] == "token" and f["cause"] == cause)
        self.assertLess(warning["offset"], first["offset"])
        _, cause, _, _ = await self.ask("thank you", client, "c-3")
        again = [f for f in client.events() if f["type"] == "emergency" and f["cause"] == cause]
        self.assertEqual(again, [])

    async def test_a_question_about_medicines_is_answered_from_the_rules(self):
        _, _, text, _ = await self.ask("Can I take ibuprofen with warfarin?")
        self.assertIn("ibuprofen with warfarin: major interaction", text)
        _, _, text, _ = await self.ask("Can I take paracetamol with cetirizine?")
        self.assertRegex(text, r"no interaction found in this list \(\d+ rules, kb-[0-9a-f]{16}\)")

    async def test_the_agents_are_the_engines_three_steps(self):
        _, _, text, end = await self.ask(
            "Burning when I pee and peeing often, no fever, no vaginal discharge.", agents=True,
            profile={"age": 30, "sex": "female", "pregnant": False, "allergies": [], "current_medications": []})
        triage, rest = text.split("\n\nDiagnostic:\n")
        diagnostic, treatment = rest.split("\n\nTreatment:\n")
        self.assertIn("How soon: ", triage)
        self.assertIn("1. Cystitis", diagnostic)
        self.assertIn("nitrofurantoin", treatment)
        self.assertEqual(end["agents_completed"], ["triage", "diagnostic", "treatment"])


class BuiltinKilled(Asking):
    config = builtin_chat(10)

    async def test_the_whole_answer_comes_after_kill_9(self):
        question = "I have had a cough with green phlegm and a fever of 38.7 for 4 days."
        _, _, whole, _ = await self.ask(question)
        client = await Native.open(self.server)
        await client.post("chat", {"content": question}, "c-1", since=0)
        cause = (await client.expect("accepted", id="c-1"))["offset"]
        for _ in range(5):
            await client.expect("token", cause=cause)
        self.server.kill()
        self.server.restart()
        again = await client.again(self.server, after=0)
        text, end = await again.answer(cause)
        check_stream(again.events())
        self.assertEqual((text, end["data"]["finish"]), (whole, "stop"))


class Model(Asking):
    invented = "Take 750 mg of ciprofloxacin for your cellulitis."

    @classmethod
    def setUpClass(cls):
        cls.model = OpenAiServer()
        cls.addClassCleanup(cls.model.close)
        cls.config = cls.model.chat_config()
        super().setUpClass()

    async def test_what_it_adds_is_a_note_by_id(self):
        self.model.fail_next({"say": self.invented})
        client, _, text, end = await self.ask("I have a cough.")
        self.assertEqual(text, self.invented)
        self.assertEqual(self.notes(client), [{"unchecked": {
            "message_id": end["message_id"], "replaced": False,
            "drugs": ["ciprofloxacin"], "conditions": ["cellulitis"], "numbers": ["mg"]}}])

    async def test_a_log_line_says_how_much_and_not_what(self):
        self.model.fail_next({"say": self.invented})
        await self.ask("I have a cough.")
        await self.eventually(lambda: "did not give: drugs 1, conditions 1, numbers 1" in self.server.log_text(),
                              "the line in the diary")
        self.assertNotIn("ciprofloxacin", self.server.log_text())


class StrictModel(Asking):
    @classmethod
    def setUpClass(cls):
        cls.model = OpenAiServer()
        cls.addClassCleanup(cls.model.close)
        cls.config = cls.model.chat_config(strict=True)
        super().setUpClass()

    async def test_what_it_adds_is_never_shown(self):
        self.model.fail_next({"say": Model.invented})
        client, _, text, end = await self.ask("I have a cough.")
        self.assertEqual(text, end["content"])
        self.assertIn("This is what I understood so far:\n- there is: cough", text)
        for frame in client.events():
            self.assertNotIn("ciprofloxacin", json.dumps(frame))

    async def test_what_adds_nothing_is_shown_whole(self):
        said = "Please tell me more about the cough: is there breathlessness?"
        self.model.fail_next({"say": said})
        _, _, text, _ = await self.ask("I have a cough.")
        self.assertEqual(text, said)
