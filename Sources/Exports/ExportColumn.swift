import Files
import Masking
import ShardWriter

/// A column of an export. Each is declared once, in `declaration`: what its elements are and how they are made.
public enum ExportColumn: String, CaseIterable, Sendable {
  case inputIDs = "input_ids"
  case labels
  case attentionMask = "attention_mask"
  case positionIDs = "position_ids"
  /// Tokens from each sample's beginning to the next one's, so that they sum to the row's tokens.
  case sampleLengths = "seq_lengths"
  /// Loss weight of each token.
  case weights
  /// 1 where a token is learned.
  case lossMask = "loss_mask"
  /// 1 where the next token of the sample is learned; files name it `loss_mask` too.
  case targetMask = "target_mask"
  /// Where each sample begins.
  case sampleStarts = "seq_start_id"
  /// Input file of the row's record, as it was given; of packed rows, of each sample's.
  case sourceFile = "source_file"
  /// Line of it, from 1; of packed rows, of each sample's.
  case sourceLine = "source_line"
  /// The number by which `prep inspect` and `Dataset` have the row, from 0.
  case row

  /// The column's name in files.
  var name: String { self == .targetMask ? Self.lossMask.rawValue : rawValue }

  /// What the elements of a column are made by.
  enum Content {
    case tokens((_ pad: UInt32) -> RowColumn)
    case weights
    case sampleLengths
    case sampleStarts
    case sourceFile
    case sourceLine
    case row

    /// Whether there is an element a sample, not a token.
    var isOfSamples: Bool {
      switch self {
      case .sampleLengths, .sampleStarts, .sourceFile, .sourceLine: true
      case .tokens, .weights, .row: false
      }
    }
  }

  /// `encoding` is Parquet's: ids compress best as they are; masks, positions and lengths differ little.
  var declaration: (element: ExportElement, encoding: ParquetEncoding, content: Content) {
    switch self {
    case .inputIDs: (.int32, .plain, .tokens { .inputIDs(pad: $0) })
    case .labels: (.int32, .plain, .tokens { _ in .labels() })
    case .attentionMask: (.int8, .deltaBinaryPacked, .tokens { _ in .attentionMask })
    case .positionIDs: (.int32, .deltaBinaryPacked, .tokens { _ in .positionIDs })
    case .sampleLengths: (.int32, .deltaBinaryPacked, .sampleLengths)
    case .weights: (.float32, .plain, .weights)
    case .lossMask: (.int8, .deltaBinaryPacked, .tokens { _ in .lossMask() })
    case .targetMask: (.int8, .deltaBinaryPacked, .tokens { _ in .targetMask })
    case .sampleStarts: (.int32, .deltaBinaryPacked, .sampleStarts)
    case .sourceFile: (.text, .plain, .sourceFile)
    case .sourceLine: (.int64, .plain, .sourceLine)
    case .row: (.int64, .plain, .row)
    }
  }

  var element: ExportElement { declaration.element }

  /// Whether a row has one value of it, not a list.
  func isScalar(isPacked: Bool) -> Bool {
    switch self {
    case .row: true
    case .sourceFile, .sourceLine: !isPacked
    default: false
    }
  }

  /// Those that say where a row comes from.
  public static let sources: [ExportColumn] = [.sourceFile, .sourceLine, .row]

  /// The type of the elements in formats of plain arrays, which reach a loss as they lie: torch's cross entropy takes
  /// classes of int64. Readers of Parquet convert columns themselves.
  var arrayElement: ExportElement { self == .labels ? .int64 : element }

  /// Those that every data set has, and those that packed rows need too.
  public static func defaults(isPacked: Bool) -> [ExportColumn] {
    isPacked
      ? [.inputIDs, .attentionMask, .labels, .positionIDs, .sampleLengths]
      : [.inputIDs, .attentionMask, .labels]
  }
}

/// The type of a column's elements.
enum ExportElement {
  case int8, int32, int64, float32
  /// UTF-8, of any length.
  case text

  /// Bytes; of a text, of a reference to it.
  var size: Int {
    switch self {
    case .int8: 1
    case .text: 8
    case .int32, .float32: 4
    case .int64: 8
    }
  }

  /// numpy's name.
  var name: String {
    switch self {
    case .int8: "int8"
    case .int32: "int32"
    case .int64: "int64"
    case .float32: "float32"
    case .text: "str"
    }
  }

