/// Python's operators.
extension Machine {
  // MARK: Equality and order

  func equal(_ left: Value, _ right: Value, depth: Int = 0) -> Bool {
    if left.isString || right.isString {
      return left.isString && right.isString && heap.isEqual(left, right)
    }
    if left.isNumber, right.isNumber { return order(left, right) == 0 }
    // The same object is equal to itself, as in Python, however large it is.
    if left.tag == right.tag, left.bits == right.bits { return true }
    // Past the bound the next step ends the render.
    registers.steps += 1
    guard depth < 1000, registers.steps <= Self.maximumSteps else { return false }
    switch (left.tag, right.tag) {
    case (.none, .none): return true
    case (.undefined, .undefined), (.undefined, .missing), (.missing, .undefined),
      (.missing, .missing):
      return true
    case (.list, .list), (.tuple, .tuple), (.range, .range):
      guard left.count == right.count else { return false }
      for index in 0..<left.count {
        let (a, b) = (heap.items[left.start + index], heap.items[right.start + index])
        guard equal(a, b, depth: depth + 1) else { return false }
      }
      return true
    case (.dictionary, .dictionary):
      guard left.count == right.count else { return false }
      for index in left.range {
        let entry = heap.entries[index]
        guard let other = try? member(right, entry.key),
          equal(entry.value, heap.entries[other].value, depth: depth + 1)
        else { return false }
      }
      return true
    default: return left.tag == right.tag && left.bits == right.bits
    }
  }

  /// -1, 0, 1 for two numbers; nil where one is not a number (NaN).
  func order(_ left: Value, _ right: Value) -> Int? {
    func sign(_ isLess: Bool, _ isEqual: Bool) -> Int { isLess ? -1 : isEqual ? 0 : 1 }
    switch (left.tag == .float, right.tag == .float) {
    case (false, false):
      switch (left.tag == .unsigned, right.tag == .unsigned) {
      case (false, false): return sign(left.int < right.int, left.int == right.int)
      case (true, true): return sign(left.bits < right.bits, left.bits == right.bits)
      case (true, false): return 1
      case (false, true): return -1
      }
    case (true, true):
      let (a, b) = (left.float, right.float)
      return a.isNaN || b.isNaN ? nil : sign(a < b, a == b)
    case (true, false): return order(right, left).map { -$0 }
    case (false, true):
      let b = right.float
      if b.isNaN { return nil }
      if left.tag == .unsigned {
        let a = Double(left.bits)
        return sign(a < b, a == b)
      }
      if b >= 9.223372036854775807e18 { return -1 }
      if b < -9.223372036854775808e18 { return 1 }
      let whole = b.rounded(.towardZero)
      let a = left.int
      let floor = Int(whole)
      if a != floor { return sign(a < floor, false) }
      return sign(whole < b, whole == b)
    }
  }

  @inline(__always)
  func compare(_ left: Value, _ operation: ComparisonOperator, _ right: Value) throws(Raise) -> Bool
  {
    if left.tag == .int, right.tag == .int {
      let order = left.int < right.int ? -1 : left.int == right.int ? 0 : 1
      switch operation {
      case .equal: return order == 0
      case .notEqual: return order != 0
      case .less, .lessOrEqual, .greater, .greaterOrEqual: return holds(order, operation)
      default: break
      }
    }
    switch operation {
    case .equal: return equal(left, right)
    case .notEqual: return !equal(left, right)
    case .isIn: return try contains(right, left)
    case .isNotIn: return !(try contains(right, left))
    default: return try ordered(left, operation, right)
    }
  }

  private func ordered(_ left: Value, _ operation: ComparisonOperator, _ right: Value) throws(Raise)
    -> Bool
  {
    if left.isUndefined { throw raiseUndefined(left) }
    if right.isUndefined { throw raiseUndefined(right) }
    if left.isNumber, right.isNumber {
      guard let order = order(left, right) else { return false }
      return holds(order, operation)
    }
    if left.isString, right.isString {
      let order = heap.isEqual(left, right) ? 0 : heap.isLess(left, right) ? -1 : 1
      return holds(order, operation)
    }
    if left.tag == right.tag, left.tag == .list || left.tag == .tuple {
      for index in 0..<min(left.count, right.count) {
        let (a, b) = (heap.items[left.start + index], heap.items[right.start + index])
        if !equal(a, b) {
          registers.calls += 1
          defer { registers.calls -= 1 }
          guard registers.calls < Self.maximumCalls else {
            throw raise("maximum recursion depth exceeded")
          }
          return try ordered(a, operation, b)
        }
      }
      let order = left.count == right.count ? 0 : left.count < right.count ? -1 : 1
      return holds(order, operation)
    }
    let sign =
      switch operation {
      case .less: "<"
      case .lessOrEqual: "<="
      case .greater: ">"
      default: ">="
      }
    throw raise(
      "'\(sign)' not supported between instances of '\(typeName(left))' and '\(typeName(right))'")
  }

