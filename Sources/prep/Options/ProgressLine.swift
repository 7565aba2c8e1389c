import Pipeline

/// How far a run has come, in one line that fits a terminal.
struct ProgressLine {
  let progress: RunProgress
  /// Size of all inputs; nil where it is not known.
  var totalBytes: Int?
  /// Since the first block was made, not found.
  var seconds: Double

  /// A part of the line: it is shown where those of more weight leave room.
  private struct Part {
    var text: String
    var weight: Int
  }

  /// In the order in which they stand.
  private var parts: [Part] {
    let reused = progress.reused
    let madeBytes = max(0, progress.fileBytes - reused.fileBytes)
    let seconds = max(seconds, 1e-3)
    var parts: [Part] = []
    if let share { parts.append(Part(text: "\(Int(share * 100)) %", weight: 9)) }
    parts.append(Part(text: "\(Format.count(progress.rows)) rows", weight: 6))
    if let totalBytes, madeBytes > 0, totalBytes >= progress.fileBytes {
      let left = Double(totalBytes - progress.fileBytes) / Double(madeBytes) * seconds
      parts.append(Part(text: "\(Format.time(left)) left", weight: 8))
    }
    parts.append(
      Part(
        text: "\(Format.count(progress.rejected)) rejected", weight: progress.rejected > 0 ? 7 : 3)
    )
    if progress.leftOut > 0 {
      parts.append(Part(text: "\(Format.count(progress.leftOut)) left out", weight: 4))
    }
    if madeBytes > 0 || totalBytes == nil {
      let rows = Double(progress.rows - reused.rows) / seconds
      let bytes = Double(progress.bytes - reused.bytes) / seconds
      parts.append(Part(text: "\(Format.count(Int(rows))) rows/s", weight: 5))
      parts.append(Part(text: "\(Format.bytes(Int(bytes)))/s", weight: 2))
    }
    if reused.rows > 0 {
      parts.append(Part(text: "\(Format.count(reused.rows)) there already", weight: 1))
    }
    return parts
  }

  private var share: Double? {
    guard let totalBytes, totalBytes > 0, progress.fileBytes > 0 else { return nil }
    return min(1, Double(progress.fileBytes) / Double(totalBytes))
  }

  private static let gap = "  "
  /// In steps, so that it keeps its width while numbers grow.
  private static let barWidths = stride(from: 40, through: 10, by: -10)

  /// All of it, where nothing limits its length.
  var text: String { parts.map(\.text).joined(separator: Self.gap) }

  /// As much of it as `columns` hold, with a bar where they leave room.
  func text(columns: Int) -> String {
    let parts = parts
    var room = columns
    var shown = Set<Int>()
    for index in parts.indices.sorted(by: { parts[$0].weight > parts[$1].weight }) {
      let width = parts[index].text.count + (shown.isEmpty ? 0 : Self.gap.count)
      guard width <= room else { continue }
      room -= width
      shown.insert(index)
    }
    var words = parts.indices.filter(shown.contains).map { parts[$0].text }
    if let share, shown.count == parts.count,
      let width = Self.barWidths.first(where: { $0 + Self.gap.count <= room })
    {
      words.insert(Self.bar(share, width: width), at: 1)
    }
    return words.joined(separator: Self.gap)
  }

  private static func bar(_ share: Double, width: Int) -> String {
    let done = Int(share * Double(width))
    return String(repeating: "━", count: done) + String(repeating: "─", count: width - done)
  }
}
