extension Problem {
  /// What went wrong, as programs tell it. The raw values are stable: they are keys of reports and of `rejects.jsonl`.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    // Of a record (it is rejected, and the run goes on):
    /// The line is not JSON.
    case invalidJSON = "invalid-json"
    /// The line has bytes that are no UTF-8.
    case invalidUTF8 = "invalid-utf8"
    /// Half of a surrogate pair is escaped: no character, so there is nothing to encode.
    case loneSurrogate = "lone-surrogate"
    /// The line is JSON, but no object.
    case notAnObject = "not-an-object"
    /// No field of the record has a name that is known.
    case unknownSchema = "unknown-schema"
    /// A field that the schema of the record needs is not there.
    case missingField = "missing-field"
    /// A field holds a value of another type than the schema has.
    case wrongType = "wrong-type"
    /// Task and context are empty.
    case emptyPrompt = "empty-prompt"
    /// The response is empty: the model would learn to say nothing.
    case emptyResponse = "empty-response"
    /// The text is empty.
    case emptyText = "empty-text"
    /// The conversation has no message.
    case emptyConversation = "empty-conversation"
    /// A message has a role that is not known.
    case unknownRole = "unknown-role"
    /// Two names of one role are both filled, and differ.
    case ambiguousField = "ambiguous-field"
    /// Two answers, a better and a worse one.
    case preferencePair = "preference-pair"
    /// An answer that is labelled as good or bad.
    case feedbackLabel = "feedback-label"
    /// A prompt without an answer.
    case promptOnly = "prompt-only"
    /// An image, audio or video.
    case mediaPart = "media-part"
    /// A part of a message of no known type.
    case unknownPart = "unknown-part"
    /// A flag whose meaning is not agreed on.
    case unclearFlag = "unclear-flag"
    /// A turn left nothing in the text.
    case turnDropped = "turn-dropped"
    /// The conversation has nothing that the model could learn to say.
    case noAssistantTurn = "no-assistant-turn"
    /// The chat template raised an exception of its own.
    case templateRefused = "template-refused"
    /// The chat template failed on the record.
    case templateFailed = "template-failed"
    /// The chat template shows today's date, and none was given.
    case dateMissing = "date-missing"
    /// The template rewrites earlier turns, and the run asked for an error then.
    case historyRewritten = "history-rewritten"
    /// A token spans a supervised boundary, and the run asked for an error then.
    case straddlingToken = "straddling-token"
    /// The tokenizer cannot encode the text.
    case notEncodable = "not-encodable"
    /// Longer than its budget, and the run drops such samples.
    case tooLong = "too-long"
    /// Fewer tokens than a sample must have to be kept.
    case tooFewTokens = "too-few-tokens"
    /// More tokens than a sample may have to be kept, whether or not it fits.
    case tooManyTokens = "too-many-tokens"
    /// More bytes than a record may have.
    case tooLarge = "too-large"
    /// Nothing is left to learn from, after truncation.
    case nothingSupervised = "nothing-supervised"
    /// No token of it is to be learned, whatever its length.
    case unsupervised

    // Of what was asked for:
    /// An option's value, or options that do not go together.
    case option
    /// An option that can do nothing, beside the others or with this tokenizer.
    case optionUnused = "option-unused"
    /// An argument of a call of the C interface.
    case argument
    /// A number of a row, a token or a record that there is none of.
    case range
    /// An array of the caller's that is too small.
    case tooSmall = "too-small"

    // Of the input:
    /// There is no such file or folder.
    case inputMissing = "input-missing"
    /// It cannot be read, from some place on.
    case inputUnreadable = "input-unreadable"
    /// A format that is not read.
    case inputUnsupported = "input-unsupported"
    /// A compressed file that is damaged or cut off.
    case inputDamaged = "input-damaged"
    /// Files of a folder that look like data and would be passed over.
    case inputNotRead = "input-not-read"
    /// A file that changed, or ended early, while it was read.
    case inputChanged = "input-changed"
    /// There is not one record in it.
    case inputEmpty = "input-empty"

    // Of the tokenizer and the template:
    /// There is no such tokenizer.
    case tokenizerMissing = "tokenizer-missing"
    /// A tokenizer that uses what is not supported.
    case tokenizerUnsupported = "tokenizer-unsupported"
    /// A regular expression that is wrong, or means what cannot be kept.
    case pattern
    /// A tokenizer that is malformed, or cannot be used as asked.
    case tokenizer
    /// A template that is missing, malformed or not supported.
    case template

    // Of data sets:
    /// Bytes are not what was written: `verify` reports these.
    case damaged
    /// A file or folder that cannot be used as asked: other spec, unknown feature, no manifest.
    case unusable
    /// More records were rejected than the run allows.
    case tooManyRejects = "too-many-rejects"
    /// The run was told to stop.
    case cancelled

    // Of the system:
    /// The operating system refused: no space, no permission, no memory.
    case system

    /// Whether the sample does not fit the lengths of rows: longer ones would keep it.
    public var isOfLength: Bool { self == .tooLong || self == .nothingSupervised }

    /// Whether the user's own lengths or filters leave the record out: such a one is no fault of the data.
    public var isLeftOut: Bool { isOfLength || self == .tooFewTokens || self == .tooManyTokens }

    /// Whether a record is at fault: such kinds are counted as rejects.
    public var isOfRecord: Bool {
      switch self {
      case .option, .optionUnused, .inputNotRead, .inputChanged, .inputEmpty, .argument, .range,
        .tooSmall, .inputMissing, .inputUnreadable,
        .inputUnsupported, .inputDamaged, .tokenizerMissing, .tokenizerUnsupported,
        .pattern, .tokenizer, .template, .damaged, .unusable,
        .tooManyRejects, .cancelled, .system:
        false
      default: true
      }
    }
  }
}
