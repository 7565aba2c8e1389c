import JSONText
import Masking
import Report
import Tokenizer

/// Differences as a person reads them: what is counted, and for each cause the tokens around the first that differs.
struct DifferenceText {
  let differences: Differences
  let names: (a: String, b: String)
  /// nil where tokens are shown as ids alone.
  let tokenizers: (a: BPETokenizer?, b: BPETokenizer?)
  let paint: Paint

  /// Tokens shown before the first that differs, and from it on.
  private static let window = (before: 3, after: 5)
  private static let textWidth = 20

  var lines: [String] {
    var lines = [
      "A  \(names.a): \(samples(differences.firstCount))",
      "B  \(names.b): \(samples(differences.secondCount))", "",
      line("the same", differences.sameCount, differences.isEmpty ? .good : .head),
    ]
    for (cause, group) in groups { lines.append(line(cause.words, group.count, .bad)) }
    if differences.neitherCount > 0 {
      lines.append(line("rejected by both", differences.neitherCount, .doubtful))
    }
    for (cause, group) in groups where !group.examples.isEmpty {
      lines += ["", paint("\(cause.words): \(samples(group.count))", .head)]
      for example in group.examples { lines += self.lines(of: example, cause) }
    }
    return lines
  }

  private var groups: [(Differences.Cause, Differences.Group)] {
    Differences.Cause.allCases.compactMap { cause in
      differences.groups[cause].map { (cause, $0) }
    }
  }

  private func samples(_ count: Int) -> String {
    "\(Format.count(count)) sample\(count == 1 ? "" : "s")"
  }

  private func line(_ what: String, _ count: Int, _ colour: Paint.Colour) -> String {
    paint(TokenText.left(what, 30), colour) + TokenText.right(Format.count(count), 12)
  }

  private func lines(of example: Differences.Example, _ cause: Differences.Cause) -> [String] {
    var head = "  " + DifferenceText.place(example, files: differences.files)
    for (name, row) in [("A", example.first?.row), ("B", example.second?.row)] {
      if let row { head += ", row \(row) of \(name)" }
    }
    var lines = [head]
    if let reason = example.reason { lines.append("  \(reason)") }
    guard cause != .packing else { return lines }
    if example.first != nil, example.second != nil {
      lines[0] += "; first at token \(example.token)"
    }
    let columns = [
      example.first.map { Column($0, tokenizers.a) },
      example.second.map { Column($0, tokenizers.b) },
    ]
    lines.append(
      paint(
        "     pos  "
          + zip(["A", "B"], columns).compactMap { name, column in column.map { _ in title(name) } }
          .joined(separator: "  "), .head))
    let start = max(0, example.token - Self.window.before)
    let end = columns.compactMap { $0?.sample.tokens.count }.max() ?? 0
    for position in start..<max(start, min(end, example.token + Self.window.after)) {
      let cells = columns.compactMap { $0.map { cell($0, position) } }
      lines.append(
        (position == example.token && cells.count > 1 ? "  → " : "    ")
          + TokenText.right("\(position)", 4) + "  " + cells.joined(separator: "  "))
    }
    return lines
  }

  static func place(_ example: Differences.Example, files: [String]) -> String {
    guard let sample = example.first ?? example.second else { return "" }
    let index = sample.source.index > 0 ? ", sample \(sample.source.index) of it" : ""
    return "\(files[sample.source.input]):\(sample.line)\(index)"
  }

  private struct Column {
    let sample: PlacedSample
    let weights: [Float]
    let tokenizer: BPETokenizer?

    init(_ sample: PlacedSample, _ tokenizer: BPETokenizer?) {
      self.sample = sample
      weights = sample.tokenWeights
      self.tokenizer = tokenizer
    }
  }

  private func title(_ name: String) -> String {
    "  \(TokenText.left("\(name): token", Self.textWidth))  \(TokenText.right("id", 7))  \(TokenText.right("label", 7))"
  }

  /// `▓` marks what is learned, as in the pictures of `prep inspect`; colour repeats it.
  private func cell(_ column: Column, _ position: Int) -> String {
    guard position < column.sample.tokens.count else {
      return
        "  \(TokenText.left("(ends before)", Self.textWidth))  \(TokenText.right("", 7))  \(TokenText.right("", 7))"
    }
    let id = column.sample.tokens[position]
    let isLearned = column.weights[position] != 0
    let text = TokenText.visible(column.tokenizer?.bytes(of: id) ?? [])
    let cell =
      "\(isLearned ? "▓" : "░") \(TokenText.left(text, Self.textWidth))  \(TokenText.right("\(id)", 7))"
      + "  \(TokenText.right(isLearned ? "\(id)" : "\(Rows.ignoredLabel)", 7))"
    return isLearned ? paint(cell, .good) : cell
  }
}

extension Differences {
  /// For programs: counts by cause, and examples whole.
  func write(to writer: inout JSONWriter, names: (a: String, b: String), specs: [String]) {
    writer.beginObject()
    for (key, name, count) in [("a", names.a, firstCount), ("b", names.b, secondCount)] {
      writer.key(key)
      writer.beginObject()
      writer.key("name")
      writer.string(name)
      writer.member("samples", count)
      writer.endObject()
    }
    writer.member("same", sameCount)
    writer.member("rejected_by_both", neitherCount)
    writer.array("specs", specs) { $1.string($0) }
    writer.key("differences")
    writer.beginArray()
    for cause in Cause.allCases {
      guard let group = groups[cause] else { continue }
      writer.beginObject()
      writer.key("cause")
      writer.string(cause.rawValue)
      writer.member("samples", group.count)
      writer.array("examples", group.examples) { write($0, to: &$1) }
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
    writer.newline()
  }

  private func write(_ example: Example, to writer: inout JSONWriter) {
    writer.beginObject()
    if let sample = example.first ?? example.second {
      writer.key("file")
      writer.string(files[sample.source.input])
      writer.member("line", Int(clamping: sample.line))
      writer.member("offset", Int(clamping: sample.source.offset))
      writer.member("sample", Int(sample.source.index))
    }
    if example.first != nil, example.second != nil { writer.member("token", example.token) }
    if let reason = example.reason {
      writer.key("reason")
      writer.string(reason)
    }
    for (key, sample) in [("a", example.first), ("b", example.second)] {
      writer.key(key)
      guard let sample else {
        writer.null()
        continue
      }
      writer.beginObject()
      if let row = sample.row { writer.member("row", row) }
      writer.key("input_ids")
      writer.ints(sample.tokens)
      writer.key("labels")
      writer.ints(
        zip(sample.tokens, sample.tokenWeights).map { $1 == 0 ? Rows.ignoredLabel : Int($0) })
      writer.endObject()
    }
    writer.endObject()
  }
}
