/// Who reads a text: each names an option in its own way.
public enum Surface: Sendable {
  /// The command: `--context-length 512`.
  case command
  /// Swift and the C interface: `"context-length": 512`, a member of a spec.
  case library

  /// The text with the names of options as this reader knows them. O(n).
  public func spell(_ text: String) -> String {
    guard text.utf8.contains(OptionName.firstByte) else { return text }
    var spelled = ""
    var rest = text[...]
    while let open = rest.firstIndex(of: OptionName.open),
      let close = rest[open...].firstIndex(of: OptionName.close)
    {
      spelled += rest[..<open]
      let reference = rest[rest.index(after: open)..<close]
      let parts = reference.split(separator: "=", maxSplits: 1).map(String.init)
      spelled += name(parts.first ?? "", value: parts.count > 1 ? parts[1] : nil)
      rest = rest[rest.index(after: close)...]
    }
    return spelled + rest
  }

  private func name(_ option: String, value: String?) -> String {
    switch self {
    case .command: value.map { "--\(option) \(Self.quoted($0))" } ?? "--\(option)"
    case .library: value.map { "\"\(option)\": \"\($0)\"" } ?? "\"\(option)\""
    }
  }

  /// An argument as a shell takes it: in quotes where it has other letters than a path or a setting. O(n).
  public static func quoted(_ argument: String) -> String {
    let plain = argument.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "/"),
        UInt8(ascii: "-"), UInt8(ascii: "_"),
        UInt8(ascii: "="), UInt8(ascii: ":"), UInt8(ascii: "+"), UInt8(ascii: ","),
        UInt8(ascii: "@"), UInt8(ascii: "%"):
        true
      default: byte >= 0x80
      }
    }
    if plain, !argument.isEmpty { return argument }
    var quoted = "'"
    for character in argument { quoted += character == "'" ? #"'\''"# : "\(character)" }
    return quoted + "'"
  }
}
