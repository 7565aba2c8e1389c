"""docs/masking.md tells the truth: its masks are what the command prints, its tests exist, no trap is without one."""

import re
from pathlib import Path

import pytest
from masking_page import PAGE, SHOWN, outcome
from prep_command import CHECKOUT

TEXT = PAGE.read_text(encoding="utf-8")
SECTIONS = re.split(r"^## ", TEXT, flags=re.M)[1:]
MASKS = [pytest.param(match, id=section.splitlines()[0][:40]) for section in SECTIONS for match in SHOWN.finditer(section)]


@pytest.mark.parametrize("shown", MASKS)
def test_masks_of_the_page(shown):
    assert outcome(shown["records"], shown["command"]) == shown["text"]


def test_every_trap_has_a_mask_and_a_test_that_exists():
    assert len(SECTIONS) >= 13
    for section in SECTIONS:
        assert SHOWN.search(section), section.splitlines()[0]
        named = re.findall(r"`(Tests/[\w/]+\.(?:py|swift))\s+(\w+)`", section.split("Held by", 1)[1])
        assert named, section.splitlines()[0]
        for file, name in named:
            code = Path(CHECKOUT / file).read_text(encoding="utf-8")
            assert re.search(rf"\b(?:def|func) {name}\(", code), (file, name)
