"""Random templates: filters, tests, methods, scopes, loops, macros, blocks, formats. Most of them mean something, some do not."""

import random

VARIABLES = {
    "i": 7, "n": -3, "zero": 0, "big": 2**63, "f": 2.5, "g": -0.125, "h": 1e16, "t": True, "no": False, "nil": None,
    "s": "Hello wörld", "e": "", "w": "  a  b\tc\n", "html": "<b>\"x\" & 'y'</b>", "num": "42", "dec": " -3.75 ", "odd": "ǅ ŉ ß ﬁ Σας İ ٣",
    "lines": "one\ntwo\r\n\nthree ", "pat": "a,b,,c", "fmt": "{} {x} {0}", "pct": "%s|%d",
    "link": "(see http://x.io/a?b=(c).) WWW.é-x.CoM:80/#y, <me@x.org> mailto:a@b.co tel:5 a.net",
    "dash": "well-known e--mail, co-op-ed's x-y  -z- 12-34 a---b ž\u00a0-ab-cd",
    "l": [3, 1, 2, 2], "ls": ["b", "A", "a", "", "é"], "lm": [1, "a", None, 2.0, [1]], "ll": [[1, 2], [3, 4], [0, 5]], "el": [],
    "d": {"b": 1, "a": [1, 2], "C": None}, "dn": {"x": {"y": {"z": "deep"}}, "items": 5}, "ed": {},
    "rows": [{"n": "x", "v": 3, "o": {"k": "q"}}, {"n": "Y", "v": 1}, {"n": "z", "v": 2, "o": {"k": "p"}}],
    "tree": [{"v": 1, "c": [{"v": 2, "c": []}, {"v": 3, "c": [{"v": 4, "c": []}]}]}, {"v": 5, "c": []}],
}
NAMES = list(VARIABLES)
STRINGS = ["", " ", "a", "b", ",", "x y", "é", "Aß", "\\n", "%", "{", "ab" * 3, "0", "-", "_", "٣", "1_0", "1e3", "0x1f", "True", "a-b c", "<i>"]
NUMBERS = ["0", "1", "2", "3", "-1", "-2", "5", "10", "0.5", "1.5", "-2.5", "1e3", "100", "9223372036854775807", "1_000", "0x1f", "18446744073709551616", "1e-7"]
FILTERS = {
    "abs": [], "attr": ["name"], "batch": ["small", "?value"], "capitalize": [], "center": ["?small"], "count": [], "d": ["value", "?bool"],
    "default": ["value", "?bool"], "dictsort": ["?bool", "?by", "?bool"], "e": [], "escape": [], "filesizeformat": ["?bool"], "first": [],
    "float": ["?value"], "forceescape": [], "format": ["value", "?value"], "groupby": ["attribute", "?value"], "indent": ["?small", "?bool", "?bool"],
    "int": ["?value", "?base"], "join": ["?string", "?attribute"], "last": [], "length": [], "list": [], "lower": [], "items": [],
    "map": ["filter"], "max": ["?bool"], "min": ["?bool"], "pprint": [], "reject": ["?test"], "rejectattr": ["attribute", "?test"],
    "replace": ["string", "string", "?small"], "reverse": [], "round": ["?precision", "?rounding"], "safe": [], "select": ["?test"],
    "selectattr": ["attribute", "?test"], "slice": ["small", "?value"], "sort": ["?bool", "?bool", "?attribute"], "string": [], "striptags": [],
    "sum": ["?attribute"], "title": [], "tojson": [], "trim": ["?string"], "truncate": ["?small", "?bool", "?string", "?small"],
    "unique": ["?bool"], "upper": [], "urlencode": [], "urlize": ["?small", "?bool", "?string", "?string", "?schemes"], "wordcount": [],
    "wordwrap": ["?small", "?bool", "?string", "?bool"], "xmlattr": ["?bool"],
}
TESTS = {
    "boolean": 0, "callable": 0, "defined": 0, "divisibleby": 1, "eq": 1, "escaped": 0, "even": 0, "false": 0, "filter": 0, "float": 0, "ge": 1,
    "gt": 1, "in": 1, "integer": 0, "iterable": 0, "le": 1, "lower": 0, "lt": 1, "mapping": 0, "ne": 1, "none": 0, "number": 0, "odd": 0,
    "sameas": 1, "sequence": 0, "string": 0, "test": 0, "true": 0, "undefined": 0, "upper": 0, "equalto": 1,
}
METHODS = {
    "capitalize": [], "casefold": [], "center": ["small", "?char"], "count": ["string", "?small", "?small"], "endswith": ["string", "?small"],
    "expandtabs": ["?small"], "find": ["string", "?small", "?small"], "index": ["string"], "isalnum": [], "isalpha": [], "isascii": [],
    "isdecimal": [], "isdigit": [], "isidentifier": [], "islower": [], "isnumeric": [], "isprintable": [], "isspace": [], "istitle": [],
    "isupper": [], "join": ["strings"], "ljust": ["small", "?char"], "lower": [], "lstrip": ["?string"], "partition": ["string"],
    "removeprefix": ["string"], "removesuffix": ["string"], "replace": ["string", "string", "?small"], "rfind": ["string", "?small"],
    "rindex": ["string"], "rjust": ["small", "?char"], "rpartition": ["string"], "rsplit": ["?string", "?small"], "rstrip": ["?string"],
    "split": ["?string", "?small"], "splitlines": ["?bool"], "startswith": ["string", "?small", "?small"], "strip": ["?string"], "swapcase": [],
    "title": [], "translate": ["table"], "upper": [], "zfill": ["small"], "format": ["value", "value"], "format_map": ["mapping"],
    "get": ["key", "?value"], "items": [], "keys": [], "values": [], "copy": [], "real": None, "bit_length": [], "is_integer": [],
}
FILLS = ["", "", "*<", "é^", ">", "0=", "^", "<"]


