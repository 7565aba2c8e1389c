import Files
import Problems

/// What every shard of a data set has in common: the spec of the run, and what a reader needs of it.
public struct ShardSpec: Hashable, Sendable {
  /// The spec as JSON, UTF-8; two runs are the same exactly if these bytes are.
  public var json: [UInt8]
  /// Tokens of a padded row.
  public var contextLength: Int
  /// Id that fills a row up to the context length.
  public var padID: UInt32
  /// Highest token id + 1.
  public var idCount: Int
  /// Samples of a packed row begin at multiples of this; 1 where they adjoin.
  public var sampleAlignment: Int
  /// XXH3 of `json`.
  public let digest: Digest128

  public init(
    json: [UInt8], contextLength: Int, padID: UInt32, idCount: Int, sampleAlignment: Int = 1
  ) {
    self.json = json
    self.contextLength = contextLength
    self.padID = padID
    self.idCount = idCount
    self.sampleAlignment = sampleAlignment
    digest = Digest128(of: json)
  }
}

/// What became of the records of a block, or of a whole run.
/// `records` = `accepted` + the sum of `rejected`.
public struct Totals: Hashable, Sendable {
  public var records: UInt64 = 0
  /// Records that gave samples.
  public var accepted: UInt64 = 0
  /// Records that did not, by reason: faults, and what lengths leave out.
  public var rejected: [String: UInt64] = [:]
  public var samples: UInt64 = 0
  /// Samples that were cut to fit.
  public var truncated: UInt64 = 0
  /// Rows, tokens (unpadded) and supervised tokens; `ShardFileWriter` counts them.
  public var rows: UInt64 = 0
  public var tokens: UInt64 = 0
  public var supervisedTokens: UInt64 = 0
  /// Other counts worth keeping, by name (such as `truncated.prompt`); they add up over blocks.
  public var counters: [String: UInt64] = [:]

  public init() {}

  /// Of `rejected`, those that are at fault themselves.
  public var faults: [String: UInt64] { rejected.filter { !Self.isLeftOut($0.key) } }
  /// Of `rejected`, those that the user's own lengths and filters leave out: no fault of theirs.
  public var leftOut: [String: UInt64] { rejected.filter { Self.isLeftOut($0.key) } }

  /// Records that did not give samples, whatever the reason.
  public var rejectedCount: UInt64 { rejected.values.reduce(0, &+) }
  public var faultCount: UInt64 { faults.values.reduce(0, &+) }
  public var leftOutCount: UInt64 { leftOut.values.reduce(0, &+) }

  private static func isLeftOut(_ reason: String) -> Bool {
    Problem.Kind(rawValue: reason)?.isLeftOut ?? false
  }

  /// Adds the totals of another block.
  public static func += (sum: inout Totals, other: Totals) {
    sum.records &+= other.records
    sum.accepted &+= other.accepted
    sum.rejected.merge(other.rejected) { $0 &+ $1 }
    sum.samples &+= other.samples
    sum.truncated &+= other.truncated
    sum.rows &+= other.rows
    sum.tokens &+= other.tokens
    sum.supervisedTokens &+= other.supervisedTokens
    sum.counters.merge(other.counters) { $0 &+ $1 }
  }
}
