// The names are those of prep.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CPrepABI
import Pipeline
import Problems
import Tokenizer

@c @implementation public func prep_tokenizer_open(
  _ reference: UnsafePointer<CChar>?, _ options: UnsafePointer<CChar>?,
  _ tokenizer: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<prep_error>?
) -> prep_status {
  unsafe attempt(error) { () throws(Problem) in
    guard let tokenizer = unsafe tokenizer else { throw .argument("tokenizer is NULL") }
    unsafe tokenizer.pointee = nil
    let reference = try unsafe text(reference, "reference")
    let options =
      unsafe options == nil
      ? RunOptions() : try RunOptions(json: unsafe text(options, "options").utf8)
    let open = OpenTokenizer(
      try BPETokenizer.load(reference, options: options.tokenizerOptions))
    unsafe tokenizer.pointee = unsafe Handle.make(open)
  }
}

@c @implementation public func prep_tokenizer_close(_ tokenizer: OpaquePointer?) {
  unsafe Handle<OpenTokenizer>.close(tokenizer)
}

@c @implementation public func prep_tokenizer_id_count(_ tokenizer: OpaquePointer?) -> Int64 {
  Int64(unsafe Handle<OpenTokenizer>.object(tokenizer)?.tokenizer.idCount ?? 0)
}

@c @implementation public func prep_tokenizer_special(
  _ tokenizer: OpaquePointer?, _ which: Int32
) -> Int64 {
  let specials = unsafe Handle<OpenTokenizer>.object(tokenizer)?.tokenizer.specials
  let token: SpecialToken? =
    switch which {
    case PREP_BOS: specials?.bos
    case PREP_EOS: specials?.eos
    case PREP_PAD: specials?.pad
    default: nil
    }
  return token.map { Int64($0.id) } ?? -1
}

@c @implementation public func prep_tokenizer_id(
  _ tokenizer: OpaquePointer?, _ token: UnsafePointer<UInt8>?, _ count: Int64
) -> Int64 {
  guard let open = unsafe Handle<OpenTokenizer>.object(tokenizer), let token = unsafe token,
    count >= 0
  else { return -1 }
  let bytes = unsafe Array(UnsafeBufferPointer(start: token, count: Int(count)))
  return open.tokenizer.id(of: bytes).map { Int64($0) } ?? -1
}

@c @implementation public func prep_tokenizer_encode(
  _ tokenizer: OpaquePointer?, _ texts: UnsafePointer<UInt8>?, _ offsets: UnsafePointer<Int64>?,
  _ count: Int64, _ flags: UInt32, _ threads: Int32,
  _ encoding: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<prep_error>?
) -> prep_status {
  unsafe attempt(error) { () throws(Problem) in
    guard let encoding = unsafe encoding else { throw .argument("encoding is NULL") }
    unsafe encoding.pointee = nil
    let open = try unsafe Handle<OpenTokenizer>.object(tokenizer, "tokenizer")
    let batch = try unsafe TextBatch(texts, offsets: offsets, count: count)
    let encoded = try open.encode(batch, flags: flags, threads: threads)
    unsafe encoding.pointee = unsafe Handle.make(encoded)
  }
}

@c @implementation public func prep_encoding_id_count(_ encoding: OpaquePointer?) -> Int64 {
  Int64(unsafe Handle<EncodedTexts>.object(encoding)?.ids.count ?? 0)
}

@c @implementation public func prep_encoding_read(
  _ encoding: OpaquePointer?, _ ids: UnsafeMutableRawPointer?, _ id_bytes: Int32,
  _ row_starts: UnsafeMutablePointer<Int64>?, _ byte_ranges: UnsafeMutablePointer<Int64>?,
  _ error: UnsafeMutablePointer<prep_error>?
) -> prep_status {
  unsafe attempt(error) { () throws(Problem) in
    let encoded = try unsafe Handle<EncodedTexts>.object(encoding, "encoding")
    guard id_bytes == 4 || id_bytes == 8 else {
      throw .argument("id_bytes is \(id_bytes), must be 4 or 8")
    }
    if let ids = unsafe ids {
      let all = 0..<encoded.ids.count
      if id_bytes == 4 {
        let target = unsafe ids.elements(all, as: Int32.self)
        for index in all { unsafe target[index] = Int32(truncatingIfNeeded: encoded.ids[index]) }
      } else {
        let target = unsafe ids.elements(all, as: Int64.self)
        for index in all { unsafe target[index] = Int64(encoded.ids[index]) }
      }
    }
    if let starts = unsafe row_starts {
      for (index, start) in encoded.starts.enumerated() { unsafe starts[index] = Int64(start) }
    }
    if let target = unsafe byte_ranges {
      guard let ranges = encoded.ranges else {
        throw .argument("byte_ranges needs PREP_BYTE_RANGES at encoding")
      }
      for (index, range) in ranges.enumerated() {
        unsafe target[2 * index] = Int64(range.lowerBound)
        unsafe target[2 * index + 1] = Int64(range.upperBound)
      }
    }
  }
}

