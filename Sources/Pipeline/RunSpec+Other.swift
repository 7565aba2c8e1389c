import InstructionFormat
import Masking
import Problems
import Tokenizer

extension RunSpec {
  /// The same run with another template: a name, a file or a model folder, or `plain` or `alpaca`.
  public func with(template name: String, tokenizer: BPETokenizer) throws(Problem) -> RunSpec {
    var other = self
    if let render = Render(rawValue: name), render != .chat {
      other.render = render
      return other
    }
    var choice = ChatChoice()
    choice.template = name
    other.chat = try choice.resolve(with: ChatChoice.Texts(tokenizer: tokenizer))
    other.chat?.takeOver(chat)
    other.render = .chat
    return other
  }

  /// The same run with another tokenizer, and with its template where it brings one.
  public func with(tokenizer: BPETokenizer, named name: String) throws(Problem) -> RunSpec {
    var other = try RunSpec(
      tokenizer: tokenizer, named: name, contextLength: truncation.contextLength)
    other.fields = fields
    other.loss = loss
    other.seam = seam
    other.straddle = straddle
    other.parseSpecial = parseSpecial
    other.truncation = truncation
    other.chat = try ChatChoice().resolve(with: ChatChoice.Texts(tokenizer: tokenizer)) ?? chat
    other.chat?.takeOver(chat)
    other.render = render == .chat && other.chat == nil ? .plain : render
    if render == .plain, chat == nil, other.chat != nil { other.render = .chat }
    return other
  }
}

extension ChatSpec {
  /// What a user asked for beside the template.
  fileprivate mutating func takeOver(_ other: ChatSpec?) {
    guard let asked = other?.options else { return }
    options.system = asked.system
    options.date = asked.date
    options.history = asked.history
    options.roles = asked.roles
    options.allowsDropped = asked.allowsDropped
  }
}
