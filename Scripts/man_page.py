"""Prints the manual page prep(1), from what every command says of itself.

usage: Scripts/man_page.py PREP
"""

import json
import subprocess
import sys


def escaped(text: str) -> str:
    """For mdoc: no line begins a macro, no backslash an escape."""
    lines = text.replace("\\", "\\e").replace("-", "\\-").splitlines()
    return "\n".join(f"\\&{line}" if line.startswith((".", "'")) else line or ".Pp" for line in lines)


def names(argument: dict) -> str:
    spelled = [f"-{name['name']}" if name["kind"] == "short" else f"--{name['name']}" for name in argument.get("names") or []]
    value = f" {argument.get('valueName', 'value')}" if argument["kind"] == "option" else ""
    return escaped(", ".join(spelled) + value) or f"<{argument.get('valueName', 'argument')}>"


def options(command: dict) -> list[str]:
    lines = [".Bl -tag -width Ds"]
    for argument in command.get("arguments") or []:
        if not argument.get("shouldDisplay", True):
            continue
        text = " ".join(filter(None, (argument.get("abstract"), argument.get("discussion"))))
        if argument.get("defaultValue"):
            text += f" (default: {argument['defaultValue']})"
        lines += [f".It {names(argument)}", escaped(text)]
    return [*lines, ".El"]


def page(tool: dict, version: str) -> str:
    whole = tool["command"]
    lines = [
        f".Dd {version}", ".Dt PREP 1", f".Os prep {version}", ".Sh NAME", ".Nm prep", f".Nd {escaped(whole['abstract'].rstrip('.'))}",
        ".Sh SYNOPSIS", ".Nm", ".Ar command", ".Op options", ".Sh DESCRIPTION", escaped(whole.get("discussion") or whole["abstract"]),
    ]
    for command in whole["subcommands"]:
        if command["commandName"] == "help":
            continue
        lines += [f".Sh PREP {command['commandName'].upper()}", escaped(command.get("abstract", ""))]
        if command.get("discussion"):
            lines += [".Pp", escaped(command["discussion"])]
        lines += options(command)
    lines += [".Sh SEE ALSO", "The pages of the project's docs folder."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    prep = sys.argv[1]
    described = subprocess.run([prep, "--experimental-dump-help"], check=True, stdout=subprocess.PIPE, text=True).stdout
    version = subprocess.run([prep, "--version"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    sys.stdout.write(page(json.loads(described), version))
