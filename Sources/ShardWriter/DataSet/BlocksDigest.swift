import Files

/// A digest of blocks of input, whatever the order in which they come: their places and their keys.
public struct BlocksDigest: Hashable, Sendable {
  /// The sum of the blocks' digests, each half by itself.
  public private(set) var digest = Digest128(low: 0, high: 0)

  public init() {}

  public mutating func add(_ block: BlockSource) {
    var bytes = block.key.bytes
    for number in [block.input, block.inputCount, block.block, block.isLastOfInput ? 1 : 0] {
      bytes.append(little: UInt64(number))
    }
    let added = Digest128(of: bytes)
    digest = Digest128(low: digest.low &+ added.low, high: digest.high &+ added.high)
  }
}
