import Files
import Masking
import Problems
import ShardWriter

/// What the shards of a data set say of its samples: lengths, what is learned, what ends them, by source.
public struct DataSetStatistics: Sendable {
  /// The samples of one input file, or of all.
  public struct Part: Hashable, Sendable {
    public var name: [UInt8] = []
    /// Tokens of each sample.
    public var tokens = LengthCounts()
    /// Learned tokens of each sample.
    public var learned = LengthCounts()
    /// Records and what became of them; from the manifest.
    public var totals = Totals()
  }

  /// The last token of samples.
  public struct End: Hashable, Sendable {
    public var id: UInt32
    public var samples: Int
    /// Samples that learn it.
    public var learned: Int
  }

  /// One stored sample, or the part of it that a row holds.
  public struct Sample: Hashable, Sendable {
    /// Index of `sources`.
    public var source: Int
    /// From 1.
    public var line: Int
    /// In bytes (decompressed).
    public var offset: Int
    /// Which sample of its record.
    public var index: Int
    public var row: Int
    public var tokens: Int
    public var learned: Int
  }

  public var all = Part()
  /// In the order of the inputs.
  public var sources: [Part] = []
  /// The most frequent first.
  public var ends: [End] = []
  /// Evenly spread over the data set where it has more than were asked for; neighbours of a row stay together.
  public var samples: [Sample] = []

  public init() {}

  /// Reads every shard once. `listed`: samples to list at most, about. O(tokens), a frame in memory at a time.
  public init(_ data: DataSet, listed: Int) throws(Problem) {
    let manifest = data.manifest
    sources = manifest.inputs.map { input in
      var part = Part()
      part.name = input.file
      return part
    }
    // Every nth row is listed.
    let stride = max(1, Int(clamping: manifest.totals.samples) / max(1, listed))
    var ends: [UInt32: End] = [:]
    for (number, shard) in manifest.shards.enumerated() {
      let source = shard.source.input
      sources[source].totals += shard.totals
      let reader = try data.reader(number)
      var row = shard.firstRow
      for frame in reader.index.frames.indices {
        let rows = try reader.frame(frame)
        for index in rows.indices {
          add(rows, index, row: row, of: shard.source, isListed: row % stride == 0, &ends)
          row += 1
        }
      }
    }
    self.ends = Array(ends.values)
    finish()
  }

  private mutating func add(
    _ rows: borrowing Rows, _ index: Int, row: Int, of block: BlockSource, isListed: Bool,
    _ ends: inout [UInt32: End]
  ) {
    var run = rows.runRange(ofRow: index).lowerBound
    let lastRun = rows.runRange(ofRow: index).upperBound
    for number in rows.sampleRange(ofRow: index) {
      let range = rows.samples[number]
      var learned = 0
      var learnsEnd = false
      while run < lastRun, rows.runs[run].lowerBound < range.upperBound {
        learned += rows.runs[run].count
        learnsEnd = rows.runs[run].upperBound == range.upperBound
        run += 1
      }
      sources[block.input].tokens.add(range.count)
      sources[block.input].learned.add(learned)
      if let last = range.last {
        let id = rows.tokens[last]
        var end = ends[id] ?? End(id: id, samples: 0, learned: 0)
        end.samples += 1
        end.learned += learnsEnd ? 1 : 0
        ends[id] = end
      }
      guard isListed else { continue }
      let place = rows.places[number]
      samples.append(
        Sample(
          source: block.input, line: Int(block.firstLine) + Int(place.line),
          offset: Int(block.byteOffset) + Int(place.byteOffset), index: Int(place.sampleIndex),
          row: row, tokens: range.count, learned: learned))
    }
  }
}
