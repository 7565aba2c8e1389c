import Masking
import Problems
import ShardWriter

/// The samples of a data set's rows with where they come from, and what is learned of each.
struct TracedSamples {
  struct Sample {
    var file: String
    /// From 1.
    var line: Int
    /// In bytes (decompressed).
    var offset: Int
    /// Which of its record's samples it is.
    var index: Int
    /// What is learned of it, as places in the record: `messages[3]`, `response`; nil where the input or the tokenizer is
    /// not where it was.
    var turns: [String]?
  }

  private let data: DataSet
  private let history: RowHistory?

  /// `tokenizer`: where it is now; nil for where the run found it, if it is still there.
  init(_ data: DataSet, tokenizer: String?) throws(Problem) {
    self.data = data
    let run =
      tokenizer == nil
      ? try? StoredRun(data.folder, tokenizer: nil)
      : try StoredRun(data.folder, tokenizer: tokenizer)
    history = run.map { RowHistory(spec: $0.spec, tokenizer: $0.tokenizer) }
  }

  /// The samples of a row, in their order.
  func samples(ofRow number: Int) throws(Problem) -> [Sample] {
    let row = try data.row(number)
    let places = try data.places(ofRow: number)
    let shown = ShownRow(
      row: row,
      places: places.map {
        ShownRow.Place(
          file: String(decoding: $0.file, as: UTF8.self), line: Int(clamping: $0.line),
          offset: Int(clamping: $0.offset))
      }, contextLength: data.contextLength, padID: data.padID)
    let origins =
      history?.origins(of: shown, samples: places.map { Int($0.sampleIndex) }) ?? []
    let ranges = row.samples
    let learned: [UInt8] = row.column(.lossMask())
    return places.indices.map { index in
      let place = shown.places[index]
      let turns =
        origins.isEmpty
        ? nil
        : Self.turns(ranges[index].filter { learned[$0] == 1 }.map { origins[$0].author })
      return Sample(
        file: place.file, line: place.line, offset: place.offset,
        index: Int(places[index].sampleIndex), turns: turns)
    }
  }

  /// The turns of authors, each once in their order: `messages[3].content` is of `messages[3]`. What the template wrote, such
  /// as a terminator, is of the turn before it.
  private static func turns(_ authors: [String]) -> [String] {
    var turns: [String] = []
    for author in authors where author != "template" && !author.hasSuffix("token") {
      let turn = author.firstIndex(of: "]").map { String(author[...$0]) } ?? author
      if turns.last != turn { turns.append(turn) }
    }
    return turns
  }
}
