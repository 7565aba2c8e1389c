import Problems

/// A template of Jinja 3.1, parsed and compiled once; any number of machines may run it.
///
/// The language is as `transformers` sets it up: trimmed blocks, loop controls, an immutable sandbox,
/// `tojson` as `json.dumps`, `raise_exception`, `strftime_now`, `{% generation %}`.
package struct Template: Sendable {
  package let source: TemplateSource
  let program: Program

  /// The caller's variables that change from render to render: a list of which only the first items are given, and a flag.
  package struct Growing: Sendable {
    package var list: String
    package var flag: String

    package init(list: String, flag: String) {
      self.list = list
      self.flag = flag
    }
  }

  /// The longest template; those of published models have some ten thousand bytes.
  static let maximumBytes = 4 << 20

  /// Parses a template. `source` is UTF-8. `growing`: what `Forks` render it for. O(n).
  package init(_ source: some Collection<UInt8>, name: String, growing: Growing? = nil)
    throws(Problem)
  {
    let bytes = Array(source)
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw Problem(
        .template, Place(file: name), reason: "the template is not UTF-8",
        remedy: "save it as UTF-8")
    }
    guard bytes.count <= Self.maximumBytes else {
      throw Problem(
        .template, Place(file: name),
        reason: "the template is \(bytes.count) bytes long, more than 4 MiB",
        remedy: "give the text of one template")
    }
    self.source = TemplateSource(bytes, name: name)
    program = try Compiler.compile(
      try TemplateParser.parse(self.source), self.source, growing: growing)
  }

  /// Whether it has a `{% generation %}` block.
  package var marksGeneration: Bool { program.marksGeneration }

  /// The names that it reads from its caller, in the order of a machine's `context`.
  package var contextNames: [[UInt8]] { program.contextNames }

  /// Whether it reads a name from its caller.
  package func reads(_ name: String) -> Bool { program.contextNames.contains(Array(name.utf8)) }

  /// The names and short texts that it compares by number.
  package var atoms: AtomTable { program.atoms }

  /// A function that a template finds without being given it; nil for other names.
  package static func function(_ name: [UInt8]) -> Value? {
    GlobalFunction.byName[name].map { Value(.builtin, bits: UInt64($0.rawValue)) }
  }
}
