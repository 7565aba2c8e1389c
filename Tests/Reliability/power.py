"""Power cuts: what may be left of a command's writes when the machine stops at any of them.

faults.c logs what a command does to files. From that follow the states that a file system may show after a power cut, if it keeps
only what POSIX promises: bytes of a file that was synced, names of a folder that was synced. What was not is kept, torn, lost or zero
as chance has it; names either in their order up to some point, as file systems with a journal have it, or any of them.
In each of these states the same command must give the files of a run without a power cut; what is published must be
intact; and when the command has ended nothing may be lost.
"""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional, Union

from faulty import loss, published
from harness import Contents, Tally, brief, contents, differences, restore, run
from scenarios import Scenario


@dataclass(eq=False)
class File:
    """Bytes of a file: what was on the disk before, and the writes since."""

    content: bytes = b""
    #: (number of the operation, offset, bytes); offset -1: the file was emptied.
    writes: list[tuple[int, int, bytes]] = field(default_factory=list)
    #: Numbers of the operations that synced it.
    syncs: list[int] = field(default_factory=list)


@dataclass(eq=False)
class Folder:
    syncs: list[int] = field(default_factory=list)


Node = Union[File, Folder]


@dataclass
class Change:
    """A change of names: what appears, what goes, in which folders."""

    number: int
    adds: Optional[tuple[str, Node]]
    removes: Optional[str]
    folders: tuple[Folder, ...]


@dataclass
class History:
    """All that a command did, in order."""

    before: dict[str, Node]
    changes: list[Change]
    count: int


def parse(log: bytes) -> list[tuple[list[str], bytes]]:
    """The lines of the log, each with the bytes that follow it."""
    found = []
    position = 0
    while position < len(log):
        end = log.index(b"\n", position)
        words = log[position:end].decode(errors="surrogateescape").split(" ", 1)
        position = end + 1
        arguments = words[1].split("\t") if words[0] in ("rename", "link") else words[1].split(" ", 2)
        data = b""
        if words[0] == "pwrite":
            size = int(arguments[2])
            data = log[position : position + size]
            position += size
        found.append(([words[0], *arguments], data))
    return found


def history(base: Path, before: Contents, log: bytes) -> History:
    tree: dict[str, Node] = {"": Folder()}
    for name, content in before.items():
        tree[name.rstrip("/")] = Folder() if name.endswith("/") else File(content)
    start = dict(tree)
    changes: list[Change] = []
    opened: dict[int, Node] = {}

    def name_of(path: str) -> Optional[str]:
        whole = os.path.normpath(os.path.join(base, path))
        name = os.path.relpath(whole, base)
        return None if name.startswith("..") else "" if name == "." else name

    def above(name: str) -> Folder:
        folder = tree[os.path.dirname(name)]
        assert isinstance(folder, Folder)
        return folder

    number = 0
    for words, data in parse(log):
        number += 1
        kind = words[0]
        if kind in ("mkdir", "unlink", "rmdir"):
            name = name_of(words[1])
            if name is None:
                continue
            if kind == "mkdir":
                tree[name] = Folder()
                changes.append(Change(number, (name, tree[name]), None, (above(name),)))
            else:
                del tree[name]
                changes.append(Change(number, None, name, (above(name),)))
        elif kind in ("rename", "link"):
            old, new = name_of(words[1]), name_of(words[2])
            if old is None or new is None:
                continue
            if kind == "rename" and tree.get(new) is tree[old]:
                continue  # two names of one file: nothing is done
            moved = {name: tree[name] for name in tree if name == old or name.startswith(old + "/")}
            if kind == "rename":
                for name in moved:
                    del tree[name]
            for name, node in moved.items():
                tree[new + name[len(old):]] = node
            changes.append(Change(number, (new, tree[new]), old if kind == "rename" else None, (above(old), above(new))))
        elif kind == "open":
            file, flags, name = int(words[1]), int(words[2]), name_of(words[3])
            opened.pop(file, None)
            if name is None:
                continue
            if name not in tree and flags & os.O_CREAT:
                tree[name] = File()
                changes.append(Change(number, (name, tree[name]), None, (above(name),)))
            if name in tree:
                node = opened[file] = tree[name]
                if flags & os.O_TRUNC and isinstance(node, File):
                    node.writes.append((number, -1, b""))
        elif kind == "close":
            opened.pop(int(words[1]), None)
        elif int(words[1]) in opened:
            node = opened[int(words[1])]
            if kind == "fsync":
                node.syncs.append(number)
            elif isinstance(node, File):
                node.writes.append((number, int(words[2]), data))
    return History(start, changes, number)


