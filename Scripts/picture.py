"""Draws what a terminal shows as SVG: prep inspect … --color | Scripts/picture.py > docs/sample.svg"""

import html
import re
import sys

COLUMN, LINE, MARGIN = 8.4, 19, 16
COLOURS = {"36": "#39c5cf", "32": "#56d364", "2": "#6e7681"}


def spans(line):
    """(column, text, style) of each stretch of one style; `line` with ANSI escapes."""
    column, style = 0, []
    for part in re.split(r"(\x1b\[[\d;]*m)", line):
        if part.startswith("\x1b"):
            codes = part[2:-1].split(";")
            style = [] if codes in (["0"], [""]) else style + codes
        elif part:
            yield column, part, style
            column += len(part)


def draw(text):
    lines = text.rstrip("\n").split("\n")
    plain = [re.sub(r"\x1b\[[\d;]*m", "", line) for line in lines]
    width = round(max(map(len, plain)) * COLUMN + 2 * MARGIN)
    height = len(lines) * LINE + 2 * MARGIN
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
        f'<rect width="{width}" height="{height}" rx="8" fill="#0d1117"/>',
        '<g font-family="ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace" font-size="14">',
    ]
    for number, line in enumerate(lines):
        y = MARGIN + number * LINE + 14
        for column, part, style in spans(line):
            colour = next((COLOURS[code] for code in style if code in COLOURS), "#e6edf3")
            weight = ' font-weight="bold"' if "1" in style else ""
            # Browsers make one space of several, whatever they are told: each stretch without them has its own place.
            for words in re.finditer(r"\S+(?: \S+)*", part):
                x = MARGIN + (column + words.start()) * COLUMN
                length = len(words[0]) * COLUMN
                out.append(
                    f'<text x="{x:.1f}" y="{y}" textLength="{length:.1f}" lengthAdjust="spacingAndGlyphs" fill="{colour}"{weight}>'
                    f"{html.escape(words[0])}</text>")
    return "\n".join(out + ["</g>", "</svg>", ""])


if __name__ == "__main__":
    sys.stdout.write(draw(sys.stdin.read()))
