import Files
import Masking
import Problems
import ShardWriter

/// A sample and where it comes from and lies, to be compared with another of the same place.
public struct PlacedSample: Equatable, Sendable {
  /// Where its record stands.
  public struct Source: Hashable, Comparable, Sendable {
    /// Place of the input file among those that are compared.
    public var input: Int
    /// In bytes (decompressed).
    public var offset: UInt64
    /// Which of its record's samples it is.
    public var index: UInt32

    public static func < (one: Self, other: Self) -> Bool {
      (one.input, one.offset, one.index) < (other.input, other.offset, other.index)
    }
  }

  public var source: Source
  /// From 1.
  public var line: UInt64
  public var tokens: [UInt32]
  /// Supervised runs, counted from the first token.
  public var runs: [Range<Int>]
  /// One a run.
  public var weights: [Float]
  /// The row that it lies in, or begins in; nil where it is not stored.
  public var row: Int?
  /// Where it lies among packed samples: what comes before it in its row, and the places where parts of it were cut. Empty
  /// where it begins a row and is whole.
  var neighbours: [Source] = []

  public init(
    source: Source, line: UInt64, tokens: [UInt32], runs: [Range<Int>], weights: [Float],
    row: Int? = nil
  ) {
    self.source = source
    self.line = line
    self.tokens = tokens
    self.runs = runs
    self.weights = weights
    self.row = row
  }

  /// Whether each token is learned, with its weight; 0 where it is not.
  public var tokenWeights: [Float] {
    var found = [Float](repeating: 0, count: tokens.count)
    for (run, weight) in zip(runs, weights) { for token in run { found[token] = weight } }
    return found
  }

  /// Appends the part of the sample that another row holds.
  mutating func append(_ part: PlacedSample) {
    runs += part.runs.map { $0.lowerBound + tokens.count..<$0.upperBound + tokens.count }
    weights += part.weights
    tokens += part.tokens
    // That it was cut, and what it was put behind.
    neighbours += [source] + part.neighbours
  }
}

/// The samples of a data set in the order of their places: packing mixes them within a block, and this undoes it. The
/// parts of a split sample are joined. Memory: the samples of one shard.
struct PlacedSamples {
  private let data: DataSet
  /// Place of each input file of the data set among those that are compared.
  private let inputs: [Int]
  /// Its shards in that order.
  private let shards: [Int]
  private var shard = 0
  private var samples: ArraySlice<PlacedSample> = []

  init(_ data: DataSet, inputs: [Int]) {
    self.data = data
    self.inputs = inputs
    let blocks = data.manifest.shards.map { (inputs[$0.source.input], $0.source.block) }
    shards = blocks.indices.sorted { blocks[$0] < blocks[$1] }
  }

  /// The next sample; nil behind the last.
  mutating func next() throws(Problem) -> PlacedSample? {
    while samples.isEmpty {
      guard shard < shards.count else { return nil }
      samples = try read(shards[shard])[...]
      shard += 1
    }
    return samples.removeFirst()
  }

  private func read(_ number: Int) throws(Problem) -> [PlacedSample] {
    let reader = try data.reader(number)
    let source = reader.header.source
    var found: [PlacedSample] = []
    var row = data.manifest.shards[number].firstRow
    for frame in reader.index.frames.indices {
      let rows = try reader.frame(frame)
      for index in rows.indices {
        var before: [PlacedSample.Source] = []
        for sample in rows.sampleRange(ofRow: index) {
          var placed = Self.sample(
            sample, ofRow: index, rows, input: inputs[source.input], source)
          placed.row = row
          placed.neighbours = before
          before = [placed.source]
          found.append(placed)
        }
        row += 1
      }
    }
    // Parts of one sample stay in the order of rows.
    let order = found.indices.sorted { (found[$0].source, $0) < (found[$1].source, $1) }
    var joined: [PlacedSample] = []
    for index in order {
      if joined.last?.source == found[index].source {
        joined[joined.count - 1].append(found[index])
      } else {
        joined.append(found[index])
      }
    }
    return joined
  }

  private static func sample(
    _ sample: Int, ofRow row: Int, _ rows: Rows, input: Int, _ source: BlockSource
  ) -> PlacedSample {
    let range = rows.samples[sample]
    let place = rows.places[sample]
    let inside = rows.runRange(ofRow: row).filter {
      range.contains(rows.runs[$0].lowerBound)
    }
    return PlacedSample(
      source: PlacedSample.Source(
        input: input, offset: source.byteOffset + UInt64(place.byteOffset),
        index: place.sampleIndex), line: source.firstLine + UInt64(place.line),
      tokens: Array(rows.tokens[range]),
      runs: inside.map {
        rows.runs[$0].lowerBound - range.lowerBound..<rows.runs[$0].upperBound - range.lowerBound
      }, weights: inside.map { rows.weights.isEmpty ? 1 : rows.weights[$0] })
  }
}
