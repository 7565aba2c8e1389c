extension BPEEncoder {
  /// Where some ids of a text end that begin at `start` of it; nil where their own texts do not spell what stands there, as where the text
  /// was normalized. O(ids).
  public func end(
    of ids: ArraySlice<UInt32>, in text: UnsafeBufferPointer<UInt8>, from start: Int
  ) -> Int? {
    var place = start
    for id in ids {
      guard let end = unsafe end(of: id, in: text, at: place) else { return nil }
      place = end
    }
    return place
  }

  /// Where a token that stands at `place` ends; nil where its text does not stand there.
  private func end(of id: UInt32, in text: UnsafeBufferPointer<UInt8>, at place: Int) -> Int? {
    let vocabulary = model.vocabulary
    if let entry = vocabulary.entry(of: id) {
      if vocabulary.isByteLevel {
        if !entry.isOutside, unsafe vocabulary.stands(entry, in: text, at: place) {
          return place + Int(entry.length)
        }
      } else if let end = unsafe spelled(vocabulary.bytes(of: entry), id, in: text, at: place) {
        return end
      }
    }
    guard let content = tokenizer.added.token(of: id)?.token.content,
      place + content.count <= text.count,
      unsafe text[place..<place + content.count].elementsEqual(content)
    else { return nil }
    return place + content.count
  }

  /// The same for a vocabulary of characters: spaces are written as `▁`, one may be put before a text, and bytes have tokens of their own.
  private func spelled(
    _ token: ArraySlice<UInt8>, _ id: UInt32, in text: UnsafeBufferPointer<UInt8>, at place: Int
  ) -> Int? {
    // `<0xAB>`
    if token.count == 6, let byte = model.fallbackIDs.firstIndex(of: id) {
      return unsafe place < text.count && text[place] == UInt8(byte) ? place + 1 : nil
    }
    var place = place
    var index = token.startIndex
    while index < token.endIndex {
      if token[index...].starts(with: Self.mark) {
        index += Self.mark.count
        if unsafe place < text.count && text[place] == 0x20 {
          place += 1
        } else if place > 0 {
          return nil
        }
        continue
      }
      guard place < text.count, unsafe text[place] == token[index] else { return nil }
      place += 1
      index += 1
    }
    return place
  }

  private static let mark = Array("▁".utf8)
}
