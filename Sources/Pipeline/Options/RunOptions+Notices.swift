import Files
import Problems
import SystemPackage

extension RunOptions {
  /// What was decided without being asked for, and should be known before a run: options as `OptionName` has them.
  /// `namesTokenizer`: whether the user named one.
  public func notices(namesTokenizer: Bool) -> [String] {
    var notices: [String] = []
    if !namesTokenizer {
      notices.append(
        "no tokenizer was named, so GPT-2's encodes (name your model's with \(OptionName.tokenizer))"
      )
    }
    let folder = FilePath(tokenizer).removingLastComponent().string
    if FileSystem.kind(of: tokenizer) == .file, chat.template == nil, render == nil {
      let unused = ["chat_template.jinja", "chat_template.json", "tokenizer_config.json"].filter {
        FileSystem.kind(of: AtomicFile.path(folder.isEmpty ? "." : folder, $0)) == .file
      }
      if !unused.isEmpty {
        notices.append(
          "the tokenizer is a file alone, and what lies beside it is not used: \(unused.joined(separator: ", ")) (name the folder "
            + "with \(OptionName.tokenizer(folder.isEmpty ? "." : folder)) to use it)")
      }
    }
    return notices
  }
}
