import JSONText
import Jinja
import Problems
import Testing

@testable import InstructionFormat

@Suite("Chat templates")
struct ChatTemplateSuite {
  private func render(_ template: String, _ record: String, _ options: ChatOptions = ChatOptions())
    throws -> RenderedRecord
  {
    let template = try ChatTemplate(source: template.utf8, name: "test")
    let renderer = ChatRenderer(template: template, options: options)
    let parser = JSONParser()
    var sample = RenderedRecord()
    _ = try renderer.prepare(parser.parse(record.utf8))
    try renderer.render(sample: 0, into: &sample)
    return sample
  }

  private func text(_ template: String) throws -> String {
    var options = ChatOptions()
    options.isStrict = false
    let rendered = try render(template, #"{"messages":[{"role":"user","content":"aé"}]}"#, options)
    return String(decoding: rendered.text, as: UTF8.self)
  }

  @Test("expressions print what Python prints")
  func expressions() throws {
    #expect(try text("{{ 7 // -2 }} {{ -7 % 3 }} {{ 2 ** 10 }} {{ 1 / 2 }}") == "-4 2 1024 0.5")
    #expect(try text("{{ [1, 'a', none, true, 1e16] }}") == "[1, 'a', None, True, 1e+16]")
    #expect(try text("{{ messages[0].content[::-1] }}{{ messages[0].content|length }}") == "éa2")
    #expect(
      try text("{{ {'b': [1], 'a': 'é'}|tojson(sort_keys=true) }}") == #"{"a": "é", "b": [1]}"#)
    #expect(try text("{{ missing }}{{ messages[0].missing is defined }}") == "False")
    #expect(try text("{% set x = 1 %}{% for i in [1] %}{% set x = 2 %}{% endfor %}{{ x }}") == "1")
    #expect(try text("{% macro m(a, b='c') %}{{ a }}{{ b }}{% endmacro %}{{ m('x') }}") == "xc")
    #expect(try text("{% for i in range(9) if i is odd %}{{ loop.index }}{% endfor %}") == "1234")
  }

  @Test("a mistake in a template is refused with its line, column and text")
  func mistakes() {
    for (source, line, column) in [
      ("a\n{{ 1 + }}", 2, 8), ("{% if x %}", 1, 4), ("x\n\n{% include 'a' %}", 3, 4),
      ("{{ x|nothing }}", 1, 6),
    ] {
      do {
        _ = try ChatTemplate(source: source.utf8, name: "t.jinja")
        Issue.record("not refused: \(source)")
      } catch {
        #expect(error.line == line && error.column == column, "\(error)")
        #expect(!error.excerpt.isEmpty)
      }
    }
  }

  @Test("text that has no end, and trees without bottom, are refused")
  func bounds() throws {
    let deep = String(repeating: "(", count: 5000) + "1" + String(repeating: ")", count: 5000)
    #expect(throws: Problem.self) {
      try ChatTemplate(source: "{{ \(deep) }}".utf8, name: "t")
    }
    for endless in [
      "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
      "{% set ns = namespace(x='ab') %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
      "{{ 'a' * 9999999999 }}",
    ] {
      #expect(throws: Problem.self) { _ = try text(endless) }
    }
  }

  @Test("content and terminator are learned, headers are not")
  func masks() throws {
    let record =
      #"{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":" r "}]}"#
    let rendered = try render(BuiltInTemplates.llama3, record)
    let learned = rendered.segments.filter(\.isSupervised).map {
      String(decoding: rendered.text[$0.range], as: UTF8.self)
    }
    #expect(learned == ["r", "<|eot_id|>"])
  }

  @Test("records that are not conversations are rejects with a name and a field")
  func rejects() {
    for (record, code, field) in [
      (
        #"{"messages":[{"role":"critic","content":"q"}]}"#, Problem.Kind.unknownRole,
        "messages[0].role"
      ),
      (#"{"messages":[{"role":"user","content":1}]}"#, .wrongType, "messages[0].content"),
      (#"{"messages":[]}"#, .emptyConversation, "messages"),
      (#"{"messages":[{"role":"user","content":"q"}]}"#, .noAssistantTurn, "messages"),
      (
        #"{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":""}]}"#,
        .emptyResponse, "messages[1].content"
      ),
    ] {
      do {
        _ = try render(BuiltInTemplates.chatml, record)
        Issue.record("not refused: \(record)")
      } catch let reject as Problem {
        #expect(reject.kind == code && (reject.field ?? "") == field, "\(reject)")
      } catch {
        Issue.record("\(error)")
      }
    }
  }
}
