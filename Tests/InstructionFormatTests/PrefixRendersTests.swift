import Foundation
import JSONText
import Problems
import Testing

@testable import InstructionFormat

@Suite("Prompts that are made beside the whole conversation")
struct PrefixRendersTests {
  static let checkout = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  static let files: [URL] = [
    "fixtures/templates", "fixtures/axolotl", "Tests/Oracle/templates",
  ]
  .flatMap { folder in
    let files = try? FileManager.default.contentsOfDirectory(
      at: checkout.appending(path: folder), includingPropertiesForKeys: nil)
    return (files ?? []).filter { $0.pathExtension == "jinja" }.sorted { $0.path < $1.path }
  }

  /// Templates in which what is read before a turn hides nothing of what follows it, and every other kind of reading the list.
  static let sources = [
    "{% for m in messages %}{{ m.role }}:{{ m.content }}{% if not loop.last %}|{% endif %}{% endfor %}{{ '>' if add_generation_prompt }}",
    "{% set rest = messages[1:] %}{{ messages[0].content }}{% for m in rest %}<{{ m.role }}>{{ m.content }}{{ loop.nextitem.role }}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}",
    "{% set ns = namespace(n=0, last='') %}{% for m in messages %}{% set ns.n = ns.n + 1 %}{{ ns.n }}{{ ns.last }}{{ m.content }}{% set ns.last = m.role %}{% endfor %}{{ ns.n }}{{ ns.last }}{{ add_generation_prompt }}",
    "{{ add_generation_prompt }}{% for m in messages %}{{ m.content }};{% endfor %}",
    "{{ messages|length }}{% for m in messages %}{{ m.content }};{% endfor %}",
    "{% for m in messages %}{{ m.content }}{{ messages[-1].content }}{% endfor %}",
    "{% for m in messages %}{{ m.content }}{{ messages[loop.index0 + 2].content }}{% endfor %}{{ 'P' if add_generation_prompt }}",
    "{% for m in messages %}{{ m.content }}{{ loop.revindex }}{% endfor %}",
    "{% if not add_generation_prompt is defined %}{% set add_generation_prompt = true %}{% endif %}{% for m in messages %}{{ m.content }}{% endfor %}{{ 'P' if add_generation_prompt }}",
    "{% set add_generation_prompt = false %}{% for m in messages %}{{ m.content }}{% endfor %}{{ 'P' if add_generation_prompt }}",
    "{% set ns = namespace(system='') %}{% for m in messages %}{% if m.role == 'system' %}{% set ns.system = ns.system + m.content %}{% endif %}{% endfor %}{{ ns.system }}{% for m in messages %}{{ m.content }}{% endfor %}{{ 'P' if add_generation_prompt }}",
    "{% set ns = namespace(last=0) %}{% for m in messages %}{% if m.role == 'user' %}{% set ns.last = loop.index0 %}{% endif %}{% endfor %}{% for m in messages %}{{ '!' if loop.index0 > ns.last }}{{ m.content }}{% endfor %}{{ 'P' if add_generation_prompt }}",
    "{% for m in messages %}{% if loop.index > 3 %}{% break %}{% endif %}{{ m.content }}{% endfor %}{{ 'P' if add_generation_prompt }}",
    "{% for m in messages %}{{ m.content }}{% else %}none{% endfor %}{% for m in messages %}{{ m.role }}{% endfor %}{{ 'P' if add_generation_prompt }}",
    "{% set c = cycler('a', 'b') %}{% for m in messages %}{{ c.next() }}{{ m.content }}{% endfor %}{{ 'P' if add_generation_prompt }}",
    "{% for m in messages %}{{ loop.changed(m.role) }}{{ m.content }}{% endfor %}{{ 'P' if add_generation_prompt }}",
    "{% set found = messages|map(attribute='role') %}{% for m in messages %}{{ found|first }}{{ m.content }}{% endfor %}",
    "{% macro show(m) %}<{{ m.role }}>{{ m.content }}{{ messages|length }}{% endmacro %}{% for m in messages %}{{ show(m) }}{% endfor %}{{ 'P' if add_generation_prompt }}",
    "{% macro show(m) %}{% set inner = 1 %}{% call(x) wrap() %}{{ x }}{{ m.content }}{% endcall %}{% endmacro %}{% macro wrap() %}{{ caller('c') }}{% endmacro %}{% for m in messages %}{{ show(m) }}{% endfor %}{{ 'P' if add_generation_prompt }}",
    "{% if messages and messages[0].role == 'system' %}{% set top = messages[0].content %}{% set messages = messages[1:] %}{% endif %}{{ top }}{% for m in messages %}{{ m.content }}/{% endfor %}{{ 'P' if add_generation_prompt }}",
    "{% for m in messages if m.role != 'tool' %}{{ m.content }}{% endfor %}{{ 'P' if add_generation_prompt }}",
    "{% for m in messages %}{% if m.role == 'user' and loop.index0 % 2 and loop.last %}{{ raise_exception('no') }}{% endif %}{{ m.content }}{% endfor %}{{ 'P' if add_generation_prompt }}",
    "{% for m in messages %}{% for n in messages[loop.index:] %}{% if n.role == 'user' %}{{ n.content }}{% break %}{% endif %}{% endfor %}{{ m.content }}{% endfor %}{{ 'P' if add_generation_prompt }}",
    "{% for m in messages %}{% generation %}{{ m.content }}{% endgeneration %}{% endfor %}{{ 'P' if add_generation_prompt }}",
    "{% set text %}{% for m in messages %}{{ m.content }}{% endfor %}{% endset %}{{ text }}{{ 'P' if add_generation_prompt }}",
    "{% for m in messages %}{{ m.content }}{% endfor %}{% if add_generation_prompt and messages[-1].role != 'assistant' %}P{% endif %}",
  ]

