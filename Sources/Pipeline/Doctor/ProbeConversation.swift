import InstructionFormat
import JSONText

/// Conversations of our own, made of words that no template writes, so that they are found in what it does.
enum ProbeConversation {
  static let questions = ["Quelbrooth?", "Zandermoot?"]
  static let answers = ["Vexilworm.", "Trolkenday."]
  static let thoughts = ["Murgletroth.", "Plinderquast."]
  static let system = "Kwombatrix."
  static let tool = "frobnicate_quux"
  static let toolDescription = "Dromvellicates."
  static let toolAnswer = "Gribblethorn."

  /// Two turns of each side.
  static let plain = conversation(reasoning: false)
  /// The same, the assistant's turns with reasoning.
  static let reasoning = conversation(reasoning: true)
  static let withSystem = record([message("system", system)] + turns(reasoning: false))
  /// Tools that are offered, called and answered; the arguments an object, as `transformers` wants them, or
  /// their JSON as a string, as OpenAI's interface has them: templates read one or the other.
  static let withTools = tools(arguments: #"{"place":"Lima"}"#)
  static let withToolsAsText = tools(arguments: #""{\"place\":\"Lima\"}""#)

  private static func tools(arguments: String) -> String {
    record(
      [
        message("user", questions[0]),
        """
        {"role":"assistant","content":"","tool_calls":[{"id":"call00001","type":"function",\
        "function":{"name":"\(tool)","arguments":\(arguments)}}]}
        """,
        """
        {"role":"tool","tool_call_id":"call00001","name":"\(tool)","content":"\(toolAnswer)"}
        """,
        message("assistant", answers[0]),
      ],
      tools: """
        [{"type":"function","function":{"name":"\(tool)","description":"\(toolDescription)","parameters":\
        {"type":"object","properties":{"place":{"type":"string","description":"Where"}},"required":["place"]}}}]
        """)
  }

  private static func conversation(reasoning: Bool) -> String {
    record(turns(reasoning: reasoning))
  }

  private static func turns(reasoning: Bool) -> [String] {
    (0..<2).flatMap { turn in
      [
        message("user", questions[turn]),
        message("assistant", answers[turn], reasoning: reasoning ? thoughts[turn] : nil),
      ]
    }
  }

  private static func message(_ role: String, _ content: String, reasoning: String? = nil)
    -> String
  {
    let thought = reasoning.map { #","reasoning_content":"\#($0)""# } ?? ""
    return #"{"role":"\#(role)","content":"\#(content)"\#(thought)}"#
  }

  private static func record(_ messages: [String], tools: String? = nil) -> String {
    #"{"messages":[\#(messages.joined(separator: ","))]\#(tools.map { ",\"tools\":\($0)" } ?? "")}"#
  }
}
