import Masking
import ShardWriter

/// Rows with their segments and supervised runs as positions in one array of tokens.
protocol RowColumns {
  /// Token ids of all rows, one after the other.
  var tokens: [UInt32] { get }
  /// Row `r` has tokens `rowStarts[r]..<rowStarts[r + 1]`.
  var rowStarts: [UInt32] { get }
  /// Row `r` has segments `segmentStarts[r]..<segmentStarts[r + 1]`.
  var segmentStarts: [UInt32] { get }
  /// Tokens of each segment. Between them lies alignment padding only.
  var segments: [Range<UInt32>] { get }
  /// Row `r` has runs `runStarts[r]..<runStarts[r + 1]`.
  var runStarts: [UInt32] { get }
  var runs: [Range<UInt32>] { get }
  /// Loss weight of each run; empty when every weight is 1.
  var runWeights: [Float] { get }
}

extension DecodedFrame: RowColumns {}

extension RowColumns {
  func range(of row: Int) -> Range<Int> {
    Int(rowStarts[row])..<Int(rowStarts[row + 1])
  }

  func segmentRange(of row: Int) -> Range<Int> {
    Int(segmentStarts[row])..<Int(segmentStarts[row + 1])
  }

  func runRange(of row: Int) -> Range<Int> {
    Int(runStarts[row])..<Int(runStarts[row + 1])
  }
}
