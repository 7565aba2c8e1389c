import Files
import InstructionFormat
import JSONText
import Problems
import ShardWriter

/// What became of a run: records = accepted + the sums of `rejected` and `leftOut`.
public struct RunReport: Hashable, Sendable {
  public let manifest: Manifest
  /// Blocks whose shards were there already.
  public let blocksReused: Int
  /// Rows and bytes of these.
  public let reused: RunProgress.Reused
  public let elapsed: Duration
  let packing: RunSpec.Packing

  public var totals: Totals { manifest.totals }
  /// By input file, or folder where files are many.
  public var sources: [SourceTotals] {
    SourceTotals.all(of: manifest.shards.map { ($0.source, $0.totals) })
  }
  /// By how records were read and rendered.
  public var kinds: [(kind: RecordKind, part: KindCounts.Part)] { KindCounts(totals).sorted }
  /// Records at fault, by reason.
  public var rejected: [String: UInt64] { totals.faults }
  /// Records that the user's own lengths and filters leave out, by reason.
  public var leftOut: [String: UInt64] { totals.leftOut }

  /// What is lost to the lengths and should be known before training: options as `OptionName` has them.
  public var warnings: [String] {
    var found: [String] = []
    func share(_ part: UInt64, of all: UInt64) -> String {
      "\(Double(Int((Double(part) / Double(all) * 1000).rounded())) / 10) %"
    }
    let length = NeededLength.keepingAll(but: 0.01, of: totals.records, totals)
    let longer = length.map { "; \(OptionName.contextLength("\($0)")) keeps 99 % whole" } ?? ""
    let left = leftOut.reduce(UInt64(0)) {
      Problem.Kind(rawValue: $1.key)?.isOfLength == true ? $0 + $1.value : $0
    }
    if left * 100 > totals.records {
      found.append(
        "\(left) records (\(share(left, of: totals.records))) are left out: they do not fit the lengths asked for"
          + longer)
    }
    let lost = totals.counters["terminators_cut"] ?? 0
    if lost * 100 > totals.samples {
      found.append(
        "\(lost) samples (\(share(lost, of: totals.samples))) lost the token that ends them: the model does not learn "
          + "to stop there (\(OptionName.truncate("drop")) leaves them out)" + longer)
    }
    // What a template leaves out on purpose, such as earlier reasoning, stands in the ledger alone.
    if let lost = totals.counters["calls_lost"], lost > 0 {
      found.append(
        "\(lost) turns have calls of tools of which the template shows nothing: they are learned without them (use a template that "
          + "shows calls)")
    }
    let ledger = Ledger(totals)
    for (field, what, lack) in [
      (Ledger.Field.tools, "definitions of tools", "the model is not shown what it may call"),
      (.documents, "documents", "the model is not shown what it may cite"),
    ] where ledger[field].carried > 0 && ledger[field].dropped * 2 > ledger[field].carried {
      let part = share(ledger[field].dropped, of: ledger[field].carried)
      found.append(
        "the template leaves out \(part) of the text of \(what): \(lack) (use a template that shows them)"
      )
    }
    let unwritten = totals.counters["bytes_without_token"] ?? 0
    if unwritten > 0 {
      found.append(
        "\(unwritten) bytes of text left no token: the tokenizer has none for these characters, neither bytes nor an "
          + "unknown token, and its reference drops them too")
    }
    if let split = splitSamples {
      found.append(
        "\(split) samples (\(share(split, of: totals.samples))) are no plain text, and \(OptionName.pack("split")) cuts where a "
          + "row is full: a response may stand in another row than its prompt (\(OptionName.pack("whole")) keeps samples whole)"
      )
    }
    return found
  }

  /// Samples with a prompt where rows are filled without regard to samples; nil where there are none.
  private var splitSamples: UInt64? {
    guard packing == .split else { return nil }
    let count = kinds.filter { $0.kind.schema != .text }.reduce(0) { $0 + $1.part.samples }
    return count > 0 ? count : nil
  }

