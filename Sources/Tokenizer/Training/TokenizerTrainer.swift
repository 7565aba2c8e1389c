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
  private let cutting: TextPattern

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
    do throws(Problem) {
      let known = self.pattern == nil ? TextPattern.gpt2 : nil
      cutting = if let known { known } else { try .regex(text) }
    } catch {
      throw error.at(file: "\(OptionName.pattern)")
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
    private let cutting: TextPattern
    private let space = MatchSpace()

    fileprivate init(_ cutting: TextPattern) { self.cutting = cutting }

    /// Counts the pieces of one text, which must be UTF-8. O(bytes), and no memory but for new pieces.
    public func add(_ text: UnsafeBufferPointer<UInt8>) throws(Problem) {
      do throws(Problem) {
        unsafe try cutting.forEachIsolated(in: text, space: space) { piece in
          unsafe counts.pieces.add(UnsafeBufferPointer(rebasing: text[piece]))
        }
      } catch {
        throw error.at(file: "\(OptionName.pattern)")
      }
    }
  }

  public func makeCounter() -> Counter { Counter(cutting) }

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
