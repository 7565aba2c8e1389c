import Files
import InstructionFormat
import Masking
import Problems

/// A part of a shard by itself, without the checksum that guards it: for tests that damage what no checksum tells.
package enum ShardPart: UInt8, CaseIterable, Sendable {
  case header, index, rows, classes

  /// Reads a part's content as a reader does whose checksums are right. Throws where it makes no sense.
  package func read(_ content: [UInt8], spec: ShardSpec) throws(Problem) {
    switch self {
    case .header:
      var header = content
      if header.count >= 16 { header.put(little: UInt32(header.count + 8), at: 12) }
      _ = try ShardHeader(decoding: Self.guarded(header))
    case .index: _ = try ShardIndex(decoding: Self.guarded(content))
    case .rows: _ = try Self.rows(content, spec)
    case .classes:
      let (count, rest) = Self.split(content)
      let rows = try Self.rows(Array(rest.prefix(count)), spec)
      guard let classes = ClassColumns.classes(decoding: Array(rest.dropFirst(count)), of: rows)
      else { throw ClassesFrame.damaged("columns do not make up the rows") }
      _ = rows.relearned(LearnedClasses(.all, straddle: .mask), classes)
    }
  }

  /// The parts of the shard that holds `rows`, as `read` takes them.
  package static func contents(
    of rows: Rows, spec: ShardSpec
  ) throws(Problem) -> [(part: ShardPart, content: [UInt8])] {
    var contents: [(part: ShardPart, content: [UInt8])] = []
    var frames = FrameEncoder(rows, spec: spec)
    while let frame = try frames.nextFrame() {
      contents.append((.rows, frame.content))
      guard let classes = frame.classes else { continue }
      var both: [UInt8] = []
      both.append(little: UInt32(frame.content.count))
      contents.append((.classes, both + frame.content + classes))
    }
    var totals = Totals()
    totals.records = UInt64(rows.count)
    totals.accepted = totals.records
    totals.counters = ["given.field.context": 3]
    let source = BlockSource(
      input: 0, inputCount: 1, block: 0, isLastOfInput: true, file: Array("a.jsonl".utf8),
      byteOffset: 0, byteCount: 100, firstLine: 1, key: Digest128(of: []))
    let shard = try ShardFileWriter(spec: spec).encode(
      rows, source: source, totals: totals, rejects: RejectLines(file: source.file, level: 1))
    contents.append((.header, shard.summary.header.encoded().dropLast(8)))
    contents.append((.index, shard.summary.index.encoded().dropLast(8)))
    return contents
  }

  private static func rows(_ content: [UInt8], _ spec: ShardSpec) throws(Problem) -> Rows {
    let rows = try FrameDecoder.rows(decoding: content, spec: spec)
    precondition(rows.checkInvariants(), "rows that are none")
    return rows
  }

  private static func guarded(_ content: [UInt8]) -> [UInt8] {
    var bytes = content
    bytes.append(little: xxh3(content))
    return bytes
  }

  /// Classes stand behind the rows that they belong to, whose size comes first.
  private static func split(_ content: [UInt8]) -> (Int, ArraySlice<UInt8>) {
    var cursor = ByteCursor(content)
    let count: UInt32 = cursor.integer() ?? 0
    return (Int(count), content.dropFirst(4))
  }
}
