import JSONText
import Problems

/// Finds the members of records: by the usual names, or by names that the user gave.
///
/// `instruction/input/output`, `prompt/completion`, `query/response` and `question/answer` are read as
/// `task/context/response`. A null, a NaN or an empty text under one name does not hide another; two names of one
/// role that say different things are refused. A name given by the user may be a path: `data.messages`, `turns.0`.
public struct RecordFields: Hashable, Sendable {
  public let schema: RecordSchema
  /// Names given by the user; a role named here has no other name.
  public let given: [RecordRole: String]
  /// Where in `meanings` those of a name stand: it may belong to several roles.
  private let names: NameTable<Range<Int>>
  private let meanings: [Meaning]
  /// Given names that may be paths.
  let paths: [(role: RecordRole, keys: [String])]

  private struct Meaning: Sendable {
    var role: RecordRole?
    var sign: RecordSigns.Sign?
    var rank: Int
  }

  public init(schema: RecordSchema = .auto, given: [RecordRole: String] = [:]) {
    self.schema = schema
    self.given = given
    var order: [[UInt8]] = []
    var known: [[UInt8]: [Meaning]] = [:]
    func add(_ name: String, _ meaning: Meaning) {
      let bytes = Array(name.utf8)
      if known[bytes] == nil { order.append(bytes) }
      known[bytes, default: []].append(meaning)
    }
    for role in RecordRole.ofRecords {
      for (rank, name) in Self.names(of: role, given: given) {
        add(name, Meaning(role: role, sign: nil, rank: rank))
      }
    }
    for (name, sign) in RecordSigns.names { add(name, Meaning(role: nil, sign: sign, rank: 0)) }
    var meanings: [Meaning] = []
    names = NameTable(
      order.map { name in
        let start = meanings.count
        meanings += known[name] ?? []
        return (name, start..<meanings.count)
      })
    self.meanings = meanings
    paths = given.filter { $0.key != .role && $0.key != .content && $0.value.contains(".") }.map {
      ($0.key, $0.value.split(separator: ".").map(String.init))
    }
  }

  /// The names of a role of records, and their ranks. What the user gave to one such role has no other meaning.
  static func names(of role: RecordRole, given: [RecordRole: String]) -> [(rank: Int, name: String)]
  {
    if let name = given[role] { return [(0, name)] }
    let taken = RecordRole.ofRecords.compactMap { given[$0] }
    return role.usualNames.enumerated().filter { !taken.contains($1) }.map { ($0, $1) }
  }

  public static func == (a: Self, b: Self) -> Bool { a.schema == b.schema && a.given == b.given }
  public func hash(into hasher: inout Hasher) { hasher.combine(schema) }

  /// The members found in one record. Valid as long as the parsed record is.
  public struct Found {
    private var nodes = InlineArray<11, JSONNode?>(repeating: nil)
    private var ranks = InlineArray<11, Int>(repeating: .max)
    /// The second of two names of the context: a record may have `input` and `context`.
    var secondContext: (node: JSONNode, rank: Int)?
    /// What says that a record is not for supervised finetuning as it stands.
    var signs = RecordSigns()

    public var task: JSONNode? { self[.task] }
    public var response: JSONNode? { self[.response] }
    public var messages: JSONNode? { self[.messages] }

    public subscript(role: RecordRole) -> JSONNode? { nodes[role.slot] }

    /// Place in the list of a role's names; nil where the record lacks it.
    func rank(of role: RecordRole) -> Int? {
      ranks[role.slot] == .max ? nil : ranks[role.slot]
    }

    /// Whether a value is the one that was found for a role.
    func holds(_ value: JSONNode, as role: RecordRole) -> Bool {
      nodes[role.slot]?.index == value.index
        || role == .context && secondContext?.node.index == value.index
    }

    fileprivate mutating func forget(_ role: RecordRole) {
      nodes[role.slot] = nil
      ranks[role.slot] = .max
    }

    fileprivate mutating func set(_ role: RecordRole, _ node: JSONNode, rank: Int) {
      nodes[role.slot] = node
      ranks[role.slot] = rank
    }
  }

  /// Reads one record's members. O(members), no allocation.
  public func find(in record: JSONNode) throws(Problem) -> Found {
    guard record.isObject else {
      throw Problem(
        .notAnObject, reason: "the record is \(record.kind.name), not an object",
        remedy: record.holdsMessages
          ? "write one JSON object per record: jq -c '.[]' does, and of a file named .json an array's elements are records"
          : "write one JSON object per record")
    }
    var found = Found()
    for (key, value) in record.members {
      guard let key = unsafe key.utf8, let places = unsafe names.find(key) else { continue }
      for place in places {
        let meaning = meanings[place]
        if let role = meaning.role { try take(value, as: role, rank: meaning.rank, into: &found) }
        if let sign = meaning.sign { found.signs.take(value, sign) }
      }
    }
    for path in paths where found[path.role] == nil {
      if let node = Self.node(at: path.keys, in: record) { found.set(path.role, node, rank: 0) }
    }
    // Whoever asks for instructions does not get the conversation beside them.
    if schema == .instruction { found.forget(.messages) }
    return found
  }

