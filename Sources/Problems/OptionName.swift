/// The options that texts refer to. The raw value is the key of a spec, the long flag of the command and, with `_` for
/// `-`, the keyword argument of Python. What an option takes and does stands in `RunOption`.
public enum OptionName: String, Hashable, Sendable, CaseIterable, CustomStringConvertible {
  // Tokenizer.
  case tokenizer, encoding, pattern
  case specialToken = "special-token"
  case bosToken = "bos-token"
  case eosToken = "eos-token"
  case padToken = "pad-token"
  case parseSpecial = "parse-special"
  // Input.
  case schema, field, role
  case maxRecordSize = "max-record-size"
  case maxRejects = "max-rejects"
  case skipOtherFiles = "skip-other-files"
  case limit
  // Template and loss.
  case template
  case templateArg = "template-arg"
  case system, date, loss, history
  case allowDropped = "allow-dropped"
  case seam, straddle
  // Length.
  case contextLength = "context-length"
  case promptLength = "prompt-length"
  case responseLength = "response-length"
  case truncate
  case minTokens = "min-tokens"
  case maxTokens = "max-tokens"
  // Packing.
  case pack
  case packAlign = "pack-align"
  // Output.
  case output, overwrite, level, unpadded
  case blockSize = "block-size"
  case partition
  case rebuildManifest = "rebuild-manifest"
  // Machine.
  case threads
  // Training a tokenizer.
  case vocabSize = "vocab-size"

  /// In a text: `"raise \(OptionName.contextLength)"`. `Surface.spell` puts the reader's name there.
  public var description: String { "\(Self.open)\(rawValue)\(Self.close)" }

  /// The option set to a value, in a text: `"use \(OptionName.truncate("left"))"`.
  public func callAsFunction(_ value: String) -> String {
    "\(Self.open)\(rawValue)=\(value)\(Self.close)"
  }

  // Of a private use area, so that no text has them by chance.
  static let open: Character = "\u{F5A0}"
  static let close: Character = "\u{F5A1}"
  /// The first byte of both in UTF-8.
  static let firstByte: UInt8 = 0xEF
}
