"""Who a client is: tokens in the header, the URL and the first frame, what of them is refused, their
end and their replacement, keys that change under a running server. The tokens are made by foreign
code; see harness/tokens.py."""

import asyncio
import json
import pathlib
import shutil
import signal
import tempfile
import time

import websockets

from harness.case import ServerCase
from harness.native import Native, within
from harness.server import SHORT_SECONDS
from harness.tokens import KeyPair, claims_of, encode, hs256, unsigned

SECRET = "a secret of more than thirty-two bytes"
ISSUER, AUDIENCE = "https://issuer.example.org", "chat"
ROUTES = [
    {"path": "/v1/session", "dialect": "native", "auth": "optional"},
    {"path": "/must", "dialect": "native", "auth": "required"},
    {"path": "/never", "dialect": "native", "auth": "none"},
    {"path": "/ask", "dialect": "question", "auth": "required"},
    {"path": "/talk", "dialect": "conversation", "auth": "required"},
]


def good(sub, seconds=3600, **more):
    return hs256(claims_of(sub, seconds, iss=ISSUER, aud=AUDIENCE, **more), SECRET)


class AuthCase(ServerCase):
    """What tests of every algorithm ask of a server."""

    async def status(self, path, headers=None, **options):
        """The status that an upgrade is refused with; 101 where it is not."""
        try:
            socket = await within(websockets.connect(self.server.url(path), extra_headers=headers or {}, **options))
        except websockets.InvalidStatusCode as refused:
            return refused.status_code
        await within(socket.close())
        return 101

    async def closed_with(self, client):
        await within(client.socket.wait_closed())
        return client.socket.close_code, client.socket.close_reason

    async def opened_in_frame(self, token, path="/must", **more):
        client = await Native.connect(self.server, path)
        await client.put(type="session.open", token=token, **more)
        return client

    async def assert_taken(self, token):
        self.assertEqual(await self.status("/must", {"Authorization": "Bearer " + token}), 101)

    async def assert_refused(self, token):
        """At the upgrade, in header and URL, also where no token is needed; and in the first frame."""
        for path in ("/must", "/v1/session"):
            self.assertEqual(await self.status(path, {"Authorization": "Bearer " + token}), 401)
            self.assertEqual(await self.status(f"{path}?token={token}"), 401)
            client = await self.opened_in_frame(token, path)
            self.assertEqual((await client.expect("error"))["code"], "unauthenticated")
            self.assertEqual((await self.closed_with(client))[0], 4001)


class WithASecret(AuthCase):
    more = {}

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="chartroom-auth-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.secret_file = cls.folder / "secret"
        cls.secret_file.write_text(SECRET + "\n")
        cls.config = {"auth": {"secret_file": str(cls.secret_file), "issuer": ISSUER, "audience": AUDIENCE,
                               "leeway_seconds": 0}, "route": ROUTES, **cls.more}
        super().setUpClass()


