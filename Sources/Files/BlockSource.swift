/// Where a block lies in the inputs of a run.
public struct BlockSource: Hashable, Sendable {
  /// Place of the input file in the run's list, from 0.
  public var input: Int
  /// Input files of the run.
  public var inputCount: Int
  /// Place of the block in its file, from 0.
  public var block: Int
  /// Whether the file ends with this block. A file of no bytes has one block of no bytes.
  public var isLastOfInput: Bool
  /// Name of the input file as given, UTF-8 (or whatever bytes the file system has).
  public var file: [UInt8]
  /// Where the block begins in the file, in bytes (decompressed).
  public var byteOffset: UInt64
  /// Bytes of the block (decompressed).
  public var byteCount: UInt64
  /// Number of the block's first line in the file, from 1.
  public var firstLine: UInt64
  /// Digest of the block's bytes and all else that its shard depends on; equal keys, equal shards.
  public var key: Digest128

  public init(
    input: Int, inputCount: Int, block: Int, isLastOfInput: Bool, file: [UInt8], byteOffset: UInt64,
    byteCount: UInt64, firstLine: UInt64, key: Digest128
  ) {
    self.input = input
    self.inputCount = inputCount
    self.block = block
    self.isLastOfInput = isLastOfInput
    self.file = file
    self.byteOffset = byteOffset
    self.byteCount = byteCount
    self.firstLine = firstLine
    self.key = key
  }

  /// Name of the block's shard: known without looking at other blocks, and sorts in order.
  public var shardName: String {
    "shard-\(Self.padded(input))-\(Self.padded(block)).zst"
  }

  private static func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }
}
