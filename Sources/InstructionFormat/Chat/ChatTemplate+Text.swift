import Jinja

extension ChatTemplate {
  /// The template's text, UTF-8, line ends as `\n`.
  public var text: [UInt8] { template.source.bytes }
}
