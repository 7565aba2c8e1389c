/// A token that is found in text before anything else is done to it, `AddedToken` of `tokenizers`.
public struct AddedToken: Sendable, Hashable {
  /// UTF-8, as the file has it.
  public var content: [UInt8]
  /// Left out by a decode that skips specials; plain text inside `literal` ranges.
  public var isSpecial: Bool
  /// Takes the white space before it along.
  public var stripsLeft: Bool
  /// Takes the white space after it along.
  public var stripsRight: Bool
  /// Not found next to a word character.
  public var isSingleWord: Bool
  /// Searched, in its normalized form, in normalized text.
  public var isNormalized: Bool
  /// The id that the file states. Only a hint: a vocabulary entry of the same text, or the next free id, wins,
  /// unless the definition says that ids are fixed.
  public var id: UInt32?

  public init(
    content: [UInt8], id: UInt32? = nil, isSpecial: Bool = false, stripsLeft: Bool = false,
    stripsRight: Bool = false, isSingleWord: Bool = false, isNormalized: Bool = true
  ) {
    self.content = content
    self.id = id
    self.isSpecial = isSpecial
    self.stripsLeft = stripsLeft
    self.stripsRight = stripsRight
    self.isSingleWord = isSingleWord
    self.isNormalized = isNormalized
  }
}
