"""The `prep` command: `python -m prep`, and what the wheel installs as `prep`."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def binary() -> Path:
    """The native command beside the package."""
    found = Path(__file__).parent / "_native" / "prep"
    if not found.exists():
        raise FileNotFoundError(f"{found} is missing: install the wheel that `make wheel` builds")
    return found


def environment() -> dict[str, str]:
    """That of the command: with the interpreter that reads tables for it."""
    return {**os.environ, "PREP_PYTHON": sys.executable}


def main() -> None:
    os.execve(binary(), ["prep", *sys.argv[1:]], environment())


if __name__ == "__main__":
    main()
