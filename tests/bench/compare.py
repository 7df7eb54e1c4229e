#!/usr/bin/python3
"""Durable echo against the same server with its log off, side by side.

    tests/bench/compare.py [--binary FILE] [--rounds 5] [--seconds 3] [--grid 50x1,50x16,500x1,500x16]

Servers run one at a time, in turn, so that what else the machine does hits both alike. Prints the
medians of thousand messages a second and of p99 in milliseconds, and the ratio."""

import argparse
import json
import os
import pathlib
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from harness import server as harness  # noqa: E402

SETUPS = {
    "power_loss": {"log": {"durability": "power_loss"}},
    "process_crash": {"log": {"durability": "process_crash"}},
    "log off": {"storage": {"engine": "memory"}},
}
UNLIMITED = {"limits": {"messages_per_second": 0, "user_messages_per_second": 0, "in_flight": 1024}}


def measure(setup, connections, in_flight, seconds):
    server = harness.Server(harness.merged(UNLIMITED, SETUPS[setup]))
    try:
        server.start()
        done = server.command("bench", "--url", server.url("/v1/session"), "--connections",
                              str(connections), "--in-flight", str(in_flight), "--seconds",
                              str(seconds), "--json", timeout=60 + 10 * seconds)
        if done.returncode != 0:
            raise SystemExit(f"{setup} {connections}x{in_flight}: {done.stderr}\n{server.log_tail()}")
        return json.loads(done.stdout)
    finally:
        server.close()


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--binary", default="build/release/bin/chartroom")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--seconds", type=float, default=3)
    options.add_argument("--grid", default="50x1,50x16,500x1,500x16")
    given = options.parse_args()
    harness.BINARY = os.path.abspath(given.binary)
    print(f"{'':>10}  " + "  ".join(f"{name:>22}" for name in SETUPS) + "   power_loss/off")
    for cell in given.grid.split(","):
        connections, in_flight = map(int, cell.split("x"))
        results = {name: [] for name in SETUPS}
        for _ in range(given.rounds):
            for name in SETUPS:
                results[name].append(measure(name, connections, in_flight, given.seconds))
        rate = {name: statistics.median(r["messages_per_second"] for r in runs) / 1e3
                for name, runs in results.items()}
        p99 = {name: statistics.median(r["p99_us"] for r in runs) / 1e3
               for name, runs in results.items()}
        print(f"{cell:>10}  " +
              "  ".join(f"{rate[n]:8.1f} k/s {p99[n]:7.2f} ms" for n in SETUPS) +
              f"   {rate['power_loss'] / rate['log off']:.2f}", flush=True)


if __name__ == "__main__":
    main()
