import CZstd
import Problems

/// A zstd compressor, kept by one worker and used again for every frame.
///
/// Frames carry their content size and checksum. Equal input, level and library version give equal bytes.
@safe package final class ZstdCompressor {
  // SAFETY: owned by this object alone, freed once in deinit; the class is not Sendable.
  private let context: OpaquePointer

  /// `level`: zstd's, 1 to 22 (negative levels are faster). Throws when there is no memory.
  package init(level: Int32) throws(Problem) {
    guard let context = unsafe ZSTD_createCCtx() else {
      throw Problem(
        .system, reason: "zstd has no memory for a compressor", remedy: "use fewer threads")
    }
    unsafe self.context = unsafe context
    unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
    unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
    unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 1)
  }

  deinit { unsafe ZSTD_freeCCtx(context) }

  /// Appends one frame that holds `content`.
  package func append(_ content: [UInt8], to output: inout [UInt8]) throws(Problem) {
    let bound = ZSTD_compressBound(content.count)
    var size = 0
    // Memory that is not filled is none: the frame is far smaller than its bound.
    let frame = unsafe [UInt8](unsafeUninitializedCapacity: bound) { out, count in
      size = unsafe content.withUnsafeBytes { source in
        unsafe ZSTD_compress2(context, out.baseAddress, bound, source.baseAddress, source.count)
      }
      count = ZSTD_isError(size) == 0 ? size : 0
    }
    guard ZSTD_isError(size) == 0 else { throw Zstd.error(size) }
    output += frame
  }
}

/// A zstd decompressor, for one thread at a time.
@safe package final class ZstdDecompressor {
  // SAFETY: owned by this object alone, freed once in deinit; the class is not Sendable.
  private let context: OpaquePointer

  package init() throws(Problem) {
    guard let context = unsafe ZSTD_createDCtx() else {
      throw Problem(
        .system, reason: "zstd has no memory for a decompressor", remedy: "use fewer threads")
    }
    unsafe self.context = unsafe context
  }

  deinit { unsafe ZSTD_freeDCtx(context) }

  /// The content of one frame, which must have exactly `size` bytes. The reason of a failure is zstd's.
  package func decompress(_ frame: [UInt8], size: Int) throws(Problem) -> [UInt8] {
    var result = 0
    let content = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      result = unsafe frame.withUnsafeBytes { frame in
        unsafe ZSTD_decompressDCtx(
          context, buffer.baseAddress, size, frame.baseAddress, frame.count)
      }
      count = ZSTD_isError(result) == 0 ? result : 0
    }
    guard ZSTD_isError(result) == 0 else { throw Zstd.error(result) }
    guard content.count == size else {
      throw Problem(.damaged, reason: "the frame holds \(content.count) bytes instead of \(size)")
    }
    return content
  }
}

package enum Zstd {
  /// Magic number of skippable frames that a shard uses for its own; the lowest four bits are free.
  package static let skippableMagic: UInt32 = 0x184D_2A50
  package static let frameMagic: UInt32 = 0xFD2F_B528

  package static func error(_ code: Int) -> Problem {
    let name = unsafe String(cString: ZSTD_getErrorName(code))
    return Problem(.damaged, reason: "zstd: \(name)")
  }

  /// A skippable frame: magic, 32-bit byte count, content.
  package static func appendSkippable(_ content: [UInt8], variant: UInt32, to output: inout [UInt8])
  {
    output.append(little: skippableMagic + variant)
    output.append(little: UInt32(truncatingIfNeeded: content.count))
    output.append(contentsOf: content)
  }

  /// Bytes of the frame, skippable or not, that begins at `offset`; nil where none does.
  package static func frameSize(in bytes: [UInt8], at offset: Int) -> Int? {
    guard offset < bytes.count else { return nil }
    let size = unsafe bytes.withUnsafeBytes { bytes in
      unsafe ZSTD_findFrameCompressedSize(
        bytes.baseAddress.map { unsafe $0 + offset }, bytes.count - offset)
    }
    return ZSTD_isError(size) == 0 ? size : nil
  }

  /// The content size that a frame names; nil where it names none.
  package static func contentSize(of frame: [UInt8]) -> Int? {
    let size = unsafe frame.withUnsafeBytes { frame in
      unsafe ZSTD_getFrameContentSize(frame.baseAddress, frame.count)
    }
    return Int(exactly: size)
  }

  /// Whether `level` is one that zstd has.
  package static func accepts(level: Int32) -> Bool {
    (ZSTD_minCLevel()...ZSTD_maxCLevel()).contains(level)
  }
}