  /// numpy's description, as `.npy` headers have it.
  var description: String {
    switch self {
    case .int8: "|i1"
    case .int32: "<i4"
    case .int64: "<i8"
    case .float32: "<f4"
    case .text: "|O"
    }
  }
}

/// Makes the elements of columns, row by row, as files hold them.
struct ColumnWriter {
  let schema: ExportSchema
  private var integers: [Int32] = []

  init(_ schema: ExportSchema) { self.schema = schema }

  /// Elements of a column of a row.
  func count(_ column: ExportColumn, _ row: Int, of rows: Rows) -> Int {
    if column.declaration.content.isOfSamples { return rows.sampleRange(ofRow: row).count }
    return length(row, of: rows)
  }

  /// Elements of a row's columns that have one a token.
  func length(_ row: Int, of rows: Rows) -> Int {
    schema.length ?? rows.tokenRange(ofRow: row).count
  }

  /// Appends a column's elements as formats of plain arrays have them, little-endian.
  mutating func append(
    _ column: ExportColumn, _ row: Int, of rows: Rows, to bytes: inout [UInt8]
  ) {
    switch (column.declaration.content, column.arrayElement) {
    case (.tokens(let make), .int8):
      bytes.append(zeros: length(row, of: rows)) { rows.fill(row, make(schema.padID), into: &$0) }
    case (.weights, _):
      var weights: [Float] = []
      weights.append(zeros: length(row, of: rows)) { rows.fillWeights(row, into: &$0) }
      for weight in weights { bytes.append(little: weight.bitPattern) }
    default:
      integers.removeAll(keepingCapacity: true)
      append(column, row, of: rows, to: &integers)
      if column.arrayElement == .int64 {
        bytes.append(littles: integers.map(Int64.init))
      } else {
        bytes.append(littles: integers)
      }
    }
  }

  /// Appends the elements of a column of integers.
  func append(_ column: ExportColumn, _ row: Int, of rows: Rows, to numbers: inout [Int32]) {
    switch column.declaration.content {
    case .tokens(let make):
      numbers.append(zeros: length(row, of: rows)) { rows.fill(row, make(schema.padID), into: &$0) }
    case .sampleLengths: numbers += rows.sampleLengths(ofRow: row).map { Int32(clamping: $0) }
    case .sampleStarts:
      let start = rows.tokenRange(ofRow: row).lowerBound
      numbers += rows.samples[rows.sampleRange(ofRow: row)].map {
        Int32(clamping: $0.lowerBound - start)
      }
    case .weights, .sourceFile, .sourceLine, .row: preconditionFailure("no column of integers")
    }
  }

  /// Appends the elements of any column, as Parquet has them.
  func append(
    _ column: ExportColumn, _ row: Int, of rows: Rows, at place: ExportPlace,
    to values: inout ParquetValues
  ) {
    let samples = rows.sampleRange(ofRow: row)
    switch column.declaration.content {
    case .tokens, .sampleLengths, .sampleStarts:
      values.appendIntegers { append(column, row, of: rows, to: &$0) }
    case .weights:
      var weights: [Float] = []
      weights.append(zeros: length(row, of: rows)) { rows.fillWeights(row, into: &$0) }
      values.append(.floats(weights))
    case .sourceFile:
      // A text is UTF-8; a name need not be.
      let name = Array(String(decoding: place.source.file, as: UTF8.self).utf8)
      values.append(.texts([[UInt8]](repeating: name, count: samples.count)))
    case .sourceLine:
      values.append(
        .longs(
          rows.places[samples].map { Int64(clamping: place.source.firstLine + UInt64($0.line)) }))
    case .row: values.append(.longs([Int64(place.row)]))
    }
  }
}

extension Array where Element: Numeric {
  /// Appends `count` zeros and gives them to `body`, to be overwritten.
  mutating func append(zeros count: Int, _ body: (inout MutableSpan<Element>) -> Void) {
    let start = self.count
    append(contentsOf: repeatElement(0, count: count))
    var whole = mutableSpan
    var new = whole._mutatingExtracting(start..<start + count)
    body(&new)
  }
}

extension [UInt8] {
  /// Appends integers, least significant byte first.
  mutating func append<Number: FixedWidthInteger & BitwiseCopyable>(littles numbers: [Number]) {
    #if _endian(little)
      unsafe numbers.withUnsafeBytes { unsafe append(contentsOf: $0) }
    #else
      for number in numbers { append(little: number) }
    #endif
  }
}
