/// What a caller says about a tokenizer that its files do not say: for `.tiktoken` files.
public struct TokenizerOptions: Sendable, Hashable {
  public struct Special: Sendable, Hashable {
    /// UTF-8.
    public var text: [UInt8]
    public var id: UInt32

    public init(text: [UInt8], id: UInt32) {
      self.text = text
      self.id = id
    }
  }

  /// One of `RankEncoding.names`: pattern and special tokens of a rank file.
  public var encoding: String?
  /// A name as for `encoding`, or a regular expression in Rust's syntax (as `tiktoken` takes it).
  public var pattern: String?
  /// Special tokens, beside those of the encoding.
  public var specialTokens: [Special] = []

  public init() {}

  public var isEmpty: Bool { encoding == nil && pattern == nil && specialTokens.isEmpty }
}
