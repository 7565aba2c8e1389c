import InstructionFormat
import JSONText
import ShardWriter

// A run's parts for programs.

extension Totals {
  /// `rejected` and `left_out`: counts by reason.
  public func writeRefused(to writer: inout JSONWriter) {
    for (name, counts) in [("rejected", faults), ("left_out", leftOut)] {
      writer.key(name)
      writer.object {
        for (reason, count) in counts.sorted(by: { $0.key < $1.key }) {
          $0.member(reason, Int(clamping: count))
        }
      }
    }
  }
}

extension Totals {
  /// `text`: bytes of each field by what became of them. `unread`: how many records have members that nobody read, by name.
  public func writeLedger(to writer: inout JSONWriter) {
    writer.key("text")
    writer.object { writer in
      for (field, fates) in Ledger(self).carried {
        writer.key(field.name)
        writer.object {
          $0.member("carried", Int(clamping: fates.carried))
          for (name, path) in Ledger.Fates.members {
            $0.member(name, Int(clamping: fates[keyPath: path]))
          }
        }
      }
    }
    writer.key("unread")
    writer.object {
      for (name, records) in Ledger.unread(self) { $0.member(name, Int(clamping: records)) }
    }
  }
}

extension SourceTotals {
  /// One JSON object.
  public func write(to writer: inout JSONWriter) {
    writer.object {
      $0.member("name", name)
      $0.member("files", files)
      $0.member("records", Int(clamping: totals.records))
      $0.member("accepted", Int(clamping: totals.accepted))
      totals.writeRefused(to: &$0)
      for (name, count) in [
        ("samples", totals.samples), ("rows", totals.rows), ("tokens", totals.tokens),
        ("supervised_tokens", totals.supervisedTokens), ("truncated", totals.truncated),
        ("terminators_cut", totals.counters["terminators_cut"] ?? 0),
      ] {
        $0.member(name, Int(clamping: count))
      }
    }
  }
}

extension KindCounts.Part {
  /// One JSON object.
  public func write(_ kind: RecordKind, to writer: inout JSONWriter) {
    writer.object {
      $0.member("schema", kind.schema.rawValue)
      $0.member("rendered", kind.way.rawValue)
      for (name, count) in named { $0.member(name, Int(clamping: count)) }
    }
  }
}
