import ArgumentParser
import JSONText
import Pipeline
import Problems
import Report
import ShardWriter
import Tokenizer

/// `prep stats`: the lengths of a data set's samples, and what is learned of them.
struct StatsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats",
    abstract:
      "Print how long the samples of a data set are, how much of them is learned, and what ends them.",
    discussion: """
      Examples:
        prep stats shards
        prep stats shards --json
        prep stats shards --csv > lengths.csv

      The numbers are those of prep report, read from the shards alone. Tokens are shown as text where the tokenizer is \
      still where it was.
      """)

  @Argument(help: ArgumentHelp("A folder that prep run wrote.", valueName: "folder"))
  var folder: String

  @OptionGroup var loss: LearnFlag

  @Flag(help: "Print one JSON object.")
  var json = false

  @Flag(help: "Print how many samples have each length, as CSV: length, samples, learned.")
  var csv = false

  func validate() throws {
    if json && csv { throw ValidationError("--json and --csv exclude each other") }
  }

  func run() throws {
    try reportingErrors(json: json) {
      let data = try DataSet(folder, learning: loss.learn)
      let statistics = try DataSetStatistics(data, listed: 1)
      var out = StandardOutput()
      if json {
        try out.write(object(statistics, data))
      } else if csv {
        try printCSV(statistics.all, to: &out)
      } else {
        try describe(statistics, data, to: &out)
      }
      try out.flush()
    }
  }

  // MARK: - For people

  private func describe(
    _ statistics: DataSetStatistics, _ data: DataSet, to out: inout StandardOutput
  )
    throws
  {
    let all = statistics.all
    try out.line("\(Format.count(all.tokens.total)) samples in \(Format.count(data.count)) rows")
    try out.line(
      "\(Format.count(all.tokens.sum)) tokens, \(Format.count(all.learned.sum)) learned"
        + " (\(Format.percent(share(all.learned.sum, all.tokens.sum))))")
    let fill = statistics.fill(contextLength: data.contextLength)
    var rows = "one sample a row fills \(Format.percent(fill)) of \(data.contextLength)"
    if let packed = statistics.packed(contextLength: data.contextLength) {
      rows += "; packed: \(Format.count(packed.rows)) rows, \(Format.percent(packed.fill)) full"
    }
    try out.line(rows)
    for (name, lengths) in [
      ("tokens of a sample", all.tokens), ("learned tokens of a sample", all.learned),
    ] {
      try out.line("")
      for line in BlockHistogram.lines(name, lengths) { try out.line(line) }
    }
    try out.line("")
    try out.line("last token of a sample")
    let tokenizer = (try? StoredSet(folder, tokenizer: nil))?.tokenizer
    for end in statistics.ends.prefix(8) {
      let text = tokenizer?.bytes(of: end.id).map { TokenText.visible($0) + "  " } ?? ""
      try out.line(
        "  \(text)id \(end.id)  \(Format.count(end.samples)) samples"
          + " (\(Format.percent(share(end.samples, all.tokens.total)))), learned in \(Format.count(end.learned))"
      )
    }
    let ledger = TotalsSummary.ledger(data.manifest.totals)
    if !ledger.isEmpty {
      try out.line("")
      try out.line("text of the records")
      for (name, value) in ledger {
        try out.line("  \(name == "nobody reads" ? "nobody reads " : "")\(value)")
      }
    }
    guard statistics.sources.count > 1 else { return }
    try out.line("")
    try out.line("by source")
    for part in statistics.sources {
      try out.line(
        "  \(String(decoding: part.name, as: UTF8.self)): \(Format.count(part.tokens.total)) samples, "
          + "\(Format.count(part.tokens.sum)) tokens, median \(Format.count(part.tokens.quantile(0.5))), "
          + "\(Format.percent(share(part.learned.sum, part.tokens.sum))) learned")
    }
  }

  private func share(_ part: Int, _ whole: Int) -> Double {
    whole == 0 ? 0 : Double(part) / Double(whole)
  }

  // MARK: - For programs

  private func printCSV(_ part: DataSetStatistics.Part, to out: inout StandardOutput) throws {
    try out.line("length,samples,learned")
    let (tokens, learned) = (part.tokens.counts, part.learned.counts)
    for length in 0..<max(tokens.count, learned.count) {
      let counts = (
        length < tokens.count ? tokens[length] : 0, length < learned.count ? learned[length] : 0
      )
      if counts != (0, 0) { try out.line("\(length),\(counts.0),\(counts.1)") }
    }
  }

  private func object(_ statistics: DataSetStatistics, _ data: DataSet) -> [UInt8] {
    var writer = JSONWriter()
    writer.object {
      $0.member("context_length", data.contextLength)
      $0.member("rows", data.count)
      $0.key("fill")
      $0.double(statistics.fill(contextLength: data.contextLength))
      if let packed = statistics.packed(contextLength: data.contextLength) {
        $0.member("packed_rows", packed.rows)
        $0.key("packed_fill")
        $0.double(packed.fill)
      }
      data.manifest.totals.writeLedger(to: &$0)
      $0.key("all")
      write(statistics.all, to: &$0)
      $0.array("sources", statistics.sources) { part, writer in write(part, to: &writer) }
      $0.array("ends", statistics.ends) { end, writer in
        writer.object {
          $0.member("id", Int(end.id))
          $0.member("samples", end.samples)
          $0.member("learned", end.learned)
        }
      }
    }
    writer.newline()
    return writer.bytes
  }

  private func write(_ part: DataSetStatistics.Part, to writer: inout JSONWriter) {
    writer.object {
      if !part.name.isEmpty {
        $0.key("name")
        $0.string(part.name)
      }
      $0.member("records", Int(clamping: part.totals.records))
      $0.member("rejected", Int(clamping: part.totals.faultCount))
      $0.member("left_out", Int(clamping: part.totals.leftOutCount))
      $0.member("truncated", Int(clamping: part.totals.truncated))
      $0.member("samples", part.tokens.total)
      for (name, lengths) in [("tokens", part.tokens), ("learned", part.learned)] {
        $0.key(name)
        $0.object {
          $0.member("sum", lengths.sum)
          $0.key("mean")
          $0.double(lengths.mean)
          $0.member("least", lengths.shortest)
          for percent in [1, 5, 25, 50, 75, 90, 95, 99] {
            $0.member("p\(percent)", lengths.quantile(Double(percent) / 100))
          }
          $0.member("most", lengths.longest)
        }
      }
    }
  }
}

/// A histogram of block characters.
enum BlockHistogram {
  private static let blocks = Array(" ▁▂▃▄▅▆▇█")
  private static let (width, height) = (64, 6)

  static func lines(_ name: String, _ lengths: LengthCounts) -> [String] {
    let (binWidth, counts) = lengths.histogram(bins: width)
    let most = max(1, counts.max() ?? 1)
    var lines = [
      "\(name): median \(Format.count(lengths.quantile(0.5))), 95 % ≤ \(Format.count(lengths.quantile(0.95))), "
        + "99 % ≤ \(Format.count(lengths.quantile(0.99))), longest \(Format.count(lengths.longest)), "
        + "shortest \(Format.count(lengths.shortest))"
    ]
    for row in (0..<height).reversed() {
      var line = "  "
      for count in counts {
        // In eighths of a line; what is there is seen.
        let level = count == 0 ? 0 : max(1, count * height * 8 / most)
        line.append(blocks[min(8, max(0, level - row * 8))])
      }
      lines.append(line)
    }
    let end = Format.count(binWidth * counts.count)
    lines.append("  0" + String(repeating: " ", count: max(1, counts.count - 1 - end.count)) + end)
    return lines
  }
}
