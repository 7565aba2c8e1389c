import Files
import JSONText
import Problems
import SystemPackage

/// What is named as a tokenizer and is none: told by what it is, with what holds the tokenizer in its place.
enum NoTokenizer {
  /// A file of weights, records or something else; nil for what may be a tokenizer.
  static func problem(_ bytes: [UInt8], _ source: String) -> Problem? {
    let folder = FilePath(source).removingLastComponent().string
    let beside = folder.isEmpty ? "." : folder
    let other =
      FileSystem.kind(of: AtomicFile.path(beside, "tokenizer.json")) == .file
      ? "name its folder: \(OptionName.tokenizer(beside))"
      : "name the folder with tokenizer.json of the model that it was made from"
    if bytes.starts(with: "GGUF".utf8) {
      return refusal(
        source, "is a GGUF file: weights, with a tokenizer in llama.cpp's own form", other)
    }
    if bytes.count > 8, bytes[8] == UInt8(ascii: "{"), bytes[4..<8].allSatisfy({ $0 == 0 }) {
      return refusal(source, "is a safetensors file: weights, and no tokenizer", other)
    }
    if bytes.starts(with: [0x50, 0x4B, 3, 4]) || bytes.starts(with: [0x80, 2]) {
      return refusal(source, "is a file of PyTorch: weights, and no tokenizer", other)
    }
    if source.contains(".jsonl") {
      return refusal(
        source, "is a file of records by its name",
        "give gpt2, a tokenizer file, a model folder, or a name such as Qwen/Qwen3-8B")
    }
    return nil
  }

  /// A folder without a vocabulary.
  static func problem(in folder: FilePath, _ source: String) -> Problem {
    let config = try? FileSystem.contents(of: folder.appending("adapter_config.json"))
    if let config {
      let parser = JSONParser()
      defer { withExtendedLifetime(parser) {} }
      let base = (try? parser.parse(config))?["base_model_name_or_path"]?.string
      return refusal(
        source, "is the folder of an adapter (LoRA), without a tokenizer",
        base.map { "name the model that it adapts: \(OptionName.tokenizer($0))" }
          ?? "name the model that it adapts")
    }
    return Problem(
      kind: .tokenizerMissing, file: source, reason: "there is no tokenizer in this folder",
      remedy: "it needs tokenizer.json, tekken.json, tokenizer.model or a .tiktoken file")
  }

  /// Another name for what is meant by one that no file has; nil where there is none.
  static func remedy(missing name: String) -> String? {
    if name.isEmpty { return "its name is empty: is a variable of the shell unset?" }
    if name != "gpt2", NearName.of(name, among: ["gpt2"]) != nil, !name.contains("/"),
      name.filter(\.isNumber) == "2"
    {
      return "did you mean gpt2?"
    }
    let encoding = name.hasSuffix("_base") ? String(name.dropLast(5)) : name
    guard RankEncoding.names.contains(encoding) else { return nil }
    return
      "an encoding of tiktoken is read from its file: \(OptionName.tokenizer("\(name).tiktoken")) \(OptionName.encoding(encoding))"
  }

  private static func refusal(_ source: String, _ reason: String, _ remedy: String) -> Problem {
    Problem(kind: .tokenizerUnsupported, file: source, reason: reason, remedy: remedy)
  }
}