@c @implementation public func prep_encoding_close(_ encoding: OpaquePointer?) {
  unsafe Handle<EncodedTexts>.close(encoding)
}

@c @implementation public func prep_tokenizer_decode(
  _ tokenizer: OpaquePointer?, _ ids: UnsafeRawPointer?, _ id_bytes: Int32,
  _ offsets: UnsafePointer<Int64>?, _ count: Int64, _ flags: UInt32,
  _ text: UnsafeMutablePointer<UInt8>?, _ capacity: Int64,
  _ text_offsets: UnsafeMutablePointer<Int64>?, _ error: UnsafeMutablePointer<prep_error>?
) -> prep_status {
  unsafe attempt(error) { () throws(Problem) in
    let open = try unsafe Handle<OpenTokenizer>.object(tokenizer, "tokenizer")
    guard let offsets = unsafe offsets else { throw .argument("offsets is NULL") }
    guard let ends = unsafe text_offsets else { throw .argument("text_offsets is NULL") }
    guard count >= 0, capacity >= 0 else { throw .argument("count or capacity is negative") }
    guard id_bytes == 4 || id_bytes == 8 else {
      throw .argument("id_bytes is \(id_bytes), must be 4 or 8")
    }
    guard flags & ~PREP_SKIP_SPECIALS == 0 else { throw .argument("flags \(flags) are not known") }
    let reader = unsafe IDReader(ids: ids, isWide: id_bytes == 8, limit: open.tokenizer.idCount)
    var size = 0
    unsafe ends[0] = 0
    for index in 0..<Int(count) {
      let range = (begin: unsafe offsets[index], end: unsafe offsets[index + 1])
      guard 0 <= range.begin, range.begin <= range.end else {
        throw .argument("offsets must ascend; sequence \(index) ends before it begins")
      }
      let decoded = open.tokenizer.decodeBytes(
        try reader.ids(Int(range.begin)..<Int(range.end)),
        skipSpecials: flags & PREP_SKIP_SPECIALS != 0)
      if let text = unsafe text, size + decoded.count <= Int(capacity) {
        unsafe (text + size).update(from: decoded, count: decoded.count)
      }
      size += decoded.count
      unsafe ends[index + 1] = Int64(size)
    }
    guard size <= Int(capacity), unsafe text != nil || size == 0 else {
      throw .tooSmall("the text takes \(size) bytes, there is room for \(capacity)")
    }
  }
}

/// Ids in a caller's array.
@safe private struct IDReader {
  // SAFETY: the caller of the C interface promises the elements that its offsets name.
  let ids: UnsafeRawPointer?
  let isWide: Bool
  let limit: Int

  init(ids: UnsafeRawPointer?, isWide: Bool, limit: Int) {
    unsafe self.ids = unsafe ids
    self.isWide = isWide
    self.limit = limit
  }

  func ids(_ range: Range<Int>) throws(Problem) -> [UInt32] {
    guard !range.isEmpty else { return [] }
    guard let ids = unsafe ids else { throw .argument("ids is NULL") }
    var found: [UInt32] = []
    found.reserveCapacity(range.count)
    for index in range {
      let id =
        unsafe isWide
        ? ids.loadUnaligned(fromByteOffset: 8 * index, as: Int64.self)
        : Int64(ids.loadUnaligned(fromByteOffset: 4 * index, as: Int32.self))
      guard 0 <= id, id < limit else {
        throw .range("there is no id \(id) (ids go from 0 to \(limit - 1))")
      }
      found.append(UInt32(truncatingIfNeeded: id))
    }
    return found
  }
}
