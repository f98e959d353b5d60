"""measured.js for Python: loads a function, calls it as Lambda's runtime does, and reports the times."""

import importlib
import json
import os
import sys
import time

task = json.loads(sys.argv[1])
started_ms = time.monotonic_ns() / 1e6

folder, name = os.path.split(task["artifact"])
sys.path.insert(0, folder)
handler = importlib.import_module(name[: -len(".py")]).handler
load_ms = time.monotonic_ns() / 1e6 - started_ms

import resource
import socket

# Redirects every connection to the stub, whatever its host and port.
socket.getaddrinfo = lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", task["port"]))]


class Context:
    aws_request_id = "bench"
    function_name = "bench"
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


def repeat(calls):
    for _ in range(2 * calls):
        call()
    before_us = cpu_us()
    for _ in range(calls):
        call()
    return (cpu_us() - before_us) / calls


def peak_memory_mb():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


print("loaded", flush=True)
os.read(0, 1)

called_ms = time.monotonic_ns() / 1e6
answer = call()
answer_ms = load_ms + time.monotonic_ns() / 1e6 - called_ms
report = {"load_ms": load_ms, "answer_ms": answer_ms, "memory_mb": peak_memory_mb()}
if task["calls"] > 0:
    report["cpu_us"] = repeat(task["calls"])
print(json.dumps({**report, "answer": answer}))
