"""A short pass of the campaign, with a seed by chance: `make reliability` is the long one. PREP_ORACLE_SEED repeats it."""

import os
import random
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import campaign

SEED = int(os.environ.get("PREP_ORACLE_SEED") or random.SystemRandom().randrange(1 << 32))
# Of the workers of pytest-xdist too.
os.environ["PREP_ORACLE_SEED"] = str(SEED)


@pytest.mark.parametrize("part", campaign.ROWS)
def test_nothing_is_lost_wrong_or_dead(part):
    base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else tempfile.gettempdir()
    rows = campaign.campaign({part: ""}, seed=SEED, long=False, base=base, jobs=2)
    findings = [finding for row in rows for finding in row.findings]
    assert not findings, "\n".join([f"seed {SEED}", *findings[:20]])
    assert all(row.tried and not row.lost and not row.wrong and not row.crashes for row in rows)
