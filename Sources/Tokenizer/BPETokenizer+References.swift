import Files
import SystemPackage

extension BPETokenizer {
  /// Files of which each makes its folder a model's.
  private static let modelFiles: Set<String> = [
    "tokenizer.json", "tokenizer_config.json", "tokenizer.model", "tekken.json", "config.json",
    "chat_template.jinja", "chat_template.json", "adapter_config.json", "special_tokens_map.json",
  ]

  /// Whether this is a model folder, a tokenizer's file, or the name of a model in the Hugging Face cache: told by names
  /// alone, so that one that cannot be loaded is one too.
  public static func isNamed(by reference: String) -> Bool {
    switch FileSystem.kind(of: reference) {
    case .folder:
      return isModelFolder(reference)
    case .file, .other:
      let name = FilePath(reference).lastComponent?.string ?? ""
      return modelFiles.contains(name)
        || [".tiktoken", ".model", ".gguf", ".safetensors"].contains { name.hasSuffix($0) }
    case nil:
      guard let name = HuggingFaceCache.Name(reference) else { return reference == "gpt2" }
      return (try? HuggingFaceCache(environment: FileSystem.environment).snapshot(of: name)) != nil
    }
  }

  /// Whether a folder holds a model, and no file of records.
  public static func isModelFolder(_ path: String) -> Bool {
    guard let names = try? FileSystem.names(in: path) else { return false }
    let texts = names.map(\.text)
    return texts.contains(where: modelFiles.contains) && !texts.contains { $0.contains(".jsonl") }
  }
}
