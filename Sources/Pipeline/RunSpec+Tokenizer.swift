import Files
import InstructionFormat
import Masking
import Problems
import ShardWriter
import Tokenizer

extension RunSpec {
  /// Tokens that the user names, in place of what the tokenizer's files say.
  public struct TokenNames: Hashable, Sendable {
    public var bos: String?
    public var eos: String?
    public var pad: String?

    public init(bos: String? = nil, eos: String? = nil, pad: String? = nil) {
      self.bos = bos
      self.eos = eos
      self.pad = pad
    }
  }

  /// The spec of a run with this tokenizer: what begins, ends and pads a sample is what its files say,
  /// unless `tokens` names it. BOS begins a sample exactly if the tokenizer itself would put it there.
  /// Throws where no token ends a text, or several could.
  public init(
    tokenizer: BPETokenizer, named name: String = "gpt2", tokens: TokenNames = TokenNames(),
    contextLength: Int = 1024
  ) throws(Problem) {
    var asked = RunOptions()
    asked.contextLength = contextLength
    try asked.check()
    let specials = tokenizer.specials
    func id(_ token: String, flag: String) throws(Problem) -> UInt32 {
      guard let id = tokenizer.id(of: Array(token.utf8)) else {
        // An id is a frequent mistake.
        let meant = UInt32(token).flatMap { tokenizer.bytes(of: $0) }
        throw Problem(
          file: name, reason: "it has no token \"\(token)\"",
          remedy: meant.map {
            "a token is named by its text: id \(token) is \"\(String(decoding: $0, as: UTF8.self))\""
          } ?? "name another with \(flag)")
      }
      return id
    }
    let end: Token
    if let eos = tokens.eos {
      end = Token(text: Array(eos.utf8), ids: [try id(eos, flag: "\(OptionName.eosToken)")])
    } else if let eos = specials.eos {
      end = Token(text: eos.text, ids: [eos.id])
    } else {
      let candidates = specials.eosCandidates
      throw Problem(
        file: name,
        reason: candidates.isEmpty
          ? "no file says which token ends a text"
          : "several tokens may end a text: \(candidates.joined(separator: ", "))",
        remedy: "name it: \(OptionName.eosToken) '\(candidates.first ?? "TOKEN")'")
    }
    let padID: UInt32
    if let pad = tokens.pad {
      padID = try id(pad, flag: "\(OptionName.padToken)")
    } else if let pad = specials.pad, tokens.eos == nil || pad.id != specials.eos?.id {
      padID = pad.id
    } else {
      // No file names a padding token of its own: it is EOS, the one that the user names too.
      padID = end.ids[0]
    }
    self.init(
      tokenizer: name, tokenizerDigest: Self.digest(of: tokenizer), idCount: tokenizer.idCount,
      end: end, padID: padID, contextLength: contextLength)
    beginning = try Self.beginning(of: tokenizer, bos: tokens.bos) {
      (token) throws(Problem) in
      try id(token, flag: "\(OptionName.bosToken)")
    }
  }

  /// What stands before every text: the post-processor's ids, or BOS where a file asks for it.
  private static func beginning(
    of tokenizer: BPETokenizer, bos named: String?, id: (String) throws(Problem) -> UInt32
  ) throws(Problem) -> Token? {
    let specials = tokenizer.specials
    var ids = tokenizer.postProcessor.prefix
    if ids.isEmpty, specials.bosIsAdded, let bos = specials.bos { ids = [bos.id] }
    let named = try named.map { (text) throws(Problem) in
      Token(text: Array(text.utf8), ids: [try id(text)])
    }
    guard !ids.isEmpty else { return nil }
    // Another BOS takes the place of the one that the files name.
    if let named, ids.count == 1, specials.bos.map({ $0.id == ids[0] }) ?? true { return named }
    return Token(text: ids.flatMap { tokenizer.bytes(of: $0) ?? [] }, ids: ids)
  }

  private static let probe = """
      The quick  brown fox's 12345 JUMPS over\n\n\tthe lazy dog... \u{FB01}n\u{E9} ne\u{301}e \u{130}I\u{131} \
    Stra\u{DF}e \u{4F60}\u{597D}\u{4E16}\u{754C} \u{1F642}\u{200D} don't WE'LL x=\u{BD}; <s>[INST]</s> 3.14e-10 \r\n   end 
    """

  /// A digest of every token's bytes, and of the ids of a text that calls on every stage.
  static func digest(of tokenizer: BPETokenizer) -> Digest128 {
    var bytes: [UInt8] = []
    for id in 0..<UInt32(clamping: tokenizer.idCount) {
      bytes.append(contentsOf: tokenizer.bytes(of: id) ?? [0xFF])
      bytes.append(0xFE)
    }
    let probe = try? tokenizer.makeEncoder().encode(Array(Self.probe.utf8))
    for id in probe ?? [] { bytes.append(contentsOf: "\(id),".utf8) }
    for id in tokenizer.postProcessor.prefix { bytes.append(contentsOf: "+\(id)".utf8) }
    return Digest128(of: bytes)
  }
}

extension BPEEncoder: TextEncoder {
  public var droppedBytes: Int { counts.droppedBytes }

  public func appendIDs(
    of text: UnsafeBufferPointer<UInt8>, literal: [Range<Int>], continues: Bool,
    to ids: inout [UInt32]
  ) throws(Problem) {
    do throws(Problem) {
      unsafe try encode(text, literal: literal, continues: continues, into: &ids)
    } catch {
      throw Problem(.notEncodable, reason: error.reason, remedy: error.remedy)
    }
  }

  public func appendIDs(
    of text: UnsafeBufferPointer<UInt8>, literal: [Range<Int>], continues: Bool,
    to ids: inout [UInt32], ranges: inout [Range<UInt32>]
  ) throws(Problem) {
    do throws(Problem) {
      unsafe try encode(text, literal: literal, continues: continues, into: &ids, ranges: &ranges)
    } catch {
      throw Problem(.notEncodable, reason: error.reason, remedy: error.remedy)
    }
  }

  public func appendIDs(
    of text: UnsafeBufferPointer<UInt8>, literal: [Range<Int>], continues: Bool,
    to ids: inout [UInt32], cuts: [Int], places: inout [TokenCut], ranges: inout [Range<UInt32>]
  ) throws(Problem) -> Bool {
    do throws(Problem) {
      return unsafe try encode(
        text, literal: literal, continues: continues, into: &ids, cuts: cuts, ranges: &ranges
      ) { places.append(TokenCut(token: $0, end: $1)) }
    } catch {
      throw Problem(.notEncodable, reason: error.reason, remedy: error.remedy)
    }
  }
}
