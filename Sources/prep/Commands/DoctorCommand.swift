import ArgumentParser
import JSONText
import Pipeline

/// `prep doctor`: what would go wrong silently.
struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Look for what goes wrong silently in tokenizer, template and data.",
    discussion: """
      Give the options of the run that you plan. Without data, the tokenizer and its template are tried with conversations \
      made up for it; with data, every record is encoded and nothing is written.

      Exit codes: 0 nothing, or notes; 1 an error: what is trained is not what was meant; 3 a warning: it may not be; \
      2 a tokenizer, template or input that cannot be used; 64 a wrong command line.
      """)

  @Argument(help: ArgumentHelp("Files, folders, patterns, or -.", valueName: "data"))
  var data: [String] = []

  @OptionGroup var encoding: EncodingOptions

  @Option(help: ArgumentHelp("Read so many records at most.", valueName: "n"))
  var limit: Int?

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    guard limit ?? 1 > 0 else { throw ValidationError("--limit must be at least 1") }
  }

  func run() async throws {
    let doctor = try reportingErrors {
      try Doctor(
        options: encoding.options(), data: data.isEmpty ? [] : InputFiles.resolve(data),
        limit: limit ?? .max)
    }
    var out = StandardOutput()
    try json ? out.write(report(doctor)) : describe(doctor, to: &out)
    try out.flush()
    switch doctor.worst {
    case .error: throw PrepExit.failure
    case .warning: throw PrepExit.warning
    case .note, nil: break
    }
  }

  private func describe(_ doctor: Doctor, to out: inout StandardOutput) throws {
    for finding in doctor.findings {
      try out.line("\(Self.column(finding.severity.rawValue))\(finding.code.rawValue)")
      try out.line("         \(finding.message)")
      if let sample = finding.sample {
        let place = sample.file.map { "\($0):\(sample.line ?? 0): " } ?? ""
        try out.line("         at: \(place)\(Self.visible(sample.text))")
      }
      try out.line("         do: \(finding.remedy)")
    }
    let counts = Finding.Severity.allCases.reversed().map { severity in
      let count = doctor.findings.count { $0.severity == severity }
      return "\(count) \(severity.rawValue)\(count == 1 ? "" : "s")"
    }
    let template = doctor.template.map { ", template \($0)" } ?? ", no chat template"
    let read =
      doctor.data.map { ", \(Format.count($0.records)) records" } ?? ", no data given"
    try out.line(
      "\(counts.joined(separator: ", ")): tokenizer \(doctor.tokenizer)\(template)\(read)")
  }

  private static func column(_ text: String) -> String {
    text + String(repeating: " ", count: max(1, 9 - text.count))
  }

  /// Line feeds and other controls so that a line stays one.
  private static func visible(_ text: String) -> String {
    text.unicodeScalars.map { scalar in
      switch scalar {
      case "\n": "⏎"
      case "\t": "⇥"
      default: scalar.value < 0x20 ? "�" : String(scalar)
      }
    }.joined()
  }

  private func report(_ doctor: Doctor) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("tokenizer")
    writer.string(doctor.tokenizer)
    writer.key("template")
    doctor.template.map { writer.string($0) } ?? writer.null()
    writer.key("worst")
    doctor.worst.map { writer.string($0.rawValue) } ?? writer.null()
    if let data = doctor.data {
      for (key, value) in [
        ("records", data.records), ("samples", data.samples), ("tokens", data.tokens),
        ("longest", data.longest),
      ] {
        writer.key(key)
        writer.int(value)
      }
    }
    writer.key("findings")
    writer.beginArray()
    for finding in doctor.findings { write(finding, to: &writer) }
    writer.endArray()
    writer.endObject()
    writer.newline()
    return writer.bytes
  }

  private func write(_ finding: Finding, to writer: inout JSONWriter) {
    writer.beginObject()
    for (key, value) in [
      ("code", finding.code.rawValue), ("severity", finding.severity.rawValue),
      ("message", finding.message), ("remedy", finding.remedy),
    ] {
      writer.key(key)
      writer.string(value)
    }
    if let count = finding.count {
      writer.key("count")
      writer.int(count)
    }
    if let sample = finding.sample {
      writer.key("sample")
      writer.beginObject()
      if let file = sample.file, let line = sample.line {
        writer.key("file")
        writer.string(file)
        writer.key("line")
        writer.int(line)
      }
      writer.key("text")
      writer.string(sample.text)
      writer.endObject()
    }
    writer.endObject()
  }
}
