import Input
import InstructionFormat
import Masking
import Pipeline
import Problems
import Tokenizer

/// What shards do not keep is read again: who wrote each token, what was cut, the texts of some samples.
extension Report {
  /// Bytes of texts that a page holds: of samples that were chosen for their lengths, and of those with marks.
  static let textBudget = 1_600_000
  static let markedBudget = 200_000
  /// Samples with a mark whose texts are kept beside those that were chosen.
  private static let markedSamples = 25

  /// Encodes the records of the listed samples again.
  mutating func readRecords(
    with encoder: RecordEncoder, _ seams: SeamCheck, _ tokenizer: BPETokenizer
  ) throws {
    marks = Array(repeating: [], count: statistics.samples.count)
    let wanted = Set(samplesToShow())
    let otherEncoder = comparison?.makeEncoder()
    var markedRoom = Self.markedBudget
    var markedCounts: [UInt8: Int] = [:]
    var room = 0
    let bySource = Dictionary(
      grouping: statistics.samples.indices, by: { statistics.samples[$0].source })
    for (source, indices) in bySource.sorted(by: { $0.key < $1.key }) {
      // Each source has its share of the room, and what those before it left.
      room += Self.textBudget * indices.count(where: wanted.contains) / max(1, wanted.count)
      // A record's samples stand together: one encoding serves them all.
      let byOffset = Dictionary(grouping: indices, by: { statistics.samples[$0].offset })
      let path = String(decoding: statistics.sources[source].name, as: UTF8.self)
      let reader = RecordReader(
        try InputFiles.resolve([path]), maximumRecordSize: encoder.spec.maximumRecordSize)
      unsafe try reader.read { problem in
        guard problem.kind == .tooLarge else { throw problem }
        return true
      } _: { record, place in
        guard let offset = place.byteOffset, let samples = byOffset[offset] else { return true }
        let bytes = unsafe Array(record)
        let other = otherEncoder.flatMap { comparison?.encode(bytes, with: $0) }
        mark(bytes, samples, encoder, seams, other, tokenizer)
        let shown = samples.filter(wanted.contains)
        var marked: [Int] = []
        for index in samples where !wanted.contains(index) {
          guard let mark = marks[index].rarest, markedCounts[mark, default: 0] < Self.markedSamples
          else { continue }
          markedCounts[mark, default: 0] += 1
          marked.append(index)
        }
        guard !shown.isEmpty || !marked.isEmpty else { return true }
        try? encoder.encode(bytes, traced: true) { sample, rendered, cut, number in
          let here = (shown + marked).filter {
            statistics.samples[$0].index == number
              && statistics.samples[$0].tokens == sample.tokens.count
          }
          guard !here.isEmpty else { return }
          let view = SampleView(sample, rendered, cut: cut, record: bytes, tokenizer: tokenizer)
          for index in here {
            if wanted.contains(index) {
              keep(view, other, number, index, &room)
            } else {
              keep(view, other, number, index, &markedRoom)
            }
          }
        }
        return true
      }
    }
  }

  /// Marks the samples of a record.
  private mutating func mark(
    _ record: [UInt8], _ samples: [Int], _ encoder: RecordEncoder, _ seams: SeamCheck,
    _ other: Result<[Comparison.Sample], Comparison.ProblemText>?, _ tokenizer: BPETokenizer
  ) {
    let isDropped = DroppedText(encoder)
    var touched: [Int] = []
    var own: [[UInt32]] = []
    try? encoder.encode(record, traced: true) { sample, rendered, cut, number in
      own.append(sample.tokens)
      for index in samples where statistics.samples[index].index == number {
        touched.append(index)
        note(sample, rendered, cut, index)
        guard comparison != nil else { continue }
        compare(
          SampleView(sample, rendered, cut: cut, record: record, tokenizer: tokenizer), cut, other,
          number, index)
      }
    }
    if isDropped.now(encoder, record) { for index in touched { marks[index].insert(.dropped) } }
    if seams.differ(record, own) { for index in touched { marks[index].insert(.joint) } }
  }

  /// Keeps the texts of a sample, and those of the other way, as far as there is room.
  mutating func keep(
    _ view: SampleView, _ other: Result<[Comparison.Sample], Comparison.ProblemText>?,
    _ number: Int, _ index: Int, _ room: inout Int
  ) {
    let second = other.map { Self.sample(of: $0, number) }
    var size = view.size
    if case .success(let sample) = second { size += sample.view.size }
    guard size <= room else { return }
    room -= size
    views[index] = view
    if let second { others[index] = second.map(\.view) }
  }

  mutating func compare(
    _ view: SampleView, _ cut: Truncation.Cut,
    _ other: Result<[Comparison.Sample], Comparison.ProblemText>?, _ number: Int, _ index: Int
  ) {
    guard let other else { return }
    let sample = try? Self.sample(of: other, number).get()
    if comparison?.count(view, cut: cut, other: sample) ?? false { marks[index].insert(.other) }
  }

  private static func sample(
    of other: Result<[Comparison.Sample], Comparison.ProblemText>, _ number: Int
  ) -> Result<Comparison.Sample, Comparison.ProblemText> {
    other.flatMap {
      $0.indices.contains(number)
        ? .success($0[number])
        : .failure(Comparison.ProblemText("the record has no sample of this number this way"))
    }
  }

  mutating func note(
    _ sample: borrowing MaskedSample, _ rendered: borrowing RenderedRecord, _ cut: Truncation.Cut,
    _ index: Int
  ) {
    if cut.isCut { marks[index].insert(.truncated) }
    if cut.terminator { marks[index].insert(.lostEnd) }
    authors.add(sample, rendered)
  }

  /// The samples whose texts tell most: the longest, the shortest, those that learn least, and others evenly spread.
  func samplesToShow() -> [Int] {
    let samples = statistics.samples
    let byLength = samples.indices.sorted { (samples[$0].tokens, $0) < (samples[$1].tokens, $1) }
    let byLearned = samples.indices.sorted { (samples[$0].learned, $0) < (samples[$1].learned, $1) }
    let spread = max(1, samples.count / 300)
    return byLength.suffix(60) + byLength.prefix(30) + byLearned.prefix(60)
      + stride(from: 0, to: samples.count, by: spread)
  }
}

extension SampleView {
  /// Bytes that it takes in a page, about.
  var size: Int {
    record.count + segments.reduce(0) { $0 + $1.text.count + $1.author.utf8.count + 40 }
      + tokens.reduce(0) { $0 + $1.text.count + 26 }
  }
}

extension Report.Marks {
  /// Of its marks the one of which most is to be seen; nil without marks.
  fileprivate var rarest: UInt8? {
    for mark: Self in [.dropped, .other, .lostEnd, .joint, .truncated] where contains(mark) {
      return mark.rawValue
    }
    return nil
  }
}
