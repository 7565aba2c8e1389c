import CPrepABI
import Problems

extension Problem {
  static func argument(_ reason: String) -> Problem { Problem(.argument, reason: reason) }
  static func spec(_ reason: String) -> Problem { Problem(.option, reason: reason) }
  static func range(_ reason: String) -> Problem { Problem(.range, reason: reason) }
  static func tooSmall(_ reason: String) -> Problem { Problem(.tooSmall, reason: reason) }

  /// A struct of the caller's whose size is not that of the header that this library has.
  static func size(_ name: String, _ size: Int, of type: String, expected: Int) -> Problem {
    .argument("\(name).size is \(size), must be \(expected): initialize it with PREP_INIT(\(type))")
  }

  /// The status of a call that failed for this.
  var status: prep_status {
    switch kind {
    case .tokenizer, .tokenizerMissing, .tokenizerUnsupported, .pattern: PREP_TOKENIZER
    case .argument: PREP_ARGUMENT
    case .range: PREP_RANGE
    case .tooSmall: PREP_TOO_SMALL
    case .damaged, .unusable, .system: PREP_DATA_SET
    default: PREP_SPEC
    }
  }
}

/// Runs the body of a call and writes its failure to the caller's `report`, where there is one.
func attempt(
  _ report: UnsafeMutablePointer<prep_error>?, _ body: () throws(Problem) -> Void
) -> prep_status {
  do throws(Problem) {
    try body()
    return PREP_OK
  } catch {
    // SAFETY: a report that says it has room for this version's members is written, no other.
    guard let report = unsafe report, unsafe report.pointee.size >= MemoryLayout<prep_error>.size
    else { return error.status }
    unsafe report.pointee.status = error.status
    unsafe report.pointee.line = Int64(error.line ?? 0)
    unsafe report.pointee.offset = Int64(error.byteOffset ?? -1)
    unsafe withUnsafeMutableBytes(of: &report.pointee.kind) {
      unsafe copy(error.kind.rawValue, to: $0)
    }
    unsafe withUnsafeMutableBytes(of: &report.pointee.file) { unsafe copy(error.file, to: $0) }
    unsafe withUnsafeMutableBytes(of: &report.pointee.message) {
      unsafe copy(error.description, to: $0)
    }
    return error.status
  }
}

/// Copies a text and a NUL. It is cut before a UTF-8 continuation byte, never within a scalar.
private func copy(_ text: String, to target: UnsafeMutableRawBufferPointer) {
  let utf8 = text.utf8
  var count = min(utf8.count, target.count - 1)
  if count < utf8.count {
    while count > 0, utf8[utf8.index(utf8.startIndex, offsetBy: count)] & 0xC0 == 0x80 {
      count -= 1
    }
  }
  unsafe target.copyBytes(from: utf8.prefix(count))
  unsafe target[count] = 0
}

/// A C string as bytes that must be UTF-8.
func text(_ pointer: UnsafePointer<CChar>?, _ name: String) throws(Problem) -> String {
  guard let pointer = unsafe pointer else { throw .argument("\(name) is NULL") }
  guard let text = unsafe String(validatingCString: pointer) else {
    throw .argument("\(name) is not UTF-8")
  }
  return text
}
