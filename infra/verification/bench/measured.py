"""measured.js for Python: loads a function, calls it as Lambda's runtime does, and says how long it took."""

import importlib
import json
import os
import sys
import time

with open(sys.argv[1]) as file:
    task = json.load(file)
booted_ms = time.monotonic_ns() / 1e6  # CLOCK_MONOTONIC, which all processes share

folder, name = os.path.split(task["artifact"])
sys.path.insert(0, folder)
handler = importlib.import_module(name[: -len(".py")]).handler
loaded_ms = time.monotonic_ns() / 1e6

import resource
import socket

# Every connection goes to the stub, whatever name and port it is for.
socket.getaddrinfo = lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", task["port"]))]


class Context:
    aws_request_id = "measured"
    function_name = "measured"
    memory_limit_in_mb = "256"

    def get_remaining_time_in_millis(self):
        return 10_000


def call():
    answer = handler(json.loads(task["event"]), Context())
    if answer["statusCode"] != task["status"]:
        raise Exception(f"The answer must have status {task['status']}: {answer}")
    return json.dumps(answer)


def cpu_us():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return (usage.ru_utime + usage.ru_stime) * 1e6


def repeat():
    for _ in range(task["warmUp"]):
        call()
    walls_us = []
    before_us = cpu_us()
    for _ in range(task["calls"]):
        start_ns = time.monotonic_ns()
        call()
        walls_us.append((time.monotonic_ns() - start_ns) / 1e3)
    used_us = cpu_us() - before_us
    walls_us.sort()
    calls = task["calls"]
    return {"cpu_us": used_us / calls, "wall_us": walls_us[calls // 2], "slow_us": walls_us[int(calls * 0.99)]}


def peak_memory_mb():
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


redirected_ms = time.monotonic_ns() / 1e6
answer = call()
answered_ms = time.monotonic_ns() / 1e6
cold = {
    "init_ms": loaded_ms - booted_ms,
    "first_ms": answered_ms - redirected_ms,
    "answered_ms": answered_ms,
    "cpu_ms": cpu_us() / 1e3,
}
warm = repeat() if task["calls"] > 0 else None
print(json.dumps({"cold": {**cold, "memory_mb": peak_memory_mb()}, "warm": warm, "answer": answer}))
