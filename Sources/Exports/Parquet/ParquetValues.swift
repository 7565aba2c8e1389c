import Files

/// Values of a page of a Parquet column, of its physical type.
enum ParquetValues {
  case integers([Int32])
  case longs([Int64])
  case floats([Float])
  case texts([[UInt8]])

  init(of element: ExportElement) {
    switch element {
    case .int8, .int32: self = .integers([])
    case .int64: self = .longs([])
    case .float32: self = .floats([])
    case .text: self = .texts([])
    }
  }

  var count: Int {
    switch self {
    case .integers(let values): values.count
    case .longs(let values): values.count
    case .floats(let values): values.count
    case .texts(let values): values.count
    }
  }

  mutating func removeAll() {
    switch self {
    case .integers: self = .integers([])
    case .longs: self = .longs([])
    case .floats: self = .floats([])
    case .texts: self = .texts([])
    }
  }

  /// Appends the values as a page has them.
  func append(to page: inout [UInt8], as encoding: ParquetEncoding) {
    switch self {
    case .integers(let values):
      if encoding == .deltaBinaryPacked {
        ParquetEncoding.appendDelta(values, to: &page)
      } else {
        page.append(littles: values)
      }
    case .longs(let values): page.append(littles: values)
    case .floats(let values): page.append(littles: values.map(\.bitPattern))
    case .texts(let values):
      for value in values {
        page.append(little: UInt32(value.count))
        page += value
      }
    }
  }

  /// The least and the greatest value; none where there are no values, or only such as no order knows.
  var extremes: ParquetValues {
    switch self {
    case .integers(let values): .integers(Self.extremes(values, by: <))
    case .longs(let values): .longs(Self.extremes(values, by: <))
    case .floats(let values): .floats(Self.extremes(values.filter { !$0.isNaN }, by: <))
    case .texts(let values):
      .texts(Self.extremes(values) { $0.lexicographicallyPrecedes($1) })
    }
  }

  private static func extremes<Value>(
    _ values: [Value], by precedes: (Value, Value) -> Bool
  ) -> [Value] {
    guard let least = values.min(by: precedes), let greatest = values.max(by: precedes) else {
      return []
    }
    return [least, greatest]
  }

  /// Appends values of the same type. O(their number), amortized.
  mutating func append(_ other: ParquetValues) {
    // What is held apart is grown in place, not copied.
    switch (consume self, other) {
    case (.integers(var mine), .integers(let more)):
      mine += more
      self = .integers(mine)
    case (.longs(var mine), .longs(let more)):
      mine += more
      self = .longs(mine)
    case (.floats(var mine), .floats(let more)):
      mine += more
      self = .floats(mine)
    case (.texts(var mine), .texts(let more)):
      mine += more
      self = .texts(mine)
    default: preconditionFailure("values of one column have one type")
    }
  }

  /// Appends to values that are integers, in place.
  mutating func appendIntegers(_ body: (inout [Int32]) -> Void) {
    guard case .integers(var values) = consume self else {
      preconditionFailure("values of one column have one type")
    }
    body(&values)
    self = .integers(values)
  }

  /// The least and the greatest value as statistics have them: plain, texts without their size. Zeros have the sign
  /// that bounds both (parquet.thrift, ColumnOrder).
  var bounds: (minimum: [UInt8], maximum: [UInt8])? {
    func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
      var bytes: [UInt8] = []
      bytes.append(little: number)
      return bytes
    }
    switch extremes {
    case .integers(let pair): return pair.isEmpty ? nil : (bytes(pair[0]), bytes(pair[1]))
    case .longs(let pair): return pair.isEmpty ? nil : (bytes(pair[0]), bytes(pair[1]))
    case .floats(let pair):
      guard !pair.isEmpty else { return nil }
      return (
        bytes((pair[0] == 0 ? -0.0 : pair[0]).bitPattern),
        bytes((pair[1] == 0 ? 0.0 : pair[1]).bitPattern)
      )
    case .texts(let pair): return pair.isEmpty ? nil : (pair[0], pair[1])
    }
  }
}
