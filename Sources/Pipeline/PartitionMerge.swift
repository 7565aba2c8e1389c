import Problems
import ShardWriter

/// Joins the parts of a run, and asks of the whole what no part can tell: whether there are records, and whether each
/// option had something to act on.
public enum PartitionMerge {
  /// See `DataSetMerge.merge`.
  public static func merge(_ parts: [String], into output: String) throws(Problem) -> Manifest {
    try DataSetMerge.merge(parts, into: output) { whole throws(Problem) in
      try whole.totals.checkNotEmpty(Place())
      try RunSpec.asked(json: whole.spec.json).checkUnused(whole.totals)
    }
  }
}

extension Totals {
  /// Throws where the input, at `place`, has no record.
  func checkNotEmpty(_ place: Place) throws(Problem) {
    guard records == 0 else { return }
    throw Problem(
      .inputEmpty, place, reason: "there is no record in the input: no data set was written",
      remedy: "check that this is the file you meant")
  }
}
