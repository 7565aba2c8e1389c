import CPrepABI
import ShardWriter
import Tokenizer

/// Why a call failed: its status and one line for the caller's `prep_error`.
struct Failure: Error {
  var status: prep_status
  var message: String

  init(status: prep_status, message: String) {
    self.status = status
    self.message = message
  }

  init(_ error: TokenizerError) {
    self.init(status: PREP_TOKENIZER, message: error.description)
  }

  init(_ error: ShardError) {
    self.init(status: PREP_DATA_SET, message: error.description)
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
}

/// Runs the body of a call and writes its failure to the caller's `report`, where there is one.
func attempt(
  _ report: UnsafeMutablePointer<prep_error>?, _ body: () throws(Failure) -> Void
) -> prep_status {
  do throws(Failure) {
    try body()
    return PREP_OK
  } catch {
    guard let report = unsafe report else { return error.status }
    unsafe report.pointee.status = error.status
    // A message is cut before a UTF-8 continuation byte, never within a scalar.
    unsafe withUnsafeMutableBytes(of: &report.pointee.message) { target in
      let utf8 = error.message.utf8
      var count = min(utf8.count, target.count - 1)
      if count < utf8.count {
        while count > 0, utf8[utf8.index(utf8.startIndex, offsetBy: count)] & 0xC0 == 0x80 {
          count -= 1
        }
      }
      unsafe target.copyBytes(from: utf8.prefix(count))
      unsafe target[count] = 0
    }
    return error.status
  }
}

/// A C string as bytes that must be UTF-8.
func text(_ pointer: UnsafePointer<CChar>?, _ name: String) throws(Failure) -> String {
  guard let pointer = unsafe pointer else { throw .argument("\(name) is NULL") }
  guard let text = unsafe String(validatingCString: pointer) else {
    throw .argument("\(name) is not UTF-8")
  }
  return text
}
