import Problems

/// Where places of a text fall among its tokens, without a range for each of them.
extension BPEEncoder {
  /// Appends the ids of `text` and calls `found` for each of `cuts`, ascending byte offsets inside of the text, with the first
  /// token that begins there or behind, and where the token before it ends. False where the tokens of this text do not
  /// tile it: then `ranges` has the range of each, as `encode` reports it. The other arguments are as for `encode`.
  public func encode(
    _ text: UnsafeBufferPointer<UInt8>, literal: [Range<Int>] = [], continues: Bool = false,
    into ids: inout [UInt32], cuts: [Int], ranges: inout [Range<UInt32>],
    found: (_ token: Int, _ end: Int) -> Void
  ) throws(Problem) -> Bool {
    guard let tiles = tokenizer.tiles,
      unsafe tokenizer.definition.normalizer?.leavesAlone(text) ?? true || tiles.hasMarks
    else {
      unsafe try encode(text, literal: literal, continues: continues, into: &ids, ranges: &ranges)
      return false
    }
    let before = ending
    unsafe try run(text, literal, continues, keepsRanges: false)
    guard unsafe place(cuts, in: text, tiles) else {
      ending = before
      unsafe try encode(text, literal: literal, continues: continues, into: &ids, ranges: &ranges)
      return false
    }
    // SAFETY: the buffer holds `count` ids.
    unsafe ids.append(contentsOf: UnsafeBufferPointer(start: buffer.ids, count: buffer.count))
    for place in cutPlaces { found(place.token, place.end) }
    return true
  }

  /// Adds up the lengths of the tokens that were encoded last; false where they are not the text's. O(tokens).
  private func place(
    _ cuts: [Int], in text: UnsafeBufferPointer<UInt8>, _ tiles: TokenTiles
  ) -> Bool {
    cutPlaces.removeAll(keepingCapacity: true)
    if tiles.isCertain {
      unsafe placeFromEnds(cuts, in: text, tiles)
      return true
    }
    var position = 0
    var next = 0
    var cut = cuts.first ?? .max
    var isFirst = true
    for token in 0..<buffer.count {
      let tile = tiles.tile(of: unsafe buffer.ids[token])
      guard tile != 0 else { return false }
      position += Int(tile & TokenTiles.length)
      if tiles.hasMarks {
        // A mark in front of a text stands for no space of it.
        if isFirst, tile & TokenTiles.startsWithMark != 0 {
          let start = position - Int(tile & TokenTiles.length)
          if start >= text.count { return false }
          if unsafe text[start] != 0x20 {
            position -= 1
          } else if tiles.isAlwaysPrefixed {
            return false
          }
        }
        isFirst = tile & TokenTiles.isAdded != 0
      }
      while position >= cut {
        cutPlaces.append((token + 1, position))
        next += 1
        cut = next < cuts.count ? cuts[next] : .max
      }
    }
    return position == text.count && next == cuts.count
  }
}

extension BPEEncoder {
  /// The same where tokens always tile the text: each cut is counted from the end that is nearer. O(tokens) at most, and
  /// few where cuts are near the ends, as those of templates are.
  private func placeFromEnds(
    _ cuts: [Int], in text: UnsafeBufferPointer<UInt8>, _ tiles: TokenTiles
  ) {
    var places = cutPlaces
    cutPlaces = []
    let count = buffer.count
    let near = cuts.firstIndex { $0 > text.count / 2 } ?? cuts.count
    var (token, position) = (0, 0)
    for cut in cuts[..<near] {
      while position < cut {
        position += Int(tiles.tile(of: unsafe buffer.ids[token]) & TokenTiles.length)
        token += 1
      }
      places.append((token, position))
    }
    let back = places.count
    (token, position) = (count, text.count)
    for cut in cuts[near...].reversed() {
      var end = position
      while position > cut {
        end = position
        token -= 1
        position -= Int(tiles.tile(of: unsafe buffer.ids[token]) & TokenTiles.length)
      }
      if position < cut {
        // This token spans the cut; an earlier cut may lie in it, too.
        places.append((token + 1, end))
        position = end
        token += 1
      } else {
        places.append((token, position))
      }
    }
    places[back...].reverse()
    cutPlaces = places
  }
}

/// The bytes of text that each token stands for, where that is the same in every text.
struct TokenTiles: Sendable {
  static let length: UInt16 = 0x3FFF
  static let startsWithMark: UInt16 = 0x4000
  static let isAdded: UInt16 = 0x8000

  /// By id: the length and what else matters; 0 where the length depends on the text.
  private let tiles: [UInt16]
  /// Spaces are marked, and a mark may stand in front of a text.
  let hasMarks: Bool
  /// A mark is put in front of a text that begins with a space, too.
  let isAlwaysPrefixed: Bool
  /// In text that no normalizer changes, tokens tile it whatever it is.
  let isCertain: Bool

  @inline(__always)
  func tile(of id: UInt32) -> UInt16 { Int(id) < tiles.count ? tiles[Int(id)] : 0 }

  /// nil where tokens do not tile the text, or only in ways that nobody counted. O(vocabulary).
  init?(
    model: BPEModel, added: AddedVocabulary, cutsUnchangedText: Bool, spaces: MarkedSpaces?,
    idCount: Int
  ) {
    let isPlain = model.isPlainByteLevel && cutsUnchangedText
    guard isPlain || (spaces != nil && model.runs != nil) else { return nil }
    hasMarks = !isPlain
    isAlwaysPrefixed = !isPlain && spaces?.prefix == .always
    var tiles = [UInt16](repeating: 0, count: idCount)
    for entry in model.vocabulary.entries {
      let bytes = model.vocabulary.bytes(of: entry)
      var tile = UInt16(clamping: bytes.count)
      if !isPlain {
        let marks = Self.marks(in: bytes)
        tile -= min(tile, UInt16(clamping: 2 * marks))
        if bytes.starts(with: MarkedSpaces.mark) { tile |= Self.startsWithMark }
      }
      if bytes.count > Int(Self.length) || entry.id == model.unknown || entry.isOutside { tile = 0 }
      // Two texts of one id.
      if tiles[Int(entry.id)] != 0, tiles[Int(entry.id)] != tile { tile = 0 }
      tiles[Int(entry.id)] = tile
    }
    for id in model.fallbackIDs where id != BPEModel.none { tiles[Int(id)] = 1 }
    for token in added.tokens {
      tiles[Int(token.id)] =
        token.normalized != nil && isPlain
        ? 0 : UInt16(clamping: min(token.token.content.count, Int(Self.length))) | Self.isAdded
    }
    self.tiles = tiles
    isCertain =
      isPlain
      && added.tokens.allSatisfy {
        !$0.token.stripsLeft && !$0.token.stripsRight && tiles[Int($0.id)] != 0
      } && !model.vocabulary.entries.contains { tiles[Int($0.id)] == 0 }
  }

  private static func marks(in bytes: some Collection<UInt8>) -> Int {
    let bytes = Array(bytes)
    var count = 0
    var index = 0
    while index + 2 < bytes.count {
      if bytes[index] == 0xE2, bytes[index + 1] == 0x96, bytes[index + 2] == 0x81 {
        count += 1
        index += 3
      } else {
        index += 1
      }
    }
    return count
  }
}
