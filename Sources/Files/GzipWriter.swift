import CZlib

/// Compresses a stream as one gzip member (RFC 1952), without name and time: equal bytes in, equal bytes out.
@safe package final class GzipWriter {
  // SAFETY: initialized by `deflateInit2_` in `init` at a stable address, ended in `deinit`.
  private let stream: UnsafeMutablePointer<z_stream>

  /// Nil where there is no memory for it.
  package init?() {
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    // 15 bits of window, 16 for the gzip header.
    guard
      unsafe deflateInit2_(
        stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, zlibVersion(),
        CInt(MemoryLayout<z_stream>.size)) == Z_OK
    else {
      unsafe stream.deallocate()
      return nil
    }
  }

  deinit {
    unsafe deflateEnd(stream)
    unsafe stream.deallocate()
  }

  /// Appends what `bytes` add to the member; `atEnd` ends it. At most 4 GiB of bytes at once.
  package func append(_ bytes: [UInt8], atEnd: Bool, to out: inout [UInt8]) {
    precondition(bytes.count <= Int(UInt32.max))
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    unsafe bytes.withUnsafeBufferPointer { input in
      unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
      unsafe stream.pointee.avail_in = UInt32(input.count)
      var isFull = true
      while isFull {
        let produced = unsafe chunk.withUnsafeMutableBufferPointer { chunk in
          unsafe stream.pointee.next_out = chunk.baseAddress
          unsafe stream.pointee.avail_out = UInt32(chunk.count)
          // Neither call can fail: the stream is whole, and there is room to write.
          _ = unsafe deflate(stream, atEnd ? Z_FINISH : Z_NO_FLUSH)
          return unsafe chunk.count - Int(stream.pointee.avail_out)
        }
        out += chunk[..<produced]
        isFull = produced == chunk.count
      }
    }
  }
}
