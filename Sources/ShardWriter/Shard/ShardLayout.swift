import Files
import Masking

/// Where the frames of a shard lie, as far as it can be told from a file that may be damaged.
struct ShardLayout {
  struct Span: Hashable {
    var offset: Int
    var size: Int
    var range: Range<Int> { offset..<offset + size }
  }

  /// Frames in order, the seek table last where there is one.
  var spans: [Span] = []
  /// nil where the file does not end with one that makes up the file.
  var seekTable: SeekTable?
  /// First byte that belongs to no frame, where the walk could not go on.
  var end = 0

  /// The frames that the seek table names, or else those that a walk from the first byte finds.
  init(_ bytes: [UInt8]) {
    let footer = Array(bytes.suffix(SeekTable.footerSize))
    if let size = SeekTable.frameSize(footer: footer), size <= bytes.count,
      let table = SeekTable(decoding: Array(bytes.suffix(size))),
      table.entries.reduce(size, { $0 + Int($1.size) }) == bytes.count
    {
      seekTable = table
      for entry in table.entries { append(Int(entry.size)) }
      append(size)
      return
    }
    while let size = Zstd.frameSize(in: bytes, at: end) { append(size) }
  }

  private mutating func append(_ size: Int) {
    spans.append(Span(offset: end, size: size))
    end += size
  }

  /// Magic number of the frame that begins at `offset`.
  static func magic(_ bytes: [UInt8], at offset: Int) -> UInt32? {
    var cursor = ByteCursor(bytes[min(offset, bytes.count)...])
    return cursor.integer()
  }

  /// The content of a skippable frame; nil where the span holds no such frame of its size.
  static func skippable(_ bytes: [UInt8], _ span: Span, variant: UInt32) -> [UInt8]? {
    var cursor = ByteCursor(bytes[span.range])
    guard cursor.integer() == Zstd.skippableMagic + variant, let size: UInt32 = cursor.integer(),
      Int(size) == span.size - 8
    else { return nil }
    return Array(bytes[span.range].dropFirst(8))
  }
}

extension ShardReader {
  /// Opens a shard of which header, index or seek table is damaged, with what the manifest knows of it,
  /// so that its intact frames can be read. nil where its frames cannot be found.
  convenience init?(
    salvaging path: String, listed: Manifest.Shard, spec: ShardSpec,
    learning: LearnedClasses? = nil
  ) {
    guard let bytes = try? ReadableFile(path).readAll() else { return nil }
    let layout = ShardLayout(bytes)
    guard listed.frameCount < layout.spans.count else { return nil }
    let header = ShardHeader(
      spec: spec, source: listed.source, totals: listed.totals, samplesInRows: listed.samplesInRows,
      frameCount: listed.frameCount,
      features: layout.seekTable?.entries.count == listed.frameCount + 3
        + (listed.totals.rejectedCount > 0 ? 1 : 0) ? .classes : [])
    var index: ShardIndex?
    for span in layout.spans.reversed() where index == nil {
      if let content = ShardLayout.skippable(bytes, span, variant: ShardFrameVariant.index) {
        index = try? ShardIndex(decoding: content)
      }
    }
    self.init(
      path: path, header: header,
      index: index ?? ShardIndex(salvaging: bytes, layout.spans[1..<listed.frameCount + 1]),
      fileSize: bytes.count, seekTable: layout.seekTable ?? SeekTable(), learning: learning)
  }
}

extension ShardIndex {
  /// An index made from data frames: of those before the first damaged one.
  init(salvaging bytes: [UInt8], _ spans: ArraySlice<ShardLayout.Span>) {
    frames = []
    for span in spans {
      let frame = Array(bytes[span.range])
      guard let size = Zstd.contentSize(of: frame), size <= frame.count << 17,
        let content = try? ZstdDecompressor().decompress(frame, size: size)
      else { return }
      var cursor = ByteCursor(content)
      guard let rows: UInt32 = cursor.integer(), let samples: UInt32 = cursor.integer(),
        let _: UInt32 = cursor.integer(), let tokens: UInt32 = cursor.integer()
      else { return }
      frames.append(
        Frame(
          offset: UInt64(span.offset), size: UInt32(span.size), contentSize: UInt32(size),
          firstRow: UInt32(rowCount), rows: rows, samples: samples, tokens: tokens,
          contentDigest: xxh3(content), fileDigest: xxh3(frame)))
    }
  }
}
