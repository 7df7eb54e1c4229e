"""The HTTP API with the real server: sending, reading, streaming, tickets, and everything that is
refused, with raw sockets where a client library would not let one be rude."""

import json
import math
import random
import unittest

import websockets

from harness.case import ServerCase
from harness.http_api import Api, EventSource, mint, path_of, raw
from harness.native import Native, within
from harness.server import SHORT_SECONDS
from harness.streams import QUESTION, builtin_chat

ADMIN = "an admin's token for tests"
LISTED = "https://listed.example"


class ApiCase(ServerCase):
    config = {**builtin_chat(token_delay_ms=1),
              "metrics": {"admin_token_env": "CHARTROOM_TEST_ADMIN"},
              "server": {"allowed_origins": [LISTED]}}
    environment = {"CHARTROOM_TEST_ADMIN": ADMIN}

    def api(self, sub=None, **claims):
        return Api(self.server, mint(self.server, sub or self.id(), **claims))

    def admin(self):
        return Api(self.server, ADMIN)

    def refused(self, answer, status, field=None):
        """It is a problem document with that status."""
        self.assertEqual(answer[0], status, answer[2])
        self.assertEqual(answer[1]["Content-Type"], "application/problem+json")
        self.assertEqual(answer[2]["status"], status)
        self.assertEqual(answer[2]["type"], "about:blank")
        if field:
            self.assertEqual(answer[2].get("field"), field)


class Sending(ApiCase):
    def test_a_message_is_durable_when_it_is_answered_and_a_repeat_runs_nothing(self):
        api = self.api()
        status, _, first = api.send("home", {"content": "hi"}, "k-1", since=0)
        self.assertEqual(status, 202)
        self.assertEqual(first["position"], f"{first['epoch']}:{first['offset']}")
        status, _, again = api.send("home", {"content": "hi"}, "k-1", since=0)
        self.assertEqual((status, again["offset"], again["duplicate"]), (200, first["offset"], True))
        echoes = [e for e in api.all_events("home") if e["type"] == "echo"]
        self.assertEqual([e["data"] for e in echoes], [{"content": "hi"}])

    def test_the_same_key_with_another_payload_is_422(self):
        api = self.api()
        self.assertEqual(api.send("home", {"content": "one"}, "k-1")[0], 202)
        answer = api.send("home", {"content": "two"}, "k-1")
        self.refused(answer, 422)
        self.assertEqual(answer[2]["code"], "id_reused")

    async def test_keys_and_the_ids_of_sockets_are_one_space(self):
        sub = self.id()
        token = mint(self.server, sub)
        client = await Native.open(self.server, "home", token=token)
        await client.post("echo", {"content": "hi"}, "shared-id", since=0)
        accepted = await client.expect("accepted")
        status, _, answer = Api(self.server, token).send("home", {"content": "hi"}, "shared-id", since=0)
        self.assertEqual((status, answer["offset"]), (200, accepted["offset"]))

    async def test_a_follower_on_a_socket_sees_what_is_sent_over_http(self):
        token = mint(self.server, self.id())
        client = await Native.open(self.server, "home", token=token)
        self.assertEqual(Api(self.server, token).send("home", {"content": "over http"})[0], 202)
        self.assertEqual((await client.expect("echo"))["data"], {"content": "over http"})

    def test_what_is_wrong_with_a_body_is_named(self):
        api = self.api()
        path = path_of("home", "/messages")
        for body, field in (({}, "type"), ({"type": 7}, "type"), ({"type": "x" * 129}, "type"),
                            ({"type": "echo", "data": [1]}, "data"),
                            ({"type": "echo", "since": -1}, "since"),
                            ({"type": "echo", "token": "t"}, "token"),
                            ({"type": "echo", "data": {"token": "t"}}, "token")):
            with self.subTest(body=body):
                self.refused(api.ask("POST", path, body), 400, field)
        for body in ("", "{", "[]", '{"type":"echo"} x', b"\xff\xfe", "[" * 1000):
            with self.subTest(body=body):
                self.refused(api.ask("POST", path, body), 400)
        self.refused(api.send("home", {}, "k" * 65), 400, "Idempotency-Key")
        self.refused(api.send("home", {}, kind="nobody.handles.this"), 400)
        self.refused(api.send("no spaces", {}), 400, "session")
        self.assertEqual(api.all_events("home"), [])

    def test_a_body_of_another_type_is_415_and_one_that_is_too_long_413(self):
        api = self.api()
        path = path_of("home", "/messages")
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
            with self.subTest(kind=kind):
                self.refused(api.ask("POST", path, "{}", {"Content-Type": kind}), 415)
        self.refused(api.ask("POST", path, {"type": "echo", "data": {"content": "x" * 70_000}}), 413)
        longest = api.send("home", {"content": "x" * 65_000})
        self.assertEqual(longest[0], 202, longest[2])

    def test_one_connection_carries_message_after_message(self):
        api = self.api()
        connection = api.kept()
        for n in range(20):
            status, _, _ = api.ask("POST", path_of("home", "/messages"),
                                   {"type": "echo", "data": {"n": n}}, connection=connection)
            self.assertEqual(status, 202)
        connection.close()
        echoes = [e["data"]["n"] for e in api.all_events("home") if e["type"] == "echo"]
        self.assertEqual(echoes, list(range(20)))


