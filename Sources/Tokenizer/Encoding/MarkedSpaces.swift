import Patterns

/// What the pipelines of Llama 2, Mistral and Gemma do before the model: every space becomes `▁`, and one may stand in front.
struct MarkedSpaces: Sendable {
  /// Where `▁` is put in front of a text.
  enum Prefix: Sendable {
    /// Nowhere; before each text that does not go on (`Prepend`); before one that does not begin with a space or `▁` (`Metaspace`), or only
    /// where that is the start of the original too.
    case none, always, unmarked, unmarkedFirst
  }

  static let mark: [UInt8] = [0xE2, 0x96, 0x81]
  let prefix: Prefix
  /// Spaces are marked by the normalizer, so that added tokens are searched behind it; else by the pre-tokenizer.
  let isNormalizer: Bool

  /// nil where the pipeline does anything else.
  init?(_ definition: TokenizerDefinition) {
    guard definition.sentencePiece == nil else { return nil }
    var prefix = Prefix.none
    var replaces = false
    for step in definition.normalizer?.steps ?? [] {
      switch step {
      case .prepend(Self.mark) where !replaces && prefix == .none: prefix = .always
      case .replace(.literal([0x20]), by: Self.mark) where !replaces: replaces = true
      default: return nil
      }
    }
    for step in definition.preTokenizer?.steps ?? [] {
      switch step {
      case .split(.literal([0x20]), _, invert: false) where replaces:
        // Finds nothing: there are no spaces any more.
        break
      case .metaspace(replacement: 0x2581, let scheme, splits: false)
      where !replaces && prefix == .none:
        replaces = true
        switch scheme {
        case .always: prefix = .unmarked
        case .first: prefix = .unmarkedFirst
        case .never: prefix = .none
        }
      default: return nil
      }
    }
    guard replaces else { return nil }
    self.prefix = prefix
    isNormalizer = definition.normalizer?.steps.isEmpty == false
  }

  /// Whether `▁` is put in front of a text (not empty). `continues`: it goes on from other text. `isStart`: it begins where the
  /// original does.
  func isPrefixed(
    _ text: UnsafeBufferPointer<UInt8>, continues: Bool, isStart: Bool
  ) -> Bool {
    switch prefix {
    case .none: return false
    case .always: return !continues
    case .unmarked, .unmarkedFirst:
      if continues || (prefix == .unmarkedFirst && !isStart) { return false }
      return unsafe text[0] != 0x20 && !text.starts(with: Self.mark)
    }
  }
}

/// Room for one text with marks in place of spaces.
@safe
final class MarkedText {
  // SAFETY: `capacity` bytes, of which `count` are written.
  private var bytes: UnsafeMutablePointer<UInt8> = .allocate(capacity: 1024)
  private var capacity = 1024
  private(set) var count = 0

  deinit { unsafe bytes.deallocate() }

  /// The text that was written last.
  var text: UnsafeBufferPointer<UInt8> { unsafe UnsafeBufferPointer(start: bytes, count: count) }

  /// Writes `text` with `▁` in place of each space, and one in front where `isPrefixed`. O(bytes).
  func write(_ text: UnsafeBufferPointer<UInt8>, isPrefixed: Bool) {
    count = 0
    guard let base = text.baseAddress, !text.isEmpty else { return }
    // Every byte may become three; words are copied eight bytes at a time.
    let needed = 3 * (text.count + 1) + 8
    if needed > capacity {
      unsafe bytes.deallocate()
      capacity = max(needed, 2 * capacity)
      unsafe bytes = .allocate(capacity: capacity)
    }
    var output = unsafe UnsafeMutableRawPointer(bytes)
    // SAFETY: there is room for four bytes wherever a mark is written, and for eight wherever a word is.
    let mark = UInt32(0x0081_96E2).littleEndian
    if isPrefixed {
      unsafe output.storeBytes(of: mark, as: UInt32.self)
      unsafe output += 3
    }
    let source = unsafe UnsafeRawPointer(base)
    let (ones, highs): (UInt64, UInt64) = (0x0101_0101_0101_0101, 0x8080_8080_8080_8080)
    var index = 0
    while index + 8 <= text.count {
      let word = unsafe source.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      unsafe output.storeBytes(of: word, as: UInt64.self)
      // The lowest bit set is that of the first space.
      let others = word.littleEndian ^ (ones &* 0x20)
      let spaces = (others &- ones) & ~others & highs
      if spaces == 0 {
        unsafe output += 8
        index += 8
      } else {
        let length = spaces.trailingZeroBitCount / 8
        unsafe output += length
        unsafe output.storeBytes(of: mark, as: UInt32.self)
        unsafe output += 3
        index += length + 1
      }
    }
    while index < text.count {
      let byte = unsafe source.load(fromByteOffset: index, as: UInt8.self)
      if byte == 0x20 {
        unsafe output.storeBytes(of: mark, as: UInt32.self)
        unsafe output += 3
      } else {
        unsafe output.storeBytes(of: byte, as: UInt8.self)
        unsafe output += 1
      }
      index += 1
    }
    unsafe count = output - UnsafeMutableRawPointer(bytes)
  }
}
