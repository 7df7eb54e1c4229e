#!/usr/bin/python3
"""A service that speaks OpenAI's streamed chat completions, and fails on request. Standard library only.

    tests/fakes/openai_server.py --port 8150 [--token-delay-ms 5] [--words 60]

or inside a test: `model = OpenAiServer(token_delay_ms=5)`, `model.chat_config()`, `model.close()`.

The answer follows from the question alone. A request whose last two messages are an assistant's text
and a wish to continue gets the rest of the same answer, so a client that joins what it received holds
exactly `answer_to(question)`.

Faults are queued by `POST /control {"faults": [{...}, ...]}` (one a request, in order), set for all by
`{"defaults": {...}}`, or asked for in the question: `[[cut_after=3 times=1]]`, for its first `times`
requests. A request that repeats an Idempotency-Key gets what the first one got and uses up no fault.

    status=503          this status and an error body        retry_after=2   with that header
    cut_after=3         the connection breaks after 3 chunks stall_after=3   silence after 3 chunks
    delay_ms=10         between chunks                       malformed=2     no JSON after 2 chunks
    split=7             writes of 7 bytes, inside characters words=100       the length of the answer
    finish=length       the finish reason             say="…"         that text in place of the answer (queued only)

`GET /control` lists the requests so far: key, authorization, continued, question, faults.
"""

import argparse
import hashlib
import http.server
import json
import re
import threading
import time

VOCABULARY = ("knee", "warm", "café", "naïve", "Grüße", "日本", "😀", "rest", "water", "doctor", "walk", "sleep")
FAULT = re.compile(r"\[\[([^\]]*)\]\]")
STALL_SECONDS_MAX = 120
REQUESTS_KEPT = 10_000


def answer_to(question, words=60):
    """The whole answer: the question's words first, then words that its hash chooses."""
    digest = hashlib.sha256(question.encode()).digest()
    chosen = [VOCABULARY[digest[n % 32] % len(VOCABULARY)] + str(n) for n in range(words)]
    return "About " + " ".join(question.split()[:5]) + ": " + " ".join(chosen) + "."


def read_prompt(messages):
    """(question, what was said so far)."""
    if len(messages) >= 3 and messages[-2]["role"] == "assistant" and "continue" in messages[-1]["content"].lower():
        return messages[-3]["content"], messages[-2]["content"]
    return messages[-1]["content"], ""


def faults_in(question):
    found = FAULT.search(question)
    pairs = (word.split("=", 1) for word in found.group(1).split()) if found else ()
    return {name: int(value) if value.isdigit() else value for name, value in pairs}


