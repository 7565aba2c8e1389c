import Files
import Masking
import Problems
import TestSupport
import Testing

@testable import Exports
@testable import ShardWriter

@Suite("Exports")
struct ExportTests {
  /// The naive reading of DELTA_BINARY_PACKED.
  private func decodeDelta(_ bytes: [UInt8]) -> [Int32] {
    var position = 0
    func varint() -> UInt64 {
      var value: UInt64 = 0
      var shift: UInt64 = 0
      while true {
        let byte = bytes[position]
        position += 1
        value |= UInt64(byte & 0x7F) << shift
        if byte < 0x80 { return value }
        shift += 7
      }
    }
    func zigzag() -> Int32 {
      let code = varint()
      return Int32(truncatingIfNeeded: Int64(bitPattern: (code >> 1) ^ (0 &- (code & 1))))
    }
    #expect(varint() == 128)
    #expect(varint() == 4)
    let count = Int(varint())
    var values = [zigzag()]
    while values.count < count {
      let minimum = zigzag()
      let widths = bytes[position..<position + 4].map(Int.init)
      position += 4
      for width in widths where values.count < count {
        var codes = [UInt32](repeating: 0, count: 32)
        for bit in 0..<32 * width where bytes[position + bit / 8] >> UInt8(bit % 8) & 1 == 1 {
          codes[bit / width] |= 1 << UInt32(bit % width)
        }
        position += 4 * width
        for code in codes where values.count < count {
          values.append(values[values.count - 1] &+ minimum &+ Int32(bitPattern: code))
        }
      }
    }
    #expect(position == bytes.count)
    return Array(values.prefix(count))
  }

