import Masking
import ShardWriter
import Tokenizer

/// What the tokenizer's special tokens do to samples.
enum TokenizerChecks {
  /// `rendered`: a conversation as the template writes it; nil where no template is used.
  static func findings(spec: RunSpec, tokenizer: BPETokenizer, rendered: [UInt8]?) -> [Finding] {
    var findings: [Finding] = []
    if let rendered, let bos = tokenizer.specials.bos {
      findings += beginning(bos, of: tokenizer, rendered)
    }
    if let end = spec.end.ids.first, spec.padID == end {
      let name = String(decoding: spec.end.text, as: UTF8.self)
      findings.append(
        Finding(
          .padIsEOS, .warning,
          "padding is \(name), which also ends a text: what masks padding by its id leaves the real one unlearned too",
          remedy:
            "train from the stored labels and attention mask, which go by position, or name another: --pad-token"
        ))
    }
    return findings
  }

  private static func beginning(
    _ bos: SpecialToken, of tokenizer: BPETokenizer, _ rendered: [UInt8]
  ) -> [Finding] {
    let name = String(decoding: bos.text, as: UTF8.self)
    let isAdded = tokenizer.specials.bosIsAdded
    let sample = Finding.Sample(text: Finding.Sample.excerpt(rendered))
    guard rendered.starts(with: bos.text) else {
      guard isAdded else { return [] }
      return [
        Finding(
          .noBOS, .warning,
          "the tokenizer begins every text with \(name), and the template does not write it: samples have none, as with apply_chat_template",
          remedy: "write {{ bos_token }} at the beginning of the template, if the model expects it",
          sample: sample)
      ]
    }
    if rendered.dropFirst(bos.text.count).starts(with: bos.text) {
      return [
        Finding(
          .twoBOS, .error, "the template writes \(name) twice",
          remedy: "remove one from the template", sample: sample)
      ]
    }
    guard isAdded else { return [] }
    return [
      Finding(
        .twoBOS, .warning,
        "the template writes \(name) and the tokenizer adds one: who renders to text and tokenizes that gets two; prep writes one",
        remedy: "elsewhere tokenize rendered text with add_special_tokens=False", sample: sample)
    ]
  }
}
