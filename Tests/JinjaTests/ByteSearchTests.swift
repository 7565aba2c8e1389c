import Testing

@testable import Jinja

@Suite("Search for bytes")
struct ByteSearchTests {
  /// The first place by looking at every one.
  private func naive(_ pattern: [UInt8], in text: [UInt8]) -> Int? {
    guard pattern.count <= text.count else { return nil }
    return (0...text.count - pattern.count).first { text[$0...].starts(with: pattern) }
  }

  private func found(_ pattern: [UInt8], in text: [UInt8]) -> Int? {
    unsafe text.withUnsafeBufferPointer { text in
      unsafe pattern.withUnsafeBufferPointer { unsafe text.firstIndex(of: $0) }
    }
  }

  private func word(_ length: Int, _ bits: Int) -> [UInt8] {
    (0..<length).map { UInt8(truncatingIfNeeded: 97 + (bits >> $0) & 1) }
  }

  @Test("all patterns over two letters are found where looking at every place finds them")
  func allShort() {
    for length in 0...9 {
      for bits in 0..<(1 << length) {
        let text = word(length, bits)
        for size in 0...4 {
          for wanted in 0..<(1 << size) {
            let pattern = word(size, wanted)
            #expect(found(pattern, in: text) == naive(pattern, in: text))
          }
        }
      }
    }
  }

  @Test("a pattern that nearly stands everywhere is found")
  func nearlyEverywhere() {
    let text = Array(repeating: UInt8(97), count: 1 << 20)
    let half = Array(repeating: UInt8(97), count: 1 << 19)
    #expect(found(half + [98], in: text) == nil)
    #expect(found(half + [98], in: text + [98] + text) == 1 << 19)
    #expect(found([98] + half, in: text + [98] + text) == 1 << 20)
  }
}
