import Masking
import Tokenizer

/// One row as a picture of its mask: a bar, a legend, and a line a token. The same with and without
/// colour; colour only repeats what the marks say.
struct RowPicture {
  let inspected: InspectedRow
  let tokenizer: BPETokenizer
  let hasColour: Bool
  let showsPadding: Bool

  private static let barWidth = 72

  private enum Part {
    case read, learned, padding

    var mark: String {
      switch self {
      case .read: "░"
      case .learned: "▓"
      case .padding: "·"
      }
    }

    /// Select Graphic Rendition (ECMA-48).
    var colour: String {
      switch self {
      case .read: "36"
      case .learned: "1;32"
      case .padding: "2"
      }
    }
  }

  func lines(title: String) -> [String] {
    let row = inspected.row
    let learned = row.supervisedCount
    let read = row.tokens.count - learned
    let padding = showsPadding ? inspected.paddingCount : 0
    var lines = [paint(title, "1")]
    lines.append(
      "\(row.tokens.count) tokens of \(inspected.contextLength): \(read) read, \(learned) learned"
        + (padding > 0 ? "; \(padding) of padding" : ""))
    lines.append("")
    lines.append("  " + bar(padding: padding))
    lines.append("")
    func legend(_ part: Part, _ name: String, _ count: Int, _ rest: String) {
      let label = name + String(repeating: " ", count: max(1, 26 - name.count))
      lines.append(
        "  " + paint("\(part.mark) \(label)", part.colour) + right("\(count)", 7) + "   " + rest)
    }
    legend(.read, "read, not learned", read, "label -100    mask 1")
    legend(.learned, "learned: what to produce", learned, "label = id    mask 1")
    if padding > 0 {
      legend(
        .padding, "padding, not stored", padding, "label -100    mask 0    id \(inspected.padID)")
    }
    lines.append("")
    lines += table(padding: padding)
    return lines
  }

  private func bar(padding: Int) -> String {
    let supervised = supervision()
    let total = max(1, supervised.count + padding)
    let width = min(Self.barWidth, total)
    var parts: [Part] = []
    for cell in 0..<width {
      let start = cell * total / width
      let end = max(start + 1, (cell + 1) * total / width)
      let inside = supervised[min(start, supervised.count)..<min(end, supervised.count)]
      let learned = inside.count { $0 }
      let pad = (end - start) - inside.count
      // A cell shows what most of it is; a learned token is never hidden by padding.
      if pad > inside.count, learned == 0 {
        parts.append(.padding)
      } else {
        parts.append(learned * 2 >= max(1, inside.count) ? .learned : .read)
      }
    }
    var text = ""
    var index = 0
    while index < parts.count {
      let part = parts[index]
      var run = ""
      while index < parts.count, parts[index] == part {
        run += part.mark
        index += 1
      }
      text += paint(run, part.colour)
    }
    return text
  }

  private func table(padding: Int) -> [String] {
    let row = inspected.row
    let supervised = supervision()
    let texts = row.tokens.map { TokenText.visible(tokenizer.bytes(of: $0) ?? []) }
    let width = min(28, max(5, texts.map(TokenText.width).max() ?? 5))
    let hasAuthors = !inspected.authors.isEmpty
    var lines = [
      paint(
        "  \(right("pos", 6))    \(left("token", width))  \(right("id", 7))  \(right("label", 7))  mask"
          + (hasAuthors ? "  written by" : ""), "1")
    ]
    var starts: [Int: Int] = [:]
    if row.segmentLengths.count > 1 {
      var start = 0
      for (segment, length) in row.segmentLengths.enumerated() {
        starts[start] = segment
        start += Int(length)
      }
    }
    for position in row.tokens.indices {
      if let segment = starts[position], segment < inspected.places.count {
        let place = inspected.places[segment]
        lines.append("  " + paint("── sample \(segment): \(place.file):\(place.line)", "1"))
      }
      let part: Part = supervised[position] ? .learned : .read
      let label = supervised[position] ? "\(row.tokens[position])" : "-100"
      lines.append(
        "  \(right("\(position)", 6))  "
          + paint(
            "\(part.mark) \(left(texts[position], width))  \(right("\(row.tokens[position])", 7))  "
              + "\(right(label, 7))  \(right("1", 4))"
              + (hasAuthors ? "  \(inspected.authors[position])" : ""), part.colour))
    }
    if padding > 0 {
      let last = row.tokens.count + padding - 1
      let place = padding > 1 ? "\(row.tokens.count)–\(last)" : "\(last)"
      lines.append(
        "  \(right(place, 6))  "
          + paint(
            "\(Part.padding.mark) \(left(TokenText.visible(tokenizer.bytes(of: inspected.padID) ?? []), width))  "
              + "\(right("\(inspected.padID)", 7))  \(right("-100", 7))  \(right("0", 4))"
              + (hasAuthors ? "  padding" : ""), Part.padding.colour))
    }
    return lines
  }

  private func supervision() -> [Bool] {
    var supervised = [Bool](repeating: false, count: inspected.row.tokens.count)
    for run in inspected.row.runs {
      for position in Int(run.start)..<Int(run.start + run.count) where position < supervised.count
      {
        supervised[position] = true
      }
    }
    return supervised
  }

  private func paint(_ text: String, _ colour: String) -> String {
    hasColour ? "\u{1B}[\(colour)m\(text)\u{1B}[0m" : text
  }

  private func left(_ text: String, _ width: Int) -> String {
    var text = text
    if TokenText.width(text) > width {
      while TokenText.width(text) > width - 1 { text.removeLast() }
      text += "…"
    }
    return text + String(repeating: " ", count: max(0, width - TokenText.width(text)))
  }

  private func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
