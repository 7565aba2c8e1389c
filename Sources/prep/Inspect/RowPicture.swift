import Masking
import Tokenizer

/// One row as a picture of its mask: a bar, a legend, and a line a token. The same with and without
/// colour; colour only repeats what the marks say.
struct RowPicture {
  let shown: ShownRow
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
    let parts = parts()
    let learned = parts.count { $0 == .learned }
    let read = parts.count { $0 == .read }
    // Behind the row, and between aligned samples.
    let padding = (showsPadding ? shown.paddingCount : 0) + parts.count { $0 == .padding }
    var lines = [paint(title, "1")]
    lines.append(
      "\(read + learned) tokens of \(shown.contextLength): \(read) read, \(learned) learned"
        + (padding > 0 ? "; \(padding) of padding" : ""))
    if let cut = shown.cut, cut.isCut {
      lines.append(
        "cut to fit: \(cut.promptTokens) tokens of the prompt, \(cut.responseTokens) of the response"
          + (cut.terminator ? ", its end token among them" : ""))
    }
    if shown.bytesWithoutToken > 0 {
      lines.append(
        "\(shown.bytesWithoutToken) bytes of its record left no token: the tokenizer has none for these characters"
      )
    }
    lines.append("")
    lines.append("  " + bar(parts + repeatElement(.padding, count: behind)))
    lines.append("")
    func legend(_ part: Part, _ name: String, _ count: Int, _ rest: String) {
      let label = name + String(repeating: " ", count: max(1, 26 - name.count))
      lines.append(
        "  " + paint("\(part.mark) \(label)", part.colour) + TokenText.right("\(count)", 7) + "   "
          + rest)
    }
    legend(.read, "read, not learned", read, "label \(Rows.ignoredLabel)    mask 1")
    legend(.learned, "learned: what to produce", learned, "label = id    mask 1")
    if padding > 0 {
      legend(
        .padding, "padding, not stored", padding,
        "label \(Rows.ignoredLabel)    mask 0    id \(shown.padID)")
    }
    lines.append("")
    lines += table(parts)
    return lines
  }

  /// Padding behind the row that is shown.
  private var behind: Int { showsPadding ? shown.paddingCount : 0 }

  private func bar(_ all: [Part]) -> String {
    let total = max(1, all.count)
    let width = min(Self.barWidth, total)
    var parts: [Part] = []
    for cell in 0..<width {
      let start = cell * total / width
      let inside = all[
        min(start, all.count)..<min(max(start + 1, (cell + 1) * total / width), all.count)]
      let learned = inside.count { $0 == .learned }
      let pad = inside.count { $0 == .padding }
      // A cell shows what most of it is; a learned token is never hidden by padding.
      if pad * 2 > inside.count, learned == 0 {
        parts.append(.padding)
      } else {
        parts.append(learned * 2 >= max(1, inside.count - pad) ? .learned : .read)
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

  private func table(_ parts: [Part]) -> [String] {
    let tokens = shown.row.tokens
    let labels: [Int64] = shown.row.column(.labels())
    let texts = tokens.map { TokenText.visible(tokenizer.bytes(of: $0) ?? []) }
    let width = min(28, max(5, texts.map(TokenText.width).max() ?? 5))
    let hasAuthors = !shown.origins.isEmpty
    func line(
      _ place: String, _ part: Part, _ text: String, id: UInt32, label: String, author: String
    ) -> String {
      let mask = part == .padding ? "0" : "1"
      return "  \(TokenText.right(place, 6))  "
        + paint(
          "\(part.mark) \(TokenText.left(text, width))  \(TokenText.right("\(id)", 7))  \(TokenText.right(label, 7))  \(TokenText.right(mask, 4))"
            + (hasAuthors ? "  \(author)" : ""), part.colour)
    }
    var lines = [
      paint(
        "  \(TokenText.right("pos", 6))    \(TokenText.left("token", width))  \(TokenText.right("id", 7))  \(TokenText.right("label", 7))  mask"
          + (hasAuthors ? "  written by" : ""), "1")
    ]
    var samples: [Int: Int] = [:]
    let ranges = shown.row.samples
    if ranges.count > 1 {
      for (sample, range) in ranges.enumerated() { samples[range.lowerBound] = sample }
    }
    for (position, part) in parts.enumerated() {
      if let sample = samples[position], sample < shown.places.count {
        let place = shown.places[sample]
        lines.append("  " + paint("── sample \(sample): \(place.file):\(place.line)", "1"))
      }
      lines.append(
        line(
          "\(position)", part, texts[position], id: tokens[position], label: "\(labels[position])",
          author: hasAuthors ? shown.origins[position].shown : ""))
    }
    if behind > 0 {
      let last = tokens.count + behind - 1
      lines.append(
        line(
          behind > 1 ? "\(tokens.count)–\(last)" : "\(last)", .padding,
          TokenText.visible(tokenizer.bytes(of: shown.padID) ?? []), id: shown.padID,
          label: "\(Rows.ignoredLabel)", author: "padding"))
    }
    return lines
  }

  /// What each token of the row is: by position, never by its id.
  private func parts() -> [Part] {
    let mask: [UInt8] = shown.row.column(.attentionMask)
    let loss: [UInt8] = shown.row.column(.lossMask())
    return zip(mask, loss).map { $1 == 1 ? .learned : $0 == 1 ? .read : .padding }
  }

  private func paint(_ text: String, _ colour: String) -> String {
    hasColour ? "\u{1B}[\(colour)m\(text)\u{1B}[0m" : text
  }
}
