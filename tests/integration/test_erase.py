"""Erasing, with the real program: a search over every file of the state directory finds nothing of
what was erased, the log still checks out, clients are told, and kill -9 in the middle loses nothing."""

import json
import signal
import sqlite3
import subprocess
import time

import websockets

from harness.case import ServerCase
from harness.native import Native, within
from harness.server import BINARY, PATIENCE_SECONDS

KNEE = "my-knee-hurts-at-night"


def files_with(server, text):
    needle = text.encode()
    return sorted(str(path.relative_to(server.state)) for path in server.state.rglob("*")
                  if path.is_file() and needle in path.read_bytes())


def ledger(server):
    """(begun, complete) erasures, read beside whoever has the log."""
    log = sqlite3.connect(f"file:{server.state}/chartroom.db?mode=ro", uri=True)
    try:
        return log.execute("SELECT count(*), coalesce(sum(state = 2), 0) FROM erasure").fetchone()
    finally:
        log.close()


def wait_for(condition, what):
    deadline = time.monotonic() + 3 * PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not in time")
        time.sleep(0.005)


class EraseCase(ServerCase):
    audited = False  # an erased session cannot be replayed; the tests verify

    def setUp(self):
        if self.server.process.poll() is not None:
            self.server.start()

    def run_command(self, *arguments):
        return self.server.command(*arguments, "-c", str(self.server.config_path))

    def erase(self, *arguments):
        return self.run_command("erase", *arguments, "--reason", "case 17", "--json")

    def stop(self):
        self.assertEqual(self.server.terminate(), 0)

    def session_ids(self):
        done = self.run_command("sessions", "--json")
        return {row["id"]: row for row in map(json.loads, done.stdout.splitlines())}

    def token(self, sub, *sessions):
        claims = [part for name in sessions for part in ("--session", name)]
        return self.run_command("token", "--sub", sub, *claims).stdout.strip()

    async def chat(self, client, text, id, session=None):
        await client.post("chat", {"content": text}, id, since=0, session=session)
        accepted = await client.expect("accepted", id=id)
        await client.answer(accepted["offset"], session=session)
        return accepted["offset"]


