"""Where cargo put the program. The stages before have built it; if not, it is built now."""

import json
import subprocess
from pathlib import Path


def program():
    """The path of the debug build of `mimamori`."""
    root = Path(__file__).resolve().parent.parent
    command = ["cargo", "build", "--quiet", "--message-format=json", "--bin", "mimamori"]
    said = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, text=True, check=True).stdout
    made = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    return [message["executable"] for message in made if message.get("executable")][-1]
