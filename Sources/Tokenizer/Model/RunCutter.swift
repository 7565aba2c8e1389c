import Patterns

/// Cuts text between characters that no merge joins (`JointTable`): long texts without pre-tokenization stay in the cache's reach and never
/// become one huge piece. Pairs of ASCII characters and `▁` are looked up in a table.
@safe
final class RunCutter: @unchecked Sendable {
  /// Where a cut goes on: the character before it.
  struct State {
    /// Below 129 a row of the table; `unknown` where the last character is no token; `other` for those beyond the table.
    fileprivate var code = RunCutter.unknown
    fileprivate var scalar = BPEModel.none
  }

  private static let mark: UInt32 = 0x2581
  private static let markCode = 128
  fileprivate static let unknown = 129
  private static let other = 130
  /// Columns of a row; there are 130 rows.
  private static let stride = 129

  // SAFETY: 130 rows of 129 flags, and 129 codes: allocated and written in `init`, freed in `deinit`, only read in between.
  private let cuts: UnsafeMutablePointer<UInt8>
  private let codes: UnsafeMutablePointer<UInt8>
  private let characters: CharacterTable
  private let joints: JointTable

  init(_ characters: CharacterTable, _ joints: JointTable) {
    self.characters = characters
    self.joints = joints
    let (rows, columns) = (Self.unknown + 1, Self.stride)
    unsafe cuts = .allocate(capacity: rows * columns)
    unsafe codes = .allocate(capacity: columns)
    func scalar(_ code: Int) -> UInt32 { code == Self.markCode ? Self.mark : UInt32(code) }
    func isKnown(_ code: Int) -> Bool {
      code < Self.unknown && characters.id(of: scalar(code)) != nil
    }
    for column in 0..<columns {
      unsafe codes[column] = UInt8(isKnown(column) ? column : Self.unknown)
      for row in 0..<rows {
        let isCut =
          isKnown(row) && isKnown(column) && !joints.mayJoin(scalar(row), scalar(column))
        unsafe cuts[row * columns + column] = isCut ? 1 : 0
      }
    }
  }

  deinit {
    unsafe cuts.deallocate()
    unsafe codes.deallocate()
  }

  /// Writes where runs end from `position` on to `ends`, and moves `position` to where it stopped: the end of the text, which is written too, or
  /// where `capacity` ends are full. Returns their number.
  func cut(
    _ text: TextView, from position: inout Int, _ state: inout State,
    into ends: UnsafeMutablePointer<UInt32>, capacity: Int
  ) -> Int {
    var count = 0
    var index = position
    var (code, last) = (state.code, state.scalar)
    while index < text.end, count + 1 < capacity {
      let byte = text[index]
      var column = Int(byte)
      var length = 1
      var scalar = UInt32(byte)
      if byte >= 0x80 {
        let found = text.scalar(at: index)
        (scalar, length) = (found.value, found.length)
        column = scalar == Self.mark ? Self.markCode : Self.other
      }
      if column < Self.stride, code <= Self.unknown {
        // SAFETY: there is room for one end more; it counts where the flag is set.
        unsafe ends[count] = UInt32(truncatingIfNeeded: index)
        unsafe count &+= Int(cuts[code &* Self.stride &+ column])
        unsafe code = Int(codes[column])
      } else {
        let isKnown = characters.id(of: scalar) != nil
        if isKnown, code != Self.unknown {
          let before =
            code < Self.markCode ? UInt32(code) : code == Self.markCode ? Self.mark : last
          if !joints.mayJoin(before, scalar) {
            unsafe ends[count] = UInt32(truncatingIfNeeded: index)
            count &+= 1
          }
        }
        code = isKnown ? (column < Self.stride ? column : Self.other) : Self.unknown
        last = scalar
      }
      index &+= length
    }
    if index == text.end {
      unsafe ends[count] = UInt32(truncatingIfNeeded: index)
      count += 1
    }
    position = index
    state.code = code
    state.scalar = last
    return count
  }
}