  /// A conversation of many turns, in the orders that data sets have.
  static func conversation(_ generator: inout some RandomNumberGenerator) -> String {
    var turns: [String] = []
    func text() -> String {
      ["", "a", "Good day.", " spaced ", "ça va?", "<think>t</think>x", "two\\nlines", "word word"]
        .randomElement(using: &generator)!
    }
    func add(_ role: String, _ more: String = "") {
      turns.append(#"{"role":"\#(role)","content":"\#(text())"\#(more)}"#)
    }
    if Bool.random(using: &generator) { add("system") }
    for _ in 0..<Int.random(in: 2...6, using: &generator) {
      add("user")
      if Int.random(in: 0..<4, using: &generator) == 0 {
        add(
          "assistant",
          #","tool_calls":[{"id":"call12345","type":"function","function":{"name":"look","arguments":{"at":"\#(text())"}}}]"#
        )
        add("tool", #","name":"look","tool_call_id":"call12345""#)
      }
      let reasoning =
        Int.random(in: 0..<3, using: &generator) == 0 ? #","reasoning_content":"why""# : ""
      add("assistant", reasoning)
      if Int.random(in: 0..<12, using: &generator) == 0 { add("system") }
    }
    return #"{"messages":[\#(turns.joined(separator: ","))]}"#
  }

  /// The sample of a record, or why there is none.
  static func render(_ renderer: ChatRenderer, _ record: String) -> Result<RenderedRecord, Problem>
  {
    let parser = JSONParser()
    defer { withExtendedLifetime(parser) {} }
    var sample = RenderedRecord()
    do throws(Problem) {
      _ = try renderer.prepare(parser.parse(record.utf8))
      try renderer.render(sample: 0, into: &sample)
      return .success(sample)
    } catch {
      return .failure(error)
    }
  }

  static func compare(_ source: String, _ name: String, rounds: Int) throws -> (
    beside: Int, apart: Int
  ) {
    let template = try ChatTemplate(source: source.utf8, name: name)
    var options = ChatOptions()
    options.allowsDropped = true
    options.beginningOfText = Array("<s>".utf8)
    options.endOfText = Array("</s>".utf8)
    options.date = TemplateDate("2026-01-02".utf8)
    let own = ChatRenderer(template: template, options: options)
    let naive = ChatRenderer(template: template, options: options)
    own.prefixes.fewest = 0
    naive.prefixes.fewest = .max
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<rounds {
      let record = conversation(&generator)
      switch (render(own, record), render(naive, record)) {
      case (.success(let sample), .success(let expected)):
        #expect(sample.text == expected.text, "\(name) \(record)")
        #expect(sample.segments == expected.segments, "\(name) \(record)")
      case (.failure(let error), .failure(let expected)):
        #expect(error.description == expected.description, "\(name) \(record)")
      case (let found, let expected): Issue.record("\(name) \(record) \(found) \(expected)")
      }
    }
    return own.prefixes.counts
  }

  @Test("are those of renders by themselves: published templates", arguments: files)
  func published(file: URL) throws {
    let source = try String(contentsOf: file, encoding: .utf8)
    let counts = try Self.compare(source, file.lastPathComponent, rounds: 12)
    // Most templates read the list so that nothing has to be rendered by itself.
    let isLinear = [
      "chatml", "llama3", "llama3_1", "llama4", "qwen2_5", "qwen3_vl", "phi3",
      "phi_4",
      "olmo2", "zephyr", "smollm3", "command_a", "falcon",
    ]
    if isLinear.contains(file.deletingPathExtension().lastPathComponent) {
      #expect(counts.beside > 0 && counts.apart == 0, "\(counts)")
    }
  }

  @Test("are those of renders by themselves: every way to read the list", arguments: sources)
  func reading(source: String) throws {
    _ = try Self.compare(source, source, rounds: 60)
  }
}
