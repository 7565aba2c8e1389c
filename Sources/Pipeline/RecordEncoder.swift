import InstructionFormat
import JSONText
import Masking
import Problems

/// What became of a record besides its samples.
public struct RecordNotes: Sendable {
  public var way = RecordSamples.Way.plain
  /// Turns that left nothing in the text, where the run accepts that.
  public var droppedTurns = 0
  /// Arguments of calls that were texts and were rendered as objects.
  public var decodedArguments = 0
  /// Whether the run's own system turn was put before it, and whether it has more than one answer: what options can act on.
  var hasAddedSystem = false
  var hasSeveralAnswers = false
  var mark = ActedOn.Mark()
}

/// Record → samples: parses one JSON record, renders it, encodes it, and makes it fit.
///
/// One a worker: it keeps buffers, which are filled again for each record.
public final class RecordEncoder {
  public let spec: RunSpec
  /// The spec's; where rows are filled with what comes next, nothing has to fit one row.
  private let truncation: Truncation
  private let parser = JSONParser()
  private let samples: RecordSamples
  private let encoder: SampleEncoder
  private var sample = MaskedSample()
  /// What became of the texts of the records that were encoded.
  public internal(set) var ledger = Ledger()
  /// Bytes of characters for which the tokenizer has no token, so far.
  package var droppedBytes: Int { encoder.droppedBytes }
  /// What truncation took away from the text of the last sample; nil where it took nothing.
  private var textCut: TextCut?
  /// What became of the last record besides its samples.
  public private(set) var notes = RecordNotes()
  /// How the last record was read and rendered; nil where it could not be read.
  var kind: RecordKind? {
    samples.schema.map { RecordKind(schema: $0, way: samples.way) }
  }
  /// Tokens of the sample that was made to fit last, before it was.
  package private(set) var lastLength = 0
  /// Its classes, before it was; only where lengths of prompts decide how it is made to fit.
  private(set) var wholeClasses = ClassRuns()

  /// `encoder`: what turns text into ids, such as a tokenizer's encoder.
  public init(spec: RunSpec, encoder: any TextEncoder) {
    self.spec = spec
    samples = RecordSamples(spec)
    var truncation = spec.truncation
    if spec.packing == .split { truncation.contextLength = .max }
    self.truncation = truncation
    self.encoder = SampleEncoder(encoder: encoder, options: spec.encoding)
  }

  /// Encodes a record of JSON that is followed by `JSONParser.padding` readable bytes, and gives its
  /// samples to `body` in order. `traced` keeps who wrote each token. A record gives all of its
  /// samples or throws before the first.
  package func encode(
    padded text: UnsafeBufferPointer<UInt8>, traced: Bool = false,
    _ body: (borrowing MaskedSample, borrowing RenderedRecord, Truncation.Cut, Int) -> Void
  ) throws(Problem) {
    samples.forget()
    guard text.count <= spec.maximumRecordSize else {
      throw Problem(
        .tooLarge, reason: "the record is larger than \(spec.maximumRecordSize) bytes",
        remedy: "raise \(OptionName.maxRecordSize), or split it")
    }
    let record = unsafe try parser.record(padded: text)
    let count = try samples.prepare(record)
    notes = RecordNotes(way: samples.way)
    if samples.way == .chat, let chat = samples.chat {
      notes.decodedArguments = chat.decodedArguments
      notes.hasAddedSystem = chat.hasAddedSystem
      notes.hasSeveralAnswers = chat.hasSeveralAnswers
      if count > 1 {
        try encode(chat, count, traced: traced, body)
      } else {
        let cut = try encode(sample: 0, of: chat, traced: traced).cut
        body(sample, chat.sample, cut, 0)
      }
    } else {
      try encoder.encode(samples.sample, traced: traced, into: &sample)
      try truncation.filter(tokens: sample.tokens.count)
      let cut = try fit(samples.sample)
      samples.account(sample: 0, cut: &textCut, into: &ledger)
      body(sample, samples.sample, cut, 0)
    }
    samples.close(record, into: &ledger)
    notes.mark = samples.mark
  }

  /// Cuts `sample` to fit, and finds the bytes that this takes away.
  private func fit(_ rendered: borrowing RenderedRecord) throws(Problem) -> Truncation.Cut {
    lastLength = sample.tokens.count
    if truncation.dependsOnPrompt { wholeClasses = sample.classes }
    var lost: TextCut?
    let cut = try truncation.fit(&sample) { sample, kept throws(Problem) in
      lost = try encoder.lost(from: rendered, sample, keeping: kept)
    }
    textCut = lost
    return cut
  }

  /// Tokens of all samples of one record: they are held until the last one fits.
  private static let maximumTokens = 1 << 23

