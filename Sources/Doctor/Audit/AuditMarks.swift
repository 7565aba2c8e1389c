import InstructionFormat
import Pipeline
import Problems
import Tokenizer

/// What rows are searched for: the tokens that end a turn, those that ask for one, and those that begin a text.
public struct AuditMarks: Sendable {
  /// Any of these ends what the model writes; each may be several tokens.
  public private(set) var terminators: [[UInt32]] = []
  /// How the model is asked for its turn, up to the end of its line; nil where the template has no such words, or such as stand
  /// in texts too.
  public private(set) var prompt: [UInt32]?
  public private(set) var bos: UInt32?
  public let padID: UInt32
  public let idCount: Int

  /// `spec` and `tokenizer` as a run would have them. Throws where the tokenizer has no tokens for what is searched.
  public init(_ spec: RunSpec, _ tokenizer: BPETokenizer) throws(Problem) {
    padID = spec.padID
    idCount = tokenizer.idCount
    let encoder = tokenizer.makeEncoder()
    bos = tokenizer.specials.bos?.id
    var texts = [spec.end.text]
    if let chat = spec.chat {
      texts += chat.options.stopTexts + (chat.options.endOfText.map { [$0] } ?? [])
      if case .success(let rendered) = TemplateProbe.plain.render(chat) {
        var (terminator, prompt): ([UInt8], [UInt8]) = ([], [])
        for segment in rendered.segments {
          switch segment.reason {
          case .terminator(turn: 1): terminator += rendered.text[segment.range]
          case .generationPrompt(turn: 1): prompt += rendered.text[segment.range]
          default: break
          }
        }
        texts.append(terminator)
        self.prompt = Self.header(try encoder.encode(prompt), tokenizer)
      }
    }
    for text in texts {
      let ids = try encoder.encode(text)
      if !ids.isEmpty, !terminators.contains(ids) { terminators.append(ids) }
    }
  }

  /// A prompt's tokens up to its first line end: what comes behind it may be one token with the answer.
  private static func header(_ ids: [UInt32], _ tokenizer: BPETokenizer) -> [UInt32]? {
    let header = Array(
      ids.prefix { !(tokenizer.bytes(of: $0) ?? []).contains(UInt8(ascii: "\n")) })
    // A token alone stands in texts too, unless it is a special one.
    let isTelling = header.count > 1 || header.contains { tokenizer.isSpecial($0) }
    return isTelling ? header : nil
  }
}
