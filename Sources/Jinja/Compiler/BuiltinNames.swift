/// Filters of jinja2 3.1 that a chat template can use. `random` (not repeatable), `urlize`, `xmlattr`,
/// `pprint`, `wordwrap` and `striptags` (HTML and layout for people) are refused by name.
enum FilterName: Int32, CaseIterable {
  case abs, attr, batch, capitalize, center, count, d, `default`, dictsort, e, escape,
    filesizeformat
  case first, float, forceescape, format, groupby, indent, int, join, last, length, list, lower,
    items
  case map, min, max, reject, rejectattr, replace, reverse, round, safe, select, selectattr, slice
  case sort, string, sum, title, trim, truncate, unique, upper, urlencode, wordcount, tojson

  static let refused: Set<String> = [
    "random", "urlize", "xmlattr", "pprint", "wordwrap", "striptags",
  ]

  static let byName: [[UInt8]: FilterName] = Dictionary(
    uniqueKeysWithValues: allCases.map { (Array("\($0)".utf8), $0) })
}

/// Tests of jinja2 3.1.
enum TestName: Int32, CaseIterable {
  case odd, even, divisibleby, defined, undefined, filter, test, none, boolean, `false`, `true`
  case integer, float, lower, upper, string, mapping, number, sequence, iterable, callable, sameas
  case escaped, `in`, eq, ne, gt, ge, lt, le

  static let byName: [[UInt8]: TestName] = {
    var names = Dictionary(uniqueKeysWithValues: allCases.map { (Array("\($0)".utf8), $0) })
    let aliases: [(String, TestName)] = [
      ("==", .eq), ("equalto", .eq), ("!=", .ne), (">", .gt), ("greaterthan", .gt), (">=", .ge),
      ("<", .lt), ("lessthan", .lt), ("<=", .le),
    ]
    for (alias, test) in aliases { names[Array(alias.utf8)] = test }
    return names
  }()
}

/// Methods of Python's `str` that templates call.
enum StringMethod: Int32, CaseIterable {
  case none, capitalize, casefold, center, count, endswith, expandtabs, find, format, index, isalnum
  case isalpha, isascii, isdecimal, isdigit, islower, isnumeric, isspace, istitle, isupper
  case isidentifier, isprintable, join, ljust, lower, lstrip, partition, removeprefix, removesuffix
  case replace, rfind, rindex, rjust, rpartition, rsplit, rstrip, split, splitlines, startswith,
    strip
  case swapcase, title, upper, zfill
  /// Attributes that exist but do not work here: named in the error of a call.
  case encode, formatMap, maketrans, translate

  static let byName: [[UInt8]: StringMethod] = Dictionary(
    uniqueKeysWithValues: allCases.dropFirst().map {
      (Array(($0 == .formatMap ? "format_map" : "\($0)").utf8), $0)
    })
}

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
