"""Every word of `prep help` is on docs/commands.md, so that a change of it is seen."""

import sys

from prep_command import CHECKOUT, PREP, prep

sys.path.insert(0, str(CHECKOUT / "Scripts"))


def test_the_page_is_what_the_commands_say():
    import commands_page

    assert commands_page.PAGE.read_text() == commands_page.page(PREP), "run Scripts/commands_page.py"


def test_a_command_that_does_not_exist_is_a_usage_error():
    for arguments in (["nothing"], ["run"], ["run", "a.jsonl", "--output", "o", "--nothing"], ["inspect"]):
        result = prep(*arguments, check=False)
        assert result.returncode == 64 and b"Usage:" in result.stderr, arguments
    assert prep("--version").stdout == b"0.1.0\n"
