import Input
import JSONText
import Pipeline
import Tokenizer

extension EncodeCommand {
  /// Encodes all texts of --input several times in one thread, prints none of the ids, and says how long a first pass (with an empty cache) and
  /// the best one took: encoding only, without reading and writing.
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
      if first == nil { (first, steps) = (time, encoder.mergeSteps) }
      best = min(best, time)
    }
    var output = StandardOutput()
    let line =
      "{\"texts\": \(ends.count), \"bytes\": \(bytes.count), \"tokens\": \(tokens), "
      + "\"first_seconds\": \(first ?? 0), \"best_seconds\": \(best), "
      + "\"merge_steps\": \(steps)}\n"
    try output.write(Array(line.utf8))
    try output.flush()
  }
}
