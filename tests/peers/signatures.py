#!/usr/bin/env python3
"""Compares our webhook signatures with Twilio's own validator, both ways, over random cases.

Needs the package `twilio` from PyPI (9.13 or newer). The program is taken from the first argument, or from
the variable MIMAMORI, or from target/debug/mimamori. Exits 1 with the first case on which the two differ.
"""

import json
import os
import random
import subprocess
import sys

from twilio.request_validator import RequestValidator

CASES = 600
SEED = 20241122

TEXTS = [
    "", " ", "  36.8  ", "36.8", "体温は三十六度五分", "𠮷野家 👨‍👩‍👧 🇯🇵", "a&b=c+d%20e;f", "one\r\ntwo\nthree",
    "\x00\x01\x1b", "\u200f36.8\u200e", "e\u0301か\u3099", "+819012345601", "\ufffd", "'\"<>", "ＡＢＣ",
]
NAMES = [
    "MessageSid", "AccountSid", "From", "To", "Body", "body", "BODY", "NumMedia", "Zz", "a", "A", "aa", "x[]",
    "名", "", "a b", "MediaUrl0", "É", "é",
]
QUERIES = ["", "?m=msg_1", "?a=1&b=2", "?a=%E3%81%82+b%20c", "?Body=37.8", "?a=&&=", "?a=b?c=d", "?b=2&a=1"]
PATHS = ["/twilio/sms", "/twilio/status", "/", "", "/a%20b/c", "/mimamori/twilio/sms"]
HOSTS = ["bot.example", "mycompany.com", "xn--eckwd4c7c.example", "192.0.2.1"]


class Fields:
    """What web frameworks give: several values for one name."""

    def __init__(self, pairs):
        self.pairs = pairs

    def __iter__(self):
        return iter([name for name, _ in self.pairs])

    def __len__(self):
        return len(self.pairs)

    def getall(self, name):
        return [value for key, value in self.pairs if key == name]


def random_case(rng):
    scheme = rng.choice(["https", "http"])
    default = {"https": ":443", "http": ":80"}[scheme]
    port = rng.choice(["", "", default, ":8443"])
    query = rng.choice(QUERIES)
    path = rng.choice(PATHS)
    pairs = []
    for _ in range(rng.randrange(0, 14)):
        text = rng.choice(TEXTS)
        if rng.random() < 0.3:
            text = "".join(chr(rng.choice([rng.randrange(32, 127), rng.randrange(0x3040, 0x30FF), rng.randrange(0x1F300, 0x1F6FF)])) for _ in range(rng.randrange(0, 40)))
        pairs.append([rng.choice(NAMES), text])
    if pairs and rng.random() < 0.3:
        pairs.append(list(rng.choice(pairs)))
    rng.shuffle(pairs)
    return {
        "token": "".join(rng.choice("0123456789abcdef") for _ in range(32)),
        "base": f"{scheme}://{rng.choice(HOSTS)}", "port": port, "default": default,
        "rest": path + query, "params": pairs,
    }


def ask(program, cases):
    lines = "".join(json.dumps(case) + "\n" for case in cases)
    done = subprocess.run([program, "sign"], input=lines.encode(), stdout=subprocess.PIPE, check=True)
    answers = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert len(answers) == len(cases), f"{len(cases)} cases, {len(answers)} answers"
    return answers


def differ(what, case):
    print(f"signatures differ: {what}\n{json.dumps(case, ensure_ascii=False, indent=2)}", file=sys.stderr)
    sys.exit(1)


def changed(rng, case):
    """The same request with one thing changed."""
    params = [list(pair) for pair in case["params"]]
    what = rng.randrange(3)
    if what == 0 and params:
        rng.choice(params)[1] += "!"
    elif what == 1:
        params.append(["Zzz", "1"])
    else:
        return dict(case, url=case["url"] + ("&" if "?" in case["url"] else "?") + "x=1")
    return dict(case, params=params)


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("MIMAMORI", "target/debug/mimamori")
    rng = random.Random(SEED)
    questions, checks = [], []

    def put(case, check):
        questions.append(case)
        checks.append(check)

    for _ in range(CASES):
        made = random_case(rng)
        validator = RequestValidator(made["token"])
        fields = Fields(made["params"])
        url = made["base"] + made["port"] + made["rest"]
        case = {"token": made["token"], "url": url, "params": made["params"]}
        theirs = validator.compute_signature(url, fields)

        # The same signature, and each accepts the other's.
        def same(answer, case=case, theirs=theirs, validator=validator, fields=fields):
            if answer["signature"] != theirs:
                differ(f"theirs is {theirs}, ours {answer['signature']}", case)
            if not validator.validate(case["url"], fields, answer["signature"]):
                differ("their validator refuses ours", case)
            if not answer["valid"]:
                differ("ours refuses theirs", case)

        put(dict(case, signature=theirs), same)

        # Signed with the default port where the address has none, and the other way round.
        other = {"": made["default"], made["default"]: ""}.get(made["port"], "")
        moved = validator.compute_signature(made["base"] + other + made["rest"], fields)

        def port(answer, case=case, moved=moved, validator=validator, fields=fields):
            if answer["valid"] != validator.validate(case["url"], fields, moved):
                differ("they disagree about the port", case)

        put(dict(case, signature=moved), port)

        # Something changed after it was signed.
        tampered = changed(rng, case)

        def refuse(answer, case=tampered, theirs=theirs, validator=validator):
            if answer["valid"] or validator.validate(case["url"], Fields(case["params"]), theirs):
                differ("a changed request is accepted", case)

        put(dict(tampered, signature=theirs), refuse)

    for answer, check in zip(ask(program, questions), checks):
        check(answer)
    print(f"signatures: {len(questions)} comparisons with Twilio's validator, no difference")


if __name__ == "__main__":
    main()
