#!/usr/bin/python3
"""Durable echo beside the same server with its log off, and beside echo servers that log nothing.

    tests/bench/compare.py [--binary FILE] [--rounds 5] [--seconds 3] [--grid 50x1,50x16,500x1,500x16]
                           [--servers power_loss,process_crash,log-off,fastapi,node]

Servers run one at a time, in turn, so that what else the machine does hits all alike. Prints the
medians of thousand messages a second and of p99 in milliseconds, and power_loss divided by each.
fastapi needs python3-fastapi, python3-uvicorn and python3-uvloop; node the tests' Node packages."""

import argparse
import json
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from harness import server as harness  # noqa: E402

UNLIMITED = {"limits": {"messages_per_second": 0, "user_messages_per_second": 0, "in_flight": 1024}}
OURS = {
    "power_loss": {"log": {"durability": "power_loss"}},
    "process_crash": {"log": {"durability": "process_crash"}},
    "log-off": {"storage": {"engine": "memory"}},
}
PEERS = {
    "fastapi": ["/usr/bin/python3", str(HERE / "peers/fastapi_echo.py")],
    "node": ["node", str(HERE / "peers/node_echo.mjs")],
}


class Peer:
    """A server that is no Chartroom, on a port of its own."""

    def __init__(self, command):
        self.command_line = command
        self.port = harness.free_port()
        self.process = None

    def start(self):
        self.process = subprocess.Popen([*self.command_line, str(self.port)])
        deadline = time.monotonic() + harness.PATIENCE_SECONDS
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{' '.join(self.command_line)} does not listen")
            time.sleep(0.05)

    def url(self, path):
        return f"ws://127.0.0.1:{self.port}{path}"

    def close(self):
        if self.process:
            self.process.terminate()
            self.process.wait()


def measure(name, connections, in_flight, seconds):
    server = Peer(PEERS[name]) if name in PEERS else harness.Server(harness.merged(UNLIMITED, OURS[name]))
    try:
        server.start()
        done = subprocess.run(
            [harness.BINARY, "bench", "--url", server.url("/v1/session"), "--connections", str(connections),
             "--in-flight", str(in_flight), "--seconds", str(seconds), "--json"],
            capture_output=True, text=True, timeout=60 + 10 * seconds)
        if done.returncode != 0:
            raise SystemExit(f"{name} {connections}x{in_flight}: {done.stderr}")
        return json.loads(done.stdout)
    finally:
        server.close()


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--binary", default="build/release/bin/chartroom")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--seconds", type=float, default=3)
    options.add_argument("--grid", default="50x1,50x16,500x1,500x16")
    options.add_argument("--servers", default=",".join(OURS))
    given = options.parse_args()
    harness.BINARY = os.path.abspath(given.binary)
    names = given.servers.split(",")
    print(f"{'':>10}" + "".join(f"{name:>32}" for name in names))
    for cell in given.grid.split(","):
        connections, in_flight = map(int, cell.split("x"))
        results = {name: [] for name in names}
        for _ in range(given.rounds):
            for name in names:
                results[name].append(measure(name, connections, in_flight, given.seconds))
        rate = {name: statistics.median(r["messages_per_second"] for r in runs) / 1e3
                for name, runs in results.items()}
        p99 = {name: statistics.median(r["p99_us"] for r in runs) / 1e3 for name, runs in results.items()}
        ratio = {name: rate[names[0]] / rate[name] for name in names}
        print(f"{cell:>10}" + "".join(
            f"{rate[n]:9.1f} k/s {p99[n]:7.1f} ms {ratio[n]:5.2f}x" for n in names), flush=True)


if __name__ == "__main__":
    main()
