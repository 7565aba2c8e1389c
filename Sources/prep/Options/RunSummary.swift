import Files
import Pipeline
import Problems
import Report
import ShardWriter

/// The closing report of a run, for people.
struct RunSummary {
  private(set) var lines: [String] = []

  /// `isFinished`: whether the data set was written.
  init(_ report: RunReport, folder: String, packed: PackedRows?, isFinished: Bool) {
    let totals = TotalsSummary(
      report.totals, contextLength: report.manifest.spec.contextLength,
      shards: report.manifest.shards.map { ($0.source, $0.totals) }, packed: packed,
      rejectsFile: "\(folder)/rejects.jsonl")
    for (name, value) in totals.lines {
      add(name, value, name == "rejected" && report.totals.faultCount > 0 ? .doubtful : nil)
    }
    add("bytes in", Format.bytes(Int(clamping: report.bytesIn)))
    var shards =
      "\(Format.bytes(report.bytesOut)) in \(Format.count(report.manifest.shards.count, "shard"))"
    if report.blocksReused == report.manifest.shards.count {
      shards += ", already made"
    } else if report.blocksReused > 0 {
      shards += ", \(Format.count(report.blocksReused)) of them already made"
    }
    add("bytes out", shards)
    var time = "\(Format.decimal(report.seconds, places: 2)) s"
    if report.rowsMade > 0 {
      let seconds = max(report.seconds, 1e-9)
      time +=
        ", \(Format.count(Int(Double(report.rowsMade) / seconds))) rows/s, "
        + "\(Format.bytes(Int(Double(report.bytesMade) / seconds)))/s"
    }
    add("time", time)
    guard isFinished else { return }
    add("digest", report.manifest.digest.description)
    add("next", "prep inspect \(Surface.quoted(folder)) --row 0")
  }

  private mutating func add(_ name: String, _ value: String, _ colour: Paint.Colour? = nil) {
    lines.append(
      (colour.map { Paint.out(name, $0) } ?? name)
        + String(repeating: " ", count: max(1, 17 - name.count)) + VisibleText.escaped(value))
  }
}
