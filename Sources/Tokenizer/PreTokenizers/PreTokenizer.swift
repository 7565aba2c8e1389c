import Patterns
import Problems

/// A pre-tokenizer of `tokenizer.json`: cuts pieces into smaller ones, and may rewrite the text.
/// The steps of a `Sequence` are applied one after another to the pieces that the one before left.
package struct PreTokenizer: Sendable {
  package let steps: [Step]

  package enum Step: Sendable {
    case byteLevel(addPrefixSpace: Bool, usesPattern: Bool)
    case split(TextPattern, SplitBehavior, invert: Bool)
    case digits(individual: Bool)
    case metaspace(replacement: UInt32, PrependScheme, splits: Bool)
    case punctuation(SplitBehavior)
    case whitespace
    case whitespaceSplit
    case bert
    case charDelimiter(UInt32)
    case unicodeScripts
    case fixedLength(Int)
  }

  /// Where `Metaspace` puts its character in front of a piece.
  package enum PrependScheme: String, Sendable {
    case always, first, never
  }

  package init(_ steps: [Step]) { self.steps = steps }

  /// Whether the pieces are bytes rather than characters to the model: some step is `ByteLevel`, and none after it puts in characters that
  /// are not of the byte alphabet. The vocabulary is then read through that alphabet, and the pieces hold plain bytes.
  package var isByteLevel: Bool {
    for step in steps.reversed() {
      switch step {
      case .byteLevel: return true
      case .metaspace: return false
      default: break
      }
    }
    return false
  }

  /// Whether a step asks where a piece lies in the original text (`Metaspace` with `first`).
  package var needsSpans: Bool {
    steps.contains { if case .metaspace(_, .first, _) = $0 { true } else { false } }
  }

  /// Cuts the pieces of `state` in place. Throws where a pattern reaches its bounds. Linear in the text,
  /// but for what a pattern itself takes.
  package func apply(to state: PreTokenization) throws(Problem) {
    var isMapped = false
    for (index, step) in steps.enumerated() {
      switch step {
      case .byteLevel(let addPrefixSpace, let usesPattern):
        if addPrefixSpace { state.prependSpaces() }
        if usesPattern, let pattern = TextPattern.gpt2 {
          try state.split(pattern, .isolated, invert: false)
        }
        if state.pieces.contains(where: { state.text.standsForNothing($0.lowerBound) }) {
          throw .rewritesNothing
        }
        if index < steps.count - 1 {
          state.mapToByteAlphabet()
          isMapped = true
        } else {
          return  // The pieces are the bytes that the alphabet would stand for.
        }
      case .split(let pattern, let behavior, let invert):
        try state.split(pattern, behavior, invert: invert)
      case .digits(let individual):
        state.split(individual ? .isolated : .contiguous) {
          ScalarClass($0).isAny(of: .numeric)
        }
      case .metaspace(let replacement, let scheme, let splits):
        state.replaceSpaces(by: replacement, scheme)
        if splits { state.split(.mergedWithNext) { $0 == replacement } }
      case .punctuation(let behavior):
        state.split(behavior) { ScalarClass($0).isAny(of: .splitPunctuation) }
      case .whitespace:
        state.splitWords()
      case .whitespaceSplit:
        state.split(.removed) { ScalarClass($0).isAny(of: .whitespace) }
      case .bert:
        state.split(.removed) { ScalarClass($0).isAny(of: .whitespace) }
        state.split(.isolated) { ScalarClass($0).isAny(of: .splitPunctuation) }
      case .charDelimiter(let delimiter):
        state.split(.removed) { $0 == delimiter }
      case .unicodeScripts:
        state.splitScripts()
      case .fixedLength(let length):
        state.splitEvery(length)
      }
    }
    if isMapped, isByteLevel { state.mapFromByteAlphabet() }
  }
}

extension TextPattern {
  /// The pattern that `ByteLevel` splits with (openai/gpt-2).
  package static let gpt2: TextPattern? = try? .regex(
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#)
}
