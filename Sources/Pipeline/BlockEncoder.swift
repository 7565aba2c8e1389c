import Files
import Input
import InstructionFormat
import Masking
import Problems
import ShardWriter
import Tokenizer

/// Block → shard: all records of a block, in order, as rows, rejects and counts. One a worker.
final class BlockEncoder {
  private let spec: RunSpec
  private let records: RecordEncoder
  private var rows = Rows()

  init(spec: RunSpec, encoder: any TextEncoder) {
    self.spec = spec
    records = RecordEncoder(spec: spec, encoder: encoder)
  }

  /// What a block gave.
  struct Result {
    var rows: Rows
    var totals = Totals()
    var rejects: RejectLines
  }

  /// Encodes a block. Throws only where the run asks for it (`--truncate error`).
  func encode(_ block: Block) throws(Problem) -> Result {
    rows.removeAll()
    var totals = Totals()
    var counts = Counts(spec.truncation)
    var kinds = KindCounts()
    let source = block.source
    var rejects = RejectLines(file: source.file, level: Int32(clamping: spec.level))
    records.ledger = Ledger()
    let dropped = records.droppedBytes
    let bytes = unsafe block.bytes
    var cursor = RecordCursor(block)
    while let place = cursor.next() {
      totals.records += 1
      do throws(Problem) {
        let text = unsafe UnsafeBufferPointer(rebasing: bytes[place.start..<place.end])
        unsafe try records.encode(padded: text) { sample, _, cut, index in
          rows.append(
            sample,
            place: SamplePlace(
              line: UInt32(truncatingIfNeeded: place.line),
              byteOffset: UInt32(truncatingIfNeeded: place.start), sampleIndex: UInt32(index)))
          totals.samples += 1
          counts.stored.add(sample.classes)
          if spec.truncation.dependsOnPrompt { counts.whole.add(records.wholeClasses) }
          counts.add(cut, length: records.lastLength, straddles: sample.straddles)
          kinds.add(sample, cut, of: records.kind)
        }
        totals.accepted += 1
        counts.add(records.notes)
        kinds.accept(records.kind)
      } catch {
        kinds.refuse(records.kind, isLeftOut: error.kind.isLeftOut)
        let line = source.firstLine + UInt64(place.line)
        if error.kind.isOfLength { counts.leftOut(records.lastLength) }
        if error.kind == .tooLong, spec.truncation.policy == .error {
          throw error.at(file: String(decoding: source.file, as: UTF8.self), line: Int(line))
        }
        try rejects.append(
          Reject(
            line: line, offset: source.byteOffset + UInt64(place.start),
            reason: error.kind.rawValue, field: error.field,
            message: Self.message(error.reason, block.rowPlace(line: line)),
            remedy: Surface.command.spell(error.remedy),
            record: unsafe Array(bytes[place.start..<place.end].prefix(1 << 20))))
      }
    }
    for problem in block.problems {
      totals.records += 1
      try rejects.append(
        Reject(
          line: source.firstLine + UInt64(problem.line),
          offset: source.byteOffset + UInt64(problem.start), reason: problem.kind.rawValue,
          message: Self.message(
            problem.reason, block.rowPlace(line: source.firstLine + UInt64(problem.line))),
          remedy: Surface.command.spell(problem.remedy), record: problem.head))
    }
    counts.droppedBytes = UInt64(records.droppedBytes - dropped)
    totals.truncated = counts.truncated
    totals.counters = counts.named.merging(kinds.counters) { $1 }
      .merging(records.ledger.counters) { $1 }.merging(counts.acted.named(words: spec.givenWords)) {
        $1
      }
    return Result(rows: spec.packed(rows), totals: totals, rejects: rejects)
  }

  private static func message(_ reason: String, _ row: String) -> String {
    Surface.command.spell(reason) + (row.isEmpty ? "" : ", in \(row)")
  }

  /// Counts beside the totals that shards know.
  private struct Counts {
    var truncated: UInt64 = 0
    var prompts: UInt64 = 0
    var responses: UInt64 = 0
    var terminators: UInt64 = 0
    var tokens: UInt64 = 0
    var exchanges: UInt64 = 0
    var straddles: UInt64 = 0
    var droppedTurns: UInt64 = 0
    var decodedArguments: UInt64 = 0
    var systemsAdded: UInt64 = 0
    var droppedBytes: UInt64 = 0
    var severalAnswers: UInt64 = 0
    var acted = ActedOn()
    var ways: [RecordSamples.Way: UInt64] = [:]
    var stored = LearnableClasses()
    var whole = LearnableClasses()

    mutating func add(_ notes: RecordNotes) {
      ways[notes.way, default: 0] += 1
      acted.add(notes.mark)
      droppedTurns += UInt64(notes.droppedTurns)
      decodedArguments += UInt64(notes.decodedArguments)
      if notes.hasAddedSystem { systemsAdded += 1 }
      if notes.hasSeveralAnswers { severalAnswers += 1 }
    }

    /// Samples that do not fit, by the length that they need.
    var needed: [String: UInt64] = [:]

    /// Whether the context length alone decides what fits: only then it can be advised.
    let isOfContext: Bool

    init(_ truncation: Truncation) {
      isOfContext =
        truncation.promptLength == nil && truncation.responseLength == nil
        && truncation.policy != .oldestTurns
    }

    mutating func leftOut(_ length: Int) {
      if isOfContext { needed[NeededLength.key(length), default: 0] += 1 }
    }

    mutating func add(_ cut: Truncation.Cut, length: Int, straddles: Int) {
      self.straddles += UInt64(straddles)
      guard cut.isCut else { return }
      leftOut(length)
      truncated += 1
      if cut.promptTokens > 0 { prompts += 1 }
      if cut.responseTokens > 0 { responses += 1 }
      if cut.terminator { terminators += 1 }
      exchanges += UInt64(cut.exchanges)
      tokens += UInt64(cut.promptTokens + cut.responseTokens)
    }

    var named: [String: UInt64] {
      var all = [
        "truncated_prompts": prompts, "truncated_responses": responses,
        "terminators_cut": terminators, "tokens_cut": tokens, "exchanges_cut": exchanges,
        "straddling_tokens": straddles, "turns_dropped": droppedTurns,
        "arguments_decoded": decodedArguments, "systems_added": systemsAdded,
        "several_answers": severalAnswers, "bytes_without_token": droppedBytes,
      ]
      for (way, count) in ways { all["rendered_\(way.rawValue)"] = count }
      return all.filter { $0.value > 0 }.merging(needed) { $1 }
        .merging(stored.named(.stored)) { $1 }.merging(whole.named(.whole)) { $1 }
    }
  }
}

extension RunSpec {
  /// Rows of one sample each, packed as the spec says.
  package func packed(_ rows: Rows) -> Rows {
    switch packing {
    case .none: rows
    case .whole:
      rows.packed(
        capacity: truncation.contextLength, alignment: segmentAlignment, pad: padID)
    case .split: rows.packedSplitting(capacity: truncation.contextLength)
    }
  }
}
