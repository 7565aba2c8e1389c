import Files
import Problems

/// The first frame of a shard: what it was made from, and what came of it. Layout: docs/FORMAT.md.
public struct ShardHeader: Hashable, Sendable {
  public var spec: ShardSpec
  public var source: BlockSource
  public var totals: Totals
  /// Samples of all rows: one that was split counts once for each row.
  public var samplesInRows: UInt64
  /// Data frames of the shard.
  public var frameCount: Int
  public var features: ShardFeatures

  public init(
    spec: ShardSpec, source: BlockSource, totals: Totals, samplesInRows: UInt64, frameCount: Int,
    features: ShardFeatures
  ) {
    self.spec = spec
    self.source = source
    self.totals = totals
    self.samplesInRows = samplesInRows
    self.frameCount = frameCount
    self.features = features
  }

  static let magic = Array("prepshrd".utf8)
  static let version: UInt32 = 1
  /// Bytes before the sections.
  static let fixedSize = 192

  /// Frames of the file before the seek table.
  var fileFrameCount: Int {
    2 + frameCount + (totals.rejectedCount > 0 ? 1 : 0) + (features.contains(.classes) ? 1 : 0)
  }

  /// The content of the header's skippable frame.
  func encoded() -> [UInt8] {
    var bytes = Self.magic
    bytes.append(little: Self.version)
    bytes.append(little: UInt32(0))  // the size, below
    bytes.append(little: features.rawValue)
    bytes += spec.digest.bytes
    bytes += source.key.bytes
    for number in [
      spec.contextLength, Int(spec.padID), spec.idCount, spec.sampleAlignment, source.input,
      source.inputCount, source.block, source.isLastOfInput ? 1 : 0, frameCount, 0,
    ] {
      bytes.append(little: UInt32(clamping: number))
    }
    for number in [
      source.byteOffset, source.byteCount, source.firstLine, totals.records, totals.accepted,
      totals.rejectedCount, totals.samples, totals.truncated, totals.rows, samplesInRows,
      totals.tokens,
      totals.supervisedTokens,
    ] {
      bytes.append(little: number)
    }
    Section.file.append(source.file, to: &bytes)
    Section.spec.append(spec.json, to: &bytes)
    Section.rejected.append(Self.encoded(totals.rejected), to: &bytes)
    Section.counters.append(Self.encoded(totals.counters), to: &bytes)
    bytes.put(little: UInt32(bytes.count + 8), at: 12)
    bytes.append(little: xxh3(bytes))
    return bytes
  }

  /// Reads the content of a header frame. Refuses a damaged one, a newer version, an unknown feature.
  init(decoding bytes: [UInt8]) throws(Problem) {
    var cursor = ByteCursor(bytes)
    guard cursor.take(8).map(Array.init) == Self.magic else {
      throw Problem(
        reason: "not a prep shard (its first bytes are wrong)",
        remedy: "the shards of a data set are named shard-*.zst")
    }
    guard let version: UInt32 = cursor.integer(), let size: UInt32 = cursor.integer(),
      Int(size) == bytes.count, bytes.count >= Self.fixedSize + 8
    else { throw Problem(reason: "the header's size is wrong", remedy: Problem.rerun) }
    var end = ByteCursor(bytes[(bytes.count - 8)...])
    guard end.integer() == xxh3(bytes.dropLast(8)) else {
      throw Problem(reason: "the header's checksum is wrong", remedy: Problem.rerun)
    }
    guard version == Self.version else {
      throw Problem(
        kind: .unusable, reason: "format version \(version) is not known",
        remedy: "read it with the version of prep that wrote it, or a newer one")
    }
    guard let decoded = Self(cursor: &cursor, sections: bytes[Self.fixedSize..<bytes.count - 8])
    else { throw Problem(reason: "the header's fields end too early", remedy: Problem.rerun) }
    let unknown = decoded.features.subtracting(.known)
    guard unknown.isEmpty else {
      throw Problem(
        kind: .unusable,
        reason: "it needs features that this prep does not know (bits \(unknown.bits))",
        remedy: "read it with a newer prep")
    }
    self = decoded
    guard Digest128(of: spec.json) == storedSpecDigest(bytes) else {
      throw Problem(reason: "the spec does not have its digest", remedy: Problem.rerun)
    }
  }