class Reading(ApiCase):
    async def test_pages_are_the_history_that_a_socket_reads(self):
        token = mint(self.server, self.id())
        api = Api(self.server, token)
        for n in range(25):
            api.send("home", {"n": n}, f"k-{n}")
        client = await Native.open(self.server, "home", token=token)
        await client.put(type="session.history", after=0, limit=1000)
        page = await client.expect("session.page")
        self.assertEqual(len(page["events"]), 25)
        for limit in (1, 3, 25, 1000):
            self.assertEqual(api.all_events("home", limit=limit), page["events"])

    def test_positions_are_checked(self):
        api = self.api()
        _, _, sent = api.send("home", {"n": 1})
        epoch, head = sent["epoch"], sent["offset"] + 1
        self.assertEqual(api.events("home", after=f"{epoch}:{sent['offset']}")[2]["events"][0]["offset"], head)
        self.assertEqual(api.events("home", after=sent["offset"], epoch=epoch)[0], 200)
        self.assertEqual(api.events("home", after=sent["offset"])[0], 200)
        self.refused(api.events("home", after=f"0000000000000000:{head}"), 410)
        self.refused(api.events("home", after=f"{epoch}:{head + 1}"), 410)
        for wrong in ("x", "-1", "1.5", ":1", "a:b:c"):
            self.refused(api.events("home", after=wrong), 400, "after")
        for wrong in ("0", "1001", "many"):
            self.refused(api.events("home", limit=wrong), 400, "limit")

    def test_a_session_without_rows_is_an_empty_page(self):
        status, _, page = self.api().events("never-used")
        self.assertEqual((status, page["events"], page["more"]), (200, [], False))

    def test_a_listing_is_ones_own_and_claimed_sessions(self):
        owner = self.api("list-owner", sessions=["patient:*", "case-1"])
        for name in ("b", "a", "c", "patient:7", "case-1"):
            owner.send(name, {"n": 1})
        self.api("list-stranger").send("d", {"n": 1})
        Api(self.server, mint(self.server, "list-other", sessions=["patient:*"])).send("patient:8", {})

        def names(api, limit):
            found, after = [], ""
            while True:
                status, _, page = api.ask("GET", f"/api/v1/sessions?limit={limit}&after={after}")
                self.assertEqual(status, 200, page)
                found += [row["session"] for row in page["sessions"]]
                if not page["more"]:
                    return found
                after = page["next"]

        for limit in (1, 2, 100):
            self.assertEqual(names(owner, limit), ["case-1", "patient:7", "patient:8", "a", "b", "c"])
        self.assertEqual(names(self.api("list-reader", sessions_read=["case-1"]), 10), ["case-1"])
        self.assertEqual(names(self.api("list-nobody"), 10), [])
        rows = self.api("list-owner").ask("GET", "/api/v1/sessions")[2]["sessions"]
        self.assertEqual({row["head"] for row in rows}, {2})


