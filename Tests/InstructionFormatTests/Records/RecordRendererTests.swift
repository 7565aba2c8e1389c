import JSONText
import Problems
import Testing

@testable import InstructionFormat

@Suite("Plain, Alpaca and text renders") struct RecordRendererTests {
  static func render(
    _ json: String, fields: RecordFields = RecordFields(), style: RecordRenderer.Style = .plain,
    beginning: String? = nil
  ) throws -> RenderedRecord {
    let parser = JSONParser()
    let record = try parser.parse(Array(json.utf8))
    let renderer = RecordRenderer(
      fields: fields, style: style, beginningToken: beginning.map { Array($0.utf8) },
      endToken: Array("</s>".utf8))
    let found = try fields.find(in: record)
    var rendered = RenderedRecord()
    switch try fields.schema(of: found, record: record) {
    case .text: try renderer.renderText(found, of: record, into: &rendered)
    default: try renderer.renderInstruction(found, of: record, into: &rendered)
    }
    return rendered
  }

  func text(_ rendered: RenderedRecord) -> String { String(decoding: rendered.text, as: UTF8.self) }

  func supervised(_ rendered: RenderedRecord) -> [String] {
    rendered.segments.filter(\.isSupervised).map {
      String(decoding: rendered.text[$0.range], as: UTF8.self)
    }
  }

  @Test("task, context and response are joined by blank lines; response and end token are learned")
  func plain() throws {
    let rendered = try Self.render(#"{"task":"T","context":"C","response":"R"}"#)
    #expect(text(rendered) == "T\n\nC\n\nR</s>")
    #expect(supervised(rendered) == ["R", "</s>"])
    #expect(
      rendered.segments.map(\.reason) == [
        .task, .separator, .context, .separator, .response, .endOfText,
      ])
    #expect(rendered.segments.map(\.range) == [0..<1, 1..<3, 3..<4, 4..<6, 6..<7, 7..<11])
  }

  @Test("an empty, null or absent context leaves out its separator")
  func noContext() throws {
    for json in [
      #"{"task":"T","context":"","response":"R"}"#, #"{"task":"T","context":null,"response":"R"}"#,
      #"{"response":"R","task":"T"}"#,
    ] {
      #expect(text(try Self.render(json)) == "T\n\nR</s>")
    }
  }

  @Test("an empty task leaves out its separator, while there is a context")
  func noTask() throws {
    #expect(text(try Self.render(#"{"task":"","context":"C","response":"R"}"#)) == "C\n\nR</s>")
    #expect(throws: Problem.self) {
      try Self.render(#"{"task":"","context":"","response":"R"}"#)
    }
  }

  @Test("the usual other names mean the same")
  func otherNames() throws {
    for (a, b, c) in [("instruction", "input", "output"), ("task", "context", "response")] {
      #expect(
        text(try Self.render("{\"\(a)\":\"T\",\"\(b)\":\"C\",\"\(c)\":\"R\"}")) == "T\n\nC\n\nR</s>"
      )
    }
    for (a, c) in [("prompt", "completion"), ("prompt", "response"), ("question", "answer")] {
      #expect(text(try Self.render("{\"\(a)\":\"T\",\"\(c)\":\"R\"}")) == "T\n\nR</s>")
    }
    let fields = RecordFields(given: [.task: "q", .response: "text"])
    #expect(text(try Self.render(#"{"q":"T","text":"R"}"#, fields: fields)) == "T\n\nR</s>")
  }

  @Test("the Alpaca prompt is the published one, with and without input")
  func alpaca() throws {
    let with = try Self.render(#"{"instruction":"I","input":"J","output":"O"}"#, style: .alpaca)
    #expect(
      text(with)
        == "Below is an instruction that describes a task, paired with an input that provides further context. "
        + "Write a response that appropriately completes the request.\n\n### Instruction:\nI\n\n### Input:\nJ\n\n### Response:O</s>"
    )
    let without = try Self.render(#"{"instruction":"I","input":"","output":"O"}"#, style: .alpaca)
    #expect(
      text(without)
        == "Below is an instruction that describes a task. Write a response that appropriately completes the "
        + "request.\n\n### Instruction:\nI\n\n### Response:O</s>")
    #expect(supervised(without) == ["O", "</s>"])
  }

  @Test("text is learned from its first byte; the beginning token is not")
  func textRecords() throws {
    let rendered = try Self.render(#"{"text":"a\nb"}"#, beginning: "<s>")
    #expect(text(rendered) == "<s>a\nb</s>")
    #expect(supervised(rendered) == ["a\nb", "</s>"])
    #expect(rendered.segments[0].source == .beginningToken)
  }

  @Test(
    "what is missing or has another type is refused by name",
    arguments: [
      (
        #"{"task":"T"}"#, Problem.Kind.missingField,
        #"field "response" is missing; the record has "task""#
      ),
      (#"{"response":"R"}"#, .missingField, #"field "task" is missing; the record has "response""#),
      (#"{"task":"T","response":7}"#, .wrongType, #"field "response" is a number, not a string"#),
      (
        #"{"task":["T"],"context":"","output":""}"#, .wrongType,
        #"field "task" is an array, not a string"#
      ),
      (#"{"task":"T","output":{}}"#, .wrongType, #"field "output" is an object, not a string"#),
      (
        #"{"task":"T","context":true,"response":"R"}"#, .wrongType,
        #"field "context" is a boolean, not a string"#
      ),
      (
        #"{"task":"T","response":""}"#, .emptyResponse,
        #"field "response" is empty: there is nothing to learn"#
      ),
      (#"{"text":""}"#, .emptyText, #"field "text" is empty: there is nothing to learn"#),
      (#"["T","R"]"#, .notAnObject, "the record is an array, not an object"),
      (#"{"a":1,"b":2}"#, .unknownSchema, #"no known field among "a", "b""#),
    ])
  func refusals(json: String, kind: Problem.Kind, reason: String) throws {
    let error = #expect(throws: Problem.self) { try Self.render(json) }
    #expect(error?.kind == kind)
    if !reason.isEmpty { #expect(error?.reason == reason) }
  }
}
