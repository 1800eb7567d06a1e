#!/usr/bin/env python3
"""The contract with the provider, judged by programs of others: Twilio's client library and validator, and Twilio's
OpenAPI description, enforced by Prism.

    1. our signatures against Twilio's validator, both ways
    2. Twilio's client library sends, fetches and lists through our simulator, and signs what our webhook takes
    3. our simulator's answers satisfy the description
    4. what our gateway sends satisfies it: a round is opened by a service whose provider is Prism

Usage: .ci/peers.py PYTHON PRISM DESCRIPTION
PYTHON is an interpreter with PyPI's `twilio`; PRISM the command of npm's `@stoplight/prism-cli`; DESCRIPTION the
Messages part of Twilio's OpenAPI description."""

import datetime
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from program import program

ROOT = Path(__file__).resolve().parent.parent
PEERS = ROOT / "tests" / "peers"
SENDER = "+12015550100"
PHONE = "+819012345699"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def run(what, *command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=240, **options)
    if done.returncode != 0:
        raise SystemExit(f"{what}: exit {done.returncode}\n{done.stdout[-6000:]}")
    return done.stdout


class Prism:
    """Prism between somebody and a provider: it hands everything on, and writes down what breaks the description.
    Leaving it fails if anything did."""

    def __init__(self, command, description, provider, scratch):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log_path = os.path.join(scratch, f"prism-{self.port}.log")
        self.log = open(self.log_path, "wb")
        arguments = ["proxy", description, provider, "--port", str(self.port), "--host", "127.0.0.1"]
        self.process = subprocess.Popen(
            [command, *arguments], stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT
        )
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise SystemExit(f"Prism does not start:\n{self.said()}") from None
                time.sleep(0.1)

    def said(self):
        self.log.flush()
        return Path(self.log_path).read_text(errors="replace")

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.process.terminate()
        self.process.wait(20)
        said = re.sub(r"\x1b\[[0-9;]*m", "", self.said())
        wrong = [line for line in said.splitlines() if re.search(r"Violation: |terminated with error", line)]
        if wrong:
            raise SystemExit("against Twilio's description:\n" + "\n".join(wrong[:20]))
        if kind is None and "Request received" not in said:
            raise SystemExit(f"nothing went through Prism, so nothing was checked:\n{said[-2000:]}")


def morning_zone():
    """A zone in which it is about ten in the morning."""
    ahead = 10 - datetime.datetime.now(datetime.timezone.utc).hour
    # There is no zone thirteen hours behind: then the one that is as far ahead, tomorrow.
    ahead = ahead + 24 if ahead < -12 else ahead
    # By POSIX, the signs of these names are the wrong way round.
    return "Etc/GMT" if ahead == 0 else f"Etc/GMT{-ahead:+d}"


def metrics(address):
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as answer:
        return answer.read().decode()


def simulator(binary, scratch, receiver):
    """The built-in provider alone, with an account of Twilio's form, as (what it says of itself, process)."""
    log = open(Path(scratch) / "simulator.log", "wb")
    process = subprocess.Popen(
        [binary, "simulator", "--number", SENDER, "--sms-url", f"http://127.0.0.1:{receiver}/sms"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
    )
    line = process.stdout.readline()
    if not line.strip():
        raise SystemExit("the simulator does not start:\n" + (Path(scratch) / "simulator.log").read_text()[-3000:])
    return json.loads(line), process


def settings_for(about, provider, address, scratch):
    """What makes a service ours to look at: a database of its own, and this provider."""
    return os.environ | {
        "MIMAMORI__STORE__URL": f"sqlite:{scratch}/peers.db",
        "MIMAMORI__SERVER__LISTEN": address,
        "MIMAMORI__SERVER__PUBLIC_URL": f"http://{address}",
        "MIMAMORI__GATEWAY__KIND": "twilio",
        "MIMAMORI__GATEWAY__TWILIO__BASE_URL": provider,
        "MIMAMORI__GATEWAY__TWILIO__ACCOUNT_SID": about["account_sid"],
        "MIMAMORI__GATEWAY__TWILIO__AUTH_TOKEN": about["auth_token"],
        "MIMAMORI__DIALOGS__PATH": str(ROOT / "dialogs"),
    }


def open_a_round(binary, settings, address, scratch):
    """Enrols three patients and starts a service that asks them at once; gives back its process."""
    today = datetime.datetime.now(datetime.timezone.utc).date()
    since, until = today - datetime.timedelta(3), today + datetime.timedelta(3)
    people = [("ja", 91), ("en", 92), ("ja-easy", 93)]
    rows = [f"9000{last},人 {last},+8190123456{last},{language},{since},{until}" for language, last in people]
    patients = Path(scratch) / "patients.csv"
    patients.write_text("her_sys_id,name,phone,language,observe_from,observe_until\n" + "\n".join(rows) + "\n")
    center = ["center", "add", "--name", "Peers", "--time-zone", morning_zone(), "--sender", SENDER]
    run("center add", binary, *center, "--remind", "none", "--deadline", "13:00", env=settings)
    run("patient import", binary, "patient", "import", str(patients), "--center", "Peers", env=settings)
    log = open(Path(scratch) / "peers.log", "wb")
    service = subprocess.Popen([binary, "serve"], env=settings, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    deadline = time.monotonic() + 60
    taken = 0
    while taken < len(people):
        if time.monotonic() > deadline or service.poll() is not None:
            tail = (Path(scratch) / "peers.log").read_text(errors="replace")[-3000:]
            raise SystemExit(f"{taken} of {len(people)} opening texts were taken through Prism; the log ends:\n{tail}")
        time.sleep(0.2)
        try:
            page = metrics(address)
        except (OSError, urllib.error.URLError):
            continue
        counts = re.findall(r'mimamori_outbound_texts_total\{([^}]*)\} (\d+)', page)
        taken = sum(int(count) for labels, count in counts if 'outcome="accepted"' in labels)
        other = {labels: count for labels, count in counts if 'outcome="accepted"' not in labels}
        if other:
            service.kill()
            raise SystemExit(f"texts that the provider did not take through Prism: {other}")
    return service


def main():
    python, prism_command, description = sys.argv[1:]
    binary = program()
    scratch = tempfile.mkdtemp(prefix="mimamori-peers-")
    print(">> " + run("signatures", python, str(PEERS / "signatures.py"), binary).strip().splitlines()[-1])
    receiver = free_port()
    about, provider = simulator(binary, scratch, receiver)
    base = about["base_url"].rstrip("/")
    who = [about["account_sid"], about["auth_token"], SENDER, PHONE]
    service = None
    try:
        with Prism(prism_command, description, base, scratch) as prism:
            address = f"127.0.0.1:{free_port()}"
            service = open_a_round(binary, settings_for(about, prism.url, address, scratch), address, scratch)
        print(">> what the gateway sends satisfies Twilio's description")
        beside = os.environ | {"PRISM": prism_command, "PRISM_PORT": str(free_port())}
        run("the simulator behind Prism", str(PEERS / "prism.sh"), description, base, *who, env=beside)
        print(">> the simulator's answers satisfy Twilio's description")
        said = run(
            "Twilio's client library", python, str(PEERS / "twilio_client.py"), base, *who,
            "--receiver-port", str(receiver), "--service", f"http://{address}/twilio/sms",
        )
        print(f">> Twilio's client library: {said.count('ok    ')} expectations hold")
    finally:
        for process in filter(None, [service, provider]):
            process.terminate()
            process.wait(40)
    assert service.returncode == 0, f"the service was asked to stop, and ended with {service.returncode}"
    shutil.rmtree(scratch)


main()
