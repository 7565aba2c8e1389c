import JSONText
import Jinja
import JinjaSupport
import Testing

@Suite("Bounds of templates")
struct BoundsTests {
  /// `isSmall`: with a budget that tests without optimization come to the end of soon.
  private func render(_ template: String, _ variables: String = "{}", isSmall: Bool = false) throws
    -> RenderedTemplate
  {
    var budget = Budget()
    if isSmall { budget.steps = 1 << 20 }
    let parser = JSONParser()
    return withExtendedLifetime(parser) {
      RenderedTemplate(template.utf8, variables: try? parser.parse(variables.utf8), budget: budget)
    }
  }

  private func text(_ template: String, _ variables: String = "{}") throws -> String? {
    guard case .text(let bytes) = try render(template, variables) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func `repeat`(_ text: String, _ count: Int) -> String {
    String(repeating: text, count: count)
  }

  @Test(
    "a template without end, or with too much of everything, is refused",
    arguments: [
      "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
      "{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}",
      "{% set ns = namespace(x='ab') %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}{{ ns.x }}",
      "{% set ns = namespace(x='ab') %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}{{ ns.x|length }}",
      "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
      "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
      "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x|tojson }}",
      "{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}",
      "{% set ns = namespace(x=(1,), y=(1,)) %}{% for i in range(60) %}{% set ns.x = (ns.x, ns.x) %}{% set ns.y = (ns.y, ns.y) %}{% endfor %}{{ {ns.x: 1}[ns.y] }}",
      "{% set ns = namespace(x=2) %}{% for i in range(99) %}{% set ns.x = ns.x * ns.x %}{% endfor %}",
      "{{ 2 ** 99999999 }}", "{{ 'a' * 9999999999 }}", "{{ [1] * 9999999999 }}",
      "{{ 'a'.center(9999999999) }}", "{{ 'a'.ljust(9999999999) }}", "{{ 'a'.zfill(999999999) }}",
      "{{ 'a'|center(9999999999) }}", "{{ 'a\\nb'|indent(9999999999) }}",
      "{{ 'a\\tb'.expandtabs(9223372036854775807) }}", "{{ 'a\\tb'.expandtabs(999999999) }}",
      "{{ '{:999999999}'.format(1) }}", "{{ '{:<99999999999}'.format('a') }}",
      "{{ '{:0999999999,}'.format(1) }}", "{{ '%999999999d' % 1 }}", "{{ '%.999999999d' % 1 }}",
      "{{ '%.999999f' % 1.5 }}", "{{ '{:.999999f}'.format(1.5) }}",
      "{{ range(99999)|map('string')|join('x' * 10000) }}",
      "{{ range(99999)|batch(9999999, 0)|list }}", "{{ [1]|slice(99999999, 0)|list }}",

      "{% set a %}{{ 'x' * 1000000 }}{% endset %}{{ (a ~ 'y') * 1000000 }}",
      "{{ ('ab' * 1000000).replace('', 'abcdefgh' * 1000) }}",
      "{{ ('ab' * 100000).replace('a', 'abcdefgh' * 10000)|length }}",
      "{{ ('a,' * 1000000).split(',')|map('upper')|map('lower')|map('title')|map('upper')|list|length }}",
      "{% for i in range(99999) %}{{ 'x' * 100000 }}{% endfor %}",
      "{% for i in range(99999) %}{% for c in 'x' * 99999 %}{{ c }}{% endfor %}{% endfor %}",
      "{% for i in range(99999) %}{{ ('x' * 999999)|upper|length }}{% endfor %}",
      "{% for i in range(99999) %}{{ range(99999)|list|sort|first }}{% endfor %}",
      "{% for i in range(99999) %}{{ 77 in range(99999)|map('string') }}{% endfor %}",
      "{% set l = range(9999)|list %}{{ l|select('in', l|reverse|list)|list|length }}",
    ])
  func endless(template: String) throws {
    guard case .failure(let reason, let isBound) = try render(template, isSmall: true) else {
      Issue.record("not refused: \(template)")
      return
    }
    #expect(isBound, "\(reason)")
  }

  @Test("nesting without end is refused, long chains are not")
  func deep() throws {
    for (open, inside, close) in [
      ("(", "1", ")"), ("[", "", "]"), ("{1:", "1", "}"), ("-", "1", ""), ("not ", "1", ""),
      ("f(", "1", ")"), ("[1][", "0", "]"), ("1 if 1 else ", "1", ""), ("1 + (", "1", ")"),
    ] {
      let nested = "{{ " + `repeat`(open, 5_000) + inside + `repeat`(close, 5_000) + " }}"
      guard case .failure = try render(nested) else {
        Issue.record("not refused: \(open)")
        continue
      }
    }
    for (open, close) in [
      ("{% if 1 %}", "{% endif %}"), ("{% for i in [1] %}", "{% endfor %}"),
      ("{% set x %}", "{% endset %}"), ("{% filter upper %}", "{% endfilter %}"),
      ("{% macro f() %}", "{% endmacro %}"), ("{% with %}", "{% endwith %}"),
      ("{% generation %}", "{% endgeneration %}"),
    ] {
      guard case .failure = try render(`repeat`(open, 2_000) + `repeat`(close, 2_000)) else {
        Issue.record("not refused: \(open)")
        continue
      }
    }
    for (chain, end) in [("a.", "b"), ("a|upper|", "lower"), ("a + ", "a"), ("a and ", "a")] {
      guard case .failure = try render("{{ " + `repeat`(chain, 5_000) + end + " }}") else {
        Issue.record("not refused: \(chain)")
        continue
      }
    }
    let branches = "{% if a == 0 %}0" + (1...5_000).map { "{% elif a == \($0) %}\($0)" }.joined()
    #expect(try text(branches + "{% endif %}", #"{"a": 4999}"#) == "4999")
    #expect(try text("{{ " + `repeat`("1 ~ ", 5_000) + "1 }}") == `repeat`("1", 5_001))
    #expect(try text("{{ [" + `repeat`("1, ", 5_000) + "1]|length }}") == "5001")
  }

  @Test("a value nested deeply is walked or refused, whatever walks it")
  func deepValues() throws {
    let build =
      "{% set ns = namespace(x=0, y=0) %}{% for i in range(9999) %}{% set ns.x = (ns.x,) %}{% set ns.y = (ns.y,) %}{% endfor %}"
    for use in [
      "{{ ns.x }}", "{{ ns.x|tojson }}", "{{ ns.x == ns.y }}", "{{ ns.x < ns.y }}",
      "{{ {ns.x: 1} }}", "{{ [ns.x, ns.y]|unique|list }}", "{{ [ns.x]|sort }}", "{{ ns.x|pprint }}",
      "{{ ns.x in [ns.y] }}", "{{ '%r' % (ns.x,) }}",
    ] {
      guard case .failure = try render(build + use, isSmall: true) else {
        Issue.record("not refused: \(use)")
        continue
      }
    }
    let calls =
      "{% macro f(n) %}{{ n }}{% if n %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(99999) }}"
    guard case .failure = try render(calls) else {
      Issue.record("endless calls are not refused")
      return
    }
    #expect(try text(calls.replacing("99999", with: "50"))?.hasSuffix("210") == true)
  }

  @Test("long texts cost time in proportion to their length")
  func longTexts() throws {
    // Each would take minutes, or gigabytes, if it were quadratic.
    let long =
      #"{"s": ""# + `repeat`("ab, ", 16_384) + #"", "t": ""# + `repeat`("é ", 32_768) + "\"}"
    for (template, expected) in [
      ("{{ s|title|length }}", "65536"), ("{{ s|reverse|length }}", "65536"),
      ("{{ s[::-1]|length }}", "65536"), ("{{ t[::-1][0] }}", " "),
      ("{{ s|upper|length }}", "65536"),
      ("{{ s.split(',')|length }}", "16385"), ("{{ s.rsplit(',')|length }}", "16385"),
      ("{{ s.split()|unique|list|length }}", "1"), ("{{ t.split()|join|length }}", "32768"),
      ("{{ s.replace('a', 'b').count('b') }}", "32768"), ("{{ s.expandtabs()|length }}", "65536"),
      ("{% for c in s %}{% if loop.last %}{{ loop.index }}{% endif %}{% endfor %}", "65536"),
      ("{{ (s ~ 'zz').rfind('zz') }}", "65536"), ("{{ s|list|unique|list|length }}", "4"),
      ("{{ s|e|length }}", "65536"), ("{{ s|tojson|length }}", "65538"),
      ("{{ s|indent|length }}", "65536"), ("{{ s|wordcount }}", "16384"),
      ("{{ '%' * 2 % () }}", "%"), ("{{ ('%%' * 16000) % () == '%' * 16000 }}", "True"),
      (
        "{% set ns = namespace(t='') %}{% for c in s %}{% set ns.t = ns.t + c %}{% endfor %}{{ ns.t == s }}",
        "True"
      ),
      (
        "{% set d = dict(s.split(',')|map('trim')|list|batch(2)|first|map('list')) %}{{ d }}",
        "{'a': 'b'}"
      ),
    ] {
      #expect(try text(template, long) == expected, "\(template)")
    }
  }

  @Test("containers of what is not defined hold it, and print it")
  func undefined() throws {
    #expect(
      try text("{{ [m.zz] }}{{ {'a': m.zz} }}{{ [m.zz]|tojson is string }}", #"{"m": {}}"#) == nil)
    #expect(
      try text(
        "{{ [m.zz] }} {{ {'a': m.zz, m.zz: 1} }} {{ (m.zz, nosuch)|join('-') }}", #"{"m": {}}"#)
        == "[Undefined] {'a': Undefined, Undefined: 1} -")
  }

  @Test("random templates of the language's words do not end the process")
  func fuzz() throws {
    var generator = SplitMix64(state: UInt64.random(in: 0...UInt64.max))
    print("seed \(generator.state)")
    let parser = JSONParser()
    let variables = try parser.parse(
      #"{"s": "Aé ", "i": 3, "f": 0.5, "l": [1, "a", null, [2]], "d": {"a": {"b": 1}}, "n": null}"#
        .utf8)
    for _ in 0..<2000 {
      let count = Int.random(in: 1..<24, using: &generator)
      let words = (0..<count).map { _ in Self.words.randomElement(using: &generator) ?? "" }
      _ = RenderedTemplate(words.joined(separator: " ").utf8, variables: variables)
      _ = RenderedTemplate("{{ \(words.joined(separator: " ")) }}".utf8, variables: variables)
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...127, using: &generator) }
      _ = RenderedTemplate(Array("{{".utf8) + bytes + Array("}}".utf8), variables: variables)
    }
  }

