"""An independent reader of prep's data sets, written from docs/FORMAT.md alone (numpy, zstandard, the standard library).

    for row in DataSet("out"):
        row.input_ids(1024), row.labels(1024)
"""

import json
import sqlite3
import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy
import zstandard

HEADER, INDEX, REJECTS, CLASSES, SEEK_TABLE = 0x184D2A50, 0x184D2A51, 0x184D2A52, 0x184D2A53, 0x184D2A5E
KNOWN_FEATURES = 0b111


def kind_of(number):
    return number & 31


@dataclass
class Row:
    tokens: numpy.ndarray
    segments: list  # (start, end) in the row
    runs: list  # (start, end) in the row
    weights: list
    origins: list  # (line, byte offset in the input file, sample)
    pad_id: int
    file: str = ""

    def input_ids(self, length=0):
        ids = numpy.full(max(length, len(self.tokens)), self.pad_id, numpy.int32)
        ids[: len(self.tokens)] = self.tokens
        return ids

    def labels(self, length=0):
        labels = numpy.full(max(length, len(self.tokens)), -100, numpy.int32)
        for start, end in self.runs:
            labels[start:end] = self.tokens[start:end]
        return labels

    def attention_mask(self, length=0):
        mask = numpy.zeros(max(length, len(self.tokens)), numpy.int8)
        for start, end in self.segments:
            mask[start:end] = 1
        return mask

    def position_ids(self, length=0):
        positions = numpy.arange(max(length, len(self.tokens)), dtype=numpy.int32)
        boundaries = [0]
        for start, end in self.segments:
            boundaries += [start, end]
        for boundary in boundaries:
            positions[boundary:] = numpy.arange(len(positions) - boundary)
        return positions


