"""docs/training.md is run: its shell, its Python and its C, as they stand there, one after the other."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from places import CHECKOUT
from prep_command import PREP

PAGE = (CHECKOUT / "docs" / "training.md").read_text()
SNIPPETS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.M | re.S)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with the fixture, and the command on the PATH."""
    place = tmp_path_factory.mktemp("training")
    shutil.copytree(CHECKOUT / "fixtures", place / "fixtures")
    (place / "bin").mkdir()
    (place / "bin" / "prep").symlink_to(os.path.abspath(PREP))
    return place


def run(command, place):
    environment = os.environ | {"PATH": f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}", "HF_HUB_OFFLINE": "1"}
    result = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, f"{command}\n{result.stderr[-3000:]}"
    return result.stdout


def test_every_snippet_runs(place):
    assert {language for language, _ in SNIPPETS} == {"sh", "python", "c"} and len(SNIPPETS) >= 10
    # One process: importing torch takes longer than all that is shown.
    python = "".join(f"exec({code!r}, {{}})\n" for language, code in SNIPPETS if language == "python")
    for language, code in SNIPPETS:
        if language == "sh":
            run(["bash", "-euc", code], place)
    run([sys.executable, "-c", f"if __name__ == '__main__':\n{indented(python)}"], place)
    (c,) = (code for language, code in SNIPPETS if language == "c")
    (place / "rows.c").write_text(c)
    native = CHECKOUT / "python" / "prep" / "_native"
    run(["gcc", "-Wall", "-Werror", f"-I{CHECKOUT}/Sources/CPrepABI/include", "rows.c", f"-L{native}", "-l:libprep.so",
         f"-Wl,-rpath,{native}", "-o", "rows"], place)
    first, label = map(int, run(["./rows"], place).split())
    assert first > 0 and label == -100


def indented(code):
    return "".join(f"    {line}\n" for line in code.splitlines())


def test_links_lead_somewhere():
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", PAGE):
        assert (CHECKOUT / "docs" / target).exists(), target
    assert re.search(r"Tests/Python/test_docs\.py", PAGE)


def test_the_worked_examples_name_files_that_are_there():
    """CONTRIBUTING names the one place of each thing; a file that moves takes its mention along."""
    text = (CHECKOUT / "CONTRIBUTING.md").read_text()
    for path in re.findall(r"`((?:Sources|Tests|Scripts|python)/[\w+./]*)", text):
        assert (CHECKOUT / path).exists(), path
    assert text.count("**A") >= 5
    for page in ("CONTRIBUTING.md", "docs/releasing.md", "README.md"):
        for target in re.findall(r"\]\((?!http)([^)#]+)\)", (CHECKOUT / page).read_text()):
            assert ((CHECKOUT / page).parent / target).exists(), f"{page}: {target}"


def test_the_workflow_runs_make_targets():
    import yaml

    workflow = yaml.safe_load((CHECKOUT / ".github" / "workflows" / "ci.yml").read_text())
    targets = set(re.findall(r"^([a-z]+):", (CHECKOUT / "Makefile").read_text(), re.M))
    commands = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    made = {target for command in commands if command.startswith("make ") for target in command.split()[1:]}
    assert {"check", "test", "wheel"} <= made <= targets


def test_the_page_of_messages_is_what_happens():
    script = subprocess.run(
        [sys.executable, "-c", "import sys; sys.path.insert(0, sys.argv[1]); import messages_page; print(messages_page.page(sys.argv[2]), end='')",
         str(CHECKOUT / "Scripts"), PREP], capture_output=True, text=True)
    assert script.returncode == 0, script.stderr[-2000:]
    assert script.stdout == (CHECKOUT / "docs" / "messages.md").read_text()
