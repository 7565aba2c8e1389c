import Testing

@testable import Problems

@Suite("What a user is told") struct ProblemTests {
  static let problem = Problem(
    .tooLong, Place(file: "a.jsonl", line: 2), reason: "the sample has 71 tokens",
    remedy: "raise \(OptionName.contextLength), or use \(OptionName.truncate("right"))")

  @Test("names options as its reader knows them")
  func surfaces() {
    #expect(
      Self.problem.text(for: .command)
        == "a.jsonl:2: the sample has 71 tokens (raise --context-length, or use --truncate right)")
    #expect(
      Self.problem.text(for: .library)
        == #"a.jsonl:2: the sample has 71 tokens (raise "context-length", or use "truncate": "right")"#
    )
    #expect("\(Self.problem)" == Self.problem.text(for: .library))
  }

  @Test("begins with as much of the place as is known")
  func places() {
    func text(_ place: Place) -> String {
      Problem(.damaged, place, reason: "it is damaged").text(for: .command)
    }
    #expect(text(Place()) == "it is damaged")
    #expect(text(Place(file: "-", line: 3)) == "standard input:3: it is damaged")
    #expect(text(Place(file: "f", line: 3, column: 4, byteOffset: 9)) == "f:3:4: it is damaged")
    #expect(text(Place(file: "f", byteOffset: 9)) == "f: byte 9: it is damaged")
    #expect(
      text(Place(file: "f", byteOffset: 9, frame: 1, part: "frame 1 (data)"))
        == "f: frame 1 (data) at byte 9: it is damaged")
    // A record's own offset is told by whoever knows the file.
    #expect(text(Place(byteOffset: 9, field: "response")) == "it is damaged")
    #expect(
      text(Place(file: "t.jinja", line: 1, excerpt: "{% bad %}"))
        == "t.jinja:1: it is damaged\n    {% bad %}")
  }

  @Test("cannot move a cursor, colour a terminal or turn the direction of writing")
  func hostile() {
    let problem = Problem(
      .unknownRole, Place(file: "a\u{1B}[2Jb"), reason: "unknown role \"\u{202E}resu\r\n\u{9B}31m\""
    )
    #expect(
      problem.text(for: .command)
        == #"a\u{1B}[2Jb: unknown role "\u{202E}resu\r\n\u{9B}31m""#)
  }

  @Test("is bounded, with its beginning and its end")
  func bounded() {
    let problem = Problem(
      .option, reason: "begin" + String(repeating: "x", count: 1 << 20), remedy: "end")
    let text = problem.text(for: .command)
    #expect(text.utf8.count < Problem.longest + 100)
    #expect(text.hasPrefix("begin") && text.hasSuffix("(end)"))
  }

  @Test("keeps text that is not a reference to an option")
  func otherMarks() {
    #expect(Surface.command.spell("a \u{F5A0} b") == "a \u{F5A0} b")
    #expect(Surface.command.spell("日本 \u{FEFF}") == "日本 \u{FEFF}")
  }

  @Test("kinds and options have names of lower-case words")
  func names() {
    for name in Problem.Kind.allCases.map(\.rawValue) + OptionName.allCases.map(\.rawValue) {
      #expect(name.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "-" }, "\(name)")
    }
  }
}
