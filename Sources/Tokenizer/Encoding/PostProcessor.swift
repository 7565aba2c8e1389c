import Patterns

/// What is put around the tokens of a text when it stands alone (`[CLS] … [SEP]`, BOS), and how byte ranges are trimmed.
///
/// The encoder does not apply it: `process` does, or whoever puts several texts together uses `prefix` and `suffix`.
public struct PostProcessor: Sendable, Equatable {
  /// The ids before and after one text.
  public var prefix: [UInt32] { before.map(\.id) }
  public var suffix: [UInt32] { after.map(\.id) }

  /// A token that it adds, with the text that an encoding shows for it: a template may name it as it likes.
  struct Special: Sendable, Equatable {
    var id: UInt32
    var text: [UInt8]
  }

  /// White space at the ends of a token is not part of its range (`ByteLevel` and `RobertaProcessing` with `trim_offsets`).
  struct Trim: Sendable, Equatable {
    var addsPrefixSpace: Bool
    /// Tokens that stand before the text in its own part of the encoding when it is trimmed.
    var precedingCount: Int
  }

  /// The parts that the reference keeps apart until the end: each special of a template is one, and `Bert` and `Roberta`
  /// processors put theirs around every part.
  private var parts: [[Special]] = []
  private var textPart = 0
  private var textIndex = 0
  private(set) var before: [Special] = []
  private(set) var after: [Special] = []
  private(set) var trims: [Trim] = []

  public init() { parts = [[]] }

  mutating func trim(addsPrefixSpace: Bool) {
    trims.append(Trim(addsPrefixSpace: addsPrefixSpace, precedingCount: textIndex))
  }

  /// Puts specials around the text, each a part of its own. Returns false where there are several parts already: the
  /// reference then takes the template of pairs, or panics.
  mutating func addTemplate(prefix: [[Special]], suffix: [[Special]]) -> Bool {
    guard parts.count == 1 else { return false }
    parts = prefix + parts + suffix
    textPart = prefix.count
    flatten()
    return true
  }

  /// Puts `first` before the first part, `between` before the others, and `last` after each.
  mutating func surround(first: Special, between: Special?, last: Special) {
    for index in parts.indices {
      let lead = index == 0 ? [first] : between.map { [$0] } ?? []
      parts[index] = lead + parts[index] + [last]
      if index == textPart { textIndex += lead.count }
    }
    flatten()
  }

  private mutating func flatten() {
    before = parts[..<textPart].flatMap { $0 } + parts[textPart][..<textIndex]
    after = parts[textPart][textIndex...] + parts[(textPart + 1)...].flatMap { $0 }
  }

  /// Puts BOS before and EOS after, where `add_bos_token` and `add_eos_token` say so and it does not do so itself.
  mutating func add(_ specials: SpecialTokens) {
    if let bos = specials.bos, specials.bosIsAdded, !prefix.contains(bos.id) {
      before.insert(Special(id: bos.id, text: bos.text), at: 0)
    }
    if let eos = specials.eos, specials.eosIsAdded, !suffix.contains(eos.id) {
      after.append(Special(id: eos.id, text: eos.text))
    }
  }

  /// Adds the ids before and after.
  public func addSpecials(to ids: inout [UInt32]) {
    guard !before.isEmpty || !after.isEmpty else { return }
    ids = prefix + ids + suffix
  }

  /// Trims the ranges of the tokens of `text`, and unless `addsSpecials` is false adds those before and after, whose range is 0..<0.
  public func process(_ encoding: inout ShownEncoding, of text: [UInt8], addsSpecials: Bool = true)
  {
    for trim in trims {
      for index in encoding.ranges.indices {
        let range = encoding.ranges[index]
        let isFirst =
          range.lowerBound == 0 || index == 0 && (trim.precedingCount == 0 || !addsSpecials)
        encoding.ranges[index] = Self.trimmed(
          range, encoding.tokens[index], addsPrefixSpace: isFirst && trim.addsPrefixSpace, text)
      }
    }
    guard addsSpecials else { return }
    encoding.ids = prefix + encoding.ids + suffix
    encoding.tokens = before.map(\.text) + encoding.tokens + after.map(\.text)
    encoding.ranges =
      [Range<UInt32>](repeating: 0..<0, count: before.count) + encoding.ranges
      + [Range<UInt32>](repeating: 0..<0, count: after.count)
  }

  private static func trimmed(
    _ range: Range<UInt32>, _ token: [UInt8], addsPrefixSpace: Bool, _ text: [UInt8]
  ) -> Range<UInt32> {
    let spaces = spaces(around: token)
    var start = Int(range.lowerBound)
    var end = min(Int(range.upperBound), text.count)
    // One space in front of the first token is the one that was put there; more than one are the text's own.
    let leading = addsPrefixSpace && spaces.leading == 1 ? 0 : spaces.leading
    for _ in 0..<leading where start < end { start += text.scalar(at: start).length }
    start = min(start, max(end, Int(range.lowerBound)))
    var before = end
    for _ in 0..<spaces.trailing {
      // Fewer characters before the end than there are to trim: nothing is trimmed.
      guard before > 0 else { return UInt32(start)..<UInt32(max(start, end)) }
      before -= text.lengthOfScalar(before: before)
    }
    end = max(before, start)
    return UInt32(start)..<UInt32(end)
  }

  /// White space and `Ġ` at the ends of a token, in characters.
  private static func spaces(around token: [UInt8]) -> (leading: Int, trailing: Int) {
    var scalars: [Bool] = []
    var index = 0
    while index < token.count {
      let scalar = token.scalar(at: index)
      scalars.append(scalar.value == 0x120 || ScalarClass(scalar.value).isAny(of: .whitespace))
      index += scalar.length
    }
    return (scalars.prefix { $0 }.count, scalars.reversed().prefix { $0 }.count)
  }
}
