import Files
import JSONText
import Pipeline
import ShardWriter
import Tokenizer

extension Report {
  /// What stands above the numbers: what was done, with what, and what is to be said of it.
  public struct Head: Sendable {
    public enum Level: String, Sendable { case good, warn, bad }
    public var version = ""
    public var verdict: [(level: Level, text: String)] = []
    public var settings: [(name: String, value: String)] = []
    /// The command that makes the data set again; empty where there is none.
    public var command = ""
    /// The command that shows a row, up to the row's number.
    public var inspect = ""

    public init() {}
  }

  /// One HTML page that loads nothing: styles, script and data are in it.
  ///
  /// Whatever comes from records, files or tokenizers is JSON, with `<` escaped, and enters the page as text.
  public func page(_ head: Head, tokenizer: BPETokenizer) -> [UInt8] {
    var writer = JSONWriter()
    write(head, tokenizer, to: &writer)
    let parts: [(name: String, content: [UInt8])] = [
      ("@CSS@", Embedded.style), ("@DATA@", Self.escaped(writer.bytes)),
      ("@SCRIPT@", Embedded.script),
    ]
    var page: [UInt8] = []
    var rest = Embedded.page[...]
    for part in parts {
      guard let place = rest.firstRange(of: Array(part.name.utf8)) else { continue }
      page += rest[..<place.lowerBound]
      page += part.content
      rest = rest[place.upperBound...]
    }
    return page + rest
  }

  /// JSON that may stand in a script element: no `<`, which could end it or open a comment.
  static func escaped(_ json: [UInt8]) -> [UInt8] {
    var escaped: [UInt8] = []
    escaped.reserveCapacity(json.count)
    for byte in json {
      if byte == UInt8(ascii: "<") { escaped += "\\u003c".utf8 } else { escaped.append(byte) }
    }
    return escaped
  }

  private func write(_ head: Head, _ tokenizer: BPETokenizer, to writer: inout JSONWriter) {
    let all = statistics.all
    writer.object {
      $0.member("version", head.version)
      $0.member("title", title)
      $0.member("command", head.command)
      $0.member("inspect", head.inspect)
      $0.member("contextLength", contextLength)
      $0.array("verdict", head.verdict) { item, writer in
        writer.object {
          $0.member("level", item.level.rawValue)
          $0.member("text", item.text)
        }
      }
      $0.array("settings", head.settings) { item, writer in
        writer.beginArray()
        writer.string(item.name)
        writer.string(item.value)
        writer.endArray()
      }
      $0.key("totals")
      writeTotals(all.totals, to: &$0)
      $0.key("histograms")
      writeHistograms(all, to: &$0)
      $0.array("sources", statistics.sources) { part, writer in
        writer.object {
          $0.key("name")
          $0.string(part.name)
          $0.member("records", Int(clamping: part.totals.records))
          $0.member("rejected", Int(clamping: part.totals.faultCount))
          $0.member("leftOut", Int(clamping: part.totals.leftOutCount))
          $0.member("truncated", Int(clamping: part.totals.truncated))
          $0.member("samples", part.tokens.total)
          $0.member("tokens", part.tokens.sum)
          $0.member("learned", part.learned.sum)
          $0.key("histograms")
          writeHistograms(part, to: &$0)
        }
      }
      let counts = authors.sorted
      let counted = counts.reduce(0) { $0 + $1.tokens }
      $0.member(
        "authorsNote",
        counted == all.tokens.sum
          ? "every token of every sample, once"
          : "every token of the \(statistics.samples.count) samples that are listed, once")
      $0.array("authors", counts) { count, writer in
        writer.object {
          $0.member("name", count.name)
          $0.member("tokens", count.tokens)
          $0.member("learned", count.learned)
        }
      }
      $0.array("ends", statistics.ends.prefix(12)) { end, writer in
        writer.object {
          $0.key("token")
          $0.string(tokenizer.bytes(of: end.id) ?? [])
          $0.member("id", Int(end.id))
          $0.member("samples", end.samples)
          $0.member("learned", end.learned)
        }
      }
      $0.array("rejects", rejects.groups) { group, writer in
        writer.object {
          $0.member("reason", group.reason)
          $0.member("count", group.count)
          $0.key("leftOut")
          $0.bool(group.isLeftOut)
          $0.array("examples", group.examples) { example, writer in
            writer.object {
              $0.key("file")
              $0.string(example.file)
              $0.member("line", example.line)
              for (name, text) in [
                ("message", example.message), ("remedy", example.remedy),
                ("record", example.record),
              ] {
                $0.key(name)
                $0.string(text)
              }
            }
          }
        }
      }
      $0.array("variants", comparison.map { [$0.names.own, $0.names.other] } ?? []) {
        $1.string($0)
      }
      if let comparison { writeComparison(comparison, to: &$0) }
      $0.key("samples")
      writeSamples(to: &$0)
      $0.key("detail")
      writeViews(to: &$0)
    }
  }

