import InstructionFormat
import JSONText
import Masking
import Problems
import Tokenizer

extension RunOption {
  /// Every option that decides the shards of a run, in the order of help.
  public static let all: [RunOption] = tokenizers + inputs + templates + lengths + packs + outputs

  private static let tokenizers: [RunOption] = [
    other(
      .tokenizer, .tokenizer, "tokenizer",
      "gpt2 (built in, the default), a tokenizer.json, a model folder, a name in the Hugging Face cache, …",
      .text, standard: "gpt2"
    ) { value, options throws(Problem) in options.tokenizer = try value.text },
    text(
      .encoding, .tokenizer, "name",
      "Pattern and special tokens of a .tiktoken file: \(RankEncoding.names.joined(separator: ", ")).",
      \.tokenizerOptions.encoding),
    text(
      .pattern, .tokenizer, "pattern",
      "Pattern of a .tiktoken file: a name as for encoding, or a regular expression.",
      \.tokenizerOptions.pattern),
    other(
      .specialToken, .tokenizer, "text=id", "A special token of a .tiktoken file; may be repeated.",
      .assignments
    ) { value, options throws(Problem) in
      for (text, id) in try value.assignments(splitAtLast: true) {
        guard let id = UInt32(id) else {
          throw Problem(.option, reason: "\(value.name): \(id) is no id")
        }
        options.tokenizerOptions.specialTokens.append(.init(text: Array(text.utf8), id: id))
      }
    },
    text(.bosToken, .tokenizer, "token", "The token that begins a text.", \.tokens.bos),
    text(.eosToken, .tokenizer, "token", "The token that ends a response.", \.tokens.eos),
    text(
      .padToken, .tokenizer, "token", "The token that fills rows; EOS unless the files name one.",
      \.tokens.pad),
    flag(
      .parseSpecial, .tokenizer,
      "Let text such as <|endoftext|> in the records become special tokens.", \.parseSpecial,
      stored: "parse_special", at: \.parseSpecial),
  ]

  private static let inputs: [RunOption] = [
    choice(
      .schema, .input, "schema",
      "instruction, messages, text; auto: each record's own fields decide.", \.schema,
      stored: "schema", at: \.schema),
    other(
      .field, .input, "role=name",
      """
      Name of a field, as in task=question or messages=data.turns; may be repeated. Roles, and the names that are read \
      without it: \(RecordRole.knownNames). The last two are of messages.
      """, .assignments
    ) { value, options throws(Problem) in
      for (role, name) in try value.assignments() {
        guard let role = RecordRole(rawValue: role) else {
          throw Problem(.option, reason: "\(value.name): there is no role \(role)")
        }
        options.fields[role] = name
      }
    },
    other(
      .role, .input, "name=role",
      "What a word for a role means: system, developer, user, assistant, tool. May be repeated.",
      .assignments
    ) { value, options throws(Problem) in
      for (name, role) in try value.assignments() {
        guard let meant = MessageRole.named(role.utf8) else {
          throw Problem(.option, reason: "\(value.name): there is no role \(role)")
        }
        options.chat.roles[name] = meant
      }
    },
    number(
      .maxRecordSize, .input, "A larger record is rejected.", in: 1...1 << 30, \.maximumRecordSize,
      stored: "max_record_size", at: \.maximumRecordSize),
  ]

  private static let templates: [RunOption] = [
    other(
      .template, .template, "template",
      """
      plain, alpaca, chatml, llama3, the name of one of the tokenizer's templates, a file, or a model folder. By \
      default the tokenizer's own chat template; where it has none, plain, for instruction records.
      """, .text
    ) { value, options throws(Problem) in options.use(template: try value.text) },
    other(
      .templateArg, .template, "name=value",
      "A variable of the template; JSON where it is JSON, else text. May be repeated.", .assignments
    ) { value, options throws(Problem) in options.chat.arguments += try value.assignments() },
    text(
      .system, .template, "text", "A system turn for conversations without one.", \.chat.system),
    text(.date, .template, "yyyy-mm-dd", "The day that the template shows as today.", \.chat.date),
    other(
      .loss, .template, "policy",
      """
      What is learned. assistant: all of its turns; last: those after the last user turn; all: every byte; tools: calls \
      of tools; system, user, tool: turns of others; generation: what the template marks. Join with +, take away with \
      -reasoning, -tool-calls, -terminator, as in assistant+user-reasoning.
      """, .text, standard: LossPolicy.assistant.rawValue
    ) { value, options throws(Problem) in options.chat.loss = try value.choice() },
    other(
      .history, .template, "history",
      "What rewritten history becomes: as-rendered, last-turn, unroll, error.",
      .choice(HistoryPolicy.allCases.map(\.rawValue)), standard: HistoryPolicy.asRendered.rawValue
    ) { value, options throws(Problem) in options.chat.history = try value.choice() },
    other(
      .allowDropped, .template, "",
      "Accept records of which a turn leaves nothing in the text, and count such turns.", .flag
    ) { value, options throws(Problem) in options.chat.allowsDropped = try value.flag },
    choice(
      .seam, .template, "seam",
      "split: prompt and response are tokenized apart, as at inference; joint: together.", \.seam,
      stored: "seam", at: \.seam),
    choice(
      .straddle, .template, "rule",
      "With seam joint, a token on the boundary: mask, supervise, error.", \.straddle,
      stored: "straddle", at: \.straddle),
  ]

