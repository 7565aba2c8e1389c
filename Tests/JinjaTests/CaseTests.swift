import Files
import JSONText
import JinjaSupport
import SystemPackage
import Testing

/// Templates and what jinja2 makes of them, from `Cases`: `Tests/Oracle/jinja_unit_cases.py` writes the files.
@Suite("Templates as jinja2 renders them")
struct CaseTests {
  struct Case: Sendable {
    var template: String
    /// nil where jinja2 fails.
    var text: String?
  }

  /// Calls `body` with each case of a file, and what prep makes of it.
  private func forEachCase(of file: String, _ body: (Case, RenderedTemplate) -> Void) throws {
    let folder = FilePath("\(#filePath)").removingLastComponent().appending("Cases")
    let lines = try FileSystem.contents(of: folder.appending("\(file).jsonl")).split(
      separator: 0x0A)
    let head = JSONParser()
    let variables = try head.parse(Array(lines[0]))["variables"]
    let parser = JSONParser()
    for line in lines.dropFirst() {
      let node = try parser.parse(Array(line))
      let template = try #require(node["template"]?.string)
      body(
        Case(template: template, text: node["text"]?.string),
        RenderedTemplate(template.utf8, variables: variables))
    }
  }

  @Test("a template prints what jinja2 prints", arguments: ["expressions", "layout", "random"])
  func equal(file: String) throws {
    var refused = 0
    var count = 0
    try forEachCase(of: file) { example, rendered in
      count += 1
      switch (rendered, example.text) {
      case (.text(let ours), let theirs?):
        #expect(String(decoding: ours, as: UTF8.self) == theirs, "\(example.template)")
      case (.text(let ours), nil):
        Issue.record(
          "jinja2 fails, and prep prints \(String(decoding: ours, as: UTF8.self)): \(example.template)"
        )
      case (.failure(_, isBound: true), .some): refused += 1
      case (.failure(let reason, _), let theirs):
        #expect(theirs == nil, "\(reason): \(example.template)")
      }
    }
    #expect(count > 30)
    #expect(refused * 20 < count, "refused by name: \(refused) of \(count)")
  }

  @Test("what is not supported is refused by name")
  func refused() throws {
    try forEachCase(of: "refused") { example, rendered in
      guard case .failure(let reason, isBound: true) = rendered else {
        Issue.record("not refused by name: \(example.template)")
        return
      }
      #expect(reason.contains("not supported"), "\(example.template)")
    }
  }
}
