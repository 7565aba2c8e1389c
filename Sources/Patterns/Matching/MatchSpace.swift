import CPCRE2

/// What one worker needs to match patterns: PCRE2's match block, its limits and a stack for the JIT. Not shared.
@safe
package final class MatchSpace {
  // SAFETY: made in `init`, freed in `deinit`, never handed out.
  private let block: OpaquePointer?
  private let context: OpaquePointer?
  private let stack: OpaquePointer?

  /// Steps that a match may take from one place: nearly all take fewer than the first; the last is Oniguruma's own default. And memory
  /// in KiB.
  static let fewSteps: UInt32 = 1 << 16
  static let stepLimit: UInt32 = 10_000_000
  static let heapLimit: UInt32 = 256 << 10

  package init() {
    unsafe block = pcre2_match_data_create_8(1, nil)
    unsafe context = pcre2_match_context_create_8(nil)
    unsafe stack = pcre2_jit_stack_create_8(64 << 10, 64 << 20, nil)
    unsafe pcre2_set_match_limit_8(context, MatchSpace.fewSteps)
    unsafe pcre2_set_heap_limit_8(context, MatchSpace.heapLimit)
    unsafe pcre2_jit_stack_assign_8(context, nil, stack.map { unsafe UnsafeMutableRawPointer($0) })
  }

  deinit {
    unsafe pcre2_match_data_free_8(block)
    unsafe pcre2_match_context_free_8(context)
    unsafe pcre2_jit_stack_free_8(stack)
  }

  /// What matches of many steps may take of a text together: room for some, and more in a longer text, which may have a long
  /// match.
  static func manySteps(in text: UnsafeBufferPointer<UInt8>) -> Int {
    6 * Int(stepLimit) + 1024 * text.count
  }

  /// Matches `code`; more than 0 if found, a PCRE2 error otherwise. `left`: what is left of `manySteps`.
  func match(
    _ code: OpaquePointer, _ text: UnsafeBufferPointer<UInt8>, from start: Int, _ left: inout Int
  ) -> Int32 {
    let found = unsafe match(code, text, from: start)
    guard found == PCRE2_ERROR_MATCHLIMIT, left > 0 else { return found }
    left -= Int(Self.stepLimit)
    unsafe pcre2_set_match_limit_8(context, MatchSpace.stepLimit)
    defer { unsafe pcre2_set_match_limit_8(context, MatchSpace.fewSteps) }
    return unsafe match(code, text, from: start)
  }

  private func match(
    _ code: OpaquePointer, _ text: UnsafeBufferPointer<UInt8>, from start: Int
  ) -> Int32 {
    // SAFETY: PCRE2 reads `text` in its bounds and writes to the block, which has room for one pair.
    guard unsafe block != nil else { return PCRE2_ERROR_NOMEMORY }
    guard let base = text.baseAddress else {
      let none: [UInt8] = [0]
      return unsafe none.withUnsafeBufferPointer {
        unsafe accepted(pcre2_match_8(code, $0.baseAddress, 0, 0, 0, block, context))
      }
    }
    var found = unsafe pcre2_match_8(code, base, text.count, start, 0, block, context)
    if found == PCRE2_ERROR_JIT_STACKLIMIT {
      let options = UInt32(PCRE2_NO_JIT)
      found = unsafe pcre2_match_8(code, base, text.count, start, options, block, context)
    }
    return accepted(found)
  }

  /// A result of 0 says that groups did not fit in the block; the whole match did.
  private func accepted(_ found: Int32) -> Int32 { found == 0 ? 1 : found }

  /// The range of the last match.
  var wholeMatch: Range<Int> {
    guard let pairs = unsafe pcre2_get_ovector_pointer_8(block) else { return 0..<0 }
    let start = unsafe pairs[0]
    let end = unsafe pairs[1]
    return start..<max(start, end)
  }
}
