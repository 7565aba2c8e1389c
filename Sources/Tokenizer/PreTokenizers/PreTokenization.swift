import Patterns
import Problems

/// The pieces of a text while pre-tokenizers cut them, with the buffers that one worker reuses from text to text.
package final class PreTokenization {
  /// The text that the pieces are ranges of.
  package internal(set) var text = AlignedText()
  /// Pieces in ascending order, none empty; bytes in no piece were removed.
  package internal(set) var pieces: [Range<Int>] = []
  /// How the text before ends.
  package internal(set) var before = TextEnding.nothing

  let space: MatchSpace
  private var nextPieces: [Range<Int>] = []
  private var stretches: [PatternStretch] = []
  private var spare = AlignedText()

  package init(space: MatchSpace = MatchSpace()) { self.space = space }

  /// Starts over with `text` (left empty) as one piece. Hand it back with `takeText` to keep its storage.
  package func reset(to text: inout AlignedText, behind before: TextEnding = .nothing) {
    swap(&self.text, &text)
    self.before = before
    pieces.removeAll(keepingCapacity: true)
    if !self.text.bytes.isEmpty { pieces.append(0..<self.text.bytes.count) }
  }

  /// Cuts each piece at the matches of `pattern`.
  func split(
    _ pattern: TextPattern, _ behavior: SplitBehavior, invert: Bool
  ) throws(Problem) {
    nextPieces.removeAll(keepingCapacity: true)
    if behavior == .isolated {
      // Match or not, every stretch is a piece.
      for piece in pieces {
        try pattern.appendIsolated(of: piece, in: text.bytes, space: space, to: &nextPieces)
      }
      swap(&pieces, &nextPieces)
      return
    }
    for piece in pieces {
      stretches.removeAll(keepingCapacity: true)
      try pattern.appendStretches(of: piece, in: text.bytes, space: space, to: &stretches)
      if pattern.dialect == .rust, stretches.contains(where: { $0.isMatch && $0.range.isEmpty }) {
        throw .matchesNothing
      }
      if invert { for index in stretches.indices { stretches[index].isMatch.toggle() } }
      behavior.appendPieces(of: stretches, to: &nextPieces)
    }
    swap(&pieces, &nextPieces)
  }

  /// Cuts each piece at the scalars for which `isDelimiter` holds; each is a match of its own.
  func split(_ behavior: SplitBehavior, _ isDelimiter: (UInt32) -> Bool) {
    nextPieces.removeAll(keepingCapacity: true)
    for piece in pieces {
      stretches.removeAll(keepingCapacity: true)
      var last = piece.lowerBound
      var index = last
      while index < piece.upperBound {
        let scalar = text.bytes.scalar(at: index)
        let end = index + scalar.length
        if isDelimiter(scalar.value) {
          if last < index { stretches.append(PatternStretch(range: last..<index, isMatch: false)) }
          stretches.append(PatternStretch(range: index..<end, isMatch: true))
          last = end
        }
        index = end
      }
      if last < piece.upperBound {
        stretches.append(PatternStretch(range: last..<piece.upperBound, isMatch: false))
      }
      behavior.appendPieces(of: stretches, to: &nextPieces)
    }
    swap(&pieces, &nextPieces)
  }

  /// Cuts each piece where `boundary(scalar, offset in the piece)` holds, before the scalar; what lies before the first boundary is
  /// dropped.
  func split(before boundary: (UInt32, Int) -> Bool) {
    nextPieces.removeAll(keepingCapacity: true)
    for piece in pieces {
      var start: Int?
      var index = piece.lowerBound
      while index < piece.upperBound {
        let scalar = text.bytes.scalar(at: index)
        if boundary(scalar.value, index - piece.lowerBound) {
          if let start { nextPieces.append(start..<index) }
          start = index
        }
        index += scalar.length
      }
      if let start, start < piece.upperBound { nextPieces.append(start..<piece.upperBound) }
    }
    swap(&pieces, &nextPieces)
  }

  /// Rewrites the text piece by piece. `rewrite` writes what becomes of the piece; bytes in no piece are dropped.
  func rewrite(_ rewrite: (inout TextRewriter, Range<Int>) -> Void) {
    nextPieces.removeAll(keepingCapacity: true)
    // The buffers move, so that appending to them copies nothing.
    var source = AlignedText()
    var storage = AlignedText()
    swap(&source, &text)
    swap(&storage, &spare)
    var rewriter = TextRewriter(consume source, storage: consume storage)
    for piece in pieces {
      rewriter.beginPiece(at: piece.lowerBound)
      let start = rewriter.output.bytes.count
      rewrite(&rewriter, piece)
      let end = rewriter.output.bytes.count
      if end > start { nextPieces.append(start..<end) }
    }
    (text, spare) = rewriter.finish()
    swap(&pieces, &nextPieces)
  }
}
