"""A client of the HTTP API on the standard library: it mints its tokens with the server's own
secret, and reads server-sent events as the HTML standard says."""

import base64
import hashlib
import hmac
import http.client
import json
import socket
import time
import urllib.parse

from harness.server import PATIENCE_SECONDS


def mint(server, sub, lifetime_s=3600, **claims):
    """A token (HS256) as the server's users would have it."""
    secret = (server.state / "jwt.secret").read_text().strip().encode()

    def part(document):
        text = json.dumps(document).encode() if isinstance(document, dict) else document
        return base64.urlsafe_b64encode(text).rstrip(b"=")

    signed = part({"alg": "HS256", "typ": "JWT"}) + b"." + part(
        {"sub": sub, "exp": int(time.time()) + lifetime_s, **claims})
    return (signed + b"." + part(hmac.new(secret, signed, hashlib.sha256).digest())).decode()


def path_of(session, rest=""):
    return f"/api/v1/sessions/{urllib.parse.quote(session, safe='')}{rest}"


class Api:
    """Requests of one user. Each is on a connection of its own, but for those of `kept()`."""

    def __init__(self, server, token=None):
        self.server = server
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def ask(self, method, path, body=None, headers=None, connection=None):
        """(status, headers, body), the body as JSON where it is that."""
        given = connection or self.kept()
        sent = {**self.headers, **(headers or {})}
        data = None
        if body is not None:
            data = body if isinstance(body, (bytes, str)) else json.dumps(body)
            sent.setdefault("Content-Type", "application/json")
        try:
            given.request(method, path, body=data, headers=sent)
            response = given.getresponse()
            text = response.read()
        finally:
            if connection is None:
                given.close()
        is_json = "json" in (response.headers["Content-Type"] or "")
        return response.status, response.headers, json.loads(text) if is_json and text else text

    def kept(self):
        return http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE_SECONDS)

    def send(self, session, data, key=None, kind="echo", **more):
        headers = {"Idempotency-Key": key} if key else {}
        return self.ask("POST", path_of(session, "/messages"), {"type": kind, "data": data, **more},
                        headers)

    def events(self, session, **query):
        return self.ask("GET", path_of(session, "/events?" + urllib.parse.urlencode(query)))

    def all_events(self, session, limit=100):
        """Every event of the session, page by page."""
        events, after = [], None
        while True:
            status, _, page = self.events(session, limit=limit, **({"after": after} if after else {}))
            assert status == 200, page
            events += page["events"]
            if not page["more"]:
                return events
            after = page["next"]

    def stream(self, session, last_event_id=None, **query):
        headers = {**self.headers, **({"Last-Event-ID": last_event_id} if last_event_id else {})}
        return EventSource(self.server, path_of(session, "/stream?" + urllib.parse.urlencode(query)),
                           headers)


class EventSource:
    """A stream that is being read. `status` is not 200 where it was refused; `problem` says why."""

    def __init__(self, server, path, headers=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
        self.connection.request("GET", path, headers=headers or {})
        self.response = self.connection.getresponse()
        self.status, self.headers = self.response.status, self.response.headers
        self.problem = json.loads(self.response.read()) if self.status != 200 else None
        self.last_id = None
        self.comments = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.response.close()  # it holds the socket
        self.connection.close()

    def next(self):
        """The next event's data; None at the end of the stream."""
        data = []
        while True:
            line = self.response.readline()
            if not line:
                return None
            line = line.decode().rstrip("\n")
            if line.startswith(":"):
                self.comments += 1
            elif line.startswith("id: "):
                self.last_id = line[4:]
            elif line.startswith("data: "):
                data.append(line[6:])
            elif not line and data:
                return json.loads("\n".join(data))

    def until(self, kind):
        """Events up to the first of that type, itself included."""
        got = []
        while True:
            event = self.next()
            assert event is not None, f"the stream ended before {kind}: {got}"
            got.append(event)
            if event["type"] == kind:
                return got


def raw(server, request, read_all=True):
    """What the server sends to these bytes up to the end of the connection."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_SECONDS) as client:
        client.sendall(request)
        answer = b""
        try:
            while piece := client.recv(65536):
                answer += piece
                if not read_all:
                    break
        except ConnectionResetError:
            pass
        return answer
