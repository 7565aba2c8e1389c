import Patterns

/// Where a model's tokenizer cuts text before it encodes: Moonshot's wrapper around tiktoken (`tokenization_kimi.py`).
struct TextLimits: Sendable, Equatable {
  /// A cut after this many characters,
  var characters: Int
  /// and within each such stretch where a run of white space, or of anything else, is longer than this.
  var run: Int

  /// Where the parts of `text` end, the last at its own end. O(n).
  func cuts(of text: UnsafeBufferPointer<UInt8>) -> [Int] {
    guard text.count > min(run, characters) else { return [text.count] }
    var cuts: [Int] = []
    var inStretch = 0
    var inRun = 0
    var runIsSpace = false
    var index = 0
    while index < text.count {
      let scalar = unsafe text.scalar(at: index)
      let isSpace = Self.isSpace(scalar.value)
      if inStretch == characters {
        cuts.append(index)
        inStretch = 0
        inRun = 0
      }
      if inRun == 0 || isSpace != runIsSpace {
        runIsSpace = isSpace
        inRun = 1
      } else {
        inRun += 1
        if inRun > run {
          cuts.append(index)
          inRun = 1
        }
      }
      inStretch += 1
      index += scalar.length
    }
    cuts.append(text.count)
    return cuts
  }

  /// Python's `str.isspace` of one character.
  static func isSpace(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F,
      0x205F, 0x3000:
      true
    default: false
    }
  }
}
