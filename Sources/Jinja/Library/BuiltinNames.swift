/// Methods of Python's `dict`, `list` and `tuple` that templates can reach; the sandbox refuses those
/// that change their object.
enum ContainerMethod: Int32, CaseIterable {
  case none, get, items, keys, values, copy, fromkeys
  case clear, pop, popitem, setdefault, update
  case append, extend, insert, remove, reverse, sort
  case count, index

  static let byName: [[UInt8]: ContainerMethod] = Dictionary(
    uniqueKeysWithValues: allCases.dropFirst().map { (Array("\($0)".utf8), $0) })

  var isOfDictionary: Bool {
    switch self {
    case .get, .items, .keys, .values, .copy, .fromkeys, .clear, .pop, .popitem, .setdefault,
      .update:
      true
    default: false
    }
  }

  var isOfList: Bool {
    switch self {
    case .append, .extend, .insert, .remove, .reverse, .sort, .count, .index, .copy, .clear, .pop:
      true
    default: false
    }
  }

  var isOfTuple: Bool { self == .count || self == .index }

  var changesItsObject: Bool {
    switch self {
    case .clear, .pop, .popitem, .setdefault, .update, .append, .extend, .insert, .remove, .reverse,
      .sort:
      true
    default: false
    }
  }
}

/// Attributes of `loop`.
enum LoopAttribute: Int32, CaseIterable {
  case none, index0, index, first, last, length, revindex0, revindex, previtem, nextitem, depth0
  case depth, cycle, changed

  static let byName: [[UInt8]: LoopAttribute] = Dictionary(
    uniqueKeysWithValues: allCases.dropFirst().map { (Array("\($0)".utf8), $0) })
}

/// What a template finds without being given it.
enum GlobalFunction: Int32, CaseIterable {
  case range, dict, namespace, cycler, joiner, raiseException, strftimeNow, lipsum

  var name: String {
    switch self {
    case .raiseException: "raise_exception"
    case .strftimeNow: "strftime_now"
    default: "\(self)"
    }
  }

  static let byName: [[UInt8]: GlobalFunction] = Dictionary(
    uniqueKeysWithValues: allCases.map { (Array($0.name.utf8), $0) })
}