  private func holds(_ order: Int, _ operation: ComparisonOperator) -> Bool {
    switch operation {
    case .less: order < 0
    case .lessOrEqual: order <= 0
    case .greater: order > 0
    default: order >= 0
    }
  }

  func isLess(_ left: Value, _ right: Value) throws(Raise) -> Bool {
    try ordered(left, .less, right)
  }

  func contains(_ container: Value, _ value: Value) throws(Raise) -> Bool {
    switch container.tag {
    case .string:
      guard value.isString else {
        throw raise("'in <string>' requires string as left operand, not \(typeName(value))")
      }
      return find(value, in: container, from: 0) != nil
    case .dictionary, .keysView: return try member(container, value) != nil
    case .undefined, .missing: return false
    case .list, .tuple, .range, .iterator, .itemsView, .valuesView, .loop:
      for index in try iterate(container) where equal(heap.items[index], value) { return true }
      return false
    default: throw raise("argument of type '\(typeName(container))' is not iterable")
    }
  }

  // MARK: Sums

  func sum(_ range: Range<Int>) throws(Raise) -> Value {
    if arePlainStrings(range) { return heap.join(arguments, range) }
    var result = arguments[range.lowerBound]
    for index in range.dropFirst() { result = try add(result, arguments[index]) }
    return result
  }

  /// Whether arguments are strings that are not marked as safe HTML.
  @inline(__always)
  func arePlainStrings(_ range: Range<Int>) -> Bool {
    for index in range where !arguments[index].isString || arguments[index].flag != 0 {
      return false
    }
    return true
  }

  @inline(__always)
  func add(_ left: Value, _ right: Value) throws(Raise) -> Value {
    if left.isString, right.isString, left.flag | right.flag == 0 { return heap.join(left, right) }
    return try addOthers(left, right)
  }

  private func addOthers(_ left: Value, _ right: Value) throws(Raise) -> Value {
    if left.isString, right.isString {
      var joined = heap.join(
        left.isMarkup ? left : escape(left), right.isMarkup ? right : escape(right))
      joined.flag = 1
      return joined
    }
    switch (left.tag, right.tag) {
    case (.list, .list), (.tuple, .tuple):
      if left.count == 0 { return right }
      if right.count == 0 { return left }
      var start = left.start
      if left.range.upperBound != heap.items.count || left.range.overlaps(right.range) {
        start = heap.items.count
        heap.items.append(from: left.range)
      }
      heap.items.append(from: right.range)
      return Value(left.tag, start: start, count: left.count + right.count)
    default: return try arithmetic(.add, left, right)
    }
  }

  // MARK: Numbers

  private static func sign(_ operation: BinaryOperator) -> String {
    switch operation {
    case .add: "+"
    case .subtract: "-"
    case .multiply: "*"
    case .divide: "/"
    case .floorDivide: "//"
    case .remainder: "%"
    case .power: "** or pow()"
    }
  }

  private func overflow() -> Raise { raise("an integer does not fit 64 bits") }

  private func zero(_ text: String) -> Raise { raise(text) }

  private func number(_ value: Value) -> Double {
    switch value.tag {
    case .float: value.float
    case .unsigned: Double(value.bits)
    default: Double(value.int)
    }
  }

