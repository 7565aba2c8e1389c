import Pipeline

/// Something that goes wrong silently in training, or would: what it is, where it shows, what to do.
public struct Finding: Hashable, Sendable {
  /// How bad it is, the mildest first.
  public enum Severity: String, Hashable, Sendable, CaseIterable, Comparable {
    /// Worth knowing.
    case note
    /// The model learns something else than it should, in part.
    case warning
    /// Records are lost, or what is learned is wrong.
    case error

    public static func < (left: Self, right: Self) -> Bool {
      guard let a = allCases.firstIndex(of: left), let b = allCases.firstIndex(of: right) else {
        return false
      }
      return a < b
    }
  }

  /// Stable names.
  public enum Code: String, Hashable, Sendable, CaseIterable {
    // Of the tokenizer.
    case eosUnknown = "eos-unknown"
    case padEqualsEOS = "pad-equals-eos"
    // Of the template.
    case noTemplate = "no-template"
    case templateBroken = "template-broken"
    case templateRefuses = "template-refuses"
    case twoBOS = "two-bos"
    case dateMissing = "date-missing"
    case terminatorNotSupervised = "terminator-not-supervised"
    case terminatorNotOneToken = "terminator-not-one-token"
    case terminatorNotEOS = "terminator-not-eos"
    case noGenerationPrompt = "no-generation-prompt"
    case promptDiffers = "prompt-differs"
    case historyRewritten = "history-rewritten"
    case roleDropped = "role-dropped"
    case roleRefused = "role-refused"
    case toolsDropped = "tools-dropped"
    case toolCallsDropped = "tool-calls-dropped"
    case reasoningDropped = "reasoning-dropped"
    // Of the data.
    case noRecords = "no-records"
    case rejected
    case controlTokens = "control-tokens-in-content"
    case seamsDiffer = "seams-differ"
    case tooLong = "too-long"
    case lengths
    // Of rows that were prepared elsewhere.
    case idsUnknown = "ids-unknown"
    case labelsDiffer = "labels-differ"
    case terminatorNeverLearned = "terminator-never-learned"
    case promptLearned = "prompt-learned"
    case nothingLearned = "nothing-learned"
    case paddingLearned = "padding-learned"
  }

  public var code: Code
  public var severity: Severity
  /// What is wrong, in words.
  public var message: String
  /// A piece of text in which it shows; may be empty.
  public var sample: String
  /// `FILE:LINE` of a record in which it shows; nil where no record is needed to see it.
  public var place: String?
  /// Records in which it shows; 0 where none was needed.
  public var count: Int
  /// What to do about it; may be empty.
  public var remedy: String

  public init(
    _ code: Code, _ severity: Severity, _ message: String, sample: String = "",
    place: String? = nil, count: Int = 0, remedy: String = ""
  ) {
    self.code = code
    self.severity = severity
    self.message = message
    self.sample = sample
    self.place = place
    self.count = count
    self.remedy = remedy
  }
}
