import Input
import JSONText
import Pipeline
import Tokenizer

extension EncodeCommand {
  /// Encodes all texts of --input several times in one thread, prints none of the ids, and says how long a first pass (with an empty cache) and
  /// the best one took: encoding only, without reading and writing. Of the first pass it counts pieces and what became of them, and says how many
  /// nanoseconds a byte go to cutting, to looking pieces up (what the best pass takes beyond cutting) and to merging (what the first pass
  /// takes beyond the best); zero pieces where the pattern is no known one.
  func measure(_ tokenizer: BPETokenizer, input: String, passes: Int) throws {
    var bytes: [UInt8] = []
    var ends: [Int] = []
    unsafe try RecordReader(input).forEachText(of: field) { text in
      unsafe bytes.append(contentsOf: text)
      ends.append(bytes.count)
    }
    let encoder = tokenizer.makeEncoder()
    let clock = ContinuousClock()
    var ids: [UInt32] = []
    var tokens = 0
    var first: Double?
    var best = Double.infinity
    /// Of the first pass: later ones find much in the cache.
    var steps = 0
    var counts = encoder.counts
    for _ in 0..<max(1, passes) {
      tokens = 0
      let duration = try clock.measure {
        try unsafe bytes.withUnsafeBufferPointer { buffer in
          var start = 0
          for end in ends {
            ids.removeAll(keepingCapacity: true)
            unsafe try encoder.encode(
              UnsafeBufferPointer(rebasing: buffer[start..<end]), into: &ids)
            tokens += ids.count
            start = end
          }
        }
      }
      let time = duration / .seconds(1)
      if first == nil { (first, steps, counts) = (time, encoder.mergeSteps, encoder.counts) }
      best = min(best, time)
    }
    var pieces = 0
    var cutting = Double.infinity
    for _ in 0..<max(1, passes) {
      pieces = 0
      let duration = clock.measure {
        unsafe bytes.withUnsafeBufferPointer { buffer in
          var start = 0
          for end in ends {
            pieces +=
              unsafe encoder.countPieces(
                of: UnsafeBufferPointer(rebasing: buffer[start..<end])) ?? 0
            start = end
          }
        }
      }
      cutting = min(cutting, duration / .seconds(1))
    }
    let nanoseconds = 1e9 / Double(max(1, bytes.count))
    let members: [(String, String)] = [
      ("texts", "\(ends.count)"), ("bytes", "\(bytes.count)"), ("tokens", "\(tokens)"),
      ("first_seconds", "\(first ?? 0)"), ("best_seconds", "\(best)"),
      ("pieces", "\(pieces)"),
      ("hits", "\(max(0, pieces - counts.misses - counts.longHits))"),
      ("long_hits", "\(counts.longHits)"), ("misses", "\(counts.misses)"),
      ("merge_steps", "\(steps)"), ("cut_ns", "\(cutting * nanoseconds)"),
      ("look_up_ns", "\((best - cutting) * nanoseconds)"),
      ("merge_ns", "\(((first ?? 0) - best) * nanoseconds)"),
    ]
    var output = StandardOutput()
    let line = "{" + members.map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}\n"
    try output.write(Array(line.utf8))
    try output.flush()
  }
}
