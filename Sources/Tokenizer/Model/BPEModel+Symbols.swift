import Patterns

extension BPEModel {
  /// The first symbols of a piece, and their lengths in the text that the model sees, as `BPE::merge_word` of the reference
  /// makes them: a character that has no id becomes its byte tokens, else an unknown token, which waits for the next known
  /// character, else nothing. O(n).
  func appendSymbols(of piece: UnsafeBufferPointer<UInt8>, to space: MergeSpace) {
    var position = 0
    var pending = 0
    var isPending = false
    var text: [UInt8] = []
    let isPlain = continuingPrefix.isEmpty && endSuffix.isEmpty
    while position < piece.count {
      let length = unsafe isByteLevel ? 1 : piece.scalar(at: position).length
      let (start, end) = (position, min(position + length, piece.count))
      let textLength: Int
      let id: UInt32?
      if isByteLevel {
        let byte = unsafe piece[position]
        let scalar = ByteAlphabet.scalar(of: byte)
        textLength = scalar < 0x80 ? 1 : 2
        text.removeAll(keepingCapacity: true)
        text.append(scalar: scalar)
        id = isPlain ? (byteIDs[Int(byte)] == Self.none ? nil : byteIDs[Int(byte)]) : nil
      } else {
        textLength = end - position
        id = unsafe isPlain ? characterIDs.id(of: piece, at: position, length: textLength) : nil
        if id == nil {
          text.removeAll(keepingCapacity: true)
          unsafe text.append(contentsOf: piece[position..<end])
        }
      }
      var found = id
      if !isPlain {
        if position > 0 { text.insert(contentsOf: continuingPrefix, at: 0) }
        if end == piece.count { text += endSuffix }
        found = vocabulary.id(ofText: text)
      }
      position = end
      if let found {
        if isPending, let unknown {
          space.append(unknown, length: pending)
          isPending = false
        }
        space.append(found, length: textLength)
        continue
      }
      if !fallbackIDs.isEmpty, text.allSatisfy({ fallbackIDs[Int($0)] != Self.none }) {
        for byte in text { space.append(fallbackIDs[Int(byte)], length: 1) }
        continue
      }
      guard let unknown else {
        space.lacksUnknown = lacksUnknown
        space.dropped += end - start
        continue
      }
      if isPending, fusesUnknown {
        pending += textLength
      } else {
        if isPending { space.append(unknown, length: pending) }
        pending = textLength
        isPending = true
      }
    }
    if isPending, let unknown { space.append(unknown, length: pending) }
  }
}
