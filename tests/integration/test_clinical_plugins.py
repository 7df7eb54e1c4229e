"""The plugins `diagnosis` and `prescription` that are shipped, in a server, as a front end uses them.

What they conclude is judged by tests/unit/clinical; here is what a client sees of it, and that it is
whole, the same wherever it runs, and said once, whatever happens to the server meanwhile.
"""

import asyncio
import unittest

from harness.native import Native
from harness.routes import Routes
from harness.server import Server

HEART_ATTACK = {
    "symptoms": [{"name": "crushing chest pain", "severity": 9, "duration": "40 minutes"},
                 {"name": "sweating"}, {"name": "pain in both arms"}, {"name": "fever", "absent": True}],
    "vitals": {"temperature": "98.6 F", "heart_rate": 104, "blood_pressure": "130/80", "respiratory_rate": 20,
               "oxygen_saturation": 96, "consciousness": "A"},
    "history": {"age": 61, "sex": "male", "conditions": ["hypertension"], "medications": ["amlodipine"], "allergies": []},
}
EAR_ACHE = {"diagnosis": "otitis media", "patient_info": {"age": 4, "weight": 16}, "allergies": ["penicillin"],
            "current_medications": []}
STAGES = {
    "diagnosis": [(10, "symptoms_analysis"), (30, "vitals_evaluation"), (50, "history_review"),
                  (70, "differential_diagnosis"), (90, "primary_diagnosis"), (100, "complete")],
    "prescription": [(10, "allergy_check"), (30, "medication_selection"), (60, "interaction_check"),
                     (80, "monitoring_advice"), (95, "finalization"), (100, "complete")],
}


def stages_of(frames):
    return [(f["progress"], f["stage"]) for f in frames if f["type"] == "progress"]


class ClinicalPlugins(Routes):
    async def ask(self, kind, data, path="/ws/anna"):
        async with self.connect(path) as socket:
            await self.send(socket, type=kind, data=data)
            return await self.until(socket, "complete")

    async def test_a_diagnosis_is_six_stages_and_a_result_for_review(self):
        frames = await self.ask("diagnosis", HEART_ATTACK)
        self.assertEqual(stages_of(frames), STAGES["diagnosis"])
        result = frames[-1]["result"]
        self.assertIn("Acute coronary syndrome", result["primary_diagnosis"])
        self.assertEqual(result["urgency"], "emergency")
        self.assertIn("not a diagnosis", result["disclaimer"])
        self.assertRegex(result["kb_version"], r"^kb-[0-9a-f]{16}$")
        kinds = [f["type"] for f in frames]
        emergency = next(i for i, f in enumerate(frames) if f["type"] == "emergency" or "emergency" in str(f.get("content")))
        self.assertLess(emergency, kinds.index("progress"))

    async def test_a_prescription_goes_round_an_allergy_and_wants_a_signature(self):
        frames = await self.ask("prescription", EAR_ACHE)
        self.assertEqual(stages_of(frames), STAGES["prescription"])
        result = frames[-1]["result"]
        self.assertEqual([m["medication"] for m in result["medications"]], ["clarithromycin"])
        self.assertTrue(result["requires_prescriber_signature"])
        rejected = [one for f in frames if f["type"] == "stream_chunk" and isinstance(f["content"], dict)
                    for one in f["content"].get("rejected", [])]
        self.assertIn("amoxicillin", [one["drug"] for one in rejected])

    async def test_bad_input_names_the_field_and_the_accepted_form(self):
        def vitals(**given):
            return {"symptoms": [{"name": "cough"}], "vitals": given}

        wrong = [("diagnosis", vitals(temperature="400 °C"), "vitals.temperature", "°C"),
                 ("diagnosis", vitals(blood_pressure="130-80-20"), "vitals.blood_pressure", "130/80"),
                 ("diagnosis", vitals(heart_rate="quick"), "vitals.heart_rate", "minute"),
                 ("diagnosis", {"vitals": {}}, "symptoms", ""),
                 ("diagnosis", {"symptoms": "cough"}, "symptoms", ""),
                 ("prescription", {"patient_info": {"age": 4}}, "diagnosis", ""),
                 ("prescription", {**EAR_ACHE, "patient_info": {"age": 400}}, "patient_info.age", "120"),
                 ("prescription", {**EAR_ACHE, "allergies": 5}, "allergies", "")]
        client = await Native.open(self.server)
        for number, (kind, data, field, form) in enumerate(wrong):
            with self.subTest(data=data):
                await client.post(kind, data, f"m-{number}")
                error = (await client.expect("error"))["data"]
                self.assertEqual((error["code"], error["field"]), ("validation_error", field))
                self.assertIn(form, error["message"])
        await client.post("diagnosis", HEART_ATTACK, "good")
        await client.expect("complete")

    async def test_nothing_that_is_not_given_is_taken_for_normal(self):
        frames = await self.ask("diagnosis", {"symptoms": [{"name": "cough"}, {"name": "gloopy sneeb"}]})
        chunks = [f["content"] for f in frames if f["type"] == "stream_chunk"]
        self.assertEqual([one["input"] for one in chunks[0]["unmatched"]], ["gloopy sneeb"])
        self.assertEqual(chunks[1]["vitals"], [])
        self.assertIn("temperature", chunks[1]["missing"])

    async def test_a_diagnosis_that_is_not_known_is_referred_with_the_nearest_names(self):
        frames = await self.ask("prescription", {**EAR_ACHE, "diagnosis": "otitis medja externis"})
        result = frames[-1]["result"]
        self.assertEqual(result["medications"], [])
        self.assertIn("does not know", result["refer"]["reason"])
        nearest = result["refer"]["nearest"]
        self.assertEqual(nearest[0], "otitis externa")
        self.assertEqual(len({name.removeprefix("acute ") for name in nearest}), len(nearest), nearest)


class KilledBetweenStages(Routes):
    config = {"plugins": {"diagnosis": {"config": {"pace_ms": 200}}}}

    async def test_the_stages_go_on_after_a_kill_and_come_once(self):
        async with self.connect("/ws/anna") as socket:
            await self.send(socket, type="diagnosis", data=HEART_ATTACK)
            seen = await self.until(socket, "progress")
            self.server.kill()
        self.server.start()
        begun = next(f for f in seen if "session" in f)
        place = dict(session=begun["session"], after=seen[-1]["offset"], epoch=begun["epoch"])
        async with self.connect("/ws/anna", **place) as socket:
            seen += await self.until(socket, "complete")
        self.assertEqual(stages_of(seen), STAGES["diagnosis"])
        self.assertEqual([f["type"] for f in seen].count("complete"), 1)


class Elsewhere(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        asyncio.get_running_loop().set_debug(False)

    async def said(self, environment):
        """All that the two plugins say, as bytes of the log."""
        server = Server({}, environment)
        self.addCleanup(server.close)
        server.start()
        client = await Native.open(server)
        for kind, data in (("diagnosis", HEART_ATTACK), ("prescription", EAR_ACHE)):
            await client.post(kind, data, kind)
            await client.expect("complete")
        said = [(f["type"], f["data"]) for f in client.frames if "prev" in f]
        await Native.abandon_all()
        return said

    async def test_another_locale_and_time_zone_change_no_byte(self):
        here = await self.said({"LC_ALL": "C", "TZ": "UTC"})
        there = await self.said({"LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8", "TZ": "Pacific/Chatham"})
        self.assertGreater(len(here), 20)
        self.assertEqual(here, there)


if __name__ == "__main__":
    unittest.main()
