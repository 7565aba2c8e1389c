import JSONText
import Problems

/// A member of the spec that a data set stores: its key, and how it is written and read.
struct SpecMember: Sendable {
  let key: String
  /// Whether it is written: a member that came later is left out where it says nothing, so that digests stay.
  var isPresent: @Sendable (RunSpec) -> Bool = { _ in true }
  let write: @Sendable (RunSpec, inout JSONWriter) -> Void
  /// False where the value is not one that it can have.
  let read: @Sendable (JSONNode?, inout RunSpec) -> Bool

  static func number(
    _ key: StaticString, _ place: any WritableKeyPath<RunSpec, Int> & Sendable
  ) -> SpecMember {
    SpecMember(key: "\(key)") { spec, writer in
      writer.int(spec[keyPath: place])
    } read: { node, spec in
      guard let value = node?.int else { return false }
      spec[keyPath: place] = value
      return true
    }
  }

  static func budget(
    _ key: StaticString, _ place: any WritableKeyPath<RunSpec, Int?> & Sendable
  ) -> SpecMember {
    SpecMember(key: "\(key)") { spec, writer in
      spec[keyPath: place].map { writer.int($0) } ?? writer.null()
    } read: { node, spec in
      spec[keyPath: place] = node?.int
      return true
    }
  }

  static func flag(
    _ key: StaticString, _ place: any WritableKeyPath<RunSpec, Bool> & Sendable
  ) -> SpecMember {
    SpecMember(key: "\(key)") { spec, writer in
      writer.bool(spec[keyPath: place])
    } read: { node, spec in
      spec[keyPath: place] = node?.bool ?? false
      return true
    }
  }

  static func choice<Choice: RawRepresentable<String> & Sendable>(
    _ key: StaticString, _ place: any WritableKeyPath<RunSpec, Choice> & Sendable
  ) -> SpecMember {
    SpecMember(key: "\(key)") { spec, writer in
      writer.string(spec[keyPath: place].rawValue)
    } read: { node, spec in
      guard let value = node?.string.flatMap(Choice.init) else { return false }
      spec[keyPath: place] = value
      return true
    }
  }
}
