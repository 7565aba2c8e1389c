// The names are those of prep.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CPrepABI
import Masking
import Pipeline
import Problems

@c @implementation public func prep_pipeline_open(
  _ spec: UnsafePointer<CChar>?, _ pipeline: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<prep_error>?
) -> prep_status {
  unsafe attempt(error) { () throws(Problem) in
    guard let pipeline = unsafe pipeline else { throw .argument("pipeline is NULL") }
    unsafe pipeline.pointee = nil
    let open = try OpenPipeline(RunOptions(json: try unsafe text(spec, "spec").utf8))
    unsafe pipeline.pointee = unsafe Handle.make(open)
  }
}

@c @implementation public func prep_pipeline_close(_ pipeline: OpaquePointer?) {
  unsafe Handle<OpenPipeline>.close(pipeline)
}

@c @implementation public func prep_pipeline_context_length(_ pipeline: OpaquePointer?) -> Int64 {
  Int64(unsafe Handle<OpenPipeline>.object(pipeline)?.spec.truncation.contextLength ?? 0)
}

@c @implementation public func prep_pipeline_pad_id(_ pipeline: OpaquePointer?) -> Int64 {
  unsafe Handle<OpenPipeline>.object(pipeline).map { Int64($0.spec.padID) } ?? -1
}

@c @implementation public func prep_pipeline_encode(
  _ pipeline: OpaquePointer?, _ records: UnsafePointer<UInt8>?, _ offsets: UnsafePointer<Int64>?,
  _ count: Int64, _ threads: Int32, _ rows: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<prep_error>?
) -> prep_status {
  unsafe attempt(error) { () throws(Problem) in
    guard let rows = unsafe rows else { throw .argument("rows is NULL") }
    unsafe rows.pointee = nil
    let open = try unsafe Handle<OpenPipeline>.object(pipeline, "pipeline")
    let batch = try unsafe TextBatch(records, offsets: offsets, count: count)
    let encoded = try open.encode(batch, threads: threads)
    unsafe rows.pointee = unsafe Handle.make(encoded)
  }
}

@c @implementation public func prep_rows_count(_ rows: OpaquePointer?) -> Int64 {
  Int64(unsafe Handle<EncodedRows>.object(rows)?.rows.count ?? 0)
}

@c @implementation public func prep_rows_measure(
  _ rows: OpaquePointer?, _ lengths: UnsafeMutablePointer<Int32>?,
  _ samples: UnsafeMutablePointer<Int32>?, _ records: UnsafeMutablePointer<Int64>?,
  _ error: UnsafeMutablePointer<prep_error>?
) -> prep_status {
  unsafe attempt(error) { () throws(Problem) in
    let encoded = try unsafe Handle<EncodedRows>.object(rows, "rows")
    for row in encoded.rows.indices {
      if let lengths = unsafe lengths {
        unsafe lengths[row] = Int32(truncatingIfNeeded: encoded.rows.tokenRange(ofRow: row).count)
      }
      if let samples = unsafe samples {
        unsafe samples[row] = Int32(truncatingIfNeeded: encoded.rows.sampleRange(ofRow: row).count)
      }
      if let records = unsafe records { unsafe records[row] = encoded.record(ofRow: row) }
    }
  }
}

@c @implementation public func prep_rows_read(
  _ rows: OpaquePointer?, _ first: Int64, _ count: Int64, _ arrays: UnsafePointer<prep_arrays>?,
  _ error: UnsafeMutablePointer<prep_error>?
) -> prep_status {
  unsafe attempt(error) { () throws(Problem) in
    let encoded = try unsafe Handle<EncodedRows>.object(rows, "rows")
    let request = try unsafe RowRequest(nil, first: first, count: count)
    var writer = try unsafe ArrayWriter(arrays, slots: request.count, padID: encoded.padID)
    for slot in 0..<request.count {
      try writer.write(try request.row(slot, of: encoded.rows.count), of: encoded.rows)
    }
  }
}

@c @implementation public func prep_rows_reject_count(_ rows: OpaquePointer?) -> Int64 {
  Int64(unsafe Handle<EncodedRows>.object(rows)?.rejects.count ?? 0)
}

@c @implementation public func prep_rows_reject(
  _ rows: OpaquePointer?, _ index: Int64, _ reject: UnsafeMutablePointer<prep_reject>?,
  _ error: UnsafeMutablePointer<prep_error>?
) -> prep_status {
  unsafe attempt(error) { () throws(Problem) in
    let encoded = try unsafe Handle<EncodedRows>.object(rows, "rows")
    guard let reject = unsafe reject else { throw .argument("reject is NULL") }
    let size = unsafe reject.pointee.size
    let expected = unsafe MemoryLayout<prep_reject>.size
    guard size >= expected else {
      throw .size("reject", size, of: "prep_reject", expected: expected)
    }
    guard index >= 0, index < encoded.rejects.count else {
      throw .range("there is no reject \(index) (there are \(encoded.rejects.count))")
    }
    let found = encoded.rejects[Int(index)]
    unsafe reject.pointee = unsafe prep_reject(
      size: size, record: found.record, reason: found.reason.pointer, message: found.message.pointer
    )
  }
}

@c @implementation public func prep_rows_close(_ rows: OpaquePointer?) {
  unsafe Handle<EncodedRows>.close(rows)
}
