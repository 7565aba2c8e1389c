import Files
import Pipeline
import Problems
import ShardWriter

/// The closing report of a run, for people.
struct RunSummary {
  private(set) var lines: [String] = []

  init(_ report: RunReport, folder: String) {
    let totals = report.totals
    let records = Int(clamping: totals.records)
    func share(_ part: UInt64) -> String {
      records == 0 ? "" : " (\(Format.percent(Double(part) / Double(records))))"
    }
    add("records", Format.count(records))
    add("accepted", Format.count(Int(clamping: totals.accepted)) + share(totals.accepted))
    add("rejected", report.rejected, share, ", see \(folder)/rejects.jsonl")
    if !report.leftOut.isEmpty {
      add("left out", report.leftOut, share, ", by the lengths asked for")
    }
    let ways = RecordSamples.Way.allCases.compactMap { way in
      totals.counters["rendered_\(way.rawValue)"].map {
        "\(Format.count(Int(clamping: $0))) as \(way.rawValue)"
      }
    }
    if !ways.isEmpty { add("rendered", ways.joined(separator: ", ")) }
    if let dropped = totals.counters["turns_dropped"], dropped > 0 {
      add("turns dropped", "\(Format.count(Int(clamping: dropped))) left nothing in the text")
    }
    add("samples", Format.count(Int(clamping: totals.samples)))
    add("rows", Format.count(Int(clamping: totals.rows)))
    var cuts = Format.count(Int(clamping: totals.truncated))
    if let lost = totals.counters["terminators_cut"], lost > 0 {
      cuts += ", \(Format.count(Int(clamping: lost))) of them lost their end token"
    }
    add("truncated", cuts)
    if let straddles = totals.counters["straddling_tokens"], straddles > 0 {
      add("straddling", "\(Format.count(Int(clamping: straddles))) tokens span a boundary")
    }
    add("tokens", Format.count(Int(clamping: totals.tokens)))
    add(
      "supervised",
      "\(Format.count(Int(clamping: totals.supervisedTokens))) (\(Format.percent(report.supervisedShare)))"
    )
    add(
      "padding avoided",
      "\(Format.count(report.paddingAvoided)) tokens (rows are \(Format.percent(report.fill)) full)"
    )
    add("bytes in", Format.bytes(Int(clamping: report.bytesIn)))
    var shards = "\(Format.bytes(report.bytesOut)) in \(report.manifest.shards.count) shards"
    if report.blocksReused > 0 { shards += ", \(report.blocksReused) of them already made" }
    add("bytes out", shards)
    let seconds = max(report.seconds, 1e-9)
    add(
      "time",
      "\(Format.decimal(report.seconds, places: 2)) s, \(Format.count(Int(Double(totals.rows) / seconds))) rows/s, "
        + "\(Format.bytes(Int(Double(report.bytesIn) / seconds)))/s")
    add("digest", report.manifest.digest.description)
    add("next", "prep inspect \(folder) --row 0")
  }

  private mutating func add(
    _ name: String, _ counts: [String: UInt64], _ share: (UInt64) -> String, _ where: String
  ) {
    let all = counts.values.reduce(0, +)
    add(name, Format.count(Int(clamping: all)) + (all > 0 ? share(all) + `where` : ""))
    for (reason, count) in counts.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
      add("", "\(Format.count(Int(clamping: count))) \(reason)")
    }
  }

  private mutating func add(_ name: String, _ value: String) {
    lines.append(
      name + String(repeating: " ", count: max(1, 17 - name.count)) + VisibleText.escaped(value))
  }
}