  /// Encodes the samples of a conversation: all of them, or none. Every sample must fit before the first is given away:
  /// their tokens are kept till then, not their texts.
  private func encode(
    _ chat: ChatSamples, _ count: Int, traced: Bool,
    _ body: (borrowing MaskedSample, borrowing RenderedRecord, Truncation.Cut, Int) -> Void
  ) throws(Problem) {
    var kept:
      [(sample: MaskedSample, whole: ClassRuns, cut: Truncation.Cut, length: Int, start: Int?)] = []
    var size = 0
    for index in 0..<count {
      let (cut, start) = try encode(sample: index, of: chat, traced: traced)
      size += sample.tokens.count
      guard size <= Self.maximumTokens else {
        throw Problem(
          .tooLarge,
          reason:
            "its \(count) samples have more than \(Self.maximumTokens) tokens together",
          remedy: "split the conversation, or use \(OptionName.history("last-turn"))")
      }
      kept.append((sample, wholeClasses, cut, lastLength, start))
    }
    for (index, made) in kept.enumerated() {
      // Who wrote each token refers to the sample's text.
      if traced {
        if let start = made.start {
          try chat.render(sample: index, from: start)
        } else {
          try chat.render(sample: index)
        }
      }
      (lastLength, wholeClasses) = (made.length, made.whole)
      body(made.sample, chat.sample, made.cut, index)
    }
  }

  /// Renders and encodes one sample, and makes it fit; `start`: the message with which it begins instead.
  private func encode(sample index: Int, of chat: ChatSamples, traced: Bool) throws(Problem)
    -> (cut: Truncation.Cut, start: Int?)
  {
    try chat.render(sample: index)
    notes.droppedTurns = max(notes.droppedTurns, chat.sample.droppedTurns)
    try encoder.encode(chat.sample, traced: traced, into: &sample)
    try truncation.filter(tokens: sample.tokens.count)
    defer { samples.account(sample: index, cut: &textCut, into: &ledger) }
    guard spec.truncation.policy == .oldestTurns, !truncation.fits(sample),
      let (cut, start) = try leaveOutExchanges(ofSample: index, of: chat, traced: traced)
    else { return (try fit(chat.sample), nil) }
    _ = try fit(chat.sample)
    return (cut, start)
  }

  /// Renders a sample again with as many of its exchanges as fit, the newest ones; `sample` holds it then.
  /// O(log exchanges) renders. With none that fits, the last exchange is left for `fit` to refuse.
  private func leaveOutExchanges(ofSample index: Int, of chat: ChatSamples, traced: Bool)
    throws(Problem) -> (cut: Truncation.Cut, start: Int)?
  {
    let starts = chat.laterStarts(ofSample: index)
    let before = sample.tokens.count
    func encode(_ place: Int) throws(Problem) -> Bool {
      try chat.render(sample: index, from: starts[place])
      try encoder.encode(chat.sample, traced: traced, into: &sample)
      return truncation.fits(sample)
    }
    guard !starts.isEmpty else { return nil }
    // The fewest exchanges to leave out lie in `low...high`.
    var (low, high) = (0, starts.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if try encode(middle) { high = middle } else { low = middle + 1 }
    }
    _ = try encode(high)
    var cut = Truncation.Cut()
    cut.exchanges = high + 1
    cut.promptTokens = max(0, before - sample.tokens.count)
    return (cut, starts[high])
  }

  /// Encodes one record given as JSON. Rows have one sample each; labels, masks and positions are theirs to tell.
  public func encode(_ json: some Collection<UInt8>) throws(Problem) -> Rows {
    var rows = Rows()
    try encode(json) { sample, _, _, index in
      rows.append(
        sample, place: SamplePlace(line: 0, byteOffset: 0, sampleIndex: UInt32(index)))
    }
    return rows
  }

  /// Encodes one record given as JSON.
  public func encode(_ json: String) throws(Problem) -> Rows { try encode(json.utf8) }

  /// Encodes one record given as JSON, without padding behind it, and shows who wrote each token.
  public func encode(
    _ json: some Collection<UInt8>, traced: Bool = true,
    _ body: (borrowing MaskedSample, borrowing RenderedRecord, Truncation.Cut, Int) -> Void
  ) throws(Problem) {
    let padded = Array(json) + repeatElement(0, count: JSONParser.padding)
    let result: Result<Void, Problem> = unsafe padded.withUnsafeBufferPointer { bytes in
      do throws(Problem) {
        let text = unsafe UnsafeBufferPointer(rebasing: bytes.dropLast(JSONParser.padding))
        return .success(unsafe try encode(padded: text, traced: traced, body))
      } catch {
        return .failure(error)
      }
    }
    try result.get()
  }
}

extension Problem {
  /// What is wrong with a record that is not JSON.
  init(notJSON error: Problem) {
    self = error
    let place = "at byte \(error.byteOffset ?? 0) of the record"
    switch error.kind {
    case .invalidUTF8:
      reason = "invalid UTF-8 \(place)"
      remedy = "convert the file to UTF-8"
    case .loneSurrogate:
      reason = "\(error.reason), \(place)"
      remedy = "write the character itself, or remove it"
    default:
      reason = "invalid JSON \(place): \(error.reason)"
      remedy = "fix or drop the record"
    }
  }
}

extension JSONParser {
  /// A record; what is not JSON is a reject.
  package func record(padded text: UnsafeBufferPointer<UInt8>) throws(Problem) -> JSONNode {
    do throws(Problem) {
      return unsafe try parseRecord(padded: text)
    } catch {
      throw Problem(notJSON: error)
    }
  }
}