  @Test("two exports to one place do not mix: the later one refuses, and may be repeated")
  func twoAtOnce() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("rows")
    var first: ExportFolder? = try ExportFolder(path, overwrite: false)
    let temporary = try #require(first?.temporaryPath)
    try AtomicFile.write([1], name: "a", in: temporary)
    let problem = #expect(throws: Problem.self) { try ExportFolder(path, overwrite: true) }
    #expect(problem?.reason == "another prep is exporting to this folder")
    #expect(try AtomicFile.names(in: temporary) == ["a"])
    try first?.publish()
    #expect(try AtomicFile.names(in: path) == ["a"])
    first = nil
    // What a killed one left is removed.
    let left = folder.file(".other.prep-export")
    try AtomicFile.makeFolder(left)
    try AtomicFile.write([2], name: "b", in: left)
    let other = try ExportFolder(folder.file("other"), overwrite: false)
    #expect(try AtomicFile.names(in: other.temporaryPath) == [] && other.temporaryPath == left)
  }

  @Test("differences of any size come back", arguments: [0, 1, 2, 31, 33, 128, 129, 130, 1000])
  func delta(count: Int) {
    var generator = SeededGenerator(UInt64(count))
    for bound in [Int32(0), 1, 100, .max] {
      let values = (0..<count).map { _ in
        bound == .max
          ? Int32.random(in: .min ... .max, using: &generator)
          : Int32.random(in: -bound...bound, using: &generator)
      }
      var bytes: [UInt8] = []
      ParquetEncoding.appendDelta(values, to: &bytes)
      #expect(decodeDelta(bytes) == values)
    }
  }

  private func dataSet(_ folder: TemporaryFolder, rows: Int, idCount: Int = 100) throws -> DataSet {
    var generator = SeededGenerator(1)
    let spec = ShardSpec.test(idCount: idCount)
    let output = try OutputFolder(folder.file("d"))
    let shard = try ShardFileWriter(spec: spec).encode(
      .random(rows: rows, spec: spec, using: &generator), source: .test(), totals: .test(rows: rows)
    )
    try output.publish(shard)
    var builder = ManifestBuilder()
    try builder.add(shard.summary)
    try output.publish(builder.finish())
    return try DataSet(folder.file("d"))
  }

  @Test("npy files hold the padded columns behind a header of 128 bytes")
  func npy() throws {
    let folder = try TemporaryFolder()
    let dataSet = try dataSet(folder, rows: 20)
    let report = try DataSetExport.export(
      dataSet, format: .npy, output: folder.file("out"),
      options: ExportOptions(columns: [.inputIDs, .attentionMask]))
    #expect(report.rows == 20)
    #expect(
      try AtomicFile.names(in: folder.file("out")) == [
        ".prep-export.json", "attention_mask.npy", "input_ids.npy",
      ])
    let ids = try ReadableFile(folder.file("out/input_ids.npy")).readAll()
    #expect(ids.count == 128 + 20 * 256 * 4)
    #expect(ids.starts(with: [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0]))
    #expect(
      String(decoding: ids[10..<128], as: UTF8.self).trimming
        == "{'descr': '<i4', 'fortran_order': False, 'shape': (20, 256), }")
    var cursor = ByteCursor(ids[128...])
    for row in 0..<20 {
      for id in try dataSet.row(row).inputIDs(paddedTo: 256, pad: 0) {
        #expect(cursor.integer(UInt32.self) == id)
      }
    }
  }

  @Test("a data set without rows is exported with its schema", arguments: ExportFormat.allCases)
  func empty(format: ExportFormat) throws {
    let folder = try TemporaryFolder()
    let report = try DataSetExport.export(
      dataSet(folder, rows: 0), format: format, output: folder.file("out"), options: ExportOptions()
    )
    #expect(report.rows == 0)
    #expect(report.files > 0)
  }

  @Test("an export that fails leaves nothing, one that is done replaces only when asked")
  func wholeOrNothing() throws {
    let folder = try TemporaryFolder()
    let dataSet = try dataSet(folder, rows: 20)
    let options = ExportOptions(columns: [.inputIDs, .inputIDs])
    #expect(throws: Problem.self) {
      try DataSetExport.export(dataSet, format: .npy, output: folder.file("out"), options: options)
    }
    // What a kill leaves behind is not in the way.
    try AtomicFile.makeFolder(folder.file(".out.prep-export"))
    try AtomicFile.write([1], name: "left", in: folder.file(".out.prep-export"))
    for _ in 0..<2 {
      _ = try DataSetExport.export(
        dataSet, format: .mds, output: folder.file("out"), options: ExportOptions(overwrite: true))
      #expect(try AtomicFile.names(in: folder.path) == ["d", "out"])
      #expect(
        try AtomicFile.names(in: folder.file("out"))
          == [".prep-export.json", "index.json", "shard.00000.mds.zstd"])
    }
    // The same export again is done already; one with a file missing, or another one, is not.
    #expect(
      try DataSetExport.export(
        dataSet, format: .mds, output: folder.file("out"), options: ExportOptions()
      ).files == 3)
    try AtomicFile.remove(folder.file("out/index.json"))
    let error = #expect(throws: Problem.self) {
      try DataSetExport.export(
        dataSet, format: .mds, output: folder.file("out"), options: ExportOptions())
    }
    #expect(
      error?.text(for: .command) == folder.file("out")
        + ": the folder is not empty (choose another --output, or replace it with --overwrite)")
  }

  @Test(
    "Megatron's ids take 16 bits where the vocabulary fits, 32 where it does not",
    arguments: [(65_536, 8 as UInt8, 2), (65_537, 4, 4)])
  func megatronWidth(idCount: Int, code: UInt8, size: Int) throws {
    let folder = try TemporaryFolder()
    let dataSet = try dataSet(folder, rows: 5, idCount: idCount)
    _ = try DataSetExport.export(
      dataSet, format: .megatron, output: folder.file("out"), options: ExportOptions())
    #expect(try ReadableFile(folder.file("out/tokens.idx")).readAll()[17] == code)
    #expect(try ReadableFile(folder.file("out/tokens.bin")).size == 5 * 256 * size)
    #expect(try ReadableFile(folder.file("out/loss_mask.bin")).size == 5 * 256)
  }
}

extension String {
  fileprivate var trimming: String {
    var text = self[...]
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return String(text)
  }
}
