import CUnicode

/// The kinds of scalars: two of one kind have the same `ScalarClass`. There are fewer than 64.
enum ScalarKinds {
  struct Run: Sendable {
    let range: ClosedRange<UInt32>
    let kind: Int
  }

  @inline(__always)
  static func kind(of scalar: UInt32) -> UInt8 { prep_scalar_kind(scalar) }

  /// Runs of one kind beyond ASCII, without the surrogates.
  static let runs: [Run] = {
    var runs: [Run] = []
    var start: UInt32 = 0x80
    var scalar = start
    while scalar < 0x110000 {
      let this = kind(of: scalar)
      var end = scalar + 1
      while end < 0x110000, kind(of: end) == this { end += 1 }
      start = scalar
      if start != 0xD800 { runs.append(Run(range: start...end - 1, kind: Int(this))) }
      scalar = end
    }
    return runs
  }()

  /// How many scalars beyond ASCII each kind has.
  static let sizes: [Int] = {
    var sizes = [Int](repeating: 0, count: 64)
    for run in runs { sizes[run.kind] += run.range.count }
    return sizes
  }()
}
