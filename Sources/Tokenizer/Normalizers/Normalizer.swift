import Patterns
import Problems

/// A normalizer of `tokenizer.json`: rewrites a text before it is cut, and keeps where each byte comes from. The steps of a
/// `Sequence` are applied one after another.
package struct Normalizer: Sendable {
  package let steps: [Step]

  package enum Step: Sendable {
    case form(NormalForm)
    case lowercase
    case strip(left: Bool, right: Bool)
    case stripAccents
    case prepend([UInt8])
    case replace(TextPattern, by: [UInt8])
    case nmt
    case byteLevel
    case bert(Bert)
  }

  /// The switches of `BertNormalizer`.
  package struct Bert: Sendable, Equatable {
    package var cleanText: Bool
    package var handleChineseCharacters: Bool
    package var stripAccents: Bool
    package var lowercase: Bool

    package init(
      cleanText: Bool, handleChineseCharacters: Bool, stripAccents: Bool, lowercase: Bool
    ) {
      self.cleanText = cleanText
      self.handleChineseCharacters = handleChineseCharacters
      self.stripAccents = stripAccents
      self.lowercase = lowercase
    }
  }

  package init(_ steps: [Step]) { self.steps = steps }

  /// Whether the text must keep its spans, even where nobody asks for byte ranges: a pattern may match nothing.
  package var needsSpans: Bool {
    steps.contains { if case .replace(.compiled, _) = $0 { true } else { false } }
  }

  /// Rewrites `text` in place. A step that changes nothing costs one pass over it. `continues`: the text goes on from
  /// an earlier one, and nothing is put in front of it. Throws where a pattern reaches its bounds, and where the text would
  /// grow beyond 8 times its length and 8 MiB.
  package func apply(
    to text: inout AlignedText, continues: Bool = false, space: NormalizerSpace
  ) throws(Problem) {
    space.maximumBytes = max(1 << 23, 8 * text.bytes.count)
    for step in steps {
      try step.apply(to: &text, continues: continues, space: space)
      guard text.bytes.count <= space.maximumBytes else { throw .growsTooMuch }
    }
  }
}

/// What one worker reuses between texts while it normalizes.
package final class NormalizerSpace {
  let matching: MatchSpace
  private var spare = AlignedText()
  var matches: [Range<Int>] = []
  /// What the text that is being normalized may grow to.
  var maximumBytes = 1 << 23

  package init(matching: MatchSpace = MatchSpace()) { self.matching = matching }

  /// Rewrites `text`: `body` writes all of the new one.
  func rewrite(_ text: inout AlignedText, _ body: (inout TextRewriter) -> Void) {
    var source = AlignedText()
    var storage = AlignedText()
    swap(&source, &text)
    swap(&storage, &spare)
    var rewriter = TextRewriter(consume source, storage: consume storage)
    body(&rewriter)
    (text, spare) = rewriter.finish()
  }

  /// Rewrites `text` scalar by scalar where `changes` holds for one; else leaves it alone.
  func rewriteScalars(
    _ text: inout AlignedText, where changes: (UInt32) -> Bool,
    _ body: (UInt32, inout TextRewriter) -> Void
  ) {
    var index = 0
    while index < text.bytes.count {
      let scalar = text.bytes.scalar(at: index)
      if changes(scalar.value) { break }
      index += scalar.length
    }
    guard index < text.bytes.count else { return }
    rewrite(&text) { rewriter in
      while index < rewriter.source.bytes.count {
        let scalar = rewriter.source.bytes.scalar(at: index)
        if changes(scalar.value) {
          rewriter.copy(to: index)
          body(scalar.value, &rewriter)
        }
        index += scalar.length
      }
      rewriter.copy(to: index)
    }
  }
}
