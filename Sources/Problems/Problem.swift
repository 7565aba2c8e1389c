/// Whatever goes wrong, as a user is told it: what kind it is, where, why, and what to do.
///
/// The one error type of this package. `reason` and `remedy` name options by `OptionName`, so that the
/// command shows flags, Python keyword arguments, and C keys of a spec: see `Surface`.
@dynamicMemberLookup
public struct Problem: Error, Hashable, Sendable, CustomStringConvertible {
  // One pointer wide: functions that throw pass it in a register, and deep recursion keeps small frames.
  private let contents: Contents

  private final class Contents: Sendable {
    let kind: Kind
    let place: Place
    let reason: String
    let remedy: String

    init(kind: Kind, place: Place, reason: String, remedy: String) {
      self.kind = kind
      self.place = place
      self.reason = reason
      self.remedy = remedy
    }
  }

  public init(_ kind: Kind, _ place: Place, reason: String, remedy: String = "") {
    contents = Contents(kind: kind, place: place, reason: reason, remedy: remedy)
  }

  /// What programs tell it by. Stable.
  public var kind: Kind {
    get { contents.kind }
    set { self = Problem(newValue, place, reason: reason, remedy: remedy) }
  }
  public var place: Place {
    get { contents.place }
    set { self = Problem(kind, newValue, reason: reason, remedy: remedy) }
  }
  /// What is wrong, in words, without its place.
  public var reason: String {
    get { contents.reason }
    set { self = Problem(kind, place, reason: newValue, remedy: remedy) }
  }
  /// What to do about it; may be empty.
  public var remedy: String {
    get { contents.remedy }
    set { self = Problem(kind, place, reason: reason, remedy: newValue) }
  }

  public static func == (left: Problem, right: Problem) -> Bool {
    left.contents === right.contents
      || (left.kind, left.place, left.reason, left.remedy)
        == (right.kind, right.place, right.reason, right.remedy)
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(kind)
    hasher.combine(place)
    hasher.combine(reason)
  }

  /// A problem of a record or a value, whose place in a file is added by whoever reads the file.
  public init(
    _ kind: Kind, field: String? = nil, reason: String, remedy: String = "",
    byteOffset: Int? = nil
  ) {
    self.init(
      kind, Place(byteOffset: byteOffset, field: field), reason: reason, remedy: remedy)
  }

  public subscript<Value>(dynamicMember member: WritableKeyPath<Place, Value>) -> Value {
    get { place[keyPath: member] }
    set { place[keyPath: member] = newValue }
  }

  /// As the C interface and Swift print it.
  public var description: String { text(for: .library) }

  /// `PLACE: reason (remedy)`, options named as `surface` names them, and below it the line at fault where one is
  /// known. Safe to print: see `VisibleText`.
  public func text(for surface: Surface) -> String {
    var text = VisibleText.escaped(surface.spell(place.description), limit: Self.longest)
    if !text.isEmpty { text += ": " }
    text += VisibleText.escaped(surface.spell(reason), limit: Self.longest)
    if !remedy.isEmpty {
      text += " (\(VisibleText.escaped(surface.spell(remedy), limit: Self.longest)))"
    }
    if !place.excerpt.isEmpty { text += "\n    " + VisibleText.escaped(place.excerpt, limit: 400) }
    return text
  }

  /// Bytes of a place, a reason or a remedy that are shown, whatever they quote.
  package static let longest = 600

  /// The same problem in this file, where it names none.
  public func at(file: String, line: Int? = nil) -> Problem {
    var problem = self
    if problem.file.isEmpty {
      problem.file = file
      problem.line = line
    }
    return problem
  }
}
