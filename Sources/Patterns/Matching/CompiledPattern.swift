import CPCRE2
import Problems

/// A regular expression that finds what Oniguruma (as `tokenizers` 0.23.3 has it) finds, run by PCRE2's JIT.
///
/// The pattern is first parsed by `PatternParser` and written out by `PatternWriter`, which make classes and semantics explicit; what cannot be made
/// equal is refused there. Immutable: any number of threads may match, each with its own `MatchSpace`.
@safe
package final class CompiledPattern: @unchecked Sendable {
  /// The pattern's text as it was given.
  package let source: String
  package let dialect: PatternDialect

  // SAFETY: compiled once in `init`, freed in `deinit`, and only read in between; PCRE2 allows that from many threads.
  private let code: OpaquePointer

  /// Compiles a pattern. Throws where its meaning cannot be kept.
  package convenience init(
    _ source: String, dialect: PatternDialect = .oniguruma
  ) throws(Problem) {
    let node = try PatternParser.parse(source, dialect)
    try self.init(source, dialect, rewritten: PatternWriter.write(node, of: source))
  }

  /// Compiles PCRE2 text that means what `source` does.
  init(
    _ source: String, _ dialect: PatternDialect, rewritten: [UInt8]
  ) throws(Problem) {
    self.source = source
    self.dialect = dialect
    let options =
      UInt32(PCRE2_UTF) | UInt32(PCRE2_MATCH_INVALID_UTF) | UInt32(PCRE2_DOLLAR_ENDONLY)
      | UInt32(PCRE2_NEVER_BACKSLASH_C)
    var error: Int32 = 0
    var offset = 0
    let compiled = unsafe rewritten.withUnsafeBufferPointer { text in
      unsafe pcre2_compile_8(text.baseAddress, text.count, options, &error, &offset, nil)
    }
    guard let compiled = unsafe compiled else {
      throw Problem(pattern: source, offset: 0, reason: CompiledPattern.message(of: error))
    }
    unsafe code = compiled
    // Without JIT (a platform that has none) the interpreter finds the same.
    _ = unsafe pcre2_jit_compile_8(compiled, UInt32(PCRE2_JIT_COMPLETE))
  }

  deinit { unsafe pcre2_code_free_8(code) }

  /// The first match in `text` that starts at or after `start`. Lookarounds see the whole of `text` and nothing beyond.
  /// Throws where the bounds of `space` are reached. `left`: what is left of `MatchSpace.manySteps`.
  func firstMatch(
    in text: UnsafeBufferPointer<UInt8>, from start: Int, space: MatchSpace, _ left: inout Int
  ) throws(Problem) -> Range<Int>? {
    // SAFETY: `text` outlives the call; an empty buffer without address is replaced by one of a static byte.
    let found = unsafe space.match(code, text, from: start, &left)
    if found > 0 { return space.wholeMatch }
    if found == PCRE2_ERROR_NOMATCH { return nil }
    throw Problem(
      pattern: source,
      tooMuch: "\(CompiledPattern.message(of: found)) (the text needs too many steps)")
  }

  /// Calls `body` with each match, as `find_iter` of the reference's binding does: no empty match right after a match.
  func forEachMatch(
    in text: UnsafeBufferPointer<UInt8>, space: MatchSpace, _ body: (Range<Int>) -> Void
  ) throws(Problem) {
    var next = 0
    var lastEnd = -1
    var left = unsafe MatchSpace.manySteps(in: text)
    while next <= text.count,
      let match = unsafe try firstMatch(in: text, from: next, space: space, &left)
    {
      if match.isEmpty, match.upperBound == lastEnd {
        next += next < text.count ? unsafe text.scalar(at: next).length : 1
        continue
      }
      next = match.upperBound
      lastEnd = match.upperBound
      body(match)
    }
  }

  private static func message(of error: Int32) -> String {
    var bytes = [UInt8](repeating: 0, count: 256)
    let length = unsafe bytes.withUnsafeMutableBufferPointer {
      unsafe pcre2_get_error_message_8(error, $0.baseAddress, $0.count)
    }
    return String(decoding: bytes.prefix(max(0, Int(length))), as: UTF8.self)
  }
}
