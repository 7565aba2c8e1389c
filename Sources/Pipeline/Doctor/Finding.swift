/// One thing that goes wrong silently, or may, and what to do about it.
public struct Finding: Hashable, Sendable {
  /// How bad it is: a note is worth knowing, a warning may train something else than meant, an error does.
  public enum Severity: String, Hashable, Sendable, CaseIterable, Comparable {
    case note, warning, error

    public static func < (left: Severity, right: Severity) -> Bool {
      left.rank < right.rank
    }

    private var rank: Int {
      switch self {
      case .note: 0
      case .warning: 1
      case .error: 2
      }
    }
  }

  /// The name of what was found; stable.
  public enum Code: String, Hashable, Sendable, CaseIterable {
    case twoBOS = "two-bos"
    case noBOS = "no-bos"
    case padIsEOS = "pad-is-eos"
    case terminatorNotLearned = "terminator-not-learned"
    case terminatorIsNoToken = "terminator-is-no-token"
    case terminatorDoesNotStop = "terminator-does-not-stop"
    case controlTextIsNoToken = "control-text-is-no-token"
    case historyRewritten = "history-rewritten"
    case date
    case roleDropped = "role-dropped"
    case roleRefused = "role-refused"
    case toolsDropped = "tools-dropped"
    case reasoningDropped = "reasoning-dropped"
    case templateFails = "template-fails"
    case controlTextInContent = "control-text-in-content"
    case seamDiffers = "seam-differs"
    case tooLong = "too-long"
    case nothingSupervised = "nothing-supervised"
    case rejected
  }

  /// Where it shows.
  public struct Sample: Hashable, Sendable {
    /// The file and the line (from 1) of a record; nil where a conversation of our own shows it.
    public var file: String?
    public var line: Int?
    /// A few words of the text at fault.
    public var text: String

    public init(file: String? = nil, line: Int? = nil, text: String) {
      self.file = file
      self.line = line
      self.text = text
    }

    /// At most `limit` bytes of UTF-8, without a broken character at either end.
    static func excerpt(_ bytes: some Collection<UInt8>, limit: Int = 80) -> String {
      var cut = Array(bytes.prefix(limit))
      while let last = cut.last, cut.count < bytes.count, last & 0xC0 == 0x80 { cut.removeLast() }
      if let last = cut.last, cut.count < bytes.count, last >= 0xC0 { cut.removeLast() }
      while let first = cut.first, first & 0xC0 == 0x80 { cut.removeFirst() }
      return String(decoding: cut, as: UTF8.self) + (cut.count < bytes.count ? "…" : "")
    }
  }

  public var code: Code
  public var severity: Severity
  public var message: String
  public var remedy: String
  public var sample: Sample?
  /// How many records or samples of the data show it; nil where it does not depend on data.
  public var count: Int?

  init(
    _ code: Code, _ severity: Severity, _ message: String, remedy: String, sample: Sample? = nil,
    count: Int? = nil
  ) {
    self.code = code
    self.severity = severity
    self.message = message
    self.remedy = remedy
    self.sample = sample
    self.count = count
  }
}