  /// Keeps the name of a role that says something. Of one name twice the last counts (as in Python's `json`).
  private func take(
    _ node: JSONNode, as role: RecordRole, rank: Int, into found: inout Found
  ) throws(Problem) {
    guard !node.isAbsent else { return }
    guard let known = found[role], let knownRank = found.rank(of: role), knownRank != rank else {
      return found.set(role, node, rank: rank)
    }
    if node.isEmpty {
      // An empty text says nothing beside another name.
      if known.isEmpty, rank < knownRank { found.set(role, node, rank: rank) }
    } else if known.isEmpty {
      found.set(role, node, rank: rank)
    } else if role == .context {
      let first = rank < knownRank ? (node, rank) : (known, knownRank)
      found.secondContext = rank < knownRank ? (known, knownRank) : (node, rank)
      if known.isEqual(to: node) { found.secondContext = nil }
      found.set(role, first.0, rank: first.1)
    } else if known.isEqual(to: node) {
      if rank < knownRank { found.set(role, node, rank: rank) }
    } else {
      let pair = [rank, knownRank].sorted().map { role.usualNames[$0] }
      throw Problem(
        .ambiguousField, field: pair[0],
        reason:
          "fields \"\(pair[0])\" and \"\(pair[1])\" both hold the \(role.rawValue), and differ",
        remedy: "say which one counts: \(OptionName.field("\(role.rawValue)=\(pair[0])"))")
    }
  }

  /// What a render has of a member of a record.
  enum Reading {
    case read
    /// It means something, and no render was given it: of a name that stands twice, and of two names that say the same, one
    /// is read.
    case unused(Ledger.Field)
    /// It holds, somewhere inside, what the user gave a path to.
    case path
    case unknown
  }

  /// What became of a member, where a render is given the roles `read`. O(1), no allocation.
  func reading(
    of value: JSONNode, named name: UnsafeBufferPointer<UInt8>, _ found: Found, _ read: [RecordRole]
  ) -> Reading {
    var unused: Ledger.Field?
    for place in unsafe names.find(name) ?? 0..<0 {
      guard let role = meanings[place].role else { continue }
      if read.contains(role), found.holds(value, as: role) { return .read }
      unused = unused ?? role.field
    }
    if let unused { return .unused(unused) }
    let isPath = paths.contains { path in
      path.keys.first.map { unsafe name.elementsEqual($0.utf8) } ?? false
    }
    return isPath ? .path : .unknown
  }

  /// The value at a path of keys, and of indices into arrays.
  private static func node(at keys: [String], in record: JSONNode) -> JSONNode? {
    var node = record
    for key in keys {
      if node.isArray, let index = Int(key), index >= 0 {
        guard let element = node.elements.dropFirst(index).first(where: { _ in true }) else {
          return nil
        }
        node = element
      } else {
        guard let member = node[key] else { return nil }
        node = member
      }
    }
    return node.isAbsent ? nil : node
  }

  /// The name under which messages speak of a role: the user's, else the record's own, else ours.
  public func name(of role: RecordRole, in found: Found? = nil) -> String {
    given[role] ?? found?.rank(of: role).map { role.usualNames[$0] } ?? role.rawValue
  }

  /// The required string of a role.
  public func string(_ role: RecordRole, in found: Found, of record: JSONNode) throws(Problem)
    -> UnsafeBufferPointer<UInt8>
  {
    guard let node = found[role] else { throw missing(role, in: record) }
    guard let bytes = unsafe node.utf8 else { throw wrongType(name(of: role, in: found), node) }
    return unsafe bytes
  }

  /// The string of a role that may be absent or null: empty then.
  public func optionalString(_ role: RecordRole, in found: Found) throws(Problem)
    -> UnsafeBufferPointer<UInt8>
  {
    guard let node = found[role] else { return unsafe UnsafeBufferPointer(start: nil, count: 0) }
    guard let bytes = unsafe node.utf8 else { throw wrongType(name(of: role, in: found), node) }
    return unsafe bytes
  }

  func wrongType(_ name: String, _ node: JSONNode, wanted: String = "a string") -> Problem {
    Problem(
      .wrongType, field: name, reason: "field \"\(name)\" is \(node.kind.name), not \(wanted)",
      remedy: "write it as \(wanted)")
  }
}

extension JSONNode {
  /// Whether a text, a list or an object holds nothing.
  var isEmpty: Bool {
    switch kind {
    case .string: unsafe utf8?.isEmpty ?? true
    case .array, .object: count == 0
    default: false
    }
  }
}