@dataclass
class Shard:
    path: Path
    features: int = 0
    header: dict = field(default_factory=dict)
    sections: dict = field(default_factory=dict)
    frames: list = field(default_factory=list)
    rejects: list = field(default_factory=list)

    def __post_init__(self):
        self.bytes = Path(self.path).read_bytes()
        count, descriptor, magic = struct.unpack("<IBI", self.bytes[-9:])
        assert magic == 0x8F92EAB1 and descriptor == 0x80, "no seek table"
        table = self.bytes[-9 - 12 * count : -9]
        assert struct.unpack("<II", self.bytes[-17 - 12 * count : -9 - 12 * count]) == (SEEK_TABLE, 12 * count + 9)
        spans, position = [], 0
        for size, content_size, checksum in struct.iter_unpack("<III", table):
            spans.append((position, size, content_size, checksum))
            position += size
        assert position + 17 + 12 * count == len(self.bytes)
        self._read_header(self._skippable(spans[0], HEADER))
        data = spans[1 : 1 + self.header["frames"]]
        rest = spans[1 + len(data) :]
        assert len(rest) == 1 + (self.header["rejected"] > 0) + (self.features >> 2 & 1)
        if self.header["rejected"]:
            self._read_rejects(self._skippable(rest[0], REJECTS))
        self._classes = self._skippable(rest[-2], CLASSES) if self.features >> 2 & 1 else None
        self._read_index(self._skippable(rest[-1], INDEX))
        for frame, (offset, size, content_size, checksum) in zip(self.frames, data, strict=True):
            assert frame["offset"] == offset and frame["size"] == size and frame["content_size"] == content_size
            assert struct.unpack("<I", self.bytes[offset + size - 4 : offset + size])[0] == checksum

    def _skippable(self, span, expected):
        offset, size, content_size, checksum = span
        magic, length = struct.unpack_from("<II", self.bytes, offset)
        assert (magic, length, content_size, checksum) == (expected, size - 8, 0, 0x51D8E999)
        return self.bytes[offset + 8 : offset + size]

    def _read_header(self, content):
        assert content[:8] == b"prepshrd"
        version, size, self.features = struct.unpack_from("<IIQ", content, 8)
        assert version == 1 and size == len(content)
        if self.features & ~KNOWN_FEATURES:
            raise ValueError(f"{self.path}: unknown features {self.features:#x}")
        narrow = "context_length pad_id id_count alignment input inputs block flags frames zero".split()
        wide = "byte_offset byte_count first_line records accepted rejected samples truncated rows segments tokens supervised_tokens".split()
        self.header = dict(zip(narrow, struct.unpack_from("<10I", content, 56)))
        self.header |= dict(zip(wide, struct.unpack_from("<12Q", content, 96)))
        position = 192
        while position < size - 8:
            tag, length = struct.unpack_from("<4sI", content, position)
            self.sections[tag.decode()] = content[position + 8 : position + 8 + length]
            position += 8 + length
        self.file = self.sections["FILE"].decode()
        self.spec = json.loads(self.sections["SPEC"])
        self.rejected = self._counts(self.sections["REJS"])
        self.counters = self._counts(self.sections["CNTS"])

    @staticmethod
    def _counts(content):
        (number,), position, counts = struct.unpack_from("<I", content), 4, {}
        for _ in range(number):
            (size,) = struct.unpack_from("<I", content, position)
            name = content[position + 4 : position + 4 + size].decode()
            (counts[name],) = struct.unpack_from("<Q", content, position + 4 + size)
            position += 12 + size
        return counts

    def _read_rejects(self, content):
        assert content[:8] == b"preprejs"
        count, size = struct.unpack_from("<II", content, 8)
        lines = zstandard.ZstdDecompressor().decompress(content[16:-8])
        assert len(lines) == size
        self.rejects = [json.loads(line) for line in lines.splitlines()]
        assert len(self.rejects) == count
        self.reject_lines = lines

    def _read_index(self, content):
        assert content[:8] == b"prepindx"
        names = "offset size content_size first_row rows segments tokens content_digest file_digest".split()
        self.frames = [dict(zip(names, entry)) for entry in struct.iter_unpack("<QIIIIIIQQ", content[16:-8])]
        assert struct.unpack_from("<I", content, 8)[0] == len(self.frames) == self.header["frames"]

    def content(self, number):
        frame = self.frames[number]
        data = self.bytes[frame["offset"] : frame["offset"] + frame["size"]]
        content = zstandard.ZstdDecompressor().decompress(data)
        assert len(content) == frame["content_size"]
        return content

    @staticmethod
    def _columns(content, position):
        """Reads columns of `content` from `position` on, one a call."""

        def column(count):
            nonlocal position
            width = content[position]
            raw = numpy.frombuffer(content, numpy.uint8, width * count, position + 1).reshape(width, count)
            position += 1 + width * count
            numbers = numpy.zeros(count, numpy.uint32)
            for plane in range(width):
                numbers |= raw[plane].astype(numpy.uint32) << (8 * plane)
            column.position = position
            return numbers

        return column

    def classes(self, number):
        """For each sample of data frame `number` its runs of tokens of one class: (class, tokens, weight)."""
        rows = list(self.rows(number))
        frames, zero = struct.unpack_from("<II", self._classes, 8)
        assert self._classes[:8] == b"prepclas" and (frames, zero) == (len(self.frames), 0)
        sizes = list(struct.iter_unpack("<IIQ", self._classes[16 : 16 + 16 * frames]))
        start = 16 + 16 * frames + sum(size for size, _, _ in sizes[:number])
        content = zstandard.ZstdDecompressor().decompress(self._classes[start : start + sizes[number][0]])
        assert len(content) == sizes[number][1]
        stretches, runs, flags = struct.unpack_from("<III", content)
        column = self._columns(content, 12)
        sizes, kinds = column(stretches).tolist(), column(runs).tolist()
        # The stretches of each sample: up to each supervised run, that run, and the rest.
        lengths, of_sample = [], []
        for row in rows:
            for start, end in row.segments:
                bounds = [start, *(place for run in row.runs if start <= run[0] < end for place in run), end]
                lengths += [after - before for before, after in zip(bounds, bounds[1:])]
                of_sample.append(len(bounds) - 1)
        assert len(lengths) == stretches and sum(sizes) == runs
        parts, place = [], 0
        for size in sizes:
            parts.append(kinds[place : place + size])
            place += size
        # One run of each stretch has no count: the first that is no text of the template, else the first.
        implied = []
        for part in parts:
            having = [index for index, kind in enumerate(part) if kind < 256]
            implied.append(next((index for index in having if kind_of(part[index]) not in (0, 1, 8, 14)), having[0] if having else -1))
        stored = [kind for part, skip in zip(parts, implied) for index, kind in enumerate(part) if kind < 256 and index != skip]
        counts = {}
        for kind in sorted(set(stored)):
            (number_of,) = struct.unpack_from("<I", content, column.position)
            assert number_of == stored.count(kind)
            column = self._columns(content, column.position + 4)
            counts[kind] = iter(column(number_of).tolist())
        weights = iter(column(runs).view(numpy.float32).tolist() if flags & 1 else [1.0] * runs)
        assert column.position == len(content)
        found, stretch = [], iter(zip(parts, implied, lengths))
        for number_of in of_sample:
            found.append([])
            for part, skip, length in (next(stretch) for _ in range(number_of)):
                tokens = [0 if kind > 255 else None if index == skip else next(counts[kind]) for index, kind in enumerate(part)]
                tokens = [length - sum(filter(None, tokens)) if count is None else count for count in tokens]
                assert sum(tokens) == length
                found[-1] += [(kind & 255, count, next(weights)) for kind, count in zip(part, tokens)]
        return found

    def rows(self, number):
        """The rows of data frame `number`."""
        content = self.content(number)
        rows, segments, runs, tokens, flags, planes, zero = struct.unpack_from("<IIIIBBH", content)
        assert flags <= 1 and planes <= 2 and zero == 0
        column = self._columns(content, 20)
        segments_of_row = column(rows).tolist()
        runs_of_segment, tails = column(segments).tolist(), column(segments).tolist()
        gaps, counts = column(runs).tolist(), column(runs).tolist()
        lines, offsets = self._undo(column(segments)), self._undo(column(segments))
        samples = column(segments).tolist()
        weights = column(runs).view(numpy.float32).tolist() if flags & 1 else [1.0] * runs
        position = column.position
        ids = numpy.frombuffer(content, "<u2", tokens, position).astype(numpy.uint32)
        position += 2 * tokens
        for plane in range(planes):
            ids |= numpy.frombuffer(content, numpy.uint8, tokens, position).astype(numpy.uint32) << (16 + 8 * plane)
            position += tokens
        assert position == len(content)

        first_line, byte_offset = self.header["first_line"], self.header["byte_offset"]
        alignment = self.header["alignment"]
        token = segment = run = 0
        for number_of_segments in segments_of_row:
            end, row_segments, row_runs, row_weights, origins = 0, [], [], [], []
            for _ in range(number_of_segments):
                start = end = -(-end // alignment) * alignment
                for _ in range(runs_of_segment[segment]):
                    row_runs.append((end + gaps[run], end + gaps[run] + counts[run]))
                    row_weights.append(weights[run])
                    end = row_runs[-1][1]
                    run += 1
                end += tails[segment]
                row_segments.append((start, end))
                origins.append((first_line + lines[segment], byte_offset + offsets[segment], samples[segment]))
                segment += 1
            pad = self.header["pad_id"]
            yield Row(ids[token : token + end], row_segments, row_runs, row_weights, origins, pad, self.file)
            token += end
        assert (token, segment, run) == (tokens, segments, runs)

    @staticmethod
    def _undo(column):
        codes = column.astype(numpy.int64)
        differences = numpy.where(codes & 1, -(codes >> 1) - 1, codes >> 1)
        return (numpy.cumsum(differences) % (1 << 32)).tolist()


class DataSet:
    def __init__(self, folder):
        self.folder = Path(folder)
        manifest = sqlite3.connect(f"file:{self.folder / 'manifest.sqlite'}?immutable=1", uri=True)
        assert manifest.execute("PRAGMA application_id").fetchone()[0] == 0x70726570
        assert manifest.execute("PRAGMA user_version").fetchone()[0] == 1
        self.facts = dict(manifest.execute("SELECT name, value FROM dataset"))
        self.shards = [Shard(self.folder / name) for (name,) in manifest.execute("SELECT name FROM shards ORDER BY shard")]
        self.first_rows = [row for (row,) in manifest.execute("SELECT first_row FROM shards ORDER BY shard")]
        self.rejects_by_reason = dict(manifest.execute("SELECT reason, count FROM rejects"))
        manifest.close()
        self.context_length = self.facts["context_length"]

    def __len__(self):
        return self.facts["rows"]

    def __iter__(self):
        for shard in self.shards:
            for number in range(len(shard.frames)):
                yield from shard.rows(number)
