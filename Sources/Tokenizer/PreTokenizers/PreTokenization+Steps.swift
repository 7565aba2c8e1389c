import Patterns

extension PreTokenization {
  /// Puts a space in front of each piece that does not start with one (`ByteLevel`, `add_prefix_space`).
  func prependSpaces() {
    let space = UInt8(ascii: " ")
    guard pieces.contains(where: { text.bytes[$0.lowerBound] != space }) else { return }
    rewrite { rewriter, piece in
      if rewriter.source.bytes[piece.lowerBound] != space, !continuesText(piece) {
        rewriter.prepend([space])
      }
      rewriter.copy(to: piece.upperBound)
    }
  }

  /// Replaces spaces by `replacement` and puts it in front of pieces as `scheme` says (`Metaspace`).
  func replaceSpaces(by replacement: UInt32, _ scheme: PreTokenizer.PrependScheme) {
    var mark: [UInt8] = []
    mark.append(scalar: replacement)
    let space = UInt8(ascii: " ")
    rewrite { rewriter, piece in
      let first = rewriter.source.bytes.scalar(at: piece.lowerBound).value
      let startsWithMark = first == replacement || first == UInt32(space)
      let lacksMark =
        switch scheme {
        case .always: !startsWithMark && !continuesText(piece)
        case .first: !startsWithMark && isAtStart(piece, of: rewriter.source)
        case .never: false
        }
      if lacksMark { rewriter.prepend(mark) }
      var index = piece.lowerBound
      while index < piece.upperBound {
        if rewriter.source.bytes[index] == space {
          rewriter.copy(to: index)
          rewriter.write(replacement, change: 0)
        }
        index += 1
      }
      rewriter.copy(to: piece.upperBound)
    }
  }

  /// Whether other text stands right before the piece, with no added token between.
  private func continuesText(_ piece: Range<Int>) -> Bool {
    before == .text && piece.lowerBound == 0
  }

  /// Whether the piece begins at the start of the original text.
  private func isAtStart(_ piece: Range<Int>, of text: AlignedText) -> Bool {
    before == .nothing && text.original(of: piece.lowerBound..<piece.lowerBound + 1).lowerBound == 0
  }

  /// Runs of word characters and runs of others, without white space (`Whitespace`: `\w+|[^\w\s]+`).
  func splitWords() {
    enum Kind { case space, word, other }
    func kind(_ scalar: UInt32) -> Kind {
      let classes = ScalarClass(scalar)
      if classes.isAny(of: .word) { return .word }
      return classes.isAny(of: .whitespace) ? .space : .other
    }
    var last = Kind.space
    split { scalar, offset in
      let this = kind(scalar)
      defer { last = this }
      return offset == 0 || this != last
    }
    removePieces { kind(text.bytes.scalar(at: $0.lowerBound).value) == .space }
  }

  /// Cuts between scripts (`UnicodeScripts`); spaces and scalars of no script go with what they follow, and are
  /// dropped at the start of a piece.
  func splitScripts() {
    var last: UInt8?
    split { scalar, offset in
      if offset == 0 { last = nil }
      let script = UnicodeScript.splitting(scalar)
      guard script != UnicodeScript.any else { return false }
      defer { last = script }
      return last != script
    }
  }

  /// Cuts pieces of `length` characters.
  func splitEvery(_ length: Int) {
    var count = 0
    split { _, offset in
      count = offset == 0 || count == length - 1 ? 0 : count + 1
      return count == 0
    }
  }

  func removePieces(where shouldBeRemoved: (Range<Int>) -> Bool) {
    pieces.removeAll(where: shouldBeRemoved)
  }

  /// Writes each byte as its character of the byte alphabet, which later steps see.
  func mapToByteAlphabet() {
    rewrite { rewriter, piece in rewriter.writeByteAlphabet(to: piece.upperBound) }
  }

  /// Turns characters of the byte alphabet back to the bytes they stand for.
  func mapFromByteAlphabet() {
    rewrite { rewriter, piece in
      while rewriter.position < piece.upperBound {
        let scalar = rewriter.source.bytes.scalar(at: rewriter.position)
        rewriter.replace(
          next: scalar.length, by: ByteAlphabet.byte(of: scalar.value) ?? UInt8(ascii: "?"))
      }
    }
  }
}