class Access(ApiCase):
    def test_without_a_good_token_there_is_nothing(self):
        paths = [("GET", "/api/v1/sessions"), ("GET", path_of("home", "/events")),
                 ("GET", path_of("home", "/stream")), ("POST", path_of("home", "/messages")),
                 ("POST", "/api/v1/tickets"), ("DELETE", path_of("home"))]
        tokens = [None, "nonsense", mint(self.server, "late", lifetime_s=-3600),
                  mint(self.server, "forged")[:-4] + "AAAA"]
        for method, path in paths:
            for token in tokens:
                with self.subTest(method=method, path=path, token=token):
                    body = {"type": "echo"} if method == "POST" else None
                    answer = Api(self.server, token).ask(method, path, body)
                    self.refused(answer, 401)
                    self.assertEqual(answer[1]["WWW-Authenticate"], "Bearer")
        for value in ("Basic YTpi", "Bearer", "bearer  "):
            answer = Api(self.server).ask("GET", "/api/v1/sessions", headers={"Authorization": value})
            self.refused(answer, 401)

    def test_a_name_is_ones_own_until_a_claim_covers_it(self):
        self.api("acc-ann").send("secret", {"n": 1})
        self.assertEqual(self.api("acc-bob").all_events("secret"), [])
        self.api("acc-ann", sessions=["case-2"]).send("case-2", {"n": 2})
        reader = self.api("acc-reader", sessions_read=["case-2"])
        self.assertEqual([row["session"] for row in reader.ask("GET", "/api/v1/sessions")[2]["sessions"]],
                         ["case-2"])
        self.assertEqual(reader.events("case-2")[0], 200)
        self.refused(reader.send("case-2", {"n": 3}), 403)
        self.refused(self.api("acc-bob").events("user/acc-ann/secret"), 400, "session")

    def test_the_admin_reads_by_id_and_writes_nowhere(self):
        self.api("adm-ann").send("home", {"n": 1})
        admin = self.admin()
        self.assertEqual([e["data"] for e in admin.all_events("user/adm-ann/home")], [{"n": 1}])
        self.refused(admin.send("user/adm-ann/home", {"n": 2}), 403)
        self.refused(admin.events("home"), 403)
        self.refused(admin.ask("POST", "/api/v1/tickets", {"session": "user/adm-ann/home"}), 403)
        names = [row["session"] for row in admin.ask("GET", "/api/v1/sessions")[2]["sessions"]]
        self.assertIn("user/adm-ann/home", names)

    async def test_open_sessions_are_never_listed(self):
        client = await Native.open(self.server)
        await client.post("echo", {"n": 1}, "e-1", since=0)
        await client.expect("echo")
        listed = self.admin().ask("GET", "/api/v1/sessions?limit=1000")[2]["sessions"]
        self.assertFalse([row for row in listed if client.session in row["session"]])
        self.assertEqual(len(self.admin().all_events("open/" + client.session)), 1)

    def test_the_admins_token_is_refused_cross_origin(self):
        for origin, status in ((f"http://127.0.0.1:{self.server.port}", 200), (LISTED, 403),
                               ("http://localhost:3000", 403), ("https://evil.example", 403)):
            answer = self.admin().ask("GET", "/api/v1/sessions", headers={"Origin": origin})
            self.assertEqual(answer[0], status, origin)

    def test_only_listed_origins_read_answers(self):
        api = self.api()
        _, headers, _ = api.ask("GET", "/api/v1/sessions", headers={"Origin": LISTED})
        self.assertEqual(headers["Access-Control-Allow-Origin"], LISTED)
        self.assertIsNone(headers["Access-Control-Allow-Credentials"])
        for foreign in ("https://evil.example", "null"):
            answer = api.ask("GET", "/api/v1/sessions", headers={"Origin": foreign})
            self.refused(answer, 403)
            self.assertIsNone(answer[1]["Access-Control-Allow-Origin"])
        preflight = {"Origin": LISTED, "Access-Control-Request-Method": "POST",
                     "Access-Control-Request-Headers": "authorization,idempotency-key"}
        status, headers, body = Api(self.server).ask("OPTIONS", path_of("home", "/messages"), headers=preflight)
        self.assertEqual((status, body), (204, b""))
        self.assertEqual(headers["Access-Control-Allow-Origin"], LISTED)
        self.assertIn("POST", headers["Access-Control-Allow-Methods"])
        self.assertIn("idempotency-key", headers["Access-Control-Allow-Headers"])
        with api.stream("home") as stream:
            self.assertIsNone(stream.headers["Access-Control-Allow-Origin"])
        with EventSource(self.server, path_of("home", "/stream"), {**api.headers, "Origin": LISTED}) as stream:
            self.assertEqual(stream.headers["Access-Control-Allow-Origin"], LISTED)

    def test_methods_that_do_not_stand_are_405_with_allow(self):
        api = self.api()
        for path, allowed in (("/api/v1/sessions", "GET, HEAD, OPTIONS"),
                              (path_of("home", "/events"), "GET, HEAD, OPTIONS"),
                              (path_of("home", "/messages"), "POST, OPTIONS"),
                              (path_of("home", "/stream"), "GET, OPTIONS"),
                              (path_of("home"), "DELETE, OPTIONS"),
                              ("/api/v1/tickets", "POST, OPTIONS")):
            answer = api.ask("PATCH", path)
            self.refused(answer, 405)
            self.assertEqual(answer[1]["Allow"], allowed)
            status, headers, _ = api.ask("OPTIONS", path)
            self.assertEqual((status, headers["Allow"]), (204, allowed))
        api.send("home", {"n": 1})
        status, headers, body = api.ask("HEAD", path_of("home", "/events"))
        self.assertEqual((status, body), (200, b""))
        self.assertEqual(headers["Content-Length"], api.events("home")[1]["Content-Length"])
        self.assertEqual(api.ask("HEAD", path_of("home", "/stream"))[0], 405)


