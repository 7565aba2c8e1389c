/// One row's columns, filled again for every row.
struct ExportRow {
  /// Elements of each column.
  private(set) var length = 0
  private(set) var inputIDs: [Int32] = []
  private(set) var labels: [Int32] = []
  private(set) var attentionMask: [UInt8] = []
  private(set) var positionIDs: [Int32] = []
  private(set) var weights: [Float] = []
  private(set) var sequenceLengths: [Int32] = []

  private let paddedLength: Int?
  private let padID: UInt32

  init(schema: ExportSchema) {
    paddedLength = schema.length
    padID = schema.padID
  }

  /// Takes over a row of a frame. Throws where it is longer than the padded length.
  mutating func fill(_ row: Int, of frame: DecodedFrame) throws(ShardError) {
    length = paddedLength ?? frame.range(ofRow: row).count
    if inputIDs.count != length {
      inputIDs = [Int32](repeating: 0, count: length)
      labels = inputIDs
      positionIDs = inputIDs
      attentionMask = [UInt8](repeating: 0, count: length)
      weights = [Float](repeating: 0, count: length)
    }
    let length = length
    let padID = padID
    let filled = unsafe inputIDs.withUnsafeMutableBufferPointer { ids in
      unsafe labels.withUnsafeMutableBufferPointer { labels in
        unsafe attentionMask.withUnsafeMutableBufferPointer { mask in
          unsafe positionIDs.withUnsafeMutableBufferPointer { positions in
            unsafe weights.withUnsafeMutableBufferPointer { weights in
              let columns = unsafe PaddedColumns(
                rows: 1, length: length, inputIDs: ids.baseAddress, labels: labels.baseAddress,
                attentionMask: mask.baseAddress, positionIDs: positions.baseAddress,
                weights: weights.baseAddress)
              return frame.fill(row: row, slot: 0, of: columns, pad: padID) != nil
            }
          }
        }
      }
    }
    guard filled else {
      throw ShardError(
        kind: .unusable, reason: "a row is longer than the context length",
        remedy: "export with --unpadded")
    }
    sequenceLengths.removeAll(keepingCapacity: true)
    let segments = frame.segments[frame.segmentRange(row)]
    var end = UInt32(truncatingIfNeeded: frame.range(ofRow: row).upperBound)
    for segment in segments.reversed() {
      sequenceLengths.append(Int32(bitPattern: end - segment.lowerBound))
      end = segment.lowerBound
    }
    sequenceLengths.reverse()
  }

  /// Appends a column's elements, little-endian, to `bytes`.
  func append(_ column: ExportColumn, to bytes: inout [UInt8]) {
    switch column {
    case .inputIDs: Self.append(inputIDs, to: &bytes)
    case .labels: Self.append(labels, to: &bytes)
    case .attentionMask: bytes += attentionMask
    case .positionIDs: Self.append(positionIDs, to: &bytes)
    case .sequenceLengths: Self.append(sequenceLengths, to: &bytes)
    case .weights:
      for weight in weights { bytes.append(little: weight.bitPattern) }
    }
  }

  /// Elements of a column of this row.
  func count(_ column: ExportColumn) -> Int {
    column == .sequenceLengths ? sequenceLengths.count : length
  }

  private static func append(_ numbers: [Int32], to bytes: inout [UInt8]) {
    #if _endian(little)
      unsafe numbers.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    #else
      for number in numbers { bytes.append(little: number) }
    #endif
  }
}

extension ExportColumn {
  /// Bytes of an element.
  var elementSize: Int { self == .attentionMask ? 1 : 4 }

  /// numpy's name of the element type.
  var elementType: String {
    switch self {
    case .attentionMask: "int8"
    case .weights: "float32"
    default: "int32"
    }
  }

  /// numpy's description of the element type, as `.npy` headers have it.
  var elementDescription: String {
    switch self {
    case .attentionMask: "|i1"
    case .weights: "<f4"
    default: "<i4"
    }
  }
}
