import Jinja

/// Where in the record each value was read from: what the template engine's authors stand for. It answers
/// what the engine asks, too: which message a loop prints, and what day it is.
final class RecordPaths: TemplateHost {
  struct Node: BitwiseCopyable {
    enum Kind: UInt8 {
      case root, content, reasoning, toolCall, role, otherField, tools, documents, variable
    }

    /// The path this one is inside of; 0 for roots.
    var parent: UInt32
    /// The key in the heap's bytes, or an index where `keyCount` is -1.
    var key: UInt32
    var keyCount: Int32
    /// The message it belongs to, from 0; -1 outside of messages.
    var turn: Int32
    var kind: Kind
    /// Whether this is a message itself.
    var isMessage: Bool
    /// Factor of the loss over what stands here, beside that of the turn: parts and spans have flags too.
    var weight: Float = 1
    /// The field that it counts to; nil for what is no text of the record.
    var field: Ledger.Field?
    /// Bytes of the text that stands here.
    var carried: UInt32 = 0
  }

  let nodes = Arena<Node>(capacity: 1 << 8)
  /// What `strftime_now` shows.
  var date: TemplateDate?

  init() {
    // Path 0 is none.
    nodes.append(
      Node(parent: 0, key: 0, keyCount: 0, turn: -1, kind: .root, isMessage: false))
  }

  subscript(path: Int) -> Node { nodes[path] }

  func add(parent: UInt32, key: Range<Int>, turn: Int32, kind: Node.Kind) -> UInt32 {
    nodes.append(
      Node(
        parent: parent, key: UInt32(truncatingIfNeeded: key.lowerBound),
        keyCount: Int32(truncatingIfNeeded: key.count), turn: turn, kind: kind, isMessage: false,
        field: field(below: parent, kind)))
    return UInt32(nodes.count - 1)
  }

  func add(
    parent: UInt32, index: Int, turn: Int32, kind: Node.Kind, isMessage: Bool = false
  ) -> UInt32 {
    nodes.append(
      Node(
        parent: parent, key: UInt32(truncatingIfNeeded: index), keyCount: -1, turn: turn,
        kind: kind, isMessage: isMessage, field: field(below: parent, kind)))
    return UInt32(nodes.count - 1)
  }

  /// The field of a place: that of what it is inside of, save for the members of messages.
  @inline(__always)
  private func field(below parent: UInt32, _ kind: Node.Kind) -> Ledger.Field? {
    guard let above = nodes[Int(parent)].field, above == .messages else {
      return nodes[Int(parent)].field
    }
    return switch kind {
    case .content: .content
    case .reasoning: .reasoning
    case .toolCall: .toolCalls
    case .role: nil
    default: .messages
    }
  }

  /// Says which field of the record a path is.
  func setField(_ field: Ledger.Field?, of path: UInt32) {
    var node = nodes[Int(path)]
    node.field = field
    nodes[Int(path)] = node
  }

  /// Says how many bytes of text stand at a path.
  @inline(__always)
  func carry(_ count: Int, at path: UInt32) {
    var node = nodes[Int(path)]
    node.carried = UInt32(clamping: count)
    nodes[Int(path)] = node
  }

  /// A path inside another, of the same turn and kind.
  func add(parent: UInt32, key: Range<Int>, like above: UInt32) -> UInt32 {
    let path = add(
      parent: parent, key: key, turn: nodes[Int(above)].turn, kind: nodes[Int(above)].kind)
    return inherit(path, from: above)
  }

  func add(parent: UInt32, index: Int, like above: UInt32) -> UInt32 {
    let path = add(
      parent: parent, index: index, turn: nodes[Int(above)].turn, kind: nodes[Int(above)].kind)
    return inherit(path, from: above)
  }

  private func inherit(_ path: UInt32, from above: UInt32) -> UInt32 {
    let weight = nodes[Int(above)].weight
    if weight != 1 { setWeight(weight, of: path) }
    return path
  }

  /// The same path once more, for a stretch of its text.
  func copy(_ path: UInt32) -> UInt32 {
    nodes.append(nodes[Int(path)])
    return UInt32(nodes.count - 1)
  }

  func setWeight(_ weight: Float, of path: UInt32) {
    var node = nodes[Int(path)]
    node.weight = weight
    nodes[Int(path)] = node
  }

  /// Whether a path ends in a key.
  func isNamed(_ key: StaticString, _ path: Int, in heap: ValueHeap) -> Bool {
    let node = nodes[path]
    guard node.keyCount >= 0 else { return false }
    return heap.bytes.equals(Int(node.key)..<Int(node.key) + Int(node.keyCount), key)
  }

  /// The path in words: `messages[3].content`.
  func describe(_ path: Int, in heap: ValueHeap) -> String {
    var parts: [String] = []
    var index = path
    while index > 0 {
      let node = nodes[index]
      if node.keyCount < 0 {
        parts.append("[\(node.key)]")
      } else {
        let key = heap.bytes.copy(Int(node.key)..<Int(node.key) + Int(node.keyCount))
        let text = String(decoding: key, as: UTF8.self)
        parts.append(node.parent == 0 ? text : "." + text)
      }
      index = Int(node.parent)
    }
    return parts.reversed().joined()
  }

  func scope(of author: Int) -> Int32? {
    let node = nodes[author]
    return node.isMessage ? node.turn : nil
  }

  func today(_ format: [UInt8]) -> [UInt8]? { date?.formatted(format) }
}
