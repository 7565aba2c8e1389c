import Files

/// The last frame of a shard: the size of every frame before it, in zstd's seekable format
/// (facebook/zstd, contrib/seekable_format/zstd_seekable_compression_format.md, version 0.1.0).
struct SeekTable: Hashable {
  struct Entry: Hashable {
    /// Bytes in the file.
    var size: UInt32
    /// Bytes of content; 0 for a skippable frame.
    var contentSize: UInt32
    /// Low half of the content's XXH64: what zstd writes behind the frame as its checksum.
    var checksum: UInt32
  }

  var entries: [Entry]

  static let variant: UInt32 = 0xE
  static let footerMagic: UInt32 = 0x8F92_EAB1
  static let footerSize = 9
  /// Low half of the XXH64 of nothing, for frames without content.
  static let emptyChecksum: UInt32 = 0x51D8_E999
  /// Bit 7 of the descriptor: entries have checksums. The other bits are 0.
  static let descriptor: UInt8 = 0x80

  /// Content of the skippable frame.
  func encoded() -> [UInt8] {
    var bytes: [UInt8] = []
    for entry in entries {
      bytes.append(little: entry.size)
      bytes.append(little: entry.contentSize)
      bytes.append(little: entry.checksum)
    }
    bytes.append(little: UInt32(entries.count))
    bytes.append(Self.descriptor)
    bytes.append(little: Self.footerMagic)
    return bytes
  }

  /// Bytes of the whole frame, from the file's last nine; nil where they are no footer of ours.
  static func frameSize(footer: [UInt8]) -> Int? {
    var cursor = ByteCursor(footer)
    guard let count: UInt32 = cursor.integer(), let descriptor: UInt8 = cursor.integer(),
      descriptor == Self.descriptor, cursor.integer() == footerMagic
    else { return nil }
    return 8 + Int(count) * 12 + footerSize
  }

  /// Reads the whole frame; nil where it is not a seek table.
  init?(decoding frame: [UInt8]) {
    var cursor = ByteCursor(frame)
    guard cursor.integer() == Zstd.skippableMagic + Self.variant,
      let size: UInt32 = cursor.integer(), Int(size) + 8 == frame.count,
      Self.frameSize(footer: Array(frame.suffix(Self.footerSize))) == frame.count
    else { return nil }
    entries = []
    while cursor.remaining > Self.footerSize {
      guard let size: UInt32 = cursor.integer(), let contentSize: UInt32 = cursor.integer(),
        let checksum: UInt32 = cursor.integer()
      else { return nil }
      entries.append(Entry(size: size, contentSize: contentSize, checksum: checksum))
    }
  }

  init(entries: [Entry] = []) { self.entries = entries }
}
