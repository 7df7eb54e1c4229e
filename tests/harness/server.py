"""A real server for a test: its own state folder, configuration and loopback port.

Nothing here knows what a test is about. Every wait has a deadline; every process that is started is
ended by its own id.
"""

import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time

BINARY = os.environ.get("CHARTROOM_BINARY", "build/dev/bin/chartroom")
TEST_PLUGINS = os.environ.get("CHARTROOM_TEST_PLUGINS", "")
# Sanitizers and busy machines are slow; a deadline is there to end a hang, not to measure.
PATIENCE_SECONDS = float(os.environ.get("CHARTROOM_TEST_PATIENCE", "20"))
# What has to pass by itself, as a token's life, is a multiple of this: long enough to act within.
SHORT_SECONDS = PATIENCE_SECONDS / 20
_POLL_SECONDS = 0.02
# Below what Linux gives to outgoing connections.
_PORTS = (15_000, 32_000)
_held_ports = []


def free_port():
    """A port that no other test takes while this process runs, and that no outgoing connection is given.

    The UDP port of the same number is held meanwhile, by server.mjs likewise.
    """
    while True:
        port = random.randrange(*_PORTS)
        hold = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            hold.bind(("127.0.0.1", port))
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", port))
        except OSError:
            hold.close()
            continue
        _held_ports.append(hold)
        return port


def merged(base, overrides):
    result = dict(base)
    for key, value in overrides.items():
        known = result.get(key)
        result[key] = merged(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return result


def to_toml(table, path=()):
    """The few shapes that the tests' configurations have: tables of scalars, lists, tables and lists of tables."""
    arrays = {k: v for k, v in table.items() if isinstance(v, list) and v and isinstance(v[0], dict)}
    scalars = {k: v for k, v in table.items() if not isinstance(v, dict) and k not in arrays}
    lines = [f"[{'.'.join(path)}]"] if path and scalars else []
    # JSON's spelling of strings, numbers, booleans and lists of them is TOML's, too.
    lines += [f"{key} = {json.dumps(value)}" for key, value in scalars.items()]
    for key, rows in arrays.items():
        for row in rows:
            lines += [f"[[{'.'.join((*path, key))}]]"] + [f"{k} = {json.dumps(v)}" for k, v in row.items()]
    text = "\n".join(lines) + "\n" if lines else ""
    return text + "".join(to_toml(v, (*path, k)) for k, v in table.items() if isinstance(v, dict))


class Server:
    def __init__(self, config=None, environment=None, state_directory=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="chartroom-test-"))
        self.state = pathlib.Path(state_directory or self.folder / "state")
        self.port = free_port()
        self.environment = {**os.environ, **(environment or {})}
        self.process = None
        self.health_port = None  # where that is not the same
        self.prepare = None  # called in the child before it becomes the server
        self.log_path = self.folder / "stderr.log"
        self.configure(config or {})

    def configure(self, overrides):
        base = {
            "server": {
                "listen": ["127.0.0.1:{port}"],
                "state_directory": str(self.state),
                "drain_seconds": 1,
            },
            "limits": {
                "messages_per_second": 100_000,
                "burst": 100_000,
                "user_messages_per_second": 100_000,
                "user_burst": 100_000,
            },
        }
        self.config_path = self.folder / "chartroom.toml"
        config = merged(base, overrides)
        config["server"]["listen"] = [address.format(port=self.port) for address in config["server"]["listen"]]
        self.config_path.write_text(to_toml(config))
        # Where the server speaks TLS, its certificate is the one that is trusted.
        certificate = overrides.get("server", {}).get("tls_cert")
        self.tls = ssl.create_default_context(cafile=certificate) if certificate else None

    # ---- life ------------------------------------------------------------------------------------

    def start(self):
        """Starts the server and returns once it is ready to store."""
        self.spawn()
        self.wait_ready()
        return self

    def spawn(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [BINARY, "serve", "-c", str(self.config_path)],
                cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                preexec_fn=self.prepare)

    def wait_ready(self):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.log_tail()}")
            try:
                if self.get("/readyz", timeout=2, port=self.health_port)[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(_POLL_SECONDS)
        raise AssertionError(f"the server was not ready in {PATIENCE_SECONDS} s:\n{self.log_tail()}")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE_SECONDS)

    def terminate(self):
        """SIGTERM; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_SECONDS)

    def restart(self):
        return self.start()

    def close(self):
        if self.process and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    # ---- looking at it ---------------------------------------------------------------------------

    def log_text(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def log_tail(self, lines=40):
        return "\n".join(self.log_text().splitlines()[-lines:])

    def url(self, path):
        return f"{'wss' if self.tls else 'ws'}://127.0.0.1:{self.port}{path}"

    def get(self, path, headers=None, timeout=None, port=None):
        """(status, headers, body) of a GET."""
        where = {"host": "127.0.0.1", "port": port or self.port, "timeout": timeout or PATIENCE_SECONDS}
        connection = (http.client.HTTPSConnection(**where, context=self.tls) if self.tls
                      else http.client.HTTPConnection(**where))
        try:
            connection.request("GET", path, headers=headers or {})
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def metric(self, name):
        """The sum of a metric over its labels."""
        text = self.get("/metrics")[2].decode()
        values = [float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                  if line.startswith((name + "{", name + " "))]
        if not values:
            raise AssertionError(f"there is no metric {name}")
        return sum(values)

    def command(self, *arguments, timeout=None):
        return subprocess.run(
            [BINARY, *arguments], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=timeout or 6 * PATIENCE_SECONDS)

    def audit(self):
        """Verifies the log and re-executes every session of it; returns how many there were.

        The server may run or not. Raises AssertionError with the command's words.
        """
        config = ("-c", str(self.config_path))
        listed = self.command("sessions", *config, "--json")
        if listed.returncode != 0:
            raise AssertionError(f"sessions: exit {listed.returncode}\n{listed.stderr}")
        ids = [json.loads(line)["id"] for line in listed.stdout.splitlines()]
        for arguments in (["verify"], *(["replay", "--diff", session] for session in ids)):
            done = self.command(*arguments, *config)
            if done.returncode != 0:
                raise AssertionError(
                    f"{' '.join(arguments)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
        return len(ids)


def report(server):
    print(f"--- the server's log ---\n{server.log_tail()}\n---", file=sys.stderr)
