import Patterns
import Problems

/// Decodes token by token, and gives text as soon as no later token can change it: never half a character.
///
/// As `tokenizers`' `DecodeStream`: the tokens since the last text that was given are decoded again with each new one,
/// and what is new is given once it does not end in U+FFFD.
package struct StreamingDecoder {
  private let decoder: TokenDecoder
  private let space: MatchSpace
  private var tokens: [[UInt8]] = []
  private var prefix: [UInt8] = []
  private var prefixCount = 0

  package init(_ decoder: TokenDecoder, space: MatchSpace = MatchSpace()) {
    self.decoder = decoder
    self.space = space
  }

  /// Adds a token's string; returns the text that it completes, nil while a character is not complete.
  /// O(tokens since the last text).
  package mutating func append(_ token: [UInt8]) throws(Problem) -> [UInt8]? {
    if prefix.isEmpty, !tokens.isEmpty {
      let before = try decoder.text(of: tokens, space: space)
      if !before.hasSuffix(UTF8Repair.replacement) {
        prefix = before
        prefixCount = tokens.count
      }
    }
    tokens.append(token)
    let text = try decoder.text(of: tokens, space: space)
    guard text.count > prefix.count, !text.hasSuffix(UTF8Repair.replacement) else { return nil }
    guard text.starts(with: prefix) else { throw .changesGivenText }
    let new = Array(text[prefix.count...])
    // The tokens before the ones just given are no longer needed: they only decide how a first token decodes.
    let given = tokens.count - prefixCount
    tokens.removeFirst(prefixCount)
    prefixCount = given
    prefix = try decoder.text(of: tokens, space: space)
    return new
  }

  /// What is left when no token comes any more: an unfinished character becomes U+FFFD.
  package mutating func finish() throws(Problem) -> [UInt8] {
    let text = try decoder.text(of: tokens, space: space)
    let rest = text.starts(with: prefix) ? Array(text[prefix.count...]) : []
    tokens = []
    prefix = []
    prefixCount = 0
    return rest
  }
}

extension [UInt8] {
  func hasSuffix(_ suffix: [UInt8]) -> Bool {
    count >= suffix.count && self[(count - suffix.count)...].elementsEqual(suffix)
  }
}
