import Patterns
import Testing

@Suite struct ScalarClassTests {
  @Test(
    "class sizes are those that tokenizers counts",
    arguments: [
      (ScalarClass.letter, 141_028), (.number, 1_911), (.mark, 2_501), (.punctuation, 855),
      (.symbol, 8_514), (.han, 99_030), (.whitespace, 25), (.numeric, 1_924), (.word, 144_667),
      (.patternWord, 144_671), (.uppercaseLetter, 1_858), (.surrogate, 2_048),
    ])
  func sizes(classes: ScalarClass, count: Int) {
    #expect((0..<0x110000).count { ScalarClass($0).isAny(of: classes) } == count)
  }

  @Test("every scalar has one general category")
  func categories() {
    let categories = ScalarClass(rawValue: (1 << 30) - 1)
    #expect(
      (UInt32(0)..<0x110000).allSatisfy {
        ScalarClass($0).intersection(categories).rawValue.nonzeroBitCount == 1
      })
    #expect(ScalarClass(0x110000) == ScalarClass(0xD800))
    #expect(ScalarClass(UInt32.max) == ScalarClass(0xD800))
  }

  @Test("Digits counts thirteen scalars that \\p{N} does not")
  func digits() {
    let more = (UInt32(0)..<0x110000).filter {
      ScalarClass($0).isAny(of: .numeric) && !ScalarClass($0).isAny(of: .number)
    }
    #expect(more == Array(0x11DE0...0x11DE9) + [0x16FF4, 0x16FF5, 0x16FF6])
  }
}
