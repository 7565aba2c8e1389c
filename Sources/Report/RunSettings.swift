import InstructionFormat
import Masking
import Pipeline
import Problems
import Tokenizer

/// What a run does and what decided it, in words: the same of a run that begins and of a data set that is stored.
///
/// Texts name options as `OptionName` has them.
public struct RunSettings: Sendable {
  /// One of the settings.
  public struct Item: Hashable, Sendable {
    /// For programs; stable.
    public var key: String
    public var name: String
    public var value: String
    /// The file, the option or the default that it comes from; nil where nothing had to decide.
    public var decidedBy: String?

    /// The value and what decided it.
    public var text: String {
      guard let decidedBy else { return value }
      // No parentheses within others: `tokenizer_config.json (eos_token)` is a file and a key in it.
      let by =
        decidedBy.hasSuffix(")") ? decidedBy.replacing(" (", with: ": ").dropLast() : decidedBy[...]
      return "\(value) (\(by))"
    }
  }

  public private(set) var items: [Item] = []
  private let spec: RunSpec
  private let tokenizer: BPETokenizer

  public init(_ spec: RunSpec, tokenizer: BPETokenizer) {
    self.spec = spec
    self.tokenizer = tokenizer
    addTokenizer()
    addTemplate()
    add("loss", "loss", spec.loss.rawValue)
    if let chat = spec.chat { add("history", "history", chat.options.history.rawValue) }
    add(
      "seam", "seam",
      spec.seam.rawValue + (spec.seam == .joint ? ", \(spec.straddle.rawValue)" : ""))
    var length = "\(spec.truncation.contextLength)"
    if let prompt = spec.truncation.promptLength { length += ", prompt at most \(prompt)" }
    if let response = spec.truncation.responseLength { length += ", response at most \(response)" }
    add("context_length", "context length", length)
    add("truncate", "truncate", spec.truncation.policy.rawValue)
    if let fewest = spec.truncation.minimumTokens { add("min_tokens", "min tokens", "\(fewest)") }
    if let most = spec.truncation.maximumTokens { add("max_tokens", "max tokens", "\(most)") }
    add(
      "pack", "packing",
      spec.packing.rawValue
        + (spec.segmentAlignment > 1 ? ", aligned to \(spec.segmentAlignment)" : ""))
  }

  private mutating func add(_ key: String, _ name: String, _ value: String, by: String? = nil) {
    items.append(Item(key: key, name: name, value: value, decidedBy: by))
  }

  // MARK: - Tokenizer

  private func shown(_ token: RunSpec.Token) -> String {
    ([String(decoding: token.text, as: UTF8.self)] + token.ids.map { "\($0)" }).joined(
      separator: " ")
  }

  private mutating func addTokenizer() {
    let specials = tokenizer.specials
    add(
      "tokenizer", "tokenizer", spec.tokenizer, by: "\(tokenizer.format), \(tokenizer.idCount) ids")
    if spec.render == .chat {
      let token = spec.chat?.options.beginningOfText
      let known = specials.bos.flatMap { $0.text == token ? $0.decidedBy : nil }
      add(
        "begins_with", "begins with",
        token.map { "what the template writes, BOS is \(String(decoding: $0, as: UTF8.self))" }
          ?? "what the template writes", by: known)
    } else if let beginning = spec.beginning {
      let by =
        beginning.ids == tokenizer.postProcessor.prefix
        ? "the tokenizer's post-processor"
        : specials.bos.flatMap { [$0.id] == beginning.ids ? $0.decidedBy : nil }
          ?? "\(OptionName.bosToken)"
      add("begins_with", "begins with", shown(beginning), by: by)
    } else {
      add("begins_with", "begins with", "nothing", by: "no file of the tokenizer asks for BOS")
    }
    let knownEnd = specials.eos.flatMap { $0.text == spec.end.text ? $0.decidedBy : nil }
    add(
      "ends_with", "ends with",
      (spec.render == .chat ? "what the template writes, EOS is " : "") + shown(spec.end),
      by: knownEnd ?? "\(OptionName.eosToken)")
    let pad = specials.pad.flatMap { $0.id == spec.padID ? $0.decidedBy : nil }
    add(
      "padding", "padding",
      "\(String(decoding: tokenizer.bytes(of: spec.padID) ?? [], as: UTF8.self)) \(spec.padID)",
      by: pad
        ?? (spec.end.ids == [spec.padID]
          ? "EOS, as no file names another" : "\(OptionName.padToken)"))
  }

  // MARK: - Template

  private mutating func addTemplate() {
    add(
      "instructions", "instructions",
      spec.render == .chat ? "through the chat template" : spec.render.rawValue)
    guard let chat = spec.chat else {
      add("template", "chat template", "none", by: "the tokenizer brings none")
      return
    }
    let (name, by) = origin(of: chat.template)
    add("template", "chat template", name, by: by)
    let own = (try? ChatChoice().resolve(with: ChatChoice.Texts(tokenizer: tokenizer))) ?? nil
    let arguments = chat.options.arguments.filter { argument in
      own?.options.arguments.contains {
        $0.name == argument.name && $0.value == argument.value
      } != true
    }
    if !arguments.isEmpty {
      add("template_args", "variables", arguments.map(\.name).joined(separator: ", "))
    }
    if let system = chat.options.system {
      add("system", "system", String(decoding: system, as: UTF8.self))
    }
    if let date = chat.options.date { add("date", "date", "\(date)") }
  }

  /// Where the template is from, as far as it can be told from its text, and what decided that.
  private func origin(of template: ChatTemplate) -> (name: String, decidedBy: String) {
    let texts = ChatChoice.Texts(tokenizer: tokenizer)
    if let own = (try? ChatChoice().resolve(with: texts)) ?? nil, own.template.text == template.text
    {
      return ("the tokenizer's own", own.template.name)
    }
    let option = "\(OptionName.template)"
    if let name = RunSpec.name(of: template, texts) { return (name, option) }
    // A data set keeps the text of a template, not its file's name.
    return (
      template.name == ChatSpec.storedName
        ? "from a file, \(template.text.count) bytes" : template.name, option
    )
  }
}
