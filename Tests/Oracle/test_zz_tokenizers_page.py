"""docs/tokenizers.md is what this run generates. Named to run last: rows whose test failed are left out."""

import conftest
import prep_command
import tokenizers_page


def test_the_committed_page_is_current():
    generated = tokenizers_page.page(conftest.FAILED)
    committed = tokenizers_page.PAGE.read_text(encoding="utf-8")
    assert generated == committed, "run: python Tests/Oracle/tokenizers_page.py"


def test_the_encodings_it_names_are_those_of_the_command():
    help_text = " ".join(prep_command.prep("encode", "--help").stdout.decode().split())
    assert ", ".join(tokenizers_page.ENCODINGS) in help_text
