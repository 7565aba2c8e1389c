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
  /// Why samples have no texts, where they have none.
  public var missing: Problem?

  /// Bytes of texts that a page holds.
  static let textBudget = 1_600_000

  public init(title: String, contextLength: Int) {
    self.title = title
    self.contextLength = contextLength
  }

  /// Reads the shards once, and the input once where it is still there. `listed`: samples to list at most.
  public init(_ data: DataSet, spec: RunSpec, tokenizer: BPETokenizer, listed: Int = 25_000) throws
  {
    self.init(title: data.folder, contextLength: data.contextLength)
    statistics = try DataSetStatistics(data, listed: listed)
    rejects = try RejectExamples(data)
    do {
      try readRecords(
        with: RecordEncoder(spec: spec, encoder: tokenizer.makeEncoder()), tokenizer)
    } catch let problem as Problem {
      missing = problem
    }
  }

  // MARK: - Texts

  /// Encodes the records of the listed samples again, for what shards do not keep: who wrote each token, what was cut.
  private mutating func readRecords(with encoder: RecordEncoder, _ tokenizer: BPETokenizer) throws {
    marks = Array(repeating: [], count: statistics.samples.count)
    let wanted = Set(samplesToShow())
    var room = Self.textBudget
    let bySource = Dictionary(
      grouping: statistics.samples.indices, by: { statistics.samples[$0].source })
    for (source, indices) in bySource.sorted(by: { $0.key < $1.key }) {
      // A record's samples stand together: one encoding serves them all.
      let byOffset = Dictionary(grouping: indices, by: { statistics.samples[$0].offset })
      let path = String(decoding: statistics.sources[source].name, as: UTF8.self)
      unsafe try RecordReader(InputFiles.resolve([path])).read { record, place in
        guard let offset = place.byteOffset, let samples = byOffset[offset] else { return true }
        unsafe try? encoder.encode(padded: record, traced: true) { sample, rendered, cut, number in
          for index in samples where statistics.samples[index].index == number {
            note(sample, rendered, cut, index)
            guard wanted.contains(index), statistics.samples[index].tokens == sample.tokens.count
            else { continue }
            let view = SampleView(
              sample, rendered, cut: cut, record: unsafe Array(record), tokenizer: tokenizer)
            guard view.size <= room else { continue }
            room -= view.size
            views[index] = view
          }
        }
        return true
      }
    }
  }

  mutating func note(
    _ sample: borrowing MaskedSample, _ rendered: borrowing RenderedRecord, _ cut: Truncation.Cut,
    _ index: Int
  ) {
    if cut.isCut { marks[index].insert(.truncated) }
    if cut.terminator { marks[index].insert(.lostEnd) }
    authors.add(sample, rendered)
  }

  /// The samples whose texts tell most: the longest, the shortest, those that learn least, and others evenly spread.
  private func samplesToShow() -> [Int] {
    let samples = statistics.samples
    let byLength = samples.indices.sorted { (samples[$0].tokens, $0) < (samples[$1].tokens, $1) }
    let byLearned = samples.indices.sorted { (samples[$0].learned, $0) < (samples[$1].learned, $1) }
    let spread = max(1, samples.count / 300)
    return byLength.suffix(60) + byLength.prefix(30) + byLearned.prefix(60)
      + stride(from: 0, to: samples.count, by: spread)
  }
}

extension SampleView {
  /// Bytes that it takes in a page, about.
  var size: Int {
    record.count + segments.reduce(0) { $0 + $1.text.count + $1.author.utf8.count + 40 }
      + tokens.reduce(0) { $0 + $1.text.count + 26 }
  }
}