class Tickets(ApiCase):
    def ticket(self, api, session="home"):
        status, _, made = api.ask("POST", "/api/v1/tickets", {"session": session})
        self.assertEqual(status, 200, made)
        return made["ticket"]

    def test_one_opens_one_stream_of_its_session_once(self):
        api = self.api()
        api.send("home", {"n": 1})
        ticket = self.ticket(api)
        path = path_of("home", f"/stream?after=0&ticket={ticket}")
        with EventSource(self.server, path) as stream:
            self.assertEqual(stream.until("echo")[-1]["data"], {"n": 1})
        again = EventSource(self.server, path)
        self.assertEqual((again.status, again.problem["field"]), (401, "ticket"))
        other = EventSource(self.server, path_of("other", f"/stream?ticket={self.ticket(api)}"))
        self.assertEqual(other.status, 403)

    async def test_one_opens_one_socket_of_its_session_once(self):
        api = self.api()
        api.send("home", {"n": 1})
        path = f"/v1/session?ticket={self.ticket(api)}"
        client = await Native.connect(self.server, path)
        await client.put(type="session.open", after=0)
        opened = await client.expect("session.opened")
        self.assertEqual(opened["session"], "home")
        self.assertEqual((await client.expect("echo"))["data"], {"n": 1})
        await client.put(type="session.join", session="other")
        self.assertEqual((await client.expect("error"))["code"], "forbidden")
        with self.assertRaisesRegex(Exception, "401"):
            await Native.connect(self.server, path)

    async def test_one_opens_its_session_on_the_routes_of_existing_front_ends(self):
        api = self.api("ticketed")
        routes = [("/api/v1/ws/chat/{user}", "visit-1", {"message": "Hi", "enable_agents": False}, "connection"),
                  ("/ws/{user}", "visit-2", {"type": "chat", "message": "Hi"}, "stream_chunk"),
                  ("/ws/chat/visit-3", "visit-3", {"question": "Hi"}, "start"),
                  ("/api/v1/chat/ws", "conversation:5",
                   {"type": "send_message", "data": {"conversation_id": 5, "content": "Hi"}}, "auth_success")]
        for path, session, message, first in routes:
            with self.subTest(path=path):
                url = self.server.url(path.format(user="ticketed") + f"?session={session}&ticket={self.ticket(api, session)}")
                async with websockets.connect(url, close_timeout=2) as socket:
                    await socket.send(json.dumps(message))
                    kinds = [json.loads(await within(socket.recv()))["type"]]
                    while kinds[-1] not in ("stream_end", "complete", "end", "stream_complete"):
                        kinds.append(json.loads(await within(socket.recv()))["type"])
                self.assertEqual(kinds[0], first)
                self.assertNotIn("error", kinds)
                with self.assertRaises(websockets.InvalidStatusCode) as refused:
                    await within(websockets.connect(url))
                self.assertEqual(refused.exception.status_code, 401)

    def test_one_opens_nothing_else(self):
        api = self.api()
        for path in ("/api/v1/sessions", path_of("home", "/events")):
            self.refused(Api(self.server).ask("GET", f"{path}?ticket={self.ticket(api)}"), 401)

    def test_there_is_none_for_what_one_may_not_follow(self):
        self.refused(self.api().ask("POST", "/api/v1/tickets", {"session": "no spaces"}), 400, "session")
        status, _, made = self.api().ask("POST", "/api/v1/tickets", {})
        self.assertEqual(status, 200)
        self.assertRegex(made["session"], r"^[0-9a-f-]{36}$")


