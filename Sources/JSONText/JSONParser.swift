import CSimdjson
import Problems

/// Parses JSON texts with simdjson into a tape that `JSONNode` walks in place.
///
/// One a thread: each parse reuses the buffers of the last, so a warm parser allocates nothing.
/// Order of keys and duplicate keys are kept. Integers beyond 64 bits, `NaN`, `Infinity`, invalid
/// UTF-8 and lone surrogate escapes are errors. simdjson stops without saying where; `JSONDiagnosis`
/// then reads the text again to name the place.
@safe public final class JSONParser {
  /// Bytes that must be readable after every text given to `parse(padded:)`.
  public static let padding = Int(PREP_JSON_PADDING)

  // SAFETY: created in `init`, destroyed in `deinit`, never handed out.
  private let handle: OpaquePointer
  private var scratch: [UInt8] = []

  public init() {
    guard let handle = unsafe prep_json_parser_create() else {
      // The C++ allocation of a few hundred bytes failed: nothing can go on.
      abortOutOfMemory()
    }
    unsafe self.handle = handle
  }

  deinit { unsafe prep_json_parser_destroy(handle) }

  /// Parses `text`, which must be followed by `padding` readable bytes (their values do not matter).
  /// The result is valid until the next parse. O(n).
  public func parse(padded text: UnsafeBufferPointer<UInt8>) throws(Problem) -> JSONNode {
    var tape = unsafe prep_json_tape()
    let code = unsafe prep_json_parse(handle, text.baseAddress, text.count, &tape)
    guard code == 0 else { throw unsafe JSONDiagnosis.explain(text, simdjson: message(code)) }
    return unsafe JSONNode(tape: tape.tape, strings: tape.strings, index: 1)
  }

  /// The text that `parse` was given last.
  public var text: [UInt8] { Array(scratch.dropLast(Self.padding)) }

  /// Parses a text that has no padding behind it, by copying it first: a file of settings rather than a
  /// record. An integer beyond 64 bits becomes the nearest double here (`model_max_length` of many
  /// tokenizers is 10^30). O(n), times such integers.
  public func parse(_ text: some Collection<UInt8>) throws(Problem) -> JSONNode {
    scratch.removeAll(keepingCapacity: true)
    scratch.append(contentsOf: text)
    return try parseScratch()
  }

  /// The same for a text that nobody needs any more. Without a copy where its capacity has room for `padding`.
  public func parse(taking text: consuming [UInt8]) throws(Problem) -> JSONNode {
    scratch = text
    return try parseScratch()
  }

  private func parseScratch() throws(Problem) -> JSONNode {
    var count = scratch.count
    scratch.append(contentsOf: repeatElement(0, count: Self.padding))
    for _ in 0..<Self.maximumLargeIntegers {
      do throws(Problem) {
        return try parseScratch(count)
      } catch {
        guard error.reason == JSONDiagnosis.largeInteger else { throw error }
        let isDigit = { (byte: UInt8) in byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte) }
        let end = scratch[(error.byteOffset ?? 0)...].firstIndex { !isDigit($0) } ?? count
        scratch.insert(contentsOf: "e0".utf8, at: end)
        count += 2
      }
    }
    return try parseScratch(count)
  }

  private static let maximumLargeIntegers = 64

  private func parseScratch(_ count: Int) throws(Problem) -> JSONNode {
    // SAFETY: the tape does not point into `scratch`; simdjson copies strings to its own buffer.
    let result: Result<JSONNode, Problem> = unsafe scratch.withUnsafeBufferPointer { buffer in
      do throws(Problem) {
        return .success(unsafe try parse(padded: UnsafeBufferPointer(rebasing: buffer[..<count])))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private func message(_ code: CInt) -> String {
    unsafe String(cString: prep_json_error_message(code))
  }
}

private func abortOutOfMemory() -> Never {
  fatalError("out of memory while creating a JSON parser")
}