class Showing(WithASecret):
    async def test_a_token_in_header_url_or_first_frame_is_the_same_user(self):
        token = good("ann")
        writer = await Native.connect(self.server, "/must", extra_headers={"Authorization": "Bearer " + token})
        await writer.put(type="session.open", session="notes")
        writer.opened = await writer.expect("session.opened")
        self.assertNotIn("participant", writer.opened)
        await writer.post("echo", {"content": "mine"}, "e-1", since=0)
        await writer.expect("echo")
        for path, first in ((f"/must?token={token}", {}), ("/must", {"token": token})):
            reader = await Native.connect(self.server, path)
            await reader.put(type="session.open", session="notes", after=0, epoch=writer.epoch, **first)
            self.assertEqual((await reader.expect("echo"))["data"], {"content": "mine"})

    async def test_another_user_finds_another_session_under_the_name(self):
        ann = await self.opened_in_frame(good("ann"), session="diary")
        ann.opened = await ann.expect("session.opened")
        await ann.post("echo", {"content": "secret"}, "e-1", since=0)
        await ann.expect("accepted")
        bob = await self.opened_in_frame(good("bob"), session="diary", after=0)
        self.assertEqual((await bob.expect("session.opened"))["head"], 0)

    async def test_a_route_says_whether_it_asks(self):
        token = {"Authorization": "Bearer " + good("ann")}
        self.assertEqual(await self.status("/ask"), 401)
        self.assertEqual(await self.status("/ask", token), 101)
        self.assertEqual(await self.status("/never", token), 401)
        self.assertEqual(await self.status("/never"), 101)
        client = await Native.connect(self.server, "/must")
        await client.put(type="session.open")
        self.assertEqual((await client.expect("error"))["code"], "unauthenticated")
        self.assertEqual((await self.closed_with(client))[0], 4001)

    async def test_other_credentials_do_not_pass_as_none(self):
        self.assertEqual(await self.status("/v1/session", {"Authorization": "Basic YW5uOnB3"}), 401)
        self.assertEqual(await self.status("/v1/session?token="), 401)
        self.assertEqual(await self.status("/v1/session?ticket=made-up"), 401)

    async def test_a_cross_origin_upgrade_is_forbidden(self):
        token = {"Authorization": "Bearer " + good("ann")}
        self.assertEqual(await self.status("/v1/session", token, origin="https://evil.example.org"), 403)
        self.assertEqual(await self.status("/v1/session", token, origin="http://localhost:5173"), 101)

    async def test_a_page_from_a_file_stays_anonymous(self):
        self.assertEqual(await self.status("/v1/session", origin="null"), 101)
        self.assertEqual(await self.status(f"/v1/session?token={good('ann')}", origin="null"), 403)
        client = await Native.connect(self.server, origin="null")
        await client.put(type="session.open", token=good("ann"))
        self.assertEqual((await client.expect("error"))["code"], "unauthenticated")

    async def test_no_token_gets_into_the_log_or_an_answer(self):
        token = good("somebody-unusual")
        bad = token[:-2] + ("AA" if not token.endswith("AA") else "BB")
        await self.assert_refused(bad)
        await self.assert_taken(token)
        for text in (token, bad):
            self.assertNotIn(text, self.server.log_text())
            self.assertNotIn(text.rsplit(".", 1)[1], self.server.log_text())
        self.assertNotIn(SECRET, self.server.log_text())
        self.assertGreaterEqual(self.server.metric("chartroom_failed_authentications_total"), 6)


class Refused(WithASecret):
    async def test_forged_signature(self):
        await self.assert_refused(hs256(claims_of("ann", iss=ISSUER, aud=AUDIENCE), "x" * 40))

    async def test_changed_claims(self):
        head, _, signature = good("ann").split(".")
        claims = encode(json.dumps(claims_of("root", iss=ISSUER, aud=AUDIENCE)).encode())
        await self.assert_refused(f"{head}.{claims}.{signature}")

    async def test_expired(self):
        await self.assert_refused(good("ann", -1))

    async def test_not_yet_valid(self):
        await self.assert_refused(good("ann", nbf=time.time() + 600))

    async def test_algorithm_none(self):
        claims = claims_of("ann", iss=ISSUER, aud=AUDIENCE)
        await self.assert_refused(unsigned({"alg": "none"}, claims) + ".")
        await self.assert_refused(hs256(claims, SECRET, alg="none"))

    async def test_another_algorithm_of_the_same_key(self):
        await self.assert_refused(hs256(claims_of("ann", iss=ISSUER, aud=AUDIENCE), SECRET, alg="HS512"))

    async def test_wrong_issuer(self):
        await self.assert_refused(hs256(claims_of("ann", iss="https://evil.example.org", aud=AUDIENCE), SECRET))
        await self.assert_refused(hs256(claims_of("ann", aud=AUDIENCE), SECRET))

    async def test_wrong_audience(self):
        await self.assert_refused(hs256(claims_of("ann", iss=ISSUER, aud="other"), SECRET))
        await self.assert_refused(hs256(claims_of("ann", iss=ISSUER), SECRET))

    async def test_missing_subject_or_expiry(self):
        await self.assert_refused(good(None))
        await self.assert_refused(hs256({"sub": "ann", "iss": ISSUER, "aud": AUDIENCE}, SECRET))

    async def test_oversize(self):
        # On the route that waits for a token the frame is too long; a header or a URL has a limit, too.
        token = good("ann", padding="x" * 9000)
        client = await self.opened_in_frame(token, "/v1/session")
        self.assertEqual((await self.closed_with(client))[0], 4001)
        waiting = await self.opened_in_frame(token, "/must")
        self.assertEqual((await waiting.expect("error"))["code"], "message_too_long")
        url = self.server.url("/must")
        for connect in (websockets.connect(url, extra_headers={"Authorization": "Bearer " + token}),
                        websockets.connect(f"{url}?token={token}")):
            with self.assertRaises(websockets.InvalidStatusCode) as refused:
                await within(connect)
            self.assertEqual(refused.exception.status_code, 431)
        status, headers, body = self.server.get("/api/v1/sessions", {"Authorization": "Bearer " + token})
        self.assertEqual((status, headers["Content-Type"]), (431, "application/problem+json"))
        self.assertNotIn(b"xxx", body)
        beyond = {"Authorization": "Bearer " + good("ann", padding="x" * 60_000)}
        with self.assertRaises((websockets.WebSocketException, OSError)):
            await within(websockets.connect(url, extra_headers=beyond))
        self.assertEqual(self.server.get("/healthz")[0], 200)

    async def test_claims_on_sessions_that_are_no_names(self):
        await self.assert_refused(good("ann", sessions=["*"]))
        await self.assert_refused(good("ann", sessions=[f"conversation:{n}" for n in range(65)]))


