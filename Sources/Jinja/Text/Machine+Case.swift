/// Upper and lower case, as Python has them.
extension Machine {
  enum Case {
    case upper, lower, title, capitalize, swap, fold

    /// What becomes of an ASCII letter, which stands for itself whatever is around it.
    @inline(__always)
    fileprivate func ascii(_ letter: UInt8, isFirst: Bool, _ afterLetter: Bool) -> UInt8 {
      let (upper, lower) = (letter & ~0x20, letter | 0x20)
      return switch self {
      case .upper: upper
      case .lower, .fold: lower
      case .capitalize: isFirst ? upper : lower
      case .title: afterLetter ? lower : upper
      case .swap: letter ^ 0x20
      }
    }
  }

  /// Case changes, piece by piece: a text of one author stays of one author, derived.
  func changeCase(_ text: Value, _ change: Case) throws(Raise) -> Value {
    try charge(text, times: 32)
    let first = heap.pieces.count
    var afterLetter = false
    var isFirst = true
    let whole = heap.bytes(of: text)
    var position = 0
    for index in text.range {
      let piece = heap.pieces[index]
      var writer = Writer(heap, piece.origin.derived)
      let end = position + Int(piece.count)
      while position < end {
        let byte = whole[position]
        if byte < 0x80 {
          let isLetter = byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A
          writer.put(isLetter ? change.ascii(byte, isFirst: isFirst, afterLetter) : byte)
          (afterLetter, isFirst) = (isLetter, false)
          position += 1
          continue
        }
        let scalar = PythonText.scalar(whole, position)
        let next = PythonText.scalarEnd(whole, position)
        let properties = scalar.properties
        let mapped: String
        switch change {
        case .upper: mapped = properties.uppercaseMapping
        case .lower: mapped = lowered(scalar, whole, position, next)
        case .fold: mapped = PythonText.folded(scalar)
        case .capitalize:
          mapped = isFirst ? properties.titlecaseMapping : lowered(scalar, whole, position, next)
        case .title:
          mapped =
            afterLetter ? lowered(scalar, whole, position, next) : properties.titlecaseMapping
        case .swap:
          mapped =
            properties.isUppercase
            ? lowered(scalar, whole, position, next)
            : properties.isLowercase ? properties.uppercaseMapping : String(scalar)
        }
        afterLetter = properties.isCased
        isFirst = false
        writer.put(mapped)
        position = next
      }
      writer.flush()
    }
    return heap.string(piecesFrom: first, flag: text.flag)
  }

  /// jinja2's `title`: a word starts after white space, `-` or an opening bracket.
  func title(_ text: Value) throws(Raise) -> Value {
    let bytes = try bytes(of: text)
    try charge(text, times: 32)
    let first = heap.pieces.count
    var position = 0
    // Where the rest of the word starts; nil before its first letter.
    var rest: Int?
    for index in text.range {
      let piece = heap.pieces[index]
      var writer = Writer(heap, piece.origin.derived)
      let end = position + Int(piece.count)
      while position < end {
        let next = PythonText.scalarEnd(bytes, position)
        let scalar = PythonText.scalar(bytes, position)
        if "-({[<".utf8.contains(bytes[position]) || PythonText.isSpace(scalar.value) {
          rest = nil
          writer.put(Array(bytes[position..<next]))
        } else {
          writer.put(
            rest.map { lowered(scalar, bytes, position, next, from: $0) }
              ?? scalar.properties.uppercaseMapping)
          rest = rest ?? next
        }
        position = next
      }
      writer.flush()
    }
    return heap.string(piecesFrom: first)
  }

  /// Lower case, with the sigma that ends a word.
  private func lowered(
    _ scalar: UnicodeScalar, _ bytes: [UInt8], _ start: Int, _ end: Int, from first: Int = 0
  ) -> String {
    guard scalar == "Σ" else { return scalar.properties.lowercaseMapping }
    func neighbour(_ index: Int, _ step: (Int) -> Int?) -> Bool {
      var index: Int? = index
      while let place = index {
        let properties = PythonText.scalar(bytes, place).properties
        if !properties.isCaseIgnorable { return properties.isCased }
        index = step(place)
      }
      return false
    }
    func before(_ index: Int) -> Int? {
      guard index > first else { return nil }
      var place = index - 1
      while place > 0, bytes[place] & 0xC0 == 0x80 { place -= 1 }
      return place
    }
    let follows = before(start).map { neighbour($0, before) } ?? false
    let isFollowed =
      end < bytes.count
      && neighbour(end) { place in
        let next = PythonText.scalarEnd(bytes, place)
        return next < bytes.count ? next : nil
      }
    return follows && !isFollowed ? "ς" : "σ"
  }
}
