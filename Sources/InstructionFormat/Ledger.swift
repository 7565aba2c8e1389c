/// What became of the text that records carry, in bytes of UTF-8 by field.
///
/// Every text that stands under a name which the schema knows is *rendered* (it is in a sample, and nothing cut it off), *dropped* (given
/// to a template that left it out), *cut* (it was in the text and was cut off, or left out with its exchange) or *unused* (no render was
/// given it); the four add up to what was carried. A text counts once, however often it is printed. What a template computes from a text
/// (upper case, JSON) holds all of it.
public struct Ledger: Hashable, Sendable {
  /// Where a text stands.
  public enum Field: UInt8, Hashable, Sendable, CaseIterable, BitwiseCopyable {
    case task, context, response, text, system, history
    /// What messages say.
    case content, reasoning, toolCalls
    case tools, documents
    /// Other members of messages, such as the name of a tool.
    case messages

    /// The name for programs.
    public var name: String { self == .toolCalls ? "tool_calls" : "\(self)" }
  }

  /// Bytes of one field.
  public struct Fates: Hashable, Sendable {
    public var rendered: UInt64 = 0
    public var dropped: UInt64 = 0
    public var cut: UInt64 = 0
    public var unused: UInt64 = 0

    public init() {}

    public var carried: UInt64 { rendered + dropped + cut + unused }

    /// Names for programs, and counts.
    public static let members:
      [(name: String, path: any WritableKeyPath<Fates, UInt64> & Sendable)] = [
        ("rendered", \.rendered), ("dropped", \.dropped), ("cut", \.cut), ("unused", \.unused),
      ]
  }

  /// By the raw value of a field.
  private var fates = [Fates](repeating: Fates(), count: Field.allCases.count)
  /// Records that have a member which nobody reads, by its name.
  public var unread = UnreadNames()

  /// Turns with calls of tools of which the template shows nothing.
  public internal(set) var callsLost: UInt64 = 0

  public init() {}

  public subscript(field: Field) -> Fates {
    get { fates[Int(field.rawValue)] }
    set { fates[Int(field.rawValue)] = newValue }
  }

  /// Fields that any record carried.
  public var carried: [(field: Field, fates: Fates)] {
    Field.allCases.map { ($0, self[$0]) }.filter { $0.1.carried > 0 }
  }

  /// Begins a record.
  public mutating func beginRecord() { unread.begin() }

  @inline(__always)
  mutating func add(_ field: Field, rendered: Int, dropped: Int = 0, cut: Int = 0, unused: Int = 0)
  {
    let index = Int(field.rawValue)
    fates[index].rendered += UInt64(rendered)
    fates[index].dropped += UInt64(dropped)
    fates[index].cut += UInt64(cut)
    fates[index].unused += UInt64(unused)
  }
}