  private static let words =
    [
      "{{", "}}", "{%", "%}", "{%-", "-%}", "{#", "#}", "for x in", "l", "d", "s", "i", "f", "n",
      "if", "else",
      "elif", "endif", "endfor", "set x =", "set x", "endset", "macro m(a, b=1)", "endmacro", "m(",
      "call m()",
      "endcall", "filter upper", "endfilter", "with a = 1", "endwith", "block b", "endblock",
      "self.b()", "loop.index",
      "loop(", "recursive", "break", "continue", "namespace(", "range(", "dict(", "(", ")", "[",
      "]", "{", "}", ",",
      ":", ".", "|", "~", "+", "-", "*", "**", "/", "//", "%", "==", "<", "in", "not", "is", "and",
      "or", "'a'",
      "'%s'", "'{:>9}'.format(", "1", "0", "-1", "9223372036854775807", "99999999999999999999",
      "1.5", "1e308",
      "true", "none", "[::-1]", "[1:]", ".a", ".upper()", ".split(", ".join(", ".items()",
      "|length", "|map('upper')",
      "|select", "|first", "|last", "|sort", "|groupby('a')", "|batch(2)", "|tojson(indent=2)",
      "|int", "|round(-1)",
      "|replace('a', 'b')", "|join(',')", "|list", "|unique", "|sum", "|dictsort", "|xmlattr",
      "|pprint", "defined",
      "string", "sameas", "divisibleby 2", "generation", "endgeneration", "raw", "endraw",
      "cycler(1, 2)", "joiner()",
      "raise_exception('x')", "**d", "*l", "=", "a=",
    ]
}

/// Random numbers from a seed.
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }
}
