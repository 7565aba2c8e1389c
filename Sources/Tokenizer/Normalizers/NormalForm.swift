import CUnicode
import Patterns

/// The four Unicode normal forms with the tables of Unicode 9, as `unicode-normalization-alignments` 0.1 has them.
package enum NormalForm: Sendable {
  case nfc, nfd, nfkc, nfkd

  var composes: Bool { self == .nfc || self == .nfkc }
  var isCompatible: Bool { self == .nfkc || self == .nfkd }

  /// Whether the text is surely in this form already: one pass, and ASCII is skipped over.
  func isSurelyKept(_ text: borrowing [UInt8]) -> Bool {
    unsafe text.withUnsafeBufferPointer { unsafe isSurelyKept($0) }
  }

  func isSurelyKept(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    let mayChange: UInt16 =
      switch self {
      case .nfd: 1 << 8
      case .nfkd: 1 << 9
      case .nfc: 1 << 10
      case .nfkc: 1 << 11
      }
    guard let base = unsafe UnsafeRawPointer(text.baseAddress) else { return true }
    var lastClass: UInt16 = 0
    var index = 0
    while index < text.count {
      if unsafe text[index] < 0x80 {
        lastClass = 0
        index += 1
        // SAFETY: eight bytes are read where there are as many.
        while index + 8 <= text.count,
          unsafe base.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            & 0x8080_8080_8080_8080 == 0
        {
          index += 8
        }
        continue
      }
      let scalar = unsafe text.scalar(at: index)
      let record = prep_normal_record(scalar.value)
      let combining = record & 0xFF
      if record & mayChange != 0 || combining != 0 && combining < lastClass { return false }
      if !composes, NormalForm.isSyllable(scalar.value) { return false }
      lastClass = combining
      index += scalar.length
    }
    return true
  }

  static func isSyllable(_ scalar: UInt32) -> Bool { 0xAC00..<0xAC00 + 11172 ~= scalar }

  static func combiningClass(_ scalar: UInt32) -> UInt8 {
    UInt8(truncatingIfNeeded: prep_normal_record(scalar))
  }

  /// Calls `body` with each scalar of the full decomposition.
  @inline(__always)
  func decompose(_ scalar: UInt32, _ body: (UInt32) -> Void) {
    if scalar < 0x80 { return body(scalar) }
    if NormalForm.isSyllable(scalar) {
      let index = scalar - 0xAC00
      body(0x1100 + index / 588)
      body(0x1161 + index % 588 / 28)
      if index % 28 > 0 { body(0x11A7 + index % 28) }
      return
    }
    if prep_normal_record(scalar) & (1 << 9) == 0 { return body(scalar) }
    for table in isCompatible ? [UInt32(1), 0] : [0] {
      let found = prep_mapping(table, scalar)
      guard found != 0 else { continue }
      for offset in 0..<(found & 0xFF) { body(prep_mapping_value(table, found >> 8 + offset)) }
      return
    }
    body(scalar)
  }

  /// The scalar that two compose to, nil if they do not.
  static func compose(_ first: UInt32, _ second: UInt32) -> UInt32? {
    if 0x1100...0x1112 ~= first, 0x1161...0x1175 ~= second {
      return 0xAC00 + (first - 0x1100) * 588 + (second - 0x1161) * 28
    }
    if isSyllable(first), (first - 0xAC00) % 28 == 0, 0x11A8...0x11C2 ~= second {
      return first + (second - 0x11A7)
    }
    let composed = prep_composition(first, second)
    return composed == 0 ? nil : composed
  }
}

/// A scalar on its way to a normal form, with the change that `TextRewriter.write` takes.
struct NormalScalar {
  var value: UInt32
  var change: Int
  var combiningClass: UInt8
}

/// Puts marks in canonical order and composes, scalar by scalar, with the alignment of the reference's iterators.
struct NormalFormWriter {
  let form: NormalForm
  private var marks: [NormalScalar] = []
  private var composee: NormalScalar?
  private var blocked: [NormalScalar] = []
  private var lastClass: UInt8?

  init(_ form: NormalForm) { self.form = form }

  /// Writes the whole source of `rewriter` in the form.
  mutating func write(to rewriter: inout TextRewriter) {
    let text = rewriter.source.bytes
    var index = 0
    while index < text.count {
      let scalar = text.scalar(at: index)
      index += scalar.length
      var change = 0
      form.decompose(scalar.value) { part in
        let combining = NormalForm.combiningClass(part)
        let next = NormalScalar(value: part, change: change, combiningClass: combining)
        change = 1
        if combining == 0 {
          flushMarks(to: &rewriter)
          put(next, to: &rewriter)
        } else {
          marks.append(next)
        }
      }
    }
    flushMarks(to: &rewriter)
    if let composee { emit(composee, to: &rewriter) }
    flushBlocked(to: &rewriter)
  }

  private mutating func flushMarks(to rewriter: inout TextRewriter) {
    guard !marks.isEmpty else { return }
    let isSorted = zip(marks, marks.dropFirst()).allSatisfy {
      $0.combiningClass <= $1.combiningClass
    }
    if !isSorted { sortMarks() }
    for mark in marks { put(mark, to: &rewriter) }
    marks.removeAll(keepingCapacity: true)
  }

  /// Sorts by class, keeping the order within a class. O(n): there are 256 classes.
  private mutating func sortMarks() {
    if marks.count > 32 {
      var places = Array(repeating: 0, count: 257)
      for mark in marks { places[Int(mark.combiningClass) + 1] += 1 }
      for index in 1..<places.count { places[index] += places[index - 1] }
      var sorted = marks
      for mark in marks {
        sorted[places[Int(mark.combiningClass)]] = mark
        places[Int(mark.combiningClass)] += 1
      }
      marks = sorted
      return
    }
    for index in marks.indices.dropFirst() {
      let mark = marks[index]
      var place = index
      while place > 0, marks[place - 1].combiningClass > mark.combiningClass {
        marks[place] = marks[place - 1]
        place -= 1
      }
      marks[place] = mark
    }
  }

  private mutating func put(_ next: NormalScalar, to rewriter: inout TextRewriter) {
    guard form.composes else { return emit(next, to: &rewriter) }
    guard let starter = composee else {
      if next.combiningClass != 0 { emit(next, to: &rewriter) } else { composee = next }
      return
    }
    if let last = lastClass, last >= next.combiningClass {
      if next.combiningClass == 0 {
        emit(starter, to: &rewriter)
        flushBlocked(to: &rewriter)
        composee = next
        lastClass = nil
      } else {
        blocked.append(next)
        lastClass = next.combiningClass
      }
      return
    }
    if let composed = NormalForm.compose(starter.value, next.value) {
      composee?.value = composed
      composee?.change = starter.change + next.change - 1
    } else if lastClass == nil, next.combiningClass == 0 {
      emit(starter, to: &rewriter)
      composee = next
    } else {
      blocked.append(next)
      lastClass = next.combiningClass
    }
  }

  private mutating func flushBlocked(to rewriter: inout TextRewriter) {
    for mark in blocked { emit(mark, to: &rewriter) }
    blocked.removeAll(keepingCapacity: true)
  }

  private func emit(_ scalar: NormalScalar, to rewriter: inout TextRewriter) {
    rewriter.write(scalar.value, change: scalar.change)
  }
}
