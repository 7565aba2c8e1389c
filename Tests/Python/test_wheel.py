"""The wheel that `make wheel` builds, in an empty virtual environment of a machine without Swift."""

import os
import subprocess
import sys
import zipfile

import pytest
from places import CHECKOUT, GSM8K

SCRIPT = """
import json, sys
import prep
assert prep.__file__.startswith(sys.prefix), prep.__file__
assert prep.Tokenizer().encode("Hello world").tolist() == [15496, 995]
data = prep.Dataset(sys.argv[1])
records = [json.loads(line) for line in open(sys.argv[2])]
rows = prep.encode_records(records, context_length=320)
assert len(data) == len(rows) == 400 and (data[:]["labels"] == rows["labels"]).all()
loaded = {line.split()[-1] for line in open("/proc/self/maps") if ".so" in line}
print(*sorted(loaded), sep="\\n")
"""


def build(folder):
    subprocess.run([sys.executable, CHECKOUT / "Scripts" / "wheel", folder], check=True)
    (wheel,) = folder.iterdir()
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build(tmp_path_factory.mktemp("wheel"))


def test_it_installs_into_an_empty_environment_and_works_without_swift(folders, wheel, tmp_path):
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "env"], check=True)
    python = tmp_path / "env" / "bin" / "python"
    # pip finds its index as this machine is set up for it.
    settings = {name: value for name, value in os.environ.items() if "PIP" in name or "proxy" in name.lower()}
    environment = {**settings, "PATH": "/usr/bin:/bin", "HOME": os.environ.get("HOME", "/")}
    subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", wheel], check=True, env=environment)
    shown = subprocess.run(
        [python, "-c", SCRIPT, folders["plain"], GSM8K], check=True, env={"PATH": "/usr/bin:/bin"}, cwd=tmp_path,
        capture_output=True, text=True).stdout.split()
    assert any("libprep.so" in name for name in shown)
    # Nothing of Swift's, and of prep's own libraries only those of the wheel.
    assert not [name for name in shown if "swift" in name.lower()]
    ours = [name for name in shown if name.rsplit("/", 1)[-1].startswith(("libsimdjson", "libzstd", "libpcre2", "libsqlite3"))]
    assert ours and all(name.startswith(f"{tmp_path}/env/") for name in ours)
    for command in (["bin/prep"], ["bin/python", "-m", "prep"]):
        line = [tmp_path / "env" / command[0], *command[1:]]
        version = subprocess.run([*line, "--version"], check=True, env={}, capture_output=True, text=True).stdout
        assert version == (CHECKOUT / "VERSION").read_text()
    subprocess.run(
        [tmp_path / "env" / "bin" / "prep", "run", GSM8K, "--output", tmp_path / "out", "--quiet"], check=True, env={}, cwd="/")


def test_it_holds_what_a_wheel_must(wheel):
    with zipfile.ZipFile(wheel) as archive:
        # auditwheel writes entries of folders too, which no RECORD lists.
        names = {name for name in archive.namelist() if not name.endswith("/")}
        assert archive.testzip() is None
        (info,) = (name.rsplit("/", 1)[0] for name in names if name.endswith("/METADATA"))
        metadata = archive.read(f"{info}/METADATA").decode()
        record = archive.read(f"{info}/RECORD").decode().splitlines()
    assert {"prep/py.typed", "prep/__init__.py", "prep/torch/stream.py", "prep/_native/prep"} <= names
    assert sum(name.startswith("prep/_native/libprep") for name in names) == 1
    assert {line.split(",")[0] for line in record} == names
    version = (CHECKOUT / "VERSION").read_text().strip()
    assert f"Version: {version}" in metadata.splitlines() and "License-Expression: Apache-2.0" in metadata.splitlines()
    assert {f"{info}/licenses/LICENSE", f"{info}/licenses/NOTICE"} <= names
    # numpy is the one thing that must be there.
    assert [line for line in metadata.splitlines() if line.startswith("Requires-Dist") and "extra" not in line] == [
        "Requires-Dist: numpy>=1.24"]
    assert not [name for name in names if "__pycache__" in name]


def test_building_again_gives_the_same_bytes(wheel, tmp_path):
    again = build(tmp_path)
    assert again.name == wheel.name and again.read_bytes() == wheel.read_bytes()
