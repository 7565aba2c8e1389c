import Files
import Input
import InstructionFormat
import Masking
import Pipeline
import Problems
import ShardWriter
import Tokenizer

/// What is wrong with records, seen by encoding each in the ways that matter.
struct DataChecks {
  private let contextLength: Int
  private let tokenizer: BPETokenizer
  private let encoders: Encoders
  private(set) var records = 0
  private var lengths: [Int] = []
  private var rejects: [Problem.Kind: Tally] = [:]
  private var rewritten = Tally()
  private var control = Tally()
  private var seams = Tally()
  private var long = Tally()

  /// The run's own, and those that differ from it in one respect.
  private struct Encoders {
    var own: RecordEncoder
    var otherSeam: RecordEncoder
    var parsing: RecordEncoder
    var strictHistory: RecordEncoder?
  }

  /// How often something was seen, and where first.
  private struct Tally {
    var count = 0
    var place = ""
    var sample = ""
    var remedy = ""

    mutating func add(_ place: String, _ sample: String, remedy: String = "") {
      if count == 0 { (self.place, self.sample, self.remedy) = (place, sample, remedy) }
      count += 1
    }
  }

  /// `spec` with room for every sample; `contextLength` is what they are measured against.
  init(spec: RunSpec, contextLength: Int, tokenizer: BPETokenizer) {
    self.contextLength = contextLength
    self.tokenizer = tokenizer
    func encoder(_ change: (inout RunSpec) -> Void) -> RecordEncoder {
      var spec = spec
      change(&spec)
      return RecordEncoder(spec: spec, encoder: tokenizer.makeEncoder())
    }
    encoders = Encoders(
      own: encoder { _ in },
      otherSeam: encoder { $0.seam = spec.seam == .split ? .joint : .split },
      parsing: encoder { $0.parseSpecial = !spec.parseSpecial },
      strictHistory: spec.chat?.options.history == .asRendered
        ? encoder { $0.chat?.options.history = .error } : nil)
  }

  /// Reads the first `limit` records.
  mutating func read(_ files: [InputFile], limit: Int) throws(Problem) {
    let reader = BlockReader(files: files, blockSize: 1 << 20, maximumRecordSize: 16 << 20)
    let block = Block()
    while records < limit, try reader.next(into: block) {
      let file = String(decoding: block.source.file, as: UTF8.self)
      var cursor = RecordCursor(block)
      while records < limit, let place = cursor.next() {
        records += 1
        let line = Int(block.source.firstLine) + place.line
        look(unsafe Array(block.bytes[place.start..<place.end]), "\(file):\(line)")
      }
      for problem in block.problems where records < limit {
        records += 1
        let line = Int(block.source.firstLine) + problem.line
        rejects[problem.kind, default: Tally()].add(
          "\(file):\(line)", problem.reason, remedy: problem.remedy)
      }
    }
  }

  private mutating func look(_ record: [UInt8], _ place: String) {
    let own: [[UInt32]]
    do throws(Problem) {
      own = try ids(of: record, encoders.own)
    } catch {
      rejects[error.kind, default: Tally()].add(place, error.reason, remedy: error.remedy)
      return
    }
    for sample in own {
      lengths.append(sample.count)
      if sample.count > contextLength { long.add(place, "\(sample.count) tokens") }
    }
    if let parsed = try? ids(of: record, encoders.parsing), parsed != own {
      let text = controlText(own, parsed)
      control.add(place, text)
    }
    if let joined = try? ids(of: record, encoders.otherSeam), joined != own {
      let shown = difference(own, joined)
      seams.add(place, shown)
    }
    if let strict = encoders.strictHistory {
      do throws(Problem) { _ = try ids(of: record, strict) } catch {
        if error.kind == .historyRewritten { rewritten.add(place, error.field ?? "") }
      }
    }
  }

  private func ids(of record: [UInt8], _ encoder: RecordEncoder) throws(Problem) -> [[UInt32]] {
    var samples: [[UInt32]] = []
    try encoder.encode(record, traced: false) { sample, _, _, _ in samples.append(sample.tokens) }
    return samples
  }

  /// The first control token behind the place where two encodings part.
  private func controlText(_ own: [[UInt32]], _ parsed: [[UInt32]]) -> String {
    let (plain, special) = firstDifference(own, parsed)
    let id = (special + plain).first { tokenizer.isSpecial($0) } ?? special.first
    return id.map { text(of: [$0]) } ?? ""
  }

  private func difference(_ own: [[UInt32]], _ other: [[UInt32]]) -> String {
    let (mine, theirs) = firstDifference(own, other)
    func shown(_ ids: ArraySlice<UInt32>) -> String {
      ids.prefix(2).map { "\"\(text(of: [$0]))\"" }.joined(separator: " ")
    }
    return "\(shown(mine)) against \(shown(theirs))"
  }

  private func firstDifference(_ a: [[UInt32]], _ b: [[UInt32]]) -> (
    ArraySlice<UInt32>, ArraySlice<UInt32>
  ) {
    for (left, right) in zip(a, b) where left != right {
      let start = zip(left, right).prefix { $0 == $1 }.count
      return (left[start...], right[start...])
    }
    return ([], [])
  }

  private func text(of ids: [UInt32]) -> String {
    String(decoding: ids.flatMap { tokenizer.bytes(of: $0) ?? [] }, as: UTF8.self)
  }

  // MARK: Findings

  var findings: [Finding] {
    guard records > 0 else {
      return [Finding(.noRecords, .error, "there is no record", remedy: "check the files")]
    }
    var found: [Finding] = []
    for (kind, tally) in rejects.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      found.append(
        Finding(
          .rejected, Double(tally.count) > 0.01 * Double(records) ? .error : .warning,
          "\(tally.count) of \(records) records are rejects: \(kind.rawValue)",
          sample: tally.sample, place: tally.place, count: tally.count, remedy: tally.remedy))
    }
    func add(
      _ code: Finding.Code, _ severity: Finding.Severity, _ tally: Tally, _ what: String,
      _ remedy: String
    ) {
      guard tally.count > 0 else { return }
      found.append(
        Finding(
          code, severity, "\(tally.count) of \(records) records \(what)", sample: tally.sample,
          place: tally.place, count: tally.count, remedy: remedy))
    }
    add(
      .historyRewritten, .warning, rewritten, "have earlier turns that the template rewrites",
      "use \(OptionName.history("unroll")), last-turn, or error to reject them")
    add(
      .controlTokens, .warning, control, "contain text that looks like a control token",
      "it stays plain text; let it become the token with \(OptionName.parseSpecial), or clean the records"
    )
    add(
      .seamsDiffer, .note, seams, "are tokenized otherwise across the start or end of an answer",
      "keep \(OptionName.seam("split")), as at inference; \(OptionName.seam("joint")) gives the ids of apply_chat_template"
    )
    let sorted = lengths.sorted()
    guard let longest = sorted.last else { return found }
    func share(_ part: Double) -> Int {
      sorted[min(sorted.count - 1, Int(part * Double(sorted.count)))]
    }
    if long.count > 0 {
      found.append(
        Finding(
          .tooLong, .warning,
          "\(long.count) of \(sorted.count) samples are longer than the context length \(contextLength)",
          sample: long.sample, place: long.place, count: long.count,
          remedy:
            "raise \(OptionName.contextLength) (the longest has \(longest)), or choose with \(OptionName.truncate) what "
            + "they lose"))
    }
    found.append(
      Finding(
        .lengths, .note,
        "tokens of a sample: median \(share(0.5)), 99 % up to \(share(0.99)), longest \(longest)",
        count: sorted.count))
    return found
  }
}
