"""What a notebook shows: rows token by token, data sets in numbers and curves. Readable on light and dark pages."""

from __future__ import annotations

import html
import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Optional

import numpy as np

from ._library import PrepError

#: Tokens of a row that are shown, and tokens of a data set that are read for its numbers.
_MOST_TOKENS = 2000
_MOST_MEASURED = 100_000_000
#: Colours that the eye tells apart without red and green, half transparent, so that the page's own text stays readable on them.
_STYLE = """<style>
.prep-row{font:13px/1.7 ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre-wrap;overflow-wrap:anywhere;max-height:28rem;overflow-y:auto}
.prep-row span{border-radius:2px;border-left:1px solid rgba(128,128,128,.35)}
.prep-l{background:rgba(0,158,115,.30);border-bottom:2px solid #009e73}
.prep-r{background:rgba(61,143,196,.20)}
.prep-t{background:rgba(128,128,128,.22)}
.prep-p{background:repeating-linear-gradient(45deg,rgba(128,128,128,.3) 0 3px,transparent 3px 6px)}
.prep-bar{display:flex;height:12px;border-radius:4px;overflow:hidden;margin:.3rem 0;border:1px solid rgba(128,128,128,.5)}
.prep-bar i{display:block}.prep-bar .prep-l{background:#009e73}.prep-bar .prep-r{background:#3d8fc4}.prep-bar .prep-t{background:#8c959f}
.prep-note{opacity:.75;font-size:12px}
.prep-cards{display:flex;flex-wrap:wrap;gap:1.4rem;margin:.4rem 0}.prep-cards b{display:block;font-size:1.25rem;font-variant-numeric:tabular-nums}
</style>"""
_NAMES = {"l": "learned", "r": "read, not learned", "t": "template", "p": "padding"}


class ShownRow(dict[str, np.ndarray]):
    """A row of a data set: a dictionary of arrays that knows where it is stored, so that a notebook can show its texts."""

    __slots__ = ("_place",)

    def __init__(self, columns: Mapping[str, Any], folder: str, index: int, learn: Optional[str]) -> None:
        super().__init__(columns)
        self._place = (folder, index, learn)

    def _repr_html_(self) -> Optional[str]:
        # Batches that a collator makes of a row are no row.
        if any(np.ndim(column) != 1 for column in self.values()):
            return None
        from .commands import row_of

        folder, index, learn = self._place
        try:
            row = row_of(folder, index, learn)
        except (PrepError, OSError) as error:
            return f"{_STYLE}<pre>{html.escape(repr(dict(self)))}</pre><div class=prep-note>texts are not shown: {html.escape(str(error))}</div>"
        return _STYLE + row_html(row, f"row {index} of {folder}")


def row_html(row: Mapping[str, Any], title: str) -> str:
    """A row as `prep inspect --json` prints it without padding."""
    ids, labels = row["input_ids"], row["labels"]
    texts: Sequence[str] = row.get("tokens") or [""] * len(ids)
    authors: Sequence[str] = row.get("authors") or [""] * len(ids)
    reasons: Sequence[str] = row.get("reasons") or [""] * len(ids)
    kinds = [_kind(label, author) for label, author in zip(labels, authors)]
    shown = []
    for place, (number, label, text, author, reason, kind) in enumerate(zip(ids, labels, texts, authors, reasons, kinds)):
        if place == _MOST_TOKENS:
            break
        tip = f"position {place}, id {number}\n{'label -100: not learned' if label == -100 else f'label {label}: learned'}"
        if author:
            tip += f"\nwritten by {author}\nbecause: {reason}"
        shown.append(f'<span class=prep-{kind} title="{html.escape(tip)}">{_visible(text)}</span>')
    learned = kinds.count("l")
    places = [source] if isinstance(source := row.get("source"), Mapping) else source or []
    where = ", ".join(f"{_file(place['file'])}:{place['line']}" for place in places[:4]) + (", …" if len(places) > 4 else "")
    legend = "  ".join(f"<span class=prep-{kind}>{_NAMES[kind]}</span>" for kind in "lrtp" if kind in kinds)
    parts = [
        f"<div><b>{html.escape(title)}</b>: {len(ids):,} tokens, {learned:,} learned</div>",
        f"<div class=prep-note>{html.escape(where)}</div>" if where else "",
        _bar(kinds), f"<div class=prep-row>{''.join(shown)}</div>",
        f"<div class=prep-note>{len(ids) - _MOST_TOKENS:,} more tokens</div>" if len(ids) > _MOST_TOKENS else "",
        f"<div class=prep-note>{legend}  point at a token: id, label, author, reason</div>",
    ]
    return "".join(parts)