class Lifetime(WithASecret):
    async def test_the_client_is_told_ahead_and_closed_at_the_end(self):
        client = await self.opened_in_frame(good("ann", 2 * SHORT_SECONDS), session="end")
        await client.expect("session.opened")
        expiring = await client.expect("session.expiring")
        self.assertTrue(0 < expiring["in_ms"] <= 1100 * SHORT_SECONDS, expiring)
        self.assertEqual(await self.closed_with(client), (4001, "Token expired"))
        upgraded = await Native.connect(self.server, "/must", extra_headers={"Authorization": "Bearer " + good("ann", SHORT_SECONDS)})
        self.assertEqual(await self.closed_with(upgraded), (4001, "Token expired"))

    async def test_a_refresh_goes_on_without_a_reconnect(self):
        client = await self.opened_in_frame(good("ann", 2 * SHORT_SECONDS), session="refreshed")
        client.opened = await client.expect("session.opened")
        await client.expect("session.expiring")
        await client.put(type="session.refresh", token=good("ann", 3600))
        ended = asyncio.ensure_future(client.socket.wait_closed())
        done, _ = await asyncio.wait([ended], timeout=2.5 * SHORT_SECONDS)  # past the end of the first token
        self.assertFalse(done, "closed at the end of the token that was replaced")
        ended.cancel()
        await client.post("echo", {"content": "still here"}, "e-1", since=0)
        await client.expect("echo")

    async def test_a_refresh_of_another_user_closes(self):
        client = await self.opened_in_frame(good("ann"), session="home")
        await client.expect("session.opened")
        await client.put(type="session.refresh", token=good("bob"))
        self.assertEqual((await self.closed_with(client))[0], 4003)

    async def test_a_bad_refresh_closes(self):
        client = await self.opened_in_frame(good("ann"), session="home")
        await client.expect("session.opened")
        await client.put(type="session.refresh", token=good("ann", -1))
        self.assertEqual((await client.expect("error"))["code"], "unauthenticated")
        self.assertEqual((await self.closed_with(client))[0], 4001)

    async def test_a_claim_that_is_gone_unfollows_at_once(self):
        both = [await self.opened_in_frame(good(sub, sessions=["conversation:*"]), session="home") for sub in ("ann", "bob")]
        for client in both:
            client.opened = await client.expect("session.opened")
            await client.put(type="session.join", session="conversation:7")
            await client.expect("session.joined", session="conversation:7")
        ann, bob = both
        await ann.put(type="session.refresh", token=good("ann"))
        left = await ann.expect("session.left", session="conversation:7")
        self.assertEqual(left["code"], "forbidden")
        await bob.put(type="echo", id="e-1", session="conversation:7", since=0, data={"content": "among us"})
        await bob.expect("echo")
        await ann.put(type="ping", id="p-1")
        await ann.expect("pong", id="p-1")
        self.assertEqual([f for f in ann.frames if f["type"] == "echo"], [])


