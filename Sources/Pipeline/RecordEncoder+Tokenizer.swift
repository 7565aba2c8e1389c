import Problems
import Tokenizer

extension RecordEncoder {
  /// Encodes with this tokenizer as `prep run` does by default: plain render, one row a record, at most
  /// `contextLength` tokens. Throws where the tokenizer's files do not say what ends a text.
  public convenience init(
    tokenizer: BPETokenizer, contextLength: Int = 1024, tokens: RunSpec.TokenNames = .init()
  ) throws(Problem) {
    let spec = try RunSpec(tokenizer: tokenizer, tokens: tokens, contextLength: contextLength)
    self.init(spec: spec, encoder: tokenizer.makeEncoder())
  }
}
