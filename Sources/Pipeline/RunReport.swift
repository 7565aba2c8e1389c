import Files
import JSONText
import ShardWriter

/// What became of a run: records = accepted + the sum of `rejected`.
public struct RunReport: Hashable, Sendable {
  public let manifest: Manifest
  /// Blocks whose shards were there already.
  public let blocksReused: Int
  public let elapsed: Duration

  public var totals: Totals { manifest.totals }
  /// Input bytes, decompressed.
  public var bytesIn: UInt64 { manifest.inputs.reduce(0) { $0 + $1.byteCount } }
  /// Bytes of all shards.
  public var bytesOut: Int { manifest.fileSize }
  public var seconds: Double { elapsed / .seconds(1) }
  /// Padding tokens that rows of the context length would hold and the shards do not.
  public var paddingAvoided: Int {
    max(0, Int(totals.rows) * manifest.spec.contextLength - Int(totals.tokens))
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

  /// One JSON object and a line end.
  public func write(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("records")
    writer.int(Int(clamping: totals.records))
    writer.key("accepted")
    writer.int(Int(clamping: totals.accepted))
    writer.key("rejected")
    writer.beginObject()
    for (reason, count) in totals.rejected.sorted(by: { $0.key < $1.key }) {
      writer.key(reason)
      writer.int(Int(clamping: count))
    }
    writer.endObject()
    writer.key("samples")
    writer.int(Int(clamping: totals.samples))
    writer.key("rows")
    writer.int(Int(clamping: totals.rows))
    writer.key("truncated")
    writer.int(Int(clamping: totals.truncated))
    for name in [
      "truncated_prompts", "truncated_responses", "terminators_cut", "tokens_cut",
      "exchanges_cut", "straddling_tokens", "turns_dropped", "arguments_decoded",
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
    writer.double(seconds > 0 ? Double(totals.rows) / seconds : 0)
    writer.key("digest")
    writer.string(manifest.digest.description)
    writer.endObject()
    writer.newline()
  }
}