class ASession(EraseCase):
    async def test_nothing_of_it_is_left_and_everybody_is_told(self):
        client = await Native.open(self.server)
        other = await Native.open(self.server)
        await self.chat(client, f"{KNEE} and hurts", "client-one-17")
        await self.chat(other, "something else that stays", "c-2")
        session, kept = client.session, other.session
        self.assertTrue(files_with(self.server, KNEE))

        refused = self.erase(f"open/{session}")
        self.assertEqual(refused.returncode, 2, refused.stdout)
        self.assertIn("another server has this log", refused.stderr)
        self.assertIn("DELETE", refused.stderr)
        self.stop()

        done = self.erase(f"open/{session}")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout),
                         {"session": f"open/{session}", "sessions": 1, "erased_before": False})
        for text in (KNEE, "client-one-17"):
            self.assertEqual(files_with(self.server, text), [], text)
        self.assertTrue(files_with(self.server, "something else that stays"))

        verified = self.run_command("verify")
        self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)
        ids = self.session_ids()
        self.assertTrue(ids[f"open/{session}"]["erased"])
        self.assertFalse(ids[f"open/{kept}"]["erased"])
        replayed = self.run_command("replay", f"open/{session}")
        self.assertEqual(replayed.returncode, 2, replayed.stdout)
        self.assertIn("erased", replayed.stdout)
        self.assertEqual(self.run_command("replay", f"open/{kept}").returncode, 0)
        shown = self.run_command("log", f"open/{session}")
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertIn("[erased]", shown.stdout)
        again = self.erase(f"open/{session}")
        self.assertEqual(again.returncode, 0)
        self.assertTrue(json.loads(again.stdout)["erased_before"])
        missing = self.erase("open/00000000-0000-4000-8000-00000000dead")
        self.assertEqual(missing.returncode, 2, missing.stdout)

        self.server.start()
        late = await Native.connect(self.server)
        await late.put(type="session.open", session=session, after=1, epoch=client.epoch,
                       participant=client.opened["participant"])
        error = await late.expect("error")
        self.assertEqual((error["code"], error["fatal"]), ("erased", True))
        with self.assertRaises(websockets.ConnectionClosed):
            await within(late.socket.recv())
        self.assertEqual(late.socket.close_code, 4009)
        back = await other.again(self.server)
        self.assertTrue(back.opened["resumed"])

    async def test_kill_in_the_middle_is_completed_by_the_next_start(self):
        client = await Native.open(self.server)
        for batch in range(20):
            for i in range(100):
                await client.post("echo", {"content": f"{KNEE} {batch} {i}"}, f"k-{batch}-{i}", since=0)
            await client.expect("accepted", id=f"k-{batch}-99")
        self.stop()
        erasing = subprocess.Popen(
            [BINARY, "erase", f"open/{client.session}", "--reason", "x", "-c", str(self.server.config_path)],
            cwd=self.server.folder, env=self.server.environment, stdout=subprocess.DEVNULL)
        begun, complete = ledger(self.server)
        try:
            wait_for(lambda: ledger(self.server)[0] > begun or erasing.poll() is not None, "the beginning")
        finally:
            erasing.send_signal(signal.SIGKILL)
            erasing.wait(PATIENCE_SECONDS)
        self.assertEqual(erasing.returncode, -signal.SIGKILL, "it was through before it was killed")
        self.assertTrue(files_with(self.server, KNEE), "it was through before it was killed")
        self.server.start()
        wait_for(lambda: ledger(self.server) == (begun + 1, complete + 1), "the end of the erasure")
        self.assertEqual(files_with(self.server, KNEE), [])
        self.assertEqual(self.run_command("verify").returncode, 0)
        self.stop()
        self.assertEqual(files_with(self.server, KNEE), [])


class APerson(EraseCase):
    async def test_is_gone_from_every_session_and_others_stay(self):
        anna = await Native.open(self.server, token=self.token("anna-4711", "conversation:1"))
        bert = await Native.open(self.server, token=self.token("bert-0815", "conversation:1"))
        await self.chat(anna, f"{KNEE} at home", "a-1")
        for client in (anna, bert):
            await client.put(type="session.join", session="conversation:1", after=0)
            await client.expect("session.joined")
        await anna.post("broadcast", {"content": f"{KNEE} among others"}, "anna-1", since=0, session="conversation:1")
        await anna.expect("accepted", id="anna-1")
        await bert.post("echo", {"content": "bert's words stay"}, "bert-1", since=0, session="conversation:1")
        await bert.expect("accepted", id="bert-1")
        await bert.until(lambda f: f["type"] == "echo" and "bert's" in f["data"]["content"])
        held = bert.frames[-1]["offset"]
        epoch = bert.epoch
        self.stop()

        done = self.erase("--person", "anna-4711")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["sessions"], 2)
        for text in (KNEE, "anna-4711", "anna-1"):
            self.assertEqual(files_with(self.server, text), [], text)
        self.assertTrue(files_with(self.server, "bert's words stay"))
        self.assertEqual(self.run_command("verify").returncode, 0)
        self.assertEqual(self.erase("--person", "anna-4711").returncode, 2, "nobody of that name is left")

        self.server.start()
        bert = await Native.open(self.server, token=self.token("bert-0815", "conversation:1"))
        await bert.put(type="session.join", session="conversation:1", after=held, epoch=epoch)
        reset = await bert.expect("session.reset")
        self.assertEqual((reset["reason"], reset["first"]), ("erased", 1))
        erased = await bert.expect("erased")
        self.assertNotIn("data", erased)
        await bert.until(lambda f: f["type"] == "echo" and "bert's" in f["data"]["content"])
        anna = await Native.open(self.server, token=self.token("anna-4711", "conversation:1"))
        await self.chat(anna, "somebody new", "a-1")
