import JSONText
import Pipeline
import Problems
import Report
import ShardWriter
import Tokenizer

/// A folder that prep run wrote, with the spec and the tokenizer that it was made with.
struct StoredSet {
  let data: DataSet
  let spec: RunSpec
  let tokenizer: BPETokenizer

  /// `tokenizer`: where it is now; nil for where the run found it.
  init(_ folder: String, tokenizer: String?, options: TokenizerOptions = TokenizerOptions())
    throws(Problem)
  {
    data = try DataSet(folder)
    let json = data.manifest.spec.json
    let (name, said) = RunSpec.tokenizer(in: json) ?? ("gpt2", TokenizerOptions())
    self.tokenizer = try BPETokenizer.load(
      tokenizer ?? name, options: options.isEmpty ? said : options)
    spec = try RunSpec(json: json, tokenizer: self.tokenizer)
  }

  /// What the page says above the numbers.
  static func head(of report: Report, spec: RunSpec) -> Report.Head {
    var head = Report.Head()
    head.version = prepVersion
    head.inspect = "prep inspect \(report.title)"
    head.settings = settings(spec)
    head.verdict = verdict(report)
    return head
  }

  /// The spec, member by member, less what only programs need.
  private static func settings(_ spec: RunSpec) -> [(name: String, value: String)] {
    let hidden: Set = ["format", "level", "block_size", "max_record_size", "tokenizer_digest"]
    let parser = JSONParser()
    defer { withExtendedLifetime(parser) {} }
    guard let root = try? parser.parse(spec.json) else { return [] }
    return root.members.compactMap { key, value in
      guard let name = key.string, !hidden.contains(name) else { return nil }
      let text = text(of: value)
      return text.isEmpty ? nil : (name, text)
    }
  }

  /// A setting for reading; empty for what is not set.
  private static func text(of value: JSONNode) -> String {
    if value.isObject {
      return value.members.compactMap { key, value in
        let text = text(of: value)
        return text.isEmpty ? nil : "\(key.string ?? ""): \(text)"
      }.joined(separator: ", ")
    }
    if value.isArray { return value.elements.map(text(of:)).joined(separator: ", ") }
    return value.string ?? value.int.map { "\($0)" } ?? value.bool.map { $0 ? "yes" : "no" } ?? ""
  }

  /// What is to be said first, the good and the bad.
  private static func verdict(_ report: Report) -> [(level: Report.Head.Level, text: String)] {
    let totals = report.statistics.all.totals
    let count = { (number: UInt64) in Format.count(Int(clamping: number)) }
    var lines: [(level: Report.Head.Level, text: String)] = [
      (
        .good,
        "Every record is accounted for: \(count(totals.records)) = \(count(totals.accepted)) accepted"
          + " + \(count(totals.rejectedCount)) rejected."
      )
    ]
    if let lost = totals.counters["terminators_cut"], lost > 0 {
      lines.append(
        (
          .warn,
          "\(count(lost)) samples lost the token that ends their response: from them the model does not learn to stop."
        ))
    }
    let ends = report.statistics.ends.filter { $0.learned < $0.samples }
    let unlearned = ends.reduce(0) { $0 + $1.samples - $1.learned }
    if unlearned > 0 {
      lines.append(
        (
          .warn,
          "\(Format.count(unlearned)) samples end in a token that is not learned; see “What ends a sample”."
        ))
    }
    if let missing = report.missing {
      lines.append((.warn, "Texts and authors are not shown: \(missing.text(for: .command))"))
    }
    return lines
  }
}
