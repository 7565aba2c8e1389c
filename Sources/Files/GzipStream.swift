import CZlib

/// gzip of any number of members (RFC 1952), checked by CRC and length; zero padding may follow.
@safe package final class GzipStream: Decompressor {
  // SAFETY: initialized by `inflateInit2_` in `init` at a stable address, ended in `deinit`.
  private let stream: UnsafeMutablePointer<z_stream>
  /// Between members; nothing of the next has been read.
  private var isBetween = false
  private var isPadding = false

  package let name = "gzip"
  package let test = "gzip -t"

  package init?() {
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    // 15 bits of window, 16 for the gzip header.
    guard
      unsafe inflateInit2_(stream, 15 + 16, zlibVersion(), CInt(MemoryLayout<z_stream>.size))
        == Z_OK
    else {
      unsafe stream.deallocate()
      return nil
    }
  }

  deinit {
    unsafe inflateEnd(stream)
    unsafe stream.deallocate()
  }

  package func step(
    _ input: UnsafeRawBufferPointer, atEnd: Bool, into out: UnsafeMutableRawBufferPointer
  )
    -> DecompressionStep
  {
    if atEnd {
      return DecompressionStep(
        problem: isBetween ? nil : "ends too early: the file is cut off")
    }
    if isBetween {
      if unsafe isPadding || input.first == 0 {
        isPadding = true
        let rest = unsafe input.firstIndex { $0 != 0 } ?? input.count
        return DecompressionStep(
          consumed: rest, problem: rest == input.count ? nil : "has other bytes after its end")
      }
      guard unsafe inflateReset(stream) == Z_OK else {
        return DecompressionStep(problem: "cannot be decompressed")
      }
      isBetween = false
    }
    let inputCount = min(input.count, 1 << 30)
    let outCount = min(out.count, 1 << 30)
    unsafe stream.pointee.next_in = unsafe UnsafeMutablePointer(
      mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
    unsafe stream.pointee.avail_in = UInt32(inputCount)
    unsafe stream.pointee.next_out = unsafe out.baseAddress?.assumingMemoryBound(to: UInt8.self)
    unsafe stream.pointee.avail_out = UInt32(outCount)
    let code = unsafe inflate(stream, Z_NO_FLUSH)
    var step = DecompressionStep(
      consumed: inputCount - Int(unsafe stream.pointee.avail_in),
      produced: outCount - Int(unsafe stream.pointee.avail_out))
    switch code {
    case Z_STREAM_END: isBetween = true
    case Z_OK, Z_BUF_ERROR: break
    case Z_MEM_ERROR: step.problem = "needs more memory than there is"
    default:
      let detail = unsafe stream.pointee.msg.map { unsafe ": " + String(cString: $0) } ?? ""
      step.problem = "is damaged\(detail)"
    }
    return step
  }
}
