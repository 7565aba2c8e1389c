/// The filter that makes links of addresses.
extension Library {
  static let linkFilters: [(String, LibraryFunction)] = [
    (
      "urlize",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.urlize(value, passed)
      }
    )
  ]
}

extension Machine {
  func urlize(_ value: Value, _ passed: Passed) throws(Raise) -> Value {
    let values = try bind(
      passed, ["trim_url_limit", "nofollow", "target", "rel", "extra_schemes"],
      of: "the filter 'urlize'")
    let limit = try linkLimit(values[0])
    let relation = try attribute("rel", relations(values[3], noFollow: try isTrue(values[1])))
    let target = try isTrue(values[2]) ? try attribute("target", try text(values[2])) : nil
    let schemes = try schemes(values[4])
    let text = plain(try escape(try text(value)))
    try charge(text, times: 24 + schemes.count)
    let bytes = try bytes(of: text)
    var parts: [Value] = []
    func add(_ range: Range<Int>) {
      if !range.isEmpty { parts.append(heap.slice(text, range)) }
    }
    func link(
      _ prefix: String, _ range: Range<Int>, shown: Range<Int>, isCut: Bool, _ more: [Value?]
    ) {
      parts.append(heap.string("<a href=\"" + prefix))
      add(range)
      parts.append(heap.string("\""))
      for value in more { if let value { parts.append(value) } }
      parts.append(heap.string(">"))
      add(shown)
      parts.append(heap.string(isCut ? "...</a>" : "</a>"))
    }
    var copied = 0
    var place = 0
    while place < bytes.count {
      let end = WordAddress.end(bytes, place)
      let word = WordAddress(bytes, place..<end)
      place = end
      let kind = word.kind(schemes)
      guard kind != .text else { continue }
      // A slice is looked for among all pieces.
      try charge(16 + 4 * text.count)
      add(copied..<word.middle.lowerBound)
      switch kind {
      case .text: break
      case .web(let hasScheme):
        let shown = limit.map { word.start($0) } ?? word.middle
        link(
          hasScheme ? "" : "https://", word.middle, shown: shown, isCut: shown != word.middle,
          [relation, target])
      case .scheme: link("", word.middle, shown: word.middle, isCut: false, [relation, target])
      case .mail(let prefix):
        let address = word.middle.lowerBound + prefix..<word.middle.upperBound
        link(prefix > 0 ? "" : "mailto:", word.middle, shown: address, isCut: false, [])
      }
      copied = word.middle.upperBound
    }
    add(copied..<bytes.count)
    return try concatenated(parts)
  }

  private func linkLimit(_ value: Value) throws(Raise) -> Int? {
    switch value.tag {
    case .missing, .none: return nil
    case .int, .bool, .big: return try clamped(value)
    default:
      throw raise(
        "the filter 'urlize' is not supported for a limit that is no integer", .unsupported)
    }
  }

  /// The words of `rel`, each once and in order.
  private func relations(_ value: Value, noFollow: Bool) throws(Raise) -> Value {
    var words: Set<[UnicodeScalar]> = [Array("noopener".unicodeScalars)]
    if noFollow { words.insert(Array("nofollow".unicodeScalars)) }
    if value.tag != .missing, try truth(value) {
      guard value.isString else {
        throw raise("'\(typeName(value))' object has no attribute 'split'")
      }
      for index in try split(value, nil, limit: -1, fromRight: false).range {
        words.insert(try scalars(of: heap.items[index]))
      }
    }
    let sorted = words.sorted { $0.lexicographicallyPrecedes($1) { $0.value < $1.value } }
    var text = String.UnicodeScalarView()
    for (place, word) in sorted.enumerated() {
      if place > 0 { text.append(" ") }
      text.append(contentsOf: word)
    }
    return heap.string(String(text))
  }

  private func attribute(_ name: String, _ value: Value) throws(Raise) -> Value {
    plain(
      try concatenated([heap.string(" \(name)=\""), plain(try escape(value)), heap.string("\"")]))
  }

  /// Beginnings of addresses: each at least two letters and a colon, and up to two slashes.
  private func schemes(_ value: Value) throws(Raise) -> [[UInt8]] {
    guard value.tag != .missing, value.tag != .none else { return [] }
    var schemes: [[UInt8]] = []
    for index in try iterate(value) {
      let scheme = try string(heap.items[index], "a URI scheme")
      let scalars = try scalars(of: scheme)
      let name = scalars.prefix {
        $0 == "_" || PythonText.isAlphanumeric($0) || ".+-".unicodeScalars.contains($0)
      }
      let rest = scalars[name.count...]
      guard name.count >= 2, rest.first == ":", rest.count <= 3,
        rest.dropFirst().allSatisfy({ $0 == "/" })
      else { throw raise("'\(heap.text(of: scheme))' is not a valid URI scheme prefix") }
      schemes.append(heap.bytes(of: scheme))
    }
    return schemes
  }
}
