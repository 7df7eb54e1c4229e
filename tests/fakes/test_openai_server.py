#!/usr/bin/python3
"""The fake service against http.client."""

import http.client
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from openai_server import OpenAiServer, answer_to  # noqa: E402

CONTINUE = {"role": "user", "content": "Continue your previous answer."}


class OpenAiServerTest(unittest.TestCase):
    def setUp(self):
        self.server = OpenAiServer()
        self.addCleanup(self.server.close)

    def ask(self, *messages, key=""):
        """(status, text, whole): `whole` is False if the body broke off."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)
        self.addCleanup(connection.close)
        body = {"model": "fake", "stream": True, "stream_options": {"include_usage": True}, "messages": list(messages)}
        connection.request("POST", "/v1/chat/completions", json.dumps(body), {"Idempotency-Key": key})
        response = connection.getresponse()
        try:
            data, whole = response.read(), True
        except http.client.IncompleteRead as cut:
            data, whole = cut.partial, False
        lines = [line[6:] for line in data.decode().split("\n\n") if line.startswith("data: ") and "[DONE]" not in line]
        text = "".join(choice["delta"].get("content", "") for line in lines for choice in json.loads(line)["choices"])
        return response.status, text, whole

    def test_the_answer_follows_from_the_question(self):
        for _ in range(2):
            self.assertEqual(self.ask({"role": "user", "content": "hi"}), (200, answer_to("hi"), True))
        self.assertNotEqual(answer_to("hi"), answer_to("ho"))

    def test_a_cut_answer_is_continued_to_the_same_whole(self):
        self.server.fail_next({"cut_after": 7})
        question = {"role": "user", "content": "hi"}
        _, first, whole = self.ask(question)
        self.assertFalse(whole)
        _, rest, whole = self.ask(question, {"role": "assistant", "content": first}, CONTINUE)
        self.assertTrue(whole)
        self.assertEqual(first + rest, answer_to("hi"))
        self.assertEqual([r["continued"] for r in self.server.requests], [False, True])

    def test_a_repeated_key_gets_the_same_and_uses_up_no_fault(self):
        self.server.fail_next({"status": 503})
        question = {"role": "user", "content": "hi"}
        self.assertEqual(self.ask(question, key="a")[0], 503)
        self.assertEqual(self.ask(question, key="a")[0], 503)
        self.assertEqual(self.ask(question, key="b")[0], 200)

    def test_a_question_may_ask_for_its_fault_once(self):
        question = {"role": "user", "content": "hi [[status=429]]"}
        self.assertEqual([self.ask(question)[0] for _ in range(2)], [429, 200])

    def test_split_writes_are_the_same_bytes(self):
        self.server.fail_next({"split": 7})
        self.assertEqual(self.ask({"role": "user", "content": "hi"}), (200, answer_to("hi"), True))


if __name__ == "__main__":
    unittest.main()