class Templates:
    def __init__(self, rng: random.Random):
        self.rng = rng
        self.names = list(NAMES)
        self.macros: list[tuple[str, int]] = []
        self.loops = 0
        self.blocks = 0

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def template(self) -> str:
        self.names, self.macros, self.loops, self.blocks = list(NAMES), [], 0, 0
        return "".join(self.statement(2) for _ in range(self.rng.choice([1, 1, 1, 2, 3])))

    # Expressions

    def string(self) -> str:
        return "'" + self.rng.choice(STRINGS) + "'"

    def small(self) -> str:
        return self.rng.choice(["0", "1", "2", "3", "4", "7", "12", "-1", "-2", "none", "true"] if self.chance(0.2) else ["1", "2", "3", "5", "9"])

    def name(self) -> str:
        return self.rng.choice(self.names) if self.chance(0.97) else "nosuch"

    def argument(self, kind: str, depth: int) -> str:
        rng = self.rng
        if self.chance(0.04):
            return self.expression(depth - 1)
        match kind:
            case "small" | "precision":
                return self.small()
            case "bool":
                return rng.choice(["true", "false"])
            case "string":
                return self.string() if self.chance(0.8) else self.name()
            case "char":
                return rng.choice(["'x'", "'é'", "'0'", "'<'"])
            case "strings":
                return rng.choice(["ls", "['a', 'b']", "s", "pat.split(',')", "d", "('x',)", "ll"])
            case "schemes":
                return rng.choice(["['tel:']", "('x+y://', 'http://')", "none", "['x']", "'ab:'", "[]"])
            case "attribute" | "name" | "key":
                return rng.choice(["'n'", "'v'", "'o.k'", "'o'", "0", "'0'", "1", "'nosuch'", "'b'", "'a'", "'upper'", "'n,v'"])
            case "filter":
                return rng.choice(["'upper'", "'length'", "attribute='n'", "attribute='o.k', default='-'", "'abs'", "'first'", "'string'",
                                   "'replace', 'a', 'b'", "'int'", "'default', 5", "'tojson'", "'list'", "attribute=0", "'trim'"])
            case "test":
                return rng.choice(["'odd'", "'string'", "'defined'", "'eq', 2", "'in', [1, 2]", "'none'", "'gt', 1", "'equalto', 'x'", "'even'",
                                   "'number'", "'mapping'", "'lower'"])
            case "by":
                return rng.choice(["'key'", "'value'"])
            case "base":
                return rng.choice(["10", "2", "16", "8", "0", "36"])
            case "rounding":
                return rng.choice(["'common'", "'ceil'", "'floor'"])
            case "table":
                return rng.choice(["{97: 'x', 98: none, 233: 101}", "'x'.maketrans('ab', 'cd')", "'x'.maketrans({'a': 'zz'})", "{}",
                                   "'x'.maketrans('a', 'b', 'c')"])
            case "mapping":
                return rng.choice(["d", "{'x': 1}", "rows[0]", "ed", "dn"])
            case _:
                return self.expression(depth - 1)

    def arguments(self, kinds: list[str], depth: int) -> str:
        given = []
        for kind in kinds:
            if kind.startswith("?"):
                if self.chance(0.6):
                    break
                kind = kind[1:]
            given.append(self.argument(kind, depth))
        return ", ".join(given)

    def specification(self) -> str:
        rng = self.rng
        return (rng.choice(FILLS) + rng.choice(["", "", "+", "-", " "]) + rng.choice(["", "", "", "#"]) + rng.choice(["", "", "0"])
                + rng.choice(["", "", "6", "12", "1"]) + rng.choice(["", "", ",", "_"]) + rng.choice(["", "", ".0", ".1", ".3", ".10"])
                + rng.choice(["", "", "d", "f", "e", "g", "x", "X", "o", "b", "s", "%", "n", "G", "c", "E"]))

    def format(self, depth: int) -> str:
        rng = self.rng
        value = rng.choice(["i", "n", "f", "g", "h", "big", "t", "s", "zero", "num", "nil", "html|safe"]) if self.chance(0.8) else self.expression(depth - 1)
        match rng.randrange(4):
            case 0:
                conversion = rng.choice(["", "", "", "!r", "!s", "!a", "!x"])
                return "'[{%s%s:%s}]'.format(%s)" % (rng.choice(["", "0", ""]), conversion, self.specification(), value)
            case 1:
                return "'[{x%s} {}]'.format(%s, x=%s)" % (rng.choice(["", ".n", "[0]", "[n]", "[-1]", ".v:>4"]), value, self.name())
            case 2:
                flags = rng.choice(["", "-", "0", "+", " ", "#", "-0", "+0", "#0"])
                return "'[%%%s%s%s%s]' %% (%s,)" % (flags, rng.choice(["", "", "8", "3"]), rng.choice(["", "", ".0", ".2", ".5"]),
                                                    rng.choice("sdrifgexXocaEGu%"), value)
            case _:
                return rng.choice(["'%%(b)s %%(a)r' %% d", "'%%s' %% %s" % self.name(), "pct %% (s, %s)" % value, "'%%*d|%%-*.*f' %% (5, i, 9, 2, f)",
                                   "('<%%s>'|safe) %% %s" % value, "('<{}>'|safe).format(%s)" % value, "'{a[1]}{b}'.format(**d)",
                                   "'{:{}}'.format(%s, 9)" % value]).replace("%%", "%")

    def atom(self, depth: int) -> str:
        rng = self.rng
        match rng.randrange(12):
            case 0 | 1 | 2 | 3:
                return self.name()
            case 4 | 5:
                return self.string()
            case 6:
                return rng.choice(NUMBERS)
            case 7:
                return rng.choice(["true", "false", "none", "range(%s)" % self.small(), "range(1, 9, 3)", "range(5, -5, -2)"])
            case 8:
                if depth > 0:
                    items = ", ".join(self.expression(depth - 1) for _ in range(rng.randrange(4)))
                    return "[%s]" % items if self.chance(0.7) else "(%s,)" % items if items else "()"
                return "[]"
            case 9:
                if depth > 0:
                    keys = [rng.choice(["'a'", "'b'", "1", "true", "none", "1.0", "(1, 2)", "i"]) for _ in range(rng.randrange(3))]
                    return "{%s}" % ", ".join(f"{key}: {self.expression(depth - 1)}" for key in keys)
                return "{}"
            case 10:
                if self.loops:
                    return "loop." + rng.choice(["index", "index0", "first", "last", "length", "revindex", "revindex0", "previtem", "nextitem", "depth",
                                                 "cycle('a', 'b')", "changed(%s)" % self.name(), "depth0"])
                return self.name()
            case _:
                if self.macros and depth > 0:
                    name, count = rng.choice(self.macros)
                    return f"{name}({', '.join(self.expression(depth - 1) for _ in range(rng.randrange(count + 1)))})"
                return self.name()

    def postfix(self, depth: int) -> str:
        rng = self.rng
        base = self.atom(depth)
        if base[0] in "-0123456789":
            base = f"({base})"
        match rng.randrange(8):
            case 0 | 1 | 2:
                name = rng.choice(list(METHODS))
                kinds = METHODS[name]
                if kinds is None:
                    return f"{base}.{name}"
                if self.chance(0.6):
                    base = rng.choice(["s", "w", "e", "odd", "lines", "pat", "num", "html", "(html|safe)", "link", "dash", self.string()])
                return f"{base}.{name}({self.arguments(kinds, depth)})"
            case 3:
                return f"{base}.{rng.choice(['n', 'v', 'x', 'a', 'b', 'items', 'nosuch', '0', 'real', 'start', 'upper'])}"
            case 4 | 5:
                return f"{base}[{rng.choice(['0', '1', '-1', '5', repr('a'), repr('n'), 'i', 'nil', 'f', 't', 'big', '(1,)'])}]"
            case _:
                bound = ["", "", "0", "1", "2", "-1", "-2", "9", "none", "big"]
                step = rng.choice(["", "", "", ":", ":1", ":2", ":-1", ":-2", ":0", ":9"])
                return f"{base}[{rng.choice(bound)}:{rng.choice(bound)}{step}]"

    def filtered(self, depth: int) -> str:
        result = self.postfix(depth) if self.chance(0.3) else self.atom(depth)
        for _ in range(self.rng.randrange(1, 3)):
            name = self.rng.choice(list(FILTERS))
            if name in ("urlize", "wordwrap") and self.chance(0.7):
                result = self.rng.choice(["link", "dash", "(link|safe)", "lines", "html"])
            if name == "tojson" and self.chance(0.5):
                arguments = self.rng.choice(["indent=2", "ensure_ascii=true", "sort_keys=true", "separators=(',', ':')", "indent=0, sort_keys=true"])
            else:
                arguments = self.arguments(FILTERS[name], depth)
            result += f"|{name}({arguments})" if arguments else f"|{name}"
        return result

    def expression(self, depth: int) -> str:
        rng = self.rng
        if depth <= 0:
            return self.atom(0)
        match rng.randrange(16):
            case 0 | 1:
                return self.atom(depth)
            case 2 | 3 | 4:
                return self.postfix(depth)
            case 5 | 6 | 7 | 8:
                return self.filtered(depth)
            case 9 | 10:
                operation = rng.choice(["+", "-", "*", "/", "//", "%", "**", "~", "+", "~"])
                right = self.atom(0) if operation in ("*", "**") else self.expression(depth - 1)
                return f"({self.expression(depth - 1)} {operation} {right})"
            case 11:
                operation = rng.choice(["==", "!=", "<", "<=", ">", ">=", "in", "not in"])
                return f"({self.expression(depth - 1)} {operation} {self.expression(depth - 1)})"
            case 12:
                return rng.choice(["({} and {})", "({} or {})", "(not {})", "(-{})", "(+{})"]).format(self.expression(depth - 1), self.expression(depth - 1))
            case 13:
                name = rng.choice(list(TESTS))
                argument = f"({self.expression(depth - 1)})" if TESTS[name] else ""
                return f"({self.expression(depth - 1)} is {rng.choice(['', 'not '])}{name}{argument})"
            case 14:
                otherwise = f" else {self.expression(depth - 1)}" if self.chance(0.8) else ""
                return f"({self.expression(depth - 1)} if {self.expression(depth - 1)}{otherwise})"
            case _:
                return self.format(depth)

    # Statements

    def tag(self, text: str) -> str:
        return f"{{%{self.rng.choice(['', '', '', '-', '+'])} {text} {self.rng.choice(['', '', '', '-', '+'])}%}}"

    def body(self, depth: int) -> str:
        names = list(self.names)
        text = "".join(self.statement(depth - 1) for _ in range(self.rng.randrange(1, 3)))
        self.names = names
        return text

    def output(self, depth: int) -> str:
        return "{{%s %s }}" % (self.rng.choice(["", "", "-"]), self.expression(depth))

    def statement(self, depth: int) -> str:
        rng = self.rng
        if depth <= 0 or self.chance(0.45):
            return rng.choice(["", " ", "\n", "  \n  ", "text "]) + self.output(rng.choice([1, 2, 2, 3])) + rng.choice(["", "\n", " "])
        match rng.randrange(14):
            case 0 | 1 | 2:
                return self.loop(depth)
            case 3 | 4:
                parts = self.tag(f"if {self.expression(2)}") + self.body(depth)
                while self.chance(0.3):
                    parts += self.tag(f"elif {self.expression(1)}") + self.body(depth)
                if self.chance(0.5):
                    parts += self.tag("else") + self.body(depth)
                return parts + self.tag("endif")
            case 5 | 6:
                name = rng.choice(["x", "y", "s", "l", "i"])
                if self.chance(0.3):
                    chain = rng.choice(["", "|upper", "|trim", "|length", "|safe"])
                    text = self.tag(f"set {name}{' ' + chain if chain else ''}") + self.body(depth) + self.tag("endset")
                elif self.chance(0.2):
                    text = self.tag(f"set x, y = {rng.choice(['ll[0]', '(1, 2)', self.expression(1)])}")
                else:
                    text = self.tag(f"set {name} = {self.expression(3)}")
                self.names += [name]
                return text + self.output(2)
            case 7:
                name, count = f"m{len(self.macros)}", rng.randrange(3)
                parameters = [p if k == 0 or self.chance(0.4) is False else p for k, p in enumerate(["p", "q"][:count])]
                signature = ", ".join(parameters[:1] + [f"{p}={self.expression(1)}" for p in parameters[1:]])
                names = list(self.names)
                loops, self.loops = self.loops, 0
                self.names += parameters + (["varargs"] if self.chance(0.1) else []) + (["kwargs"] if self.chance(0.1) else [])
                inside = self.body(depth) + (rng.choice(["{{ caller() }}", "{{ caller(1) }}"]) if self.chance(0.2) else "")
                self.names, self.loops = names, loops
                text = self.tag(f"macro {name}({signature})") + inside + self.tag("endmacro")
                self.macros.append((name, count))
                return text + f"{{{{ {name}({', '.join(self.expression(1) for _ in range(count))}) }}}}"
            case 8:
                if not self.macros:
                    return self.output(3)
                name, count = rng.choice(self.macros)
                return (self.tag(f"call{rng.choice(['', '', '(z)'])} {name}({', '.join(self.expression(1) for _ in range(rng.randrange(count + 1)))})")
                        + self.body(depth) + self.tag("endcall"))
            case 9:
                return self.tag(f"with {rng.choice(['x', 'y'])} = {self.expression(2)}") + self.body(depth) + self.tag("endwith")
            case 10:
                return (self.tag(f"filter {rng.choice(['upper', 'trim', 'replace(%r, %r)' % ('a', 'b'), 'length', 'indent(2)', 'title', 'tojson', 'e'])}")
                        + self.body(depth) + self.tag("endfilter"))
            case 11:
                operation = rng.choice(["ns.v + 1", "ns.v ~ 'a'", self.expression(1), "[ns.v]"])
                return (self.tag("set ns = namespace(v=0)") + self.tag("for k in l") + self.tag(f"set ns.v = {operation}") + self.tag("endfor") + "{{ ns.v }}"
                        + rng.choice(["", "{{ ns.w is defined }}", "{{ ns }}"]))
            case 12:
                self.blocks += 1
                loops, self.loops = self.loops, 0
                name = f"b{self.blocks}"
                text = self.tag(f"block {name}{rng.choice(['', '', ' scoped'])}") + self.body(depth) + self.tag(rng.choice(["endblock", f"endblock {name}"]))
                self.loops = loops
                return text + (f"{{{{ self.{name}() }}}}" if self.chance(0.3) else "")
            case _:
                return rng.choice(["{# note #}", "{%- raw %}{{ x }}{% endraw -%}\n", "{{ '{{' }}", "  {#- a -#}  \n", "{% generation %}" + self.output(2) + "{% endgeneration %}"])

    def loop(self, depth: int) -> str:
        rng = self.rng
        if self.chance(0.12):
            return ("{% for n in tree recursive %}({{ n.v }}:{{ loop.depth }}" + self.tag("if n.c") + "{{ loop(n.c) }}" + self.tag("endif") + "){% endfor %}")
        if self.chance(0.25):
            target, iterable, names = "a, b", rng.choice(["ll", "d.items()", "d|dictsort", "ll|map('reverse')", "rows|groupby('n')", self.expression(1)]), ["a", "b"]
        else:
            target = rng.choice(["x", "y", "s"])
            iterable, names = rng.choice(["l", "ls", "rows", "range(3)", "s", "d", "lm", "el", "ll", self.expression(2)]), [target]
        known = list(self.names)
        self.names += names * 3
        condition = f" if {self.expression(1)}" if self.chance(0.25) else ""
        self.loops += 1
        inside = self.body(depth)
        if self.chance(0.15):
            inside += self.tag(f"if {self.expression(1)}") + self.tag(rng.choice(["break", "continue"])) + self.tag("endif") + self.output(1)
        self.loops -= 1
        self.names = known
        otherwise = self.tag("else") + self.body(depth) if self.chance(0.2) else ""
        return self.tag(f"for {target} in {iterable}{condition}") + inside + otherwise + self.tag("endfor")
