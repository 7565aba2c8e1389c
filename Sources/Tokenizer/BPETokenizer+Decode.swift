import Patterns
import Problems

extension BPETokenizer {
  /// The ids of a text, specials of the post-processor not among them. Makes an encoder: for many texts, keep one of
  /// `makeEncoder()` for each thread.
  public func encode(_ text: String) throws(Problem) -> [UInt32] {
    try makeEncoder().encode(text)
  }

  /// The text of ids; bytes that are no character are U+FFFD. See `decodeBytes`.
  public func decode(_ ids: some Sequence<UInt32>, skipSpecials: Bool = false) -> String {
    String(decoding: decodeBytes(ids, skipSpecials: skipSpecials), as: UTF8.self)
  }

  /// The text of ids, as bytes. Ids without token are left out, and specials with `skipSpecials`.
  /// With a decoder of the file the result is what the reference gives; without one, tokens are joined by spaces, as there.
  public func decodeBytes(_ ids: some Sequence<UInt32>, skipSpecials: Bool = false) -> [UInt8] {
    if let decoder = definition.sentencePieceDecoder {
      return decoder.decode(ids, skipsControls: skipSpecials) { text(of: $0) }
    }
    if definition.decodesBytes, skipSpecials, definition.endsBytesAtSpecials {
      // A special token ends a run of bytes though it is left out: what it cuts in two is no character.
      var text: [UInt8] = []
      var run: [UInt8] = []
      for id in ids {
        if isSpecial(id) {
          text += UTF8Repair.repaired(run)
          run.removeAll(keepingCapacity: true)
        } else {
          run += bytes(of: id) ?? []
        }
      }
      return text + run
    }
    if definition.decodesBytes {
      return ids.flatMap { skipSpecials && isSpecial($0) ? [] : bytes(of: $0) ?? [] }
    }
    var tokens: [[UInt8]] = []
    for id in ids {
      guard let text = decodedText(of: id), !(skipSpecials && isSpecial(id)) else { continue }
      tokens.append(text)
    }
    guard let decoder = definition.decoder else { return Array(tokens.joined(separator: [0x20])) }
    // A pattern that reaches its bounds leaves the tokens as they are.
    return (try? decoder.text(of: tokens, space: MatchSpace())) ?? tokens.flatMap { $0 }
  }

  /// What a decoder sees of an id.
  func decodedText(of id: UInt32) -> [UInt8]? {
    if let token = added.token(of: id) { return token.normalized ?? token.token.content }
    return model.vocabulary.text(of: id)
  }
}
