import InstructionFormat
import Masking
import Problems
import Testing

@Suite("Ids and masks from provenance") struct SampleEncoderTests {
  func rendered(_ parts: [(String, Source, Reason)]) -> RenderedRecord {
    var rendered = RenderedRecord()
    rendered.paths = ["task", "context", "response"]
    for (text, source, reason) in parts {
      rendered.append(Array(text.utf8), source: source, reason: reason)
    }
    return rendered
  }

  func encode(
    _ rendered: RenderedRecord, _ change: (inout SampleEncoder.Options) -> Void = { _ in },
    traced: Bool = false
  ) throws -> MaskedSample {
    var options = SampleEncoder.Options(endID: 0)
    change(&options)
    var sample = MaskedSample()
    try SampleEncoder(encoder: WordEncoder(), options: options).encode(
      rendered, traced: traced, into: &sample)
    return sample
  }

  @Test("split tokenizes prompt and response apart; the end token is one id and is learned")
  func split() throws {
    let record = rendered([
      ("ab", .field(0), .task), ("cd", .field(2), .response), ("</s>", .endToken, .endOfText),
    ])
    let sample = try encode(record)
    #expect(sample.tokens == [1002, 1002, 0])
    #expect(sample.runs == [1..<3])
    #expect(sample.promptCount == 1)
    #expect(sample.endsInTerminator)
  }

  @Test("joint tokenizes across the boundary; a straddling token follows the stated rule")
  func joint() throws {
    let record = rendered([
      ("ab", .field(0), .task), ("cd ef", .field(2), .response), ("</s>", .endToken, .endOfText),
    ])
    let masked = try encode(record) { $0.seam = .joint }
    #expect(masked.tokens == [1004, 32, 1002, 0])
    #expect(masked.runs == [1..<4])
    #expect(masked.straddles == 1)
    let supervised = try encode(record) {
      $0.seam = .joint
      $0.straddle = .supervise
    }
    #expect(supervised.runs == [0..<4])
    let error = #expect(throws: Problem.self) {
      try encode(record) {
        $0.seam = .joint
        $0.straddle = .error
      }
    }
    #expect(error?.kind == .straddlingToken)
  }

  @Test("only the template's text becomes special tokens, unless the user's may")
  func literal() throws {
    let record = rendered([
      ("<s>", .template, .scaffold), ("a<s>", .field(0), .task), ("<s>", .template, .separator),
      ("b<s>", .field(2), .response),
    ])
    let literal = Array("<s>".utf8).map(UInt32.init)
    // The s of the literal text is a word of one letter.
    let spelled = [literal[0], 1001, literal[2]]
    #expect(try encode(record).tokens == [7, 1001] + spelled + [7, 1001] + spelled)
    #expect(try encode(record) { $0.parseSpecial = true }.tokens == [7, 1001, 7, 7, 1001, 7])
  }

  @Test("the beginning token stands once, as the ids given, and is not learned")
  func beginning() throws {
    let record = rendered([
      ("<bos>", .beginningToken, .beginningOfText), ("abc", .field(0), .text),
      ("</s>", .endToken, .endOfText),
    ])
    let sample = try encode(record) { $0.beginningIDs = [5, 6] }
    #expect(sample.tokens == [5, 6, 1003, 0])
    #expect(sample.runs == [2..<4])
    #expect(sample.beginningCount == 2)
  }

  @Test("weights follow their runs")
  func weights() throws {
    var record = rendered([("ab", .field(0), .task)])
    record.append(Array("cd".utf8), source: .field(1), reason: .response, weight: 1)
    record.append(Array(" ef".utf8), source: .field(2), reason: .response, weight: 0.5)
    let sample = try encode(record)
    #expect(sample.runs == [1..<2, 2..<4])
    #expect(sample.weights == [1, 0.5])
  }

  @Test("ids do not depend on what flags of the record say")
  func flags() throws {
    var plain = rendered([("ab", .field(0), .task)])
    plain.append(Array("cdef".utf8), source: .field(1), reason: .response)
    var flagged = rendered([("ab", .field(0), .task)])
    flagged.append(Array("cd".utf8), source: .field(1), reason: .response)
    flagged.append(Array("ef".utf8), source: .field(1), reason: .weightZero(turn: 0))
    flagged.segments[2].isSampled = true
    let sample = try encode(flagged)
    #expect(sample.tokens == (try encode(plain)).tokens)
    // The one token of both is learned in part: the rule for straddling tokens masks it.
    #expect(sample.runs.isEmpty && sample.straddles == 1)
  }

  @Test("traces tile the text in order and name their segments", arguments: Seam.allCases)
  func traces(seam: Seam) throws {
    let record = rendered([
      ("ab cd", .field(0), .task), ("\n\n", .template, .separator), ("ef!", .field(2), .response),
      ("</s>", .endToken, .endOfText),
    ])
    let sample = try encode(record, { $0.seam = seam }, traced: true)
    #expect(sample.traces.map(\.segment) == [0, 0, 0, 1, 1, 2, 2, 3])
    #expect(sample.traces.map(\.range).first?.lowerBound == 0)
    #expect(
      zip(sample.traces, sample.traces.dropFirst()).allSatisfy {
        $0.range.upperBound == $1.range.lowerBound
      })
    #expect(sample.traces.last?.range.upperBound == record.text.count)
    #expect(sample.tokens == (try encode(record) { $0.seam = seam }).tokens)
  }

  @Test("1024 = 256 of prompt + 256 of response + 512 of padding")
  func workedExample() throws {
    // Task and separator: 256 tokens; response and its end: 256.
    let record = rendered([
      (String(repeating: "!", count: 254), .field(0), .task), ("\n\n", .template, .separator),
      (String(repeating: "?", count: 255), .field(2), .response), ("</s>", .endToken, .endOfText),
    ])
    var sample = try encode(record)
    #expect(try !Truncation(contextLength: 1024).fit(&sample).isCut)
    var rows = Rows()
    rows.append(sample, place: SamplePlace(line: 0, byteOffset: 0))
    let row = rows[0]
    let prompt = [UInt32](repeating: 33, count: 254) + [10, 10]
    let response = [UInt32](repeating: 63, count: 255) + [0]
    #expect(
      row.inputIDs(paddedTo: 1024, pad: 0)
        == prompt + response + [UInt32](repeating: 0, count: 512))
    #expect(
      row.labels(paddedTo: 1024)
        == [Int32](repeating: -100, count: 256) + response.map(Int32.init)
        + [Int32](repeating: -100, count: 512))
    #expect(
      row.attentionMask(paddedTo: 1024)
        == [UInt8](repeating: 1, count: 512) + [UInt8](repeating: 0, count: 512))
  }
}