  func arithmetic(_ operation: BinaryOperator, _ left: Value, _ right: Value) throws(Raise) -> Value
  {
    if left.isUndefined { throw raiseUndefined(left) }
    if operation == .remainder, left.isString { return try format(left, percent: right) }
    if right.isUndefined { throw raiseUndefined(right) }
    if operation == .multiply {
      if left.isString || left.tag == .list || left.tag == .tuple {
        return try repeated(left, right)
      }
      if right.isString || right.tag == .list || right.tag == .tuple {
        return try repeated(right, left)
      }
    }
    guard left.isNumber, right.isNumber else {
      if operation == .add, left.isString {
        throw raise("can only concatenate str (not \"\(typeName(right))\") to str")
      }
      throw raise(
        "unsupported operand type(s) for \(Self.sign(operation)): '\(typeName(left))' and '\(typeName(right))'"
      )
    }
    if left.tag == .float || right.tag == .float || operation == .divide {
      return try floats(operation, left, right)
    }
    guard left.tag != .unsigned, right.tag != .unsigned else { throw overflow() }
    let (a, b) = (left.int, right.int)
    switch operation {
    case .add:
      let (value, isTooLarge) = a.addingReportingOverflow(b)
      if isTooLarge { throw overflow() }
      return .int(value)
    case .subtract:
      let (value, isTooLarge) = a.subtractingReportingOverflow(b)
      if isTooLarge { throw overflow() }
      return .int(value)
    case .multiply:
      let (value, isTooLarge) = a.multipliedReportingOverflow(by: b)
      if isTooLarge { throw overflow() }
      return .int(value)
    case .floorDivide, .remainder:
      if b == 0 { throw zero("integer division or modulo by zero") }
      if a == Int.min, b == -1 {
        if operation == .remainder { return .int(0) }
        throw overflow()
      }
      let (quotient, rest) = a.quotientAndRemainder(dividingBy: b)
      let isOff = rest != 0 && (rest < 0) != (b < 0)
      return .int(
        operation == .remainder ? (isOff ? rest + b : rest) : (isOff ? quotient - 1 : quotient))
    case .power:
      if b < 0 { return try floats(.power, left, right) }
      var result = 1
      var base = a
      var exponent = b
      while exponent > 0 {
        if exponent & 1 == 1 {
          let (value, isTooLarge) = result.multipliedReportingOverflow(by: base)
          if isTooLarge { throw overflow() }
          result = value
        }
        exponent >>= 1
        guard exponent > 0 else { break }
        let (value, isTooLarge) = base.multipliedReportingOverflow(by: base)
        if isTooLarge { throw overflow() }
        base = value
      }
      return .int(result)
    case .divide: return try floats(.divide, left, right)
    }
  }

  private func floats(_ operation: BinaryOperator, _ left: Value, _ right: Value) throws(Raise)
    -> Value
  {
    let (a, b) = (number(left), number(right))
    switch operation {
    case .add: return .float(a + b)
    case .subtract: return .float(a - b)
    case .multiply: return .float(a * b)
    case .divide:
      if b == 0 {
        throw zero(
          left.tag == .float || right.tag == .float ? "float division by zero" : "division by zero")
      }
      return .float(a / b)
    case .floorDivide, .remainder:
      if b == 0 {
        throw zero(operation == .remainder ? "float modulo" : "float floor division by zero")
      }
      var rest = a.truncatingRemainder(dividingBy: b)
      if rest != 0, (rest < 0) != (b < 0) { rest += b }
      if operation == .remainder {
        return .float(rest == 0 ? Double(signOf: b, magnitudeOf: 0) : rest)
      }
      let quotient = (a - rest) / b
      var floor = quotient.rounded(.down)
      if quotient - floor > 0.5 { floor += 1 }
      return .float(quotient == 0 ? Double(signOf: a / b, magnitudeOf: 0) : floor)
    case .power:
      if a == 0, b < 0 { throw zero("0.0 cannot be raised to a negative power") }
      if a < 0, b != b.rounded() {
        throw raise("a negative number to a fractional power is complex")
      }
      let value = FloatText.power(a, b)
      if value.isInfinite, a.isFinite, b.isFinite {
        throw raise("(34, 'Numerical result out of range')")
      }
      return .float(value)
    }
  }

  func sign(_ value: Value, isNegative: Bool) throws(Raise) -> Value {
    switch value.tag {
    case .undefined, .missing: throw raiseUndefined(value)
    case .float: return .float(isNegative ? -value.float : value.float)
    case .int, .bool:
      if !isNegative { return .int(value.int) }
      guard value.int != Int.min else { throw overflow() }
      return .int(-value.int)
    default:
      throw raise("bad operand type for unary \(isNegative ? "-" : "+"): '\(typeName(value))'")
    }
  }

  private func repeated(_ value: Value, _ times: Value) throws(Raise) -> Value {
    guard times.tag == .int || times.tag == .bool else {
      if times.isUndefined { throw raiseUndefined(times) }
      throw raise("can't multiply sequence by non-int of type '\(typeName(times))'")
    }
    let count = max(0, times.int)
    let size = value.isString ? max(Int(value.extra), value.count) : value.count
    let (total, isTooLarge) = size.multipliedReportingOverflow(by: count)
    guard !isTooLarge, total <= ValueHeap.maximumItems else {
      throw raise("a repetition is too long", .tooLarge)
    }
    if value.isString {
      let start = heap.pieces.count
      guard value.extra > 0 else { return value }
      for _ in 0..<count { heap.pieces.append(from: value.range) }
      return heap.string(piecesFrom: start, flag: value.flag)
    }
    let start = heap.items.count
    guard value.count > 0 else { return value }
    for _ in 0..<count { heap.items.append(from: value.range) }
    return Value(value.tag, start: start, count: heap.items.count - start)
  }