def bytes_of(file: File, cut: int, rng: random.Random, kindness: float) -> bytes:
    content = bytearray(file.content)
    synced = max((number for number in file.syncs if number <= cut), default=0)
    for number, offset, data in file.writes:
        if number > cut:
            break
        if number > synced and rng.random() >= kindness:
            how = rng.randrange(3)
            if how == 0 or offset < 0:
                continue
            data = bytes(len(data)) if how == 1 else data[: rng.randrange(len(data) + 1)]
        if offset < 0:
            content.clear()
            continue
        content.extend(bytes(max(0, offset - len(content))))
        content[offset : offset + len(data)] = data
    return bytes(content)


def state(history: History, cut: int, rng: random.Random) -> Contents:
    """What may be found after a power cut behind operation number `cut`."""
    kindness = rng.choice((0.0, 0.5, 0.9))
    in_order = rng.random() < 0.5
    done = [change for change in history.changes if change.number <= cut]
    durable = [
        all(any(change.number <= sync <= cut for sync in folder.syncs) for folder in change.folders) for change in done]
    # With a journal, all that was done before something durable is durable too.
    last = max((index for index, is_durable in enumerate(durable) if is_durable), default=-1)
    end = rng.randint(last + 1, len(done))
    names: dict[str, Node] = dict(history.before)
    for index, change in enumerate(done):
        kept = index < end if in_order else durable[index] or rng.random() < kindness
        if not kept:
            continue
        if change.removes is not None:
            old = change.removes
            moved = {name: names.pop(name) for name in list(names) if name == old or name.startswith(old + "/")}
        else:
            moved = {}
        if change.adds is not None:
            new, node = change.adds
            names = {name: other for name, other in names.items() if name != new}
            names[new] = node
            if change.removes is not None:
                for name, other in moved.items():
                    names[new + name[len(change.removes):]] = other
    found: Contents = {}
    for name, node in names.items():
        parents = [parent for parent in Path(name).parents if str(parent) != "."]
        if name == "" or any(not isinstance(names.get(str(parent)), Folder) for parent in parents):
            continue
        if isinstance(node, Folder):
            found[name + "/"] = b""
        else:
            found[name] = bytes_of(node, cut, rng, kindness)
    return found


def campaign(all_scenarios: list[Scenario], base: Path, tally: Tally, seed: int, states: int) -> None:
    """`states`: so many of each scenario, spread over all moments; as many again of the moment when it has ended."""
    for scenario in all_scenarios:
        restore(base, scenario.before)
        log = base.parent / (base.name + "-log")
        ended = run(scenario.arguments, base, log=str(log))
        assert ended.code == 0 and contents(base) == scenario.after, scenario.name
        story = history(base, scenario.before, log.read_bytes())
        rng = random.Random(f"power {seed} {scenario.name}")
        seen: set[int] = set()
        for number in range(states):
            cut = number * (story.count + 1) // states
            found = state(story, cut, rng)
            tally.tried += 1
            if (key := hash(frozenset(found.items()))) in seen:
                continue
            seen.add(key)
            what = f"{scenario.name}, power cut behind operation {cut} of {story.count}"
            restore(base, found)
            for wrong in published(scenario, base):
                tally.finding(f"{what}: {wrong}", **loss(scenario, base))
            again = run(scenario.repeated(), base)
            left = contents(base)
            if again.crashed:
                tally.finding(f"{what}: run again, it ended by signal {-again.code}: {brief(again.said)}", crashes=1)
            if again.code != 0 or left != scenario.after:
                tally.finding(
                    f"{what}: run again, exit code {again.code}, {differences(left, scenario.after)[:3]} {brief(again.said)}",
                    **loss(scenario, base))
        for _ in range(states // 4):
            tally.tried += 1
            found = state(story, story.count, rng)
            if found != scenario.after:
                restore(base, found)
                tally.finding(
                    f"{scenario.name}, power cut when it has ended: {differences(found, scenario.after)[:3]}", **loss(scenario, base))
