import Input
import Masking
import Pipeline
import Problems
import ShardWriter
import Tokenizer

extension Report {
  /// A report of single records, encoded now; texts of all of them as far as a page holds them. Records that cannot be
  /// encoded are counted as rejected, with their reason.
  public init(
    _ records: [RecordLocation.Record], title: String, encoder: RecordEncoder,
    tokenizer: BPETokenizer, comparison: Comparison? = nil
  ) {
    self.init(title: title, contextLength: encoder.spec.truncation.contextLength)
    self.comparison = comparison
    let otherEncoder = comparison?.makeEncoder()
    let seams = SeamCheck(encoder.spec, tokenizer)
    var room = Self.textBudget
    for record in records {
      let source = self.source(record.file)
      statistics.sources[source].totals.records += 1
      do throws(Problem) {
        if let problem = record.problem { throw Problem(.tooLarge, reason: problem) }
        let other = otherEncoder.flatMap { comparison?.encode(record.bytes, with: $0) }
        let isDropped = DroppedText(encoder)
        let first = statistics.samples.count
        var own: [[UInt32]] = []
        try encoder.encode(record.bytes) { sample, rendered, cut, number in
          own.append(sample.tokens)
          let view = SampleView(
            sample, rendered, cut: cut, record: record.bytes, tokenizer: tokenizer)
          keep(view, other, number, statistics.samples.count, &room)
          statistics.add(
            sample,
            DataSetStatistics.Sample(
              source: source, line: record.line, offset: record.offset, index: number,
              row: statistics.samples.count, tokens: sample.tokens.count,
              learned: sample.supervisedCount), cut: cut)
          marks.append([])
          note(sample, rendered, cut, marks.count - 1)
          compare(view, cut, other, number, marks.count - 1)
        }
        let isJoint = seams.differ(record.bytes, own)
        let hasDropped = isDropped.now(encoder, record.bytes)
        for index in first..<marks.count {
          if hasDropped { marks[index].insert(.dropped) }
          if isJoint { marks[index].insert(.joint) }
        }
        statistics.sources[source].totals.accepted += 1
      } catch {
        statistics.sources[source].totals.rejected[error.kind.rawValue, default: 0] += 1
        rejects.add(error, record)
      }
    }
    statistics.finish()
    statistics.all.totals.counters.merge(encoder.ledger.counters) { $1 }
  }

  /// The place of a file among the sources.
  private mutating func source(_ file: String) -> Int {
    let name = Array(file.utf8)
    if let last = statistics.sources.lastIndex(where: { $0.name == name }) { return last }
    var part = DataSetStatistics.Part()
    part.name = name
    statistics.sources.append(part)
    return statistics.sources.count - 1
  }
}

extension DataSetStatistics {
  /// Counts a sample that is a row of its own.
  mutating func add(_ encoded: borrowing MaskedSample, _ sample: Sample, cut: Truncation.Cut) {
    samples.append(sample)
    sources[sample.source].tokens.add(sample.tokens)
    sources[sample.source].learned.add(sample.learned)
    sources[sample.source].totals.rows += 1
    sources[sample.source].totals.samples += 1
    if cut.isCut { sources[sample.source].totals.truncated += 1 }
    if cut.terminator {
      sources[sample.source].totals.counters["terminators_cut", default: 0] += 1
    }
    guard let id = encoded.tokens.last else { return }
    let isLearned = encoded.runs.last?.upperBound == encoded.tokens.count
    if let place = ends.firstIndex(where: { $0.id == id }) {
      ends[place].samples += 1
      ends[place].learned += isLearned ? 1 : 0
    } else {
      ends.append(End(id: id, samples: 1, learned: isLearned ? 1 : 0))
    }
  }

  /// Sums the sources up.
  mutating func finish() {
    for part in sources {
      all.tokens += part.tokens
      all.learned += part.learned
      all.totals += part.totals
    }
    ends.sort { ($1.samples, $0.id) < ($0.samples, $1.id) }
  }
}

extension RejectExamples {
  mutating func add(_ problem: Problem, _ record: RecordLocation.Record) {
    let reason = problem.kind.rawValue
    let place: Int
    if let known = groups.firstIndex(where: { $0.reason == reason }) {
      place = known
    } else {
      place = groups.count
      groups.append(Group(reason: reason, count: 0, examples: []))
    }
    groups[place].count += 1
    guard groups[place].examples.count < Self.most else { return }
    groups[place].examples.append(
      Example(
        file: Array(record.file.utf8), line: record.line,
        message: Array(Surface.command.spell(problem.reason).utf8),
        remedy: Array(Surface.command.spell(problem.remedy).utf8),
        record: Array(record.bytes.prefix(Self.recordSize))))
  }
}
