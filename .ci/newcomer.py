#!/usr/bin/env python3
"""Does what a newcomer does: clones the repository, starts the README's first command, moves the clock to seven in
the morning, answers one patient's questions on the page of phones, and looks at the round: one check-in completed,
then the chase list of the deadline. Usage: .ci/newcomer.py [folder of a checkout to use in place of a clone]"""

import datetime
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from demo import Demo

ROOT = Path(__file__).resolve().parent.parent

# What the question is about, and what one would answer to it. By the words on the screen: whoever holds the phone
# sees nothing else.
ANSWERS = [
    (r"体温", "36.6"),
    (r"酸素|SpO2", "９８"),
    (r"息(が|は|を)?.*(苦し|くるし)", "いいえ"),
    (r"せき.*鼻水|番号", "1"),
    (r"胸|横にな|ぼんやり|唇", "2"),
    (r"ほか|伝えたい", "なし"),
]


def readme_command():
    """The first command of the README, word for word."""
    block = re.search(r"```sh\n(.*?)\n", (ROOT / "README.md").read_text(encoding="utf-8"))
    command = block[1].split()
    assert command == ["cargo", "run", "--", "demo"], f"the README's first command is {' '.join(command)}"
    return command[:-1]


def answer_for(text):
    """What to type, going by the last question in a text: what comes before it echoes the answer before."""
    last = max(((match.start(), reply) for pattern, reply in ANSWERS for match in re.finditer(pattern, text)), default=None)
    if last is None:
        raise SystemExit(f"a text that a newcomer could not answer: {text!r}")
    return last[1]


def patients_by_phone(round_view):
    return {re.sub(r"\D", "", patient["phone"]): patient for patient in round_view["patients"]}


def morning(demo):
    demo.sign_in()
    phones = demo.phones()
    assert len(phones) >= 20, f"{len(phones)} phones: the demo promises some forty patients"
    # Nobody but us: the others may answer by themselves.
    now = demo.expect(demo.about["clock"])["now"]
    today = datetime.datetime.fromisoformat(now.replace("Z", "+00:00")).astimezone(JAPAN)
    opening = today.replace(hour=7, minute=0, second=0, microsecond=0)
    if opening <= today:
        opening += datetime.timedelta(days=1)
    candidates = []
    for phone in phones:
        demo.take_over(phone)
    demo.move_clock(opening.isoformat())

    for phone in phones:
        texts = [message["body"] for message in demo.texts_of(phone) if not message["mine"]]
        if texts and "体温" in texts[-1]:
            candidates.append((phone, texts[-1]))
    assert candidates, "nobody was asked at seven"
    phone, text = candidates[0]

    exchanged = 0
    while True:
        before = patients_by_phone(demo.round())[re.sub(r"\D", "", phone["number"])]
        if before["progress"] == "finished":
            break
        assert exchanged < 12, f"after {exchanged} answers there are still questions; the last text: {text!r}"
        text = demo.type(phone, answer_for(text))[-1]
        exchanged += 1
    assert exchanged >= 3, f"finished after {exchanged} answers"
    assert before["severity"] == "green", f"36.6, 98 %, no, a cough, no, nothing: and yet {before['severity']}"

    demo.move_clock((opening + datetime.timedelta(minutes=90)).isoformat())
    # Nobody touched the console for an hour and a half.
    demo.sign_in()
    view = demo.round()
    silent = len(view["chase_list"])
    assert silent >= 1, "nobody else answered, and the chase list is empty"
    assert view["counts"]["finished"] >= 1
    return exchanged, silent


JAPAN = datetime.timezone(datetime.timedelta(hours=9))


def main():
    began = time.monotonic()
    scratch = tempfile.mkdtemp(prefix="mimamori-newcomer-")
    if len(sys.argv) > 1:
        clone = sys.argv[1]
    else:
        clone = os.path.join(scratch, "mimamori")
        subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), clone], check=True)
    data = os.path.join(scratch, "data")
    with Demo(readme_command(), data, cwd=clone) as demo:
        ready = time.monotonic() - began
        exchanged, chased = morning(demo)
    built = (Path(data) / "demo.log").read_text(errors="replace").count("Compiling")
    shutil.rmtree(scratch)
    print(f">> ready after {ready:.0f} s ({built} packages built anew); a check-in after {exchanged} answers; "
          f"{chased} on the chase list at the deadline")


main()