  // MARK: Slices

  /// Start and stop as Python's `slice.indices`; nil where nothing is taken.
  private func bounds(_ start: Value, _ stop: Value, _ step: Value, _ count: Int) throws(Raise)
    -> (start: Int, step: Int, count: Int)
  {
    func number(_ value: Value) throws(Raise) -> Int? {
      switch value.tag {
      case .none: return nil
      case .int, .bool: return value.int
      default:
        throw raise("slice indices must be integers or None or have an __index__ method")
      }
    }
    let step = try number(step) ?? 1
    guard step != 0 else { throw raise("slice step cannot be zero") }
    func clamp(_ index: Int, _ lower: Int, _ upper: Int) -> Int {
      let (shifted, isTooSmall) = index < 0 ? index.addingReportingOverflow(count) : (index, false)
      return isTooSmall ? lower : min(max(shifted, lower), upper)
    }
    if step > 0 {
      let first = clamp(try number(start) ?? 0, 0, count)
      let last = clamp(try number(stop) ?? count, 0, count)
      guard last > first else { return (0, 1, 0) }
      return (first, step, (last - first - 1) / step + 1)
    }
    guard step > Int.min else { throw overflow() }
    let first = try number(start).map { clamp($0, -1, count - 1) } ?? count - 1
    let last = try number(stop).map { clamp($0, -1, count - 1) } ?? -1
    guard first > last else { return (0, 1, 0) }
    return (first, step, (first - last - 1) / -step + 1)
  }

  func slice(_ value: Value, _ start: Value, _ stop: Value, _ step: Value) throws(Raise) -> Value {
    switch value.tag {
    case .undefined, .missing: throw raiseUndefined(value)
    case .list, .tuple, .range:
      let bounds = try bounds(start, stop, step, value.count)
      if bounds.step == 1 {
        return Value(value.tag, start: value.start + bounds.start, count: bounds.count)
      }
      let first = heap.items.count
      for index in 0..<bounds.count {
        heap.items.append(heap.items[value.start + bounds.start + index * bounds.step])
      }
      return Value(value.tag, start: first, count: bounds.count)
    case .string:
      let offsets = characterOffsets(value)
      let count = offsets?.count ?? Int(value.extra)
      let bounds = try bounds(start, stop, step, count)
      func offset(_ index: Int) -> Int {
        guard let offsets else { return index }
        return index < offsets.count ? offsets[index] : Int(value.extra)
      }
      if bounds.count == 0 { return Value(.string, start: 0, count: 0, flag: value.flag) }
      if bounds.step == 1 {
        return heap.slice(value, offset(bounds.start)..<offset(bounds.start + bounds.count))
      }
      var result = Value(.string, start: 0, count: 0)
      for index in 0..<bounds.count {
        let place = bounds.start + index * bounds.step
        result = heap.join(result, heap.slice(value, offset(place)..<offset(place + 1)))
      }
      result.flag = value.flag
      return result
    default: throw raise("'\(typeName(value))' object is not subscriptable")
    }
  }

  /// Byte offsets of the characters of a string; nil where every character is one byte. O(length).
  func characterOffsets(_ value: Value) -> [Int]? {
    let mark = heap.bytes.count
    defer { heap.bytes.truncate(to: mark) }
    return unsafe heap.bytes.withElements(heap.flat(value)) { bytes in
      guard unsafe bytes.contains(where: { $0 >= 0x80 }) else { return nil }
      return bytes.indices.filter { unsafe bytes[$0] & 0xC0 != 0x80 }
    }
  }

  /// Length in characters.
  func characterCount(_ value: Value) -> Int {
    var count = 0
    for index in value.range {
      count += unsafe heap.bytes.withElements(heap.pieces[index].range) { bytes in
        var count = 0
        for index in bytes.indices where unsafe bytes[index] & 0xC0 != 0x80 { count += 1 }
        return count
      }
    }
    return count
  }

  func character(_ value: Value, at index: Int) -> Value? {
    let offsets = characterOffsets(value)
    let count = offsets?.count ?? Int(value.extra)
    let place = index < 0 ? index + count : index
    guard place >= 0, place < count else { return nil }
    guard let offsets else { return heap.slice(value, place..<place + 1) }
    let end = place + 1 < count ? offsets[place + 1] : Int(value.extra)
    return heap.slice(value, offsets[place]..<end)
  }
}
