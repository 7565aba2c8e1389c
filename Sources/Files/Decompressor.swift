/// What one call of a decompressor did.
package struct DecompressionStep {
  package var consumed = 0
  package var produced = 0
  /// Completes "the gzip data …"; nil where all is well.
  package var problem: String?

  init(consumed: Int = 0, produced: Int = 0, problem: String? = nil) {
    self.consumed = consumed
    self.produced = produced
    self.problem = problem
  }
}

/// A streaming decompressor: zlib's or zstd's.
package protocol Decompressor: AnyObject {
  var name: String { get }
  /// The command that tests a file.
  var test: String { get }
  /// Decompresses some of `input` into `out`. `atEnd`: no input will follow.
  func step(_ input: UnsafeRawBufferPointer, atEnd: Bool, into out: UnsafeMutableRawBufferPointer)
    -> DecompressionStep
}
