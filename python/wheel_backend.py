"""Builds the wheel: the package and its shared library in a zip, with nothing but Python's own modules (PEP 517, PEP 427).

`Scripts/native` builds the shared library first; `make wheel` does both.
"""

import base64
import hashlib
import json
import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Equal content gives equal bytes.
_TIME = (1980, 1, 1, 0, 0, 0)


def _project() -> dict:
    """The few lines of pyproject.toml that the metadata repeats. (Python has a TOML reader from 3.11 on only.)"""
    project: dict = {}
    section = ""
    for line in (HERE / "pyproject.toml").read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif " = " in line:
            key, value = line.split(" = ", 1)
            project[section, key] = json.loads(value)
    return project


def _metadata(project: dict) -> str:
    lines = [
        "Metadata-Version: 2.1",
        f"Name: {project['project', 'name']}",
        f"Version: {project['project', 'version']}",
        f"Summary: {project['project', 'description']}",
        f"Requires-Python: {project['project', 'requires-python']}",
        *(f"Classifier: {value}" for value in project["project", "classifiers"]),
        *(f"Requires-Dist: {value}" for value in project["project", "dependencies"]),
        "Provides-Extra: torch",
        *(f'Requires-Dist: {value}; extra == "torch"' for value in project["project.optional-dependencies", "torch"]),
        "Description-Content-Type: text/markdown",
    ]
    return "\n".join(lines) + "\n\n" + (HERE / "README.md").read_text()


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """Writes the wheel and returns its file name."""
    platform = HERE / "prep" / "_native" / "platform.json"
    if not platform.exists():
        sys.exit("the shared library is not built: run Scripts/native, or make wheel")
    tag = f"py3-none-{json.loads(platform.read_text())['tag']}"
    project = _project()
    name = f"{project['project', 'name'].replace('-', '_')}-{project['project', 'version']}"
    files = {
        str(path.relative_to(HERE)): path.read_bytes()
        for path in sorted((HERE / "prep").rglob("*"))
        if path.suffix in {".py", ".typed", ".so", ".dylib"} or ".so." in path.name
    }
    info = f"{name}.dist-info"
    files[f"{info}/METADATA"] = _metadata(project).encode()
    files[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: prep\nRoot-Is-Purelib: false\nTag: {tag}\n".encode()
    record = [
        f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b'=').decode()},{len(content)}"
        for path, content in files.items()
    ]
    files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""]).encode()
    target = Path(wheel_directory) / f"{name}-{tag}.whl"
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as wheel:
        for path, content in files.items():
            entry = zipfile.ZipInfo(path, _TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o755 if ".so" in path else 0o644) << 16
            wheel.writestr(entry, content)
    return target.name


def get_requires_for_build_wheel(config_settings=None):
    """What building takes: nothing."""
    return []


if __name__ == "__main__":
    print(f"wheel: {sys.argv[1]}/{build_wheel(sys.argv[1])}")
