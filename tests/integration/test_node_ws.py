"""Every route with npm's `ws`, a second implementation of WebSocket that knows nothing of ours."""

import json
import os
import pathlib
import subprocess
import unittest

from harness.case import ServerCase
from harness.streams import QUESTION, builtin_chat

CLIENT = pathlib.Path(__file__).with_name("ws_client.mjs")


class NodeWs(ServerCase):
    config = builtin_chat(token_delay_ms=0)

    def talk(self, path, frames, count, protocol=""):
        texts = json.dumps([f if isinstance(f, str) else json.dumps(f) for f in frames])
        done = subprocess.run(["node", CLIENT, self.server.url(path), texts, str(count), protocol],
                              capture_output=True, text=True, timeout=60, env=os.environ)
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(lines[-1], {"code": 1000})
        self.assertFalse(any(line["binary"] for line in lines[:-1]))
        return [line["text"] for line in lines[:-1]]

    def test_native_with_resume(self):
        frames = [{"type": "session.open"}] + [
            {"type": "echo", "id": f"e-{n}", "since": 0, "data": {"content": n}} for n in range(3)]
        got = [json.loads(t) for t in self.talk("/v1/session", frames, 8, "chartroom.v1")]
        self.assertEqual([g["data"]["content"] for g in got if g["type"] == "echo"], [0, 1, 2])
        opened = got[0]
        first = next(g for g in got if g["type"] == "echo")
        resume = {"type": "session.open", "session": opened["session"], "after": first["offset"],
                  "epoch": opened["epoch"], "participant": opened["participant"]}
        got = [json.loads(t) for t in self.talk("/v1/session", [resume], 4, "chartroom.v1")]
        self.assertEqual([g["data"]["content"] for g in got if g["type"] == "echo"], [1, 2])

    def test_plain_with_resume(self):
        reply = json.loads(self.talk("/ws", [{"content": QUESTION}], 1)[0])
        self.assertEqual(self.talk("/ws", ["hello"], 1), ["Echo: hello"])
        path = f"/ws?session={reply['session']}&after=0&epoch={reply['epoch']}"
        self.assertEqual(json.loads(self.talk(path, [], 1)[0])["reply"], reply["reply"])

    def test_question_with_resume(self):
        start = json.loads(self.talk("/ws/chat", [QUESTION], 1)[0])
        self.assertEqual(start["type"], "start")
        path = f"/ws/chat?session={start['session']}&after=0&epoch={start['epoch']}"
        kinds = [json.loads(t)["type"] for t in self.talk(path, [], 3)]
        self.assertEqual(kinds, ["start", "token", "token"])

    def test_clinical_with_resume(self):
        got = [json.loads(t) for t in self.talk("/ws/anna", [{"type": "chat", "message": QUESTION}], 3)]
        self.assertEqual([g["type"] for g in got], ["stream_chunk"] * 3)
        path = f"/ws/anna?session={got[0]['session']}&after={got[1]['offset']}&epoch={got[0]['epoch']}"
        again = json.loads(self.talk(path, [], 1)[0])
        self.assertEqual((again["content"], again["offset"]), (got[2]["content"], got[2]["offset"]))

    def test_stream_with_resume(self):
        got = [json.loads(t) for t in self.talk("/api/v1/ws/chat", [{"message": QUESTION}], 3)]
        self.assertEqual([g["type"] for g in got], ["connection", "stream_start", "status"])
        path = f"/api/v1/ws/chat?session={got[0]['session_id']}&after={got[1]['offset']}&epoch={got[0]['epoch']}"
        again = [json.loads(t) for t in self.talk(path, [], 3)]
        self.assertEqual([g["type"] for g in again], ["connection", "stream_start", "status"])
        self.assertEqual((again[0]["status"], again[2]["offset"]), ("resumed", got[2]["offset"]))

    def test_conversation_with_resume(self):
        done = self.server.command("token", "-c", str(self.server.config_path), "--sub", "42")
        auth = {"type": "auth", "token": done.stdout.strip()}
        message = {"type": "send_message", "data": {"conversation_id": 9, "content": QUESTION}}
        got = [json.loads(t) for t in self.talk("/api/v1/chat/ws", [auth, message], 3)]
        self.assertEqual([g["type"] for g in got], ["auth_success", "message_received", "stream_start"])
        join = {"type": "join_conversation",
                "data": {"conversation_id": 9, "after": got[1]["offset"], "epoch": got[1]["epoch"]}}
        again = [json.loads(t) for t in self.talk("/api/v1/chat/ws", [auth, join], 3)]
        self.assertEqual([g["type"] for g in again], ["auth_success", "stream_start", "stream_content"])
        self.assertEqual(again[1]["offset"], got[2]["offset"])

    def test_broadcast_with_resume(self):
        heard = json.loads(self.talk("/ws/broadcast?envelope=1", ["one"], 1)[0])
        self.assertEqual(heard["text"], "Someone said: one")
        self.talk("/ws/broadcast", ["two"], 1)
        path = f"/ws/broadcast?after={heard['offset']}&epoch={heard['epoch']}"
        self.assertEqual(self.talk(path, [], 1), ["Someone said: two"])


if __name__ == "__main__":
    unittest.main()
