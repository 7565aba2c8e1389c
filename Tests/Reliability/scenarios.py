"""The commands that write, each with a folder to begin with and the folder that it makes undisturbed."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from harness import RUN, Contents, contents, inputs, restore, run


@dataclass
class Scenario:
    name: str
    arguments: list[str]
    before: Contents
    after: Contents
    #: Folders that are data sets when all is done; `prep verify` checks what is published of them.
    data_sets: tuple[str, ...] = ("out",)
    #: How to repeat it where the same command does not, as its own first run may have done part of the work.
    again: tuple[str, ...] = ()

    def repeated(self) -> list[str]:
        return [*self.arguments, *self.again]


def made(base: Path, arguments: list[str]) -> None:
    ended = run(arguments, base)
    assert ended.code == 0, (arguments, ended.code, ended.said)


def scenarios(base: Path, seed: int, names: list[str] | None = None) -> list[Scenario]:
    """`names`: those that are wanted; None for all."""
    files = inputs(seed)
    found: list[Scenario] = []

    def add(name: str, prepare: list[list[str]], arguments: list[str], change=lambda folder: None, **options) -> None:
        if names is not None and name not in names:
            return
        restore(base, files)
        for step in prepare:
            made(base, step)
        change(base)
        before = contents(base)
        made(base, arguments)
        found.append(Scenario(name, arguments, before, contents(base), **options))
        # Undisturbed, it does again what it did.
        restore(base, before)
        made(base, arguments)
        assert contents(base) == found[-1].after, f"{name}: two runs differ"

    whole = [*RUN, "-o", "out"]
    packed = [*whole, "--pack", "--overwrite"]

    def half(folder: Path) -> None:
        (folder / "out" / "manifest.sqlite").unlink()
        (folder / "out" / "shard-00000-00001.zst").unlink()
        (folder / "out" / ".prep-shard-00000-00001.zst.tmp").write_bytes(b"left by a killed run")

    def damage(folder: Path) -> None:
        shard = folder / "out" / "shard-00000-00000.zst"
        content = bytearray(shard.read_bytes())
        content[len(content) // 2] ^= 1
        shard.write_bytes(content)
        (folder / "out" / "shard-00001-00000.zst").unlink()
        (folder / "out" / "rejects.jsonl").unlink()

    add("run", [], whole)
    add("run with other options", [], [*whole, "--pack"])
    add("run in a folder below", [], [*RUN, "-o", "deep/er/out"], data_sets=("deep/er/out",))
    add("run that goes on", [whole], whole, half)
    add("run --overwrite", [whole], packed)
    add("run --partition", [], [*whole, "--partition", "1/2"])
    parts = [[*RUN, "-o", f"part{index}", "--partition", f"{index}/2"] for index in range(2)]
    add("merge", parts, ["merge", "out", "part0", "part1"])
    add("verify --repair", [whole], ["verify", "out", "--repair"], damage)
    add("verify --rebuild-manifest", [whole], ["verify", "out", "--rebuild-manifest"],
        lambda folder: (folder / "out" / "manifest.sqlite").write_bytes(b"no manifest"))
    for format in ("parquet", "mds", "megatron", "npy"):
        add(f"export {format}", [whole], ["export", "out", "--format", format, "--output", "rows"])
    add("export --overwrite", [whole, ["export", "out", "--format", "npy", "--output", "rows"]],
        ["export", "out", "--format", "parquet", "--output", "rows", "--overwrite"])
    add("run --format", [], [*whole, "--format", "parquet"], data_sets=("out",))
    shutil.rmtree(base, ignore_errors=True)
    return found
