import Doctor
import JSONText
import Pipeline
import Problems
import Report
import Tokenizer

/// What a run says before it begins: its settings, what decided them, and what goes wrong silently with them.
struct RunOpening {
  let settings: RunSettings
  let findings: [Finding]
  /// What was decided without being asked for.
  let notices: [String]

  init(_ spec: RunSpec, _ tokenizer: BPETokenizer, notices: [String]) {
    self.notices = notices
    settings = RunSettings(spec, tokenizer: tokenizer)
    findings = Doctor.findings(spec, tokenizer)
  }

  /// Findings that are told; all of them are in JSON and told by `prep doctor`.
  private static let findingLimit = 3
  /// What matters to records that have such turns alone, of which a run tells by itself.
  private static let ofRecords: Set<Finding.Code> = [
    .roleDropped, .roleRefused, .toolsDropped, .toolCallsDropped, .reasoningDropped,
  ]

  var lines: [String] {
    var lines = settings.compact
    let serious = findings.filter { $0.severity > .note && !Self.ofRecords.contains($0.code) }
      .sorted { $0.severity > $1.severity }
    for finding in serious.prefix(Self.findingLimit) {
      let remedy = finding.remedy.isEmpty ? "" : " (\(finding.remedy))"
      let line = RunSettings.line(finding.severity.rawValue, finding.message + remedy)
      let word = finding.severity.rawValue
      lines.append(
        Paint.error(word, finding.severity.colour) + line.dropFirst(word.count))
    }
    if serious.count > Self.findingLimit {
      lines.append(
        RunSettings.line("", "… and \(serious.count - Self.findingLimit) more, see prep doctor"))
    }
    return lines
  }

  /// `settings`, `findings` and `notices`.
  func write(to writer: inout JSONWriter) {
    settings.write(to: &writer)
    writer.array("findings", findings) { $0.write(to: &$1) }
    writer.array("notices", notices) { $1.string(Surface.command.spell($0)) }
  }
}

extension Finding.Severity {
  var colour: Paint.Colour {
    switch self {
    case .error: .bad
    case .warning: .doubtful
    case .note: .head
    }
  }
}

extension RunSettings {
  /// The member `settings`: of each key the value, and what decided it.
  func write(to writer: inout JSONWriter) {
    writer.key("settings")
    writer.object {
      for item in items {
        $0.key(item.key)
        $0.object {
          $0.member("value", Surface.command.spell(item.value))
          $0.key("decided_by")
          if let by = item.decidedBy { $0.string(Surface.command.spell(by)) } else { $0.null() }
        }
      }
    }
  }

  /// For people, in few lines: settings that are short stand on one.
  var compact: [String] {
    var lines: [String] = []
    // Settings that are short stand on one line.
    for keys in [
      ["tokenizer"], ["begins_with"], ["ends_with"], ["padding"], ["template"],
      ["instructions", "template_args", "date"], ["system"], ["loss", "history", "seam"],
      ["context_length", "truncate", "pack"],
    ] {
      let items = items.filter { keys.contains($0.key) }
      guard let first = items.first else { continue }
      let texts = [first.text] + items.dropFirst().map { "\($0.name) \($0.text)" }
      lines.append(Self.line(first.name, texts.joined(separator: "; ")))
    }
    return lines
  }

  static func line(_ name: String, _ value: String) -> String {
    name + String(repeating: " ", count: max(1, 17 - name.count))
      + VisibleText.escaped(Surface.command.spell(value), limit: 400)
  }

  /// For people: name and value.
  var lines: [(name: String, value: String)] {
    items.map { ($0.name, Surface.command.spell($0.text)) }
  }
}
