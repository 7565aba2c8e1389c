"""Writes docs/commands.md: what every command says of itself.

usage: Scripts/commands_page.py [PREP]
"""

import os
import re
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
PAGE = CHECKOUT / "docs" / "commands.md"


def help_of(prep, *command):
    environment = {**os.environ, "COLUMNS": "100"}
    return subprocess.run(
        [prep, "help", *command], check=True, capture_output=True, text=True, env=environment).stdout.rstrip()


def page(prep):
    whole = help_of(prep)
    commands = re.findall(r"^  ([a-z]+) {3,}", whole.split("SUBCOMMANDS:")[1], re.M)
    parts = [
        "# Commands", "",
        "What `prep help` prints, written by `Scripts/commands_page.py` and compared by the tests.", "",
        "```", whole, "```",
    ]
    for command in commands:
        parts += ["", f"## prep {command}", "", "```", help_of(prep, command), "```"]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(sys.argv[1] if len(sys.argv) > 1 else str(CHECKOUT / ".build" / "release" / "prep")))