class Talking(WithASecret):
    """The conversation format, which shows its token in a frame and renews it the same way."""

    async def connect(self):
        return await within(websockets.connect(self.server.url("/talk"), close_timeout=2))

    async def authenticate(self, talk, token):
        await talk.send(json.dumps({"type": "auth", "token": token}))
        return json.loads(await within(talk.recv()))

    async def closed(self, talk):
        await within(talk.wait_closed())
        return talk.close_code, talk.close_reason

    async def test_the_first_frame_shows_the_token_and_a_later_one_renews_it(self):
        talk = await self.connect()
        welcome = {"type": "auth_success", "data": {"user_id": "ann"}}
        self.assertEqual(await self.authenticate(talk, good("ann", 2 * SHORT_SECONDS)), welcome)
        self.assertEqual(await self.authenticate(talk, good("ann", 3 * SHORT_SECONDS)), welcome)
        self.assertEqual(await self.closed(talk), (4001, "Token expired"))

    async def test_a_bad_token_closes(self):
        talk = await self.connect()
        await talk.send(json.dumps({"type": "auth", "token": good("ann", -1)}))
        self.assertEqual(await self.closed(talk), (4001, "Invalid token"))

    async def test_another_user_closes(self):
        talk = await self.connect()
        await self.authenticate(talk, good("ann"))
        await talk.send(json.dumps({"type": "auth", "token": good("bob")}))
        self.assertEqual((await self.closed(talk))[0], 4003)


class Limits(WithASecret):
    """Loopback has no limits by address, so the clients come as if through a proxy."""

    @classmethod
    def setUpClass(cls):
        cls.more = {"server": {"trusted_proxies": ["127.0.0.1"]}, "limits": {"connections_per_user": 2}}
        super().setUpClass()

    @staticmethod
    def coming_from(address, token=None):
        return {"X-Forwarded-For": address, **({"Authorization": "Bearer " + token} if token else {})}

    async def test_after_twenty_failures_an_address_gets_429(self):
        here, bad = "203.0.113.7", good("ann", -1)
        for _ in range(20):
            self.assertEqual(await self.status("/must", self.coming_from(here, bad)), 401)
        with self.assertRaises(websockets.InvalidStatusCode) as refused:
            await within(websockets.connect(self.server.url("/v1/session"), extra_headers=self.coming_from(here)))
        self.assertEqual(refused.exception.status_code, 429)
        self.assertTrue(0 < int(refused.exception.headers["Retry-After"]) <= 60)
        self.assertEqual(await self.status("/must", self.coming_from(here, good("ann"))), 429)
        self.assertEqual(await self.status("/must", self.coming_from("203.0.113.8", good("ann"))), 101)

    async def test_the_ninth_that_waits_to_authenticate_takes_the_place_of_the_first(self):
        headers = self.coming_from("203.0.113.9")
        waiting = [await Native.connect(self.server, "/must", extra_headers=headers) for _ in range(9)]
        self.assertEqual(await self.closed_with(waiting[0]), (4001, "Authentication required"))
        await waiting[1].put(type="session.open", token=good("cid"))
        await waiting[1].expect("session.opened")
        self.assertEqual(self.server.metric("chartroom_pending_evicted_total"), 1)

    async def test_a_user_has_so_many_connections(self):
        header = {"Authorization": "Bearer " + good("bob")}
        within_cap = [await Native.connect(self.server, "/must", extra_headers=header) for _ in range(2)]
        third = await Native.connect(self.server, "/must", extra_headers=header)
        self.assertEqual(await self.closed_with(third), (4029, "too many connections"))
        in_frame = await self.opened_in_frame(good("bob"))
        self.assertEqual((await self.closed_with(in_frame))[0], 4029)
        for client in within_cap:
            await client.put(type="session.open")
            await client.expect("session.opened")


