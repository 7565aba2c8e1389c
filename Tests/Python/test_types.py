"""The package's types hold, and reach the scripts that use it."""

import subprocess
import sys

from places import PACKAGE

SCRIPT = """
import prep
from prep.torch import ShardStream

rows = prep.Dataset("train")
reveal_type(rows[0])
reveal_type(rows[1:3])
reveal_type(prep.Tokenizer().encode("a"))
reveal_type(ShardStream("train").state_dict())
rows.read(padded_to="long")
"""


def mypy(*arguments, cwd):
    result = subprocess.run([sys.executable, "-m", "mypy", "--strict", *arguments], cwd=cwd, capture_output=True, text=True)
    return result.stdout


def test_the_package_is_typed_throughout(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    output = mypy("--cache-dir", tmp_path / "cache", "-p", "prep", "--no-error-summary", cwd=PACKAGE)
    assert output == ""
    output = mypy("--cache-dir", tmp_path / "cache", tmp_path / "script.py", cwd=PACKAGE)
    for kind in ('"TypedDict(prep._rows.Row, ', '"prep._rows.Rows"', '"numpy.ndarray', '"dict[str, Any]"'):
        assert f"Revealed type is {kind}" in output.replace("builtins.", "").replace("typing.", ""), output
    assert output.count("error:") == 1 and '"read" of "Dataset" has incompatible type "str"' in output, output
