"""README.md is run: its shell commands in order, its Python and its Swift as they stand there."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.M | re.S)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with the fixtures of the README and the command on the PATH."""
    place = tmp_path_factory.mktemp("readme")
    shutil.copytree(ROOT / "fixtures", place / "fixtures")
    binary = place / "bin"
    binary.mkdir()
    prep = pathlib.Path(os.environ.get("PREP", ROOT / ".build/release/prep")).resolve()
    (binary / "prep").symlink_to(prep)
    return place


def environment(place):
    return os.environ | {"PATH": f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1"}


@pytest.fixture(scope="module")
def commands(place):
    """The shell commands of the README, run in order."""
    commands = [line for block in blocks("sh") for line in block.replace("\\\n", " ").splitlines()]
    commands = [c for c in (re.sub(r"\s+#.*$", "", c).strip() for c in commands) if c.startswith(("prep ", "echo "))]
    for command in commands:
        result = subprocess.run(command, shell=True, cwd=place, env=environment(place), capture_output=True, text=True)
        assert result.returncode == 0, f"{command}\n{result.stdout[-2000:]}\n{result.stderr[-2000:]}"
    return commands


def test_shell_commands_run(commands):
    assert len(commands) >= 6


def test_python_runs_after_the_shell_commands(commands, place):
    for block in blocks("python"):
        env = environment(place) | {"PYTHONPATH": str(ROOT / "python")}
        result = subprocess.run([sys.executable, "-c", block], cwd=place, env=env, capture_output=True, text=True)
        assert result.returncode == 0, f"{block}\n{result.stderr[-3000:]}"


def test_swift_is_the_example_that_the_package_compiles():
    (example,) = blocks("swift")
    catalog = (ROOT / "Sources/PrepKit/PrepKit.docc/PrepKit.md").read_text()
    first, second = re.findall(r"^```swift\n(.*?)^```$", catalog, re.M | re.S)
    assert first == example
    compiled = (ROOT / "Tests/PipelineTests/ReadmeExample.swift").read_text()
    lines = "\n".join(line.strip() for line in compiled.splitlines() if line.strip())
    for code in (example, second):
        body = [line.strip() for line in code.splitlines() if line.strip() and not line.startswith("import")]
        assert "\n".join(body) in lines, code


def test_files_and_targets_named_exist():
    for path in re.findall(r"\]\(([\w./-]+)\)", README):
        assert (ROOT / path).exists(), path
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"`make ([\w-]+)`", README):
        assert re.search(rf"^{target}:", makefile, re.M), target


def test_picture_is_what_inspect_shows(place):
    sys.path.insert(0, str(ROOT / "Scripts"))
    import picture

    record = re.search(r"echo '(.*)' > peru.jsonl", README).group(1)
    (place / "peru.jsonl").write_text(record + "\n")
    shown = subprocess.run(
        ["prep", "inspect", "peru.jsonl", "--record", "0", "--context-length", "24", "--color"],
        cwd=place, env=environment(place), capture_output=True, text=True, check=True)
    assert (ROOT / "docs/sample.svg").read_text() == picture.draw(shown.stdout)
