import CXXHash

/// An XXH3 digest of 128 bits (xxHash 0.8, seed 0).
///
/// Stored as 16 bytes, low half first, each half little-endian; written as 32 hexadecimal digits,
/// high half first, as `xxhsum -H2` does.
public struct Digest128: Hashable, Sendable, CustomStringConvertible {
  public var low: UInt64
  public var high: UInt64

  public init(low: UInt64, high: UInt64) {
    self.low = low
    self.high = high
  }

  /// The digest of `bytes`.
  public init(of bytes: [UInt8]) {
    self = unsafe bytes.withUnsafeBytes { unsafe Digest128(of: $0) }
  }

  /// The digest of `bytes`.
  public init(of bytes: UnsafeRawBufferPointer) {
    var halves: (UInt64, UInt64) = (0, 0)
    unsafe withUnsafeMutableBytes(of: &halves) { out in
      unsafe prep_xxh3_128(
        bytes.baseAddress, bytes.count, out.baseAddress?.assumingMemoryBound(to: UInt64.self))
    }
    self.init(low: halves.0, high: halves.1)
  }

  /// The 16 bytes that files hold.
  public var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(little: low)
    bytes.append(little: high)
    return bytes
  }

  /// Reads 16 bytes; nil where there are not as many.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 16 else { return nil }
    var halves: (UInt64, UInt64) = (0, 0)
    for (index, byte) in bytes.enumerated() {
      if index < 8 {
        halves.0 |= UInt64(byte) << (8 * UInt64(index))
      } else {
        halves.1 |= UInt64(byte) << (8 * UInt64(index - 8))
      }
    }
    self.init(low: halves.0, high: halves.1)
  }

  public var description: String { Self.hex(high) + Self.hex(low) }

  private static func hex(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

/// XXH3 of 64 bits (xxHash 0.8, seed 0).
public func xxh3(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
  unsafe prep_xxh3_64(bytes.baseAddress, bytes.count)
}

/// XXH3 of 64 bits (xxHash 0.8, seed 0).
public func xxh3(_ bytes: [UInt8]) -> UInt64 {
  unsafe bytes.withUnsafeBytes { unsafe xxh3($0) }
}

/// XXH3 of 64 bits (xxHash 0.8, seed 0).
public func xxh3(_ bytes: ArraySlice<UInt8>) -> UInt64 {
  unsafe bytes.withUnsafeBytes { unsafe xxh3($0) }
}

extension Digest128 {
  /// Reads the 32 hexadecimal digits that `description` gives.
  public init?(hex: String) {
    guard hex.utf8.count == 32, let high = UInt64(hex.prefix(16), radix: 16),
      let low = UInt64(hex.suffix(16), radix: 16)
    else { return nil }
    self.init(low: low, high: high)
  }
}
