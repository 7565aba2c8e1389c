// The names are those of prep.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CPrepABI
import Files
import InstructionFormat
import Masking
import Pipeline
import Problems
import ShardWriter

/// A data set and what its handle gives out.
final class OpenDataSet: Sendable {
  let rows: DataSet
  /// First row of each frame, then the number of rows.
  let frameStarts: [Int64]
  let digest: CText

  init(_ folder: String, learning loss: LossPolicy?, cacheSize: Int) throws(Problem) {
    rows = try DataSet(folder, learning: loss, cacheSize: cacheSize)
    frameStarts = try rows.frameStarts().map(Int64.init)
    digest = CText(rows.manifest.digest.description)
  }

  /// Calls `body` with the rows of the frame of each row in turn, and the row's place in it.
  func forEach(
    _ request: RowRequest, _ body: (Rows, Int) throws(Problem) -> Void
  ) throws(Problem) {
    var frame = Rows()
    var range = 0..<0
    for slot in 0..<request.count {
      let row = try request.row(slot, of: rows.count)
      if !range.contains(row) {
        let location = try rows.locate(row)
        frame = location.rows
        range = row - location.row..<row - location.row + frame.count
      }
      try body(frame, row - range.lowerBound)
    }
  }
}

/// Rows that a caller asks for: by index, or a range.
@safe struct RowRequest {
  // SAFETY: the caller of the C interface promises `count` elements at `indices` unless it is NULL.
  private let indices: UnsafePointer<Int64>?
  private let first: Int
  let count: Int

  init(_ indices: UnsafePointer<Int64>?, first: Int64, count: Int64) throws(Problem) {
    guard count >= 0 else { throw .argument("count is negative") }
    guard unsafe indices != nil || (first >= 0 && first <= Int64.max - count) else {
      throw .range("there is no row \(first)")
    }
    unsafe self.indices = unsafe indices
    self.first = Int(first)
    self.count = Int(count)
  }

  func row(_ slot: Int, of rowCount: Int) throws(Problem) -> Int {
    let row = unsafe indices.map { unsafe Int($0[slot]) } ?? first + slot
    guard row >= 0, row < rowCount else {
      throw .range(
        "there is no row \(row) (\(rowCount == 0 ? "there are none" : "rows go from 0 to \(rowCount - 1)"))"
      )
    }
    return row
  }
}

@c @implementation public func prep_dataset_open(
  _ folder: UnsafePointer<CChar>?, _ cache_bytes: Int64,
  _ dataset: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<prep_error>?
) -> prep_status {
  unsafe prep_dataset_open_learning(folder, nil, cache_bytes, dataset, error)
}

@c @implementation public func prep_dataset_open_learning(
  _ folder: UnsafePointer<CChar>?, _ loss: UnsafePointer<CChar>?, _ cache_bytes: Int64,
  _ dataset: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<prep_error>?
) -> prep_status {
  unsafe attempt(error) { () throws(Problem) in
    guard let dataset = unsafe dataset else { throw .argument("dataset is NULL") }
    unsafe dataset.pointee = nil
    let folder = try unsafe text(folder, "folder")
    guard cache_bytes >= 0 else { throw .argument("cache_bytes is negative") }
    var policy: LossPolicy?
    if unsafe loss != nil {
      let name = try unsafe text(loss, "loss")
      policy = LossPolicy(rawValue: name)
      guard policy != nil else {
        throw Problem(
          .option, reason: "there is no loss \(name)",
          remedy: "give one as for \(OptionName.loss), such as assistant-reasoning")
      }
    }
    let open = try OpenDataSet(
      folder, learning: policy, cacheSize: cache_bytes == 0 ? 256 << 20 : Int(cache_bytes))
    unsafe dataset.pointee = unsafe Handle.make(open)
  }
}

@c @implementation public func prep_dataset_close(_ dataset: OpaquePointer?) {
  unsafe Handle<OpenDataSet>.close(dataset)
}

@c @implementation public func prep_dataset_describe(
  _ dataset: OpaquePointer?, _ info: UnsafeMutablePointer<prep_dataset_info>?,
  _ error: UnsafeMutablePointer<prep_error>?
) -> prep_status {
  unsafe attempt(error) { () throws(Problem) in
    let open = try unsafe Handle<OpenDataSet>.object(dataset, "dataset")
    guard let info = unsafe info else { throw .argument("info is NULL") }
    let size = unsafe info.pointee.size
    let expected = MemoryLayout<prep_dataset_info>.size
    guard size >= expected else {
      throw .size("info", size, of: "prep_dataset_info", expected: expected)
    }
    let manifest = open.rows.manifest
    unsafe info.pointee = prep_dataset_info(
      size: size, rows: Int64(manifest.rowCount),
      tokens: Int64(clamping: manifest.totals.tokens),
      context_length: Int64(manifest.spec.contextLength), pad_id: Int64(manifest.spec.padID),
      frames: Int64(open.frameStarts.count - 1),
      packed: manifest.shards.contains { $0.samplesInRows > $0.totals.rows } ? 1 : 0)
  }
}

@c @implementation public func prep_dataset_digest(_ dataset: OpaquePointer?) -> UnsafePointer<
  CChar
>? {
  unsafe Handle<OpenDataSet>.object(dataset)?.digest.pointer
}

@c @implementation public func prep_dataset_frames(
  _ dataset: OpaquePointer?, _ starts: UnsafeMutablePointer<Int64>?,
  _ error: UnsafeMutablePointer<prep_error>?
) -> prep_status {
  unsafe attempt(error) { () throws(Problem) in
    let open = try unsafe Handle<OpenDataSet>.object(dataset, "dataset")
    guard let starts = unsafe starts else { throw .argument("starts is NULL") }
    for (index, row) in open.frameStarts.enumerated() { unsafe starts[index] = row }
  }
}

@c @implementation public func prep_dataset_measure(
  _ dataset: OpaquePointer?, _ rows: UnsafePointer<Int64>?, _ first: Int64, _ count: Int64,
  _ lengths: UnsafeMutablePointer<Int32>?, _ samples: UnsafeMutablePointer<Int32>?,
  _ error: UnsafeMutablePointer<prep_error>?
) -> prep_status {
  unsafe attempt(error) { () throws(Problem) in
    let open = try unsafe Handle<OpenDataSet>.object(dataset, "dataset")
    let request = try unsafe RowRequest(rows, first: first, count: count)
    var slot = 0
    try open.forEach(request) { (rows, row) throws(Problem) in
      if let lengths = unsafe lengths {
        unsafe lengths[slot] = Int32(truncatingIfNeeded: rows.tokenRange(ofRow: row).count)
      }
      if let samples = unsafe samples {
        unsafe samples[slot] = Int32(truncatingIfNeeded: rows.sampleRange(ofRow: row).count)
      }
      slot += 1
    }
  }
}

@c @implementation public func prep_dataset_read(
  _ dataset: OpaquePointer?, _ rows: UnsafePointer<Int64>?, _ first: Int64, _ count: Int64,
  _ arrays: UnsafePointer<prep_arrays>?, _ error: UnsafeMutablePointer<prep_error>?
) -> prep_status {
  unsafe attempt(error) { () throws(Problem) in
    let open = try unsafe Handle<OpenDataSet>.object(dataset, "dataset")
    let request = try unsafe RowRequest(rows, first: first, count: count)
    var writer = try unsafe ArrayWriter(arrays, slots: request.count, padID: open.rows.padID)
    try open.forEach(request) { (rows, row) throws(Problem) in try writer.write(row, of: rows) }
  }
}
