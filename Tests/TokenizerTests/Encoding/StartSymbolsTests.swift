import Testing

@testable import Tokenizer

@Suite("Beginning with characters in place of bytes")
struct StartSymbolsTests {
  private static let characters: [[UInt8]] = ["a", "é", "è", "ж", "中", "丯", "乭", "\u{A9}"].map {
    Array($0.utf8)
  }

  /// A random model over the bytes of a few characters, and its naive form.
  private func model(_ random: inout Generator) -> (BPEModel, NaiveBPE) {
    var vocabulary = Vocabulary(isByteLevel: true)
    var naive = NaiveBPE(ids: [:], merges: [])
    for byte in 0..<256 {
      vocabulary.insert(bytes: [UInt8(byte)], id: UInt32(byte))
      naive.ids[[UInt8(byte)]] = UInt32(byte)
    }
    var tokens = Set(Self.characters.joined()).sorted().map { [$0] }
    var definition = BPEDefinition(vocabulary: vocabulary)
    func add(_ left: [UInt8], _ right: [UInt8]) {
      let product = left + right
      guard product.count < 12, naive.ids[left] != nil, naive.ids[right] != nil else { return }
      if naive.ids[product] == nil {
        let id = UInt32(definition.vocabulary.idCount)
        definition.vocabulary.insert(bytes: product, id: id)
        naive.ids[product] = id
        tokens.append(product)
      }
      definition.merges.append(
        .init(
          left: naive.ids[left] ?? 0, right: naive.ids[right] ?? 0,
          product: naive.ids[product] ?? 0, rank: UInt32(naive.merges.count)))
      naive.merges.append((left, right))
    }
    for _ in 0..<6 + random.next(30) {
      if random.next(2) == 0 {
        // The parts of a character, so that there is something to begin with.
        let character = Self.characters[random.next(Self.characters.count)]
        let end = 2 + random.next(2)
        guard character.count >= end else { continue }
        add(Array(character[..<(end - 1)]), [character[end - 1]])
      } else {
        add(tokens[random.next(tokens.count)], tokens[random.next(tokens.count)])
      }
    }
    return (BPEModel(definition), naive)
  }

  @Test("random models merge texts of many characters like naive BPE, bytes out of place included")
  func equalsNaive() {
    var random = Generator(state: 17)
    let space = MergeSpace()
    var begun = 0
    for _ in 0..<400 {
      let (model, naive) = model(&random)
      for _ in 0..<12 {
        var piece: [UInt8] = []
        for _ in 0..<1 + random.next(9) {
          piece += Self.characters[random.next(Self.characters.count)]
          if random.next(12) == 0 { piece.removeLast() }
        }
        let merged = unsafe piece.withUnsafeBufferPointer {
          if !piece.isEmpty, unsafe model.starts?.symbol(of: $0, at: 0) != nil { begun += 1 }
          unsafe model.encode($0, in: space, keepsLengths: false)
          return unsafe Array(UnsafeBufferPointer(start: space.symbols, count: space.count))
        }
        #expect(merged == naive.encode(piece), "\(piece) \(naive.merges)")
      }
    }
    #expect(begun > 100)
  }
}
