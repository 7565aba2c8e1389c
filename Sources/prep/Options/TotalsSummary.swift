import Files
import InstructionFormat
import Pipeline
import Problems
import Report
import ShardWriter

/// What became of records, in lines of a name and a value: of a run that ends, and of a folder that is shown.
struct TotalsSummary {
  private(set) var lines: [(name: String, value: String)] = []

  /// `packed`: what packing would give; nil where rows are packed already.
  init(
    _ totals: Totals, contextLength: Int, shards: [(source: BlockSource, totals: Totals)],
    packed: PackedRows?, rejectsFile: String
  ) {
    let records = totals.records
    func share(_ part: UInt64) -> String {
      records == 0 ? "" : " (\(Format.percent(Double(part) / Double(records))))"
    }
    func add(_ name: String, _ counts: [String: UInt64], _ remark: String) {
      let counts = counts.filter { $0.value > 0 }
      let all = counts.values.reduce(0, +)
      self.add(name, Format.count(all) + (all > 0 ? share(all) + remark : ""))
      for (reason, count) in counts.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
        self.add("", "\(Format.count(count)) \(reason)" + (counts.count > 1 ? share(count) : ""))
      }
    }
    self.add("records", Format.count(records))
    self.add("accepted", Format.count(totals.accepted) + share(totals.accepted))
    add("rejected", totals.faults, ", see \(rejectsFile)")
    if totals.leftOutCount > 0 {
      add("left out", totals.leftOut, ", by the lengths and filters asked for")
    }
    addKinds(KindCounts(totals).sorted)
    if let dropped = totals.counters["turns_dropped"], dropped > 0 {
      self.add("turns dropped", "\(Format.count(dropped)) left nothing in the text")
    }
    self.add("samples", Format.count(totals.samples))
    var cuts = Format.count(totals.truncated)
    if let lost = totals.counters["terminators_cut"], lost > 0 {
      cuts += ", \(Format.count(lost)) of them lost their end token"
    }
    self.add("truncated", cuts)
    if let straddles = totals.counters["straddling_tokens"], straddles > 0 {
      self.add("straddling", "\(Format.count(straddles)) tokens span a boundary")
    }
    self.add("tokens", Format.count(totals.tokens))
    let learned =
      totals.tokens == 0 ? 0 : Double(totals.supervisedTokens) / Double(totals.tokens)
    self.add("learned", "\(Format.count(totals.supervisedTokens)) (\(Format.percent(learned)))")
    lines += Self.ledger(totals)
    if let bytes = totals.counters["bytes_without_token"], bytes > 0 {
      self.add(
        "without token",
        "\(Format.count(bytes)) bytes of text: the tokenizer has none for these characters")
    }
    self.add("rows", Self.rows(totals, contextLength, packed))
    addSources(shards, contextLength)
  }

  private mutating func add(_ name: String, _ value: String) { lines.append((name, value)) }

  private static func rows(_ totals: Totals, _ contextLength: Int, _ packed: PackedRows?) -> String
  {
    var text = Format.count(totals.rows)
    guard totals.rows > 0 else { return text }
    text +=
      ", \(Format.percent(fill(totals, contextLength))) full at \(Format.count(contextLength))"
    if let packed, packed.rows < totals.rows {
      text +=
        "; --pack would make \(packed.isExact ? "" : "about ")\(Format.count(packed.rows)), "
        + "\(Format.percent(packed.fill)) full"
    }
    return text
  }

  private static func fill(_ totals: Totals, _ contextLength: Int) -> Double {
    totals.rows == 0
      ? 0 : Double(totals.tokens) / (Double(totals.rows) * Double(contextLength))
  }

  /// What became of the text that the records carry.
  static func ledger(_ totals: Totals) -> [(name: String, value: String)] {
    var lines: [(name: String, value: String)] = []
    func add(_ name: String, _ value: String) { lines.append((name, value)) }
    let carried = Ledger(totals).carried
    let whole = carried.filter { $0.fates.rendered == $0.fates.carried }
    if !whole.isEmpty {
      let size = whole.reduce(0) { $0 + $1.fates.carried }
      let names = whole.map { name($0.field) }.joined(separator: ", ")
      add("text", "all \(Format.bytes(Int(clamping: size))) of \(names)")
    }
    for (field, fates) in carried where fates.rendered < fates.carried {
      let lost = [
        (fates.dropped, "left out by the template"), (fates.cut, "cut off"),
        (fates.unused, "not read"),
      ].filter { $0.0 > 0 }.map { part, what in
        let share = Format.percent(Double(part) / Double(fates.carried))
        return "\(Format.bytes(Int(clamping: part))) (\(share)) \(what)"
      }
      let isFirst = whole.isEmpty && field == carried[0].field
      add(
        isFirst ? "text" : "",
        "\(Format.bytes(Int(clamping: fates.carried))) of \(name(field)): "
          + lost.joined(separator: ", "))
    }
    let unread = Ledger.unread(totals)
    guard !unread.isEmpty else { return lines }
    let names = unread.prefix(6).map {
      "\(VisibleText.escaped($0.name, limit: 40)) in \(Format.count($0.records)) records"
    }
    add(
      "nobody reads",
      names.joined(separator: ", ") + (unread.count > 6 ? ", and \(unread.count - 6) more" : ""))
    return lines
  }

  private static func name(_ field: Ledger.Field) -> String {
    switch field {
    case .content: "messages"
    case .messages: "other members of messages"
    case .toolCalls: "tool calls"
    default: field.name
    }
  }

  // MARK: - Parts

  private mutating func addKinds(_ kinds: [(kind: RecordKind, part: KindCounts.Part)]) {
    guard kinds.count > 1 else {
      for (kind, part) in kinds {
        add(
          "read as", "\(Format.count(part.records)) \(kind.schema.rawValue), \(Self.way(kind.way))")
      }
      return
    }
    addTable(
      "read as",
      kinds.map { kind, part in
        Row(
          name: "\(kind.schema.rawValue), \(Self.way(kind.way))", records: part.records,
          rejected: part.rejected, leftOut: part.leftOut, samples: part.samples,
          tokens: part.tokens, learned: part.learned, truncated: part.truncated,
          endsCut: part.endsCut, fill: nil)
      })
  }

  private static func way(_ way: RecordSamples.Way) -> String {
    switch way {
    case .chat: "by the chat template"
    case .plain: "plain"
    case .alpaca: "as alpaca"
    case .text: "as it stands"
    }
  }

  private mutating func addSources(
    _ shards: [(source: BlockSource, totals: Totals)], _ contextLength: Int
  ) {
    let sources = SourceTotals.all(of: shards)
    guard sources.count > 1 else { return }
    addTable(
      "by source",
      sources.map {
        Row(
          name: $0.files > 1 ? "\($0.name) (\($0.files) files)" : $0.name,
          records: $0.totals.records, rejected: $0.totals.faultCount,
          leftOut: $0.totals.leftOutCount, samples: $0.totals.samples, tokens: $0.totals.tokens,
          learned: $0.totals.supervisedTokens, truncated: $0.totals.truncated,
          endsCut: $0.totals.counters["terminators_cut"] ?? 0,
          fill: Self.fill($0.totals, contextLength))
      })
  }

  private struct Row {
    var name: String
    var records, rejected, leftOut, samples, tokens, learned, truncated, endsCut: UInt64
    var fill: Double?
  }

  /// Parts that are listed at most.
  private static let rowLimit = 20

  /// Columns without a count are left out.
  private mutating func addTable(_ title: String, _ rows: [Row]) {
    let counts: [(head: String, path: KeyPath<Row, UInt64>)] = [
      ("records", \.records), ("rejected", \.rejected), ("left out", \.leftOut),
      ("samples", \.samples), ("tokens", \.tokens), ("truncated", \.truncated),
      ("end lost", \.endsCut),
    ].filter { column in rows.contains { $0[keyPath: column.1] > 0 } }
    let hasFill = rows.contains { $0.fill != nil }
    var cells = [[""] + counts.map(\.head) + ["learned"] + (hasFill ? ["fill"] : [])]
    for row in rows.prefix(Self.rowLimit) {
      var line = [VisibleText.escaped(row.name, limit: 40)]
      line += counts.map { Format.count(row[keyPath: $0.path]) }
      line.append(
        row.tokens == 0 ? "-" : Format.percent(Double(row.learned) / Double(row.tokens)))
      if hasFill { line.append(row.fill.map(Format.percent) ?? "-") }
      cells.append(line)
    }
    let widths = cells[0].indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
    for (number, line) in cells.enumerated() {
      let text = line.indices.map { column in
        let room = String(repeating: " ", count: widths[column] - line[column].count)
        return column == 0 ? line[column] + room : room + line[column]
      }.joined(separator: "  ")
      add(number == 0 ? title : "", text)
    }
    if rows.count > Self.rowLimit {
      add("", "… and \(rows.count - Self.rowLimit) more, see --json")
    }
  }
}
