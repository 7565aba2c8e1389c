"""The unit cases of the template language are what jinja2 answers now."""

from jinja_unit_cases import FOLDER, files


def test_the_files_are_current():
    for name, content in files():
        assert (FOLDER / name).read_text(encoding="utf-8") == content, f"{name}: run Tests/Oracle/jinja_unit_cases.py"
