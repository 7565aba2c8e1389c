import CUnicode
import Patterns
import Problems

extension Normalizer.Step {
  /// Whether the reference maps the whole text to a new one, even where nothing changes.
  private var rewritesAll: Bool {
    switch self {
    case .prepend, .replace, .strip: false
    default: true
    }
  }

  func apply(
    to text: inout AlignedText, continues: Bool, space: NormalizerSpace
  ) throws(Problem) {
    if text.standsForNothing(0), rewritesAll { throw .rewritesNothing }
    switch self {
    case .form(let form): space.normalize(&text, form)
    case .lowercase: space.lowercase(&text)
    case .strip(let left, let right): try space.strip(&text, left: left, right: right)
    case .stripAccents: space.remove(from: &text, .combiningMark)
    case .prepend(let prefix):
      guard !continues, !text.bytes.isEmpty, !prefix.isEmpty else { return }
      space.rewrite(&text) { rewriter in
        rewriter.prepend(prefix)
        rewriter.copy(to: rewriter.source.bytes.count)
      }
    case .replace(let pattern, let content): try space.replace(in: &text, pattern, by: content)
    case .nmt: space.nmt(&text)
    case .byteLevel:
      guard !text.bytes.isEmpty else { return }
      space.rewrite(&text) { $0.writeByteAlphabet(to: $0.source.bytes.count) }
    case .bert(let bert):
      if bert.cleanText { space.clean(&text) }
      if bert.handleChineseCharacters { space.spaceIdeographs(in: &text) }
      if bert.stripAccents {
        space.normalize(&text, .nfd)
        space.remove(from: &text, .bertAccent)
      }
      if bert.lowercase { space.lowercase(&text) }
    }
  }
}

extension NormalizerSpace {
  func normalize(_ text: inout AlignedText, _ form: NormalForm) {
    guard !form.isSurelyKept(text.bytes) else { return }
    rewrite(&text) { rewriter in
      var writer = NormalFormWriter(form)
      writer.write(to: &rewriter)
    }
  }

  /// Lower case scalar by scalar: no final sigma, `İ` to two scalars.
  func lowercase(_ text: inout AlignedText) {
    rewriteScalars(&text) { scalar in
      scalar < 0x80 ? 0x41...0x5A ~= scalar : prep_mapping(2, scalar) != 0
    } _: { scalar, rewriter in
      let found = prep_mapping(2, scalar)
      for offset in 0..<(found & 0xFF) {
        rewriter.write(prep_mapping_value(2, found >> 8 + offset), change: offset == 0 ? 0 : 1)
      }
    }
  }

  func strip(_ text: inout AlignedText, left: Bool, right: Bool) throws(Problem) {
    var start = 0
    var end = text.bytes.count
    func isSpace(_ index: Int) -> Bool {
      ScalarClass(text.bytes.scalar(at: index).value).isAny(of: .whitespace)
    }
    if left {
      while start < end, isSpace(start) { start += text.bytes.scalar(at: start).length }
    }
    if right {
      while end > start {
        let length = text.bytes.lengthOfScalar(before: end)
        guard isSpace(end - length) else { break }
        end -= length
      }
    }
    guard start > 0 || end < text.bytes.count else { return }
    if text.standsForNothing(0) { throw .rewritesNothing }
    rewrite(&text) { rewriter in
      rewriter.skip(to: start)
      rewriter.copy(to: end)
    }
  }

  /// Removes the scalars of a class.
  func remove(from text: inout AlignedText, _ classes: ScalarClass) {
    rewriteScalars(&text) {
      ScalarClass($0).isAny(of: classes)
    } _: { _, rewriter in
      rewriter.skip(scalars: 1)
    }
  }

  func replace(
    in text: inout AlignedText, _ pattern: TextPattern, by content: [UInt8]
  ) throws(Problem) {
    guard !text.bytes.isEmpty else { return }
    matches.removeAll(keepingCapacity: true)
    try pattern.appendMatches(in: text.bytes, space: matching, to: &matches)
    guard !matches.isEmpty else { return }
    let (grown, isTooLong) = content.count.multipliedReportingOverflow(by: matches.count)
    guard !isTooLong, grown <= maximumBytes else { throw .growsTooMuch }
    rewrite(&text) { rewriter in
      for match in matches {
        rewriter.copy(to: match.lowerBound)
        rewriter.skip(to: match.upperBound)
        rewriter.insert(content)
      }
      rewriter.copy(to: rewriter.source.bytes.count)
    }
  }

  /// The replacements of SentencePiece's NMT rules that `tokenizers` keeps.
  func nmt(_ text: inout AlignedText) {
    func isRemoved(_ scalar: UInt32) -> Bool {
      switch scalar {
      case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x8F, 0x9F: true
      default: false
      }
    }
    func isSpaced(_ scalar: UInt32) -> Bool {
      switch scalar {
      case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD:
        true
      default: false
      }
    }
    rewriteScalars(&text) {
      isRemoved($0) || isSpaced($0)
    } _: { scalar, rewriter in
      if isRemoved(scalar) { rewriter.skip(scalars: 1) } else { rewriter.write(0x20, change: 0) }
    }
  }

  /// `clean_text` of `BertNormalizer`: control characters go, white space becomes a space.
  func clean(_ text: inout AlignedText) {
    func isSpace(_ scalar: UInt32) -> Bool { ScalarClass(scalar).isAny(of: .whitespace) }
    func isRemoved(_ scalar: UInt32) -> Bool {
      switch scalar {
      case 0, 0xFFFD: true
      case 0x09, 0x0A, 0x0D: false
      default: ScalarClass(scalar).isAny(of: .bertRemoved)
      }
    }
    rewriteScalars(&text) {
      isRemoved($0) || isSpace($0) && $0 != 0x20
    } _: { scalar, rewriter in
      if isRemoved(scalar) { rewriter.skip(scalars: 1) } else { rewriter.write(0x20, change: 0) }
    }
  }

  /// `handle_chinese_chars` of `BertNormalizer`: ideographs stand between spaces.
  func spaceIdeographs(in text: inout AlignedText) {
    rewriteScalars(&text) {
      ScalarClass.isBertIdeograph($0)
    } _: { scalar, rewriter in
      rewriter.write(0x20, change: 0)
      rewriter.write(scalar, change: 1)
      rewriter.write(0x20, change: 1)
    }
  }
}
