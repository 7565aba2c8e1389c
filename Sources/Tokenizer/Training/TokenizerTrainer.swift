import JSONText
import Patterns
import Problems

/// Trains a byte-level BPE tokenizer and writes it as `tokenizer.json`.
///
/// Give each worker a `Counter`, join their `counts`, then `train`. The result depends on the texts alone, not on how they
/// were shared out, and equals that of `tokenizers`' `BpeTrainer` (0.23) with the byte alphabet as initial alphabet.
public struct TokenizerTrainer: Sendable {
  /// Ids of the vocabulary to reach, special tokens and the 256 bytes included.
  public let vocabularySize: Int
  /// A pair of tokens that occurs less often is not merged.
  public let minimumFrequency: Int
  /// Get the first ids, in this order.
  public let specialTokens: [[UInt8]]
  /// The regular expression that cuts texts into pieces; nil: GPT-2's, built into `ByteLevel`.
  let pattern: String?
  private let preTokenizer: PreTokenizer

  /// `pattern`: a name (`G`, `C`, `K`, `O`, `gpt2`, `cl100k`, `llama3`, `o200k`, `qwen`, `kimi`) or a regular expression.
  public init(
    pattern: String = "gpt2", vocabularySize: Int, minimumFrequency: Int = 2,
    specialTokens: [[UInt8]] = []
  ) throws(Problem) {
    let text = RankPattern.named(pattern)
    self.pattern = text == RankPattern.gpt2 ? nil : text
    self.vocabularySize = vocabularySize
    self.minimumFrequency = minimumFrequency
    self.specialTokens = specialTokens
    if self.pattern == nil {
      preTokenizer = PreTokenizer([.byteLevel(addPrefixSpace: false, usesPattern: true)])
    } else {
      do {
        preTokenizer = PreTokenizer([
          .split(try .regex(text), .isolated, invert: false),
          .byteLevel(addPrefixSpace: false, usesPattern: false),
        ])
      } catch {
        throw error.at(file: "\(OptionName.pattern)")
      }
    }
    guard vocabularySize >= 256 + specialTokens.count else {
      throw Problem(
        file: "\(OptionName.vocabSize)",
        reason:
          "\(vocabularySize) is less than 256 bytes and \(specialTokens.count) special tokens",
        remedy: "give at least \(256 + specialTokens.count)")
    }
  }

  /// What was counted: distinct pieces and how often each occurred.
  public struct Counts: Sendable {
    var pieces = PieceCounts()

    public init() {}

    public mutating func merge(_ other: Counts) { pieces.merge(other.pieces) }

    public var distinctPieces: Int { pieces.pieces.count }
  }

  /// Cuts texts and counts their pieces. One a worker.
  public final class Counter {
    public private(set) var counts = Counts()
    private let preTokenizer: PreTokenizer
    private let state = PreTokenization()
    private var text = AlignedText()

    fileprivate init(_ preTokenizer: PreTokenizer) { self.preTokenizer = preTokenizer }

    /// Counts the pieces of one text, which must be UTF-8. O(bytes).
    public func add(_ text: UnsafeBufferPointer<UInt8>) throws(Problem) {
      unsafe self.text.reset(to: text, isTracking: false)
      state.reset(to: &self.text)
      do {
        try preTokenizer.apply(to: state)
      } catch {
        throw error.at(file: "\(OptionName.pattern)")
      }
      unsafe state.text.bytes.withUnsafeBufferPointer { bytes in
        for piece in state.pieces {
          unsafe counts.pieces.add(UnsafeBufferPointer(rebasing: bytes[piece]))
        }
      }
    }
  }

  public func makeCounter() -> Counter { Counter(preTokenizer) }

  /// What training gave.
  public struct Result: Sendable {
    /// The `tokenizer.json`.
    public let json: [UInt8]
    public let tokens: Int
    public let merges: Int
  }

  /// Learns the merges. O(bytes of distinct pieces × log).
  public func train(_ counts: Counts) -> Result {
    let trainer = BPETrainer(
      vocabularySize: vocabularySize, minimumFrequency: minimumFrequency,
      specialTokens: specialTokens)
    let vocabulary = trainer.train(counts.pieces)
    return Result(
      json: json(of: vocabulary), tokens: vocabulary.tokens.count, merges: vocabulary.merges.count)
  }
}
