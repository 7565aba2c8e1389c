/// What a `.tiktoken` file does not say: the pattern that cuts text into pieces, the special tokens, and what the model's
/// own tokenizer does around them.
///
/// Sources: `tiktoken_ext/openai_public.py` of tiktoken 0.14, `llama_models` 0.3, `dashscope` 2.0, Moonshot's
/// `tokenization_kimi.py`.
public struct RankEncoding: Sendable {
  struct Special: Sendable {
    var text: String
    var id: UInt32
  }

  let name: String
  let pattern: String
  var specials: [Special] = []
  var bos: String?
  var eos: String?
  var pad: String?
  /// The model's tokenizer brings text into NFC first.
  var isNFC = false
  /// The model's tokenizer cuts text before anything else.
  var limits: TextLimits?

  /// Names that `--encoding` takes.
  public static let names = [
    "r50k", "gpt2", "p50k", "p50k_edit", "cl100k", "o200k", "o200k_harmony", "llama3", "llama4",
    "qwen", "kimi", "whisper",
  ]

  /// The encoding of a name, as it is for a file with `count` tokens; nil for an unknown one.
  static func named(_ name: String, count: UInt32) -> RankEncoding? {
    let name = name.hasSuffix("_base") ? String(name.dropLast(5)) : name
    switch name {
    case "r50k", "gpt2", "p50k":
      return RankEncoding(
        name: name, pattern: RankPattern.gpt2, specials: [.init(text: endOfText, id: 50256)],
        eos: endOfText)
    case "whisper":
      return RankEncoding(
        name: name, pattern: RankPattern.gpt2, specials: [.init(text: endOfText, id: count)],
        eos: endOfText)
    case "p50k_edit":
      return RankEncoding(
        name: name, pattern: RankPattern.gpt2,
        specials: [.init(text: endOfText, id: 50256)]
          + consecutive(["<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>"], from: 50281),
        eos: endOfText)
    case "cl100k":
      return RankEncoding(
        name: name, pattern: RankPattern.cl100k,
        specials: consecutive(
          [endOfText, "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>"], from: 100_257)
          + [.init(text: "<|endofprompt|>", id: 100_276)], eos: endOfText)
    case "o200k":
      return RankEncoding(
        name: name, pattern: RankPattern.o200k,
        specials: [
          .init(text: endOfText, id: 199_999), .init(text: "<|endofprompt|>", id: 200_018),
        ], eos: endOfText)
    case "o200k_harmony": return harmony
    case "llama3": return llama3(count)
    case "llama4": return llama4(count)
    case "qwen":
      return RankEncoding(
        name: name, pattern: RankPattern.qwen,
        specials: consecutive(
          [endOfText, "<|im_start|>", "<|im_end|>"] + (0..<205).map { "<|extra_\($0)|>" },
          from: count),
        eos: endOfText, isNFC: true)
    case "kimi": return kimi(count)
    default: return nil
    }
  }

  /// The encoding of a rank file that is certainly one of those known; nil otherwise.
  static func recognized(_ file: RankFile) -> String? {
    switch (file.entries.count, file.fingerprint) {
    case (50256, 0x2489_9FFE_6566_13A0): "r50k"
    case (50257, 0xEFD8_46D3_0F2A_A836): "whisper"
    case (50280, 0xDDF0_513F_B377_60D8): "p50k"
    case (100_256, 0x0588_5614_3046_89F6): "cl100k"
    case (199_998, 0x2019_962C_D5F2_D0F4): "o200k"
    case (128_000, 0x02BF_9195_9D00_5444): "llama3"
    case (200_000, 0x2C21_2910_D9E9_74CA): "llama4"
    case (151_643, 0x4807_86B8_A0C1_F2B5): "qwen"
    // Moonshot's models share one vocabulary; no other of this size is known.
    case (163_584, _): "kimi"
    default: nil
    }
  }

  private static let endOfText = "<|endoftext|>"

  private static func consecutive(_ texts: [String], from first: UInt32) -> [Special] {
    texts.enumerated().map { Special(text: $1, id: first + UInt32($0)) }
  }

