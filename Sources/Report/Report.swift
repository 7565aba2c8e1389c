import Input
import InstructionFormat
import Masking
import Pipeline
import Problems
import ShardWriter
import Tokenizer

/// All that a page shows of a data set, or of some records: numbers of every sample, texts of some.
public struct Report: Sendable {
  /// What a listed sample is marked with; several together.
  public struct Marks: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let truncated = Marks(rawValue: 1)
    /// The token that ends its response was cut off.
    public static let lostEnd = Marks(rawValue: 2)
    /// Text of its record was left out by the template.
    public static let dropped = Marks(rawValue: 4)
    /// Other ids where texts are tokenized across the boundaries of what is learned, or apart where they were joint.
    public static let joint = Marks(rawValue: 8)
    /// Other text is learned the other way: see `Comparison`.
    public static let other = Marks(rawValue: 16)
  }

  public var title: String
  public var contextLength: Int
  public var statistics = DataSetStatistics()
  public var rejects = RejectExamples()
  /// Marks of `statistics.samples`; empty where the input could not be read again.
  public var marks: [Marks] = []
  /// Tokens by author, of the listed samples.
  public var authors = AuthorCounts()
  /// Some of `statistics.samples`, by index.
  public var views: [Int: SampleView] = [:]
  /// Encoded another way, where a comparison was asked for.
  public var comparison: Comparison?
  /// The same samples that way; a reason where there is none.
  var others: [Int: Result<SampleView, Comparison.ProblemText>] = [:]
  /// Why samples have no texts, where they have none.
  public var missing: Problem?

  public init(title: String, contextLength: Int) {
    self.title = title
    self.contextLength = contextLength
  }

  /// Reads the shards once, and the input once where it is still there. `listed`: samples to list at most.
  public init(
    _ data: DataSet, spec: RunSpec, tokenizer: BPETokenizer, listed: Int = 25_000,
    comparison: Comparison? = nil
  ) throws {
    self.init(title: data.folder, contextLength: data.contextLength)
    statistics = try DataSetStatistics(data, listed: listed)
    rejects = try RejectExamples(data)
    self.comparison = comparison
    do {
      try readRecords(
        with: RecordEncoder(spec: spec, encoder: tokenizer.makeEncoder()),
        SeamCheck(spec, tokenizer),
        tokenizer)
    } catch let problem as Problem {
      missing = problem
    }
  }
}
