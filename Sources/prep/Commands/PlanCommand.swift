import ArgumentParser
import Files
import Input
import JSONText
import Masking
import Pipeline
import Problems
import Report
import Tokenizer

/// `prep plan`: what each context length would cost, from a sample of the records.
struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Say what each context length would cut off and cost, from a sample of the records.",
    discussion: """
      Examples:
        prep plan chats.jsonl --tokenizer MODEL_FOLDER
        prep plan data/ --every 10 --context-length 3000
        prep plan chats.jsonl --batch 64 --json

      Encodes every nth record without a limit, and counts for each context length: samples that would be truncated, \
      learned tokens that would be lost, how full rows are with one sample each and packed, and optimizer steps of an \
      epoch. Takes the options of prep run; --context-length adds a length to the table.
      """)

  @Argument(
    help: ArgumentHelp("Files or folders of records; - is standard input.", valueName: "data"))
  var data: [String]

  @OptionGroup var encoding: EncodingOptions

  @Option(help: ArgumentHelp("Encode every nth record.", valueName: "n"))
  var every = 100

  @Option(help: ArgumentHelp("Rows of an optimizer step.", valueName: "n"))
  var batch = 32

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    guard every > 0 else { throw ValidationError("--every must be at least 1") }
    guard batch > 0 else { throw ValidationError("--batch must be at least 1") }
  }

  func run() throws {
    var options = try encoding.options()
    let asked = options.contextLength
    let outcome = try reportingErrors(json: json) {
      options.contextLength = 1 << 24
      options.promptLength = nil
      options.responseLength = nil
      let (spec, tokenizer) = try options.resolve()
      return try Outcome(
        InputFiles.records(data), spec: spec, tokenizer: tokenizer, every: every,
        contextLengths: Plan.usualLengths + [asked])
    }
    var out = StandardOutput()
    try json ? out.write(object(outcome)) : describe(outcome, to: &out)
    try out.flush()
  }

  /// What was counted.
  private struct Outcome {
    var plan: Plan
    var records = 0
    var encoded = 0
    var rejected = 0
    var leftOut = 0
    var bytes = 0
    var seconds = 0.0

    /// Records over encoded ones.
    var scale: Double { encoded == 0 ? 0 : Double(records) / Double(encoded) }

    init(
      _ files: [InputFile], spec: RunSpec, tokenizer: BPETokenizer, every: Int,
      contextLengths: [Int]
    ) throws {
      var plan = Plan(contextLengths: Array(Set(contextLengths)))
      self.plan = plan
      let encoder = RecordEncoder(spec: spec, encoder: tokenizer.makeEncoder())
      let clock = ContinuousClock()
      var spent = Duration.zero
      let reader = RecordReader(files, maximumRecordSize: spec.maximumRecordSize)
      unsafe try reader.read { problem in
        guard problem.kind == .tooLarge else { throw problem }
        if records % every == 0 {
          encoded += 1
          rejected += 1
        }
        records += 1
        return true
      } _: { record, _ in
        records += 1
        guard (records - 1) % every == 0 else { return true }
        encoded += 1
        bytes += record.count
        spent += clock.measure {
          do throws(Problem) {
            unsafe try encoder.encode(padded: record) { sample, _, _, _ in plan.add(sample) }
          } catch {
            if error.kind.isLeftOut { leftOut += 1 } else { rejected += 1 }
          }
        }
        return true
      }
      seconds = spent / .seconds(1)
      plan.finish()
      self.plan = plan
    }
  }

  /// Lengths up to the first that holds every sample, and those that were asked for.
  private func shown(_ outcome: Outcome) -> [Plan.Choice] {
    let longest = outcome.plan.tokens.longest
    let enough = outcome.plan.choices.first { $0.contextLength >= longest }?.contextLength ?? .max
    return outcome.plan.choices.filter {
      $0.contextLength <= enough || $0.contextLength == encoding.lengths.contextLength
    }
  }

  private func describe(_ outcome: Outcome, to out: inout StandardOutput) throws {
    let tokens = outcome.plan.tokens
    try out.line(
      "\(Format.count(outcome.records)) records, \(Format.count(outcome.encoded)) of them encoded"
        + (outcome.rejected > 0 ? " (\(Format.count(outcome.rejected)) rejected)" : "")
        + (outcome.leftOut > 0 ? " (\(Format.count(outcome.leftOut)) left out)" : ""))
    guard tokens.total > 0 else { return }
    try out.line(
      "tokens of a sample: median \(Format.count(tokens.quantile(0.5))), 95 % ≤ \(Format.count(tokens.quantile(0.95))), "
        + "99 % ≤ \(Format.count(tokens.quantile(0.99))), longest \(Format.count(tokens.longest)); "
        + "\(Format.percent(Double(outcome.plan.learnedTokens) / Double(max(1, tokens.sum)))) learned"
    )
    try out.line(
      "encoding all takes about \(Format.time(outcome.seconds * outcome.scale)) on one thread")
    try out.line("")
    try out.line(
      "context length  truncated  learned lost   full  packed  steps an epoch  steps packed")
    for choice in shown(outcome) {
      let scaledRows = Double(choice.packedRows) * outcome.scale
      let columns = [
        (Format.count(choice.contextLength), 14),
        (Format.percent(Double(choice.truncated) / Double(tokens.total)), 9),
        (
          Format.percent(Double(choice.lostTokens) / Double(max(1, outcome.plan.learnedTokens))), 12
        ),
        (Format.percent(choice.fill), 6), (Format.percent(choice.packedFill), 6),
        (Format.count(steps(Double(tokens.total) * outcome.scale)), 14),
        (Format.count(steps(scaledRows)), 12),
      ]
      try out.line(
        columns.map { text, width in
          String(repeating: " ", count: max(0, width - text.count)) + text
        }.joined(separator: "  "))
    }
  }

  private func steps(_ rows: Double) -> Int { Int((rows / Double(batch)).rounded(.up)) }

  private func object(_ outcome: Outcome) -> [UInt8] {
    var writer = JSONWriter()
    writer.object {
      $0.member("records", outcome.records)
      $0.member("encoded", outcome.encoded)
      $0.member("rejected", outcome.rejected)
      $0.member("left_out", outcome.leftOut)
      $0.member("samples", outcome.plan.tokens.total)
      $0.member("tokens", outcome.plan.tokens.sum)
      $0.member("learned_tokens", outcome.plan.learnedTokens)
      $0.key("seconds")
      $0.double(outcome.seconds * outcome.scale)
      $0.array("context_lengths", outcome.plan.choices) { choice, writer in
        writer.object {
          $0.member("context_length", choice.contextLength)
          $0.member("truncated", choice.truncated)
          $0.member("lost_tokens", choice.lostTokens)
          $0.member("tokens", choice.tokens)
          $0.key("fill")
          $0.double(choice.fill)
          $0.member("packed_rows", choice.packedRows)
          $0.key("packed_fill")
          $0.double(choice.packedFill)
          $0.member("steps", steps(Double(outcome.plan.tokens.total) * outcome.scale))
          $0.member("packed_steps", steps(Double(choice.packedRows) * outcome.scale))
        }
      }
    }
    writer.newline()
    return writer.bytes
  }
}
