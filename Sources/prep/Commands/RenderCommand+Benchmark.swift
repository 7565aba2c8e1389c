import InstructionFormat
import JSONText
import Pipeline
import Problems

extension RenderCommand {
  /// Renders all records several times in one thread, prints none of the texts, and says how long a first pass and the best one took:
  /// from a conversation in memory to its text and who wrote it, without reading, parsing and writing.
  func measure(_ samples: RecordSamples, passes: Int) throws {
    let parser = JSONParser()
    let clock = ContinuousClock()
    var text: [UInt8] = []
    var first: Double?
    var best = Double.infinity
    var (records, bytes, rejects) = (0, 0, 0)
    for _ in 0..<max(1, passes) {
      (records, bytes, rejects) = (0, 0, 0)
      var total = Duration.zero
      let tooLarge = { (_: Problem) in rejects += 1 }
      unsafe try forEachRecord(tooLarge: tooLarge) { line, _ in
        records += 1
        do throws(Problem) {
          unsafe try samples.read(parser.record(padded: line))
          let start = clock.now
          try samples.renderText(into: &text)
          total += clock.now - start
        } catch {
          rejects += 1
        }
        bytes += text.count
        text.removeAll(keepingCapacity: true)
      }
      let time = total / .seconds(1)
      first = first ?? time
      best = min(best, time)
    }
    var output = StandardOutput()
    let line =
      "{\"records\": \(records), \"rejects\": \(rejects), \"bytes\": \(bytes), "
      + "\"first_seconds\": \(first ?? 0), \"best_seconds\": \(best)}\n"
    try output.write(Array(line.utf8))
    try output.flush()
  }
}
