import Files
import Masking
import Problems
import ShardWriter

/// Megatron-LM's indexed data sets: `tokens.bin/.idx`, and beside it, of the same shape, `loss_mask.bin/.idx`
/// (u8, 1 where the token is supervised; not shifted) and, for packed rows, `position_ids.bin/.idx` (i32).
///
/// One row is one sequence and one document. Token ids are u16 where every id fits, i32 otherwise.
/// Format: NVIDIA/Megatron-LM core, `megatron/core/datasets/indexed_dataset.py`.
final class MegatronExporter: Exporter {
  private let schema: ExportSchema
  private let tokens: IndexedFile
  private let lossMask: IndexedFile
  private let positions: IndexedFile?

  init(folder: String, schema: ExportSchema) throws(Problem) {
    self.schema = schema
    tokens = try IndexedFile("tokens", in: folder, type: schema.fits16Bits ? .u16 : .i32)
    lossMask = try IndexedFile("loss_mask", in: folder, type: .u8)
    positions =
      schema.columns.contains(.positionIDs)
      ? try IndexedFile("position_ids", in: folder, type: .i32) : nil
  }

  func append(_ row: Int, of rows: Rows, at _: ExportPlace) throws(Problem) {
    let length = schema.length ?? rows.tokenRange(ofRow: row).count
    guard length <= Int(Int32.max) else {
      throw Problem(kind: .unusable, reason: "a row is too long for Megatron's index")
    }
    try tokens.append(.inputIDs(pad: schema.padID), row, of: rows, length: length)
    try lossMask.append(.lossMask(), row, of: rows, length: length)
    try positions?.append(.positionIDs, row, of: rows, length: length)
  }

  func finish() throws(Problem) {
    try tokens.finish()
    try lossMask.finish()
    try positions?.finish()
  }
}

/// A `.bin` file of sequences and its `.idx`.
private final class IndexedFile {
  enum ElementType: UInt8 {
    case u8 = 1
    case i32 = 4
    case u16 = 8

    var size: Int {
      switch self {
      case .u8: 1
      case .i32: 4
      case .u16: 2
      }
    }
  }

  private let name: String
  private let folder: String
  private let type: ElementType
  private let file: TemporaryFile
  private var buffer: [UInt8] = []
  /// Elements of each sequence: 4 bytes a row are held back for the index.
  private var lengths: [Int32] = []

  init(_ name: String, in folder: String, type: ElementType) throws(Problem) {
    self.name = name
    self.folder = folder
    self.type = type
    file = try TemporaryFile(name: name + ".bin", in: folder)
  }

  /// Appends a column of a row as a sequence. Ids of 16 bits fit: `u16` is chosen for vocabularies of that size.
  func append(_ column: RowColumn, _ row: Int, of rows: Rows, length: Int) throws(Problem) {
    switch type {
    case .u8: append(column, row, of: rows, length, as: UInt8.self)
    case .i32: append(column, row, of: rows, length, as: Int32.self)
    case .u16: append(column, row, of: rows, length, as: UInt16.self)
    }
    lengths.append(Int32(truncatingIfNeeded: length))
    if buffer.count >= 1 << 20 { try flush() }
  }

  private func append<Number: FixedWidthInteger & BitwiseCopyable>(
    _ column: RowColumn, _ row: Int, of rows: Rows, _ length: Int, as: Number.Type
  ) {
    var numbers: [Number] = []
    numbers.append(zeros: length) { rows.fill(row, column, into: &$0) }
    buffer.append(littles: numbers)
  }

  private func flush() throws(Problem) {
    try file.write(buffer)
    buffer.removeAll(keepingCapacity: true)
  }

  /// Publishes the data, then the index: a reader needs both.
  func finish() throws(Problem) {
    try flush()
    try file.publish()
    let index = try TemporaryFile(name: name + ".idx", in: folder)
    var bytes = Array("MMIDIDX\0\0".utf8)
    bytes.append(little: UInt64(1))
    bytes.append(type.rawValue)
    bytes.append(little: UInt64(lengths.count))
    bytes.append(little: UInt64(lengths.count + 1))
    for length in lengths { bytes.append(little: length) }
    try index.write(bytes)
    try write(to: index) { pointer, length in
      defer { pointer += Int64(length) * Int64(type.size) }
      return pointer
    }
    try write(to: index) { document, _ in
      defer { document += 1 }
      return document
    }
    bytes.removeAll()
    bytes.append(little: Int64(lengths.count))
    try index.write(bytes)
    try index.publish()
  }

  /// Writes a number a sequence, computed from a running state that begins at 0.
  private func write(
    to index: TemporaryFile, _ number: (inout Int64, Int32) -> Int64
  ) throws(Problem) {
    var bytes: [UInt8] = []
    var state: Int64 = 0
    for length in lengths {
      bytes.append(little: number(&state, length))
      if bytes.count >= 1 << 20 {
        try index.write(bytes)
        bytes.removeAll(keepingCapacity: true)
      }
    }
    try index.write(bytes)
  }
}
