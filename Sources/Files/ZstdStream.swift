import CZstd

/// zstd frames, one after the other, skippable ones passed over (RFC 8878).
@safe package final class ZstdStream: Decompressor {
  // SAFETY: created in `init`, freed in `deinit`, never handed out.
  private let stream: OpaquePointer
  /// Between frames.
  private var isBetween = true

  package let name = "zstd"
  package let test = "zstd -t"

  package init?() {
    guard let stream = unsafe ZSTD_createDStream() else { return nil }
    unsafe self.stream = stream
  }

  deinit { _ = unsafe ZSTD_freeDStream(stream) }

  package func step(
    _ input: UnsafeRawBufferPointer, atEnd: Bool, into out: UnsafeMutableRawBufferPointer
  )
    -> DecompressionStep
  {
    var source = unsafe ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
    var target = unsafe ZSTD_outBuffer(dst: out.baseAddress, size: out.count, pos: 0)
    if atEnd, isBetween { return DecompressionStep() }
    let code = unsafe ZSTD_decompressStream(stream, &target, &source)
    var step = unsafe DecompressionStep(consumed: source.pos, produced: target.pos)
    if ZSTD_isError(code) != 0 {
      step.problem = unsafe "is damaged: \(String(cString: ZSTD_getErrorName(code)))"
    } else {
      // At the end, what the decoder still holds comes first.
      isBetween = code == 0
      if atEnd, step.produced == 0, !isBetween {
        step.problem = "ends too early: the file is cut off"
      }
    }
    return step
  }
}
