"""Shards as nobody's prep writes them, under checksums that are right: numbers at their extremes in headers, indexes, data frames,
classes and rejects. Whatever they say, no reader may die of it."""

from __future__ import annotations

import random
import struct
from pathlib import Path
from typing import Sequence

import xxhash
import zstandard
from damage import Readers, c_reader, data_sets, python_reader
from harness import Contents, Tally, brief, restore, run

SKIPPABLE, ZSTD = 0x184D2A50, 0xFD2FB528
EMPTY = 0x51D8E999
EXTREMES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def sealed(content: bytes) -> bytes:
    """A content that ends in the XXH3-64 of all before."""
    return content[:-8] + struct.pack("<Q", xxhash.xxh3_64_intdigest(content[:-8]))


def frames_of(shard: bytes) -> list[tuple[int, bytes]]:
    """Magic number and content of each frame but the seek table; of a data frame the content is decompressed."""
    count = struct.unpack("<I", shard[-9:-5])[0]
    table = shard[-9 - 12 * count : -9]
    found, position = [], 0
    for size, content_size, _ in struct.iter_unpack("<III", table):
        frame = shard[position : position + size]
        magic = struct.unpack("<I", frame[:4])[0]
        content = frame[8:] if magic != ZSTD else zstandard.decompress(frame, max_output_size=content_size)
        found.append((magic, content))
        position += size
    return found


def built(frames: list[tuple[int, bytes]], mend_index: bool) -> bytes:
    """A shard of these frames, with checksums and places that are right; `mend_index` is false where its own are to stand."""
    compressor = zstandard.ZstdCompressor(write_checksum=True, write_content_size=True)
    out, entries, places = b"", [], []
    for magic, content in frames:
        if magic == ZSTD:
            frame = compressor.compress(content)
            places.append((len(out), frame, content))
            entries.append((len(frame), len(content), struct.unpack("<I", frame[-4:])[0]))
        else:
            if magic == SKIPPABLE + 1 and mend_index:
                content = bytearray(content)
                for number, (offset, frame, data) in enumerate(places):
                    at = 16 + 48 * number
                    if at + 48 > len(content) - 8:
                        break
                    struct.pack_into("<QII", content, at, offset, len(frame), len(data))
                    struct.pack_into("<QQ", content, at + 32, xxhash.xxh3_64_intdigest(data), xxhash.xxh3_64_intdigest(frame))
                content = sealed(bytes(content))
            frame = struct.pack("<II", magic, len(content)) + content
            entries.append((len(frame), 0, EMPTY))
        out += frame
    table = b"".join(struct.pack("<III", *entry) for entry in entries) + struct.pack("<IBI", len(entries), 0x80, 0x8F92EAB1)
    return out + struct.pack("<II", SKIPPABLE + 14, len(table)) + table


def changed(content: bytes, rng: random.Random, end: int) -> tuple[bytes, str]:
    """A content with one thing that is other, before its last `end` bytes."""
    made = bytearray(content)
    last = max(1, len(made) - end)
    place = rng.randrange(min(last, 240)) if rng.random() < 0.6 else rng.randrange(last)
    how = rng.randrange(5)
    if how == 0 and last > 8:
        place = min(place // 4 * 4, last - 4)
        struct.pack_into("<I", made, place, rng.choice(EXTREMES))
    elif how == 1 and last > 12:
        place = min(place // 8 * 8, last - 8)
        struct.pack_into("<Q", made, place, rng.choice((0, 1, 2**31, 2**32, 2**63 - 1, 2**63, 2**64 - 1)))
    elif how == 2:
        made[place] = rng.choice((0, 1, 2, 3, 4, 5, 127, 128, 254, 255))
    elif how == 3:
        del made[place : min(last, place + rng.choice((1, 4, 48)))]
    else:
        made[place:place] = rng.randbytes(rng.choice((1, 4, 48)))
    return bytes(made), f"{('a u32', 'a u64', 'a byte', 'bytes left out', 'bytes put in')[how]} at {place}"


def forge(path: Path, rng: random.Random) -> str:
    frames = frames_of(path.read_bytes())
    what, index_is_changed = "", False
    whole = {number for number, _ in enumerate(frames)}
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        number = rng.randrange(len(frames))
        magic, content = frames[number]
        if magic == SKIPPABLE + 3 and number in whole and rng.random() < 0.7 and len(content) > 40:
            # The classes of a data frame, which are compressed.
            content, here = classes(content, rng)
        elif magic == ZSTD:
            content, here = changed(content, rng, 0)
        else:
            content, here = changed(content, rng, 8)
            content = sealed(content) if len(content) > 8 else content
            index_is_changed |= magic == SKIPPABLE + 1
        frames[number] = magic, content
        # A list that was changed leads to no classes any more.
        whole.discard(number)
        what += f"frame {number}: {here}; "
    path.write_bytes(built(frames, not index_is_changed))
    return f"{path.name}, {what}"


def classes(content: bytes, rng: random.Random) -> tuple[bytes, str]:
    count = struct.unpack_from("<I", content, 8)[0]
    position = 16 + 16 * count
    parts, here = [], ""
    chosen = rng.randrange(count) if count else -1
    for number in range(count):
        size, plain, _ = struct.unpack_from("<IIQ", content, 16 + 16 * number)
        part = zstandard.decompress(content[position : position + size], max_output_size=plain)
        position += size
        if number == chosen:
            part, here = changed(part, rng, 0)
        packed = zstandard.ZstdCompressor(write_checksum=True, write_content_size=True).compress(part)
        parts.append((packed, len(part)))
    head = content[:16] + b"".join(struct.pack("<IIQ", len(packed), size, xxhash.xxh3_64_intdigest(packed)) for packed, size in parts)
    return sealed(head + b"".join(packed for packed, _ in parts) + bytes(8)), f"classes, {here}"


def alive(tally: Tally, what: str, readers: Readers) -> None:
    """Everything that reads, asked whether it lives."""
    for name in ("verify", "inspect", "stats", "show", "export"):
        ended = readers.command(name)
        if ended.crashed or ended.code not in (0, 1, 2):
            tally.finding(f"{what}: {name} ends with {ended.code}: {brief(ended.said)}", crashes=1)
    for name, reader in (("C", readers.c), ("Python", readers.python)):
        died = reader.ask(readers.folder)[1]
        if died:
            tally.finding(f"{what}: the {name} reader {died}", crashes=1)


def campaign(base: Path, tally: Tally, seed: int, numbers: Sequence[int]) -> None:
    made: dict[str, Contents] = data_sets(base, seed)
    c, python = c_reader(), python_reader()
    folder = base / "set"
    try:
        for part, (name, files) in enumerate(made.items()):
            restore(folder, files)
            readers = Readers(folder, c, python)
            for number in numbers:
                if number // 8 % 4 // 3 != part:
                    continue
                rng = random.Random(f"forged {seed} {number}")
                path = rng.choice(sorted(folder.glob("shard-*")))
                before = path.read_bytes()
                what = f"forged {number} of {name}, {forge(path, rng)}"
                if path.read_bytes() == before:
                    continue
                tally.tried += 1
                # The manifest does not list it so: then it is reported, and gives no row that was not written.
                if number % 2:
                    readers.check(tally, what, rng)
                else:
                    ended = run(["verify", str(folder), "--rebuild-manifest"], base)
                    if ended.crashed or ended.code not in (0, 1, 2):
                        tally.finding(f"{what}: verify --rebuild-manifest ends with {ended.code}: {brief(ended.said)}", crashes=1)
                    alive(tally, what, readers)
                restore(folder, files)
    finally:
        c.close()
        python.close()