  /// Input bytes, decompressed.
  public var bytesIn: UInt64 { manifest.inputs.reduce(0) { $0 + $1.byteCount } }
  /// Bytes of all shards.
  public var bytesOut: Int { manifest.fileSize }
  public var seconds: Double { elapsed / .seconds(1) }
  /// Rows and input bytes that this run made itself.
  public var rowsMade: Int { max(0, Int(clamping: totals.rows) - reused.rows) }
  public var bytesMade: Int { max(0, Int(clamping: bytesIn) - reused.bytes) }
  /// Padding tokens that rows of the context length would hold and the shards do not.
  public var paddingAvoided: Int {
    let (places, isOver) = Int(clamping: totals.rows).multipliedReportingOverflow(
      by: manifest.spec.contextLength)
    return max(0, (isOver ? .max : places) - Int(clamping: totals.tokens))
  }
  /// Tokens over all places of all rows, from 0 to 1.
  public var fill: Double {
    totals.rows == 0
      ? 0 : Double(totals.tokens) / (Double(totals.rows) * Double(manifest.spec.contextLength))
  }
  /// Supervised tokens over all tokens, from 0 to 1.
  public var supervisedShare: Double {
    totals.tokens == 0 ? 0 : Double(totals.supervisedTokens) / Double(totals.tokens)
  }

  /// One JSON object and a line end. `problem`: why the run failed; options are named as `surface` names them. `more`
  /// adds members.
  public func write(
    to writer: inout JSONWriter, problem: Problem? = nil, surface: Surface = .library,
    more: (inout JSONWriter) -> Void = { _ in }
  ) {
    writer.beginObject()
    writer.key("records")
    writer.int(Int(clamping: totals.records))
    writer.key("accepted")
    writer.int(Int(clamping: totals.accepted))
    totals.writeRefused(to: &writer)
    writer.key("samples")
    writer.int(Int(clamping: totals.samples))
    writer.key("rows")
    writer.int(Int(clamping: totals.rows))
    writer.key("truncated")
    writer.int(Int(clamping: totals.truncated))
    for name in [
      "truncated_prompts", "truncated_responses", "terminators_cut", "tokens_cut",
      "exchanges_cut", "straddling_tokens", "turns_dropped", "arguments_decoded",
      "bytes_without_token", "calls_lost",
      "rendered_chat", "rendered_plain", "rendered_alpaca", "rendered_text",
    ] {
      writer.key(name)
      writer.int(Int(clamping: totals.counters[name] ?? 0))
    }
    writer.key("tokens")
    writer.int(Int(clamping: totals.tokens))
    writer.key("supervised_tokens")
    writer.int(Int(clamping: totals.supervisedTokens))
    writer.key("supervised_share")
    writer.double(supervisedShare)
    writer.key("padding_avoided")
    writer.int(paddingAvoided)
    writer.key("fill")
    writer.double(fill)
    writer.key("shards")
    writer.int(manifest.shards.count)
    writer.key("shards_reused")
    writer.int(blocksReused)
    writer.key("bytes_in")
    writer.int(Int(clamping: bytesIn))
    writer.key("bytes_out")
    writer.int(bytesOut)
    writer.key("seconds")
    writer.double(seconds)
    writer.key("rows_per_second")
    writer.double(seconds > 0 ? Double(rowsMade) / seconds : 0)
    writer.key("digest")
    writer.string(manifest.digest.description)
    writer.key("warnings")
    writer.beginArray()
    for warning in warnings { writer.string(surface.spell(warning)) }
    writer.endArray()
    writer.array("sources", sources) { $0.write(to: &$1) }
    totals.writeLedger(to: &writer)
    writer.array("schemas", kinds) { $0.part.write($0.kind, to: &$1) }
    more(&writer)
    if let problem {
      writer.key("error")
      problem.write(to: &writer, surface: surface)
    }
    writer.endObject()
    writer.newline()
  }
}