class Streaming(ApiCase):
    def test_a_stream_is_the_session_from_where_it_is_told(self):
        api = self.api()
        _, _, sent = api.send("home", {"n": 1})
        with api.stream("home", after=0) as stream:
            self.assertEqual(stream.headers["Content-Type"], "text/event-stream")
            opened = stream.next()
            self.assertEqual((opened["type"], opened["resumed"]), ("session.opened", True))
            self.assertEqual(stream.last_id, f"{sent['epoch']}:0")
            echo = stream.next()
            self.assertEqual((echo["type"], echo["prev"]), ("echo", 0))
            self.assertEqual(stream.last_id, f"{sent['epoch']}:{echo['offset']}")
            self.assertEqual(stream.until("session.live")[-1]["offset"], echo["offset"])
            api.send("home", {"n": 2})
            self.assertEqual(stream.until("echo")[-1]["data"], {"n": 2})

    def test_without_a_place_it_begins_now(self):
        api = self.api()
        api.send("home", {"n": 1})
        with api.stream("home") as stream:
            stream.until("session.live")
            api.send("home", {"n": 2})
            self.assertEqual(stream.until("echo")[-1]["data"], {"n": 2})

    def test_a_place_that_is_not_there_resets(self):
        api = self.api()
        api.send("home", {"n": 1})
        with api.stream("home", last_event_id="0000000000000000:1") as stream:
            self.assertEqual(stream.next()["resumed"], False)
            reset = stream.next()
            self.assertEqual((reset["type"], reset["reason"]), ("session.reset", "epoch"))
            self.assertEqual(stream.until("echo")[-1]["data"], {"n": 1})

    def test_cuts_anywhere_lose_and_double_nothing(self):
        api = self.api()
        seeded = random.Random(7)
        seen, last_id, cuts = [], None, 0
        asked = 0
        while True:
            with api.stream("home", last_event_id=last_id, after="0") as stream:
                if asked < 3:
                    api.send("home", {"content": QUESTION}, f"q-{asked}", kind="chat")
                    asked += 1
                left = seeded.randint(1, 40)
                ended = False
                while left > 0 and not ended:
                    event = stream.next()
                    if not event["type"].startswith("session."):
                        seen.append(event)
                    left -= 1
                    ends = sum(e["type"] == "stream_end" for e in seen)
                    ended = ends == 3
                last_id = stream.last_id
                if ended:
                    break
                stream.close()
                cuts += 1
        self.assertGreater(cuts, 5)
        offsets = [e["offset"] for e in seen]
        self.assertEqual(offsets, sorted(set(offsets)))
        logged = [e for e in api.all_events("home") if e["offset"] <= offsets[-1]]
        self.assertEqual(offsets, [e["offset"] for e in logged])
        for end in (e for e in seen if e["type"] == "stream_end"):
            text = "".join(e["data"]["content"] for e in seen
                           if e["type"] == "token" and e["cause"] == end["cause"])
            self.assertEqual(text, end["data"]["content"])

    def test_many_streams_do_not_keep_others_out(self):
        api = self.api()
        streams = [api.stream("home") for _ in range(40)]
        self.assertEqual({s.status for s in streams}, {200})
        self.assertEqual(api.send("home", {"n": 1})[0], 202)
        for stream in streams:
            self.assertEqual(stream.until("echo")[-1]["data"], {"n": 1})
            stream.close()
        self.assertEqual(api.events("home")[0], 200)

    async def test_a_stream_that_hangs_up_is_forgotten(self):
        api = self.api()
        stream = api.stream("home")
        stream.until("session.live")
        self.assertGreater(self.server.metric("chartroom_followers"), 0)
        stream.close()
        await self.eventually(lambda: self.server.metric("chartroom_followers") == 0, "unfollow")


