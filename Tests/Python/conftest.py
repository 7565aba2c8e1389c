"""What the tests of the Python package share: the package as `make native` built it, and data sets of several shards."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from places import CHECKOUT, GSM8K, PACKAGE

sys.path[:0] = [PACKAGE, str(CHECKOUT / "Tests" / "Oracle")]
# For worker processes that start anew, and for scripts.
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [PACKAGE, os.environ.get("PYTHONPATH")]))

FLAGS = {"plain": (), "packed": ("--pack",), "aligned": ("--pack", "--pack-align", "16")}


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """Data sets of the fixture, of 15 shards each."""
    from prep_command import prep

    base = tmp_path_factory.mktemp("data")
    for name, flags in FLAGS.items():
        prep("run", GSM8K, "--output", base / name, "--context-length", 320, "--block-size", "16KiB", "--quiet", *flags)
    return {name: str(base / name) for name in FLAGS}


@pytest.fixture(scope="session")
def inspected(folders):
    """What `prep inspect --json` prints of each data set."""
    import json

    from prep_command import prep

    def rows(folder, *flags):
        lines = prep("inspect", folder, "--row", "all", "--json", *flags).stdout.splitlines()
        return [json.loads(line) for line in lines]

    return {name: (rows(folder), rows(folder, "--unpadded")) for name, folder in folders.items()}


@pytest.fixture(scope="session")
def real():
    import real_files

    return real_files.real
