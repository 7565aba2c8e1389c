import Files
import JSONText
import Masking
import Problems
import ShardWriter

/// What packing whole samples would make of rows that hold one each.
public struct PackedRows: Hashable, Sendable {
  public var rows: Int
  /// Tokens over all places of all rows, from 0 to 1.
  public var fill: Double
  /// Whether every sample was measured, and not some frames.
  public var isExact: Bool

  /// Frames that are read at most: enough for a share in whole percents, and little beside the run itself.
  static let frameLimit = 24

  /// Measures samples of these shards; nil where there is none. Frames are taken evenly over all of them.
  public init?(folder: String, shards: [String], samples: Int, contextLength: Int) {
    var lengths = LengthCounts()
    let step = max(1, (shards.count + Self.frameLimit - 1) / Self.frameLimit)
    let chosen = stride(from: 0, to: shards.count, by: step).map { shards[$0] }
    let perShard = max(1, Self.frameLimit / max(1, chosen.count))
    for name in chosen {
      guard let reader = try? ShardReader(AtomicFile.path(folder, name)) else { continue }
      let frames = reader.index.frames.count
      for frame in stride(from: 0, to: frames, by: max(1, (frames + perShard - 1) / perShard)) {
        guard let rows = try? reader.frame(frame) else { continue }
        for sample in rows.samples { lengths.add(sample.count) }
      }
    }
    guard let packed = DataSetStatistics.packed(lengths, contextLength: contextLength) else {
      return nil
    }
    isExact = lengths.total == samples
    rows =
      isExact
      ? packed.rows : Int((Double(packed.rows) / Double(lengths.total) * Double(samples)).rounded())
    fill = packed.fill
  }
}

extension PackedRows? {
  /// The member `packed`; null where there is nothing to pack.
  public func write(to writer: inout JSONWriter) {
    writer.key("packed")
    guard let packed = self else { return writer.null() }
    writer.object {
      $0.member("rows", packed.rows)
      $0.key("fill")
      $0.double(packed.fill)
      $0.key("exact")
      $0.bool(packed.isExact)
    }
  }
}