  private static var harmony: RankEncoding {
    var specials = consecutive(
      [
        "<|startoftext|>", endOfText, "<|reserved_200000|>", "<|reserved_200001|>", "<|return|>",
        "<|constrain|>",
        "<|reserved_200004|>", "<|channel|>", "<|start|>", "<|end|>", "<|message|>",
        "<|reserved_200009|>",
        "<|reserved_200010|>", "<|reserved_200011|>", "<|call|>",
      ], from: 199_998)
    // The reference's table names 200018 twice; both texts are that token.
    specials += (200_013..<201_088).map { Special(text: "<|reserved_\($0)|>", id: $0) }
    specials.append(Special(text: "<|endofprompt|>", id: 200_018))
    return RankEncoding(
      name: "o200k_harmony", pattern: RankPattern.o200k, specials: specials, bos: "<|startoftext|>",
      eos: endOfText)
  }

  private static func llama3(_ count: UInt32) -> RankEncoding {
    let named = [
      "<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>",
      "<|reserved_special_token_1|>",
      "<|finetune_right_pad_id|>", "<|step_id|>", "<|start_header_id|>", "<|end_header_id|>",
      "<|eom_id|>", "<|eot_id|>",
      "<|python_tag|>", "<|image|>",
    ]
    let reserved = (0..<256 - named.count).map { "<|reserved_special_token_\($0 + 2)|>" }
    return RankEncoding(
      name: "llama3", pattern: RankPattern.llama3,
      specials: consecutive(named + reserved, from: count),
      bos: named[0], eos: named[1], pad: named[4])
  }

  private static func llama4(_ count: UInt32) -> RankEncoding {
    func reserved(_ name: String, _ range: Range<Int>) -> [String] {
      range.map { "<|\(name)_reserved_special_token_\($0)|>" }
    }
    var texts = [
      "<|begin_of_text|>", "<|end_of_text|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>",
    ]
    texts += ["<|header_start|>", "<|header_end|>", "<|eom|>", "<|eot|>", "<|step|>"]
    texts +=
      reserved("text_post_train", 0..<6) + [
        "<|python_start|>", "<|python_end|>", "<|finetune_right_pad|>",
      ]
    texts += reserved("text_post_train", 8..<69)
    texts +=
      ["<|image_start|>", "<|image_end|>"] + reserved("vision", 0..<2) + [
        "<|tile_x_separator|>", "<|tile_y_separator|>",
      ]
    texts += reserved("vision", 2..<6) + ["<|image|>"] + reserved("vision", 6..<7) + ["<|patch|>"]
    texts += reserved("vision", 7..<1048)
    texts +=
      reserved("reasoning", 0..<8) + ["<|reasoning_thinking_start|>", "<|reasoning_thinking_end|>"]
    texts += (0..<max(0, 2048 - texts.count)).map { "<|reserved_special_token_\($0)|>" }
    return RankEncoding(
      name: "llama4", pattern: RankPattern.o200k, specials: consecutive(texts, from: count),
      bos: "<|begin_of_text|>", eos: "<|end_of_text|>", pad: "<|finetune_right_pad|>")
  }

  private static func kimi(_ count: UInt32) -> RankEncoding {
    let named: [UInt32: String] = [
      0: "[BOS]", 1: "[EOS]", 2: "<|im_end|>", 3: "<|im_user|>", 4: "<|im_assistant|>",
      6: "<|start_header_id|>",
      7: "<|end_header_id|>", 9: "[EOT]", 10: "<|im_system|>", 11: "<|tool_calls_section_begin|>",
      12: "<|tool_calls_section_end|>", 13: "<|tool_call_begin|>",
      14: "<|tool_call_argument_begin|>", 15: "<|tool_call_end|>",
      17: "<|im_middle|>", 254: "[UNK]", 255: "[PAD]",
    ]
    return RankEncoding(
      name: "kimi", pattern: RankPattern.kimi,
      specials: (0..<258).map {
        Special(text: named[$0] ?? "<|reserved_token_\(count + $0)|>", id: count + $0)
      },
      bos: "[BOS]", eos: "[EOS]", pad: "[PAD]", limits: TextLimits(characters: 400_000, run: 25_000)
    )
  }
}
