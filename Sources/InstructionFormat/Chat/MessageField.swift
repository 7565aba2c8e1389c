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
  /// Images, audio, video beside the content.
  case media
  case other

  /// Names inside messages: the usual ones, or those that the user gave. One object for all messages: passed on without a copy.
  final class Keys: Sendable {
    let role: [[UInt8]]
    let content: [[UInt8]]
    private let table: NameTable<MessageField>

    init(_ fields: RecordFields) {
      func names(_ role: RecordRole) -> [[UInt8]] {
        (fields.given[role].map { [$0] } ?? role.usualNames).map { Array($0.utf8) }
      }
      role = names(.role)
      content = names(.content)
      var all: [(name: [UInt8], meaning: MessageField)] = []
      for (rank, name) in role.enumerated() { all.append((name, .role(rank))) }
      for (rank, name) in content.enumerated() { all.append((name, .content(rank))) }
      all += Self.fixed.map { (Array($0.utf8), $1) }
      table = NameTable(all)
    }

    private static let fixed: [(name: String, field: MessageField)] =
      Learning.flags.map { ($0, .flag) } + [
        ("train_detail", .spans), ("reasoning_content", .reasoning(0)),
        ("thinking", .reasoning(1)), ("reasoning", .reasoning(2)), ("tool_calls", .toolCalls),
        ("function_call", .functionCall), ("images", .media), ("videos", .media),
        ("audios", .media),
        ("image", .media), ("video", .media), ("audio", .media),
      ]

    /// Whether a member of this name says how a message is learned.
    func isFlag(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
      if case .flag = unsafe field(name) { true } else { false }
    }

    @inline(__always)
    func field(_ name: UnsafeBufferPointer<UInt8>) -> MessageField {
      unsafe table.find(name) ?? .other
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
  var media: String?
  /// Two names of the content that say different things, most wanted first.
  var rivals: (Int, Int)?
  var learning = Learning()

  init(_ message: JSONNode, _ keys: MessageField.Keys, at place: () -> String) throws(Problem) {
    for (key, value) in message.members {
      guard let name = unsafe key.utf8, !value.isAbsent else { continue }
      switch unsafe keys.field(name) {
      case .role(let rank): if rank <= role?.rank ?? .max { role = (value, rank) }
      case .content(let rank):
        if let known = content, known.rank != rank, !known.node.isEmpty, !value.isEmpty,
          !known.node.isEqual(to: value)
        {
          rivals = (min(known.rank, rank), max(known.rank, rank))
        }
        if rank <= content?.rank ?? .max { content = (value, rank) }
      case .reasoning(let rank): if rank <= reasoning?.rank ?? .max { reasoning = (value, rank) }
      case .toolCalls: calls = value
      case .functionCall: functionCall = value
      case .spans: spans = value
      case .media:
        if value.isString || value.isArray || value.isObject, !value.isEmpty {
          media = unsafe String(decoding: name, as: UTF8.self)
        }
      case .flag: try unsafe learning.take(name, value, at: place)
      case .other: break
      }
    }
  }
}