  private func writeComparison(_ comparison: Comparison, to writer: inout JSONWriter) {
    writer.key("comparison")
    writer.object {
      $0.member("differing", comparison.differing)
      $0.member("missing", comparison.missing)
      for (name, sums) in [("own", comparison.own), ("other", comparison.other)] {
        $0.key(name)
        $0.object {
          $0.member("samples", sums.samples)
          $0.member("tokens", sums.tokens)
          $0.member("learned", sums.learned)
          $0.member("truncated", sums.truncated)
        }
      }
    }
  }

  private func writeTotals(_ totals: Totals, to writer: inout JSONWriter) {
    writer.object {
      $0.member("records", Int(clamping: totals.records))
      $0.member("accepted", Int(clamping: totals.accepted))
      $0.member("rejected", Int(clamping: totals.faultCount))
      $0.member("leftOut", Int(clamping: totals.leftOutCount))
      $0.member("samples", statistics.all.tokens.total)
      $0.member("rows", Int(clamping: totals.rows))
      $0.member("tokens", statistics.all.tokens.sum)
      $0.member("learned", statistics.all.learned.sum)
      $0.member("truncated", Int(clamping: totals.truncated))
      $0.member("endsCut", Int(clamping: totals.counters["terminators_cut"] ?? 0))
      totals.writeLedger(to: &$0)
      $0.key("fill")
      $0.double(statistics.fill(contextLength: contextLength))
      if let packed = statistics.packed(contextLength: contextLength) {
        $0.key("packed")
        $0.object {
          $0.member("rows", packed.rows)
          $0.key("fill")
          $0.double(packed.fill)
        }
      }
    }
  }

  private func writeHistograms(_ part: DataSetStatistics.Part, to writer: inout JSONWriter) {
    writer.object {
      for (name, lengths, end) in [
        ("tokens", part.tokens, contextLength), ("learned", part.learned, 0),
      ] {
        let histogram = lengths.histogram(bins: 48, end: end)
        $0.key(name)
        $0.object {
          $0.member("width", histogram.width)
          $0.key("counts")
          $0.ints(histogram.counts)
          $0.member("median", lengths.quantile(0.5))
          $0.member("p95", lengths.quantile(0.95))
          $0.member("p99", lengths.quantile(0.99))
          $0.member("most", lengths.longest)
          $0.member("least", lengths.shortest)
        }
      }
    }
  }

  /// The numbers of every listed sample: little-endian columns in base64.
  private func writeSamples(to writer: inout JSONWriter) {
    let samples = statistics.samples
    func column(_ size: Int, _ value: (DataSetStatistics.Sample) -> Int) -> String {
      var bytes: [UInt8] = []
      bytes.reserveCapacity(samples.count * size)
      for sample in samples {
        let number = UInt32(clamping: value(sample))
        for byte in 0..<size { bytes.append(UInt8(truncatingIfNeeded: number >> (8 * byte))) }
      }
      return Base64.encoded(bytes)
    }
    writer.object {
      $0.member("count", samples.count)
      $0.member("total", statistics.all.tokens.total)
      $0.member("source", column(2) { $0.source })
      $0.member("line", column(4) { $0.line })
      $0.member("index", column(2) { $0.index })
      $0.member("tokens", column(4) { $0.tokens })
      $0.member("learned", column(4) { $0.learned })
      $0.member("row", column(4) { $0.row })
      let flags = marks.isEmpty ? samples.map { _ in 0 } : marks.map(\.rawValue)
      $0.member("flags", Base64.encoded(flags))
    }
  }

  private func writeViews(to writer: inout JSONWriter) {
    writer.object {
      for (index, view) in views.sorted(by: { $0.key < $1.key }) {
        $0.key("\(index)")
        $0.object {
          $0.key("record")
          $0.string(view.record)
          $0.key("variants")
          $0.beginArray()
          view.write(to: &$0)
          switch others[index] {
          case .success(let other): other.write(to: &$0)
          case .failure(let problem): $0.object { $0.member("problem", problem.text) }
          case nil: break
          }
          $0.endArray()
        }
      }
    }
  }
}

extension SampleView {
  /// `segments` of text, author, reason, learned; `tokens` of id, text, segment, first and past last byte.
  func write(to writer: inout JSONWriter) {
    writer.object {
      $0.array("segments", segments) { segment, writer in
        writer.beginArray()
        writer.string(Array(segment.text))
        writer.string(segment.author)
        writer.string(segment.reason)
        writer.int(segment.isLearned ? 1 : 0)
        writer.endArray()
      }
      $0.array("tokens", tokens) { token, writer in
        writer.beginArray()
        writer.int(Int(token.id))
        writer.string(token.text)
        for number in [token.segment, token.range.lowerBound, token.range.upperBound] {
          writer.int(number)
        }
        writer.endArray()
      }
    }
  }
}