def dataset_html(folder: str, rows: int, tokens: int, context_length: int, learn: Optional[str]) -> str:
    """A data set in numbers, how long its samples are and how much is learned, and its first row."""
    from .commands import length_counts, row_of, stats

    fill = tokens / (rows * context_length) if rows else 0
    cards = [
        (f"{rows:,}", "rows"), (f"{tokens:,}", "tokens"), (f"{fill:.1%}", f"of each padded row of {context_length:,} is used")]
    curves = []
    try:
        # Every token is read for these.
        if tokens <= _MOST_MEASURED:
            told = stats(folder, learn=learn)["all"]
            learned = told["learned"]["sum"]
            cards[1:1] = [(f"{told['samples']:,}", "samples")]
            cards[3:3] = [(f"{learned / tokens if tokens else 0:.1%}", "learned")]
            counts = length_counts(folder, learn)
            curves += [
                _histogram("tokens of a sample", [(length, samples) for length, samples, _ in counts], "#3d8fc4"),
                _histogram("learned tokens of a sample", [(length, samples) for length, _, samples in counts], "#009e73")]
        if rows:
            curves.append(f"<details><summary>row 0</summary>{row_html(row_of(folder, 0, learn), 'row 0')}</details>")
    except (PrepError, OSError) as error:
        curves.append(f"<div class=prep-note>not all is shown: {html.escape(str(error))}</div>")
    more = f"<div class=prep-note>All of it on one page: <code>prep report {html.escape(shlex.quote(folder))}</code></div>"
    return "".join([_STYLE, f"<div><b>{html.escape(folder)}</b></div>", _cards(cards), *curves, more])


def report_html(report: Mapping[str, Any], folder: str) -> str:
    """What a run tells at its end."""
    refused = [*report["rejected"].items(), *report["left_out"].items()]
    cards = [
        (f"{report['records']:,}", "records"), (f"{report['accepted']:,}", "accepted"),
        (f"{sum(count for _, count in refused):,}", "rejected or left out"), (f"{report['rows']:,}", "rows"),
        (f"{report['tokens']:,}", "tokens"), (f"{report['supervised_share']:.1%}", "learned"), (f"{report['fill']:.1%}", "of rows used")]
    lines = [f"{count:,} {reason}" for reason, count in refused] + list(report.get("warnings", ()))
    settings = report.get("settings", {})
    rows = "".join(
        f"<tr><td style='text-align:left'>{html.escape(name)}</td><td style='text-align:left'>{html.escape(item['value'])}"
        f"<span class=prep-note> {html.escape(item['decided_by'] or '')}</span></td></tr>" for name, item in settings.items())
    return "".join([
        _STYLE, f"<div><b>{html.escape(folder)}</b></div>", _cards(cards), *(f"<div>{html.escape(line)}</div>" for line in lines),
        f"<details><summary>settings</summary><table>{rows}</table></details>" if rows else ""])


def _file(name: str) -> str:
    return "standard input" if name == "-" else name


def _kind(label: int, author: str) -> str:
    if label != -100:
        return "l"
    if author == "padding":
        return "p"
    return "t" if author == "template" or author.endswith("token") else "r"


def _visible(text: str) -> str:
    """The text with what cannot be seen, or would turn other text around, as signs."""
    shown = []
    for character in text:
        code = ord(character)
        if character == "\n":
            shown.append("⏎\n")
        elif character == "\t":
            shown.append("→")
        elif code < 0x20 or 0x7F <= code < 0xA0 or 0x200B <= code <= 0x200F or 0x2028 <= code <= 0x202E or 0x2060 <= code <= 0x206F or code == 0xFEFF:
            shown.append(f"\\u{{{code:x}}}")
        else:
            shown.append(html.escape(character))
    return "".join(shown)


def _bar(kinds: Iterable[str]) -> str:
    runs: list[tuple[str, int]] = []
    for kind in kinds:
        if runs and runs[-1][0] == kind:
            runs[-1] = (kind, runs[-1][1] + 1)
        else:
            runs.append((kind, 1))
    # A bar of more parts than this has no part that can be seen.
    return "".join(["<div class=prep-bar>", *(f"<i class=prep-{kind} style='flex:{count}'></i>" for kind, count in runs[:600]), "</div>"])


def _cards(cards: Iterable[tuple[str, str]]) -> str:
    return "<div class=prep-cards>" + "".join(f"<div><b>{value}</b>{html.escape(name)}</div>" for value, name in cards) + "</div>"


def _histogram(title: str, counts: Sequence[tuple[int, int]], colour: str, bins: int = 48) -> str:
    counts = [(length, count) for length, count in counts if count]
    if not counts:
        return ""
    width = max(1, -(-(counts[-1][0] + 1) // bins))
    binned = [0] * (counts[-1][0] // width + 1)
    for length, count in counts:
        binned[length // width] += count
    most = max(binned)
    bars = "".join(
        f'<rect x="{10 * place}" y="{60 - 58 * count / most:.1f}" width="9" height="{58 * count / most:.1f}" fill="{colour}">'
        f"<title>{place * width} to {(place + 1) * width - 1} tokens: {count:,} samples</title></rect>"
        for place, count in enumerate(binned) if count)
    return (
        f'<figure style="margin:.4rem 0"><figcaption class=prep-note>{title}, up to {counts[-1][0]:,}</figcaption>'
        f'<svg viewBox="0 0 {10 * len(binned)} 60" style="width:100%;max-width:34rem;height:60px" preserveAspectRatio="none">{bars}</svg></figure>')


def parse_lengths(text: str) -> list[tuple[int, int, int]]:
    """What `prep stats --csv` prints."""
    rows = [line.split(",") for line in text.splitlines()[1:]]
    return [(int(length), int(samples), int(learned)) for length, samples, learned in rows]


def parse_row(text: str) -> dict[str, Any]:
    row: dict[str, Any] = json.loads(text)
    return row
