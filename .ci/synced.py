#!/usr/bin/env python3
"""Counts, with strace, how often the running service syncs its database to the disk.

`kill -9` does not prove the disk: what the kernel has survives it. So two things are shown here. A text that was
answered was synced before its answer left; and texts that arrive together share a sync, which is what makes full
durability affordable. Usage: .ci/synced.py [how many texts at once]"""

import concurrent.futures
import http.client
import re
import shutil
import sys
import tempfile
import threading
import time
import urllib.parse
from pathlib import Path

from demo import Demo
from program import program

TOGETHER = int(sys.argv[1]) if len(sys.argv) > 1 else 120
ROOT = Path(__file__).resolve().parent.parent


class Trace:
    """What strace writes down: one line a call, with the time at which it began."""

    CALL = re.compile(r"^\d+ +(\d+\.\d+) (?:f(?:data)?sync\(|<\.\.\. f(?:data)?sync resumed)")

    def __init__(self, path):
        self.path = path

    def ended(self):
        """When each sync was over. Calls that strace shows in two halves count once, by their second half."""
        times = []
        for line in self.path.read_text(errors="replace").splitlines():
            if "<unfinished" in line:
                continue
            found = self.CALL.match(line)
            if found:
                took = re.search(r"<(\d+\.\d+)>$", line)
                begun = float(found[1])
                times.append(begun if "resumed" in line else begun + (float(took[1]) if took else 0.0))
        return times

    def quiet(self):
        """Waits until nothing was synced for a second; gives back how often there was a sync until then."""
        deadline = time.monotonic() + 30
        count = -1
        while time.monotonic() < deadline:
            now = len(self.ended())
            if now == count:
                return count
            count = now
            time.sleep(1)
        raise SystemExit("the service never stops to sync, though nothing happens")


def post(connection, request):
    url, headers, body = request
    connection.request("POST", urllib.parse.urlsplit(url).path, body, headers)
    answer = connection.getresponse()
    return answer.status, answer.read()


def main():
    if not shutil.which("strace"):
        raise SystemExit("strace is needed to see what is synced (Debian: apt-get install strace)")
    data = tempfile.mkdtemp(prefix="mimamori-synced-")
    trace = Trace(Path(data) / "syncs")
    trace.path.touch()
    strace = ["strace", "-f", "-qq", "-ttt", "-T", "--seccomp-bpf", "-e", "trace=fsync,fdatasync", "-o", str(trace.path)]
    with Demo([*strace, program()], data, cwd=ROOT) as demo:
        phones = demo.phones()
        numbers = [phone["number"] for phone in phones]
        where = urllib.parse.urlsplit(demo.about["webhook"])

        def connect():
            return http.client.HTTPConnection(where.hostname, where.port, timeout=60)

        def text(index, body="元気です"):
            return demo.webhook(MessageSid=f"SM{index:032x}", From=numbers[index % len(numbers)], Body=body)

        # One text alone: it was on the disk before it was answered.
        trace.quiet()
        asked = time.time()
        status, reply = post(connect(), text(0))
        answered = time.time()
        assert status == 200, f"a text was answered with {status}: {reply[:200]}"
        between = [ended for ended in trace.ended() if asked <= ended <= answered]
        assert between, "a text was answered before anything was synced: a power cut would lose it"

        # Many at once: they share.
        before = trace.quiet()
        gate = threading.Barrier(TOGETHER)

        def at_once(index):
            connection = connect()
            connection.connect()
            gate.wait()
            return post(connection, text(index))[0]

        with concurrent.futures.ThreadPoolExecutor(TOGETHER) as pool:
            statuses = list(pool.map(at_once, range(1, TOGETHER + 1)))
        assert statuses == [200] * TOGETHER, f"answered with {sorted(set(statuses))}"
        syncs = trace.quiet() - before
        assert syncs >= 1, f"{TOGETHER} texts were answered and nothing was synced"
        assert syncs * 3 <= TOGETHER, f"{TOGETHER} texts at once took {syncs} syncs: they do not share them"

        # The same ones again change nothing, so there is nothing to sync for them.
        again = [post(connect(), text(index))[0] for index in range(1, 11)]
        assert again == [200] * 10, f"a redelivery was answered with {again}"
    shutil.rmtree(data)
    print(f">> one text: {len(between)} sync before its answer; {TOGETHER} texts at once: {syncs} syncs")


main()
