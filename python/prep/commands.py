"""What the `prep` command does, from Python: the native command runs beside the interpreter, and its report comes back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any, Optional, Union

from . import _html, tables
from .__main__ import binary, environment
from ._library import PrepError, spelled
from .dataset import Dataset
from .records import json_record

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._options import EncodeOptions, RunOptions

Path = Union[str, os.PathLike[str]]
#: Files, folders and patterns; a table of pyarrow, polars, DuckDB, pandas or `datasets`; or records.
Inputs = Any

#: Kinds of errors by the command's exit codes, where it names none.
_KINDS = {2: "unusable", 64: "option"}


class RunReport(dict[str, Any]):
    """What `prep run --json` prints: counts of records, rejects by reason, rows, tokens, and the digest."""

    def __init__(self, output: str, report: Mapping[str, Any]) -> None:
        super().__init__(report)
        self.output = output

    def _repr_html_(self) -> str:
        return _html.report_html(self, self.output)

    def dataset(self, **options: Any) -> Dataset:
        """The rows that the run stored."""
        return Dataset(self.output, **options)


def run(
    inputs: Inputs, *, output: Path, tokenizer: Path = "gpt2", template: Optional[Path] = None, context_length: int = 1024,
    threads: int = 0, progress: Optional[bool] = None, **options: Unpack[RunOptions],
) -> RunReport:
    """Encodes records into a folder of shards, as `prep run` does: resumable, the same for any number of threads.

    `inputs`: paths (JSON lines, JSON, Parquet, Arrow, CSV, folders of them, `hf://datasets/ORG/NAME`), a table, or an iterable of
    records. `progress`: whether lines are printed while it runs; by default in a terminal and in a notebook. Raises `PrepError`
    where no data set was written.

    >>> report = prep.run("records.jsonl", output="shards", tokenizer="Qwen/Qwen3-8B", max_rejects="2%")
    >>> report["rows"], report.dataset()[0]
    """
    paths, feed = _inputs(inputs)
    output = os.fspath(output)
    given: dict[str, Any] = {
        "output": output, "tokenizer": os.fspath(tokenizer), "template": template, "context_length": context_length,
        "threads": threads or None, **options,
    }
    shows = _is_watched() if progress is None else progress
    report = RunReport(output, json.loads(_call(["run", *paths, *_flags(given), "--json"], feed, shows)))
    if shows:
        print(f"{output}: {report['rows']:,} rows of {report['records']:,} records", file=sys.stderr)
    return report


def inspect(
    source: Path, *, record: Optional[int] = None, row: Union[None, int, str] = None, unpadded: bool = False,
    tokenizer: Path = "gpt2", template: Optional[Path] = None, context_length: Optional[int] = None,
    **options: Unpack[EncodeOptions],
) -> list[dict[str, Any]]:
    """What `prep inspect --json` prints of a record of a file (`record=0`), or of stored rows of a folder (`row=0`, `row="all"`)."""
    given: dict[str, Any] = {"record": record, "row": row, "unpadded": unpadded}
    if row is None:
        given.update(tokenizer=os.fspath(tokenizer), template=template, context_length=context_length, **options)
    found = _call(["inspect", os.fspath(source), *_flags(given), "--json"], None, False)
    return [json.loads(line) for line in found.splitlines()]


def stats(folder: Path, *, learn: Optional[str] = None) -> Any:
    """What `prep stats --json` says of a finished folder: how long its samples are, how much is learned, what ends them. `learn`
    chooses what is learned, as for `prep.Dataset`."""
    return json.loads(_call(["stats", os.fspath(folder), *_flags({"learn": learn}), "--json"], None, False))


def row_of(folder: str, index: int, learn: Optional[str]) -> dict[str, Any]:
    """A stored row without padding, with texts, authors and reasons."""
    return _html.parse_row(_call(["inspect", folder, *_flags({"row": index, "learn": learn}), "--unpadded", "--json"], None, False))


def length_counts(folder: str, learn: Optional[str]) -> list[tuple[int, int, int]]:
    """Of each length in tokens: samples of that length, and samples that learn as many."""
    return _html.parse_lengths(_call(["stats", folder, *_flags({"learn": learn}), "--csv"], None, False))


def doctor(
    data: Union[Path, Sequence[Path]] = (), *, tokenizer: Path = "gpt2", template: Optional[Path] = None, context_length: int = 1024,
    **options: Unpack[EncodeOptions],
) -> Any:
    """What `prep doctor --json` finds in a tokenizer, its chat template and data."""
    paths = [os.fspath(data)] if isinstance(data, (str, os.PathLike)) else [os.fspath(path) for path in data]
    given = {"tokenizer": os.fspath(tokenizer), "template": template, "context_length": context_length, **options}
    return json.loads(_call(["doctor", *paths, *_flags(given), "--json"], None, False, done=(0, 1, 3)))


# --- The command ------------------------------------------------------------------------------------------------------


def _flags(options: Mapping[str, Any]) -> list[str]:
    flags = []
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if value is None or value is False:
            continue
        if value is True:
            flags.append(flag)
        elif isinstance(value, Mapping):
            flags += [f"{flag}={key}={part if isinstance(part, str) else json.dumps(part)}" for key, part in value.items()]
        elif isinstance(value, (list, tuple)):
            flags += [f"{flag}={part}" for part in value]
        elif isinstance(value, os.PathLike):
            flags.append(f"{flag}={os.fspath(value)}")
        else:
            flags.append(f"{flag}={value}")
    return flags


def _inputs(inputs: Inputs) -> tuple[list[str], Optional[Iterator[bytes]]]:
    """Paths for the command line, and what is fed to its standard input."""
    if isinstance(inputs, (str, os.PathLike)):
        return [os.fspath(inputs)], None
    if tables.is_table(inputs):
        return ["-"], tables.json_lines(tables.stream_batches(inputs))
    if isinstance(inputs, (Mapping, bytes)) or not isinstance(inputs, Iterable):
        raise PrepError(f"inputs: paths, a table or records, not one {type(inputs).__name__} (put it into a list)")
    if isinstance(inputs, Sequence) and all(isinstance(path, (str, os.PathLike)) for path in inputs):
        if not inputs:
            raise PrepError("inputs: an empty list (name at least one file)")
        return [os.fspath(path) for path in inputs], None
    return ["-"], _lines(inputs)


def _lines(records: Iterable[Any]) -> Iterator[bytes]:
    for number, record in enumerate(records):
        if not isinstance(record, (Mapping, bytes)):
            raise PrepError(f"record {number}: a record is a dictionary or JSON as bytes, not {type(record).__name__}")
        yield json_record(record).replace(b"\n", b" ") + b"\n"


def _call(
    arguments: Sequence[str], feed: Optional[Iterator[bytes]], shows: bool, done: Sequence[int] = (0,)
) -> str:
    process = subprocess.Popen(
        [binary(), *arguments], stdin=subprocess.DEVNULL if feed is None else subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env=environment())
    failure: list[BaseException] = []
    errors: list[str] = []
    threads = [threading.Thread(target=_relay, args=(process.stderr, errors, shows), daemon=True)]
    if feed is not None:
        threads.append(threading.Thread(target=_feed, args=(process, feed, failure), daemon=True))
    for thread in threads:
        thread.start()
    try:
        assert process.stdout is not None
        output = process.stdout.read().decode(errors="replace")
        code = process.wait()
    except BaseException:
        # Such as Ctrl-C: the same call goes on where the run stopped.
        process.terminate()
        process.wait()
        raise
    for thread in threads:
        thread.join()
    if failure:
        raise failure[0]
    if code not in done:
        _raise_problem(output)
        lines = [
            line.removeprefix("prep: ").removeprefix("Error: ") for line in "".join(errors).strip().splitlines()
            if not line.startswith(("Usage: prep", "Help: ", "  See 'prep"))]
        message = "\n".join(lines) or f"the command ended with code {code}"
        raise PrepError(spelled(message), _KINDS.get(code, "unusable"))
    return output


def _raise_problem(output: str) -> None:
    """Raises what the command says of its failure for programs, where it does."""
    try:
        said = json.loads(output)["error"]
    except (ValueError, LookupError, TypeError):
        return
    raise PrepError(
        spelled(said["message"]), said["kind"], file=said.get("file"), line=said.get("line"), offset=said.get("offset"))


def _feed(process: subprocess.Popen[bytes], feed: Iterator[bytes], failure: list[BaseException]) -> None:
    assert process.stdin is not None
    try:
        for lines in feed:
            process.stdin.write(lines)
        process.stdin.close()
    except BrokenPipeError:
        # The command says why it stopped.
        pass
    except BaseException as error:
        # Records that could not be made: no data set of half of them.
        failure.append(error)
        process.kill()


def _relay(source: IO[bytes], errors: list[str], shows: bool) -> None:
    for line in source:
        text = line.decode(errors="replace")
        errors.append(text)
        if shows and not text.startswith(("prep:", "Error:")):
            sys.stderr.write(text)
            sys.stderr.flush()


def _is_watched() -> bool:
    return sys.stderr.isatty() or "ipykernel" in sys.modules
