import Files
import JSONText
import Masking
import Problems
import ShardWriter

/// What llm-foundry's `StreamingFinetuningDataset` reads as tokenized: MDS with one column, `turns`, a JSON list of
/// `{"input_ids", "labels"}`. Its collator joins them all, and with `target_prompts: none` and `target_responses: all`
/// it learns the labels: so each turn is what lies before a supervised run, and the run.
///
/// A sample is one of theirs, also where rows are packed; tokens behind its last run are left out, as nothing that is
/// learned sees them. A sample's first token is never learned, as nothing comes before it.
/// Format: mosaicml/llm-foundry 0.22, `llmfoundry/data/finetuning/tasks.py` and `collator.py`.
final class TurnsExporter: Exporter {
  private let folder: MDSFolder
  private var ids: [Int32] = []

  init(folder: String, schema: ExportSchema) throws(Problem) {
    self.folder = try MDSFolder(
      folder, columns: [MDSFolder.Column(name: "turns", encoding: "json", size: nil)],
      level: schema.level, sizeLimit: schema.fileSize)
  }

  func append(_ row: Int, of rows: Rows, at _: ExportPlace) throws(Problem) {
    let start = rows.tokenRange(ofRow: row).lowerBound
    ids.removeAll(keepingCapacity: true)
    ids.append(zeros: rows.tokenRange(ofRow: row).count) {
      rows.fill(row, .inputIDs(pad: 0), into: &$0)
    }
    var runs = rows.runs[rows.runRange(ofRow: row)]
    for sample in rows.samples[rows.sampleRange(ofRow: row)] {
      let inside = runs.prefix { $0.upperBound <= sample.upperBound }
      runs = runs.dropFirst(inside.count)
      let learned = Self.joined(inside, in: sample)
      guard !learned.isEmpty else {
        throw Problem(
          kind: .unusable,
          reason: "a sample with nothing to learn cannot be written for llm-foundry",
          remedy: "choose another \(OptionName.loss)")
      }
      var writer = JSONWriter()
      var place = sample.lowerBound
      writer.beginArray()
      for run in learned {
        writer.beginObject()
        writer.key("input_ids")
        writer.ints(ids[place - start..<run.lowerBound - start])
        writer.key("labels")
        writer.ints(ids[run.lowerBound - start..<run.upperBound - start])
        writer.endObject()
        place = run.upperBound
      }
      writer.endArray()
      try folder.append { sample in
        sample.append(little: UInt32(writer.bytes.count))
        sample += writer.bytes
      }
    }
  }

  /// The runs of a sample less its first token, those that adjoin as one.
  private static func joined(
    _ runs: ArraySlice<Range<Int>>, in sample: Range<Int>
  ) -> [Range<Int>] {
    var joined: [Range<Int>] = []
    for run in runs {
      let start = max(run.lowerBound, sample.lowerBound + 1)
      guard start < run.upperBound else { continue }
      if let last = joined.last, last.upperBound == start {
        joined[joined.count - 1] = last.lowerBound..<run.upperBound
      } else {
        joined.append(start..<run.upperBound)
      }
    }
    return joined
  }

  func finish() throws(Problem) { try folder.finish() }
}
