import CPrepABI
import ShardWriter
import Tokenizer

/// Why a call failed: its status, one line for the caller's `prep_error`, and the place as far as it is known.
struct Failure: Error {
  var status: prep_status
  var message: String
  var kind = ""
  var file = ""
  /// From 1.
  var line: Int?
  /// Bytes from 0.
  var offset: Int?

  init(status: prep_status, message: String) {
    self.status = status
    self.message = message
  }

  init(_ error: TokenizerError) {
    self.init(status: PREP_TOKENIZER, message: error.description)
    (file, line, offset) = (error.file, error.line, error.offset)
  }

  init(_ error: ShardError) {
    self.init(status: PREP_DATA_SET, message: error.description)
    (file, offset) = (error.path, error.offset)
  }

  static func argument(_ message: String) -> Failure {
    Failure(status: PREP_ARGUMENT, message: message)
  }

  static func spec(_ message: String) -> Failure {
    Failure(status: PREP_SPEC, message: message)
  }

  static func range(_ message: String) -> Failure {
    Failure(status: PREP_RANGE, message: message)
  }

  static func tooSmall(_ message: String) -> Failure {
    Failure(status: PREP_TOO_SMALL, message: message)
  }

  /// A struct of the caller's whose size is not that of the header that this library has.
  static func size(_ name: String, _ size: Int, of type: String, expected: Int) -> Failure {
    .argument("\(name).size is \(size), must be \(expected): initialize it with PREP_INIT(\(type))")
  }
}

/// Runs the body of a call and writes its failure to the caller's `report`, where there is one.
func attempt(
  _ report: UnsafeMutablePointer<prep_error>?, _ body: () throws(Failure) -> Void
) -> prep_status {
  do throws(Failure) {
    try body()
    return PREP_OK
  } catch {
    // SAFETY: a report that says it has room for this version's members is written, no other.
    guard let report = unsafe report, unsafe report.pointee.size >= MemoryLayout<prep_error>.size
    else { return error.status }
    unsafe report.pointee.status = error.status
    unsafe report.pointee.line = Int64(error.line ?? 0)
    unsafe report.pointee.offset = Int64(error.offset ?? -1)
    unsafe withUnsafeMutableBytes(of: &report.pointee.kind) { unsafe copy(error.kind, to: $0) }
    unsafe withUnsafeMutableBytes(of: &report.pointee.file) { unsafe copy(error.file, to: $0) }
    unsafe withUnsafeMutableBytes(of: &report.pointee.message) {
      unsafe copy(error.message, to: $0)
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
func text(_ pointer: UnsafePointer<CChar>?, _ name: String) throws(Failure) -> String {
  guard let pointer = unsafe pointer else { throw .argument("\(name) is NULL") }
  guard let text = unsafe String(validatingCString: pointer) else {
    throw .argument("\(name) is not UTF-8")
  }
  return text
}
