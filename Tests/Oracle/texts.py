"""Texts on which every tokenizer is compared: a fixture, languages, and what breaks tokenizers."""

import json
import random
from pathlib import Path

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"

# Written for this project.
LANGUAGES = [
    "The quick brown fox doesn't jump over 13 lazy dogs; they'd've WALKED, I'm sure. It's $1,234.56 (or 78%)!",
    "Der Fluß fließt über Äcker und Öl, naïve Cafés, fiancée, Zürich, 12.345,67 €, „Gänsefüßchen“ – ja.",
    "Съешь же ещё этих мягких французских булок, да выпей чаю. Ёлка №5, 2½ литра.",
    "Ο καλύτερος τρόπος είναι ο ΟΔΥΣΣΕΑΣ να έρθει σπίτι του, άνθρωπος 42.",
    "我们在2024年学习了机器翻译。你好，世界！「引号」與繁體字、標點；㊙〇々。",
    "これはテストです。ひらがなとカタカナ、漢字、ｶﾀｶﾅ半角、ヴァイオリン、123円。",
    "안녕하세요, 세계! 한국어 띄어쓰기는 중요합니다. 각각 ㄱㄴㄷ.",
    "مرحبا بالعالم، كيف حالك؟ العربيّة ١٢٣٤٥ لا ﷺ ﻻ.",
    "שלום עולם, מה שלומך? נִקּוּד ושי\"ן.",
    "नमस्ते दुनिया! हिन्दी में क्षत्रिय, ज्ञान, १२३ और ़ं।",
    "สวัสดีชาวโลก ภาษาไทยไม่มีช่องว่าง ๑๒๓ ฯลฯ",
    "Tiếng Việt: đường phố Hà Nội, những người bạn, ưỡng ẹp.",
    "emoji: 👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇩🇪🇯🇵 ❤️ ☃ 1️⃣ 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𐍈 𝟘𝟙",
    "e\u0301 vs é, A\u030A vs Å, \u1E9B\u0323, \u0f71\u0f72, q\u0307\u0323 q\u0323\u0307, \u1100\u1161\u11A8, \uAC00\u11A8, ﬁ ﬀ ² ½ Ⅷ ㎏",
    "def f(x):\n\treturn {'a': [1, 2, 3], \"b\": x ** 2 if x >= 0 else None}  # comment\r\n\r\n\r\n    y = f(10)\n",
    "<div class=\"x\">&nbsp;&#39;</div>\n\n\n  http://example.com/a?b=c&d=%20#e user@example.org C:\\path\\file.txt",
    "x = 1234567890123456789; y=0x1F; z = 3.14159e-10; ١٢٣٤ १२३४ Ⅳ ² ³ ¹⁰ ½¾ 𝟏𝟐𝟑 ௧௨௩",
    "I'M YOU'RE HE'LL we'VE they'd it'ſ don’t 'sup 's 't 're'S ''s '\u017f l'été d'accord",
    "zero\u200bwidth\u200c\u200d\ufeffbom\u00a0nbsp\u2003em\u2028ls\u2029ps\u0085nel\u3000ideographic\u180e\u1680\u202f",
    "control \x00\x01\x07\x1b[0m\x7f\x80\x9f chars",
    "▁underline▁▁▁ Ġ Ċ ĉ Ã© <0x0A> <0xC3><0xA9> <unk> <s> </s>",
    "\u1b05\u0d4d\u0b4d\u0981 \U0001F9D1\u200D\U0001F4BB \U000E0001 \U0010FFFD \ufffd \uE000",
]

WHITESPACE = [
    "", " ", "  ", "   ", "\n", "\n\n", "\r\n", "\t", " \n", "\n ", " \n ", "  \n\n  ", "\t\t\n", "a ", " a", " a ", "a  ",
    "  a", "a\n", "\na", "a \n", "a \n  ", "a\n\nb", "a \n b", "a  b", "a   b", "a\u00a0b", "\u00a0", "\u3000a", "a\u2028",
    "\u0085", " \u0085 a", "a\r", "\r", "\r\r\n", "a\x0b\x0cb", "1 ", " 1", "1  2", "!  ", "  !", "!\n\n", "!\r\n a",
]

ALPHABET = ["a", "B", "é", "e\u0301", "1", "½", " ", "\n", "\t", "'", "s", "ſ", "!", "/", "中", "の", "한", "▁", "👍", "\u200d", "\u00a0", "_"]


def fixture_texts(limit: int | None = None) -> list[str]:
    """Strings of the committed record files, in order."""
    texts: list[str] = []
    for path in [FIXTURES / "gsm8k.jsonl"]:
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                record = json.loads(line)
            except ValueError:
                continue
            if isinstance(record, dict):
                texts += [value for value in record.values() if isinstance(value, str)]
            if limit is not None and len(texts) >= limit:
                return texts[:limit]
    return texts


def corpus() -> list[str]:
    """What small tokenizers are trained on."""
    return fixture_texts() + LANGUAGES * 4


def random_texts(rng: random.Random, count: int, fragments: list[str] = ()) -> list[str]:
    """Mixtures of scripts, white space and `fragments` (such as added tokens)."""
    words = [word for text in LANGUAGES for word in text.split(" ")]
    texts = []
    for _ in range(count):
        parts = []
        for _ in range(rng.randint(1, 12)):
            kind = rng.random()
            if kind < 0.35:
                parts.append(rng.choice(words))
            elif kind < 0.55:
                parts.append("".join(rng.choice(ALPHABET) for _ in range(rng.randint(1, 6))))
            elif kind < 0.75:
                parts.append(rng.choice(WHITESPACE))
            elif kind < 0.9 and fragments:
                fragment = rng.choice(fragments)
                if rng.random() < 0.2:
                    cut = rng.randint(0, len(fragment))
                    fragment = fragment[:cut]
                parts.append(fragment)
            elif kind < 0.95:
                parts.append(_scalar(rng) * rng.randint(1, 3))
            else:
                parts.append(rng.choice(ALPHABET) * rng.randint(1, 40))
            if rng.random() < 0.5:
                parts.append(" ")
        texts.append("".join(parts))
    return texts


def _scalar(rng: random.Random) -> str:
    while True:
        scalar = rng.choice([rng.randrange(0x250), rng.randrange(0x3000), rng.randrange(0x10000), rng.randrange(0x110000)])
        if not 0xD800 <= scalar <= 0xDFFF:
            return chr(scalar)


def all_scalars(step: int = 1, offset: int = 0) -> list[str]:
    """Every scalar, a few in a text, with letters, digits and spaces around each."""
    scalars = [s for s in range(offset, 0x110000, step) if not 0xD800 <= s <= 0xDFFF]
    texts = []
    for start in range(0, len(scalars), 64):
        texts.append("".join(f"a{chr(s)}b {chr(s)} 1{chr(s)}'s{chr(s)}{chr(s)}\n" for s in scalars[start:start + 64]))
    return texts


def long_texts(size: int = 1 << 20) -> list[str]:
    """A megabyte without a piece boundary, in several ways."""
    rng = random.Random(7)
    return [
        "a" * size, " " * size, "中" * (size // 3), "".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(size)),
        "\n" * size, "ab" * (size // 2),
    ]


def standard(rng: random.Random, count: int, fragments: list[str] = ()) -> list[str]:
    """Languages, white space tails, fixture, and `count` random mixtures."""
    return LANGUAGES + WHITESPACE + fixture_texts(200) + random_texts(rng, count, list(fragments))
