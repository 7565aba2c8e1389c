import Problems

/// What files hold that are taken for JSON by their names, or because they were named: CSV, text, a page, a model.
/// One answer for the file, in place of a reject for each of its lines.
enum OtherText {
  /// Why none of the first lines of a file is JSON; nil where one may be. `head`: the beginning of the file.
  static func problem(_ head: UnsafeBufferPointer<UInt8>, _ path: String) -> Problem? {
    var bytes = unsafe Array(head.prefix(4096))
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    let isWhole = head.count < 4096
    let lines = bytes.split(separator: UInt8(ascii: "\n")).map { Line(bytes: Array($0)) }
      .filter { !$0.text.isEmpty }
    // The last line may be cut off, but its beginning tells as much.
    let shown = lines.count > 1 && !isWhole ? Array(lines.dropLast()) : lines
    guard let first = shown.first else { return nil }
    if let form = binary(bytes) {
      return refusal(path, "is \(form.name), not records", form.remedy)
    }
    if shown.allSatisfy(\.isPython) {
      return refusal(
        path, "holds Python dictionaries, not JSON",
        "write each record with json.dumps, one a line")
    }
    if let separator = separator(shown) {
      return refusal(
        path, "looks like \(separator == UInt8(ascii: "\t") ? "TSV" : "CSV"), not JSON",
        "name the file .\(separator == UInt8(ascii: "\t") ? "tsv" : "csv"), which is read through the Python package, or write one JSON object a line"
      )
    }
    guard !shown.contains(where: \.mayBeJSON) else { return nil }
    if first.text.hasPrefix("version https://git-lfs") {
      return refusal(
        path, "is a pointer of Git LFS, not the file itself", "fetch the file: git lfs pull")
    }
    if first.text.hasPrefix("<") {
      return refusal(
        path, "is an HTML or XML page, not records",
        "fetch the file again: a server may have answered with a page")
    }
    return refusal(
      path, "is text, and none of its first lines is JSON",
      "write one JSON object a line, such as {\"text\": …}: "
        + (path == "-" ? "jq -cR '{text: .}'" : "jq -cR '{text: .}' \(path)"))
  }

  private static func refusal(_ path: String, _ reason: String, _ remedy: String) -> Problem {
    Problem(.inputUnsupported, Place(file: path), reason: reason, remedy: remedy)
  }

  private struct Line {
    let bytes: [UInt8]
    let text: String

    init(bytes: [UInt8]) {
      self.bytes = bytes
      var shown = bytes[...]
      while let last = shown.last, last <= 0x20 { shown.removeLast() }
      text = String(decoding: shown.drop { $0 <= 0x20 }, as: UTF8.self)
    }

    var isPython: Bool { text.hasPrefix("{'") }

    /// Whether it begins as a JSON value does.
    var mayBeJSON: Bool {
      guard let first = text.utf8.first else { return false }
      switch first {
      case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "}"),
        UInt8(ascii: "\""), UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
        return !isPython && text != "---"
      default: return ["null", "true", "false"].contains(text)
      }
    }
  }

  /// What stands between the columns of a table: as often in each line, and quotes around none or all of the header.
  private static func separator(_ lines: [Line]) -> UInt8? {
    guard lines.count > 1, let header = lines.first,
      !lines.contains(where: { $0.text.hasPrefix("{") || $0.text.hasPrefix("[") })
    else { return nil }
    for separator in [UInt8(ascii: "\t"), UInt8(ascii: ",")] {
      let columns = header.bytes.count { $0 == separator }
      guard columns > 0, !header.bytes.contains(UInt8(ascii: ".")) else { continue }
      // A quoted cell may hold separators and line feeds of its own, so that a line may have more or fewer.
      let alike = lines.dropFirst().count { line in
        line.bytes.count { $0 == separator } >= columns || line.bytes.contains(UInt8(ascii: "\""))
      }
      if alike == lines.count - 1 { return separator }
    }
    return nil
  }

  /// Files of models and others that are no text.
  private static func binary(_ bytes: [UInt8]) -> (name: String, remedy: String)? {
    let model = "a model is named with \(OptionName.tokenizer), and its records are another file"
    if bytes.starts(with: "GGUF".utf8) { return ("a GGUF file (a model's weights)", model) }
    // The length of a header in JSON, and the header.
    if bytes.count > 8, bytes[8] == UInt8(ascii: "{"), bytes[4..<8].allSatisfy({ $0 == 0 }) {
      return ("a safetensors file (a model's weights)", model)
    }
    if bytes.starts(with: [0x80, 0x02]) || bytes.starts(with: [0x80, 0x04]) {
      return ("a Python pickle", "write its records as JSON lines; a pickle may run any program")
    }
    if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) || bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
      return ("an image", "give files of text records")
    }
    if bytes.starts(with: "%PDF".utf8) { return ("a PDF", "extract its text first") }
    return nil
  }
}
