"""`chartroom chat`: every native route, with and without a token; over a restart; and an end where there is none."""

import asyncio
import json
import os
import re

from harness.native import within
from harness.routes import Routes
from harness.server import BINARY
from harness.streams import QUESTION, builtin_chat

OTHER_FORMATS = {"/ws": "plain", "/ws/chat": "question", "/ws/broadcast": "broadcast", "/ws/{user_id}": "clinical",
                 "/api/v1/ws/chat": "stream", "/api/v1/chat/ws": "conversation"}


class TerminalChat(Routes):
    config = {**builtin_chat(token_delay_ms=8), "limits": {"frame_bytes": 4096},
              "route": [{"path": "/v1/session", "dialect": "native"},
                        {"path": "/must", "dialect": "native", "auth": "required"},
                        *({"path": path, "dialect": dialect} for path, dialect in OTHER_FORMATS.items())]}

    async def chat(self, path, *arguments, token=None):
        environment = {**os.environ, "NO_COLOR": "1", **({"CHARTROOM_TOKEN": token} if token else {})}
        process = await asyncio.create_subprocess_exec(
            BINARY, "chat", "--url", self.server.url(path), *arguments, env=environment, stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
        self.addAsyncCleanup(self.reap, process)
        return process

    async def reap(self, process):
        if process.returncode is None:
            process.kill()
        await process.wait()

    async def say(self, path, *arguments, token=None):
        """(exit code, output, complaints) of one message."""
        process = await self.chat(path, "--send", QUESTION, *arguments, token=token)
        out, err = await within(process.communicate())
        return process.returncode, out.decode(), err.decode()

    def logged(self, session):
        done = self.server.command("log", session, "-c", str(self.server.config_path), "--format", "jsonl")
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        return [row["payload"]["content"] for row in rows if row["type"] == "stream_end"]

    async def test_one_message_and_its_answer_on_every_native_route(self):
        token = self.token("anna")
        for path, arguments, known in (("/v1/session", (), None), ("/v1/session", (), token), ("/must", (), token),
                                       ("/must", ("--token", token), None)):
            with self.subTest(path=path, arguments=len(arguments), known=bool(known)):
                code, out, err = await self.say(path, *arguments, token=known)
                self.assertEqual(code, 0, err)
                session = re.search(r"\[session (\S+)\]", err)[1]
                folder = "open" if not known and not arguments else "user/anna"
                self.assertIn(self.logged(f"{folder}/{session}")[0].strip(), out)

    async def test_a_session_is_gone_on_with_by_its_name(self):
        token = self.token("ben")
        for _ in range(2):
            code, _, err = await self.say("/must", "--session", "home", token=token)
            self.assertEqual((code, err), (0, "[session home]\n"))
        self.assertEqual(len(self.logged("user/ben/home")), 2)

    async def test_who_is_turned_away_is_told_and_does_not_come_back(self):
        cases = [("/must", None, "4001"), ("/v1/session", "not.a.token", "401"), ("/nothing", None, "404")]
        cases += [(path.format(user_id="anna"), None, "does not speak the native protocol") for path in OTHER_FORMATS]
        for path, token, says in cases:
            with self.subTest(path=path):
                code, _, err = await self.say(path, token=token)
                self.assertEqual(code, 2, err)
                self.assertIn(says, err)
                self.assertEqual(err.count("\n"), 1, err)

    async def test_a_message_that_is_too_long_is_refused_and_the_rest_goes_on(self):
        process = await self.chat("/v1/session")
        process.stdin.write(("x" * 5_000 + "\n" + QUESTION + "\n").encode())
        process.stdin.close()
        out = (await within(process.stdout.read())).decode()
        self.assertEqual(await within(process.wait()), 0)
        self.assertIn("message_too_long", out)

    async def test_a_kill_of_the_server_in_the_middle_of_an_answer_leaves_it_whole(self):
        process = await self.chat("/v1/session")
        process.stdin.write((QUESTION + "\n").encode())
        out = await within(process.stdout.read(30))
        self.server.kill()
        self.server.restart()
        process.stdin.write(b"And my back hurts.\n")
        process.stdin.close()
        out = (out + await within(process.stdout.read())).decode()
        err = (await within(process.stderr.read())).decode()
        self.assertEqual(await within(process.wait()), 0, err)
        self.assertIn("connection lost, trying again", err)
        session = re.search(r"\[session (\S+)\]", err)[1]
        answers = self.logged(f"open/{session}")
        self.assertEqual(len(answers), 2)
        for answer in answers:
            self.assertEqual(out.count(answer.strip()), 1, out)

    async def test_help_names_what_there_is(self):
        done = self.server.command("chat", "--help")
        for word in ("--url", "--token", "CHARTROOM_TOKEN", "--session", "--all", "--send", "--json", "/stop", "/quit", "Exit:"):
            self.assertIn(word, done.stdout)


if __name__ == "__main__":
    import unittest
    unittest.main()
