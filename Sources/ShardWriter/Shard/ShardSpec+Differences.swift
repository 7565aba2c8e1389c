import JSONText

extension ShardSpec {
  /// Where this spec differs from another, in words: `context_length is 1024, not 512`. Empty where they are the same.
  public func differences(from other: ShardSpec) -> [String] {
    let (mine, theirs) = (JSONParser(), JSONParser())
    guard let own = try? mine.parse(json), let wanted = try? theirs.parse(other.json) else {
      return digest == other.digest ? [] : ["the spec is \(digest), not \(other.digest)"]
    }
    return Self.differences(own, wanted, at: "")
  }

  private static func differences(_ own: JSONNode?, _ wanted: JSONNode?, at path: String)
    -> [String]
  {
    if let own, let wanted, own.isObject, wanted.isObject {
      var names = own.members.compactMap { $0.key.string }
      for (key, _) in wanted.members {
        if let key = key.string, !names.contains(key) { names.append(key) }
      }
      return names.flatMap { key in
        differences(own[key], wanted[key], at: path.isEmpty ? key : "\(path).\(key)")
      }
    }
    let (left, right) = (text(own), text(wanted))
    if left == right { return [] }
    if right == absent, left.utf8.count <= 100 {
      return ["\(path) is \(left) there, and not given now"]
    }
    // Long values, such as a template's text, would hide the rest.
    return left.utf8.count + right.utf8.count > 100
      ? ["\(path) is another"] : ["\(path) is \(left), not \(right)"]
  }

  private static let absent = "not given"

  private static func text(_ node: JSONNode?) -> String {
    guard let node, !node.isNull else { return absent }
    var writer = JSONWriter()
    writer.node(node)
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}
