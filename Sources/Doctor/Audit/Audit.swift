import Input
import JSONText
import Pipeline
import Problems
import Tokenizer

/// What is wrong with rows that another tool prepared for training: `input_ids` with labels or masks.
public struct Audit {
  public let marks: AuditMarks
  private let tokenizer: BPETokenizer
  public private(set) var rows = 0
  public private(set) var samples = 0
  /// Columns of the first row.
  public private(set) var columns: [String] = []
  private var tallies: [Finding.Code: Tally] = [:]

  private struct Tally {
    var count = 0
    var place: String
    var sample: String
  }

  public init(_ spec: RunSpec, _ tokenizer: BPETokenizer) throws(Problem) {
    marks = try AuditMarks(spec, tokenizer)
    self.tokenizer = tokenizer
  }

  /// Reads rows of tables or JSON lines, `limit` at most. Throws where they are no such rows. Memory: a row.
  public mutating func read(_ files: [InputFile], limit: Int = .max) throws {
    let parser = JSONParser()
    defer { withExtendedLifetime(parser) {} }
    unsafe try RecordReader(files).read { text, place in
      guard rows < limit else { return false }
      do throws(Problem) {
        let node = unsafe try parser.parse(padded: text)
        if rows == 0 { columns = node.isObject ? node.members.compactMap { $0.key.string } : [] }
        check(try PreparedRow(node, padID: marks.padID), at: "\(place.file):\(place.line ?? 0)")
      } catch {
        var problem = error
        problem.place.file = place.file
        problem.place.line = place.line
        throw problem
      }
      rows += 1
      return true
    }
  }

  // MARK: - Checks

  private mutating func check(_ row: PreparedRow, at place: String) {
    samples += row.samples.count
    // Of another tokenizer, or learned at other places: the rest would follow from that.
    if let unknown = row.ids.firstIndex(where: { Int($0) >= marks.idCount }) {
      return add(.idsUnknown, at: place, row, around: unknown)
    }
    if let token = row.otherLabel { return add(.labelsDiffer, at: place, row, around: token) }
    for range in row.samples { check(range, of: row, at: place) }
    if let first = learnedPadding(of: row) { add(.paddingLearned, at: place, row, around: first) }
  }

  private mutating func check(_ sample: Range<Int>, of row: PreparedRow, at place: String) {
    if let bos = marks.bos, sample.count > 1, row.ids[sample.lowerBound] == bos,
      row.ids[sample.lowerBound + 1] == bos
    {
      add(.twoBOS, at: place, row, around: sample.lowerBound)
    }
    guard let last = sample.last(where: { row.learned[$0] }) else {
      add(.nothingLearned, at: place, row, around: sample.upperBound - 1)
      return
    }
    if !marks.terminators.contains(where: { learns($0, in: sample, of: row) != nil }) {
      add(.terminatorNeverLearned, at: place, row, around: last)
    }
    if let prompt = marks.prompt, let found = learns(prompt, in: sample, of: row) {
      add(.promptLearned, at: place, row, around: found)
    }
  }

  /// Where a sequence of tokens begins that is learned whole; nil where none is.
  private func learns(
    _ sequence: [UInt32], in sample: Range<Int>, of row: PreparedRow
  ) -> Int? {
    guard sequence.count <= sample.count else { return nil }
    return (sample.lowerBound...sample.upperBound - sequence.count).first { start in
      sequence.indices.allSatisfy {
        row.learned[start + $0] && row.ids[start + $0] == sequence[$0]
      }
    }
  }

  /// The first token of padding that is learned. Without a mask, padding is what the pad id repeats at a sample's end; the
  /// first of them may be what ends it where both have one id.
  private func learnedPadding(of row: PreparedRow) -> Int? {
    if let padding = row.padding { return padding.indices.first { padding[$0] && row.learned[$0] } }
    for sample in row.samples {
      var start = sample.upperBound
      while start > sample.lowerBound, row.ids[start - 1] == marks.padID { start -= 1 }
      if marks.terminators.contains([marks.padID]) { start += 1 }
      if let found = (start..<max(start, sample.upperBound)).first(where: { row.learned[$0] }) {
        return found
      }
    }
    return nil
  }

  private mutating func add(
    _ code: Finding.Code, at place: String, _ row: PreparedRow, around token: Int
  ) {
    if tallies[code] == nil {
      tallies[code] = Tally(count: 0, place: place, sample: text(of: row, around: token))
    }
    tallies[code]?.count += 1
  }

  /// The text around a token; what is learned stands between ⟦ and ⟧.
  private func text(of row: PreparedRow, around token: Int) -> String {
    let shown = max(0, token - 16)..<min(row.ids.count, token + 9)
    var bytes: [UInt8] = shown.lowerBound > 0 ? Array("…".utf8) : []
    var isLearned = false
    for index in shown {
      if row.learned[index] != isLearned { bytes += (isLearned ? "⟧" : "⟦").utf8 }
      isLearned = row.learned[index]
      bytes += tokenizer.bytes(of: row.ids[index]) ?? Array("<id \(row.ids[index])>".utf8)
    }
    if isLearned { bytes += "⟧".utf8 }
    if shown.upperBound < row.ids.count { bytes += "…".utf8 }
    return String(decoding: bytes, as: UTF8.self)
  }

  // MARK: - Findings

  /// What was found, in the order of the checks.
  public var findings: [Finding] {
    Self.checks.compactMap { check in
      tallies[check.code].map { tally in
        // Some samples lose their end when they are cut; where many have none, nobody learns to stop.
        let isFew = check.code == .terminatorNeverLearned && tally.count * 10 < samples
        return Finding(
          check.code, isFew ? .warning : check.severity,
          "\(tally.count) of \(check.isOfRows ? rows : samples) \(check.isOfRows ? "rows" : "samples") \(check.words)",
          sample: tally.sample, place: tally.place, count: tally.count, remedy: check.remedy)
      }
    }
  }

  private struct Check {
    var code: Finding.Code
    var severity: Finding.Severity
    var isOfRows = false
    var words: String
    var remedy: String
  }

  private static let checks = [
    Check(
      code: .idsUnknown, severity: .error, isOfRows: true,
      words: "have ids that the tokenizer has not",
      remedy: "name the tokenizer that they were prepared with"),
    Check(
      code: .labelsDiffer, severity: .error, isOfRows: true, words: "have labels of other tokens",
      remedy: "labels are not to be shifted: trainers shift them"),
    Check(
      code: .terminatorNeverLearned, severity: .error, words: "never learn what ends a turn",
      remedy:
        "from them the model does not learn to stop: look at the template, at eos_token, at where samples are cut"
    ),
    Check(
      code: .promptLearned, severity: .warning, words: "learn the generation prompt",
      remedy: "it is given to the model, which never writes it: mask it"),
    Check(
      code: .nothingLearned, severity: .warning, words: "have nothing to learn",
      remedy:
        "they cost a step and teach nothing: look at where they were cut, and at the marks by which they were masked"
    ),
    Check(
      code: .paddingLearned, severity: .error, isOfRows: true, words: "learn padding",
      remedy: "set the labels of padding to -100"),
    Check(
      code: .twoBOS, severity: .error, words: "begin with two BOS tokens",
      remedy: "tokenize what the template wrote with add_special_tokens=False"),
  ]
}