class Expiry(ApiCase):
    config = {**ApiCase.config, "auth": {"leeway_seconds": 0}}

    def test_a_stream_ends_with_its_token_and_says_so_before(self):
        lifetime_s = math.ceil(3 * SHORT_SECONDS)
        api = self.api(lifetime_s=lifetime_s)
        with api.stream("home") as stream:
            expiring = stream.until("session.expiring")[-1]
            self.assertLess(expiring["in_ms"], 1_000 * lifetime_s)
            self.assertIsNone(stream.next())
        self.refused(api.events("home"), 401)


class Rude(ApiCase):
    """Requests that no client library sends."""

    def post(self, headers, body=b"", token=None):
        head = (f"POST {path_of('home', '/messages')} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                f"Authorization: Bearer {token or mint(self.server, self.id())}\r\n"
                f"Content-Type: application/json\r\n{headers}\r\n")
        return raw(self.server, head.encode() + body)

    def status(self, answer):
        self.assertTrue(answer.startswith(b"HTTP/1.1 "), answer)
        return int(answer[9:12])

    def test_bodies_without_one_clear_end_are_refused_and_the_connection_ends(self):
        smuggled = b"0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        for headers, status in (("", 411), ("Transfer-Encoding: chunked\r\n", 411),
                                ("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", 411),
                                ("Content-Length: -1\r\n", 400), ("Content-Length: +5\r\n", 400),
                                ("Content-Length: 5\r\nContent-Length: 5\r\n", 400),
                                ("Content-Length: 5\r\nContent-Length: 7\r\n", 400),
                                ("Content-Length: 5, 5\r\n", 400), ("Content-Length: 0x10\r\n", 400),
                                ("Content-Length: 99999999999999999999\r\n", 400),
                                ("Content-Length: 65537\r\n", 413)):
            with self.subTest(headers=headers):
                answer = self.post(headers, smuggled)
                self.assertEqual(self.status(answer), status)
                self.assertIn(b"connection: close", answer.lower())
                self.assertEqual(answer.count(b"HTTP/1.1"), 1)

    def test_a_request_behind_an_unread_body_is_not_taken_for_one(self):
        answer = raw(self.server, b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 44\r\n\r\n"
                                  b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        self.assertEqual(self.status(answer), 413)
        self.assertEqual(answer.count(b"HTTP/1.1"), 1)

    def test_a_body_that_comes_byte_by_byte_is_read(self):
        import socket
        body = b'{"type":"echo","data":{"n":1}}'
        head = (f"POST {path_of('home', '/messages')} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                f"Authorization: Bearer {mint(self.server, self.id())}\r\nExpect: 100-continue\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode()
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=20) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.sendall(head)
            self.assertEqual(client.recv(100), b"HTTP/1.1 100 Continue\r\n\r\n")
            for at in range(len(body)):
                client.sendall(body[at:at + 1])
            self.assertEqual(self.status(client.recv(65536)), 202)

    def test_who_does_not_wait_for_an_answer_is_told_that_the_first_is_the_last(self):
        for header in ("Accept: */*", "X-Unknown: y"):
            with self.subTest(header=header):
                token = mint(self.server, self.id() + header[0])
                common = f"Host: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
                writes, tickets = [], []
                for n in range(5):
                    body = json.dumps({"type": "echo", "data": {"n": n}})
                    writes.append(f"POST {path_of('home', '/messages')} HTTP/1.1\r\n{common}"
                                  f"Content-Length: {len(body)}\r\n{header}\r\n\r\n{body}")
                    tickets.append(f"POST /api/v1/tickets HTTP/1.1\r\n{common}Content-Length: 2\r\n{header}\r\n\r\n{{}}")
                for requests, status in ((writes, 202), (tickets, 200)):
                    answer = raw(self.server, "".join(requests).encode())
                    self.assertEqual(self.status(answer), status)
                    self.assertIn(b"\r\nconnection: close\r\n", answer)
                    self.assertEqual(answer.count(b"HTTP/1.1"), 1)
                echoes = [e["data"]["n"] for e in Api(self.server, token).all_events("home")]
                self.assertEqual(echoes, [0])

    def test_a_body_right_behind_another_request_is_never_made_of_something_else(self):
        token = mint(self.server, self.id())
        reads = f"GET /api/v1/sessions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n"
        body = json.dumps({"type": "echo", "data": {"n": 1}})
        write = (f"POST {path_of('home', '/messages')} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                 f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\n"
                 f"Content-Length: {len(body)}\r\n\r\n{body}")
        answer = raw(self.server, (reads + write).encode())
        self.assertEqual((self.status(answer), answer.count(b"HTTP/1.1")), (200, 1))
        self.assertEqual(list(Api(self.server, token).all_events("home")), [])
        # A client that gives no object is answered, and begins anew.
        for other in (b"[]", b"POST", b"hello"):
            answer = self.post(f"Content-Length: {len(other)}\r\nConnection: keep-alive\r\n", other)
            self.assertIn((answer[:12], b"connection: close" in answer),
                          ((b"HTTP/1.1 400", True), (b"", False)))
        closing = reads.replace("Host:", "Connection: close\r\nHost:")
        self.assertEqual(raw(self.server, (reads * 3 + closing).encode()).count(b"HTTP/1.1 200"), 4)

    def test_a_client_that_leaves_in_the_middle_leaves_nothing_behind(self):
        import socket
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", self.server.port), timeout=20) as client:
                client.sendall((f"POST {path_of('home', '/messages')} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                                f"Authorization: Bearer {mint(self.server, self.id())}\r\n"
                                "Content-Type: application/json\r\nContent-Length: 60000\r\n\r\n{").encode())
        self.assertEqual(self.api().send("home", {"n": 1})[0], 202)

    def test_metrics_name_endpoint_and_status(self):
        self.api().send("home", {"n": 1})
        self.api().ask("PATCH", "/api/v1/sessions")
        text = self.server.get("/metrics")[2].decode()
        self.assertRegex(text, r'chartroom_http_responses_total\{endpoint="sendMessage",status="202"\} [1-9]')
        self.assertRegex(text, r'chartroom_http_responses_total\{endpoint="none",status="405"\} [1-9]')

    def test_neither_tokens_nor_bodies_reach_the_log(self):
        token = mint(self.server, self.id())
        Api(self.server, token).send("home", {"content": "sesame-body"})
        Api(self.server, token).send("home", {"content": "sesame-body"}, kind="nobody.handles.this")
        raw(self.server, f"GET /api/v1/sessions?ticket=sesame-ticket HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        log = self.server.log_text()
        for secret in ("sesame", token, ADMIN):
            self.assertNotIn(secret, log)
        with Api(self.server, token).stream("home") as stream:
            stream.until("session.live")
        self.assertNotIn(" error ", self.server.log_text())


if __name__ == "__main__":
    unittest.main()
