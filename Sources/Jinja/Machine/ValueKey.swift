/// A value as a key of a dictionary or a member of a set: equal, and equally hashed, where Python's are.
enum ValueKey: Hashable {
  case none
  case int(Int)
  case big([UInt32], isNegative: Bool)
  case float(UInt64)
  case string([UInt8])
  case tuple([ValueKey])
  case range([Int])
  case undefined
  /// Something that is equal to itself alone.
  case object(UInt8, UInt64)

  /// Texts are hashed as a whole: the hash that is made for the enum takes them byte by byte.
  func hash(into hasher: inout Hasher) {
    switch self {
    case .none: hasher.combine(0)
    case .int(let value): hasher.combine(value)
    case .big(let words, let isNegative):
      hasher.combine(words)
      hasher.combine(isNegative)
    case .float(let bits): hasher.combine(bits)
    case .string(let bytes): unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    case .tuple(let keys): hasher.combine(keys)
    case .range(let numbers): hasher.combine(numbers)
    case .undefined: hasher.combine(1)
    case .object(let tag, let bits):
      hasher.combine(tag)
      hasher.combine(bits)
    }
  }
}

extension Machine {
  /// The key that a value is. Errors: it cannot be one (`unhashable type`).
  func hashed(_ value: Value, depth: Int = 0) throws(Raise) -> ValueKey {
    switch value.tag {
    case .none: return .none
    case .bool, .int: return .int(value.int)
    case .big:
      let big = heap.bigs[Int(value.bits)]
      try charge(big.words.count)
      return .big(big.words, isNegative: big.isNegative)
    case .float:
      let number = value.float
      if let whole = Int(exactly: number) { return .int(whole) }
      guard number.isFinite, number == number.rounded() else {
        // A NaN is a key of its own.
        return number.isNaN ? .object(value.tag.rawValue, value.bits) : .float(number.bitPattern)
      }
      let big = BigInteger(truncating: number)
      return .big(big.words, isNegative: big.isNegative)
    case .string: return .string(try bytes(of: value))
    case .tuple:
      guard depth < Self.maximumNesting else {
        throw raise("maximum recursion depth exceeded", .tooLarge)
      }
      try charge(32 * (value.count + 1))
      var keys: [ValueKey] = []
      for index in value.range { keys.append(try hashed(heap.items[index], depth: depth + 1)) }
      return .tuple(keys)
    case .range: return .range(value.range.map { heap.items[$0].int })
    case .undefined, .missing: return .undefined
    case .list, .dictionary, .itemsView, .keysView, .namespace:
      throw raise("unhashable type: '\(typeName(value))'")
    default: return .object(value.tag.rawValue, value.bits)
    }
  }
}
