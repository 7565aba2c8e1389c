import Files
import InstructionFormat
import Masking
import Problems
import ShardWriter
import Tokenizer

/// Everything that decides the bytes of a run's shards, besides the input: two runs with the same spec
/// make the same shards of the same blocks. Threads, output folder and limits of rejects are not in it.
public struct RunSpec: Sendable {
  /// The tokenizer as the user named it, and a digest of what was loaded.
  public var tokenizer: String
  /// What the user said of a tokenizer whose files do not say it.
  public var tokenizerOptions = TokenizerOptions()
  public var tokenizerDigest: Digest128
  /// Highest token id + 1.
  public var idCount: Int

  public var fields = RecordFields()
  public var render = Render.plain
  /// What is learned of records.
  public var loss = LossPolicy.assistant
  /// The chat template that renders messages; nil where there is none.
  public var chat: ChatSpec?
  /// Whether the user gave variables of the template a value. Not stored: a stored spec does not tell them from the tokenizer's
  /// own.
  var hasGivenArguments = false
  /// Text and ids that begin every rendered sample (not those of chat templates, which write their own).
  public var beginning: Token?
  public var end: Token
  public var padID: UInt32

  public var seam = Seam.split
  public var straddle = Straddle.mask
  public var parseSpecial = false
  public var truncation: Truncation
  public var packing = Packing.none
  /// Packed samples begin at multiples of this.
  public var segmentAlignment = 1

  /// Bytes of a block (decompressed), about.
  public var blockSize = 16 << 20
  /// Bytes that a record may have.
  public var maximumRecordSize = 16 << 20
  /// zstd's compression level.
  public var level = 3

  /// How instruction records become text.
  public enum Render: String, Hashable, Sendable, CaseIterable {
    case plain, alpaca
    /// Through the chat template: task and context the user's turn, response the assistant's.
    case chat
  }

  /// Whether samples share rows.
  public enum Packing: String, Hashable, Sendable, CaseIterable {
    /// One sample a row.
    case none
    /// Several whole samples a row.
    case whole
    /// Rows are filled, samples go on in the next: for plain text.
    case split
  }

  /// A token that the render writes.
  public struct Token: Hashable, Sendable {
    public var text: [UInt8]
    public var ids: [UInt32]

    public init(text: [UInt8], ids: [UInt32]) {
      self.text = text
      self.ids = ids
    }
  }

  public init(
    tokenizer: String, tokenizerDigest: Digest128, idCount: Int, end: Token, padID: UInt32,
    contextLength: Int = 1024
  ) {
    self.tokenizer = tokenizer
    self.tokenizerDigest = tokenizerDigest
    self.idCount = idCount
    self.end = end
    self.padID = padID
    truncation = Truncation(contextLength: contextLength)
  }

  /// How records are told apart, in `fields`.
  var schema: RecordSchema {
    get { fields.schema }
    set { fields = RecordFields(schema: newValue, given: fields.given) }
  }

  /// Rises when the same spec begins to give other rows.
  static let format = 1

  /// What shards keep of it.
  public var shardSpec: ShardSpec {
    ShardSpec(
      json: json, contextLength: truncation.contextLength, padID: padID, idCount: idCount,
      sampleAlignment: segmentAlignment)
  }

  var encoding: SampleEncoder.Options {
    var options = SampleEncoder.Options(endID: end.ids.first ?? 0)
    options.seam = seam
    options.straddle = straddle
    options.parseSpecial = parseSpecial
    options.beginningIDs = beginning?.ids ?? []
    return options
  }
}
