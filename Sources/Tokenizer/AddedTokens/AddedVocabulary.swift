import Problems

/// The added tokens of a tokenizer, with the ids that they really have, and how they are found in text.
///
/// Follows `AddedVocabulary` of `tokenizers` 0.23.
struct AddedVocabulary: Sendable {
  struct Token: Sendable {
    var id: UInt32
    var token: AddedToken
    /// What is searched in normalized text and decoded, where normalization changes the content.
    var normalized: [UInt8]?
    /// Another token that is the same when normalized.
    var twin: [UInt8]?
  }

  /// What a search in text asks of a token: no references to count.
  struct Match: Sendable {
    var id: UInt32
    var isSpecial: Bool
    var isSingleWord: Bool
    var stripsLeft: Bool
    var stripsRight: Bool
    var hasTwin: Bool
  }

  private(set) var tokens: [Token] = []
  /// One for each of `tokens`.
  private(set) var found: [Match] = []
  private var indexOfID: [UInt32: Int] = [:]
  private var ids: [[UInt8]: UInt32] = [:]
  /// Contents that are special.
  private(set) var specials: Set<[UInt8]> = []
  private(set) var raw: TokenMatcher
  private(set) var normalized: TokenMatcher

  /// `takesFirst`: of tokens where one begins with the other, the reference takes the one that its hash table has first.
  init(
    _ added: [AddedToken], hasFixedIDs: Bool, takesFirst: Bool = false, vocabulary: Vocabulary,
    normalizer: Normalizer?,
    source: String
  ) throws(Problem) {
    var next = UInt32(vocabulary.count)
    let space = NormalizerSpace()
    raw = TokenMatcher([])
    normalized = TokenMatcher([])
    var normalizedForms: [UInt32: [UInt8]] = [:]
    for token in added {
      guard !token.content.isEmpty else { continue }
      if let id = ids[token.content], let index = indexOfID[id],
        Self.isSame(tokens[index].token, token)
      {
        continue
      }
      let id: UInt32
      if hasFixedIDs, let fixed = token.id {
        id = fixed
      } else if let known = ids[token.content] ?? vocabulary.id(ofText: token.content) {
        id = known
      } else {
        id = next
        next += 1
      }
      guard id < Vocabulary.idLimit else {
        throw Problem(
          file: source, reason: "an added token has the id \(id)",
          remedy: "ids up to \(Vocabulary.idLimit - 1) are supported")
      }
      if token.isNormalized, let normalizer {
        let form = try Self.normalize(token.content, normalizer, space, source)
        if form != token.content { normalizedForms[id] = form }
      }
      ids[token.content] = id
      if token.isSpecial { specials.insert(token.content) }
      if let index = indexOfID[id], !hasFixedIDs {
        tokens[index].token = token
      } else {
        indexOfID[id] = tokens.count
        tokens.append(Token(id: id, token: token, normalized: nil))
      }
    }
    for index in tokens.indices { tokens[index].normalized = normalizedForms[tokens[index].id] }
    if takesFirst { findPrefixes() }
    raw = try matcher(isNormalized: false, source)
    normalized = try matcher(isNormalized: true, source)
    found = tokens.map { known in
      Match(
        id: known.id, isSpecial: specials.contains(known.token.content),
        isSingleWord: known.token.isSingleWord, stripsLeft: known.token.stripsLeft,
        stripsRight: known.token.stripsRight, hasTwin: known.twin != nil)
    }
  }

  /// Notes the tokens that begin with another one.
  private mutating func findPrefixes() {
    let order = tokens.indices.sorted {
      tokens[$0].token.content.lexicographicallyPrecedes(tokens[$1].token.content)
    }
    // The last token that is no continuation of one before it is a prefix of those that follow, or none is.
    var last: Int?
    for index in order {
      if let last, tokens[index].token.content.starts(with: tokens[last].token.content) {
        tokens[index].twin = tokens[last].token.content
      } else {
        last = index
      }
    }
  }

  private static func isSame(_ a: AddedToken, _ b: AddedToken) -> Bool {
    var b = b
    b.id = a.id
    return a == b
  }

  private static func normalize(
    _ content: [UInt8], _ normalizer: Normalizer, _ space: NormalizerSpace, _ source: String
  ) throws(Problem) -> [UInt8] {
    var text = AlignedText()
    unsafe content.withUnsafeBufferPointer { unsafe text.reset(to: $0, isTracking: false) }
    do {
      try normalizer.apply(to: &text, space: space)
    } catch {
      throw Problem(
        file: source,
        reason:
          "the added token \"\(String(decoding: content, as: UTF8.self))\" cannot be normalized: \(error.reason)",
        remedy: "use another tokenizer")
    }
    return text.bytes
  }

  private mutating func matcher(
    isNormalized: Bool, _ source: String
  ) throws(Problem) -> TokenMatcher {
    var texts: [(text: [UInt8], value: Int)] = []
    var seen: [[UInt8]: Int] = [:]
    for (index, token) in tokens.enumerated() where token.token.isNormalized == isNormalized {
      let text = isNormalized ? token.normalized ?? token.token.content : token.token.content
      let name = String(decoding: token.token.content, as: UTF8.self)
      // The reference cannot build its matcher either.
      guard !text.isEmpty else {
        throw Problem(
          file: source,
          reason: "nothing is left of the added token \"\(name)\" when it is normalized",
          remedy: "set its \"normalized\" to false")
      }
      if let other = seen.updateValue(index, forKey: text) {
        tokens[index].twin = tokens[other].token.content
      }
      texts.append((text, index))
    }
    return TokenMatcher(texts)
  }

  /// The id of a content; nil where it is not added.
  func id(of content: [UInt8]) -> UInt32? { ids[content] }

  /// The added token of an id.
  func token(of id: UInt32) -> Token? { indexOfID[id].map { tokens[$0] } }

  /// Whether an added token takes the white space behind it along; false for other ids.
  func stripsRight(_ id: UInt32) -> Bool { indexOfID[id].map { found[$0].stripsRight } ?? false }

  var highestID: UInt32? { tokens.map(\.id).max() }

  var isEmpty: Bool { tokens.isEmpty }
}
