import Jinja
import Problems

/// A chat template, parsed and compiled once; shared by all workers.
///
/// The language is Jinja 3.1 as `transformers` sets it up for chat templates: trimmed blocks, loop
/// controls, an immutable sandbox, `tojson` as `json.dumps`, `raise_exception`, `strftime_now`,
/// `{% generation %}`.
public final class ChatTemplate: Sendable {
  /// The file, or what the caller called it.
  public let name: String
  let template: Template

  /// Parses a template. `source` is UTF-8. O(n).
  public init(source: some Collection<UInt8>, name: String) throws(Problem) {
    self.name = name
    template = try Template(
      source, name: name, growing: .init(list: "messages", flag: "add_generation_prompt"))
    readsGenerationPrompt = template.reads("add_generation_prompt")
  }

  /// Whether it marks what the model generates with `{% generation %}`.
  public var marksGeneration: Bool { template.marksGeneration }
  /// Whether it may print today's date.
  public var readsDate: Bool { template.reads("strftime_now") }
  /// Whether it looks at `add_generation_prompt`.
  public let readsGenerationPrompt: Bool
  /// Whether it looks at `tools`.
  public var readsTools: Bool { template.reads("tools") }
  /// Whether it looks at `bos_token`: then it writes the BOS itself.
  public var readsBeginningOfText: Bool { template.reads("bos_token") }
  /// Every name that it reads from its caller, in the order of their first use.
  public var variables: [String] {
    template.contextNames.map { String(decoding: $0, as: UTF8.self) }
  }

  /// The template's own name for a built-in one: `chatml`, `llama3`; nil for others.
  public static func builtIn(_ name: String) throws(Problem) -> ChatTemplate? {
    switch name {
    case "chatml": try ChatTemplate(source: BuiltInTemplates.chatml.utf8, name: name)
    case "llama3": try ChatTemplate(source: BuiltInTemplates.llama3.utf8, name: name)
    default: nil
    }
  }

  public static let builtInNames = ["chatml", "llama3"]
}

/// The templates that need no file.
enum BuiltInTemplates {
  static let chatml = """
    {% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}
    """

  static let llama3 = """
    {% for message in messages %}{% if loop.first %}{{ bos_token if bos_token is defined else '<|begin_of_text|>' }}{% endif %}{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content'] | trim + '<|eot_id|>' }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}
    """
}