  private func storedSpecDigest(_ bytes: [UInt8]) -> Digest128? { Digest128(bytes: bytes[24..<40]) }

  /// Reads the fields behind magic, version and size; nil where bytes are missing.
  private init?(cursor: inout ByteCursor, sections: ArraySlice<UInt8>) {
    guard let features: UInt64 = cursor.integer(), cursor.digest() != nil,
      let key = cursor.digest()
    else { return nil }
    var narrow: [UInt32] = []
    for _ in 0..<10 {
      guard let number: UInt32 = cursor.integer() else { return nil }
      narrow.append(number)
    }
    var wide: [UInt64] = []
    for _ in 0..<12 {
      guard let number: UInt64 = cursor.integer() else { return nil }
      wide.append(number)
    }
    guard let found = Section.read(sections), let file = found[.file], let json = found[.spec],
      let rejected = found[.rejected].flatMap(Self.counts),
      let counters = found[.counters].flatMap(Self.counts)
    else { return nil }
    var totals = Totals()
    totals.records = wide[3]
    totals.accepted = wide[4]
    totals.rejected = rejected
    totals.samples = wide[6]
    totals.truncated = wide[7]
    totals.rows = wide[8]
    totals.tokens = wide[10]
    totals.supervisedTokens = wide[11]
    totals.counters = counters
    self.init(
      spec: ShardSpec(
        json: json, contextLength: Int(narrow[0]), padID: narrow[1], idCount: Int(narrow[2]),
        sampleAlignment: Int(narrow[3])),
      source: BlockSource(
        input: Int(narrow[4]), inputCount: Int(narrow[5]), block: Int(narrow[6]),
        isLastOfInput: narrow[7] & 1 != 0, file: file, byteOffset: wide[0], byteCount: wide[1],
        firstLine: wide[2], key: key),
      totals: totals, samplesInRows: wide[9], frameCount: Int(narrow[8]),
      features: ShardFeatures(rawValue: features))
  }

  /// Counts by name: their number, then each name and its 64-bit count, names in byte order.
  private static func encoded(_ counts: [String: UInt64]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(little: UInt32(counts.count))
    for (name, count) in counts.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      bytes.append(counted: name.utf8)
      bytes.append(little: count)
    }
    return bytes
  }

  private static func counts(_ bytes: [UInt8]) -> [String: UInt64]? {
    var cursor = ByteCursor(bytes)
    guard let number: UInt32 = cursor.integer() else { return nil }
    var counts: [String: UInt64] = [:]
    for _ in 0..<number {
      guard let name = cursor.counted(), let count: UInt64 = cursor.integer() else { return nil }
      counts[String(decoding: name, as: UTF8.self)] = count
    }
    return counts
  }
}

/// Parts of the header of any size: a tag of four letters, a 32-bit byte count, the bytes. A reader
/// passes over tags that it does not know.
private enum Section: String, CaseIterable {
  case file = "FILE"
  case spec = "SPEC"
  case rejected = "REJS"
  case counters = "CNTS"

  func append(_ content: [UInt8], to bytes: inout [UInt8]) {
    bytes += rawValue.utf8
    bytes.append(counted: content)
  }

  static func read(_ bytes: ArraySlice<UInt8>) -> [Section: [UInt8]]? {
    var cursor = ByteCursor(bytes)
    var found: [Section: [UInt8]] = [:]
    while cursor.remaining > 0 {
      guard let tag = cursor.take(4), let content = cursor.counted() else { return nil }
      if let section = Section(rawValue: String(decoding: tag, as: UTF8.self)) {
        found[section] = Array(content)
      }
    }
    return found
  }
}

/// What a shard uses beyond the first version of the format. A reader must refuse bits it does not know.
public struct ShardFeatures: OptionSet, Hashable, Sendable {
  public let rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Some frame has loss weights.
  public static let weights = ShardFeatures(rawValue: 1)
  /// Samples of a row begin at multiples of the alignment.
  public static let alignment = ShardFeatures(rawValue: 2)

  /// A frame before the index has the classes of all tokens.
  public static let classes = ShardFeatures(rawValue: 4)

  static let known: ShardFeatures = [.weights, .alignment, .classes]

  /// The numbers of the set bits, for messages.
  var bits: String {
    (0..<64).filter { rawValue >> UInt64($0) & 1 == 1 }.map(String.init).joined(separator: ", ")
  }
}