  private static let lengths: [RunOption] = [
    number(
      .contextLength, .length, "Maximum tokens per sample, and length of a padded row.",
      in: 1...1 << 24, \.contextLength, stored: "context_length", at: \.truncation.contextLength),
    budget(
      .promptLength, .length, "Maximum tokens of task and context.", in: 1...1 << 24,
      \.promptLength, stored: "prompt_length", at: \.truncation.promptLength),
    budget(
      .responseLength, .length, "Maximum tokens of the response, its end included.",
      in: 1...1 << 24, \.responseLength, stored: "response_length", at: \.truncation.responseLength),
    choice(
      .truncate, .length, "policy",
      """
      What becomes of a longer sample. right: its end is cut off; left: its beginning; keep-response: the \
      beginning of its prompt; oldest-turns: whole exchanges of a conversation, the oldest first, never its system \
      turn; drop: it is left out, and counted; error: the run stops.
      """, \.truncate, stored: "truncate", at: \.truncation.policy),
    filter(
      .minTokens, .length,
      "Leave records out of which a sample has fewer tokens, before anything is cut off.",
      in: 1...1 << 30, \.minTokens, stored: "min_tokens", at: \.truncation.minimumTokens),
    filter(
      .maxTokens, .length,
      "Leave records out of which a sample has more tokens, whatever the context length.",
      in: 1...1 << 30, \.maxTokens, stored: "max_tokens", at: \.truncation.maximumTokens),
  ]

  private static let packs: [RunOption] = [
    RunOption(
      name: .pack, group: .packing, valueName: "how",
      help:
        "Several samples a row: whole samples, or split for plain text, which fills every row. Without it each has its own.",
      type: .choice(RunSpec.Packing.allCases.map(\.rawValue)),
      standard: RunSpec.Packing.none.rawValue,
      read: { value, options throws(Problem) in
        if let packs = value.node.bool {
          options.pack = packs ? .whole : .none
        } else {
          options.pack = try value.choice()
        }
      }, check: { _ in nil }, stored: .choice("packing", \.packing),
      settle: { options, spec in spec.packing = options.pack }),
    RunOption(
      name: .packAlign, group: .packing, valueName: "n",
      help: "Packed samples begin at multiples of this.", type: .number(1...1 << 24),
      standard: "1",
      read: { value, options throws(Problem) in options.packAlign = try value.number },
      check: { options in
        if options.packAlign != 1, options.pack == .none {
          return Problem(.option, reason: "\(OptionName.packAlign) goes with \(OptionName.pack)")
        }
        return (1...max(1, options.contextLength)).contains(options.packAlign)
          ? nil
          : Problem(
            .option, reason: "\(OptionName.packAlign) must be from 1 to the context length")
      }, stored: .number("segment_alignment", \.segmentAlignment),
      settle: { options, spec in spec.segmentAlignment = options.packAlign }),
  ]

  private static let outputs: [RunOption] = [
    number(
      .blockSize, .output, "Input that becomes one shard (decompressed).", in: 1...1 << 30,
      \.blockSize, stored: "block_size", at: \.blockSize),
    number(
      .level, .output, "zstd's compression level, 1 to 19.", in: 1...19, \.level,
      stored: "level", at: \.level),
  ]
}

extension RunOptions {
  /// Reads a spec: a JSON object whose keys are names of options. An option that may be repeated takes a list of texts,
  /// any other one value. Throws where there is no such option, or a value cannot be used.
  public init(json: some Collection<UInt8>) throws(Problem) {
    self.init()
    let parser = JSONParser()
    // Nodes live as long as their parser.
    defer { withExtendedLifetime(parser) {} }
    let root: JSONNode
    do throws(Problem) { root = try parser.parse(json) } catch {
      throw Problem(.option, reason: "the spec is not JSON: \(error.reasonInText)")
    }
    guard root.isObject else { throw Problem(.option, reason: "the spec is not a JSON object") }
    for (key, node) in root.members {
      guard let option = RunOption.named(key.string ?? "") else {
        let near = NearName.of(key.string ?? "", among: RunOption.all.map(\.name.rawValue))
        throw Problem(
          .option,
          reason: "the spec has \"\(key.string ?? "")\", which is no option that decides rows",
          remedy: near.map { "did you mean \"\($0)\"?" } ?? "")
      }
      try option.read(OptionValue(name: option.name, node: node), &self)
    }
    try check()
  }

  /// Throws where a value is out of its range, or options do not go together.
  public func check() throws(Problem) {
    for option in RunOption.all {
      if let problem = option.check(self) { throw problem }
    }
    _ = try chat.day()
  }
}
