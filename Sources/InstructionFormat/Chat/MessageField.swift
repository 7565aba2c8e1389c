import JSONText
import Problems

/// What a member of a message means, by its name.
enum MessageField {
  /// Who speaks, and how much this name is wanted (0 most).
  case role(Int)
  case content(Int)
  /// `thinking`, `reasoning`, `reasoning_content`: one thing under several names.
  case reasoning(Int)
  case toolCalls
  case functionCall
  /// Whether, or how much, the message is learned.
  case flag
  /// Which characters of the content are learned.
  case spans
  case other

  /// Names inside messages: the usual ones, or those that the user gave.
  struct Keys: Sendable {
    let role: [[UInt8]]
    let content: [[UInt8]]

    init(_ fields: RecordFields) {
      func names(_ role: RecordRole) -> [[UInt8]] {
        (fields.given[role].map { [$0] } ?? role.usualNames).map { Array($0.utf8) }
      }
      role = names(.role)
      content = names(.content)
    }

    func field(_ name: UnsafeBufferPointer<UInt8>) -> MessageField {
      if let rank = unsafe Self.rank(name, in: role) { return .role(rank) }
      if let rank = unsafe Self.rank(name, in: content) { return .content(rank) }
      switch name.count {
      case 4 where unsafe name.isEqual(to: "loss") || name.isEqual(to: "mask"): return .flag
      case 5 where unsafe name.isEqual(to: "train"): return .flag
      case 6 where unsafe name.isEqual(to: "weight"): return .flag
      case 8 where unsafe name.isEqual(to: "thinking"): return .reasoning(1)
      case 8 where unsafe name.isEqual(to: "training"): return .flag
      case 9 where unsafe name.isEqual(to: "reasoning"): return .reasoning(2)
      case 9 where unsafe name.isEqual(to: "trainable") || name.isEqual(to: "loss_mask"):
        return .flag
      case 10 where unsafe name.isEqual(to: "tool_calls"): return .toolCalls
      case 10 where unsafe name.isEqual(to: "loss_scale"): return .flag
      case 11 where unsafe name.isEqual(to: "loss_weight"): return .flag
      case 12 where unsafe name.isEqual(to: "train_detail"): return .spans
      case 13 where unsafe name.isEqual(to: "function_call"): return .functionCall
      case 17 where unsafe name.isEqual(to: "reasoning_content"): return .reasoning(0)
      default: return .other
      }
    }

    private static func rank(_ name: UnsafeBufferPointer<UInt8>, in names: [[UInt8]]) -> Int? {
      for rank in names.indices
      where unsafe names[rank].withUnsafeBufferPointer({ unsafe name.isEqual(to: $0) }) {
        return rank
      }
      return nil
    }
  }
}

/// The members of one message that the reader understands; those of the best name, nulls left out. Valid as long
/// as the parsed record is.
struct MessageMembers {
  var role: (node: JSONNode, rank: Int)?
  var content: (node: JSONNode, rank: Int)?
  var reasoning: (node: JSONNode, rank: Int)?
  var calls: JSONNode?
  var functionCall: JSONNode?
  var spans: JSONNode?
  var learning = Learning()

  init(_ message: JSONNode, _ keys: MessageField.Keys, at place: () -> String) throws(Problem) {
    for (key, value) in message.members {
      guard let name = unsafe key.utf8, !value.isAbsent else { continue }
      switch unsafe keys.field(name) {
      case .role(let rank): if rank <= role?.rank ?? .max { role = (value, rank) }
      case .content(let rank): if rank <= content?.rank ?? .max { content = (value, rank) }
      case .reasoning(let rank): if rank <= reasoning?.rank ?? .max { reasoning = (value, rank) }
      case .toolCalls: calls = value
      case .functionCall: functionCall = value
      case .spans: spans = value
      case .flag: try unsafe learning.take(name, value, at: place)
      case .other: break
      }
    }
  }
}
