/// How the text before a stretch ends: whether something is put in front of the stretch depends on it.
public enum TextEnding: Hashable, Sendable {
  /// There is no text before: the stretch begins one.
  case nothing
  case text
  /// An added token; `strips`: white space behind it is part of it.
  case addedToken(strips: Bool)
}

extension AddedVocabulary {
  /// How a text ends whose last token is this added one.
  func ending(with id: UInt32) -> TextEnding {
    .addedToken(strips: stripsRight(id))
  }
}