class Model:
    """What all requests share."""

    def __init__(self, defaults):
        self.lock = threading.Lock()
        self.defaults = defaults
        self.queued = []
        self.requests = []
        self.by_key = {}
        self.asked = {}
        self.closing = threading.Event()

    def faults_for(self, key, question):
        with self.lock:
            if key and key in self.by_key:
                return self.by_key[key]
            faults = dict(self.defaults)
            own = faults_in(question)
            self.asked[question] = self.asked.get(question, 0) + 1
            if self.asked[question] <= own.pop("times", 1):
                faults.update(own)
            elif "words" in own:
                faults["words"] = own["words"]
            if self.queued:
                faults.update(self.queued.pop(0))
            if key:
                self.by_key[key] = faults
            return faults

    def note(self, request):
        with self.lock:
            self.requests = self.requests[-REQUESTS_KEPT:] + [request]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def do_GET(self):
        if self.path != "/control":
            return self.reply(404, {})
        with self.server.model.lock:
            return self.reply(200, {"requests": self.server.model.requests})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            data = json.loads(body)
            if self.path == "/control":
                return self.control(data)
            if self.path == "/v1/chat/completions":
                return self.complete(data)
        except (ValueError, KeyError, TypeError, IndexError) as error:
            return self.reply(400, {"error": {"message": repr(error)}})
        except OSError:  # the client has gone
            self.close_connection = True
            return None
        return self.reply(404, {"error": {"message": "no such path"}})

    def control(self, data):
        model = self.server.model
        with model.lock:
            model.queued += data.get("faults", [])
            model.defaults.update(data.get("defaults", {}))
        self.reply(200, {})

    def complete(self, data):
        model = self.server.model
        question, so_far = read_prompt(data["messages"])
        key = self.headers.get("Idempotency-Key", "")
        faults = model.faults_for(key, question)
        model.note({"key": key, "authorization": self.headers.get("Authorization", ""), "continued": bool(so_far),
                    "question": question, "model": data["model"], "faults": faults})
        status = faults.get("status", 200)
        if status != 200:
            return self.reply(status, {"error": {"message": "as asked"}}, faults.get("retry_after"))
        text = faults.get("say") or answer_to(question, faults.get("words", 60))
        rest = text[len(so_far):] if text.startswith(so_far) else text
        prompt = sum(len(m["content"].split()) for m in data["messages"])
        return self.stream(rest, prompt, faults, data.get("stream_options", {}).get("include_usage", False))

    def stream(self, text, prompt_tokens, faults, with_usage):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        words = re.findall(r"\S+\s*", text)
        for number, word in enumerate(words):
            if number == faults.get("cut_after"):
                self.close_connection = True  # without the last chunk: a broken body
                return
            if number == faults.get("stall_after"):
                self.server.model.closing.wait(STALL_SECONDS_MAX)
                self.close_connection = True
                return
            if number == faults.get("malformed"):
                self.send(b"data: {this is no JSON\n\n", faults)
            if number and faults.get("delay_ms"):
                time.sleep(faults["delay_ms"] / 1000)
            self.event({"choices": [{"index": 0, "delta": {"content": word}, "finish_reason": None}]}, faults)
        self.event({"choices": [{"index": 0, "delta": {}, "finish_reason": faults.get("finish", "stop")}]}, faults)
        if with_usage:
            self.event({"choices": [], "usage": {"prompt_tokens": prompt_tokens, "completion_tokens": len(words),
                                                 "total_tokens": prompt_tokens + len(words)}}, faults)
        self.send(b"data: [DONE]\n\n", faults)
        self.wfile.write(b"0\r\n\r\n")

    def event(self, data, faults):
        self.send(b"data: " + json.dumps(data, ensure_ascii=False).encode() + b"\n\n", faults)

    def send(self, data, faults):
        size = faults.get("split", len(data))
        for begin in range(0, len(data), size):
            piece = data[begin:begin + size]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.flush()

    def reply(self, status, data, retry_after=None):
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if retry_after is not None:
            self.send_header("Retry-After", str(retry_after))
        self.end_headers()
        self.wfile.write(body)


class Listener(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


class OpenAiServer:
    """The service on a thread of this process, at any free port of 127.0.0.1 unless one is given."""

    def __init__(self, port=0, token_delay_ms=0, **defaults):
        if token_delay_ms:
            defaults["delay_ms"] = token_delay_ms
        self.model = Model(defaults)
        self._http = Listener(("127.0.0.1", port), Handler)
        self._http.model = self.model
        self.port = self._http.server_address[1]
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def base_url(self):
        return f"http://127.0.0.1:{self.port}/v1"

    def chat_config(self, **more):
        """The server configuration, as nested dicts, under which the chat plugin asks this service."""
        return {"plugins": {"chat": {"config": {
            "provider": "openai", "base_url": self.base_url, "model": "fake", **more}}}}

    @property
    def requests(self):
        with self.model.lock:
            return list(self.model.requests)

    def fail_next(self, *faults):
        with self.model.lock:
            self.model.queued += faults

    def close(self):
        self.model.closing.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--port", type=int, default=8150)
    parser.add_argument("--token-delay-ms", type=int, default=0)
    parser.add_argument("--words", type=int, default=60)
    options = parser.parse_args()
    server = OpenAiServer(options.port, options.token_delay_ms, words=options.words)
    print(f"listening on {server.base_url}", flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        server.close()


if __name__ == "__main__":
    main()
