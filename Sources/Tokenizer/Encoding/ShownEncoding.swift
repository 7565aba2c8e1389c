import Problems

/// The tokens of one text as they are shown: each with its text and its byte range.
public struct ShownEncoding: Sendable, Equatable {
  public var ids: [UInt32] = []
  /// The text of each token, as the reference of the format shows it.
  public var tokens: [[UInt8]] = []
  /// The byte range of each token in the text that was encoded.
  public var ranges: [Range<UInt32>] = []

  public init() {}
}

/// An added token that was found in a text.
struct AddedMatch: Sendable, Equatable {
  /// Which of the text's tokens it is.
  var index: Int
  /// What it matched, white space that it took along included, in normalized text where it is searched there.
  var text: [UInt8]
}

extension BPEEncoder {
  /// The tokens of `text`, well-formed UTF-8, as an encoding shows them. Specials of the post-processor are not added.
  /// `literal` and errors as for `encode`.
  public func encodeShown(
    _ text: UnsafeBufferPointer<UInt8>, literal: [Range<Int>] = []
  ) throws(Problem) -> ShownEncoding {
    var shown = ShownEncoding()
    unsafe try encode(text, literal: literal, into: &shown.ids, ranges: &shown.ranges)
    shown.tokens = shown.ids.map { tokenizer.shownByModel($0) ?? [] }
    for match in matches { shown.tokens[match.index] = match.text }
    return shown
  }
}