class WithAKeyPair(AuthCase):
    alg = "RS256"

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="chartroom-auth-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.keys = KeyPair(cls.folder, cls.alg)
        cls.served = cls.folder / "served.pem"
        shutil.copy(cls.keys.public, cls.served)
        cls.config = {"auth": {"algorithm": cls.alg, "public_key_file": str(cls.served)}, "route": ROUTES}
        super().setUpClass()

    def reload(self, pem, says):
        before = self.server.log_text().count(says)
        self.served.write_bytes(pem)
        self.server.process.send_signal(signal.SIGHUP)
        return self.eventually(lambda: self.server.log_text().count(says) > before, f"the log says {says}")

    async def test_signed_with_the_private_half(self):
        await self.assert_taken(self.keys.token(claims_of("ann")))

    async def test_forged_with_another_key(self):
        other = KeyPair(self.folder, self.alg, "other")
        await self.assert_refused(other.token(claims_of("ann")))

    async def test_the_public_key_as_a_secret(self):
        for secret in (self.keys.public.read_bytes(), self.keys.public.read_bytes().strip()):
            await self.assert_refused(hs256(claims_of("ann"), secret))

    async def test_algorithm_none(self):
        await self.assert_refused(unsigned({"alg": "none"}, claims_of("ann")) + ".")

    async def test_a_rotated_key_after_sighup(self):
        new = KeyPair(self.folder, self.alg, "new")
        here = await self.opened_in_frame(self.keys.token(claims_of("ann")))
        await here.expect("session.opened")
        await self.reload(new.public.read_bytes(), "server.reloaded")
        await self.assert_taken(new.token(claims_of("ann")))
        await self.assert_refused(self.keys.token(claims_of("ann")))
        await here.put(type="ping", id="p-1")  # who is in stays in
        await here.expect("pong", id="p-1")
        for bad in (b"no key", new.private.read_bytes()):
            await self.reload(bad, "server.reload_refused")
            await self.assert_taken(new.token(claims_of("ann")))
        await self.reload(self.keys.public.read_bytes(), "server.reloaded")


class WithAnEllipticKeyPair(WithAKeyPair):
    alg = "ES256"


class TokenCommand(WithASecret):
    """`chartroom token`, against a server of each algorithm."""

    def mint(self, *arguments):
        return self.server.command("token", "-c", str(self.server.config_path), *arguments)

    async def test_by_default_it_mints_what_the_configured_server_takes(self):
        minted = self.mint("--sub", "ann", "--session", "conversation:7", "--expires", "5m")
        self.assertEqual(minted.returncode, 0, minted.stderr)
        client = await self.opened_in_frame(minted.stdout.strip(), session="home")
        await client.expect("session.opened")
        await client.put(type="session.join", session="conversation:7")
        await client.expect("session.joined")

    async def test_issuer_and_audience_can_be_others(self):
        await self.assert_refused(self.mint("--sub", "ann", "--issuer", "another").stdout.strip())
        await self.assert_refused(self.mint("--sub", "ann", "--audience", "another").stdout.strip())

    async def test_with_a_key_file_it_mints_for_every_algorithm(self):
        for alg in ("RS256", "ES256"):
            keys = KeyPair(self.folder, alg, alg)
            minted = self.mint("--sub", "ann", "--alg", alg, "--key-file", keys.private)
            self.assertEqual(minted.returncode, 0, minted.stderr)
            await self.assert_refused(minted.stdout.strip())  # this server pins HS256
        other = self.folder / "other"
        other.write_text("y" * 40)
        self.assertEqual(self.mint("--sub", "ann", "--key-file", str(other)).returncode, 0)

    async def test_what_cannot_be_minted_says_why(self):
        keys = KeyPair(self.folder, "RS256", "rsa")
        for arguments, says in (
                (["--sub", "ann", "--alg", "RS256"], "--key-file"),
                (["--sub", "ann", "--alg", "ES256", "--key-file", keys.private], "takes a key on the curve P-256"),
                (["--sub", "ann", "--alg", "RS256", "--key-file", keys.public], "no PEM private key"),
                (["--sub", "ann", "--alg", "EdDSA"], "ES256"),
                (["--sub", "ann", "--expires", "10"], "unit"),
                (["--alg", "HS256"], "--sub")):
            refused = self.mint(*arguments)
            self.assertEqual(refused.returncode, 2, refused.stdout)
            self.assertIn(says, refused.stderr)
        too_long = self.mint("--sub", "x" * 300)
        self.assertEqual(too_long.returncode, 1)
        self.assertIn("subject", too_long.stderr)

