"""Two and three processes read a stream through every loader: each row comes once an epoch, and a state resumes exactly."""

import json
import subprocess
import sys
from collections import Counter

import pytest
from places import CHECKOUT

ROWS, BATCH = 400, 8
# These fill up the last step of an epoch with rows of its first, for ranks to stay in step.
EVENED = ("accelerate", "shard", "trainer")


@pytest.fixture(scope="module", params=[2, 3])
def found(request, folders, tmp_path_factory):
    results = tmp_path_factory.mktemp(f"ranks{request.param}")
    run = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(request.param),
         CHECKOUT / "Tests" / "Python" / "ranks.py", folders["plain"], results],
        capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-6000:]
    return [json.loads((results / f"{rank}.json").read_text()) for rank in range(request.param)]


def test_each_row_comes_once(found):
    ranks = len(found)
    assert len(found[0]) >= 20
    for name in found[0]:
        shares = [rank[name] for rank in found]
        counts = Counter(number for share in shares for number in share)
        if name.startswith("lightning"):
            # `even`: all but the rows that do not go round.
            assert len(counts) == ROWS - ROWS % ranks and set(counts.values()) == {1}, name
            continue
        assert set(counts) == set(range(ROWS)), (name, ROWS - len(counts))
        if not name.startswith(EVENED) or ROWS % (ranks * BATCH) == 0:
            assert set(counts.values()) == {1}, (name, [number for number, count in counts.items() if count > 1])
        else:
            assert sum(counts.values()) < ROWS + 2 * ranks * BATCH, name
        assert all(share for share in shares), name
