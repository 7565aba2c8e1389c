"""What every oracle test shares: the command under test, the seed, the volume.

`PREP` names the built command (default `.build/release/prep`); `PREP_ORACLE_SEED` repeats a run; `PREP_TEST_SCALE`
multiplies the number of random comparisons (1 by default).
"""

import os
import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

SEED = int(os.environ.get("PREP_ORACLE_SEED") or random.SystemRandom().randrange(1 << 32))
# The references panic in what follows, and a backtrace takes longer than all the rest.
os.environ["RUST_BACKTRACE"] = "0"
# The workers of pytest-xdist repeat the run's seed.
os.environ["PREP_ORACLE_SEED"] = str(SEED)
SCALE = float(os.environ.get("PREP_TEST_SCALE") or 1)


def pytest_report_header(config):
    import prep_command

    return [f"prep: {prep_command.PREP}", f"oracle seed: {SEED} (PREP_ORACLE_SEED), scale {SCALE} (PREP_TEST_SCALE)"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Notes how many texts a test compares; with pytest-xdist the notes travel with the test's report."""
    import prep_command

    before = prep_command.COMPARED
    try:
        return (yield)
    finally:
        item.user_properties.append(("compared", prep_command.COMPARED - before))


def pytest_terminal_summary(terminalreporter):
    compared = sum(
        value for reports in terminalreporter.stats.values() for report in reports
        for name, value in getattr(report, "user_properties", []) if name == "compared" and report.when == "call")
    terminalreporter.write_line(f"{compared:,} comparisons with the references; seed {SEED} (PREP_ORACLE_SEED), scale {SCALE} (PREP_TEST_SCALE)")


# Labels of the parameters of tests that failed in this run.
FAILED: set[str] = set()


def pytest_runtest_logreport(report):
    if report.failed and "[" in report.nodeid:
        FAILED.add(report.nodeid.split("[", 1)[1].rstrip("]"))


@pytest.fixture
def rng(request) -> random.Random:
    """Random numbers that depend on the run's seed and the test's name only."""
    print(f"PREP_ORACLE_SEED={SEED}")
    return random.Random(f"{SEED} {request.node.nodeid}")


@pytest.fixture(scope="session")
def scale() -> float:
    return SCALE


@pytest.fixture(scope="session")
def real():
    import real_files

    return real_files.real
