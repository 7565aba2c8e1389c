import Pipeline
import Problems

/// What the special tokens of a run do to training.
struct TokenizerChecks {
  let spec: RunSpec

  var findings: [Finding] {
    guard spec.end.ids == [spec.padID] else { return [] }
    return [
      Finding(
        .padEqualsEOS, .note,
        "rows are padded with the token that ends a response, id \(spec.padID)",
        sample: String(decoding: spec.end.text, as: UTF8.self),
        remedy:
          "nothing for prep's own readers, which know padding by its place; a trainer that masks "
          + "labels by pad id loses every end: name another with \(OptionName.padToken)")
    ]
  }
}
