import Doctor
import JSONText
import Problems

extension Finding {
  /// As a person reads it: what, where, and what to do.
  var lines: [String] {
    func shown(_ text: String) -> String {
      VisibleText.escaped(Surface.command.spell(text), limit: 1200)
    }
    var lines = [
      Paint.out(severity.rawValue, severity.colour)
        + "  \(Paint.out(code.rawValue, .head))  \(shown(message))"
    ]
    let place = place.map { "\($0): " } ?? ""
    if !sample.isEmpty || !place.isEmpty {
      let sample = TokenText.visible(Array(Surface.command.spell(sample).utf8))
      lines.append("         \(VisibleText.escaped(place))\(sample)")
    }
    if !remedy.isEmpty { lines.append("         → \(shown(remedy))") }
    return lines
  }

  /// One JSON object.
  func write(to writer: inout JSONWriter) {
    writer.object {
      for (key, value) in [
        ("code", code.rawValue), ("severity", severity.rawValue),
        ("message", Surface.command.spell(message)), ("sample", Surface.command.spell(sample)),
        ("remedy", Surface.command.spell(remedy)),
      ] {
        $0.member(key, value)
      }
      $0.key("place")
      if let place { $0.string(place) } else { $0.null() }
      $0.member("count", count)
    }
  }
}
